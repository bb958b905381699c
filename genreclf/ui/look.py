"""One look for all charts of the app: the colours of the theme that the visitor sees, and one place to draw."""

from typing import TYPE_CHECKING

import plotly.graph_objects as go
import streamlit as st

from genreclf import palette
from genreclf.palette import Palette
from genreclf.ui.text import plain

if TYPE_CHECKING:
    from genreclf.evaluation.charts import Chart

FONT, see_through = palette.FONT, palette.see_through


def mode() -> str:
    """``"light"`` or ``"dark"``, as the visitor's browser shows the app."""
    return "dark" if st.context.theme.type == "dark" else "light"


def colours() -> Palette:
    """All colours of the visitor's theme."""
    return palette.PALETTES[mode()]


def model_colour(model: str) -> str:
    """The one colour of a model, in every chart."""
    return colours().model(model)


def ink() -> str:
    """The text colour."""
    return colours().ink


def faint() -> str:
    """The colour of grid lines."""
    return colours().faint


def verdict_colour(right: bool) -> str:
    """The colour of right or wrong; never without a sign and the word."""
    return colours().verdict(right)


def accent() -> str:
    """The app's one accent colour."""
    return colours().accent


def paper() -> str:
    """The page's background."""
    return colours().paper


def mixed(colour: str, share: float) -> str:
    """A colour (``#rrggbb``) laid on the page's background; ``share`` of it, 0..1, shows."""
    return colours().mixed(colour, share)


def style(figure: go.Figure, height: int) -> go.Figure:
    """Give a figure the app's look; ``height`` in pixels."""
    return palette.style(figure, height, colours())


def show(figure: go.Figure, key: str, height: int, alt: str) -> None:
    """Draw a styled figure in a stable place.

    Args:
        figure: what to draw.
        key: stable across reruns, so that a live chart does not flicker.
        height: pixels, fixed for the same reason.
        alt: one sentence for who cannot see it.
    """
    config = {"displayModeBar": False, "responsive": True}
    st.plotly_chart(style(figure, height), key=key, config=config, theme=None, width="stretch", alt=alt)


def chart(drawn: "Chart", key: str) -> None:
    """Draw a chart of the evaluation, and below it how to read it."""
    show(drawn.figure, key, drawn.height, drawn.alt)
    st.caption(plain(drawn.reading))
