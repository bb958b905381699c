"""The colours of the models: one each, in both themes, and the same in Streamlit's own charts."""

import math
import tomllib
from itertools import combinations

import plotly.graph_objects as go
import pytest
import streamlit as st

from genreclf import paths
from genreclf.models import SPECS
from genreclf.ui import frame, look

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


def test_charts_are_larger_in_presenter_mode(monkeypatch):
    def drawn() -> dict:
        shown = []
        monkeypatch.setattr("streamlit.plotly_chart", lambda figure, **_: shown.append(figure.to_dict()))
        look.show(figure, "key", 200, "alt")
        return shown[0]["layout"]

    figure = go.Figure(go.Scatter(x=[1], y=[2]))
    figure.add_annotation(x=1, y=2, text="here", font={"size": 10})
    desk = drawn()
    monkeypatch.setattr(frame, "is_presenting", lambda: True)
    projected, again = drawn(), drawn()
    assert look.scale() > 1
    for name in ("height", "font"):
        small, large = ((each[name]["size"] if name == "font" else each[name]) for each in (desk, projected))
        assert large == look.scale() * small
    assert projected["annotations"][0]["font"]["size"] == look.scale() * 10
    assert projected == again, "a figure that is drawn again does not grow"


def test_columns_of_tables_are_wider_in_presenter_mode(monkeypatch):
    columns = {"Model": st.column_config.TextColumn(width=100), "Note": st.column_config.TextColumn(width="small"),
               "Data": "Data"}  # fmt: skip
    assert look.widened(columns) == columns
    monkeypatch.setattr(frame, "is_presenting", lambda: True)
    assert look.widened(columns)["Model"]["width"] == round(look.scale() * 100)
    assert look.widened(columns) | {"Model": 0} == columns | {"Model": 0}
