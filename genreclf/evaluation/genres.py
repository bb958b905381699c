"""How well a model recognises each genre, and which wrong genre it chooses where it misses a true one."""

import numpy as np
import pandas as pd

from genreclf.evaluation.counts import count, counts_at, ratio
from genreclf.evaluation.metrics import average_precisions
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.thresholds import best_f1_threshold, threshold_for_precision
from genreclf.genres import GENRES

GENRE_METRICS = ("precision", "recall", "f1", "average_precision")
NOTHING = "nothing"  # column of ``substitutions``: no wrong genre was chosen
MISSED = "missed"  # column of ``substitutions``: number of films
TARGET_PRECISION = 0.8  # an example of a precision that one may want


def genre_table(predictions: SplitPredictions) -> pd.DataFrame:
    """Compute the metrics of every genre and model, a row each: genres in their order, within them the models.

    Returns:
        columns ``genre``, ``films`` (that have it), ``model`` (its name), ``precision``, ``recall``, ``f1`` (at the
        fitted thresholds) and ``average_precision``. The four are NaN where no film has the genre, and so is
        ``precision`` where the model never chose it.
    """
    films = predictions.labels.sum(axis=0, dtype=int)
    tables = []
    for name, model in predictions.models.items():
        counts = count(predictions.labels, model.chosen)
        table = pd.DataFrame({"genre": GENRES, "films": films, "model": name})
        table["precision"], table["recall"], table["f1"] = counts.precision, counts.recall, counts.f1
        table["average_precision"] = average_precisions(predictions.labels, model.probabilities)
        table.loc[films == 0, list(GENRE_METRICS)] = np.nan
        tables.append(table)
    return pd.concat(tables).sort_index(kind="stable").reset_index(drop=True)  # every table's index is its genres'


def threshold_table(predictions: SplitPredictions, model: str) -> pd.DataFrame:
    """What a model's fitted thresholds do, genre by genre, the most frequent first, and what other aims would need.

    Genres without a film are left out; a threshold that does not exist is NaN.
    """
    ours, rows = predictions.of(model), []
    for genre in np.argsort(-predictions.labels.sum(axis=0, dtype=int), kind="stable"):
        truth, probabilities = predictions.labels[:, genre], ours.probabilities[:, genre]
        best = best_f1_threshold(truth, probabilities)
        if best is None:
            continue
        fitted = counts_at(truth, probabilities, ours.thresholds[genre])
        rows.append(
            {
                "Genre": GENRES[genre],
                "Films": int(truth.sum()),
                "Threshold": ours.thresholds[genre],
                "Found": fitted.tp,
                "Missed": fitted.fn,
                "False alarms": fitted.fp,
                "Correctly rejected": fitted.tn,
                "Precision": fitted.precision,
                "Recall": fitted.recall,
                "F1": fitted.f1,
                "Best F1 here": counts_at(truth, probabilities, best).f1,
                "at": best,
                f"{TARGET_PRECISION:.0%} precision from": threshold_for_precision(
                    truth, probabilities, TARGET_PRECISION
                ),
            }
        )
    return pd.DataFrame(rows)


def substitutions(labels: np.ndarray, chosen: np.ndarray) -> pd.DataFrame:
    """Compute which wrong genres are chosen for the films in which a true genre is missed.

    A film may have several wrong genres, or none (whatever right ones it has), so a row's shares need not add up to 1.

    Args:
        labels: 0/1 of shape ``(n, 25)``.
        chosen: bool ``(n, 25)``.

    Returns:
        one row for each missed genre (index ``genre``); columns: the 25 genres and ``"nothing"``, the share of these
        films for which that wrong genre, or no wrong genre, was chosen, 0..1; last ``"missed"``, the number of these
        films. Shares are NaN where no film is missed, and so is a genre in its own row.
    """
    true, chosen = labels.astype(bool), chosen.astype(bool)
    missed, wrong = true & ~chosen, ~true & chosen
    answers = np.column_stack([wrong, ~wrong.any(axis=1)])
    films = missed.sum(axis=0)
    shares = np.asarray(ratio(missed.T.astype(int) @ answers.astype(int), films[:, None]))
    np.fill_diagonal(shares, np.nan)
    table = pd.DataFrame(shares, index=pd.Index(GENRES, name="genre"), columns=[*GENRES, NOTHING])
    table[MISSED] = films
    return table


def substitution_pairs(table: pd.DataFrame, count: int = 8) -> pd.DataFrame:
    """List which wrong genre is most often chosen for which missed one, the most films first.

    Args:
        table: from ``substitutions``.
        count: the most pairs to list; those with a single film are left out.

    Returns:
        columns ``Missed``, ``Chosen instead`` (genres), ``Films``, ``Share`` (of the films in which it was missed).
    """
    chosen = table.drop(columns=[MISSED, NOTHING])
    pairs = chosen.stack().rename_axis(["Missed", "Chosen instead"]).rename("Share").reset_index()
    films = pairs["Share"] * pairs["Missed"].map(table[MISSED])
    pairs.insert(2, "Films", films.fillna(0).round().astype(int))
    ranked = pairs[pairs["Films"] > 1].sort_values(["Films", "Share"], ascending=False, kind="stable")
    return ranked.head(count).reset_index(drop=True)
