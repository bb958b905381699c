"""The colours of charts, which only Streamlit's own configuration repeats."""

import tomllib

import plotly.graph_objects as go
import pytest

from genreclf import paths
from genreclf.models import SPECS
from genreclf.palette import DARK, DASHES, LIGHT, PALETTES, SYMBOLS, see_through, style


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_the_app_has_the_same_theme(palette):
    config = tomllib.loads((paths.PROJECT / ".streamlit" / "config.toml").read_text("utf-8"))
    theme = config["theme"][palette.name]
    assert (theme["primaryColor"], theme["backgroundColor"]) == (palette.accent, palette.paper)
    assert (theme["textColor"], theme["borderColor"]) == (palette.ink, palette.faint)
    assert set(theme["chartCategoricalColors"]) == set(palette.models.values())


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_every_colour_is_readable_on_the_background(palette):
    """A contrast of at least 3:1, as WCAG 2 requires for marks and lines, and 4.5:1 for text."""
    for name, colour in palette.models.items():
        least = 2.0 if name.endswith("-small") or name in ("prior", "tfidf") else 3.0  # always with a marker and a name
        assert contrast(colour, palette.paper) >= least, name
    for colour in (palette.ink, palette.right, palette.wrong):
        assert contrast(colour, palette.paper) >= 4.5


def test_every_model_has_its_own_marker_and_dash():
    for by_model in (SYMBOLS, DASHES, LIGHT.models, DARK.models):
        assert set(by_model) == set(SPECS)
        assert len(set(by_model.values())) == len(SPECS)


def test_an_unknown_model_has_the_colour_of_text():
    assert LIGHT.model("cnn") == LIGHT.models["cnn"]
    assert LIGHT.model("unknown") == LIGHT.ink


def test_colours_are_mixed_with_the_background():
    assert LIGHT.mixed("#000000", 0) == LIGHT.paper.lower()
    assert LIGHT.mixed("#102030", 1) == "#102030"
    assert DARK.mixed("#FFFFFF", 0.5) == "#8b8a89"  # half way from 17 16 13
    assert see_through("#0A0B0C", 0.25) == "rgba(10,11,12,0.25)"


def test_a_styled_figure_has_the_colours_of_the_palette():
    figure = style(go.Figure(go.Scatter(x=[1], y=[1])), 240, DARK)
    assert figure.layout.height == 240
    assert figure.layout.font.color == DARK.ink
    assert figure.layout.xaxis.gridcolor == DARK.faint
    assert figure.layout.margin.t == 12
    assert style(go.Figure(layout={"title": "Up here"}), 240, LIGHT).layout.margin.t > 12


def contrast(first: str, second: str) -> float:
    """The contrast ratio of WCAG 2, from 1 to 21."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    linear = [
        level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4
        for level in (byte / 255 for byte in bytes.fromhex(colour[1:]))
    ]
    return sum(weight * level for weight, level in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_other_models_have_styles_of_their_own(palette):
    names = [f"other {number}" for number in range(len(palette.others))]
    wider = palette.including(["cnn", *names])
    for by_model in (wider.models, wider.symbols, wider.dashes):
        assert set(by_model) == {*SPECS, *names}
        assert len(set(by_model.values())) == len(by_model)
    assert (wider.model("cnn"), wider.symbol("cnn"), wider.dash("cnn")) == (
        palette.model("cnn"),
        "circle",
        DASHES["cnn"],
    )
    assert all(contrast(wider.model(name), palette.paper) >= 3.0 for name in names)
    assert len(palette.including(map(str, range(50))).models) == 50 + len(SPECS), "they start again"
