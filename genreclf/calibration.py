"""Calibration of probabilities: Platt scaling, log-odds and the expected calibration error."""

from dataclasses import asdict, dataclass

import numpy as np

from genreclf.genres import EPSILON


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
        return sigmoid(self.log_odds(probabilities)).astype(np.float32)

    def undo(self, probabilities: np.ndarray) -> np.ndarray:
        """What ``apply`` was given, float32, from what it gave; exact but for what was clipped or rounded."""
        if self.scale == 1.0 and self.shift == 0.0:
            return np.asarray(probabilities, np.float32)
        return sigmoid((logit(probabilities) - self.shift) / self.scale).astype(np.float32)

    def log_odds(self, probabilities: np.ndarray) -> np.ndarray:
        """The log-odds of what ``apply`` gives, float64; probabilities are clipped at 1e-7 first."""
        return self.scale * logit(probabilities) + self.shift

    def as_dict(self) -> dict:
        """For ``card.json``."""
        return {"method": "platt", **asdict(self)}


def expected_calibration_error(labels: np.ndarray, probabilities: np.ndarray, bins: int = 15) -> float:
    """Mean gap between what was predicted and what came true, over all film-genre pairs in equal-width bins."""
    truth, predicted = labels.ravel().astype(np.float64), probabilities.ravel().astype(np.float64)
    which = np.minimum((predicted * bins).astype(int), bins - 1)
    gaps = np.bincount(which, truth - predicted, minlength=bins)
    return float(np.abs(gaps).sum() / len(truth))


def logit(probabilities: np.ndarray) -> np.ndarray:
    clipped = np.clip(np.asarray(probabilities, np.float64), EPSILON, 1 - EPSILON)
    return np.log(clipped) - np.log1p(-clipped)


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-values))
