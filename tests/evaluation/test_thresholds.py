import json

import numpy as np
import pytest
from prediction_sets import PROBABILITIES, TRUTH

from genreclf import paths
from genreclf.calibration import Calibration, expected_calibration_error
from genreclf.evaluation.counts import count, counts_at
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
def calibrated_films():
    """2,000 films with perfectly calibrated probabilities, and rare as well as frequent genres."""
    rng = np.random.default_rng(3)
    probabilities = np.clip(rng.beta(1, 4, (2000, 25)) * np.linspace(0.3, 2.5, 25), 0.001, 0.999)
    return (rng.random((2000, 25)) < probabilities).astype(np.uint8), probabilities


def distort(probabilities: np.ndarray, scale: float, shift: float) -> np.ndarray:
    logits = (np.log(probabilities / (1 - probabilities)) - shift) / scale
    return 1 / (1 + np.exp(-logits))


@pytest.mark.parametrize(("scale", "shift"), [(0.5, 0.0), (2.0, 0.0), (1.0, 1.5), (0.7, -0.8)])
def test_calibration_undoes_a_distortion(calibrated_films, scale, shift):
    labels, probabilities = calibrated_films
    distorted = distort(probabilities, scale, shift)
    fitted = fit_calibration(labels, distorted)
    assert fitted.scale == pytest.approx(scale, rel=0.08)
    assert fitted.shift == pytest.approx(shift, abs=0.12)
    calibrated = fitted.apply(distorted)
    assert bce(labels, calibrated) < bce(labels, distorted)
    assert expected_calibration_error(labels, calibrated) < 0.01
    assert expected_calibration_error(labels, distorted) > 0.02
    orders = (np.argsort(row) for row in (distorted[0], calibrated[0].astype(np.float64)))
    assert np.array_equal(*orders)


def test_without_enough_to_fit_calibration_changes_nothing(calibrated_films):
    labels, probabilities = calibrated_films
    assert fit_calibration(labels[:19], probabilities[:19]) == Calibration()  # too few films
    assert fit_calibration(np.zeros_like(labels), probabilities) == Calibration()  # no label ever true
    assert fit_calibration(np.ones_like(labels), probabilities) == Calibration()
    assert fit_calibration(labels, np.full_like(probabilities, 0.3)) == Calibration()  # a constant
    assert fit_calibration(labels, 1 - probabilities) == Calibration()  # worse than random: not reversed
    assert fit_calibration(labels[:0], probabilities[:0]) == Calibration()


def test_calibration_ignores_genres_without_a_film(calibrated_films):
    labels, probabilities = calibrated_films
    seen = fit_calibration(labels[:, 5:], distort(probabilities, 0.6, 0.3)[:, 5:])
    without = labels.copy()
    without[:, :5] = 0
    assert fit_calibration(without, distort(probabilities, 0.6, 0.3)) == seen


def test_fitted_thresholds_beat_one_half(calibrated_films):
    labels, probabilities = calibrated_films
    thresholds = fit_thresholds(labels[:1000], probabilities[:1000])
    assert thresholds.shape == (25,)
    assert thresholds.min() >= 0.02
    assert thresholds.max() <= 0.9
    ours = evaluate_probabilities(labels[1000:], probabilities[1000:], thresholds)
    half = evaluate_probabilities(labels[1000:], probabilities[1000:], np.full(25, 0.5))
    assert ours["micro_f1"] > half["micro_f1"] + 0.02
    assert ours["macro_f1"] > half["macro_f1"] + 0.05


def test_a_genres_own_threshold_maximises_its_expected_f1():
    """With 80 films at .8 and 80 at .2, choosing the first 80 has an expected F1 of .8, choosing all one of .67."""
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


def test_labels_of_a_rare_genre_affect_only_the_shared_threshold(calibrated_films):
    labels, probabilities = (array[: MIN_FILMS - 1] for array in calibrated_films)
    other = labels.copy()
    other[:, 3] = np.roll(labels[:, 3], 1)
    moved = fit_thresholds(other, probabilities) / fit_thresholds(labels, probabilities)
    assert np.allclose(moved, moved[0], atol=0.02)


def test_own_thresholds_weigh_more_if_they_generalise():
    rng = np.random.default_rng(3)
    common, rare = rng.beta(0.3, 0.5, (2000, 5)), rng.beta(1, 4, (2000, 20)) * 0.15
    probabilities = np.clip(np.hstack([common, rare]), 0.001, 0.999)
    labels = (rng.random((2000, 25)) < probabilities).astype(np.uint8)
    thresholds = fit_thresholds(labels, probabilities)
    assert (thresholds[:5] > 0.3).all()
    assert (thresholds[5:] < 0.09).all()
    few = fit_thresholds(labels[: MIN_FILMS - 1], probabilities[: MIN_FILMS - 1])
    assert (few[5:] > 0.09).all()  # too few films to choose a weight


def test_own_thresholds_weigh_less_if_probabilities_are_wrong(calibrated_films):
    labels, probabilities = calibrated_films
    odds = probabilities / (1 - probabilities) * np.where(np.arange(25) % 2, 6, 1 / 6)
    wrong = odds / (1 + odds)
    all_films, few = fit_thresholds(labels, wrong), fit_thresholds(labels[: MIN_FILMS - 1], wrong[: MIN_FILMS - 1])
    assert np.ptp(np.log(all_films)) < 0.8 * np.ptp(np.log(few))


def test_thresholds_without_any_positive_are_finite():
    thresholds = fit_thresholds(np.zeros((5, 25)), np.full((5, 25), 0.2))
    assert np.isfinite(thresholds).all()


def test_a_constant_prediction_keeps_the_shared_threshold():
    labels = np.zeros((100, 25), np.uint8)
    labels[:60, 7], labels[:5, 0] = 1, 1
    constant = np.tile(np.where(np.arange(25) == 7, 0.6, 0.05), (100, 1))
    chosen = constant[0] >= fit_thresholds(labels, constant)
    assert np.flatnonzero(chosen).tolist() == [7]  # the rare genre is not chosen for every film


@pytest.mark.parametrize("films", [30, 41, 150, 528])
@pytest.mark.parametrize("spread", [0.0, 1e-5, 0.001, 0.01, 0.1, 0.3])
def test_a_model_that_knows_little_does_not_choose_every_genre(films, spread):
    """Its probabilities are the base rates with something around them that has nothing to do with the film."""
    rng = np.random.default_rng([films, int(1e5 * spread)])
    base_rates = np.array([0.5, 0.4, 0.25, 0.2, *np.linspace(0.15, 0.02, 21)])
    labels = (rng.random((films, 25)) < base_rates).astype(np.uint8)
    probabilities = np.clip(base_rates * np.exp(spread * rng.standard_normal((films, 25))), 0.001, 0.999)
    chosen = probabilities >= fit_thresholds(labels, probabilities)
    always = np.zeros_like(labels)
    always[:, np.argsort(-labels.sum(axis=0))[:2]] = 1
    assert count(labels, chosen).averages()["micro_f1"] >= count(labels, always).averages()["micro_f1"] - 0.02
    assert chosen.sum(axis=1).mean() < 6


def test_a_genre_that_a_good_model_cannot_tell_apart_has_the_shared_threshold(calibrated_films):
    labels, probabilities = (array[:600].copy() for array in calibrated_films)
    labels[:, 3] = np.arange(600) % 12 == 0
    probabilities[:, 3] = 1 / 12 + np.linspace(-0.001, 0.001, 600)
    probabilities[:, 4], labels[:, 4] = 0.05, np.arange(600) % 20 == 0
    thresholds = fit_thresholds(labels, probabilities)
    assert thresholds[3] == thresholds[4] == pytest.approx(thresholds.max(), rel=0.5)
    assert not (probabilities[:, 3] >= thresholds[3]).any()


@pytest.mark.parametrize("weights_set", ["imdb", "sample"])
@pytest.mark.parametrize("split", ["val", "test"])
def test_no_shipped_model_chooses_worse_than_the_base_rates(weights_set, split):
    cards = {path.parent.name: json.loads(path.read_text("utf-8"))["metrics"][split]
             for path in (paths.SHIPPED_WEIGHTS / weights_set).glob("*/card.json")}  # fmt: skip
    assert len(cards) == 7
    assert {name for name, found in cards.items() if found["micro_f1"] < cards["prior"]["micro_f1"]} == set()


def test_precision_and_recall_by_hand():
    table = precision_recall(TRUTH, PROBABILITIES)
    assert (table["recall"].iloc[0], table["precision"].iloc[0]) == (1, 1 / 2)  # the lowest threshold chooses all
    assert table["threshold"].is_monotonic_increasing
    at = table.set_index(table["threshold"].round(4))
    assert at.loc[0.3, ["precision", "recall"]].tolist() == pytest.approx([3 / 4, 1])
    assert at.loc[0.9, ["precision", "recall"]].tolist() == pytest.approx([1, 1 / 3])
    assert list(precision_recall(TRUTH * 0, PROBABILITIES).columns) == ["threshold", "precision", "recall"]
    assert len(precision_recall(TRUTH * 0, PROBABILITIES)) == 0


def test_a_precision_recall_curve_agrees_with_the_counts(genre):
    truth, probabilities = genre
    table = precision_recall(truth, probabilities)
    assert 10 < len(table) < 300
    for line in table.itertuples():
        counts = counts_at(truth, probabilities, line.threshold)
        assert (counts.precision, counts.recall) == pytest.approx((line.precision, line.recall))


def test_no_threshold_has_a_higher_f1_than_the_best(genre):
    truth, probabilities = genre
    best = best_f1_threshold(truth, probabilities)
    reached = counts_at(truth, probabilities, best).f1
    assert reached == max(counts_at(truth, probabilities, float(value)).f1 for value in np.unique(probabilities))
    assert best_f1_threshold(TRUTH, PROBABILITIES) == pytest.approx(0.3)  # 3 of 4 chosen, none missed
    assert best_f1_threshold(TRUTH * 0, PROBABILITIES) is None


def test_the_lowest_threshold_with_a_target_precision(genre):
    truth, probabilities = genre
    for target in (0.4, 0.6, 0.8):
        found = threshold_for_precision(truth, probabilities, target)
        reach = [
            value
            for value in np.unique(probabilities)
            if counts_at(truth, probabilities, float(value)).precision >= target
        ]
        assert found == pytest.approx(float(min(reach)))
        assert counts_at(truth, probabilities, found).precision >= target


def test_an_unreachable_target_precision():
    assert threshold_for_precision(TRUTH, PROBABILITIES, 2 / 3) == pytest.approx(0.3)
    assert threshold_for_precision(TRUTH, PROBABILITIES, 0.99) == pytest.approx(0.9)
    assert threshold_for_precision(1 - TRUTH, PROBABILITIES, 0.9) is None
    assert threshold_for_precision(TRUTH * 0, PROBABILITIES, 0.1) is None
