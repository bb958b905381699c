"""What is fitted on val after training: a calibration of the probabilities, then a threshold for each genre."""

import numpy as np

from genreclf.calibration import Calibration, expected_calibration_error, logit
from genreclf.evaluation.metrics import bce, evaluate_probabilities
from genreclf.genres import EPSILON

GRID = np.arange(0.02, 0.91, 0.01)  # thresholds that are tried
WEIGHTS = (0.5, 0.7, 0.9)  # of a genre's own threshold against the shared one
SPLITS = 6
MIN_FILMS = 200  # of val, below which scores of a third of them say too little to choose a weight by
FEW_FILMS_WEIGHT = 0.7


def fit_calibration(labels: np.ndarray, probabilities: np.ndarray) -> Calibration:
    """Fit the two numbers on val: labels 0/1 and probabilities, both ``(n, 25)``.

    A label without a film among these tells nothing and is left out. Falls back to no change where there is too little
    to fit, or where a constant was predicted.
    """
    from sklearn.linear_model import LogisticRegression  # a second to import, and only a trainer fits

    present = labels.any(axis=0)
    logits, truth = logit(probabilities[:, present]).ravel(), labels[:, present].ravel()
    if len(labels) < 20 or not present.any() or truth.all() or np.ptp(logits) < 1e-9:
        return Calibration()
    fitted = LogisticRegression(C=1e4, max_iter=1000).fit(logits[:, None], truth)
    scale = float(fitted.coef_[0, 0])
    if not np.isfinite(scale) or scale <= 0:  # worse than chance on val: turning the order around would be dishonest
        return Calibration()
    return Calibration(scale, float(fitted.intercept_[0]))


def fit_thresholds(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """A threshold for each genre: its own best one, drawn toward the one that is best for all film-genre pairs.

    A genre's own is the one whose *expected* F1 on val is largest, taking the calibrated probabilities at their word
    (the plug-in rule, Lipton et al. 2014): counting its few true films on val instead follows their chance
    (``benchmarks/thresholds.py`` compares the rules). The shared one is fitted on the labels. The two are mixed as
    their geometric mean; macro-F1 gains from the first and micro-F1 from the second, and how much, differs from model
    to model. So the weight is the one of ``WEIGHTS`` with the largest product of both scores when val is split in three
    again and again and each third scored with what the others gave.

    Args:
        labels: 0/1 of shape ``(n, 25)``.
        probabilities: calibrated, ``(n, 25)`` in 0..1. A genre whose probability is the same for every film keeps the
            shared threshold: its own would choose it always or never.

    Returns:
        float64 ``(25,)`` in 0.02..0.9.
    """
    return _mixed(labels, probabilities, _fitted_weight(labels, probabilities)).round(4)


def _fitted_weight(labels: np.ndarray, probabilities: np.ndarray) -> float:
    if len(labels) < MIN_FILMS:
        return FEW_FILMS_WEIGHT
    scores = np.zeros((len(WEIGHTS), 2))
    for seed in range(SPLITS):
        parts = np.array_split(np.random.default_rng(seed).permutation(len(labels)), 3)
        for place, held_out in enumerate(parts):
            rows = np.concatenate(parts[:place] + parts[place + 1 :])
            own, shared = _own(probabilities[rows]), _shared(labels[rows], probabilities[rows])
            for at, weight in enumerate(WEIGHTS):
                scores[at] += _micro_and_macro(labels[held_out], probabilities[held_out] >= _mean(own, shared, weight))
    return WEIGHTS[int(np.argmax(scores.prod(axis=1)))]


def _mixed(labels: np.ndarray, probabilities: np.ndarray, weight: float) -> np.ndarray:
    return _mean(_own(probabilities), _shared(labels, probabilities), weight)


def _mean(own: np.ndarray, shared: float, weight: float) -> np.ndarray:
    return np.where(np.isnan(own), shared, own**weight * shared ** (1 - weight))


def _own(probabilities: np.ndarray) -> np.ndarray:
    """The threshold of each genre with the largest expected F1; NaN where its probability is the same for all films."""
    best = [_best(told, told) if len(told) and np.ptp(told) > 1e-6 else np.nan for told in probabilities.T]
    return np.array(best, np.float64)


def _shared(labels: np.ndarray, probabilities: np.ndarray) -> float:
    return _best(labels.ravel(), probabilities.ravel())


def _best(truth: np.ndarray, told: np.ndarray) -> float:
    """The threshold of the largest F1; of the largest expected one where the truth is given as probabilities."""
    chosen = told[:, None] >= GRID
    hits = truth.astype(np.float64) @ chosen
    return float(GRID[int(np.argmax(2 * hits / np.maximum(EPSILON, truth.sum() + chosen.sum(axis=0))))])


def _micro_and_macro(labels: np.ndarray, chosen: np.ndarray) -> tuple[float, float]:
    hits, true, told = (np.sum(one, axis=0, dtype=np.float64) for one in (labels * chosen, labels, chosen))
    f1 = 2 * hits / np.maximum(1.0, true + told)
    return 2 * hits.sum() / max(1.0, true.sum() + told.sum()), f1[true > 0].mean() if true.any() else 0.0


def card_figures(
    labels: np.ndarray, raw: np.ndarray, calibrated: np.ndarray, thresholds: np.ndarray
) -> dict[str, float]:
    """What a card says of a split: all figures, and what calibration did, to six digits.

    Args:
        labels: 0/1 of shape ``(n, 25)``.
        raw: ``(n, 25)`` in 0..1, before calibration.
        calibrated: the same after it.
        thresholds: ``(25,)``.
    """
    figures = evaluate_probabilities(labels, calibrated, thresholds)
    figures["bce_uncalibrated"] = bce(labels, raw)
    figures["calibration_error"] = expected_calibration_error(labels, calibrated)
    figures["calibration_error_uncalibrated"] = expected_calibration_error(labels, raw)
    return {name: round(value, 6) for name, value in figures.items()}
