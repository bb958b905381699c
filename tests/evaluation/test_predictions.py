import dataclasses
import json
import shutil

import film_sets
import numpy as np
import predicted_sets
import pytest
from prediction_sets import padded, random_labels, simulated_probabilities, split_predictions, weights

from genreclf.calibration import Calibration
from genreclf.data.catalogue import load_catalogue
from genreclf.errors import UserError
from genreclf.evaluation import predictions as module
from genreclf.evaluation import wording
from genreclf.evaluation.bootstrap import difference
from genreclf.evaluation.metrics import METRICS, bce, evaluate_probabilities
from genreclf.evaluation.predictions import (
    ModelPredictions,
    SplitPredictions,
    judge,
    predict_split,
    predictions_of,
)
from genreclf.evaluation.scoreboard import split_scoreboard
from genreclf.evaluation.stored import catalogue_predictions
from genreclf.evaluation.thresholds import fit_thresholds
from genreclf.predict.predictor import Predictor
from genreclf.runs.folder import Run, Status
from genreclf.runs.notes import write_notes
from genreclf.runs.queue import new_run
from genreclf.weights.folder import covered_by_fusion, find_weights, read_weights


def test_predictions_of_a_split(catalogue, shipped):
    progress = []
    predictions = predict_split(catalogue, on_progress=lambda done, total: progress.append((done, total)))
    assert list(predictions.models) == ["cnn-small", "prior", "tfidf"]
    assert progress == [(0, 3), (1, 3), (2, 3)]
    assert len(predictions) == 8
    assert np.array_equal(predictions.rows, catalogue.in_split("test"))
    assert np.array_equal(predictions.labels, catalogue.labels[predictions.rows])
    model, weights = predictions.of("tfidf"), find_weights("tfidf")
    assert (model.name, model.label) == ("tfidf", "TF-IDF")
    assert np.array_equal(model.probabilities, catalogue_predictions(catalogue, weights)[predictions.rows])
    assert np.array_equal(model.thresholds, weights.thresholds)
    assert predictions.metrics()["tfidf"] == predict_split(catalogue).summary()["baselines"]["tfidf"]


def test_models_are_in_the_order_of_the_registry(catalogue, shipped):
    assert list(predict_split(catalogue, "val", ["tfidf", "cnn-small", "prior"]).models) == [
        "cnn-small",
        "prior",
        "tfidf",
    ]
    assert list(predict_split(catalogue, "val", ["tfidf"]).models) == ["prior", "tfidf"]  # baselines always


def test_parts_are_predicted_after_fusion(catalogue, tmp_path, monkeypatch):
    parts = {name: predicted_sets.write_weights(tmp_path, catalogue, name).sha256 for name in ("poster", "overview")}
    predicted_sets.write_weights(tmp_path, catalogue, "fusion", parts=parts)
    predicted_sets.write_weights(tmp_path, catalogue, "prior")
    order = []
    none = np.zeros((8, 25), np.float32)
    monkeypatch.setattr(
        module, "catalogue_predictions", lambda catalogue, weights, split: order.append(weights.model) or none
    )
    assert list(predict_split(catalogue, choice=tmp_path).models) == order == ["fusion", "poster", "overview", "prior"]
    weights = [find_weights(name, choice=tmp_path) for name in ("poster", "overview", "fusion")]
    assert covered_by_fusion(weights) == {"poster", "overview"}
    assert covered_by_fusion(weights[:2]) == set()
    weights[0].card["calibration"]["scale"] = 0.5  # no longer the predictions of fusion's part
    assert covered_by_fusion(weights) == {"overview"}
    weights[2].card["parts"]["overview"] = "of other weights"
    assert covered_by_fusion(weights) == set()


def test_predictions_that_cannot_be_made_are_user_errors(catalogue, shipped, tmp_path):
    with pytest.raises(UserError, match="no weights for cnn;"):
        predict_split(catalogue, models=["cnn"])
    with pytest.raises(UserError, match="no model 'gpt'"):
        predict_split(catalogue, models=["gpt"])
    with pytest.raises(UserError, match="no split 'dev'"):
        predict_split(catalogue, "dev")
    small = load_catalogue(film_sets.write_set(tmp_path / "small", film_sets.films(4)[1:]))
    with pytest.raises(UserError, match="no film in its test split"):
        predict_split(small)


def test_a_genre_is_chosen_where_its_threshold_is_reached():
    probabilities = padded([[0.5, 0.49, 0.2], [0.1, 0.51, 0.2]])
    predictions = split_predictions(padded([[1, 0, 0], [0, 1, 0]]), thresholds=0.5, lstm=probabilities)
    assert np.argwhere(predictions.of("lstm").chosen).tolist() == [[0, 0], [1, 1]]


def test_metrics_of_each_model():
    labels = random_labels(40)
    predictions = split_predictions(
        labels, 0.6, lstm=simulated_probabilities(labels, 0.3), cnn=simulated_probabilities(labels, 0.1, seed=1)
    )
    metrics = predictions.metrics()
    assert list(metrics) == ["cnn", "lstm"]
    for name, model in predictions.models.items():
        assert metrics[name] == evaluate_probabilities(labels, model.probabilities, np.full(25, 0.6))
    with pytest.raises(UserError, match="no predictions of 'poster' here; choose one of cnn, lstm"):
        predictions.of("poster")


def test_summary_separates_models_and_baselines(catalogue, shipped):
    report = predict_split(catalogue).summary()
    assert (report["split"], report["n"]) == ("test", 8)
    assert list(report["models"]) == ["cnn-small"]
    assert list(report["baselines"]) == ["prior", "tfidf"]
    for metrics in (*report["models"].values(), *report["baselines"].values()):
        assert list(metrics) == list(METRICS)
    json.dumps(report)


@pytest.mark.parametrize(("split", "films"), [("all", 60), ("train", 47), ("val", 5), ("test", 8)])
def test_a_split_is_measured_on_its_films_only(catalogue, shipped, split, films):
    report = predict_split(catalogue, split, ["tfidf"]).summary()
    assert (report["n"], report["models"]) == (films, {})
    rows = catalogue.in_split(split)
    overviews = [catalogue.films["overview"][row] for row in rows]
    weights = find_weights("tfidf")
    expected = evaluate_probabilities(
        catalogue.labels[rows], Predictor(weights).predict(None, overviews), weights.thresholds
    )
    assert report["baselines"]["tfidf"] == pytest.approx(expected)


def test_metrics_agree_with_the_cards(catalogue, shipped):
    """The metrics in the cards and those measured with the published weights agree."""
    for split in ("val", "test"):
        report = predict_split(catalogue, split).summary()
        for name, metrics in {**report["models"], **report["baselines"]}.items():
            card = find_weights(name).card["metrics"][split]
            assert metrics["bce"] == pytest.approx(card["bce"], abs=2e-3), (name, split)
            assert metrics["map"] == pytest.approx(card["map"], abs=0.05), (name, split)


def test_summary_of_chosen_models(catalogue, shipped):
    assert list(predict_split(catalogue, models=["cnn-small"]).summary()["models"]) == ["cnn-small"]
    with pytest.raises(UserError, match="no weights for cnn;"):
        predict_split(catalogue, models=["cnn"])
    with pytest.raises(UserError, match="no model 'gpt'"):
        predict_split(catalogue, models=["gpt"]).summary()


def test_baselines_come_from_the_same_folder_as_the_models(catalogue, shipped, tmp_path):
    shutil.copytree(shipped / "cnn-small", tmp_path / "mine" / "cnn-small")
    report = predict_split(catalogue, choice=tmp_path / "mine").summary()
    assert (list(report["models"]), report["baselines"]) == (["cnn-small"], {})


def test_a_set_of_one_film_is_measured(tmp_path, shipped):
    single_film = load_catalogue(film_sets.write_set(tmp_path / "one", film_sets.films(1)))  # tt0000001 is in test
    report = predict_split(single_film, "test", ["tfidf"]).summary()
    assert report["n"] == 1
    assert all(np.isfinite(value) for value in report["baselines"]["tfidf"].values())


def calibrated(model: str, raw: np.ndarray, overviews: list[str]) -> SplitPredictions:
    """A model's predictions for films with these overviews: ``raw``, calibrated."""
    predictions = split_predictions(random_labels(len(raw)), **{model: Calibration(0.7, -0.4).apply(raw)})
    predictions.catalogue.films.loc[predictions.rows, "overview"] = overviews
    card = weights(model, scale=0.7, shift=-0.4)
    return dataclasses.replace(predictions, models={model: predictions_of(card, predictions.of(model).probabilities)})


def test_uncalibrated_probabilities():
    raw = simulated_probabilities(random_labels(50), 0.3)
    predictions = calibrated("lstm", raw, ["!"] + ["A film."] * 49)
    found = predictions.uncalibrated("lstm")
    assert found.dtype == np.float32
    assert np.allclose(found, raw, atol=1e-5)
    assert not np.allclose(found, predictions.of("lstm").probabilities, atol=0.05)
    with pytest.raises(UserError, match="no predictions of 'cnn'"):
        predictions.uncalibrated("cnn")


def test_fusions_calibration_is_not_undone_for_films_without_words():
    raw = simulated_probabilities(random_labels(50), 0.3)
    predictions = calibrated("fusion", raw, ["A film.", "...", "?!"] + ["A film."] * 47)
    found, calibrated_ones = predictions.uncalibrated("fusion"), predictions.of("fusion").probabilities
    assert np.array_equal(found[1:3], calibrated_ones[1:3])
    rest = np.delete(np.arange(50), [1, 2])
    assert np.allclose(found[rest], raw[rest], atol=1e-5)


# Films that the models may have seen under another id


@pytest.fixture
def repeated(tmp_path):
    """Thirty films, ten of them under three ids, and weights that were trained on them."""
    films = film_sets.films(30)
    again = [dataclasses.replace(film, id=f"{film.id}{letter}") for film in films[:10] for letter in "abcdef"]
    return load_catalogue(film_sets.write_set(tmp_path / "films", [*films, *again]))


def test_scores_without_films_that_have_a_twin_in_train(repeated, tmp_path):
    root = predicted_sets.write_predicted(tmp_path / "weights", repeated, {"prior": 0.0, "tfidf": 0.6})
    predictions = predict_split(repeated, "test", ["tfidf"], root)
    seen = predictions.with_twin_in_train()
    assert seen.tolist() == [
        len(film_id) > 9 or film_id <= "tt0000010" for film_id in repeated.films["id"].iloc[predictions.rows]
    ]
    report = predictions.summary()["twins"]
    assert report["in_train"] == seen.sum() > 0
    films = predictions.rows[~seen]
    assert 0 < len(films) == len(predictions) - seen.sum()
    expected = {
        name: bce(repeated.labels[films], model.probabilities[~seen]) for name, model in predictions.models.items()
    }
    assert report["bce_without"] == pytest.approx(expected)
    sentence = wording.twins_sentence(predictions)
    assert f"{seen.sum()} of {len(predictions)} test films" in sentence
    assert f"{report['bce_without']['tfidf']:.3f}" in sentence


def test_twins_say_nothing_about_models_trained_elsewhere(repeated, tmp_path):
    predicted_sets.write_weights(tmp_path / "weights", repeated, "prior", data_digest="elsewhere")
    predicted_sets.simulate(repeated, read_weights(tmp_path / "weights" / "prior"), 0.0)
    predictions = predict_split(repeated, "test", choice=tmp_path / "weights")
    assert predictions.trained_here == []
    assert predictions.twins()["bce_without"] == {}
    assert wording.twins_sentence(predictions) == ""
    assert f"{len(repeated)}" in wording.all_films_sentence(predictions)


def test_films_without_twins_need_no_sentence(catalogue, tmp_path):
    root = predicted_sets.write_predicted(tmp_path / "weights", catalogue, {"prior": 0.0})
    predictions = predict_split(catalogue, "test", choice=root)
    assert predictions.summary()["twins"]["in_train"] == int(predictions.with_twin_in_train().sum())
    assert wording.all_films_sentence(predictions) == ""


# Films without posters or overviews


@pytest.mark.parametrize(("without", "missing"), [("posters", "cnn"), ("overviews", "tfidf")])
def test_models_without_their_input_are_left_out_or_refused(without, missing, tmp_path):
    films = load_catalogue(film_sets.write_set(tmp_path / "films", film_sets.films(), without=without))
    root = predicted_sets.write_predicted(tmp_path / "weights", films, {"prior": 0.0, "tfidf": 0.3, "cnn": 0.1})
    predictions = predict_split(films, "test", choice=root)
    assert set(predictions.models) == {"prior", "tfidf", "cnn"} - {missing}
    with pytest.raises(UserError, match=f"no {without}"):
        predict_split(films, "test", [missing], root)


def test_fusion_without_an_input_has_the_thresholds_and_calibration_of_its_part(tmp_path):
    films = load_catalogue(film_sets.write_set(tmp_path / "films", film_sets.films(), without="posters"))
    root = tmp_path / "weights"
    parts = {}
    for model, threshold in (("poster", 0.2), ("overview", 0.3)):
        card = {"thresholds": [threshold] * 25, "calibration": {"method": "platt", "scale": threshold, "shift": 0.0}}
        parts[model] = predicted_sets.write_weights(root, films, model, **card).sha256
    fusion = predicted_sets.write_weights(root, films, "fusion", parts=parts, thresholds=[0.9] * 25)
    predicted_sets.simulate(films, fusion, 0.6)
    predictions = predict_split(films, "test", ["fusion"], root)
    assert predictions.of("fusion").fallback_part == "overview"
    assert set(predictions.of("fusion").thresholds) == {0.3}
    expected = Calibration(0.3, 0.0).undo(predictions.of("fusion").probabilities)
    assert np.array_equal(predictions.uncalibrated("fusion"), expected)


# Genres of their own, inputs that some films lack, and runs


@pytest.fixture
def own(tmp_path):
    """Sixty films with six genres of their own, of which some lack a poster and others an overview."""
    return load_catalogue(film_sets.write_own(tmp_path / "own", without_overview=4))


def entry(catalogue, name: str, genres, split: str = "test", **changes) -> ModelPredictions:
    """Someone's predictions for a split, for some genres."""
    films = len(catalogue.in_split(split))
    values = np.random.default_rng(len(name)).random((films, len(genres))).astype(np.float32)
    return ModelPredictions(name, tuple(genres), values, np.full(len(genres), 0.5), name, **changes)


def test_models_are_judged_on_the_genres_that_all_of_them_know(own):
    first, second, none = own.genres[:4], own.genres[:1:-1], ()
    models = [entry(own, "first", first), entry(own, "second", second), entry(own, "none", none)]
    predictions = judge(own, "test", models)
    assert predictions.genres == own.genres[2:4]
    assert predictions.missing == {"first": own.genres[4:], "second": own.genres[:2], "none": own.genres}
    assert list(predictions.models) == ["first", "second"]
    every = own.labels[own.in_split("test")][:, 2:4]
    assert np.array_equal(predictions.labels, every[every.any(axis=1)])
    assert predictions.left_out == {"with none of these genres": int((~every.any(axis=1)).sum())}
    second_columns = [second.index(genre) for genre in predictions.genres]
    assert np.array_equal(
        predictions.of("second").probabilities, models[1].probabilities[every.any(axis=1)][:, second_columns]
    )
    for scores in predictions.metrics().values():
        assert np.isfinite([*scores.values()]).all()
    report = predictions.summary()
    assert report["genres"] == list(own.genres[2:4])
    assert report["macro"]["genres"] + 0 == (predictions.labels.sum(axis=0) > 0).sum()
    sentences = " ".join(wording.scope_sentences(predictions))
    assert all(name in sentences for name in (*predictions.genres, "first", "second", "none"))
    with pytest.raises(UserError, match="in common"):
        judge(own, "test", [entry(own, "first", own.genres[:1]), entry(own, "second", own.genres[1:])])


def test_models_trained_on_the_sets_genres_are_not_held_back_by_those_that_know_a_few(own, tmp_path):
    root = tmp_path / "weights"
    write_mixed(root, own, ("cnn", "prior"))
    few = {"genres": [*own.genres[:2], "Elsewhere"], "thresholds": [0.4] * 3}
    weights = predicted_sets.write_weights(root, own, "poster", **few).answering(own.genres)
    films = own.with_inputs(True, False)
    for rows in films.by_inputs().values():
        part = films.subset(rows)
        values = np.full((len(part.in_split("test")), 2), 0.5, np.float32)
        predicted_sets.store(part, weights, values)
    predictions = predict_split(own, choice=root)
    assert (list(predictions.models), predictions.genres) == (["cnn", "prior"], own.genres)
    assert predictions.missing == {"poster": own.genres[2:]}
    assert any("EfficientNet knows only 2 of the 6" in each for each in wording.scope_sentences(predictions))
    together = predict_split(own, models=["cnn", "poster"], choice=root)
    assert (set(together.models), together.genres) == ({"cnn", "poster", "prior"}, own.genres[:2])


def test_with_one_genre_films_without_it_are_judged_too(own):
    predictions = judge(own, "test", [entry(own, "first", own.genres[:1])])
    assert len(predictions) == len(own.in_split("test"))
    assert 0 < predictions.labels.sum() < len(predictions)


def test_where_all_models_know_all_genres_nothing_is_left_out(catalogue):
    models = [entry(catalogue, name, catalogue.genres) for name in ("first", "second")]
    predictions = judge(catalogue, "test", models)
    assert predictions.of("first") is models[0]
    assert (predictions.genres, dict(predictions.missing), dict(predictions.left_out)) == (catalogue.genres, {}, {})
    assert wording.scope_sentences(predictions) == []


@pytest.mark.parametrize("genres", [2, 500])
def test_two_genres_and_one_label_a_film(genres):
    labels = np.eye(genres, dtype=np.uint8)[np.arange(600) % genres]
    scores = np.where(labels, 0.9, 0.1 / (genres - 1)).astype(np.float32)  # a softmax
    metrics = evaluate_probabilities(labels, scores, fit_thresholds(labels, scores))
    assert {name: round(value, 6) for name, value in metrics.items() if name != "bce"} == dict.fromkeys(
        [name for name in METRICS if name != "bce"], 1.0
    )


def test_the_averages_say_how_many_genres_they_rest_on():
    labels = np.zeros((50, 25), np.uint8)
    labels[:30, 0], labels[:5, 1], labels[:1, 2] = 1, 1, 1
    predictions = split_predictions(labels, lstm=np.full((50, 25), 0.5))
    assert predictions.genre_support == (3, 2)
    assert predictions.summary()["macro"] == {"genres": 3, "few_films": 2}
    assert "3 genres" in wording.macro_sentence(predictions)


def write_mixed(root, catalogue, models=("cnn", "lstm", "fusion", "prior", "tfidf")):
    """Weights that know the set's genres, with predictions for the test films of whatever inputs."""
    for model in models:
        card = {"genres": list(catalogue.genres), "thresholds": [0.4] * len(catalogue.genres)}
        weights = predicted_sets.write_weights(root, catalogue, model, **card)
        for given in ((True, True), (True, False), (False, True)):
            films = catalogue.with_inputs(*given)
            for part in [films, *(films.subset(rows) for rows in films.by_inputs().values())]:
                predicted_sets.simulate(part, weights, 0.3)
        for rows in catalogue.by_inputs().values():
            predicted_sets.simulate(catalogue.subset(rows), weights, 0.3)
    return root


def test_models_are_compared_on_films_that_have_what_each_of_them_needs(own, tmp_path):
    root, tested = write_mixed(tmp_path / "weights", own), own.in_split("test")
    has_poster = np.array([poster is not None for poster in own.posters])[tested]
    has_overview = (own.films["overview"] != "").to_numpy()[tested]
    assert 0 < (has_poster & has_overview).sum() < has_poster.sum() < len(tested)
    expected = {
        None: (has_poster & has_overview, {"cnn", "lstm", "fusion", "prior", "tfidf"}),
        ("cnn",): (has_poster, {"cnn", "prior"}),
        ("fusion",): (np.ones(len(tested), bool), {"fusion", "prior"}),
        ("lstm",): (has_overview, {"lstm", "prior", "tfidf"}),
    }
    for models, (films, names) in expected.items():
        predictions = predict_split(own, "test", models and list(models), root)
        assert set(predictions.models) - {"tfidf"} == names - {"tfidf"}, models
        ids = predictions.catalogue.films["id"].iloc[predictions.rows]
        assert ids.tolist() == own.films["id"].iloc[tested[films]].tolist()
        assert sum(predictions.left_out.values()) == (~films).sum()
        assert all(np.isfinite(model.probabilities).all() for model in predictions.models.values())


@pytest.fixture
def finished(catalogue, tmp_path):
    """A function that makes a run of a model that has ended, with stored predictions for the test films."""

    def make(model: str = "lstm", name: str = "", **card) -> Run:
        run = new_run(model, catalogue.folder)
        weights = predicted_sets.write_weights(tmp_path / "of-run", catalogue, model, **({"run": run.id} | card))
        shutil.copytree(weights.folder, run.folder, dirs_exist_ok=True)
        shutil.rmtree(tmp_path / "of-run")
        predicted_sets.simulate(catalogue, read_weights(run.folder), 0.55)
        run.finish(Status.COMPLETED)
        if name:
            write_notes(run, name)
        return run

    return make


def test_a_run_stands_beside_the_weights_in_use(catalogue, finished, tmp_path):
    root = predicted_sets.write_predicted(tmp_path / "weights", catalogue, {"lstm": 0.1, "prior": 0.0})
    runs = [finished(weights_sha256="a" * 64), finished(name="After correction", weights_sha256="b" * 64)]
    predictions = predict_split(catalogue, choice=root, runs=runs)
    names = list(predictions.models)
    assert names[:2] == ["lstm", "prior"]
    assert names[2] == f"LSTM · {runs[0].created.astimezone():%Y-%m-%d %H:%M}"
    assert names[3] == "After correction"
    assert [predictions.of(name).source for name in names[2:]] == [run.id for run in runs]
    found = difference(predictions, "After correction", "lstm", "bce", 50)
    assert found.films == 8
    assert "After correction" in wording.difference_sentence(found)
    assert [name for name in predictions.summary(["lstm"])["models"]] == ["lstm", *names[2:]]
    assert {score.label: score.kind for score in split_scoreboard(predictions)}["After correction"] == "ours"


def test_a_run_without_weights_is_refused(catalogue, finished, tmp_path):
    root = predicted_sets.write_predicted(tmp_path / "weights", catalogue, {"prior": 0.0})
    with pytest.raises(UserError, match="no evaluated weights"):
        predict_split(catalogue, choice=root, runs=[new_run("lstm", catalogue.folder)])


def test_a_run_knows_its_films_after_their_table_was_changed(catalogue, finished, tmp_path):
    root = predicted_sets.write_predicted(tmp_path / "weights", catalogue, {"prior": 0.0})
    run = finished()
    changed = dataclasses.replace(catalogue, digest="changed", table_digest="changed")
    elsewhere = dataclasses.replace(changed, folder=tmp_path)
    for each in (read_weights(run.folder), read_weights(root / "prior")):
        predicted_sets.simulate(changed, each, 0.3)
    predictions = predict_split(changed, choice=root, runs=[run])
    assert predictions.trained_here == [list(predictions.models)[-1]], "the digest on prior's card is another one"
    assert predict_split(elsewhere, choice=root, runs=[run]).trained_here == []


def test_a_run_that_had_all_of_these_films_in_training_is_named(catalogue, finished, tmp_path):
    root = predicted_sets.write_predicted(tmp_path / "weights", catalogue, {"prior": 0.0})
    run = finished(name="Greedy", further_digest=catalogue.digest, data_digest="another")
    predictions = predict_split(catalogue, choice=root, runs=[run])
    assert predictions.trained_on_all == ["Greedy"]
    assert "Greedy had all of these films in training" in wording.films_sentence(predictions)
