"""Thresholds and calibration, fitted on validation films after training, and thresholds for other goals."""

import numpy as np
import pandas as pd

from genreclf.calibration import Calibration, expected_calibration_error, logit
from genreclf.evaluation.counts import Counts, count, counts_at
from genreclf.evaluation.metrics import bce, evaluate_probabilities

GRID = np.arange(0.02, 0.91, 0.01)  # candidate thresholds
WEIGHTS = (0.5, 0.7, 0.9)  # candidate weights for a genre's own threshold in its mean with the shared one
REPETITIONS = 6  # of the cross-validation
MIN_FILMS = 200  # with fewer validation films, scores on a third of them are too noisy to choose a weight
FEW_FILMS_WEIGHT = 0.7
LOWER_WEIGHTS = (0.7, 0.5, 0.3, 0.1, 0.0)  # tried in turn where a model is worse than the base rates
NEARLY_ALL = 0.9  # of the films: a genre chosen for so many is not told apart


def fit_calibration(labels: np.ndarray, probabilities: np.ndarray) -> Calibration:
    """Fit a calibration on validation films; the identity if there are too few films or constant predictions.

    Genres without a film are left out.
    """
    from sklearn.linear_model import LogisticRegression  # takes a second to import, and only training needs it

    present = labels.any(axis=0)
    logits, truth = logit(probabilities[:, present]).ravel(), labels[:, present].ravel()
    if len(labels) < 20 or not present.any() or truth.all() or np.ptp(logits) < 1e-9:
        return Calibration()
    fitted = LogisticRegression(C=1e4, max_iter=1000).fit(logits[:, None], truth)
    scale = float(fitted.coef_[0, 0])
    if not np.isfinite(scale) or scale <= 0:  # worse than chance: reversing the order would be dishonest
        return Calibration()
    return Calibration(scale, float(fitted.intercept_[0]))


def fit_thresholds(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Fit a threshold for each genre: a mean of its own best threshold and the best one for all film-genre pairs.

    A genre's own threshold maximises the *expected* F1 on validation films, assuming that the calibrated probabilities
    are right (the plug-in rule, Lipton et al. 2014); counting the genre's few films instead would fit noise
    (``benchmarks/thresholds.py`` compares the rules). The shared one is fitted on the labels. The two are combined as a
    weighted geometric mean: macro-F1 gains from the first and micro-F1 from the second, how much depends on the model.
    The weight is the one of ``WEIGHTS`` with the largest product of both scores in repeated three-fold
    cross-validation.

    Where a model can hardly tell a genre's films apart, the expected F1 is largest if all films get the genre. Such a
    genre has the shared threshold. And whatever the rule says, a model should not do worse than one that ignores the
    film and always chooses the most common genres: where its micro-F1 on these films would be lower, the shared
    threshold gets more weight, in the end all of it.

    Returns:
        float64 ``(genres,)`` in 0.02..0.9.
    """
    own, shared = _own(probabilities), _best(labels.ravel(), probabilities.ravel())
    to_beat = _base_rates_micro_f1(labels)
    weight = _fitted_weight(labels, probabilities)
    for each in (weight, *(lower for lower in LOWER_WEIGHTS if lower < weight)):
        thresholds = _mixed(own, shared, each).round(4)
        if count(labels, probabilities >= thresholds).averages()["micro_f1"] >= to_beat:
            break
    return thresholds


def _base_rates_micro_f1(labels: np.ndarray) -> float:
    """The best micro-F1 on these films of choosing the same genres, the most common ones, for every film."""
    if not len(labels):
        return 0.0
    base_rates = np.broadcast_to(labels.mean(axis=0), labels.shape)
    candidates = np.unique(base_rates[0])
    return max(float(count(labels, base_rates >= each).averages()["micro_f1"]) for each in candidates)


def _fitted_weight(labels: np.ndarray, probabilities: np.ndarray) -> float:
    if len(labels) < MIN_FILMS:
        return FEW_FILMS_WEIGHT
    scores = np.zeros((len(WEIGHTS), 2))
    for seed in range(REPETITIONS):
        folds = np.array_split(np.random.default_rng(seed).permutation(len(labels)), 3)
        for fold, held_out in enumerate(folds):
            rows = np.concatenate(folds[:fold] + folds[fold + 1 :])
            own, shared = _own(probabilities[rows]), _best(labels[rows].ravel(), probabilities[rows].ravel())
            for place, weight in enumerate(WEIGHTS):
                chosen = probabilities[held_out] >= _mixed(own, shared, weight)
                averages = count(labels[held_out], chosen).averages()
                scores[place] += averages["micro_f1"], averages["macro_f1"]
    return WEIGHTS[int(np.argmax(scores.prod(axis=1)))]


def _mixed(own: np.ndarray, shared: float, weight: float) -> np.ndarray:
    return np.where(np.isnan(own), shared, own**weight * shared ** (1 - weight))


def _own(probabilities: np.ndarray) -> np.ndarray:
    """Each genre's threshold with the largest expected F1; NaN where it would choose the genre for nearly all films."""
    own = np.full(probabilities.shape[1], np.nan)
    for genre, each in enumerate(probabilities.T):
        if len(each) and np.ptp(each) > 1e-6:  # else it would choose all films or none
            threshold = _best(each, each)
            own[genre] = threshold if np.mean(each >= threshold) < NEARLY_ALL else np.nan
    return own


def _best(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """The threshold with the largest F1; with the largest expected F1 where the truth is given as probabilities."""
    return float(GRID[int(np.argmax(np.nan_to_num(counts_at(truth, probabilities, GRID).f1)))])


def card_metrics(
    labels: np.ndarray, raw: np.ndarray, calibrated: np.ndarray, thresholds: np.ndarray
) -> dict[str, float]:
    """The metrics of a split for ``card.json``: all ``METRICS`` and the effect of calibration, to six digits.

    ``raw`` and ``calibrated`` are the probabilities before and after calibration.
    """
    metrics = evaluate_probabilities(labels, calibrated, thresholds) | {
        "bce_uncalibrated": bce(labels, raw),
        "calibration_error": expected_calibration_error(labels, calibrated),
        "calibration_error_uncalibrated": expected_calibration_error(labels, raw),
    }
    return {name: round(value, 6) for name, value in metrics.items()}


def precision_recall(truth: np.ndarray, probabilities: np.ndarray) -> pd.DataFrame:
    """Precision and recall of a genre at every threshold that makes a visible difference.

    Returns:
        columns ``threshold`` (ascending), ``precision``, ``recall``; empty where no film has the genre.
    """
    thresholds, counts = _all_counts(truth, probabilities)
    table = pd.DataFrame({"threshold": thresholds, "precision": counts.precision, "recall": counts.recall}, dtype=float)
    moved = np.diff(counts.tp) != 0  # recall is constant between two such steps
    return table[np.append(True, moved) | np.append(moved, True)] if len(table) else table


def best_f1_threshold(truth: np.ndarray, probabilities: np.ndarray) -> float | None:
    """The lowest threshold with the highest F1 on these very films; None where no film has the genre.

    Its F1 is measured on the films it is fitted on, so it will be lower on others, especially with few films.
    """
    thresholds, counts = _all_counts(truth, probabilities)
    return float(thresholds[np.argmax(counts.f1)]) if len(thresholds) else None


def threshold_for_precision(truth: np.ndarray, probabilities: np.ndarray, target: float) -> float | None:
    """The threshold with the highest recall whose precision on these films is at least ``target`` (0..1), or None."""
    thresholds, counts = _all_counts(truth, probabilities)
    reached = thresholds[counts.precision >= target - 1e-12]
    return float(reached[0]) if len(reached) else None


def _all_counts(truth: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, Counts]:
    """All thresholds that differ on these films, ascending, and their counts; none where no film has the genre."""
    thresholds = np.unique(np.asarray(probabilities, np.float64)) if np.any(truth) else np.empty(0)
    return thresholds, counts_at(truth, probabilities, thresholds)
