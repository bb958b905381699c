import numpy as np
import pytest
from prediction_sets import PROBABILITIES, TRUTH, random_labels, simulated_probabilities
from sklearn.metrics import f1_score, multilabel_confusion_matrix, precision_score, recall_score

from genreclf.evaluation.counts import Counts, count, counts_at, ratio


def test_a_float_threshold_chooses_the_same_as_an_array():
    """0.7 in float32 is less than 0.7 in float64; NumPy would round a Python float to float32 before comparing."""
    probabilities = np.array([[0.7]], np.float32)
    chosen = probabilities >= np.array([0.7])
    assert counts_at(np.ones(1), probabilities[0], 0.7).chosen == int(chosen.sum()) == 0


def test_counts_by_hand():
    counts = counts_at(TRUTH, PROBABILITIES, 0.69)
    assert counts == Counts(tp=2, fp=1, fn=1, tn=2)
    assert (counts.chosen, counts.precision, counts.recall, counts.f1) == pytest.approx((3, 2 / 3, 2 / 3, 2 / 3))
    nothing = counts_at(TRUTH, PROBABILITIES, 0.95)
    assert (nothing.chosen, nothing.recall, nothing.f1) == (0, 0, 0)
    assert np.isnan(nothing.precision)
    assert np.isnan(counts_at(TRUTH * 0, PROBABILITIES, 0.95).recall)
    assert np.isnan(counts_at(TRUTH * 0, PROBABILITIES, 0.95).f1)


def test_counts_agree_with_scikit_learn(genre):
    truth, probabilities = genre
    counts, chosen = counts_at(truth, probabilities, 0.5), probabilities >= 0.5
    assert counts.precision == pytest.approx(precision_score(truth, chosen))
    assert counts.recall == pytest.approx(recall_score(truth, chosen))
    assert counts.f1 == pytest.approx(f1_score(truth, chosen))
    assert counts.tp + counts.fp + counts.fn + counts.tn == 300


def test_a_ratio_to_zero_is_undefined():
    assert ratio(1, 4) == 0.25
    found = ratio(np.array([[1, 0], [3, 2]]), np.array([[2], [0]]))
    assert found[0].tolist() == [0.5, 0]
    assert np.isnan(found[1]).all()


def test_counts_per_genre_and_per_film():
    labels = random_labels(70)
    chosen = simulated_probabilities(labels, 0.3) > 0.6
    counts = count(labels, chosen)
    cells = np.array([[counts.tn, counts.fp], [counts.fn, counts.tp]]).transpose(2, 0, 1)
    assert np.array_equal(cells, multilabel_confusion_matrix(labels, chosen))
    assert counts.at(24) == count(labels[:, [24]], chosen[:, [24]]).at(0)
    assert np.array_equal(counts.positives, labels.sum(axis=0))
    assert np.array_equal(counts.chosen, chosen.sum(axis=0))
    assert np.array_equal(count(labels, chosen, axis=1).positives, labels.sum(axis=1))


def test_averages_agree_with_scikit_learn():
    labels = random_labels(70)
    chosen = simulated_probabilities(labels, 0.3) > 0.6
    present = labels.any(axis=0)
    expected = {
        "precision": precision_score(labels, chosen, average="micro"),
        "recall": recall_score(labels, chosen, average="micro"),
        "micro_f1": f1_score(labels, chosen, average="micro"),
        "macro_f1": f1_score(labels[:, present], chosen[:, present], average="macro"),
        "weighted_f1": f1_score(labels[:, present], chosen[:, present], average="weighted"),
    }
    assert count(labels, chosen).averages() == pytest.approx(expected)
    assert set(count(labels * 0, chosen & False).averages().values()) == {0}


def test_many_thresholds_are_counted_at_once(genre):
    truth, probabilities = genre
    thresholds = np.linspace(0, 1, 21)
    together = counts_at(truth, probabilities, thresholds)
    for place, threshold in enumerate(thresholds):
        assert together.at(place) == counts_at(truth, probabilities, threshold)
    expected = counts_at(probabilities, probabilities, thresholds)
    assert expected.tp[0] == pytest.approx(probabilities.sum(dtype=float))
    assert expected.chosen.tolist() == together.chosen.tolist()
