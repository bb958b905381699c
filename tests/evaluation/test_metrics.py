import keras
import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from genreclf.evaluation.metrics import METRICS, bce, evaluate_probabilities


def padded(rows) -> np.ndarray:
    """Rows of the first few genres, the others zero."""
    return np.pad(np.array(rows, float), ((0, 0), (0, 25 - len(rows[0]))))


@pytest.fixture
def films():
    """200 films with some skill in the predictions, three labels never true."""
    rng = np.random.default_rng(5)
    labels = (rng.random((200, 25)) < np.linspace(0.05, 0.5, 25)).astype(np.uint8)
    labels[:, [6, 16, 20]] = 0
    probabilities = np.clip(0.35 * labels + rng.random((200, 25)) * 0.6, 0, 1).astype(np.float32)
    return labels, probabilities, rng.uniform(0.2, 0.6, 25)


def test_bce_by_hand():
    labels, probabilities = np.array([[1, 0]]), np.array([[0.8, 0.1]])
    assert bce(labels, probabilities) == pytest.approx(-(np.log(0.8) + np.log(0.9)) / 2)
    assert bce(np.array([[1, 0]]), np.array([[1.0, 0.0]])) == pytest.approx(0, abs=1e-6)
    assert bce(np.array([[0, 1]]), np.array([[1.0, 0.0]])) == pytest.approx(-np.log(1e-7), rel=1e-3)


def test_bce_is_the_val_loss_of_keras(films):
    labels, probabilities, _ = films

    def loss() -> float:
        return float(keras.losses.BinaryCrossentropy()(labels.astype(np.float32), probabilities))

    assert bce(labels, probabilities) == pytest.approx(loss(), rel=1e-5)
    probabilities[0] = 1  # clipped: Keras does so in float32, which is a little less exact
    assert bce(labels, probabilities) == pytest.approx(loss(), rel=5e-3)


def test_metrics_by_hand():
    labels = padded([[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]])
    probabilities = padded([[0.9, 0.4, 0.6, 0.0], [0.7, 0.8, 0.1, 0.0], [0.2, 0.3, 0.5, 0.0]])
    metrics = evaluate_probabilities(labels, probabilities, np.full(25, 0.5))
    # chosen: film 1 {0, 2}, film 2 {0, 1}, film 3 {2}: three of five are true, and three of four true ones are chosen
    assert metrics["precision"] == pytest.approx(3 / 5)
    assert metrics["recall"] == pytest.approx(3 / 4)
    assert metrics["micro_f1"] == pytest.approx(2 / 3)
    # F1 by genre: 1, 0 (one chosen wrongly, one missed), 2/3; the other 22 have no film and do not count
    assert metrics["macro_f1"] == pytest.approx((1 + 0 + 2 / 3) / 3)
    assert metrics["weighted_f1"] == pytest.approx((2 * 1 + 1 * 0 + 1 * 2 / 3) / 4)
    assert metrics["samples_f1"] == pytest.approx((1 / 2 + 2 / 3 + 1) / 3)
    # ranks of the true films: genre 0: 1, 2; genre 1: 2nd; genre 2: 2nd
    assert metrics["map"] == pytest.approx((1 + 1 / 2 + 1 / 2) / 3)
    assert metrics["top1"] == pytest.approx(2 / 3)
    assert metrics["top3_recall"] == pytest.approx(1)


def test_metrics_agree_with_scikit_learn(films):
    labels, probabilities, thresholds = films
    metrics = evaluate_probabilities(labels, probabilities, thresholds)
    chosen, present = probabilities >= thresholds, labels.any(axis=0)
    true, guess = labels[:, present], chosen[:, present]
    expected = {
        "precision": sklearn_metrics.precision_score(labels, chosen, average="micro"),
        "recall": sklearn_metrics.recall_score(labels, chosen, average="micro"),
        "micro_f1": sklearn_metrics.f1_score(labels, chosen, average="micro"),
        "macro_f1": sklearn_metrics.f1_score(true, guess, average="macro"),
        "weighted_f1": sklearn_metrics.f1_score(true, guess, average="weighted"),
        "samples_f1": sklearn_metrics.f1_score(labels, chosen, average="samples", zero_division=0),
        "map": sklearn_metrics.average_precision_score(true, probabilities[:, present], average="macro"),
        "micro_ap": sklearn_metrics.average_precision_score(labels, probabilities, average="micro"),
        "bce": sklearn_metrics.log_loss(labels.ravel(), probabilities.ravel().astype(float)),
    }
    for name, value in expected.items():
        assert metrics[name] == pytest.approx(value, rel=1e-4), name


def test_every_metric_is_a_finite_number(films):
    metrics = evaluate_probabilities(*films)
    assert list(metrics) == list(METRICS)
    assert all(type(value) is float and np.isfinite(value) for value in metrics.values())


def test_top3_recall_counts_at_most_three_genres():
    labels = padded([[1, 1, 0, 1, 1]])  # four true ones: three at most can be among three
    probabilities = padded([[0.9, 0.8, 0.7, 0.6, 0.5]])
    assert evaluate_probabilities(labels, probabilities, np.full(25, 0.5))["top3_recall"] == pytest.approx(0.5)


@pytest.mark.parametrize("films", [1, 4])
def test_metrics_of_a_set_with_a_single_genre(films):
    labels = padded([[1]] * films)
    probabilities = padded([[0.9]] * (films - 1) + [[0.2]])
    metrics = evaluate_probabilities(labels, probabilities, np.full(25, 0.5))
    found = (films - 1) / films
    assert metrics["recall"] == pytest.approx(found)
    assert metrics["macro_f1"] == metrics["micro_f1"] == pytest.approx(2 * found / (1 + found))
    assert metrics["map"] == metrics["top1"] == 1


def test_nothing_chosen_scores_zero(films):
    labels, probabilities, _ = films
    metrics = evaluate_probabilities(labels, probabilities, np.full(25, 1.1))
    for name in ("precision", "recall", "micro_f1", "macro_f1", "samples_f1", "weighted_f1"):
        assert metrics[name] == 0


def test_a_probability_at_its_threshold_is_chosen():
    labels, probabilities = padded([[1, 0]]), padded([[0.3, 0.1]])
    thresholds = np.full(25, 0.5)
    thresholds[0] = 0.3
    assert evaluate_probabilities(labels, probabilities, thresholds)["recall"] == 1
