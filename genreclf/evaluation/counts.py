"""What follows from where a threshold stands, and whether probabilities can be taken at their word."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_curve

from genreclf.data.overviews import split_words
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.models import get_spec


def precision_recall(truth: np.ndarray, told: np.ndarray) -> pd.DataFrame:
    """Precision and recall of a genre at every threshold that makes a visible difference.

    Args:
        truth: 0/1 of shape ``(n,)``.
        told: probabilities ``(n,)``.

    Returns:
        columns ``threshold`` (rising; chosen is what reaches it), ``precision``, ``recall``; empty where nothing is
        true.
    """
    if not np.any(truth):
        return pd.DataFrame(columns=["threshold", "precision", "recall"], dtype=float)
    precision, recall, thresholds = precision_recall_curve(truth, told, drop_intermediate=True)
    # the last point of scikit-learn (precision 1 at recall 0) belongs to no threshold
    return pd.DataFrame({"threshold": thresholds, "precision": precision[:-1], "recall": recall[:-1]}, dtype=float)


@dataclass(frozen=True)
class Counts:
    """How a genre's films and all others fall at a threshold: films, and the shares that follow."""

    hits: int
    false_alarms: int
    missed: int
    right_rejections: int

    @property
    def chosen(self) -> int:
        """Films for which the genre is chosen."""
        return self.hits + self.false_alarms

    @property
    def precision(self) -> float:
        """Of the chosen, the share that is true; NaN where none is chosen."""
        return self.hits / self.chosen if self.chosen else float("nan")

    @property
    def recall(self) -> float:
        """Of the true, the share that is chosen; NaN where none is true."""
        true = self.hits + self.missed
        return self.hits / true if true else float("nan")

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; NaN where nothing is true or chosen."""
        together = 2 * self.hits + self.false_alarms + self.missed
        return 2 * self.hits / together if together else float("nan")


def counts_at(truth: np.ndarray, told: np.ndarray, threshold: float) -> Counts:
    """What a threshold does; ``truth`` 0/1 and ``told`` probabilities, both ``(n,)``."""
    truth, chosen = np.asarray(truth, bool), _exact(told) >= threshold
    return Counts(
        hits=int((truth & chosen).sum()),
        false_alarms=int((~truth & chosen).sum()),
        missed=int((truth & ~chosen).sum()),
        right_rejections=int((~truth & ~chosen).sum()),
    )


def best_f1_threshold(truth: np.ndarray, told: np.ndarray) -> float | None:
    """The threshold with the highest F1 on just these films, the lowest of equals; None where nothing is true.

    It has seen the answers. On other films it does worse than here, the more so the fewer films have the genre.
    """
    if not np.any(truth):
        return None
    precision, recall, thresholds = precision_recall_curve(truth, _exact(told))
    f1 = 2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)
    return float(thresholds[np.argmax(f1[:-1])])


def threshold_for_precision(truth: np.ndarray, told: np.ndarray, wanted: float) -> float | None:
    """The lowest threshold whose precision on these films is at least ``wanted`` (0..1), so with the most hits.

    None where no threshold reaches it.
    """
    if not np.any(truth):
        return None
    precision, _, thresholds = precision_recall_curve(truth, _exact(told))
    reached = np.flatnonzero(precision[:-1] >= wanted - 1e-12)
    return float(thresholds[reached[0]]) if len(reached) else None


def reliability(labels: np.ndarray, probabilities: np.ndarray, bins: int = 15) -> pd.DataFrame:
    """What was predicted beside what came true, over all film-genre pairs in bins of equal width.

    The bins are those of ``genreclf.evaluation.thresholds.expected_calibration_error``, which is the mean of
    ``|predicted - true|`` weighted by ``pairs``.

    Returns:
        columns ``low`` and ``high`` (of the bin), ``predicted`` (mean probability), ``true`` (share of the pairs that
        are), ``pairs``; bins without a pair are left out.
    """
    truth, told = np.asarray(labels, np.float64).ravel(), _exact(probabilities).ravel()
    which = np.minimum((told * bins).astype(int), bins - 1)
    pairs = np.bincount(which, minlength=bins)
    held = np.flatnonzero(pairs)
    predicted, true = (np.bincount(which, one, minlength=bins)[held] / pairs[held] for one in (told, truth))
    return pd.DataFrame(
        {"low": held / bins, "high": (held + 1) / bins, "predicted": predicted, "true": true, "pairs": pairs[held]}
    )


def before_calibration(predictions: SplitPredictions, model: str) -> np.ndarray:
    """A model's probabilities as they were before its two numbers calibrated them, float32 ``(n, 25)``.

    A model of parts leaves films whose overview holds no word to the part that looks: its own numbers never touched
    those answers, which stay as they are.

    Raises:
        UserError: no answers of the model.
    """
    told = predictions.of(model)
    before = told.weights.calibration.undo(told.probabilities)
    if get_spec(model).parts:
        overviews = predictions.catalogue.films["overview"].to_numpy()[predictions.rows]
        silent = [not split_words(overview) for overview in overviews]
        before = np.where(np.array(silent)[:, None], told.probabilities, before)
    return before


def _exact(told: np.ndarray) -> np.ndarray:
    """In float64: a float32 beside a number of Python would round the number."""
    return np.asarray(told, np.float64)
