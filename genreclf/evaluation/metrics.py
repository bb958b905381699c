"""Metrics of multi-label predictions. Binary accuracy is not among them: predicting no genre at all scores 90 %."""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from genreclf.errors import UserError
from genreclf.evaluation.counts import count, ratio
from genreclf.genres import EPSILON
from genreclf.glossary import TERMS
from genreclf.models.baselines import base_rates

METRICS: dict[str, str] = {
    "bce": TERMS["BCE"].sentence,
    "precision": f"{TERMS['precision'].sentence} Over all films and genres.",
    "recall": f"{TERMS['recall'].sentence} Over all films and genres.",
    "micro_f1": f"{TERMS['F1'].sentence} Over all films and genres.",
    "macro_f1": "F1 of each genre, averaged: rare genres count as much as frequent ones.",
    "samples_f1": "F1 of each film's genres, averaged over films.",
    "weighted_f1": "F1 of each genre, averaged in proportion to how many films have the genre.",
    "map": TERMS["mAP"].sentence,
    "micro_ap": "Average precision of all film-genre pairs ranked together.",
    "top1": TERMS["top-1"].sentence,
    "top3_recall": "Share of a film's true genres among its three most probable ones, averaged over films.",
}
NAMES: dict[str, str] = {
    "bce": "BCE", "precision": "Precision", "recall": "Recall", "micro_f1": "Micro-F1", "macro_f1": "Macro-F1",
    "samples_f1": "Samples-F1", "weighted_f1": "Weighted F1", "map": "mAP", "micro_ap": "Micro-AP", "top1": "Top-1",
    "top3_recall": "Top-3 recall", "f1": "F1", "average_precision": "Average precision",  # the last two are per genre
}  # fmt: skip
LOWER_IS_BETTER = ("bce",)

MIN_FILMS = 5  # a genre with fewer films has no meaningful scores
FEW_FILMS = 20  # a genre with fewer films has scores that are mostly chance
WEAKEST = 5  # number of genres listed as weakest
_BLOCK = 1_000_000  # numbers summed at once: what fits into a processor's cache


def bce(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean binary cross-entropy over films and labels, probabilities clipped at 1e-7 as Keras does.

    >>> round(bce(np.array([[1, 0]]), np.array([[0.8, 0.1]])), 4)
    0.1643
    """
    return float(_cross_entropy(labels.astype(bool), probabilities).mean())


def base_rate_loss(labels: np.ndarray, train_rows: np.ndarray, val_rows: np.ndarray) -> float:
    """The validation loss of the base rates (each genre's share of the train split): the loss to beat."""
    return bce(labels[val_rows], base_rates(labels[train_rows]))


def average_precisions(labels: np.ndarray, probabilities: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
    """Average precision of each genre, float64 ``(genres,)``, on resamples ``(n_resamples, genres)``; NaN: no film."""
    films, pairs = np.arange(len(labels)), zip(labels.T, probabilities.T, strict=True)
    return np.stack([_average_precision(*pair, films, draws) for pair in pairs], axis=-1)


def evaluate_probabilities(labels: np.ndarray, probabilities: np.ndarray, thresholds: np.ndarray) -> dict[str, float]:
    """Compute all ``METRICS`` of one model: name → value; averages over genres skip those without a film."""
    original = np.ones((1, len(labels)), np.float32)  # each film once
    return {
        name: float(value) for name, (value,) in resampled_metrics(labels, probabilities, thresholds, original).items()
    }


def resampled_metrics(
    labels: np.ndarray,
    probabilities: np.ndarray,
    thresholds: np.ndarray,
    draws: np.ndarray,
    metrics: Collection[str] = tuple(METRICS),
) -> dict[str, np.ndarray]:
    """Compute the metrics of one model on many resamples of the films at once.

    Only the given ones of ``METRICS`` are computed; the two kinds of average precision take nearly all the time.

    Returns:
        name → float64 ``(n_resamples,)``, in the order of ``METRICS``; averages over genres skip those without a film.

    Raises:
        UserError: a name is not in ``METRICS``.
    """
    if unknown := [name for name in metrics if name not in METRICS]:
        raise UserError(f"There is no metric {unknown[0]!r}; choose one of {', '.join(METRICS)}.")
    chosen = probabilities >= thresholds
    films = _per_film(labels, probabilities, chosen)
    means = draws.astype(np.float64) @ np.stack(list(films.values()), axis=1) / draws.sum(axis=1)[:, None]
    results = dict(zip(films, means.T, strict=True)) | count(labels, chosen, draws=draws).averages()
    if "map" in metrics:
        results["map"] = np.nanmean(average_precisions(labels, probabilities, draws), axis=1)
    if "micro_ap" in metrics:
        pairs = np.repeat(np.arange(len(labels)), labels.shape[1])
        results["micro_ap"] = _average_precision(labels.ravel(), probabilities.ravel(), pairs, draws)
    return {name: np.asarray(results[name]) for name in METRICS if name in metrics}


def weakest_genres(
    genres: Sequence[str], labels: np.ndarray, probabilities: np.ndarray, thresholds: np.ndarray
) -> list[dict]:
    """The ``WEAKEST`` genres with the lowest F1, lowest first, among those with at least ``MIN_FILMS`` films.

    Each is a ``{"genre", "films", "precision", "recall", "f1"}``, with 0 for an undefined precision.
    """
    counts = count(labels, probabilities >= thresholds)
    table = pd.DataFrame({"genre": genres, "films": counts.positives, "precision": counts.precision,
                          "recall": counts.recall, "f1": counts.f1}).fillna(0.0).round(3)  # fmt: skip
    common = table[table["films"] >= MIN_FILMS]
    return common.sort_values("f1", kind="stable").head(WEAKEST).to_dict("records")


def _per_film(labels: np.ndarray, probabilities: np.ndarray, chosen: np.ndarray) -> dict[str, np.ndarray]:
    """The metrics that are a mean over films, for each film."""
    true = labels.astype(bool)
    ranked = np.take_along_axis(true, np.argsort(-probabilities, axis=1, kind="stable"), axis=1)
    return {
        "bce": _cross_entropy(true, probabilities).mean(axis=1),
        "samples_f1": np.nan_to_num(count(true, chosen, axis=1).f1),
        "top1": ranked[:, 0],
        "top3_recall": np.nan_to_num(ratio(ranked[:, :3].sum(axis=1), true.sum(axis=1))),
    }


def _cross_entropy(true: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    clipped = np.clip(probabilities.astype(np.float64), EPSILON, 1 - EPSILON)
    return -np.log(np.where(true, clipped, 1 - clipped))


def _average_precision(
    truth: np.ndarray, scores: np.ndarray, films: np.ndarray, draws: np.ndarray | None = None
) -> np.ndarray:
    """The average precision of film-genre pairs ranked by their scores, on each resample; NaN where none is true.

    ``truth``, ``scores`` and ``films`` (the film of each pair) have the shape ``(pairs,)``. The result is the mean,
    over the true pairs, of the precision among all pairs that rank as high, so sums are needed only up to the last pair
    of each group of ties with a true one. scikit-learn's ``average_precision_score`` gives the same (tested), but for
    one resample at a time.
    """
    if draws is None:
        return _average_precision(truth, scores, films, np.ones((1, len(truth)), np.float32))[0]
    if not truth.any():
        return np.full(len(draws), np.nan)
    order = np.argsort(-scores, kind="stable")
    true_places, scores, films = np.flatnonzero(truth[order]), scores[order], films[order]
    ends = np.flatnonzero(np.append(np.diff(scores) != 0, True)) + 1  # of the groups of ties
    ends = np.unique(ends[np.searchsorted(ends, true_places, side="right")])
    starts = np.append(0, ends[:-1])
    true_starts = np.searchsorted(true_places, starts)
    results = []
    for block in np.array_split(draws, max(1, len(films) * len(draws) // _BLOCK)):
        drawn = np.ascontiguousarray(block.T, np.float32)  # a film's counts side by side: sorting copies whole rows
        ranked = np.add.reduceat(drawn[films[: ends[-1]]], starts, axis=0)
        tp = np.add.reduceat(drawn[films[true_places]], true_starts, axis=0).astype(np.float64)
        precision = np.nan_to_num(ratio(tp.cumsum(axis=0), ranked.cumsum(axis=0, dtype=np.float64)))
        results.append(ratio((tp * precision).sum(axis=0), tp.sum(axis=0)))
    return np.concatenate(results)
