"""The Home page: a film with an answer, and the scores of the models, with and without weights."""

import re

import film_sets
import numpy as np
import pytest
import weight_sets
from app_pages import page_text
from streamlit.testing.v1 import AppTest

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.evaluation.metrics import METRICS
from genreclf.evaluation.scoreboard import SCORES
from genreclf.evaluation.stored import stored_predictions
from genreclf.files import write_json
from genreclf.genres import GENRES
from genreclf.models.baselines import Prior
from genreclf.predict.predictor import Predictor
from genreclf.training.promote import publish
from genreclf.ui.text import plain
from genreclf.weights.folder import BASELINE_WEIGHTS, find_weights, promoted_folder, weights_set_for

APP = str(paths.PROJECT / "streamlit_app.py")


@pytest.fixture(autouse=True)
def _references_only(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "REFERENCE_RUNS", tmp_path / "reference")


def open_page(measured: bool = True) -> AppTest:
    """Opens the page, with "How this was measured" opened or not."""
    page = AppTest.from_file(APP, default_timeout=60)
    page.session_state["home_measured"] = measured
    page.run()
    assert not page.exception
    return page


def answer(page: AppTest) -> str:
    """The HTML of the bars that answer the film."""
    bars = [block.proto.body for block in page.get("html") if 'class="bars"' in block.proto.body]
    return bars[0] if len(bars) > 1 else ""


def address(page: AppTest) -> str:
    """The film in the address that the poster leads to."""
    return next(link.proto.query_string for link in page.get("page_link") if link.proto.page == "compare")


def test_a_test_film_is_answered_before_any_model_is_loaded(monkeypatch):
    monkeypatch.setattr(Predictor, "__init__", lambda *args, **kwargs: pytest.fail("a model is loaded"))
    page, catalogue = open_page(measured=False), load_catalogue(paths.SAMPLE)
    position = catalogue.position(address(page).removeprefix("film="))
    assert catalogue.films["split"][position] == "test"
    assert "No model learned from this film" in page_text(page)
    stored = stored_predictions(catalogue, find_weights("fusion", "sample"))[position]
    for genre in np.argsort(-stored)[:3]:
        assert f"<span>{GENRES[genre]}</span>" in answer(page)
    genres = set(catalogue.films["genres"][position])
    assert answer(page).count("✓") == sum(GENRES[genre] in genres for genre in np.argsort(-stored)[:3])
    assert not page.dataframe, "the scores in full are behind an expander"


def test_the_film_stays_for_a_visit_and_changes_with_the_next():
    page = open_page(measured=False)
    first = address(page)
    assert address(page.run()) == first
    shown = {first}
    for _ in range(6):
        page.switch_page("pages/train.py").run()
        page.switch_page("pages/home.py").run()
        shown.add(address(page))
    assert len(shown) > 1


def test_without_stored_predictions_a_film_has_its_genres_and_a_way_to_ask(tmp_path, monkeypatch):
    monkeypatch.setenv("GENRECLF_DATA", str(film_sets.write_set(tmp_path / "set", film_sets.films(30))))
    page = open_page(measured=False)
    assert "True genres" in page_text(page)
    assert not answer(page)
    assert address(page)


def test_a_film_of_own_genres_is_answered_by_the_model_trained_on_them(tmp_path, monkeypatch, home):
    own = film_sets.write_own(tmp_path / "own")
    monkeypatch.setenv("GENRECLF_DATA", str(own))
    assert "top three" not in page_text(open_page())
    promoted = promoted_folder(weights_set_for(own, film_sets.OWN_GENRES), "prior")
    promoted.mkdir(parents=True)
    Prior(np.linspace(0.1, 0.6, 6)).save(promoted / BASELINE_WEIGHTS)
    weight_sets.write_card(promoted, "prior", BASELINE_WEIGHTS, genres=film_sets.OWN_GENRES, thresholds=[0.5] * 6)
    text = page_text(open_page())
    assert "Base rates's top three" in text
    assert "Spaghetti Western" in text


def test_five_models_are_ranked_by_their_first_guess():
    page = open_page(measured=False)
    rows = [block.proto.body for block in page.get("html") if 'class="bars"' in block.proto.body][-1]
    assert rows.count("width:") == 5
    shares = [float(width) for width in re.findall(r"width: ([\d.]+)%", rows)]
    assert shares == sorted(shares, reverse=True)


def test_the_scoreboard_ranks_models_references_and_baselines(shipped):
    table = open_page().dataframe[0].value
    assert list(table.columns) == ["Model", "Kind", *METRICS]
    assert table["bce"].is_monotonic_increasing
    kinds = {model: kind[0] for model, kind in zip(table["Model"], table["Kind"], strict=True)}
    assert kinds == {
        "Base rates": "baseline",
        "TF-IDF": "baseline",
        "Small CNN": "ours",
        "CNN, in the report": "reference",
        "LSTM, in the report": "reference",
        "CNN, best public copy": "reference",
        "LSTM, best public copy": "reference",
    }
    measured = find_weights("tfidf").card["metrics"]["test"]
    row = table[table["Model"] == "TF-IDF"].iloc[0]
    assert [row[name] for name in SCORES] == [measured[name] for name in SCORES]
    reference = table[table["Model"] == "CNN, in the report"].iloc[0]
    assert reference["bce"] == 0.2453
    assert reference.drop(["Model", "Kind", "bce"]).isna().all()


def test_it_states_what_the_scores_were_measured_on(shipped):
    card = find_weights("tfidf").card
    words = page_text(open_page())
    assert f"digest {card['data_digest'][:8]}" in words
    assert f"{card['films']['test']:,} test films" in words
    assert "shipped with the app" in words
    assert "drawn by code" in words
    assert "lower is better" in words
    assert "Accuracy is not shown" in words  # once, to explain its absence


def test_the_chart_has_a_text_alternative(shipped):
    (chart,) = open_page().get("plotly_chart")
    assert "is best with" in chart.proto.alt
    assert "CNN, in the report" in chart.proto.alt.split("Worse than")[1]


def test_without_weights_the_references_are_shown_and_training_is_offered(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "none")
    page = open_page()
    assert set(page.dataframe[0].value["Model"].str.split(",").str[0]) == {"CNN", "LSTM"}
    assert "has no trained model" in page_text(page)
    assert any(link.proto.label == "Train one" for link in page.get("page_link"))


def test_a_promoted_run_is_named(shipped, home):
    publish(shipped / "tfidf", home / "weights" / "imdb" / "tfidf")
    assert "TF-IDF uses the weights of your own run" in page_text(open_page())


def test_weights_that_cannot_be_used_are_a_warning_beside_the_others(shipped, home):
    write_json(home / "weights" / "imdb" / "cnn-small" / "card.json", {"model": "cnn-small"})
    page = open_page()
    assert plain("cnn-small") in page.warning[0].value
    assert "TF-IDF" in set(page.dataframe[0].value["Model"])


def test_the_hardest_genres_are_in_an_expander(shipped, home):
    assert len(open_page().expander) == 1, "no card lists them"
    folder = home / "weights" / "imdb" / "fusion"
    folder.mkdir(parents=True)
    (folder / "numbers").write_bytes(b"not read")
    weakest = [{"genre": "War", "films": 30, "precision": 0.5, "recall": 0.1, "f1": 0.167}]
    weight_sets.write_card(folder, "fusion", "numbers", metrics={"test": {"bce": 0.01}}, weakest=weakest)
    page = open_page()
    assert page.dataframe[0].value["Model"].iloc[0] == "Fusion"
    [table] = page.expander[1].dataframe
    assert page.expander[1].label == "What each model finds hardest"
    assert table.value[["model", "genre", "films"]].to_numpy().tolist() == [["Fusion", "War", 30]]


def test_weights_without_test_metrics_are_left_out(shipped, home):
    folder = home / "weights" / "imdb" / "lstm"
    folder.mkdir(parents=True)
    (folder / "model.npz").write_bytes(b"not read")
    weight_sets.write_card(folder, "lstm", "model.npz", metrics={"val": {"bce": 0.2}})
    assert "LSTM" not in set(open_page().dataframe[0].value["Model"])


def test_it_leads_to_the_film_on_compare_and_to_a_film_of_ones_own(shipped):
    pages = [link.proto.page for link in open_page(measured=False).get("page_link")]
    assert pages[:2] == ["compare", "try-your-own"]
    assert set(pages[2:]) == {"lesson", "compare", "add-films"}, "the posters below lead there, too"


def test_without_the_sample_it_shows_a_film_of_another_set(shipped, tmp_path, monkeypatch):
    monkeypatch.setenv("GENRECLF_DATA", str(film_sets.write_set(tmp_path / "set", film_sets.films(3))))
    monkeypatch.setattr(paths, "SAMPLE", tmp_path / "nowhere")
    assert open_page().get("image")
