import numpy as np
import pytest

from genreclf.calibration import Calibration, expected_calibration_error, logit, sigmoid


@pytest.fixture
def raw() -> np.ndarray:
    return np.random.default_rng(3).uniform(0.001, 0.999, (200, 25)).astype(np.float32)


def test_no_calibration_changes_nothing(raw):
    assert np.array_equal(Calibration().apply(raw), raw)


def test_calibration_keeps_the_order_and_dtype(raw):
    calibrated = Calibration(0.7, -0.4).apply(raw)
    assert calibrated.dtype == np.float32
    assert np.array_equal(np.argsort(calibrated[0]), np.argsort(raw[0]))


def test_extreme_probabilities_stay_in_range():
    calibrated = Calibration(3.0, 1.0).apply(np.array([0.0, 1e-9, 0.5, 1.0]))
    assert np.isfinite(calibrated).all()
    assert calibrated.min() >= 0
    assert calibrated.max() <= 1
    assert (np.diff(calibrated) >= 0).all()


def test_extreme_log_odds_are_probabilities_without_a_warning():
    assert np.array_equal(sigmoid(np.array([-1e38, 0.0, 1e38], np.float32)), [0.0, 0.5, 1.0])


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (0.5, 0.3), (2.0, -1.0)])
def test_a_calibration_can_be_undone(raw, scale, shift):
    calibration = Calibration(scale, shift)
    undone = calibration.undo(calibration.apply(raw))
    assert undone.dtype == np.float32
    assert np.allclose(undone, raw, atol=1e-5)
    assert scale == 1.0 or np.abs(calibration.undo(raw) - raw).max() > 0.05  # the calibration has an effect


def test_log_odds_by_hand():
    assert logit(np.array([0.5, 0.75])) == pytest.approx([0, np.log(3)])
    assert Calibration(2.0, 1.0).log_odds(np.array([0.5, 0.75])) == pytest.approx([1, 2 * np.log(3) + 1])
    assert sigmoid(logit(np.array([0.2, 0.9]))) == pytest.approx([0.2, 0.9])
    assert logit(np.array([0.0])) == pytest.approx(logit(np.array([1e-7])))


def test_calibration_error_by_hand():
    labels, probabilities = np.array([[1, 1, 0, 0]]), np.array([[0.9, 0.9, 0.9, 0.1]])
    # three predictions of .9 add up to 2.7, but 2 came true; one of .1, but none came true
    assert expected_calibration_error(labels, probabilities) == pytest.approx((0.7 + 0.1) / 4)
    assert expected_calibration_error(np.array([[1, 0]]), np.array([[1.0, 0.0]])) == 0


def test_calibration_as_stored_in_a_card():
    assert Calibration(1.25, -0.5).as_dict() == {"method": "platt", "scale": 1.25, "shift": -0.5}
