"""What is fitted on val after training: a calibration of the probabilities, then a threshold for each genre."""

from dataclasses import asdict, dataclass

import numpy as np

from genreclf.genres import EPSILON

SHRINK = 10.0  # val films' worth of trust in the shared threshold; rare genres have few films to fit their own on


@dataclass(frozen=True)
class Calibration:
    """Platt scaling (Platt 1999) of all labels together: ``sigmoid(scale · logit(p) + shift)``.

    It keeps the order of a model's probabilities and mends how sure they are.
    """

    scale: float = 1.0
    shift: float = 0.0

    def apply(self, probabilities: np.ndarray) -> np.ndarray:
        """Calibrate probabilities of any shape; float32 in 0..1."""
        if self.scale == 1.0 and self.shift == 0.0:
            return np.asarray(probabilities, np.float32)
        return _sigmoid(self.log_odds(probabilities)).astype(np.float32)

    def log_odds(self, probabilities: np.ndarray) -> np.ndarray:
        """The log-odds of what ``apply`` gives, float64; probabilities are clipped at 1e-7 first."""
        return self.scale * _logit(probabilities) + self.shift

    def as_dict(self) -> dict:
        """For ``card.json``."""
        return {"method": "platt", **asdict(self)}


def fit_calibration(labels: np.ndarray, probabilities: np.ndarray) -> Calibration:
    """Fit the two numbers on val: labels 0/1 and probabilities, both ``(n, 25)``.

    A label without a film among these tells nothing and is left out. Falls back to no change where there is too little
    to fit, or where a constant was predicted.
    """
    from sklearn.linear_model import LogisticRegression  # a second to import, and only a trainer fits

    present = labels.any(axis=0)
    logits, truth = _logit(probabilities[:, present]).ravel(), labels[:, present].ravel()
    if len(labels) < 20 or not present.any() or truth.all() or np.ptp(logits) < 1e-9:
        return Calibration()
    fitted = LogisticRegression(C=1e4, max_iter=1000).fit(logits[:, None], truth)
    scale = float(fitted.coef_[0, 0])
    if not np.isfinite(scale) or scale <= 0:  # worse than chance on val: turning the order around would be dishonest
        return Calibration()
    return Calibration(scale, float(fitted.intercept_[0]))


def fit_thresholds(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """The threshold of each genre that makes its F1 on val largest, drawn toward the shared best one for rare genres.

    A genre whose probability is the same for every film keeps the shared one: its own would choose it always or never.

    Args:
        labels: 0/1 of shape ``(n, 25)``.
        probabilities: calibrated, ``(n, 25)`` in 0..1.

    Returns:
        float64 ``(25,)`` in 0.02..0.9.
    """
    grid = np.arange(0.02, 0.91, 0.01)
    shared = grid[int(np.argmax([_f1(labels.ravel(), probabilities.ravel() >= value) for value in grid]))]
    thresholds = np.full(labels.shape[1], shared)
    for genre in range(labels.shape[1]):
        positives = int(labels[:, genre].sum())
        if positives and np.ptp(probabilities[:, genre]) > 1e-6:
            scores = [_f1(labels[:, genre], probabilities[:, genre] >= value) for value in grid]
            best = grid[int(np.argmax(scores))]
            trust = positives / (positives + SHRINK)
            thresholds[genre] = trust * best + (1 - trust) * shared
    return thresholds.round(4)


def expected_calibration_error(labels: np.ndarray, probabilities: np.ndarray, bins: int = 15) -> float:
    """Mean gap between what was predicted and what came true, over all film-genre pairs in equal-width bins."""
    truth, predicted = labels.ravel().astype(np.float64), probabilities.ravel().astype(np.float64)
    which = np.minimum((predicted * bins).astype(int), bins - 1)
    gaps = np.bincount(which, truth - predicted, minlength=bins)
    return float(np.abs(gaps).sum() / len(truth))


def _f1(truth: np.ndarray, chosen: np.ndarray) -> float:
    hits = float(np.sum(truth * chosen))
    return 2 * hits / max(1.0, float(truth.sum() + chosen.sum()))


def _logit(probabilities: np.ndarray) -> np.ndarray:
    clipped = np.clip(np.asarray(probabilities, np.float64), EPSILON, 1 - EPSILON)
    return np.log(clipped) - np.log1p(-clipped)


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-values))
