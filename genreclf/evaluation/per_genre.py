"""How well each genre is told, model by model."""

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, precision_recall_fscore_support

from genreclf.evaluation.predictions import SplitPredictions
from genreclf.genres import GENRES

FIGURES = ("precision", "recall", "f1", "average_precision")


def genre_table(predictions: SplitPredictions) -> pd.DataFrame:
    """The figures of every genre and model, one line each: genres in their order, models in that of the answers.

    Returns:
        columns ``genre``, ``films`` (that have it), ``model`` (its name), ``precision``, ``recall``, ``f1`` (at the
        fitted thresholds) and ``average_precision``. The four are NaN where no film has the genre, and so is
        ``precision`` where the model never chose it.
    """
    films = predictions.labels.sum(axis=0, dtype=int)
    tables = []
    for name, told in predictions.models.items():
        figures = precision_recall_fscore_support(predictions.labels, told.chosen, zero_division=np.nan)[:3]
        table = pd.DataFrame({"genre": GENRES, "films": films, "model": name})
        table[list(FIGURES)] = np.column_stack([*figures, _average_precisions(predictions.labels, told.probabilities)])
        table.loc[films == 0, list(FIGURES)] = np.nan
        tables.append(table)
    together = pd.concat(tables)
    return together.sort_index(kind="stable").reset_index(drop=True)  # every table's index is its genres'


def _average_precisions(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Of each genre, float64 ``(25,)``; NaN where no film has it."""
    return np.array(
        [
            average_precision_score(truth, told) if truth.any() else np.nan
            for truth, told in zip(labels.T, probabilities.T, strict=True)
        ]
    )
