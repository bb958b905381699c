"""Familiarity: does a poster look like those that a model learned from?

A logistic regression on features of a frozen network, trained to tell training posters from corrupted copies of them
and from other films' drawn ones (outlier exposure, Hendrycks et al. 2019). It knows photographs of posters, stills,
black and white, low resolution, darkness and drawings; of other pictures it recognises some.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

FEATURES = 120  # the last ones of ``poster``: the means of the frozen network's fine feature maps
FALSE_ALARMS = 0.02  # the share of validation posters that count as unfamiliar


@dataclass(frozen=True)
class Familiarity:
    """A linear score of a poster's features; above 0, it is unfamiliar.

    ``weights`` belong to the last columns of the features: texture and colour tell such pictures apart, rather than
    what they show.
    """

    weights: Sequence[float]
    bias: float

    def is_unfamiliar(self, features: np.ndarray) -> np.ndarray:
        """Whether posters look unlike those of the training: from float32 ``(n, width)`` to bool ``(n,)``."""
        return self.scores(features) > 0

    def scores(self, features: np.ndarray) -> np.ndarray:
        """Log-odds, shifted so that ``FALSE_ALARMS`` of the validation posters are above 0; float64 ``(n,)``."""
        return features[:, -len(self.weights) :] @ np.asarray(self.weights, np.float64) + self.bias

    def as_dict(self) -> dict[str, Any]:
        """For ``card.json``."""
        return {"weights": [float(f"{value:.5g}") for value in self.weights], "bias": float(f"{self.bias:.5g}")}


def fit_familiarity(familiar: np.ndarray, unfamiliar: np.ndarray, validation: np.ndarray) -> Familiarity:
    """Fit a familiarity on features, each float32 ``(n, width)``, all columns of which it uses.

    Args:
        familiar: of training posters.
        unfamiliar: of posters unlike them.
        validation: of validation posters, which determine how unlike is unfamiliar.
    """
    from sklearn.linear_model import LogisticRegression  # takes a second to import, and only training needs it

    mean, deviation = familiar.mean(axis=0, dtype=np.float64), familiar.std(axis=0, dtype=np.float64) + 1e-3
    features = (np.concatenate([familiar, unfamiliar]) - mean) / deviation
    truth = np.arange(len(features)) >= len(familiar)
    fitted = LogisticRegression(C=0.01, max_iter=1000, class_weight="balanced").fit(features, truth)
    weights = fitted.coef_[0] / deviation
    return Familiarity(weights.tolist(), -float(np.quantile(validation @ weights, 1 - FALSE_ALARMS)))
