"""Metrics by genre, the effect of the thresholds, and the wrong genres chosen in place of missed ones."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from genreclf.evaluation.counts import count, counts_at, ratio
from genreclf.evaluation.metrics import average_precisions
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.thresholds import best_f1_threshold, threshold_for_precision

GENRE_METRICS = ("precision", "recall", "f1", "average_precision")
NOTHING, MISSED = "nothing", "missed"  # columns of ``substitutions``: no wrong genre was chosen; number of films
TARGET_PRECISION = 0.8  # an example of a precision that a user may want


def genre_table(predictions: SplitPredictions) -> pd.DataFrame:
    """Compute the metrics of every genre and model, one row each: by genre, then by model.

    Returns:
        columns ``genre``, ``films`` (that have it), ``model`` (its name), ``precision``, ``recall``, ``f1`` (at the
        fitted thresholds) and ``average_precision``. The four are NaN where no film has the genre, and so is
        ``precision`` where the model never chose it.
    """
    tables = []
    for name, model in predictions.models.items():
        counts = count(predictions.labels, model.chosen)
        ranking = average_precisions(predictions.labels, model.probabilities)
        columns = {"genre": predictions.genres, "films": counts.positives, "model": name, "precision": counts.precision,
                   "recall": counts.recall, "f1": counts.f1, "average_precision": ranking}  # fmt: skip
        tables.append(pd.DataFrame(columns))
    table = pd.concat(tables).sort_index(kind="stable").reset_index(drop=True)  # a model's index counts the genres
    table.loc[table["films"] == 0, list(GENRE_METRICS)] = np.nan
    return table


def threshold_table(predictions: SplitPredictions, model: str) -> pd.DataFrame:
    """The effect of a model's fitted thresholds, and thresholds for other goals, the most frequent genre first.

    Genres without a film are left out; a threshold that does not exist is NaN.
    """
    labels, ours = predictions.labels, predictions.of(model)
    counts, rows = count(labels, ours.chosen), []
    table = pd.DataFrame(
        {
            "Genre": predictions.genres,
            "Films": counts.positives,
            "Threshold": ours.thresholds,
            "Found": counts.tp,
            "Missed": counts.fn,
            "False alarms": counts.fp,
            "Correctly rejected": counts.tn,
            "Precision": counts.precision,
            "Recall": counts.recall,
            "F1": counts.f1,
        }
    )
    for pair in zip(labels.T, ours.probabilities.T, strict=True):
        best, precise = best_f1_threshold(*pair), threshold_for_precision(*pair, TARGET_PRECISION)
        rows.append((np.nan if best is None else counts_at(*pair, best).f1, best, precise))
    table[["Best F1 here", "Its threshold", f"Threshold for {TARGET_PRECISION:.0%} precision"]] = np.array(
        rows, np.float64
    )
    return table[table["Films"] > 0].sort_values("Films", ascending=False, kind="stable", ignore_index=True)


def substitutions(labels: np.ndarray, chosen: np.ndarray, genres: Sequence[str]) -> pd.DataFrame:
    """Compute which wrong genres are chosen for the films in which a true genre is missed.

    A film may have several wrong genres, or none, so a row's shares need not add up to 1.

    Returns:
        one row per missed genre (index ``genre``); columns: the genres and ``"nothing"``, the share (0..1) of its
        missed films for which that wrong genre, or no wrong genre, was chosen; last ``"missed"``, the number of these
        films. Shares are NaN where no film is missed, and for a genre in its own row.
    """
    true, chosen = labels.astype(bool), chosen.astype(bool)
    missed, wrong = true & ~chosen, ~true & chosen
    outcomes = np.column_stack([wrong, ~wrong.any(axis=1)])
    films = missed.sum(axis=0)
    shares = np.asarray(ratio(missed.T.astype(float) @ outcomes.astype(float), films[:, None]))
    np.fill_diagonal(shares, np.nan)
    table = pd.DataFrame(shares, index=pd.Index(genres, name="genre"), columns=[*genres, NOTHING])
    table[MISSED] = films
    return table


def substitution_pairs(table: pd.DataFrame, count: int = 8) -> pd.DataFrame:
    """The most frequent pairs in a table of ``substitutions``, at most ``count``, each of two films or more.

    Returns:
        columns ``Missed``, ``Picked instead`` (genres), ``Films``, ``Share`` (of the films in which it was missed).
    """
    chosen = table.drop(columns=[MISSED, NOTHING])
    pairs = chosen.stack().rename_axis(["Missed", "Picked instead"]).rename("Share").reset_index()
    films = pairs["Share"] * pairs["Missed"].map(table[MISSED])
    pairs.insert(2, "Films", films.fillna(0).round().astype(int))
    ranked = pairs[pairs["Films"] > 1].sort_values(["Films", "Share"], ascending=False, kind="stable")
    return ranked.head(count).reset_index(drop=True)
