import numpy as np
import pytest
from prediction_sets import random_labels, simulated_probabilities, split_predictions, weights

from genreclf.calibration import Calibration, expected_calibration_error
from genreclf.evaluation.predictions import predictions_of
from genreclf.evaluation.reliability import calibration_table, reliability


def test_reliability_by_hand():
    labels, probabilities = np.array([[1, 0], [1, 1], [0, 1]]), np.array([[0.15, 0.1], [0.9, 0.85], [0.99, 1.0]])
    table = reliability(labels, probabilities, bins=5)
    assert table[["low", "high"]].to_numpy().ravel() == pytest.approx([0, 0.2, 0.8, 1])
    assert table["predicted"].tolist() == pytest.approx([0.125, 0.935])
    assert table["true"].tolist() == pytest.approx([1 / 2, 3 / 4])
    assert table["pairs"].tolist() == [2, 4]


def test_calibration_error_agrees_with_the_reliability_table():
    labels = random_labels(200)
    probabilities = simulated_probabilities(labels, 0.3)
    table = reliability(labels, probabilities)
    assert table["pairs"].sum() == labels.size
    error = ((table["predicted"] - table["true"]).abs() * table["pairs"]).sum() / labels.size
    assert error == pytest.approx(expected_calibration_error(labels, probabilities))


def test_calibration_errors_before_and_after():
    labels = random_labels(200)
    predictions = split_predictions(labels, cnn=simulated_probabilities(labels, 0.2))
    raw = predictions.of("cnn").probabilities
    fitted = weights("cnn", scale=0.5, shift=-1.0)
    predictions.models["cnn"] = predictions_of(fitted, Calibration(0.5, -1.0).apply(raw))
    table = calibration_table(predictions)
    assert table["Model"].tolist() == ["CNN"]
    assert table["ECE before"][0] == pytest.approx(expected_calibration_error(labels, raw), abs=1e-4)
    probabilities = predictions.of("cnn").probabilities
    assert table["ECE after"][0] == pytest.approx(expected_calibration_error(labels, probabilities))
    assert table["ECE before"][0] != pytest.approx(table["ECE after"][0], abs=1e-3)
