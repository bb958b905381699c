"""The Evaluate page: what each section says, on answers that were kept, and asking for those that were not."""

import os
from pathlib import Path

import film_sets
import numpy as np
import predicted_sets
import pytest
from app_pages import open_address, page_text
from prediction_sets import simulated_probabilities
from streamlit.testing.v1 import AppTest

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.errors import UserError
from genreclf.evaluation.confident import confident_errors, confident_hits
from genreclf.evaluation.counts import counts_at
from genreclf.evaluation.poster_vs_overview import contrast, fusion_gains, top1_correct
from genreclf.evaluation.predictions import SplitPredictions, predict_split
from genreclf.evaluation.thresholds import threshold_for_precision
from genreclf.evaluation.wording import DIFFERENCES
from genreclf.files import write_json
from genreclf.genres import GENRES
from genreclf.models import model_label
from genreclf.runs.queue import new_run
from genreclf.ui.evaluate import report, state
from genreclf.ui.evaluate.poster_wall import FILMS_A_PAGE
from genreclf.ui.text import plain
from genreclf.weights.folder import read_weights

PAGE = "pages/evaluate.py"
SECTIONS = ("Scoreboard", "Genres", "Thresholds", "Calibration", "Poster or overview", "Films", "Training", "Report")


@pytest.fixture
def open_page(film_folder, monkeypatch):
    """Opens the page on the 60 films, at a section and with other parameters of the address."""
    monkeypatch.setenv("GENRECLF_DATA", str(film_folder))
    monkeypatch.setattr(state, "AT_ONCE", 0.0)  # nothing is asked without being asked for

    def open_it(section: str = "Scoreboard", folder: Path | None = None, **address: str) -> AppTest:
        if folder is not None:
            monkeypatch.setenv("GENRECLF_DATA", str(folder))
        return open_address(PAGE, section=section, **address)

    return open_it


@pytest.fixture
def ship(catalogue, tmp_path, monkeypatch):
    """Ships models that have answered, or others by their skill, and nothing else."""

    def put(skills=None, splits=("test", "val")) -> Path:
        root = predicted_sets.write_predicted(tmp_path / "weights" / "imdb", catalogue, skills, splits)
        monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", root.parent)
        return root

    return put


@pytest.fixture
def predictions(ship, catalogue) -> SplitPredictions:
    """What all models said of the test films, as the page reads it."""
    ship()
    return predict_split(catalogue, "test")


def charts(page: AppTest) -> list[str]:
    """How each chart is told to who cannot see it."""
    return [chart.proto.alt for chart in page.get("plotly_chart")]


def posters(page: AppTest) -> list[str]:
    return [image.proto.imgs[0].alt for image in page.get("image")]


def table(page: AppTest, column: str):
    """The table that has this column."""
    return next(one.value for one in page.dataframe if column in one.value)


def choose(page: AppTest, key: str, value) -> AppTest:
    page.get_by_key(key).set_value(value).run()
    assert not page.exception
    return page


def click(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception
    return page


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_opens_and_says_how_to_read_its_charts(open_page, predictions, section):
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
    assert [list(one.value)[-1] for one in open_page("Scoreboard").dataframe] == ["top3_recall", "Verdict"]


# Scoreboard


def test_the_scoreboard_has_models_baselines_and_references(open_page, predictions):
    page = open_page()
    found = table(page, "bce").set_index("Model")
    for name, figures in predictions.metrics().items():
        assert found.loc[model_label(name), "bce"] == pytest.approx(figures["bce"])
        assert found.loc[model_label(name), "map"] == pytest.approx(figures["map"])
    assert found["bce"].is_monotonic_increasing
    assert found.loc["CNN, in the report †", "Kind"] == ["reference"]
    assert found.loc["TF-IDF", "Kind"] == ["baseline"]
    assert "BCE of 13 models: " in charts(page)[0]
    lstm = found.loc["LSTM"]
    assert lstm["from"] <= lstm["bce"] <= lstm["to"]
    assert np.isnan(found.loc["CNN, in the report †", "from"]), "of a reference only the figure is known"
    choose(page, "evaluate_figure", "top1")
    assert charts(page)[0].startswith("Top-1 of 7 models")
    assert table(page, "bce")["top1"].dropna().is_monotonic_decreasing


def test_a_difference_is_told_in_words_for_any_pair(open_page, predictions):
    page = open_page()
    figures = predictions.metrics()
    better = "LSTM" if figures["lstm"]["bce"] < figures["cnn"]["bce"] else "CNN"
    gap = abs(figures["lstm"]["bce"] - figures["cnn"]["bce"])
    assert f"by {gap:.3f} BCE" in page_text(page)
    assert better in page_text(page).split(f"by {gap:.3f} BCE")[0][-60:]
    choose(page, "evaluate_first", "cnn")
    assert page.get_by_key("evaluate_second").value != "cnn", "no model is compared with itself"
    choose(page, "evaluate_second", "fusion")
    found = table(page, "Verdict").set_index("Figure")
    assert found.loc["BCE", "Difference"] == pytest.approx(figures["cnn"]["bce"] - figures["fusion"]["bce"])
    assert found.loc["BCE", "Better"] == "Fusion"
    assert ((found["from"] > 0) | (found["to"] < 0)).any()
    assert set(found["Verdict"]) == {"? not significant"}, "8 films are too few"
    assert "only 8 films" in page_text(page)
    assert plain(DIFFERENCES).replace("\\", "") in page_text(page)
    assert (found["from"] <= found["Difference"]).all()
    assert (found["Difference"] <= found["to"]).all()


# Genres


def test_genres_side_by_side(open_page, predictions):
    page = open_page("Genres")
    found = table(page, "genre")
    assert list(found.columns) == ["genre", "films", "cnn", "lstm", "fusion"]
    assert found["films"].is_monotonic_decreasing
    assert len(found) == 25
    choose(page, "evaluate_models", ["tfidf"])
    assert list(table(page, "genre").columns) == ["genre", "films", "tfidf"]
    choose(page, "evaluate_genre_figure", "average_precision")
    assert charts(page)[0].startswith("Average precision of")
    choose(page, "evaluate_models", [])
    assert "Choose a model" in page.info[0].value
    assert len(charts(page)) == 2, "what one model does needs none of them"


def test_zero_and_a_dash_are_told_apart(open_page, predictions):
    page = open_page("Genres")
    said_of = {"f1": "0: the model found none", "recall": "0: the model found none", "precision": "never chose it",
               "average_precision": "no film has the genre."}  # fmt: skip
    for figure, words in said_of.items():
        choose(page, "evaluate_genre_figure", figure)
        caption = next(one.value for one in page.caption if "A dash" in one.value)
        assert words in caption
        assert ("never chose" in caption) == (figure == "precision")


def test_what_is_often_chosen_instead_is_a_table_too(open_page, ship, catalogue):
    root = ship({"cnn": 0.1, "prior": 0.0})
    told = np.full((8, 25), 0.1, np.float32)
    told[:, GENRES.index("Horror")] = 0.9
    predicted_sets.store(catalogue, read_weights(root / "cnn"), told)
    page = open_page("Genres")
    choose(page, "evaluate_model", "cnn")
    found = table(page, "Chosen instead")
    assert set(found["Chosen instead"]) == {"Horror"}
    assert found["Share"].between(0, 100).all()
    assert found["Films"].is_monotonic_decreasing


def test_one_genre_closely(open_page, predictions):
    page = open_page("Genres")
    films = predictions.labels.sum(axis=0)
    genre = GENRES[int(films.argmax())]
    assert page.get_by_key("evaluate_genre").value == genre
    assert page.get_by_key("evaluate_genre").options[0] == f"{genre} ({films.max()})"
    assert len(page.get_by_key("evaluate_genre").options) == (films > 0).sum(), "genres without a film are not offered"
    told = predictions.of("fusion")
    here = counts_at(predictions.labels[:, films.argmax()], told.probabilities[:, films.argmax()], 0.4)
    assert f"Fusion on {genre}: {here.tp} films found, {here.fn} missed" in charts(page)[2]
    choose(page, "evaluate_model", "cnn")
    assert "Wrong genres that CNN chose" in charts(page)[3] or "CNN missed no genre" in charts(page)[3]


# Thresholds


def test_a_threshold_moves_its_figures(open_page, predictions):
    page = open_page("Thresholds")
    column = int(predictions.labels.sum(axis=0).argmax())
    genre, truth, told = (
        GENRES[column],
        predictions.labels[:, column],
        predictions.of("fusion").probabilities[:, column],
    )
    slider = page.slider[0].key
    assert genre in slider
    assert page.slider(key=slider).value == 0.4
    for threshold in (0.4, 0.05, 0.95):
        page.slider(key=slider).set_value(threshold).run()
        here = counts_at(truth, told, threshold)
        metrics = {metric.label: metric.value for metric in page.metric}
        assert (metrics["Chosen"], metrics["Missed"]) == (str(here.chosen), str(here.fn))
        assert metrics["Recall"] == f"{round(100 * here.recall)} %".replace(" ", "\u00a0")
    click(page, "evaluate_fitted")
    assert page.slider(key=slider).value == 0.4


@pytest.mark.parametrize(
    ("card", "fitted"), [({"thresholds": [0.625] * 25}, 0.625), ({"weights_sha256": "f" * 64}, 0.4)],
    ids=["fitted anew", "trained anew"],
)  # fmt: skip
def test_a_slider_starts_at_what_new_weights_were_fitted_to(open_page, ship, catalogue, card, fitted):
    folder = ship({"fusion": 0.6, "prior": 0.0}) / "fusion"
    page = open_page("Thresholds")
    page.slider[0].set_value(0.9).run()
    click(page, "evaluate_best_f1")
    write_json(folder / "card.json", {**read_weights(folder).card, **card})
    predicted_sets.simulate(catalogue, read_weights(folder), 0.6)
    page.run()
    assert page.slider[0].value == round(fitted, 2)
    assert not [metric for metric in page.metric if metric.delta], "no point more or less than at the fitted one"


def test_wishes_move_the_threshold(open_page, ship, catalogue):
    ship({"cnn": 0.0, "lstm": 0.3, "prior": 0.0})
    predictions = predict_split(catalogue, "test")
    page = open_page("Thresholds")
    column = int(predictions.labels.sum(axis=0).argmax())
    choose(page, "evaluate_model", "lstm")
    truth, told = predictions.labels[:, column], predictions.of("lstm").probabilities[:, column]
    click(page, "evaluate_best_f1")
    best = max(counts_at(truth, told, threshold).f1 for threshold in told)
    shown = {metric.label: metric.value for metric in page.metric}["F1"]
    assert shown == f"{round(100 * best)}\u00a0%", "by the exact threshold, not by the slider's two digits"
    page.number_input(key="evaluate_wanted").set_value(100).run()
    click(page, "evaluate_reach")
    reached = threshold_for_precision(truth, told, 1.0)
    assert page.slider[0].value == pytest.approx(reached, abs=0.006)


def test_a_wish_that_cannot_be_met_is_said(open_page, ship, catalogue):
    root = ship({"prior": 0.0})
    predicted_sets.store(catalogue, read_weights(root / "prior"), np.full((8, 25), 0.3, np.float32))
    page = open_page("Thresholds")
    page.number_input(key="evaluate_wanted").set_value(100).run()
    click(page, "evaluate_reach")
    assert "No threshold reaches a precision of 100 % on these films" in page_text(page)
    assert page.slider[0].value == 0.4, "it stays where it was"


# Poster against overview, films


def test_who_gets_which_films(open_page, predictions):
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
            predictions.catalogue.display_name(row).split(" ·")[0] for row in predictions.rows[films[:FILMS_A_PAGE]]
        ]
        assert posters(page) == [f"Poster of {name}" for name in names]
    assert "Fusion gets" not in page_text(page), "that is of other models, and stands apart"


def test_fusion_stands_apart_with_its_parts(open_page, predictions):
    page = choose(open_page("Poster or overview"), "evaluate_contrast", "fusion")
    gains = fusion_gains(predictions)
    counts = {metric.label: int(metric.value) for metric in page.metric}
    assert counts == {f"{model_label(model)} gets": top1_correct(predictions, model).sum() for model in
                      ("poster", "overview", "fusion")}  # fmt: skip
    assert len(posters(page)) == min(FILMS_A_PAGE, len(gains["gained"]))
    choose(page, "evaluate_fusion_group", "lost")
    assert len(posters(page)) == min(FILMS_A_PAGE, len(gains["lost"]))


def test_any_looking_model_against_any_reading_one(open_page, predictions):
    page = open_page("Poster or overview")
    assert set(page.get_by_key("evaluate_looks").options) == {"CNN", "EfficientNet"}
    assert set(page.get_by_key("evaluate_reads").options) == {"LSTM", "MiniLM", "TF-IDF"}
    choose(page, "evaluate_looks", "poster")
    choose(page, "evaluate_reads", "overview")
    assert "Only EfficientNet" in {metric.label for metric in page.metric}


def test_without_one_that_looks_there_is_nothing_to_compare(open_page, ship):
    ship({"lstm": 0.3, "prior": 0.0})
    assert "No model that looks at posters has answered" in page_text(open_page("Poster or overview"))
    page = open_page("Films", evaluate_films="Labels in doubt")
    assert "must answer first" in page_text(page)


@pytest.mark.parametrize(("view", "find"), [("Sure and right", confident_hits), ("Sure and wrong", confident_errors)])
def test_the_surest_films_lead_to_compare(open_page, predictions, view, find):
    page = open_page("Films", evaluate_films=view)
    found = find(predictions, "fusion", FILMS_A_PAGE)
    assert len(posters(page)) == len(found)
    links = [link.proto for link in page.get("page_link")]
    assert len(links) == len(found)
    assert all(link.page == "compare" for link in links)
    assert all(f"film={film}" in link.query_string for film, link in zip(found["id"], links, strict=True))
    for row in found.itertuples():
        assert f"{row.genre}, " in page_text(page)


# Training and the report


def test_training_shows_verdicts_and_says_what_was_not_kept(open_page, predictions):
    page = open_page("Training")
    assert "Converged: the validation loss has been flat" in page_text(page)
    assert "were not kept with their weights" in page_text(page)
    assert list(table(page, "Best epoch")["Best epoch"]) == [7] * 5


def test_a_run_that_answers_shows_its_curve(open_page, predictions, catalogue, film_folder, home):
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


def test_curves_stand_before_their_model_has_answered(open_page, ship, catalogue, film_folder, home):
    ship({"prior": 0.0})
    run = new_run("lstm", film_folder, epochs=1)
    run.append("epoch", epoch=1, loss=0.3, val_loss=0.2, val_precision=0.5, val_recall=0.5)
    predicted_sets.write_weights(home / "weights" / "imdb", catalogue, "lstm", run=run.id, weights_sha256="f" * 64)
    broken = home / "weights" / "imdb" / "cnn" / "card.json"
    broken.parent.mkdir()
    broken.write_text("{")
    page = open_page("Training")
    assert "LSTM has not been asked about these 8 films yet" in page_text(page)
    assert charts(page)[0].startswith("LSTM: training and validation loss of 1 epoch.")
    assert "does not touch this tab" in page_text(page)
    assert table(page, "Best epoch")["Model"].tolist() == ["LSTM"]
    assert len(page.warning) == 1, "damaged weights are named once"


def test_the_report_is_made_of_the_models_chosen(open_page, predictions, film_folder, monkeypatch):
    page = open_page("Report")
    (button,) = page.get("download_button")
    assert not button.proto.disabled
    key = "evaluate_report_models_" + "_".join(predictions.models)
    choose(page, key, ["cnn", "prior"])
    (command,) = [block.value for block in page.code]
    data = f"--data {film_folder} --split test"
    assert command == f"genreclf evaluate {data} --models cnn,prior --report report.html"
    assert "the baselines are always part of it" in page_text(page)
    choose(page, key, [])
    assert not page.code
    assert page.get("download_button")[0].proto.disabled
    monkeypatch.setattr(report, "write_report", lambda told, path: path.write_bytes(b"all") and path)
    assert report._made(predictions) == b"all"


# Which films, and who has answered


def test_other_films_by_the_address(open_page, predictions):
    page = open_page(films_of="Validation")
    assert "5 validation films" in page_text(page)
    assert "slightly too good" in page_text(page)
    choose(page, "films_of", "train")
    assert "47 training films" in page_text(page)
    assert "have not been asked about these 47 films yet" in page_text(page)


def test_a_set_without_a_test_film_opens_on_all(open_page, ship, tmp_path):
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


class Asked:
    """In place of a loaded model: it answers at once, and remembers that it was asked."""

    asked: list[str]

    def __init__(self, weights):
        self.weights, self.parts, self.on_batch = weights, {}, None

    def predict(self, posters, overviews):
        Asked.asked.append(self.weights.model)
        self.on_batch(len(overviews))
        return simulated_probabilities(np.zeros((len(overviews), 25)), 0.2)

    def predict_with_parts(self, posters, overviews):
        self.parts = {model: Asked(weights) for model, weights in self.weights.parts().items()}
        told = self.predict(posters, overviews)
        return told, {model: told / 2 for model in self.parts}


@pytest.fixture
def can_be_asked(monkeypatch):
    """Models answer without TensorFlow; gives the list of those that were asked."""
    Asked.asked = []
    monkeypatch.setattr(state, "Predictor", Asked)
    monkeypatch.setattr(state.data, "predictor", lambda weights: None)
    monkeypatch.setattr("genreclf.evaluation.stored.posters_of", lambda *_: None)
    return Asked.asked


def test_who_has_not_answered_is_asked_by_a_button(open_page, ship, catalogue, can_be_asked):
    root = ship({"prior": 0.0, "tfidf": 0.3, "lstm": 0.3})
    for model in ("cnn", "poster"):
        predicted_sets.write_weights(root, catalogue, model)
    page = open_page()
    assert "CNN and EfficientNet have not been asked about these 8 films yet" in page_text(page)
    assert set(table(page, "bce")["Model"]) >= {"LSTM", "TF-IDF", "Base rates"}
    assert can_be_asked == []
    click(page, "evaluate_ask")
    assert can_be_asked == ["cnn", "poster"]
    assert set(table(page, "bce")["Model"]) >= {"CNN", "EfficientNet"}
    assert "not been asked" not in page_text(page)
    assert len(predict_split(catalogue, "test").models) == 5, "and the answers were kept"


def test_who_is_part_of_another_answers_with_it(open_page, ship, catalogue, can_be_asked):
    root = ship({"prior": 0.0})
    parts = {model: predicted_sets.write_weights(root, catalogue, model).sha256 for model in ("poster", "overview")}
    predicted_sets.write_weights(root, catalogue, "cnn")
    predicted_sets.write_weights(root, catalogue, "fusion", parts=parts)
    page = open_page()
    assert "CNN, Fusion, MiniLM and EfficientNet have not been asked" in page_text(page)
    click(page, "evaluate_ask")
    assert can_be_asked == ["cnn", "fusion"]
    assert set(table(page, "bce")["Model"]) >= {"CNN", "EfficientNet", "MiniLM", "Fusion"}


def test_asking_can_be_stopped(open_page, ship, catalogue, can_be_asked, monkeypatch):
    predicted_sets.write_weights(ship({"prior": 0.0}), catalogue, "cnn")
    page = open_page()
    monkeypatch.setattr(state, "ask", lambda *_: None)  # it is at work, as it were
    click(page, "evaluate_ask")
    assert page.button(key="evaluate_ask").label == "Stop asking"
    click(page, "evaluate_ask")
    assert page.button(key="evaluate_ask").label == "Ask it"


def test_who_stopped_is_not_asked_for_by_itself(open_page, ship, catalogue, can_be_asked, monkeypatch):
    predicted_sets.write_weights(ship({"prior": 0.0}), catalogue, "cnn")
    page = open_page()
    page.session_state["evaluate_asked"] = ((catalogue.digest, "test"), False)
    monkeypatch.setattr(state, "AT_ONCE", 600.0)
    page.run()
    assert can_be_asked == []
    assert page.button(key="evaluate_ask").label == "Ask it"


def test_quick_ones_are_asked_at_once(open_page, ship, catalogue, can_be_asked, monkeypatch):
    predicted_sets.write_weights(ship({"prior": 0.0}), catalogue, "cnn")
    monkeypatch.setattr(state, "AT_ONCE", 600.0)
    page = open_page()
    assert can_be_asked == ["cnn"]
    assert "CNN" in set(table(page, "bce")["Model"])


def test_weights_that_cannot_answer_are_a_sentence_beside_the_others(open_page, ship, catalogue):
    root = ship({"prior": 0.0, "lstm": 0.3})
    predicted_sets.write_weights(root, catalogue, "cnn", weights_sha256="0" * 64)
    (root / "overview").mkdir()
    (root / "overview" / "card.json").write_text("{")
    page = open_page()
    assert any("card.json" in one.value.replace("\\", "") for one in page.warning)
    click(page, "evaluate_ask")
    assert any("damaged" in one.value for one in page.warning)
    assert "LSTM" in set(table(page, "bce")["Model"])
    assert not [button for button in page.button if button.key == "evaluate_ask"], "it is not asked again and again"


def test_a_fault_is_of_these_films_alone_and_can_be_tried_again(open_page, ship, catalogue, can_be_asked, monkeypatch):
    def broken(*_):
        raise UserError("A poster changed since it was checked; try again.")

    root = ship({"prior": 0.0})
    predicted_sets.write_weights(root, catalogue, "cnn")
    page = open_page()
    with monkeypatch.context() as patch:
        patch.setattr(Asked, "predict", broken)
        click(page, "evaluate_ask")
        assert "A poster changed" in page_text(page)
        choose(page, "films_of", "val")
        assert "A poster changed" not in page_text(page)
        assert "CNN has not been asked about these 5 films yet" in page_text(page)
        choose(page, "films_of", "test")
        assert "A poster changed" in page_text(page)
        click(page, "evaluate_again_cnn")
        assert "A poster changed" in page_text(page), "still so"
    page.session_state["evaluate_asked"] = ((catalogue.digest, "test"), False)
    predicted_sets.write_weights(root, catalogue, "poster")
    click(page, "evaluate_again_cnn")
    assert can_be_asked == ["cnn"], "and nobody else"
    assert "EfficientNet has not been asked" in page_text(page)
    assert "CNN" in set(table(page, "bce")["Model"])
    assert not page.warning


def test_without_weights_it_says_what_to_do(open_page, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "nothing")
    page = open_page()
    assert "There is no trained model yet" in page_text(page)
    assert not charts(page)


def test_a_choice_of_other_films_does_not_break_another_set(open_page, predictions, tmp_path):
    """A genre and a model that the first films have and the second have not."""
    page = open_page("Thresholds")
    choose(page, "evaluate_genre", "Western")
    choose(page, "evaluate_model", "overview")
    choose(page, "films_of", "val")
    held = predict_split(load_catalogue(Path(os.environ["GENRECLF_DATA"])), "val").labels.any(axis=0)
    assert (page.get_by_key("evaluate_genre").value == "Western") == held[GENRES.index("Western")]
    assert page.get_by_key("evaluate_model").value == "overview"


def test_another_data_set_in_the_same_session(open_page, predictions, tmp_path, monkeypatch):
    """What widgets hold may not be there: a split, a group of fusion's films, a page of a wall."""
    page = open_page("Poster or overview")
    choose(page, "evaluate_contrast", "fusion")
    small = film_sets.write_set(tmp_path / "small", film_sets.films(4)[1:])
    held = load_catalogue(small)
    for model in ("cnn", "lstm", "prior"):
        predicted_sets.simulate(held, read_weights(paths.SHIPPED_WEIGHTS / "imdb" / model), 0.2, "all")
    monkeypatch.setenv("GENRECLF_DATA", str(small))
    page.run()
    assert not page.exception
    assert page.get_by_key("films_of").value == "all"
    assert page.get_by_key("evaluate_group").value == "first"


def test_the_mark_tells_whatever_changes_the_figures(predictions, catalogue):
    first = state.cache_key(predictions)
    assert first == state.cache_key(predict_split(catalogue, "test"))
    assert first != state.cache_key(predict_split(catalogue, "val"))
    assert first != state.cache_key(predict_split(catalogue, "test", ["cnn"]))
    predictions.of("cnn").weights.card["thresholds"][3] = 0.123
    assert first != state.cache_key(predictions)


def test_time_is_told_by_films_and_models(predictions):
    weights = [told.weights for told in predictions.models.values()]
    none, some, all_of_them = (state.Known(predictions, waiting).seconds for waiting in ([], weights[:1], weights))
    assert none <= state._TENSORFLOW
    assert none < some < all_of_them
    predictions.of("fusion").weights.card["parts"] = {"poster": predictions.of("poster").weights.sha256}
    assert state.Known(predictions, weights).seconds < all_of_them, "who answers along takes no time of its own"


def test_what_was_chosen_comes_back_with_the_films_it_is_offered_for(open_page, ship, catalogue):
    root = ship()
    for model in ("prior", "tfidf"):
        predicted_sets.simulate(catalogue, read_weights(root / model), 0.2, "train")
    page = open_page("Thresholds")
    choose(page, "evaluate_model", "lstm")
    choose(page, "films_of", "train")
    assert page.get_by_key("evaluate_model").options == ["Base rates", "TF-IDF"], "no other has answered"
    assert page.get_by_key("evaluate_model").value == "prior"
    choose(page, "films_of", "test")
    assert page.get_by_key("evaluate_model").value == "lstm"
