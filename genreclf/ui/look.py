"""One look for all charts: a fixed colour a model, one Plotly template, one place to draw."""

import plotly.graph_objects as go
import streamlit as st

# The same colours as chartCategoricalColors in .streamlit/config.toml: warm looks at posters, cool reads overviews,
# grey is a baseline.
_COLOURS = {
    "light": {
        "cnn": "#B8640B", "lstm": "#2A6A9E", "fusion": "#7A4C9F", "poster": "#C4477A", "overview": "#17877B",
        "cnn-small": "#D6A561", "lstm-small": "#86AFCF", "tfidf": "#6F6A60", "prior": "#A39C8E",
    },
    "dark": {
        "cnn": "#E59A3C", "lstm": "#6BAEDD", "fusion": "#B58BD6", "poster": "#EA7FA8", "overview": "#3DB9A6",
        "cnn-small": "#A8804A", "lstm-small": "#587F9F", "tfidf": "#9A9487", "prior": "#6E695F",
    },
}  # fmt: skip
FONT = '"Source Sans", sans-serif'  # the app's own
_INK = {"light": "#25221D", "dark": "#EDE7DA"}
_FAINT = {"light": "#DAD2C1", "dark": "#3D3932"}
_ACCENT = {"light": "#9B2D30", "dark": "#D2595B"}  # primaryColor
_PAPER = {"light": "#FBF8F1", "dark": "#171613"}  # backgroundColor
_RIGHT = {"light": "#2F7038", "dark": "#86C386"}
_WRONG = {"light": "#A8322B", "dark": "#EE8C82"}


def mode() -> str:
    """``"light"`` or ``"dark"``, as the visitor's browser shows the app."""
    return "dark" if st.context.theme.type == "dark" else "light"


def model_colour(model: str) -> str:
    """The one colour of a model, in every chart."""
    return _COLOURS[mode()].get(model, _INK[mode()])


def see_through(colour: str, share: float) -> str:
    """A colour ``"#rrggbb"`` made lighter on any ground; ``share`` in 0..1 is what stays of it."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"


def ink() -> str:
    """The text colour."""
    return _INK[mode()]


def faint() -> str:
    """The colour of grid lines."""
    return _FAINT[mode()]


def verdict_colour(right: bool) -> str:
    """The colour of right or wrong; never without a sign and the word."""
    return (_RIGHT if right else _WRONG)[mode()]


def accent() -> str:
    """The app's one accent colour."""
    return _ACCENT[mode()]


def paper() -> str:
    """The page's background."""
    return _PAPER[mode()]


def mixed(colour: str, share: float) -> str:
    """A colour (``#rrggbb``) laid on the page's background; ``share`` of it, 0..1, shows."""
    over, under = (bytes.fromhex(part[1:]) for part in (colour, paper()))
    return "#" + bytes(round(share * a + (1 - share) * b) for a, b in zip(over, under, strict=True)).hex()


def style(figure: go.Figure, height: int) -> go.Figure:
    """Give a figure the app's look: no chart junk, quiet grid, space for labels; ``height`` in pixels."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 36 if figure.layout.title.text else 12, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": ink(), "size": 13, "family": FONT},
        hoverlabel={"align": "left"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None},
        uirevision="keep",  # a live chart keeps the reader's zoom
    )
    figure.update_xaxes(gridcolor=faint(), zeroline=False, automargin=True)
    figure.update_yaxes(gridcolor=faint(), zeroline=False, automargin=True)
    return figure


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
