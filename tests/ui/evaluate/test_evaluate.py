"""The Evaluate page: its sections on stored predictions, and the computation of missing ones."""

import dataclasses
import os
import shutil
from pathlib import Path

import film_sets
import numpy as np
import pandas as pd
import predicted_sets
import pytest
from app_pages import as_read, open_address, page_text
from prediction_sets import simulated_probabilities
from streamlit.testing.v1 import AppTest

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.errors import UserError
from genreclf.evaluation.bootstrap import Difference
from genreclf.evaluation.confident import confident_errors, confident_hits
from genreclf.evaluation.counts import counts_at
from genreclf.evaluation.poster_vs_overview import contrast, fusion_gains, top1_correct
from genreclf.evaluation.predictions import SplitPredictions, predict_split
from genreclf.evaluation.thresholds import threshold_for_precision
from genreclf.evaluation.wording import DIFFERENCES
from genreclf.files import write_json
from genreclf.genres import GENRES
from genreclf.models import model_label
from genreclf.predict.predictor import Predictions
from genreclf.runs.folder import Status
from genreclf.runs.notes import write_notes
from genreclf.runs.queue import new_run
from genreclf.ui.evaluate import report, state
from genreclf.ui.evaluate.films import FILMS_PER_PAGE
from genreclf.ui.evaluate.scores import shown_values
from genreclf.weights.folder import read_weights

PAGE = "pages/evaluate.py"
SECTIONS = ("Scoreboard", "Genres", "Thresholds", "Calibration", "Poster or overview", "Films", "Training", "Report")


@pytest.fixture
def open_page(film_folder, monkeypatch):
    """A function that opens a section of the page on the 60 films, with more query parameters."""
    monkeypatch.setenv("GENRECLF_DATA", str(film_folder))
    monkeypatch.setattr(state, "AUTOMATIC", 0.0)  # nothing is computed without a click

    def open_it(section: str = "Scoreboard", folder: Path | None = None, **address: str) -> AppTest:
        if folder is not None:
            monkeypatch.setenv("GENRECLF_DATA", str(folder))
        return open_address(PAGE, section=section, **address)

    return open_it


@pytest.fixture
def ship(catalogue, tmp_path, monkeypatch):
    """A function that ships models with stored predictions, by default all, and nothing else."""

    def ship_models(skills=None, splits=("test", "val")) -> Path:
        root = predicted_sets.write_predicted(tmp_path / "weights" / "imdb", catalogue, skills, splits)
        monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", root.parent)
        return root

    return ship_models


@pytest.fixture
def predictions(ship, catalogue) -> SplitPredictions:
    """The predictions of all models for the test films."""
    ship()
    return predict_split(catalogue, "test")


def charts(page: AppTest) -> list[str]:
    """The alternative text of each chart."""
    return [chart.proto.alt for chart in page.get("plotly_chart")]


def posters(page: AppTest) -> list[str]:
    return [image.proto.imgs[0].alt for image in page.get("image")]


def table(page: AppTest, column: str):
    """The table that has this column."""
    return next(each.value for each in page.dataframe if column in each.value)


def choose(page: AppTest, key: str, value) -> AppTest:
    page.get_by_key(key).set_value(value).run()
    assert not page.exception
    return page


def click(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception
    return page


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_opens_and_explains_its_charts(open_page, predictions, section):
    page = open_page(section)
    assert page.title[0].value == "Evaluate"
    assert "8 test films: no model has seen them" in page_text(page)
    assert not page.warning
    assert not page.error
    assert all(alt.endswith(".") for alt in charts(page))
    assert len(page.caption) >= len(charts(page)) + 1
    expected = {"Genres": 4, "Scoreboard": 1, "Thresholds": 1, "Calibration": 1, "Poster or overview": 1, "Training": 2}
    assert len(charts(page)) == expected.get(section, 0)


def test_only_the_open_section_is_computed(open_page, predictions):
    assert not open_page("Report").dataframe
    assert [list(each.value)[-1] for each in open_page("Scoreboard").dataframe] == ["top3_recall", "Verdict"]


# Scoreboard


def test_scoreboard_has_models_baselines_and_references(open_page, predictions):
    page = open_page()
    found = table(page, "bce").set_index("Model")
    for name, scores in predictions.metrics().items():
        assert found.loc[model_label(name), "bce"] == pytest.approx(scores["bce"])
        assert found.loc[model_label(name), "map"] == pytest.approx(scores["map"])
    assert found["bce"].is_monotonic_increasing
    assert found.loc["CNN, in the report †", "Kind"] == ["reference"]
    assert found.loc["TF-IDF", "Kind"] == ["baseline"]
    assert "BCE of 13 models: " in charts(page)[0]
    lstm = found.loc["LSTM"]
    assert lstm["from"] <= lstm["bce"] <= lstm["to"]
    assert np.isnan(found.loc["CNN, in the report †", "from"]), "references have no interval"
    choose(page, "evaluate_metric", "top1")
    assert charts(page)[0].startswith("Top-1 of 7 models")
    assert table(page, "bce")["top1"].dropna().is_monotonic_decreasing


def test_difference_of_any_pair_is_described(open_page, predictions):
    page = open_page()
    scores = predictions.metrics()
    better = "LSTM" if scores["lstm"]["bce"] < scores["cnn"]["bce"] else "CNN"
    gap = abs(scores["lstm"]["bce"] - scores["cnn"]["bce"])
    assert f"by {gap:.3f} BCE" in page_text(page)
    assert better in page_text(page).split(f"by {gap:.3f} BCE")[0][-60:]
    choose(page, "evaluate_first", "cnn")
    assert page.get_by_key("evaluate_second").value != "cnn", "no model is compared with itself"
    choose(page, "evaluate_second", "fusion")
    found = table(page, "Verdict").set_index("Score")
    assert found.loc["BCE", "Difference"] == pytest.approx(scores["cnn"]["bce"] - scores["fusion"]["bce"])
    assert found.loc["BCE", "Better"] == "Fusion"
    assert ((found["from"] > 0) | (found["to"] < 0)).any()
    assert set(found["Verdict"]) == {"? not significant"}, "8 films are too few"
    assert "only 8 films" in page_text(page)
    assert DIFFERENCES in page_text(page)
    assert (found["from"] <= found["Difference"]).all()
    assert (found["Difference"] <= found["to"]).all()


@pytest.mark.parametrize("low", [-0.0004, -0.0])
def test_zero_has_no_sign_among_the_differences(low):
    shown = shown_values(Difference("lstm", "cnn", "map", 0.017, low, 0.034, 48))
    assert [f"{value:+.3f}" for value in shown] == ["+0.017", "+0.000", "+0.034"]


# Genres


def test_genres_side_by_side(open_page, predictions):
    page = open_page("Genres")
    found = table(page, "genre")
    assert list(found.columns) == ["genre", "films", "cnn", "lstm", "fusion"]
    assert found["films"].is_monotonic_decreasing
    assert len(found) == 25
    choose(page, "evaluate_models", ["tfidf"])
    assert list(table(page, "genre").columns) == ["genre", "films", "tfidf"]
    choose(page, "evaluate_genre_metric", "average_precision")
    assert charts(page)[0].startswith("Average precision of")
    choose(page, "evaluate_models", [])
    assert "Choose a model" in page.info[0].value
    assert len(charts(page)) == 2, "the charts of one model do not depend on them"


def test_table_of_genres_explains_zero_and_the_dash(open_page, predictions):
    page = open_page("Genres")
    notes = {"f1": "0: the model found none", "recall": "0: the model found none", "precision": "never picked it",
               "average_precision": "no film has the genre."}  # fmt: skip
    for metric, words in notes.items():
        choose(page, "evaluate_genre_metric", metric)
        caption = next(each.value for each in page.caption if "A dash" in each.value)
        assert words in caption
        assert ("never picked" in caption) == (metric == "precision")


def test_frequent_substitutions_are_a_table_too(open_page, ship, catalogue):
    root = ship({"cnn": 0.1, "prior": 0.0})
    probabilities = np.full((8, 25), 0.1, np.float32)
    probabilities[:, GENRES.index("Horror")] = 0.9
    predicted_sets.store(catalogue, read_weights(root / "cnn"), probabilities)
    page = open_page("Genres")
    choose(page, "evaluate_model", "cnn")
    found = table(page, "Picked instead")
    assert set(found["Picked instead"]) == {"Horror"}
    assert found["Share"].between(0, 100).all()
    assert found["Films"].is_monotonic_decreasing


def test_one_genre_in_detail(open_page, predictions):
    page = open_page("Genres")
    films = predictions.labels.sum(axis=0)
    genre = GENRES[int(films.argmax())]
    assert page.get_by_key("evaluate_genre").value == genre
    assert page.get_by_key("evaluate_genre").options[0] == f"{genre} ({films.max()})"
    assert len(page.get_by_key("evaluate_genre").options) == (films > 0).sum(), "genres without a film are not offered"
    model = predictions.of("fusion")
    here = counts_at(predictions.labels[:, films.argmax()], model.probabilities[:, films.argmax()], 0.4)
    assert f"Fusion on {genre}: {here.tp} films found, {here.fn} missed" in charts(page)[2]
    choose(page, "evaluate_model", "cnn")
    assert "Wrong genres that CNN picked" in charts(page)[3] or "CNN missed no genre" in charts(page)[3]


# Thresholds


def test_slider_changes_the_scores(open_page, predictions):
    page = open_page("Thresholds")
    column = int(predictions.labels.sum(axis=0).argmax())
    genre, true = GENRES[column], predictions.labels[:, column]
    probabilities = predictions.of("fusion").probabilities[:, column]
    slider = page.slider[0].key
    assert genre in slider
    assert page.slider(key=slider).value == 0.4
    for threshold in (0.4, 0.05, 0.95):
        page.slider(key=slider).set_value(threshold).run()
        here = counts_at(true, probabilities, threshold)
        metrics = {metric.label: metric.value for metric in page.metric}
        assert (metrics["Picked"], metrics["Missed"]) == (str(here.chosen), str(here.fn))
        assert metrics["Recall"] == f"{round(100 * here.recall)} %".replace(" ", "\u00a0")
    click(page, "evaluate_fitted")
    assert page.slider(key=slider).value == 0.4


@pytest.mark.parametrize(
    ("card", "fitted"), [({"thresholds": [0.625] * 25}, 0.625), ({"weights_sha256": "f" * 64}, 0.4)],
    ids=["refitted", "retrained"],
)  # fmt: skip
def test_slider_starts_at_the_fitted_threshold_of_new_weights(open_page, ship, catalogue, card, fitted):
    folder = ship({"fusion": 0.6, "prior": 0.0}) / "fusion"
    page = open_page("Thresholds")
    page.slider[0].set_value(0.9).run()
    click(page, "evaluate_best_f1")
    write_json(folder / "card.json", {**read_weights(folder).card, **card})
    predicted_sets.simulate(catalogue, read_weights(folder), 0.6)
    page.run()
    assert page.slider[0].value == round(fitted, 2)
    assert not [metric for metric in page.metric if metric.delta], "no change from the fitted threshold"


def test_buttons_move_the_threshold(open_page, ship, catalogue):
    ship({"cnn": 0.0, "lstm": 0.3, "prior": 0.0})
    predictions = predict_split(catalogue, "test")
    page = open_page("Thresholds")
    column = int(predictions.labels.sum(axis=0).argmax())
    choose(page, "evaluate_model", "lstm")
    true, probabilities = predictions.labels[:, column], predictions.of("lstm").probabilities[:, column]
    click(page, "evaluate_best_f1")
    best = max(counts_at(true, probabilities, threshold).f1 for threshold in probabilities)
    shown = {metric.label: metric.value for metric in page.metric}["F1"]
    assert shown == f"{round(100 * best)}\u00a0%", "the exact threshold counts, not the slider's two digits"
    page.number_input(key="evaluate_target").set_value(100).run()
    click(page, "evaluate_find")
    reached = threshold_for_precision(true, probabilities, 1.0)
    assert page.slider[0].value == pytest.approx(reached, abs=0.006)


def test_unreachable_precision_is_a_note(open_page, ship, catalogue):
    root = ship({"prior": 0.0})
    predicted_sets.store(catalogue, read_weights(root / "prior"), np.full((8, 25), 0.3, np.float32))
    page = open_page("Thresholds")
    page.number_input(key="evaluate_target").set_value(100).run()
    click(page, "evaluate_find")
    assert "No threshold reaches a precision of 100 %" in page_text(page)
    assert page.slider[0].value == 0.4, "it is unchanged"


# Poster against overview, films


def test_two_models_are_compared_film_by_film(open_page, predictions):
    page = open_page("Poster or overview")
    groups = contrast(predictions, "cnn", "lstm")
    counts = {metric.label: int(metric.value) for metric in page.metric}
    assert counts == {
        "Both right": len(groups["both"]), "Only CNN": len(groups["first"]), "Only LSTM": len(groups["second"]),
        "Neither": len(groups["neither"]),
    }  # fmt: skip
    assert sum(counts.values()) == 8
    for group, films in groups.items():
        choose(page, "evaluate_group", group)
        names = [
            predictions.catalogue.display_name(row).split(" ·")[0] for row in predictions.rows[films[:FILMS_PER_PAGE]]
        ]
        assert posters(page) == [f"Poster of {name}" for name in names]
    assert "Gained by Fusion" not in str(page.get("button_group")), "Fusion has a view of its own"


def test_fusion_is_compared_with_its_parts(open_page, predictions):
    page = choose(open_page("Poster or overview"), "evaluate_contrast", "Fusion and its parts")
    gains = fusion_gains(predictions)
    counts = {metric.label: int(metric.value) for metric in page.metric}
    assert counts == {f"{model_label(model)} right": top1_correct(predictions, model).sum() for model in
                      ("poster", "overview", "fusion")}  # fmt: skip
    assert len(posters(page)) == min(FILMS_PER_PAGE, len(gains["gained"]))
    choose(page, "evaluate_fusion_group", "lost")
    assert len(posters(page)) == min(FILMS_PER_PAGE, len(gains["lost"]))


def test_any_poster_model_and_any_overview_model_are_compared(open_page, predictions):
    page = open_page("Poster or overview")
    assert set(page.get_by_key("evaluate_poster_model").options) == {"CNN", "EfficientNet"}
    assert set(page.get_by_key("evaluate_overview_model").options) == {"LSTM", "MiniLM", "TF-IDF"}
    choose(page, "evaluate_poster_model", "poster")
    choose(page, "evaluate_overview_model", "overview")
    assert "Only EfficientNet" in {metric.label for metric in page.metric}


def test_comparisons_need_a_poster_model(open_page, ship):
    ship({"lstm": 0.3, "prior": 0.0})
    assert "no predictions of a poster model" in page_text(open_page("Poster or overview"))
    page = open_page("Films", evaluate_films="Doubtful labels")
    assert "needs predictions of a poster model" in page_text(page)


@pytest.mark.parametrize(
    ("view", "find"), [("Confident and right", confident_hits), ("Confident and wrong", confident_errors)]
)
def test_confident_predictions_are_linked_to_compare(open_page, predictions, view, find):
    page = open_page("Films", evaluate_films=view)
    found = find(predictions, "fusion", FILMS_PER_PAGE)
    assert len(posters(page)) == len(found)
    links = [link.proto for link in page.get("page_link") if link.proto.page == "compare"]
    assert len(links) == len(found)
    assert all(f"film={film}" in link.query_string for film, link in zip(found["id"], links, strict=True))
    for row in found.itertuples():
        assert f"{row.genre}, " in page_text(page)


# Training and the report


def test_training_shows_verdicts_and_names_missing_curves(open_page, predictions):
    page = open_page("Training")
    assert "Converged: the validation loss has been flat" in page_text(page)
    assert "were not stored with the weights" in page_text(page)
    assert list(table(page, "Best epoch")["Best epoch"]) == [7] * 5


def test_promoted_run_shows_its_curve(open_page, predictions, catalogue, film_folder, home):
    run = new_run("lstm", film_folder, epochs=3)
    for epoch in (1, 2, 3):
        run.append("epoch", epoch=epoch, loss=0.3 / epoch, val_loss=0.2, val_precision=0.5, val_recall=0.5)
    weights = predicted_sets.write_weights(
        home / "weights" / "imdb", catalogue, "lstm", run=run.id, weights_sha256="f" * 64
    )
    predicted_sets.simulate(catalogue, weights, 0.4)
    page = open_page("Training")
    assert len(charts(page)) == 3
    assert "LSTM: training and validation loss of 3 epochs." in charts(page)[0]
    assert "promoted" in set(table(page, "Best epoch")["Weights"])


def test_curves_do_not_depend_on_predictions(open_page, ship, catalogue, film_folder, home):
    ship({"prior": 0.0})
    run = new_run("lstm", film_folder, epochs=1)
    run.append("epoch", epoch=1, loss=0.3, val_loss=0.2, val_precision=0.5, val_recall=0.5)
    predicted_sets.write_weights(home / "weights" / "imdb", catalogue, "lstm", run=run.id, weights_sha256="f" * 64)
    broken = home / "weights" / "imdb" / "cnn" / "card.json"
    broken.parent.mkdir()
    broken.write_text("{")
    page = open_page("Training")
    assert "no predictions of LSTM for these 8 films yet" in page_text(page)
    assert charts(page)[0].startswith("LSTM: training and validation loss of 1 epoch.")
    assert "does not depend on the films chosen above" in page_text(page)
    assert table(page, "Best epoch")["Model"].tolist() == ["LSTM"]
    assert len(page.warning) == 1, "damaged weights are named once"


def test_report_has_the_chosen_models(open_page, predictions, film_folder, monkeypatch):
    page = open_page("Report")
    (button,) = page.get("download_button")
    assert not button.proto.disabled
    key = "evaluate_report_models_" + "_".join(predictions.models)
    choose(page, key, ["cnn", "prior"])
    (command,) = [block.value for block in page.code]
    data = f"--data {film_folder} --split test"
    assert command == f"genreclf evaluate {data} --models cnn,prior --report report.html"
    assert "always includes the baselines" in page_text(page)
    choose(page, key, [])
    assert not page.code
    assert page.get("download_button")[0].proto.disabled
    monkeypatch.setattr(report, "write_report", lambda predictions, path: path.write_bytes(b"all") and path)
    assert report._report(predictions, "anna") == b"all"


# Choosing films, and missing predictions


def test_films_are_chosen_by_query_parameter(open_page, predictions):
    page = open_page(films_of="Validation")
    assert "5 validation films" in page_text(page)
    assert "slightly too good" in page_text(page)
    choose(page, "films_of", "train")
    assert "47 training films" in page_text(page)
    assert "for these 47 films yet" in page_text(page)


def test_data_set_without_test_films_opens_on_all(open_page, ship, tmp_path):
    ship({"prior": 0.0, "cnn": 0.2})
    small = film_sets.write_set(tmp_path / "small", film_sets.films(4)[1:])
    catalogue = load_catalogue(small)
    for model in ("prior", "cnn"):
        weights = read_weights(paths.SHIPPED_WEIGHTS / "imdb" / model)
        predicted_sets.simulate(catalogue, weights, 0.2, "all")
    page = open_page(folder=small)
    assert "3 films" in page_text(page)
    assert "another data set" in page_text(page)
    assert "test" not in page.get_by_key("films_of").options
    assert len(charts(page)) == 1


class FakePredictor:
    """A predictor that needs no TensorFlow and records which models were computed."""

    computed: list[str]

    def __init__(self, weights):
        self.weights, self.parts, self.on_batch = weights, {}, None

    def predict(self, posters, overviews):
        FakePredictor.computed.append(self.weights.model)
        self.on_batch(len(overviews))
        return simulated_probabilities(np.zeros((len(overviews), 25)), 0.2)

    def predict_with_parts(self, posters, overviews):
        self.parts = {model: FakePredictor(weights) for model, weights in self.weights.parts().items()}
        probabilities = self.predict(posters, overviews)
        unfamiliar = np.zeros(len(overviews), bool)
        parts = {model: Predictions(probabilities / 2, unfamiliar) for model in self.parts}
        return Predictions(probabilities, unfamiliar, parts)


@pytest.fixture
def computed(monkeypatch):
    """The names of the models whose predictions were computed, by ``FakePredictor``."""
    FakePredictor.computed = []
    monkeypatch.setattr(state, "Predictor", FakePredictor)
    monkeypatch.setattr(state.data, "predictor", lambda weights: None)
    monkeypatch.setattr("genreclf.evaluation.stored.posters_of", lambda *_: None)
    return FakePredictor.computed


def test_button_computes_missing_predictions(open_page, ship, catalogue, computed):
    root = ship({"prior": 0.0, "tfidf": 0.3, "lstm": 0.3})
    for model in ("cnn", "poster"):
        predicted_sets.write_weights(root, catalogue, model)
    page = open_page()
    assert "no predictions of CNN and EfficientNet for these 8 films yet" in page_text(page)
    assert set(table(page, "bce")["Model"]) >= {"LSTM", "TF-IDF", "Base rates"}
    assert computed == []
    click(page, "evaluate_compute")
    assert computed == ["cnn", "poster"]
    assert set(table(page, "bce")["Model"]) >= {"CNN", "EfficientNet"}
    assert "no predictions of" not in page_text(page)
    assert len(predict_split(catalogue, "test").models) == 5, "and they were stored"


def test_parts_are_computed_with_fusion(open_page, ship, catalogue, computed):
    root = ship({"prior": 0.0})
    parts = {model: predicted_sets.write_weights(root, catalogue, model).sha256 for model in ("poster", "overview")}
    predicted_sets.write_weights(root, catalogue, "cnn")
    predicted_sets.write_weights(root, catalogue, "fusion", parts=parts)
    page = open_page()
    assert "no predictions of CNN, Fusion, MiniLM and EfficientNet" in page_text(page)
    click(page, "evaluate_compute")
    assert computed == ["cnn", "fusion"]
    assert set(table(page, "bce")["Model"]) >= {"CNN", "EfficientNet", "MiniLM", "Fusion"}


def test_computing_can_be_stopped(open_page, ship, catalogue, computed, monkeypatch):
    predicted_sets.write_weights(ship({"prior": 0.0}), catalogue, "cnn")
    page = open_page()
    monkeypatch.setattr(state, "compute_next", lambda *_: None)  # pretend that it takes long
    click(page, "evaluate_compute")
    assert page.button(key="evaluate_compute").label == "Stop"
    click(page, "evaluate_compute")
    assert page.button(key="evaluate_compute").label == "Compute predictions"


def test_nothing_is_computed_after_stopping(open_page, ship, catalogue, computed, monkeypatch):
    predicted_sets.write_weights(ship({"prior": 0.0}), catalogue, "cnn")
    page = open_page()
    page.session_state["evaluate_wanted_predictions"] = ((catalogue.digest, "test"), False)
    monkeypatch.setattr(state, "AUTOMATIC", 600.0)
    page.run()
    assert computed == []
    assert page.button(key="evaluate_compute").label == "Compute predictions"


def test_fast_models_are_computed_without_a_click(open_page, ship, catalogue, computed, monkeypatch):
    predicted_sets.write_weights(ship({"prior": 0.0}), catalogue, "cnn")
    monkeypatch.setattr(state, "AUTOMATIC", 600.0)
    page = open_page()
    assert computed == ["cnn"]
    assert "CNN" in set(table(page, "bce")["Model"])


def test_damaged_weights_are_warnings_beside_the_other_models(open_page, ship, catalogue):
    root = ship({"prior": 0.0, "lstm": 0.3})
    predicted_sets.write_weights(root, catalogue, "cnn", weights_sha256="0" * 64)
    (root / "overview").mkdir()
    (root / "overview" / "card.json").write_text("{")
    page = open_page()
    assert any("card.json" in as_read(each.value) for each in page.warning)
    click(page, "evaluate_compute")
    assert any("damaged" in each.value for each in page.warning)
    assert "LSTM" in set(table(page, "bce")["Model"])
    assert not [button for button in page.button if button.key == "evaluate_compute"], "it is not retried in a loop"


def test_failure_belongs_to_a_split_and_can_be_retried(open_page, ship, catalogue, computed, monkeypatch):
    def failing(*_):
        raise UserError("A poster changed since it was checked; try again.")

    root = ship({"prior": 0.0})
    predicted_sets.write_weights(root, catalogue, "cnn")
    page = open_page()
    with monkeypatch.context() as patch:
        patch.setattr(FakePredictor, "predict", failing)
        click(page, "evaluate_compute")
        assert "A poster changed" in page_text(page)
        choose(page, "films_of", "val")
        assert "A poster changed" not in page_text(page)
        assert "no predictions of CNN for these 5 films yet" in page_text(page)
        choose(page, "films_of", "test")
        assert "A poster changed" in page_text(page)
        click(page, "evaluate_retry_cnn")
        assert "A poster changed" in page_text(page), "it failed again"
    page.session_state["evaluate_wanted_predictions"] = ((catalogue.digest, "test"), False)
    predicted_sets.write_weights(root, catalogue, "poster")
    click(page, "evaluate_retry_cnn")
    assert computed == ["cnn"], "and no other model"
    assert "no predictions of EfficientNet" in page_text(page)
    assert "CNN" in set(table(page, "bce")["Model"])
    assert not page.warning


def test_without_weights_there_is_a_hint(open_page, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "nothing")
    page = open_page()
    assert "There is no trained model yet" in page_text(page)
    assert not charts(page)


def test_choices_survive_other_films(open_page, predictions, tmp_path):
    """The second films lack a genre of the first."""
    page = open_page("Thresholds")
    choose(page, "evaluate_genre", "Western")
    choose(page, "evaluate_model", "overview")
    choose(page, "films_of", "val")
    has_genre = predict_split(load_catalogue(Path(os.environ["GENRECLF_DATA"])), "val").labels.any(axis=0)
    assert (page.get_by_key("evaluate_genre").value == "Western") == has_genre[GENRES.index("Western")]
    assert page.get_by_key("evaluate_model").value == "overview"


def test_another_data_set_in_the_same_session(open_page, predictions, tmp_path, monkeypatch):
    """Widget values may not exist there: a split, a group of fusion's films, a page of a wall."""
    page = open_page("Poster or overview")
    choose(page, "evaluate_contrast", "Fusion and its parts")
    small = film_sets.write_set(tmp_path / "small", film_sets.films(4)[1:])
    catalogue = load_catalogue(small)
    for model in ("cnn", "lstm", "prior"):
        predicted_sets.simulate(catalogue, read_weights(paths.SHIPPED_WEIGHTS / "imdb" / model), 0.2, "all")
    monkeypatch.setenv("GENRECLF_DATA", str(small))
    page.run()
    assert not page.exception
    assert page.get_by_key("films_of").value == "all"
    assert page.get_by_key("evaluate_group").value == "first"


def test_films_of_a_set_that_no_model_learned_from_are_all_evaluated_at_first(ship, open_page, tmp_path):
    ship()
    assert open_page().get_by_key("films_of").value == "test"
    foreign = film_sets.write_set(tmp_path / "foreign", film_sets.films(50))
    assert open_page(folder=foreign).get_by_key("films_of").value == "all"
    assert open_page(folder=foreign, films_of="Test").get_by_key("films_of").value == "test"


def test_films_with_a_twin_in_train_are_counted_on_the_page(open_page, tmp_path, monkeypatch):
    films = film_sets.films(30)
    again = [dataclasses.replace(film, id=f"{film.id}{letter}") for film in films for letter in "ab"]
    folder = film_sets.write_set(tmp_path / "films", [*films, *again])
    loaded = load_catalogue(folder)
    root = predicted_sets.write_predicted(tmp_path / "weights" / "imdb", loaded, {"prior": 0.0, "tfidf": 0.5})
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", root.parent)
    count = predict_split(loaded, "test").with_twin_in_train().sum()
    assert count
    assert f"{count} of {len(loaded.in_split('test'))} test films share" in page_text(open_page(folder=folder))


def test_cache_key_changes_with_everything_that_changes_scores(predictions, catalogue):
    first = state.cache_key(predictions)
    assert first == state.cache_key(predict_split(catalogue, "test"))
    assert first != state.cache_key(predict_split(catalogue, "val"))
    assert first != state.cache_key(predict_split(catalogue, "test", ["cnn"]))
    predictions.of("cnn").thresholds[3] = 0.123
    assert first != state.cache_key(predictions)


def test_time_estimate_depends_on_the_models(predictions):
    weights = {name: model.weights for name, model in predictions.models.items()}
    some = {"cnn": weights["cnn"]}
    none, some, all_of_them = (state.State(predictions, pending).seconds for pending in ({}, some, weights))
    assert 0 == none < some < all_of_them
    predictions.of("fusion").weights.card["parts"] = {"poster": predictions.of("poster").weights.sha256}
    assert state.State(predictions, weights).seconds < all_of_them, (
        "parts are computed with fusion and take no extra time"
    )


def test_choice_returns_when_it_is_offered_again(open_page, ship, catalogue):
    root = ship()
    for model in ("prior", "tfidf"):
        predicted_sets.simulate(catalogue, read_weights(root / model), 0.2, "train")
    page = open_page("Thresholds")
    choose(page, "evaluate_model", "lstm")
    choose(page, "films_of", "train")
    assert page.get_by_key("evaluate_model").options == ["Base rates", "TF-IDF"], "no other has predictions"
    assert page.get_by_key("evaluate_model").value == "prior"
    choose(page, "films_of", "test")
    assert page.get_by_key("evaluate_model").value == "lstm"


# Runs and other people's predictions beside the weights in use


def table_of(catalogue, skill: float = 0.9, columns=GENRES) -> bytes:
    """A CSV table of predictions for all films."""
    values = pd.DataFrame(simulated_probabilities(catalogue.labels, skill), columns=GENRES)[[*columns]]
    return values.assign(Id=catalogue.films["id"]).to_csv(index=False).encode()


def upload(page: AppTest, name: str, content: bytes) -> AppTest:
    page.file_uploader[0].upload(name, content).run()
    assert not page.exception
    return page


@pytest.mark.parametrize("section", SECTIONS)
def test_an_uploaded_table_is_a_model_in_every_section(open_page, predictions, catalogue, section):
    page = upload(open_page(section), "a [b](c) *d* <i>.csv", table_of(catalogue))
    assert not page.error
    assert "“a [b](c) *d* <i>”: thresholds fitted on its predictions for 5 validation films." in page_text(page)
    if section == "Scoreboard":
        row = table(page, "bce").set_index("Model").loc["a [b](c) *d* <i>"]
        assert (row["Kind"], row["bce"] < 0.3) == (["other"], True)
        choose(page, "evaluate_first", "a [b](c) *d* <i>")
        choose(page, "evaluate_second", "prior")
        assert "a [b](c) *d* <i> is" in page_text(page)
    if section in ("Genres", "Calibration", "Thresholds", "Films"):
        choose(page, "evaluate_model", "a [b](c) *d* <i>")
        assert "a [b](c) *d* <i>" in page_text(page) + "".join(charts(page))
    if section == "Report":
        assert "--predictions 'a [b](c) *d* <i>.csv'" in page.code[0].value
    remove = next(button for button in page.button if button.label == "Remove")
    remove.click().run()
    assert not page.exception
    assert "a [b](c)" not in page_text(page)


def test_what_is_no_table_of_predictions_is_said_and_the_page_goes_on(open_page, predictions, catalogue):
    page = upload(open_page(), "other.csv", b"Id,Drama\ntt0000001,7\n")
    assert "other.csv, film tt0000001, column Drama: 7" in as_read(page.error[0].value)
    assert len(charts(page)) == 1
    upload(page, "other.csv", table_of(catalogue))
    assert not page.error


def test_genres_that_a_table_lacks_are_named_and_not_judged(open_page, predictions, catalogue):
    page = upload(open_page("Genres"), "other.csv", table_of(catalogue, columns=[g for g in GENRES if g != "Drama"]))
    assert "“other” does not know Drama." in page_text(page)
    assert "Drama" not in set(table(page, "genre")["genre"])


def test_a_table_without_these_films_does_not_hide_the_others(open_page, predictions, catalogue):
    train = catalogue.in_split("train")
    values = pd.DataFrame(simulated_probabilities(catalogue.labels, 0.9), columns=GENRES)
    content = values.assign(Id=catalogue.films["id"]).iloc[train].to_csv(index=False).encode()
    page = upload(open_page(), "other.csv", content)
    assert "“other” has predictions of none of the 8 films" in as_read(page.warning[0].value)
    assert "other" not in set(table(page, "bce")["Model"])


def test_a_run_is_compared_with_the_weights_in_use(open_page, predictions, catalogue):
    run = new_run("lstm", catalogue.folder)
    weights = predicted_sets.write_weights(run.folder.parent, catalogue, "lstm", run=run.id, weights_sha256="a" * 64)
    for file in weights.folder.iterdir():
        file.rename(run.folder / file.name)
    weights.folder.rmdir()
    predicted_sets.simulate(catalogue, read_weights(run.folder), 0.8)
    run.finish(Status.COMPLETED)
    write_notes(run, "After *correction*")
    page = open_page()
    assert "After *correction*" not in set(table(page, "bce")["Model"])
    choose(page, "evaluate_runs", [run.id])
    assert "After *correction*" in set(table(page, "bce")["Model"])
    choose(page, "evaluate_first", "After *correction*")
    choose(page, "evaluate_second", "lstm")
    assert "After *correction* is" in page_text(page)
    shutil.rmtree(run.folder)
    page.run()
    assert not page.exception
    assert "After *correction*" not in set(table(page, "bce")["Model"])


def test_where_films_lack_inputs_the_page_compares_those_that_have_both(open_page, tmp_path, monkeypatch):
    own = load_catalogue(film_sets.write_own(tmp_path / "own", without_overview=4))
    root = tmp_path / "weights" / "imdb"
    for model in ("cnn", "lstm", "prior"):
        card = {"genres": list(own.genres), "thresholds": [0.4] * len(own.genres)}
        weights = predicted_sets.write_weights(root, own, model, **card)
        for films in (own.with_inputs(True, True), own.with_inputs(True, False)):
            for part in (films, *(films.subset(rows) for rows in films.by_inputs().values())):
                predicted_sets.simulate(part, weights, 0.3)
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", root.parent)
    page = open_page(folder=own.folder)
    with_both = own.with_inputs(True, True)
    assert f"{len(with_both.in_split('test'))} test films" in page_text(page)
    assert set(table(page, "bce")["Model"]) == {"CNN", "LSTM", "Base rates"}
    choose(page, "evaluate_inputs", "a poster")
    assert f"{len(own.with_inputs(True, False).in_split('test'))} test films" in page_text(page)
    assert set(table(page, "bce")["Model"]) == {"CNN", "Base rates"}


def test_models_trained_on_a_sets_own_genres_are_judged_on_all_of_them_unless_all_models_are_wanted(
    open_page, tmp_path, monkeypatch
):
    own = load_catalogue(film_sets.write_own(tmp_path / "own", without_poster=100, without_overview=100))
    root = tmp_path / "weights" / "imdb"
    for model, genres in (("cnn", own.genres), ("prior", own.genres), ("lstm", own.genres[:2]), ("poster", ("Other",))):
        card = {"genres": list(genres), "thresholds": [0.4] * len(genres)}
        weights = predicted_sets.write_weights(root, own, model, **card).answering(own.genres)
        predicted_sets.store(own, weights, np.full((len(own.in_split("test")), len(weights.genres)), 0.3, np.float32))
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", root.parent)
    page = open_page("Genres", folder=own.folder)
    assert "LSTM knows only 2 of the 6 genres and is left out" in page_text(page)
    assert "EfficientNet knows no genre of these films and is left out" in page_text(page)
    assert page.get_by_key("evaluate_models").options == ["CNN", "Base rates"]
    shown = set(table(page, "genre")["genre"])
    assert len(shown) > 2
    choose(page, "evaluate_scope", state._SCOPES[1])
    assert page.get_by_key("evaluate_models").options == ["CNN", "LSTM", "Base rates"]
    assert set(table(page, "genre")["genre"]) == shown & set(own.genres[:2])
