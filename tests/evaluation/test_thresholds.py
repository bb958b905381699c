import numpy as np
import pytest

from genreclf.evaluation.metrics import bce, evaluate_probabilities
from genreclf.evaluation.thresholds import (
    Calibration,
    expected_calibration_error,
    fit_calibration,
    fit_thresholds,
)


@pytest.fixture
def honest():
    """2,000 films whose labels are true as often as their probabilities say, rare genres and frequent ones."""
    chance = np.random.default_rng(3)
    probabilities = np.clip(chance.beta(1, 4, (2000, 25)) * np.linspace(0.3, 2.5, 25), 0.001, 0.999)
    return (chance.random((2000, 25)) < probabilities).astype(np.uint8), probabilities


def squeezed(probabilities: np.ndarray, scale: float, shift: float) -> np.ndarray:
    logits = (np.log(probabilities / (1 - probabilities)) - shift) / scale
    return 1 / (1 + np.exp(-logits))


def test_no_calibration_changes_nothing(honest):
    _, probabilities = honest
    assert np.array_equal(Calibration().apply(probabilities), probabilities.astype(np.float32))


@pytest.mark.parametrize(("scale", "shift"), [(0.5, 0.0), (2.0, 0.0), (1.0, 1.5), (0.7, -0.8)])
def test_what_was_bent_is_straightened(honest, scale, shift):
    labels, probabilities = honest
    bent = squeezed(probabilities, scale, shift)
    fitted = fit_calibration(labels, bent)
    assert fitted.scale == pytest.approx(scale, rel=0.08)
    assert fitted.shift == pytest.approx(shift, abs=0.12)
    mended = fitted.apply(bent)
    assert bce(labels, mended) < bce(labels, bent)
    assert expected_calibration_error(labels, mended) < 0.01
    assert expected_calibration_error(labels, bent) > 0.02
    flat = (np.argsort(row) for row in (bent[0], mended[0].astype(np.float64)))
    assert np.array_equal(*flat)


def test_extreme_probabilities_stay_in_range():
    calibrated = Calibration(3.0, 1.0).apply(np.array([0.0, 1e-9, 0.5, 1.0]))
    assert np.isfinite(calibrated).all()
    assert calibrated.min() >= 0
    assert calibrated.max() <= 1
    assert (np.diff(calibrated) >= 0).all()


def test_where_nothing_can_be_learnt_nothing_is_changed(honest):
    labels, probabilities = honest
    assert fit_calibration(labels[:19], probabilities[:19]) == Calibration()  # too few films
    assert fit_calibration(np.zeros_like(labels), probabilities) == Calibration()  # no label ever true
    assert fit_calibration(np.ones_like(labels), probabilities) == Calibration()
    assert fit_calibration(labels, np.full_like(probabilities, 0.3)) == Calibration()  # a constant
    assert fit_calibration(labels, 1 - probabilities) == Calibration()  # worse than chance is not turned around
    assert fit_calibration(labels[:0], probabilities[:0]) == Calibration()


def test_labels_without_a_film_do_not_count(honest):
    labels, probabilities = honest
    seen = fit_calibration(labels[:, 5:], squeezed(probabilities, 0.6, 0.3)[:, 5:])
    silent = labels.copy()
    silent[:, :5] = 0
    assert fit_calibration(silent, squeezed(probabilities, 0.6, 0.3)) == seen


def test_thresholds_beat_a_half(honest):
    labels, probabilities = honest
    thresholds = fit_thresholds(labels[:1000], probabilities[:1000])
    assert thresholds.shape == (25,)
    assert thresholds.min() >= 0.02
    assert thresholds.max() <= 0.9
    ours = evaluate_probabilities(labels[1000:], probabilities[1000:], thresholds)
    half = evaluate_probabilities(labels[1000:], probabilities[1000:], np.full(25, 0.5))
    assert ours["micro_f1"] > half["micro_f1"] + 0.02
    assert ours["macro_f1"] > half["macro_f1"] + 0.05


def test_a_frequent_genre_gets_its_own_threshold_and_a_rare_one_the_shared():
    labels, probabilities = np.zeros((1000, 25)), np.full((1000, 25), 0.01)
    labels[:500, 0], probabilities[:500, 0], probabilities[500:, 0] = 1, 0.8, 0.6  # best above .6
    labels[:50, 1], probabilities[:50, 1], probabilities[50:, 1] = 1, 0.3, 0.1  # best above .1
    labels[0, 2], probabilities[0, 2] = 1, 0.05  # best above .01, says one film
    thresholds = fit_thresholds(labels, probabilities)
    assert 0.6 < thresholds[0] <= 0.8
    assert 0.1 < thresholds[1] <= 0.3
    shared = thresholds[3]
    assert (thresholds[3:] == shared).all()
    assert 0.6 < shared <= 0.8
    assert 0.5 < thresholds[2] < shared


def test_without_any_positive_the_thresholds_are_still_numbers():
    thresholds = fit_thresholds(np.zeros((5, 25)), np.full((5, 25), 0.2))
    assert np.isfinite(thresholds).all()


def test_calibration_error_by_hand():
    labels, probabilities = np.array([[1, 1, 0, 0]]), np.array([[0.9, 0.9, 0.9, 0.1]])
    # of three at .9 two came true: off by .7 in sum; of one at .1 none: off by .1
    assert expected_calibration_error(labels, probabilities) == pytest.approx((0.7 + 0.1) / 4)
    assert expected_calibration_error(np.array([[1, 0]]), np.array([[1.0, 0.0]])) == 0


def test_a_card_knows_the_calibration():
    assert Calibration(1.25, -0.5).as_dict() == {"method": "platt", "scale": 1.25, "shift": -0.5}


def test_a_constant_prediction_keeps_the_shared_threshold():
    labels = np.zeros((100, 25), np.uint8)
    labels[:60, 7], labels[:5, 0] = 1, 1
    constant = np.tile(np.where(np.arange(25) == 7, 0.6, 0.05), (100, 1))
    chosen = constant[0] >= fit_thresholds(labels, constant)
    assert np.flatnonzero(chosen).tolist() == [7]  # the rare genre is not chosen for every film
