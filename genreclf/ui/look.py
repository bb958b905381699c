"""The look of all charts: the colours of the visitor's theme, and the functions that draw a chart on a page."""

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
    """The visitor's theme, ``"light"`` or ``"dark"``."""
    return "dark" if st.context.theme.type == "dark" else "light"


def colours() -> Palette:
    """The colours of the visitor's theme."""
    return palette.PALETTES[mode()]


def show(figure: go.Figure, key: str, height: int, alt: str) -> None:
    """Draw a figure in the app's look.

    Args:
        figure: the figure.
        key: the element's key; if it stays the same, a live chart does not flicker.
        height: in pixels, fixed for the same reason.
        alt: one sentence for people who cannot see the figure.
    """
    config = {"displayModeBar": False, "responsive": True}
    palette.style(figure, height, colours())
    st.plotly_chart(figure, key=key, config=config, theme=None, width="stretch", alt=alt)


def chart(drawn: "Chart", key: str) -> None:
    """Draw a chart of ``genreclf.evaluation.charts``, and below it how to read it."""
    show(drawn.figure, key, drawn.height, drawn.alt)
    st.caption(plain(drawn.reading))
