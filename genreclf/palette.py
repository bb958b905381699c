"""The colours of all charts, in the app and in reports: one per model, and one style for every figure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import cycle
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

FONT = '"Source Sans", sans-serif'  # the app's own
# Each model's marker and dash, so that models can be told apart without colours.
SYMBOLS: dict[str, str] = {
    "cnn": "circle", "lstm": "square", "fusion": "star", "poster": "triangle-up", "overview": "triangle-down",
    "cnn-small": "circle-open", "lstm-small": "square-open", "prior": "x", "tfidf": "cross",
}  # fmt: skip
DASHES: dict[str, str] = {
    "cnn": "7px,3px", "lstm": "2px,3px", "fusion": "solid", "poster": "12px,4px", "overview": "9px,3px,2px,3px",
    "cnn-small": "4px,2px", "lstm-small": "1px,2px", "prior": "14px,3px,2px,3px,2px,3px", "tfidf": "4px,4px",
}  # fmt: skip
# Those of runs and of other people's models, in their order; after the last one they start again.
OTHER_SYMBOLS = ("pentagon", "hexagram", "hourglass", "star-diamond", "bowtie", "hexagon")
OTHER_DASHES = ("18px,4px", "6px,6px", "3px,5px", "16px,3px,3px,3px,3px,3px", "10px,6px", "5px,2px,1px,2px")


# What of a figure's parts is in pixels, besides the sizes of fonts.
_SCALED = {
    "layout": ("height",), "marker": ("size",), "line": ("width",), "annotations": ("xshift", "yshift"),
}  # fmt: skip


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, each as ``#rrggbb``.

    Attributes:
        name: ``"light"`` or ``"dark"``.
        ink: text.
        faint: grid lines.
        accent: the accent colour, for the subject of a chart.
        paper: the background.
        right, wrong: for correct and wrong predictions; always beside a sign or a word.
        models: by name; warm for poster models, cool for overview models, grey for baselines.
        others: for runs and other people's models (see ``including``).
        symbols, dashes: each model's marker and dash, by name.
    """

    name: str
    ink: str
    faint: str
    accent: str
    paper: str
    right: str
    wrong: str
    models: Mapping[str, str]
    others: tuple[str, ...]
    symbols: Mapping[str, str] = field(default_factory=lambda: SYMBOLS)
    dashes: Mapping[str, str] = field(default_factory=lambda: DASHES)

    def including(self, names: Iterable[str]) -> "Palette":
        """A palette in which those of these names that are no known model have colours, markers and dashes, too."""
        others = [name for name in names if name not in self.models]
        return replace(
            self,
            models=dict(self.models) | dict(zip(others, cycle(self.others), strict=False)),
            symbols=dict(self.symbols) | dict(zip(others, cycle(OTHER_SYMBOLS), strict=False)),
            dashes=dict(self.dashes) | dict(zip(others, cycle(OTHER_DASHES), strict=False)),
        )

    def model(self, name: str) -> str:
        """A model's colour; ink for models that this version does not know."""
        return self.models.get(name, self.ink)

    def symbol(self, name: str) -> str:
        """A model's marker."""
        return self.symbols.get(name, "circle")

    def dash(self, name: str) -> str:
        """A model's dash."""
        return self.dashes.get(name, "solid")

    def verdict(self, right: bool) -> str:
        """The colour of right or wrong."""
        return self.right if right else self.wrong

    def mixed(self, colour: str, share: float) -> str:
        """A colour mixed with the background; ``share`` is the colour's part, 0..1."""
        over, under = (bytes.fromhex(part[1:]) for part in (colour, self.paper))
        return "#" + bytes(round(share * a + (1 - share) * b) for a, b in zip(over, under, strict=True)).hex()


# The models' colours are those of chartCategoricalColors in .streamlit/config.toml, accent and paper its primaryColor
# and backgroundColor.
LIGHT = Palette(
    "light", ink="#15120E", faint="#DAD2C1", accent="#9B2D30", paper="#FBF8F1", right="#2F7038", wrong="#A8322B",
    models={
        "cnn": "#B8640B", "lstm": "#2A6A9E", "fusion": "#7A4C9F", "poster": "#C4477A", "overview": "#17877B",
        "cnn-small": "#D6A561", "lstm-small": "#86AFCF", "tfidf": "#6F6A60", "prior": "#A39C8E",
    },
    others=("#5F7A12", "#3D46C2", "#6E3B1A", "#A8189E", "#0B7285", "#4A5568"),
)  # fmt: skip
DARK = Palette(
    "dark", ink="#EDE7DA", faint="#3D3932", accent="#D2595B", paper="#171613", right="#86C386", wrong="#EE8C82",
    models={
        "cnn": "#E59A3C", "lstm": "#6BAEDD", "fusion": "#B58BD6", "poster": "#EA7FA8", "overview": "#3DB9A6",
        "cnn-small": "#A8804A", "lstm-small": "#587F9F", "tfidf": "#9A9487", "prior": "#6E695F",
    },
    others=("#B9CF55", "#9199FF", "#D09A78", "#F07BEA", "#5BD0E6", "#B6C0D2"),
)  # fmt: skip
PALETTES: dict[str, Palette] = {palette.name: palette for palette in (LIGHT, DARK)}


def see_through(colour: str, share: float) -> str:
    """A colour ``"#rrggbb"`` with an opacity of ``share``, 0..1."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"


def style(figure: "go.Figure", height: int, palette: Palette) -> "go.Figure":
    """Apply the common style to a figure: a faint grid and space for labels; ``height`` in pixels."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 36 if figure.layout.title.text else 12, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": palette.ink, "size": 13, "family": FONT},
        hoverlabel={"align": "left", "font": {"size": 13}},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None},
        uirevision="keep",  # a chart keeps its zoom when it is drawn again
    )
    figure.update_xaxes(gridcolor=palette.faint, zeroline=False, automargin=True)
    figure.update_yaxes(gridcolor=palette.faint, zeroline=False, automargin=True)
    return figure


def enlarged(figure: "go.Figure", scale: float) -> "go.Figure":
    """A copy of a figure, larger but for its width: its text, marks and lines, and its height."""
    import plotly.graph_objects as go

    def grown(part: Any, name: str) -> Any:
        if isinstance(part, dict):
            scaled = _SCALED.get(name, ("size",) if name.endswith("font") else ())
            return {
                key: scale * value if key in scaled and isinstance(value, int | float) else grown(value, key)
                for key, value in part.items()
            }
        return [grown(each, name) for each in part] if isinstance(part, list | tuple) else part

    return go.Figure(grown(figure.to_dict(), ""))
