import numpy as np
import pytest
from prediction_sets import padded, random_labels, simulated_probabilities, split_predictions, weights

from genreclf.calibration import Calibration, expected_calibration_error
from genreclf.evaluation.confusion import substitutions
from genreclf.evaluation.metrics import METRICS
from genreclf.evaluation.predictions import ModelPredictions
from genreclf.evaluation.scoreboard import Score
from genreclf.evaluation.tables import (
    calibration_table,
    has_fusion,
    score_table,
    sides,
    substitution_pairs,
    threshold_table,
    training_table,
)


def test_the_scoreboard_in_numbers():
    scores = [
        Score("CNN", "cnn", "ours", {"bce": 0.21, "map": 0.3}),
        Score("LSTM", "lstm", "ours", {"bce": 0.18, "map": 0.4}),
        Score("CNN, in the report", "cnn", "reference", {"bce": 0.245}),
    ]
    table = score_table(scores)
    assert table["Model"].tolist() == ["LSTM", "CNN", "CNN, in the report"]
    assert "from" not in table
    table = score_table(scores, "map", {"cnn": (0.2, 0.35), "lstm": (0.3, 0.5)})
    assert list(table.columns[:5]) == ["Model", "Kind", "map", "from", "to"]
    assert table["Model"].tolist() == ["LSTM", "CNN", "CNN, in the report"]
    assert table["from"].tolist()[:2] == [0.3, 0.2]
    assert table.iloc[2][["map", "from", "to"]].isna().all(), "a model's interval is not the reference's"
    assert set(METRICS) < set(table.columns)


def test_the_two_sides():
    told = np.zeros((2, 25))
    predictions = split_predictions(told, cnn=told, lstm=told, poster=told, fusion=told, prior=told, tfidf=told)
    assert sides(predictions) == (["cnn", "poster"], ["lstm", "tfidf"])
    assert not has_fusion(predictions), "one of its parts has not answered"
    assert has_fusion(split_predictions(told, poster=told, overview=told, fusion=told))


def test_calibration_errors_before_and_after():
    labels = random_labels(200)
    predictions = split_predictions(labels, cnn=simulated_probabilities(labels, 0.2))
    raw = predictions.of("cnn").probabilities
    held = weights("cnn", scale=0.5, shift=-1.0)
    predictions.models["cnn"] = ModelPredictions(held, Calibration(0.5, -1.0).apply(raw))
    table = calibration_table(predictions)
    assert table["Model"].tolist() == ["CNN"]
    assert table["ECE before"][0] == pytest.approx(expected_calibration_error(labels, raw), abs=1e-4)
    told = predictions.of("cnn").probabilities
    assert table["ECE after"][0] == pytest.approx(expected_calibration_error(labels, told))
    assert table["ECE before"][0] != pytest.approx(table["ECE after"][0], abs=1e-3)


def test_thresholds_of_a_model():
    labels = padded([[1, 0, 0], [1, 1, 0], [0, 1, 0], [1, 0, 0]])
    told = padded([[0.9, 0.6, 0.7], [0.6, 0.4, 0.1], [0.55, 0.8, 0.1], [0.2, 0.1, 0.1]])
    table = threshold_table(split_predictions(labels, 0.5, cnn=told), "cnn")
    assert table["Genre"].tolist() == ["Action", "Adventure"], "the most frequent first, none without a film"
    action = table.iloc[0]
    assert action[["Films", "Found", "Missed", "False alarms", "Rightly left"]].tolist() == [3, 2, 1, 1, 0]
    assert (action["Precision"], action["Recall"]) == pytest.approx((2 / 3, 2 / 3))
    assert (action["Best F1 here"], action["at"]) == pytest.approx((6 / 7, 0.2), abs=1e-6)
    assert action["80% precision from"] == pytest.approx(0.6, abs=1e-6)


def test_what_cards_say_of_training():
    one = weights("lstm")
    one.card.update(recipe="tuned", best_epoch=7, settings={"epochs": 10}, films={"train": 900}, seconds=120.0,
                    metrics={"val": {"bce": 0.17}, "test": {}})  # fmt: skip
    bare = weights("cnn")
    bare.card.update(recipe="reference", metrics={})
    table = training_table([one, bare, weights("prior")])
    assert table["Model"].tolist() == ["LSTM", "CNN"]
    assert table.iloc[0][["Best epoch", "of epochs", "Train films", "Trained for", "Val BCE"]].tolist() == [
        7, 10, 900, "2 min", 0.17,
    ]  # fmt: skip
    assert table["Test BCE"].isna().all()
    assert training_table([]).empty


def test_the_most_frequent_confusions_come_first():
    labels = padded([[1, 0, 0]] * 4 + [[0, 1, 0]] * 10)
    chosen = padded([[0, 0, 1]] * 3 + [[0, 1, 0]] + [[0, 0, 1]] * 5 + [[1, 0, 0]] * 2 + [[0, 1, 0]] * 3)
    pairs = substitution_pairs(substitutions(labels, chosen))
    assert pairs.to_numpy().tolist() == [
        ["Adventure", "Animation", 5, pytest.approx(5 / 7)],
        ["Action", "Animation", 3, 0.75],
        ["Adventure", "Action", 2, pytest.approx(2 / 7)],
    ]
    assert len(substitution_pairs(substitutions(labels, chosen), 1)) == 1
    assert substitution_pairs(substitutions(labels, labels)).empty
