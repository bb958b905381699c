"""The colours of the models: one each, in both themes, and the same in Streamlit's own charts."""

import math
import tomllib
from itertools import combinations

import pytest

from genreclf import paths
from genreclf.models import SPECS
from genreclf.ui import look

APART = 40  # of 441, the distance between black and white in RGB


@pytest.fixture(params=["light", "dark"])
def theme(request, monkeypatch) -> str:
    monkeypatch.setattr(look, "mode", lambda: request.param)
    return request.param


def test_every_model_has_a_colour_of_its_own(theme):
    colours = {model: look.colours().model(model) for model in SPECS}
    assert look.colours().ink not in colours.values(), "this colour is for unknown models"
    for first, second in combinations(colours, 2):
        apart = math.dist(bytes.fromhex(colours[first][1:]), bytes.fromhex(colours[second][1:]))
        assert apart >= APART, f"{first} and {second}"


def test_streamlits_charts_take_the_same_colours(theme):
    config = tomllib.loads((paths.PROJECT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert set(config["theme"][theme]["chartCategoricalColors"]) == {look.colours().model(model) for model in SPECS}
