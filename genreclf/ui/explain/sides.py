"""The view "Sides": how much base rates, poster and overview each contribute to fusion's probability."""

import math

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from genreclf.calibration import sigmoid
from genreclf.explain.sides import Sides, sides
from genreclf.models import model_label
from genreclf.ui import data, look
from genreclf.ui.explain.film import Film
from genreclf.units import percent
from genreclf.weights.folder import Weights

NAMES = {"base": "Base rates", "poster": "Poster", "overview": "Overview"}
COLOURS = {"base": "prior", "poster": "poster", "overview": "overview"}  # of the models that use only this input
NEGLIGIBLE = 0.1  # log-odds: odds 1.1 times as high
HEIGHT = 170


def show(film: Film, weights: Weights, genre: str, key: str) -> None:
    """Draw one bar per side, their sum, and a reading guide."""
    if not (film.load_poster and film.overview):
        missing, given = ("overview", "poster") if film.load_poster else ("poster", "overview")
        st.info(f"There is no {missing}, so this prediction comes from the {given} alone.", icon=":material/balance:")
        return
    shares = sides_of(film, weights, genre)
    st.write(
        f"Before seeing the film, {genre} is {percent(_probability(shares.base))} likely. {moved(shares)} Together "
        f"this gives **{percent(_probability(shares.log_odds))}**."
    )
    look.show(_bars(shares), key=f"{key}_sides", height=HEIGHT, alt=_in_words(shares))
    st.caption(
        "How to read it: a bar to the right is evidence for the genre, one to the left evidence against it. The unit "
        "is log-odds: the bars add up, and +0.7 doubles the odds. Which part of the poster or which words matter is "
        "shown under Poster and Words. The colours are those of the two models behind Fusion: "
        f"{model_label(COLOURS['poster'])} for the poster, {model_label(COLOURS['overview'])} for the overview."
    )


def sides_of(film: Film, weights: Weights, genre: str) -> Sides:
    """The contribution of each side to the log-odds of a genre."""
    return _sides(film.overview, film.cache_key, weights.cache_key, genre, film, weights)


@st.cache_data(scope="session", max_entries=60, show_spinner="Computing both contributions…")
def _sides(overview: str, cache_key: str, key: str, genre: str, _film: Film, _weights: Weights) -> Sides:
    predictor = data.predictor(_weights)
    return sides(predictor, _film.poster(predictor.spec.poster_size), overview, genre)


def moved(shares: Sides) -> str:
    """How poster and overview change the odds, in a sentence."""
    return f"The poster {_times(shares.poster.total)}, the overview {_times(shares.overview.total)}."


def _probability(log_odds: float) -> float:
    return float(sigmoid(np.array(log_odds)))


def _contribution(shares: Sides, side: str) -> float:
    return shares.base if side == "base" else getattr(shares, side).total


def _times(log_odds: float) -> str:
    if abs(log_odds) < NEGLIGIBLE:
        return "hardly changes the odds"
    times = math.exp(abs(log_odds))
    return f"{'multiplies' if log_odds > 0 else 'divides'} the odds by {times:,.{1 if times < 10 else 0}f}"


def _bars(shares: Sides) -> go.Figure:
    values = [_contribution(shares, side) for side in NAMES]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=list(NAMES.values()),
            orientation="h",
            width=0.6,
            marker={"color": [look.colours().model(COLOURS[side]) for side in NAMES]},
            text=[_signed(value) for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertext=[_hover(shares, side) for side in NAMES],
            hoverinfo="text",
        )
    )
    reach = 1.25 * max(1.0, *map(abs, values))  # room for the labels
    figure.add_vline(0, line={"color": look.colours().ink, "width": 1})
    figure.update_xaxes(range=[-reach, reach], fixedrange=True, title="← against · log-odds · for →")
    figure.update_yaxes(autorange="reversed", fixedrange=True, showgrid=False, ticklabelstandoff=6)
    return figure


def _hover(shares: Sides, side: str) -> str:
    text = f"{NAMES[side]}: {_signed(_contribution(shares, side))}"
    if side != "base":
        part = getattr(shares, side)
        text += f"<br>prediction {_signed(part.from_log_odds)}, features {_signed(part.from_features)}"
    return text


def _in_words(shares: Sides) -> str:
    parts = [f"{name} {_signed(_contribution(shares, side))}" for side, name in NAMES.items()]
    return f"Contributions to the log-odds: {', '.join(parts)}."


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")
