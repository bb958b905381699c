"""All pages on a data set without overviews and on one without posters."""

from pathlib import Path

import film_sets
import predicted_sets
import pytest
from app_pages import open_address, page_text
from streamlit.testing.v1 import AppTest

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.ui.evaluate import state
from genreclf.weights.folder import read_weights


@pytest.fixture(params=["posters", "overviews"])
def lacking(request) -> str:
    """What the films lack."""
    return request.param


@pytest.fixture
def folder(lacking, tmp_path, monkeypatch) -> Path:
    """The 60 films without their posters or overviews, as the data set of the app."""
    films = film_sets.write_set(tmp_path / "films", film_sets.films(), without=lacking)
    monkeypatch.setenv("GENRECLF_DATA", str(films))
    return films


def alts(page: AppTest) -> list[str]:
    return [image.proto.imgs[0].alt for image in page.get("image")]


def test_browse_shows_what_there_is(folder, lacking):
    page = open_address("pages/browse.py")
    assert len(alts(page)) == 24
    assert ("Poster of" in alts(page)[0]) == (lacking == "overviews")
    assert ("Words" in [tab.label for tab in page.tabs]) == (lacking == "posters")
    assert alts(open_address("pages/browse.py", words="tt0000007"))[0].endswith("Film 7")


def test_compare_uses_the_models_that_can_predict(folder, lacking, shipped):
    page = open_address("pages/compare.py", film="tt0000004")
    models = page.get_by_key("compare_models")
    assert set(models.value) == {"prior", "cnn-small" if lacking == "overviews" else "tfidf"}
    assert f"These films have no {lacking}" in page_text(page)
    assert len(page.image) >= 1
    assert not page.error
    assert not page.warning
    lacks_weights = [link.proto.label for link in page.get("page_link") if "no trained weights" in link.proto.label]
    assert not any("CNN" in label for label in lacks_weights) or lacking == "overviews"
    assert not any("LSTM" in label for label in lacks_weights) or lacking == "posters"


@pytest.mark.parametrize("section", ["Scoreboard", "Poster or overview", "Films", "Report"])
def test_evaluate_leaves_out_the_models_that_cannot_predict(folder, lacking, section, tmp_path, monkeypatch):
    loaded = load_catalogue(folder)
    root = tmp_path / "weights" / "imdb"
    skills = {name: skill for name, skill in predicted_sets.SKILLS.items() if name != "fusion"}
    predicted_sets.write_predicted(root, loaded, skills)
    parts = {part: read_weights(root / part).sha256 for part in ("poster", "overview")}
    fusion = predicted_sets.write_weights(root, loaded, "fusion", parts=parts, thresholds=[0.9] * 25)
    predicted_sets.simulate(loaded, fusion, 0.6)
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", root.parent)
    monkeypatch.setattr(state, "AUTOMATIC", 0.0)
    page = open_address("pages/evaluate.py", section=section)
    assert f"These films have no {lacking}" in page_text(page)
    assert not page.error
    if section == "Scoreboard":
        shown = " ".join(page.dataframe[0].value["Model"])
        assert "Fusion" in shown
        assert "CNN" in shown or lacking == "posters"
    if section == "Poster or overview":
        assert f"no predictions of {'a poster' if lacking == 'posters' else 'an overview'} model" in page_text(page)
        assert f"They have no {lacking}" in page_text(page)


@pytest.mark.parametrize(
    ("model", "needs"), [("cnn", "posters"), ("lstm", "overviews"), ("fusion", "both"), ("prior", "")]
)
def test_a_model_is_trained_only_on_films_that_have_its_input(folder, lacking, model, needs, idle):
    page = open_address("pages/train.py")
    page.selectbox(key="train-model").select(model).run()
    assert not page.exception
    refused = needs in (lacking, "both")
    assert page.button(key="train-start").disabled == refused
    assert any(f"learns from {lacking}" in warning.value for warning in page.warning) == refused
