"""Tables of an evaluation that the app and reports share."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from genreclf.calibration import expected_calibration_error
from genreclf.evaluation.bootstrap import LOWER_IS_BETTER
from genreclf.evaluation.confusion import MISSED, NOTHING, matrices
from genreclf.evaluation.counts import before_calibration, best_f1_threshold, counts_at, threshold_for_precision
from genreclf.evaluation.metrics import METRICS, bce
from genreclf.evaluation.poster_vs_overview import FUSION
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.scoreboard import Score
from genreclf.files import as_object
from genreclf.genres import GENRES
from genreclf.models import SPECS
from genreclf.units import duration
from genreclf.weights.folder import Weights

WISHED = 0.8  # a precision that a reader might wish for


def sides(predictions: SplitPredictions) -> tuple[list[str], list[str]]:
    """The models that only look at posters, and those that only read overviews."""
    specs = [SPECS[name] for name in predictions.models]
    looking = [spec.name for spec in specs if spec.uses_poster and not spec.uses_overview]
    reading = [spec.name for spec in specs if spec.uses_overview and not spec.uses_poster]
    return looking, reading


def has_fusion(predictions: SplitPredictions) -> bool:
    """Whether fusion and its parts have answered, so that what it gains can be said."""
    return {FUSION, *SPECS[FUSION].parts} <= set(predictions.models)


def score_table(
    scores: Iterable[Score], figure: str = "bce", spans: Mapping[str, tuple[float, float]] | None = None
) -> pd.DataFrame:
    """The scoreboard in numbers, the best in one figure first; who does not have it comes last.

    Args:
        scores: models, baselines and references.
        figure: one of ``genreclf.evaluation.metrics.METRICS``.
        spans: its interval by model, for all but references; with it there are columns ``from`` and ``to``.

    Returns:
        columns ``Model``, ``Kind``, the figure, its interval, then all other figures by their names; NaN where unknown.
    """
    rows = []
    for score in scores:
        low, high = (spans or {}).get(score.model, (None, None)) if score.kind != "reference" else (None, None)
        ends = {} if spans is None else {"from": low, "to": high}
        first = {"Model": score.label, "Kind": score.kind, figure: score.figures.get(figure), **ends}
        rows.append(first | {name: score.figures.get(name) for name in METRICS if name != figure})
    table = pd.DataFrame(rows)
    numbers = table.columns[2:]
    table[numbers] = table[numbers].astype(float)
    return table.sort_values(figure, ascending=figure in LOWER_IS_BETTER, kind="stable", ignore_index=True)


def calibration_table(predictions: SplitPredictions) -> pd.DataFrame:
    """Expected calibration error and BCE of every model before and after calibration: columns ``Model``, ``ECE before``
    and so on."""
    rows = []
    for model, told in predictions.models.items():
        raw, labels = before_calibration(predictions, model), predictions.labels
        rows.append(
            {
                "Model": told.label,
                "ECE before": expected_calibration_error(labels, raw),
                "ECE after": expected_calibration_error(labels, told.probabilities),
                "BCE before": bce(labels, raw),
                "BCE after": bce(labels, told.probabilities),
            }
        )
    return pd.DataFrame(rows)


def threshold_table(predictions: SplitPredictions, model: str) -> pd.DataFrame:
    """What a model's fitted thresholds do, genre by genre, the most frequent first, and where others would stand.

    Genres without a film are left out; a threshold that cannot be reached is NaN.
    """
    told, rows = predictions.of(model), []
    of_all = matrices(predictions.labels, told.chosen)
    for genre in np.argsort(-predictions.labels.sum(axis=0, dtype=int), kind="stable"):
        truth, probabilities = predictions.labels[:, genre], told.probabilities[:, genre]
        if not truth.any():
            continue
        (left, alarms), (missed, found) = of_all[genre].tolist()
        best = best_f1_threshold(truth, probabilities)
        fitted = counts_at(truth, probabilities, told.thresholds[genre])
        rows.append(
            {
                "Genre": GENRES[genre],
                "Films": int(truth.sum()),
                "Threshold": told.thresholds[genre],
                "Found": found,
                "Missed": missed,
                "False alarms": alarms,
                "Rightly left": left,
                "Precision": fitted.precision,
                "Recall": fitted.recall,
                "F1": fitted.f1,
                "Best F1 here": counts_at(truth, probabilities, best).f1,
                "at": best,
                f"{WISHED:.0%} precision from": threshold_for_precision(truth, probabilities, WISHED),
            }
        )
    return pd.DataFrame(rows)


def substitution_pairs(table: pd.DataFrame, count: int = 8) -> pd.DataFrame:
    """Which wrong genre is most often chosen for which missed one, the most films first.

    Args:
        table: from ``genreclf.evaluation.confusion.substitutions``.
        count: at most so many pairs; those of one film are left out.

    Returns:
        columns ``Missed``, ``Chosen instead`` (genres), ``Films``, ``Share`` (of the films in which it was missed).
    """
    chosen = table.drop(columns=[MISSED, NOTHING])
    shares = np.nan_to_num(chosen.to_numpy(float))
    films = np.rint(shares * table[[MISSED]].to_numpy(float)).astype(int)
    rows, columns = np.nonzero(films > 1)
    found = pd.DataFrame(
        {
            "Missed": table.index[rows],
            "Chosen instead": chosen.columns[columns],
            "Films": films[rows, columns],
            "Share": shares[rows, columns],
        }
    )
    return found.sort_values(["Films", "Share"], ascending=False, kind="stable", ignore_index=True).head(count)


def training_table(weights: Iterable[Weights]) -> pd.DataFrame:
    """What the cards of models say of their training; baselines, which have no epochs, are left out."""
    rows = []
    for one in weights:
        if SPECS[one.model].is_baseline:
            continue
        card, metrics = one.card, as_object(one.card["metrics"])
        seconds = card.get("seconds")
        rows.append(
            {
                "Model": SPECS[one.model].label,
                "Recipe": card["recipe"],
                "Best epoch": card.get("best_epoch"),
                "of epochs": as_object(card.get("settings")).get("epochs"),
                "Train films": as_object(card.get("films")).get("train"),
                "Trained for": duration(seconds) if isinstance(seconds, int | float) else None,
                "Val BCE": as_object(metrics.get("val")).get("bce"),
                "Test BCE": as_object(metrics.get("test")).get("bce"),
                "Weights": one.origin,
            }
        )
    return pd.DataFrame(rows)
