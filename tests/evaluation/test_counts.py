import dataclasses

import numpy as np
import pytest
from prediction_sets import random_labels, simulated_probabilities, split_predictions, weights
from sklearn.metrics import f1_score, precision_score, recall_score

from genreclf.calibration import Calibration, expected_calibration_error
from genreclf.errors import UserError
from genreclf.evaluation.counts import (
    Counts,
    before_calibration,
    best_f1_threshold,
    counts_at,
    precision_recall,
    reliability,
    threshold_for_precision,
)
from genreclf.evaluation.predictions import ModelPredictions, SplitPredictions

TRUTH = np.array([1, 0, 1, 1, 0, 0])
TOLD = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.1], np.float32)


@pytest.fixture(params=["float32", "float64"])
def genre(request):
    """A genre of 300 films told with some skill."""
    labels = random_labels(300)
    return labels[:, 18], simulated_probabilities(labels, 0.3)[:, 18].astype(request.param)


def test_precision_and_recall_by_hand():
    table = precision_recall(TRUTH, TOLD)
    assert (table["recall"].iloc[0], table["precision"].iloc[0]) == (1, 1 / 2)  # the lowest threshold chooses all
    assert table["threshold"].is_monotonic_increasing
    at = table.set_index(table["threshold"].round(4))
    assert at.loc[0.3, ["precision", "recall"]].tolist() == pytest.approx([3 / 4, 1])
    assert at.loc[0.9, ["precision", "recall"]].tolist() == pytest.approx([1, 1 / 3])
    assert list(precision_recall(TRUTH * 0, TOLD).columns) == ["threshold", "precision", "recall"]
    assert len(precision_recall(TRUTH * 0, TOLD)) == 0


def test_a_curve_agrees_with_counting(genre):
    truth, told = genre
    table = precision_recall(truth, told)
    assert 10 < len(table) < 300
    for line in table.itertuples():
        counts = counts_at(truth, told, line.threshold)
        assert (counts.precision, counts.recall) == pytest.approx((line.precision, line.recall))


def test_counts_by_hand():
    counts = counts_at(TRUTH, TOLD, 0.69)
    assert counts == Counts(hits=2, false_alarms=1, missed=1, right_rejections=2)
    assert (counts.chosen, counts.precision, counts.recall, counts.f1) == pytest.approx((3, 2 / 3, 2 / 3, 2 / 3))
    nothing = counts_at(TRUTH, TOLD, 0.95)
    assert (nothing.chosen, nothing.recall, nothing.f1) == (0, 0, 0)
    assert np.isnan(nothing.precision)
    assert np.isnan(counts_at(TRUTH * 0, TOLD, 0.95).recall)
    assert np.isnan(counts_at(TRUTH * 0, TOLD, 0.95).f1)


def test_a_threshold_of_python_chooses_what_that_of_a_card_chooses():
    """float32 .7 is less than .7; beside a Python number NumPy would call them equal."""
    told = np.array([[0.7]], np.float32)
    chosen = told >= np.array([0.7])
    assert counts_at(np.ones(1), told[0], 0.7).chosen == int(chosen.sum()) == 0


def test_counts_agree_with_scikit_learn(genre):
    truth, told = genre
    counts, chosen = counts_at(truth, told, 0.5), told >= 0.5
    assert counts.precision == pytest.approx(precision_score(truth, chosen))
    assert counts.recall == pytest.approx(recall_score(truth, chosen))
    assert counts.f1 == pytest.approx(f1_score(truth, chosen))
    assert counts.hits + counts.false_alarms + counts.missed + counts.right_rejections == 300


def test_no_threshold_has_a_higher_f1_than_the_best(genre):
    truth, told = genre
    best = best_f1_threshold(truth, told)
    reached = counts_at(truth, told, best).f1
    assert reached == max(counts_at(truth, told, float(value)).f1 for value in np.unique(told))
    assert best_f1_threshold(TRUTH, TOLD) == pytest.approx(0.3)  # 3 of 4 chosen, none missed
    assert best_f1_threshold(TRUTH * 0, TOLD) is None


def test_the_lowest_threshold_of_a_precision(genre):
    truth, told = genre
    for wanted in (0.4, 0.6, 0.8):
        found = threshold_for_precision(truth, told, wanted)
        reach = [value for value in np.unique(told) if counts_at(truth, told, float(value)).precision >= wanted]
        assert found == pytest.approx(float(min(reach)))
        assert counts_at(truth, told, found).precision >= wanted


def test_a_precision_that_no_threshold_reaches():
    assert threshold_for_precision(TRUTH, TOLD, 2 / 3) == pytest.approx(0.3)
    assert threshold_for_precision(TRUTH, TOLD, 0.99) == pytest.approx(0.9)
    assert threshold_for_precision(1 - TRUTH, TOLD, 0.9) is None
    assert threshold_for_precision(TRUTH * 0, TOLD, 0.1) is None


def test_reliability_by_hand():
    labels, told = np.array([[1, 0], [1, 1], [0, 1]]), np.array([[0.15, 0.1], [0.9, 0.85], [0.99, 1.0]])
    table = reliability(labels, told, bins=5)
    assert table[["low", "high"]].to_numpy().ravel() == pytest.approx([0, 0.2, 0.8, 1])
    assert table["predicted"].tolist() == pytest.approx([0.125, 0.935])
    assert table["true"].tolist() == pytest.approx([1 / 2, 3 / 4])
    assert table["pairs"].tolist() == [2, 4]


def test_calibration_error_is_the_distance_of_the_curve():
    labels = random_labels(200)
    told = simulated_probabilities(labels, 0.3)
    table = reliability(labels, told)
    assert table["pairs"].sum() == labels.size
    error = ((table["predicted"] - table["true"]).abs() * table["pairs"]).sum() / labels.size
    assert error == pytest.approx(expected_calibration_error(labels, told))


def calibrated(model: str, raw: np.ndarray, overviews: list[str]) -> SplitPredictions:
    """A model's answers for films with these overviews; two numbers made ``raw`` surer of itself."""
    predictions = split_predictions(random_labels(len(raw)), **{model: Calibration(0.7, -0.4).apply(raw)})
    predictions.catalogue.films.loc[predictions.rows, "overview"] = overviews
    mine = weights(model, scale=0.7, shift=-0.4)
    return dataclasses.replace(predictions, models={model: ModelPredictions(mine, predictions.of(model).probabilities)})


def test_before_calibration():
    raw = simulated_probabilities(random_labels(50), 0.3)
    predictions = calibrated("lstm", raw, ["!"] + ["A film."] * 49)
    found = before_calibration(predictions, "lstm")
    assert found.dtype == np.float32
    assert np.allclose(found, raw, atol=1e-5)
    assert not np.allclose(found, predictions.of("lstm").probabilities, atol=0.05)
    with pytest.raises(UserError, match="no answers of 'cnn'"):
        before_calibration(predictions, "cnn")


def test_films_that_a_part_answered_were_not_calibrated_by_fusions_numbers():
    raw = simulated_probabilities(random_labels(50), 0.3)
    predictions = calibrated("fusion", raw, ["A film.", "...", "?!"] + ["A film."] * 47)
    found, told = before_calibration(predictions, "fusion"), predictions.of("fusion").probabilities
    assert np.array_equal(found[1:3], told[1:3])
    rest = np.delete(np.arange(50), [1, 2])
    assert np.allclose(found[rest], raw[rest], atol=1e-5)
