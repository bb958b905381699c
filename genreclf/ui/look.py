"""The look of charts and score tables: the colours of the visitor's theme, and functions that draw on a page."""

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from genreclf import palette
from genreclf.evaluation.metrics import METRICS, NAMES
from genreclf.palette import Palette
from genreclf.ui import frame
from genreclf.ui.text import plain

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from genreclf.evaluation.charts import Chart

PRESENTED = 1.5  # the scale of charts in presenter mode
LONGEST_NAME = 24  # characters of a genre beside a chart
FONT, see_through = palette.FONT, palette.see_through


def mode() -> str:
    """The visitor's theme, ``"light"`` or ``"dark"``."""
    return "dark" if st.context.theme.type == "dark" else "light"


def colours() -> Palette:
    """The colours of the visitor's theme."""
    return palette.PALETTES[mode()]


def scale() -> float:
    """How much larger charts and pictures are than on a desk: for presenter mode, else 1."""
    return PRESENTED if frame.is_presenting() else 1.0


def pixels(width: int) -> int:
    """The width of a picture, or the height of a chart, in pixels: more in presenter mode."""
    return round(scale() * width)


def show(figure: "go.Figure", key: str, height: int, alt: str) -> None:
    """Draw a figure in the app's look.

    Args:
        figure: the figure.
        key: the element's key; if it stays the same, a live chart does not flicker.
        height: in pixels, fixed for the same reason; more in presenter mode.
        alt: one sentence for people who cannot see the figure.
    """
    config = {"displayModeBar": False, "responsive": True}
    palette.style(figure, height, colours())
    if (factor := scale()) != 1:
        figure = palette.enlarged(figure, factor)
    st.plotly_chart(figure, key=key, config=config, theme=None, width="stretch", alt=alt)


def short(genre: str) -> str:
    """A genre's name beside a chart, whose labels are HTML, or beside the pointer, where also ``%{x}`` is read."""
    name = genre if len(genre) <= LONGEST_NAME else genre[: LONGEST_NAME - 1] + "…"
    return html.escape(name, quote=False).replace("%", "&#37;")


def chart(drawn: "Chart", key: str) -> None:
    """Draw a chart of ``genreclf.evaluation.charts``, and below it how to read it."""
    show(drawn.figure, key, drawn.height, drawn.alt)
    st.caption(plain(drawn.reading))


def widened(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Configurations of a table's columns, as wide as their text needs in presenter mode, too."""
    return {
        name: {**column, "width": pixels(column["width"])}
        if isinstance(column, dict) and isinstance(column.get("width"), int)
        else column
        for name, column in columns.items()
    }


def score_table(
    table: pd.DataFrame, columns: Sequence[str], key: str, alt: str, others: Mapping[str, Any] | None = None
) -> None:
    """Draw columns of a table made by ``evaluation.scoreboard.score_table``; ``others`` configures non-metrics."""
    config = st.column_config
    kinds = config.MultiselectColumn(
        options=["baseline", "reference", "ours", "other"], color=["gray", "yellow", "primary", "blue"], width=90,
        help="Baselines are there to be beaten. References are results of the reports and of other public work.",
    )  # fmt: skip
    numbers = {
        name: config.NumberColumn(NAMES[name], format="%.3f", help=METRICS[name], alignment="right",
                                  width=max(70, 50 + 5 * len(NAMES[name])))
        for name in METRICS
    }  # fmt: skip
    configs = {"Model": config.TextColumn(pinned=True, width=165), "Kind": kinds, **numbers, **(others or {})}
    st.dataframe(table.assign(Kind=[[kind] for kind in table["Kind"]]), hide_index=True, height="content", key=key,
                 placeholder="–", column_order=columns, column_config=widened(configs), alt=alt)  # fmt: skip
