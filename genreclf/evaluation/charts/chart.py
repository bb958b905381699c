"""A chart: a Plotly figure with its height, title, description and caption."""

from dataclasses import dataclass

import plotly.graph_objects as go

from genreclf.palette import Palette, see_through, style


@dataclass(frozen=True)
class Chart:
    """A figure ready to be shown.

    Attributes:
        figure: in the style of its palette.
        height: pixels.
        title: a few words, for a heading.
        alt: a sentence for screen readers.
        reading: a caption that says how to read it, plain text without Markdown.
    """

    figure: go.Figure
    height: int
    title: str
    alt: str
    reading: str


def drawn(figure: go.Figure, height: int, palette: Palette, title: str, alt: str, reading: str) -> Chart:
    """Style a figure and add its texts."""
    return Chart(style(figure, height, palette), height, title, alt, reading)


def empty(height: int, palette: Palette, title: str, words: str) -> Chart:
    """A replacement for a chart that has nothing to show: the words say why."""
    figure = go.Figure()
    figure.add_annotation(text=words, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return drawn(figure, height, palette, title, words, words)


def level(
    figure: go.Figure, y: float, palette: Palette, words: str = "", below: bool = False, dash: str = "dot",
    at: str = "right",
) -> None:  # fmt: skip
    """Add a thin horizontal line to a figure, with words above, or below, its ``"right"`` or ``"left"`` end."""
    figure.add_shape(type="line", x0=0, x1=1, xref="x domain", y0=y, y1=y,
                     line={"color": palette.ink, "width": 1, "dash": dash})  # fmt: skip
    if words:
        figure.add_annotation(
            text=words, x=1 if at == "right" else 0, xref="x domain", xanchor=at,
            y=y, yanchor="top" if below else "bottom", showarrow=False,
            font={"size": 12}, bgcolor=see_through(palette.paper, 0.8),
        )  # fmt: skip


def upright(figure: go.Figure, x: float, words: str, side: str, colour: str, width: float, dash: str) -> None:
    """Add a vertical line to a figure, with words to the ``"left"`` or ``"right"`` of its upper end."""
    figure.add_shape(type="line", x0=x, x1=x, y0=0, y1=1, yref="y domain",
                     line={"color": colour, "width": width, "dash": dash})  # fmt: skip
    figure.add_annotation(
        text=words, x=x, xanchor="right" if side == "left" else "left", y=1, yref="y domain", yanchor="top",
        showarrow=False, font={"size": 12, "color": colour},
    )  # fmt: skip
