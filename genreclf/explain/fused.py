"""Fusion as arithmetic: what each part's row adds to the log-odds, told apart (see ``genreclf.models.fusion``)."""

from typing import NamedTuple

import numpy as np

from genreclf.errors import UserError
from genreclf.genres import NUM_GENRES
from genreclf.predict.predictor import Predictor


class Slopes(NamedTuple):
    """How a genre's calibrated log-odds follow a part's row: times its own log-odds, and times its features.

    The features' spread, by which fusion divides them, is held as it is for the film. So the products are exact shares
    of what the features add; the true slopes would add up to nothing, since features twice as large change nothing
    (the rule for layer normalisation of Ali et al. 2022).
    """

    said: float
    seen: np.ndarray


class Fused:
    """Fusion's learnt numbers.

    Args:
        predictor: of fusion.

    Attributes:
        base: what no row changes, before calibration, float64 ``(25,)``.
        weights: by part, what its log-odds are multiplied by, float64 ``(25,)``.
        scale: what the calibration multiplies log-odds by.

    Raises:
        UserError: the predictor is another model's.
    """

    def __init__(self, predictor: Predictor):
        if predictor.spec.name != "fusion":
            raise UserError(f"The model {predictor.spec.name} has no two sides; choose fusion.")
        model, calibration = predictor.keras_model, predictor.weights.calibration
        self.scale, self._shift = calibration.scale, calibration.shift
        kernel, bias = (np.float64(array) for array in model.get_layer("together").get_weights())
        self.base, self.weights, self._parts, start = bias.copy(), {}, {}, 0
        for part in predictor.spec.parts:
            norm = model.get_layer(f"{part}_norm")
            gamma, beta = (np.float64(array) for array in norm.get_weights())
            rows = kernel[start : start + len(gamma)]
            self.weights[part] = np.float64(model.get_layer(f"{part}_weight").get_weights()[0])
            self._parts[part] = gamma[:, None] * rows, norm.epsilon
            self.base += beta @ rows
            start += len(gamma)

    def said(self, part: str, rows: np.ndarray) -> np.ndarray:
        """What a part's own answers add, before calibration: ``(n, 25)`` of its rows ``(n, 25 + features)``."""
        return self.weights[part] * rows[:, :NUM_GENRES]

    def seen(self, part: str, rows: np.ndarray) -> np.ndarray:
        """What fusion's look at a part's features adds, before calibration: ``(n, 25)``."""
        kernel, epsilon = self._parts[part]
        features = np.float64(rows[:, NUM_GENRES:])
        return (features - features.mean(axis=1, keepdims=True)) / _spread(features, epsilon) @ kernel

    def log_odds(self, rows: dict[str, np.ndarray]) -> np.ndarray:
        """Calibrated log-odds of n films, float64 ``(n, 25)``, from the rows of both parts by name."""
        added = sum(self.said(part, held) + self.seen(part, held) for part, held in rows.items())
        return self.calibrate(self.base + added)

    def calibrate(self, log_odds):
        """From fusion's log-odds to those of the probability that it answers."""
        return self.scale * log_odds + self._shift

    def standstill(self, genre: int) -> float:
        """The log-odds that fusion answers with where both parts do, but for their features: about the base rate's.

        Args:
            genre: its place in ``GENRES``.
        """
        surplus = sum(float(weights[genre]) for weights in self.weights.values()) - 1
        return -float(self.base[genre]) / max(surplus, 0.1)  # below, the bias has to take next to nothing away

    def slopes(self, part: str, features: np.ndarray, genre: int) -> Slopes:
        """Those of a genre, its place in ``GENRES``, for a film of which these are a part's features ``(width,)``."""
        kernel, epsilon = self._parts[part]
        pull = kernel[:, genre] / _spread(features, epsilon)
        return Slopes(self.scale * float(self.weights[part][genre]), self.scale * (pull - pull.mean()))


def _spread(features: np.ndarray, epsilon: float) -> np.ndarray:
    """What layer normalisation divides features ``(..., width)`` by, ``(..., 1)``."""
    return np.sqrt(np.float64(features).var(axis=-1, keepdims=True) + epsilon)
