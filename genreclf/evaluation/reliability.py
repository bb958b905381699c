"""The reliability of probabilities: do 30 % of the predictions made with a probability of 30 % come true?"""

import numpy as np
import pandas as pd

from genreclf.calibration import expected_calibration_error
from genreclf.evaluation.metrics import bce
from genreclf.evaluation.predictions import SplitPredictions


def reliability(labels: np.ndarray, probabilities: np.ndarray, bins: int = 15) -> pd.DataFrame:
    """Compare predicted and true shares of all film-genre pairs, in bins of equal width.

    ``genreclf.calibration.expected_calibration_error`` is the mean of ``|predicted - true|`` weighted by ``pairs``.

    Returns:
        columns ``low`` and ``high`` (limits of the bin), ``predicted`` (mean probability), ``true`` (share of true
        pairs), ``pairs``; bins without a pair are left out.
    """
    true, predicted = np.asarray(labels, np.float64).ravel(), np.asarray(probabilities, np.float64).ravel()
    bin_of = np.minimum((predicted * bins).astype(int), bins - 1)
    grouped = pd.DataFrame({"predicted": predicted, "true": true}).groupby(bin_of)
    table = grouped.mean().assign(pairs=grouped.size())
    table.insert(0, "low", table.index / bins)
    table.insert(1, "high", (table.index + 1) / bins)
    return table.reset_index(drop=True)


def calibration_table(predictions: SplitPredictions) -> pd.DataFrame:
    """The expected calibration error (ECE) and BCE of every model, before and after calibration.

    Returns:
        columns ``Model``, ``ECE before``, ``ECE after``, ``BCE before``, ``BCE after``; those before are
        NaN for someone else's model.
    """
    rows = []
    for name, model in predictions.models.items():
        both = predictions.uncalibrated(name), model.probabilities
        errors = [np.nan if each is None else measure(predictions.labels, each)
                  for measure in (expected_calibration_error, bce) for each in both]  # fmt: skip
        rows.append((model.label, *errors))
    return pd.DataFrame(rows, columns=["Model", "ECE before", "ECE after", "BCE before", "BCE after"])
