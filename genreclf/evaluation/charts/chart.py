"""A chart, a Plotly figure with its texts, and what several charts share."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from genreclf.models import model_label
from genreclf.palette import Palette, see_through, style

MAX_GENRES = 40  # in one chart
SHARE_AXIS = {"range": [-0.01, 1.02], "tickformat": ".1f", "dtick": 0.2}


@dataclass(frozen=True)
class Chart:
    """A figure ready to be shown.

    Attributes:
        figure: in the style of its palette.
        height: pixels.
        title: a few words, for a heading.
        alt: a description for screen readers.
        reading: a caption that explains how to read it, plain text without Markdown.
    """

    figure: go.Figure
    height: int
    title: str
    alt: str
    reading: str


def make_chart(figure: go.Figure, height: int, palette: Palette, title: str, alt: str, reading: str) -> Chart:
    """Style a figure and add its texts."""
    return Chart(style(figure, height, palette), height, title, alt, reading)


def empty_chart(title: str, message: str, palette: Palette) -> Chart:
    """A sentence in place of a chart that has nothing to show."""
    figure = go.Figure()
    figure.add_annotation(text=literal(message), showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return make_chart(figure, 160, palette, title, message, message)


def literal(text: str) -> str:
    """A text that is not the project's own, such as a genre or the name of a file, as Plotly shows it literally.

    Plotly reads HTML in all texts, and ``%{x}`` in those beside the pointer.
    """
    return html.escape(text, quote=False).replace("%", "&#37;")


def name_of(model: str) -> str:
    """A model's name on screen, for Plotly."""
    return literal(model_label(model))


def most_frequent(films: Mapping[str, int]) -> tuple[list[str], str]:
    """The genres that a chart has room for, given the films of each, and a sentence if there are more."""
    ranked = sorted(films, key=lambda genre: -films[genre])
    if len(ranked) <= MAX_GENRES:
        return list(films), ""
    return ranked[:MAX_GENRES], f" Only the {MAX_GENRES} most frequent of {len(ranked):,} genres are shown."


def marker(symbol: str, colour: str, size: Any = 11, outline: str = "") -> dict[str, Any]:
    """A marker with an outline, by default of the same colour; ``size`` in pixels, or one size per marker."""
    return {"symbol": symbol, "size": size, "color": colour, "line": {"width": 2, "color": outline or colour}}


def label_genres(figure: go.Figure, genres: Sequence[str], films: Sequence[int]) -> None:
    """Name the rows 0, 1, … of a figure, counted from the bottom, by genre and number of films."""
    labels = [f"{literal(genre)} ({count:,})" for genre, count in zip(genres, films, strict=True)]
    rows = list(range(len(labels)))
    figure.update_yaxes(tickvals=rows, ticktext=labels, range=[-0.7, len(rows) - 0.3], ticksuffix=" ")


def add_mark(figure: go.Figure, x: float, palette: Palette, text: str, side: str, is_subject: bool = False) -> None:
    """Add a vertical line with a text at its top, to the ``"left"`` or ``"right"``.

    ``is_subject`` draws it solid and in the accent colour, for what the visitor chose; else it is thin and dotted.
    """
    shade, width, dash = (palette.accent, 2, "solid") if is_subject else (palette.ink, 1, "dot")
    figure.add_vline(
        x, line={"color": shade, "width": width, "dash": dash}, annotation_text=text,
        annotation_position=f"top {side}", annotation_font={"size": 12, "color": shade},
        annotation_bgcolor=see_through(palette.paper, 0.8),
    )  # fmt: skip


def add_level(
    figure: go.Figure, y: float, palette: Palette, text: str, position: str = "top right", dash: str = "dot"
) -> None:
    """Add a thin horizontal line with a text above ("top") or below ("bottom") its right or left end."""
    figure.add_hline(
        y, line={"color": palette.ink, "width": 1, "dash": dash}, annotation_text=text, annotation_position=position,
        annotation={"font": {"size": 12}, "bgcolor": see_through(palette.paper, 0.8)},
    )  # fmt: skip
