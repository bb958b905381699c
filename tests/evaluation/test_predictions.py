import asked
import film_sets
import numpy as np
import pytest
from prediction_sets import padded, random_labels, simulated_probabilities, split_predictions

from genreclf.data.catalogue import load_catalogue
from genreclf.errors import UserError
from genreclf.evaluation import predictions as module
from genreclf.evaluation.measured import evaluate
from genreclf.evaluation.metrics import evaluate_probabilities
from genreclf.evaluation.predictions import covered_by_fusion, predict_split
from genreclf.evaluation.stored import catalogue_predictions
from genreclf.weights.folder import find_weights


def test_what_models_say_of_a_split(catalogue, shipped):
    asked = []
    predictions = predict_split(catalogue, on_progress=lambda done, total: asked.append((done, total)))
    assert list(predictions.models) == ["cnn-small", "prior", "tfidf"]
    assert asked == [(0, 3), (1, 3), (2, 3)]
    assert len(predictions) == 8
    assert np.array_equal(predictions.rows, catalogue.in_split("test"))
    assert np.array_equal(predictions.labels, catalogue.labels[predictions.rows])
    told, weights = predictions.of("tfidf"), find_weights("tfidf")
    assert (told.model, told.label) == ("tfidf", "TF-IDF")
    assert np.array_equal(told.probabilities, catalogue_predictions(catalogue, weights)[predictions.rows])
    assert np.array_equal(told.thresholds, weights.thresholds)
    assert predictions.figures()["tfidf"] == evaluate(catalogue)["baselines"]["tfidf"]


def test_the_order_is_the_models_own_whatever_was_asked(catalogue, shipped):
    assert list(predict_split(catalogue, "val", ["tfidf", "cnn-small", "prior"]).models) == [
        "cnn-small",
        "prior",
        "tfidf",
    ]
    assert list(predict_split(catalogue, "val", ["tfidf"]).models) == ["prior", "tfidf"]  # baselines always


def test_who_is_part_of_another_is_asked_after_it(catalogue, tmp_path, monkeypatch):
    parts = {name: asked.write_weights(tmp_path, catalogue, name).sha256 for name in ("poster", "overview")}
    asked.write_weights(tmp_path, catalogue, "fusion", parts=parts)
    asked.write_weights(tmp_path, catalogue, "prior")
    order = []
    none = np.zeros((8, 25), np.float32)
    monkeypatch.setattr(
        module, "catalogue_predictions", lambda catalogue, weights, split: order.append(weights.model) or none
    )
    assert list(predict_split(catalogue, choice=tmp_path).models) == order == ["fusion", "poster", "overview", "prior"]
    weights = [find_weights(name, choice=tmp_path) for name in ("poster", "overview", "fusion")]
    assert covered_by_fusion(weights) == {"poster", "overview"}
    assert covered_by_fusion(weights[:2]) == set()
    weights[0].card["calibration"]["scale"] = 0.5  # other answers than fusion's part gives
    assert covered_by_fusion(weights) == {"overview"}
    weights[2].card["parts"]["overview"] = "of other weights"
    assert covered_by_fusion(weights) == set()


def test_what_cannot_be_asked_is_said(catalogue, shipped, tmp_path):
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
    told = padded([[0.5, 0.49, 0.2], [0.1, 0.51, 0.2]])
    predictions = split_predictions(padded([[1, 0, 0], [0, 1, 0]]), thresholds=0.5, lstm=told)
    assert np.argwhere(predictions.of("lstm").chosen).tolist() == [[0, 0], [1, 1]]


def test_figures_of_each_model():
    labels = random_labels(40)
    predictions = split_predictions(
        labels, 0.6, lstm=simulated_probabilities(labels, 0.3), cnn=simulated_probabilities(labels, 0.1, seed=1)
    )
    figures = predictions.figures()
    assert list(figures) == ["cnn", "lstm"]
    for name, told in predictions.models.items():
        assert figures[name] == evaluate_probabilities(labels, told.probabilities, np.full(25, 0.6))
    with pytest.raises(UserError, match="no answers of 'poster' here; choose one of cnn, lstm"):
        predictions.of("poster")
