"""Calibration of probabilities: Platt scaling, log-odds and the expected calibration error."""

from dataclasses import asdict, dataclass

import numpy as np

from genreclf.genres import EPSILON


@dataclass(frozen=True)
class Calibration:
    """Platt scaling (Platt 1999) of all labels together: ``sigmoid(scale · logit(p) + shift)``.

    It corrects probabilities that are too high or too low on average, without changing their order.
    """

    scale: float = 1.0
    shift: float = 0.0

    def apply(self, probabilities: np.ndarray) -> np.ndarray:
        """Calibrate probabilities of any shape; float32 in 0..1."""
        if self == Calibration():
            return np.asarray(probabilities, np.float32)
        return sigmoid(self.log_odds(probabilities)).astype(np.float32)

    def undo(self, probabilities: np.ndarray) -> np.ndarray:
        """Uncalibrated probabilities from calibrated ones, float32; exact except for clipping and rounding."""
        if self == Calibration():
            return np.asarray(probabilities, np.float32)
        return sigmoid((logit(probabilities) - self.shift) / self.scale).astype(np.float32)

    def log_odds(self, probabilities: np.ndarray) -> np.ndarray:
        """The log-odds of the calibrated probabilities, float64; ``probabilities`` are clipped at 1e-7 first."""
        return self.scale * logit(probabilities) + self.shift

    def as_dict(self) -> dict:
        """For ``card.json``."""
        return {"method": "platt", **asdict(self)}


def expected_calibration_error(labels: np.ndarray, probabilities: np.ndarray, bins: int = 15) -> float:
    """Mean gap between predicted and true shares, over all film-genre pairs in bins of equal width (Guo et al. 2017).

    ``labels`` are 0/1, ``probabilities`` in 0..1 of the same shape; the result is in 0..1.
    """
    truth, predicted = labels.ravel().astype(np.float64), probabilities.ravel().astype(np.float64)
    bin_of = np.minimum((predicted * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, truth - predicted, minlength=bins)
    return float(np.abs(gaps).sum() / len(truth))


def logit(probabilities: np.ndarray) -> np.ndarray:
    """Log-odds, float64; probabilities are clipped at 1e-7."""
    clipped = np.clip(np.asarray(probabilities, np.float64), EPSILON, 1 - EPSILON)
    return np.log(clipped) - np.log1p(-clipped)


def sigmoid(values: np.ndarray) -> np.ndarray:
    """Probabilities from log-odds, same shape and dtype."""
    with np.errstate(over="ignore"):  # the result is 0
        return 1.0 / (1.0 + np.exp(-values))
