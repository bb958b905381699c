"""The colours of charts, and that nothing but Streamlit's own configuration repeats them."""

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
def test_every_colour_can_be_read_on_the_paper(palette):
    """At least 3 : 1, as WCAG 2 asks for marks and lines; 4.5 : 1 for text."""
    for name, colour in palette.models.items():
        least = 2.0 if name.endswith("-small") or name in ("prior", "tfidf") else 3.0  # never without a mark and a name
        assert contrast(colour, palette.paper) >= least, name
    for colour in (palette.ink, palette.right, palette.wrong):
        assert contrast(colour, palette.paper) >= 4.5


def test_every_model_has_a_mark_and_a_dash_of_its_own():
    for of_models in (SYMBOLS, DASHES, LIGHT.models, DARK.models):
        assert set(of_models) == set(SPECS)
        assert len(set(of_models.values())) == len(SPECS)


def test_a_model_unknown_to_this_version_has_the_ink():
    assert LIGHT.model("cnn") == LIGHT.models["cnn"]
    assert LIGHT.model("of tomorrow") == LIGHT.ink


def test_colours_are_mixed_on_the_paper():
    assert LIGHT.mixed("#000000", 0) == LIGHT.paper.lower()
    assert LIGHT.mixed("#102030", 1) == "#102030"
    assert DARK.mixed("#FFFFFF", 0.5) == "#8b8a89"  # half way from 17 16 13
    assert see_through("#0A0B0C", 0.25) == "rgba(10,11,12,0.25)"


def test_a_styled_figure_has_the_palettes_colours():
    figure = style(go.Figure(go.Scatter(x=[1], y=[1])), 240, DARK)
    assert figure.layout.height == 240
    assert figure.layout.font.color == DARK.ink
    assert figure.layout.xaxis.gridcolor == DARK.faint
    assert figure.layout.margin.t == 12
    assert style(go.Figure(layout={"title": "Up here"}), 240, LIGHT).layout.margin.t > 12


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    linear = [
        level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4
        for level in (byte / 255 for byte in bytes.fromhex(colour[1:]))
    ]
    return sum(weight * level for weight, level in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
