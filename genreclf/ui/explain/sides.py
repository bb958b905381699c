"""How much of a fused answer came from each side: the base rates, the poster, the overview."""

import math

import plotly.graph_objects as go
import streamlit as st
from scipy.special import expit

from genreclf.explain.sides import Sides, sides
from genreclf.models import model_label
from genreclf.ui import data, look
from genreclf.ui.explain.film import Film
from genreclf.units import percent
from genreclf.weights.folder import Weights

NAMES = {"base": "Base rates", "poster": "Poster", "overview": "Overview"}
COLOURS = {"base": "prior", "poster": "poster", "overview": "overview"}  # those of the models that know just this
NEXT_TO_NOTHING = 0.1  # log-odds: odds 1.1 times as high
HEIGHT = 170


def show(film: Film, weights: Weights, genre: str, key: str) -> None:
    """Draw the view: a bar a side, what they come to, and how to read them."""
    if not (film.scaled and film.overview):
        missing, given = ("overview", "poster") if film.scaled else ("poster", "overview")
        st.info(f"There is no {missing}, so all of this answer came from the {given}.", icon=":material/balance:")
        return
    shares = sides_of(film, weights, genre)
    st.write(
        f"Knowing nothing of the film, {genre} has {percent(expit(shares.base))}. {moved(shares)} Together that "
        f"is **{percent(expit(shares.log_odds))}**."
    )
    look.show(_bars(shares), key=f"{key}_sides", height=HEIGHT, alt=_in_words(shares))
    st.caption(
        "How to read it: a bar to the right speaks for the genre, one to the left against it. The unit is log-odds: "
        "bars of one length weigh the same, they add up, and 0.7 doubles the odds. It does not say which part of the "
        "poster or which words: see Poster and Words. The colours are those of the parts: the poster's is "
        f"{model_label(COLOURS['poster'])}'s, the overview's {model_label(COLOURS['overview'])}'s."
    )


def sides_of(film: Film, weights: Weights, genre: str) -> Sides:
    """What each side adds to the log-odds of a genre."""
    return _sides(film.overview, film.cache_key, weights.cache_key, genre, film, weights)


@st.cache_data(scope="session", max_entries=60, show_spinner="Weighing both sides…")
def _sides(overview: str, cache_key: str, key: str, genre: str, _film: Film, _weights: Weights) -> Sides:
    predictor = data.predictor(_weights)
    return sides(predictor, _film.poster(predictor.spec.poster_size), overview, genre)


def moved(shares: Sides) -> str:
    """What poster and overview did to the odds, a sentence."""
    return f"The poster {_times(shares.poster)}, the overview {_times(shares.overview)}."


def _times(log_odds: float) -> str:
    if abs(log_odds) < NEXT_TO_NOTHING:
        return "hardly changes the odds"
    times = math.exp(abs(log_odds))
    return f"{'multiplies' if log_odds > 0 else 'divides'} the odds by {times:,.{1 if times < 10 else 0}f}"


def _bars(shares: Sides) -> go.Figure:
    values = [getattr(shares, side) for side in NAMES]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=list(NAMES.values()),
            orientation="h",
            width=0.6,
            marker={"color": [look.model_colour(COLOURS[side]) for side in NAMES]},
            text=[_signed(value) for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertext=[_hover(shares, side) for side in NAMES],
            hoverinfo="text",
        )
    )
    reach = 1.25 * max(1.0, *map(abs, values))  # room for the labels
    figure.add_vline(0, line={"color": look.ink(), "width": 1})
    figure.update_xaxes(range=[-reach, reach], fixedrange=True, title="← against it · log-odds · for it →")
    figure.update_yaxes(autorange="reversed", fixedrange=True, showgrid=False, ticklabelstandoff=6)
    return figure


def _hover(shares: Sides, side: str) -> str:
    said = f"{NAMES[side]}: {_signed(getattr(shares, side))}"
    if way := shares.ways.get(side):
        said += f"<br>by its own answer {_signed(way.said)}, by what it saw {_signed(way.seen)}"
    return said


def _in_words(shares: Sides) -> str:
    parts = [f"{name} {_signed(getattr(shares, side))}" for side, name in NAMES.items()]
    return f"What each side adds to the log-odds: {', '.join(parts)}."


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")
