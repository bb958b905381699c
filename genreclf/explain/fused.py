"""Fusion as a sum: how much each part's row adds to the log-odds (see ``genreclf.models.fusion``)."""

import numpy as np

from genreclf.errors import UserError
from genreclf.genres import NUM_GENRES
from genreclf.predict.predictor import Predictor


class FusionTerms:
    """The terms that fusion adds up. A part's row is its log-odds followed by its features.

    Args:
        predictor: of fusion.

    Attributes:
        base: the term that is the same for every film, before calibration, float64 ``(25,)``.
        weights: the factor of each part's log-odds, float64 ``(25,)`` by part.
        scale: the calibration's factor for log-odds.

    Raises:
        UserError: the predictor is not of fusion.
    """

    def __init__(self, predictor: Predictor):
        if predictor.spec.name != "fusion":
            raise UserError(f"The model {predictor.spec.name} does not combine two parts; choose fusion.")
        model, calibration = predictor.keras_model, predictor.weights.calibration
        self.scale, self._shift = calibration.scale, calibration.shift
        kernel, bias = (np.asarray(array, np.float64) for array in model.get_layer("together").get_weights())
        self.base, start = bias.copy(), 0
        self.weights: dict[str, np.ndarray] = {}
        self._parts: dict[str, tuple[np.ndarray, float]] = {}
        for part in predictor.spec.parts:
            norm = model.get_layer(f"{part}_norm")
            gamma, beta = (np.asarray(array, np.float64) for array in norm.get_weights())
            rows = kernel[start : start + len(gamma)]
            self.weights[part] = np.asarray(model.get_layer(f"{part}_weight").get_weights()[0], np.float64)
            self._parts[part] = gamma[:, None] * rows, norm.epsilon
            self.base += beta @ rows
            start += len(gamma)

    def from_log_odds(self, part: str, rows: np.ndarray) -> np.ndarray:
        """The terms of a part's own log-odds, before calibration: ``(n, 25)`` for rows ``(n, 25 + features)``."""
        return self.weights[part] * rows[:, :NUM_GENRES]

    def from_features(self, part: str, rows: np.ndarray) -> np.ndarray:
        """The terms of a part's features, before calibration: ``(n, 25)`` for rows ``(n, 25 + features)``."""
        kernel, epsilon = self._parts[part]
        features = np.asarray(rows[:, NUM_GENRES:], np.float64)
        return (features - features.mean(axis=1, keepdims=True)) / _spread(features, epsilon) @ kernel

    def log_odds(self, rows: dict[str, np.ndarray]) -> np.ndarray:
        """Calibrated log-odds of n films, float64 ``(n, 25)``, from the rows of both parts by name."""
        total = self.base
        for part, given in rows.items():
            total = total + self.from_log_odds(part, given) + self.from_features(part, given)
        return self.calibrate(total)

    def calibrate(self, log_odds):
        """Turn fusion's log-odds into those of the predicted probability."""
        return self.scale * log_odds + self._shift

    def neutral_log_odds(self, genre: int) -> float:
        """The log-odds that fusion returns unchanged if both parts answer with them: roughly those of the base rate.

        Args:
            genre: index in ``GENRES``.
        """
        surplus = sum(float(weights[genre]) for weights in self.weights.values()) - 1
        return -float(self.base[genre]) / max(surplus, 0.1)  # below, the bias subtracts next to nothing

    def feature_slopes(self, part: str, features: np.ndarray, genre: int) -> np.ndarray:
        """Change of a genre's calibrated log-odds per unit of each feature of one film, float64 ``(width,)``.

        The spread by which fusion divides the features is treated as a constant, so that slope × feature are exact
        shares of what the features add. The true slopes would add up to nothing, as features twice as large change
        nothing (the rule for layer normalisation of Ali et al. 2022).
        """
        kernel, epsilon = self._parts[part]
        slopes = kernel[:, genre] / _spread(features, epsilon)
        return self.scale * (slopes - slopes.mean())


def _spread(features: np.ndarray, epsilon: float) -> np.ndarray:
    """The divisor of layer normalisation for features ``(..., width)``, ``(..., 1)``."""
    return np.sqrt(np.asarray(features, np.float64).var(axis=-1, keepdims=True) + epsilon)
