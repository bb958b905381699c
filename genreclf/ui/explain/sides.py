"""The view "Poster vs. overview": how much base rates, poster and overview contribute to fusion's probability."""

import math

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from genreclf.calibration import sigmoid
from genreclf.explain.sides import Sides, sides
from genreclf.models import model_label
from genreclf.ui import data, look
from genreclf.ui.explain.film import Film, cached
from genreclf.ui.text import plain
from genreclf.units import percent
from genreclf.weights.folder import Weights

COLOURS = {"Base rates": "prior", "Poster": "poster", "Overview": "overview"}  # of the models that use only this input
NEGLIGIBLE = 1.1  # times the odds
HEIGHT = 170


def show(film: Film, weights: Weights, genre: str, key: str) -> None:
    """Draw one bar per term, their sum, and a reading guide."""
    if not (film.load_poster and film.overview):
        missing, given = ("overview", "poster") if film.load_poster else ("poster", "overview")
        st.info(f"There is no {missing}, so this prediction comes from the {given} alone.", icon=":material/balance:")
        return
    shares = sides_of(film, weights, genre)
    before, after = (percent(float(sigmoid(np.array(log_odds)))) for log_odds in (shares.base, shares.log_odds))
    st.write(
        f"Before seeing the film, {plain(genre)} is {before} likely. {odds_sentence(shares)} "
        f"Together this gives **{after}**."
    )
    values = {"Base rates": shares.base, "Poster": shares.poster.total, "Overview": shares.overview.total}
    labels = {name: _signed(value) for name, value in values.items()}
    look.show(_bars(shares, values, labels), key=f"{key}_sides", height=HEIGHT,
              alt=f"Contributions to the log-odds: {', '.join(map(' '.join, labels.items()))}.")  # fmt: skip
    st.caption(
        "How to read it: a bar to the right is evidence for the genre, one to the left evidence against it. The unit "
        "is log-odds: the bars add up, and +0.7 doubles the odds. Which part of the poster or which words matter is "
        "shown under Poster and Words. The colours are those of the two models behind Fusion: "
        f"{model_label('poster')} for the poster, {model_label('overview')} for the overview."
    )


@cached(show_spinner="Computing both contributions…")
def sides_of(film: Film, weights: Weights, genre: str) -> Sides:
    """The contribution of each input to the log-odds of a genre."""
    predictor = data.predictor(weights)
    return sides(predictor, film.poster(predictor.spec.poster_size), film.overview, genre)


def odds_sentence(shares: Sides) -> str:
    """How poster and overview change the odds, in a sentence."""
    return f"The poster {_times(shares.poster.total)}, the overview {_times(shares.overview.total)}."


def _times(log_odds: float) -> str:
    times = math.exp(abs(log_odds))
    if times < NEGLIGIBLE:
        return "hardly changes the odds"
    return f"{'multiplies' if log_odds > 0 else 'divides'} the odds by {times:,.{1 if times < 10 else 0}f}"


def _bars(shares: Sides, values: dict[str, float], labels: dict[str, str]) -> go.Figure:
    details = [
        f"<br>prediction {_signed(side.from_log_odds)}, features {_signed(side.from_features)}"
        for side in (shares.poster, shares.overview)
    ]
    figure = go.Figure(
        go.Bar(
            x=list(values.values()),
            y=list(values),
            orientation="h",
            width=0.6,
            marker={"color": [look.colours().model(model) for model in COLOURS.values()]},
            text=list(labels.values()),
            textposition="outside",
            cliponaxis=False,
            hovertext=[": ".join(label) + more for label, more in zip(labels.items(), ["", *details], strict=True)],
            hoverinfo="text",
        )
    )
    reach = 1.25 * max(1.0, *map(abs, values.values()))  # room for the labels
    figure.add_vline(0, line={"color": look.colours().ink, "width": 1})
    figure.update_xaxes(range=[-reach, reach], fixedrange=True, title="← against · log-odds · for →")
    figure.update_yaxes(autorange="reversed", fixedrange=True, showgrid=False, ticklabelstandoff=6)
    return figure


def _signed(value: float) -> str:
    return f"{value:+z.1f}".replace("-", "−")
