import numpy as np
import pytest
from prediction_sets import TOLD, TRUTH

from genreclf.calibration import Calibration, expected_calibration_error
from genreclf.evaluation.counts import counts_at
from genreclf.evaluation.metrics import bce, evaluate_probabilities
from genreclf.evaluation.thresholds import (
    FEW_FILMS_WEIGHT,
    MIN_FILMS,
    best_f1_threshold,
    fit_calibration,
    fit_thresholds,
    precision_recall,
    threshold_for_precision,
)


@pytest.fixture
def honest():
    """2,000 films whose labels are true as often as their probabilities say, rare genres and frequent ones."""
    rng = np.random.default_rng(3)
    probabilities = np.clip(rng.beta(1, 4, (2000, 25)) * np.linspace(0.3, 2.5, 25), 0.001, 0.999)
    return (rng.random((2000, 25)) < probabilities).astype(np.uint8), probabilities


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


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (0.5, 0.3), (2.0, -1.0)])
def test_a_calibration_can_be_undone(honest, scale, shift):
    raw = honest[1].astype(np.float32)
    calibration = Calibration(scale, shift)
    undone = calibration.undo(calibration.apply(raw))
    assert undone.dtype == np.float32
    assert np.allclose(undone, raw, atol=1e-5)
    assert scale == 1.0 or np.abs(calibration.undo(raw) - raw).max() > 0.05  # it does something


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


def test_a_genres_own_threshold_is_what_its_probabilities_promise():
    """Of 80 films at .8 and 80 at .2, choosing the first promises an F1 of .8, choosing all .67."""
    labels, probabilities = np.zeros((160, 25)), np.full((160, 25), 0.01)
    for genre, (high, low) in enumerate([(0.8, 0.2), (0.3, 0.1)]):
        probabilities[:80, genre], probabilities[80:, genre] = high, low
        labels[: int(80 * high), genre] = labels[80 : 80 + int(80 * low), genre] = 1
    thresholds = fit_thresholds(labels, probabilities)
    shared, weight = thresholds[2], FEW_FILMS_WEIGHT
    assert (thresholds[2:] == shared).all()  # the same for every film
    assert shared == pytest.approx(0.3, abs=0.015)  # of all films and genres together, by the labels
    assert thresholds[0] == pytest.approx(0.21**weight * shared ** (1 - weight), abs=0.01)  # the first of the best
    assert thresholds[1] == pytest.approx(0.11**weight * shared ** (1 - weight), abs=0.01)


def test_which_films_of_a_rare_genre_are_in_val_moves_nothing_but_the_shared_threshold(honest):
    labels, probabilities = (one[: MIN_FILMS - 1] for one in honest)
    other = labels.copy()
    other[:, 3] = np.roll(labels[:, 3], 1)
    moved = fit_thresholds(other, probabilities) / fit_thresholds(labels, probabilities)
    assert np.allclose(moved, moved[0], atol=0.02)


def test_a_genres_own_threshold_counts_much_where_held_out_films_bear_it_out():
    rng = np.random.default_rng(3)
    probabilities = np.clip(rng.beta(1, 4, (2000, 25)) * np.where(np.arange(25) < 5, 2.5, 0.15), 0.001, 0.999)
    labels = (rng.random((2000, 25)) < probabilities).astype(np.uint8)
    thresholds = fit_thresholds(labels, probabilities)
    assert (thresholds[:5] > 0.3).all()
    assert (thresholds[5:] < 0.09).all()
    few = fit_thresholds(labels[: MIN_FILMS - 1], probabilities[: MIN_FILMS - 1])
    assert (few[5:] > 0.09).all()  # of these few, no weight can be told


def test_and_little_where_probabilities_are_wrong_genre_by_genre(honest):
    labels, probabilities = honest
    odds = probabilities / (1 - probabilities) * np.where(np.arange(25) % 2, 6, 1 / 6)
    wrong = odds / (1 + odds)
    all_films, few = fit_thresholds(labels, wrong), fit_thresholds(labels[: MIN_FILMS - 1], wrong[: MIN_FILMS - 1])
    assert np.ptp(np.log(all_films)) < 0.8 * np.ptp(np.log(few))


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
