"""The figures of a multi-label prediction; binary accuracy is not among them (all zeros would score 90 %)."""

import numpy as np
from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score

from genreclf.genres import EPSILON, GENRES
from genreclf.models.baselines import base_rates

METRICS: dict[str, str] = {
    "bce": "Binary cross-entropy, the mean over all 25 labels: how far the probabilities are off. Lower is better.",
    "precision": "Of the genres a model chose, the share that is true (over all films and genres).",
    "recall": "Of the true genres, the share a model chose (over all films and genres).",
    "micro_f1": "Harmonic mean of precision and recall over all films and genres.",
    "macro_f1": "F1 of each genre, averaged: rare genres count as much as frequent ones.",
    "samples_f1": "F1 of each film's genres, averaged over films.",
    "weighted_f1": "F1 of each genre, averaged by how frequent the genre is.",
    "map": "Mean average precision: how well each genre's films are ranked first, averaged over genres.",
    "micro_ap": "Average precision of all film-genre pairs ranked together.",
    "top1": "Share of films whose most probable genre is true.",
    "top3_recall": "Share of a film's true genres among its three most probable, averaged over films.",
}
NAMES: dict[str, str] = {
    "bce": "BCE", "precision": "Precision", "recall": "Recall", "micro_f1": "Micro-F1", "macro_f1": "Macro-F1",
    "samples_f1": "Samples-F1", "weighted_f1": "Weighted F1", "map": "mAP", "micro_ap": "Micro-AP", "top1": "Top-1",
    "top3_recall": "Top-3 recall", "f1": "F1", "average_precision": "Average precision",  # these two of one genre
}  # fmt: skip

MIN_FILMS = 5  # of a genre, below which its figures say nothing
WEAKEST = 5


def bce(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean binary cross-entropy over films and labels, probabilities clipped at 1e-7 as Keras does."""
    clipped = np.clip(probabilities.astype(np.float64), EPSILON, 1 - EPSILON)
    return float(-np.mean(labels * np.log(clipped) + (1 - labels) * np.log(1 - clipped)))


def base_rate_loss(labels: np.ndarray, train_rows: np.ndarray, val_rows: np.ndarray) -> float:
    """The validation loss of predicting each genre's share of the train split for every film: the loss to beat."""
    return bce(labels[val_rows], base_rates(labels[train_rows]))


def evaluate_probabilities(labels: np.ndarray, probabilities: np.ndarray, thresholds: np.ndarray) -> dict[str, float]:
    """All figures of ``METRICS`` for one model.

    Args:
        labels: 0/1 of shape ``(n, 25)``.
        probabilities: ``(n, 25)`` in 0..1.
        thresholds: ``(25,)``; a genre is chosen where its probability reaches its threshold.

    Returns:
        name → figure; averages over labels leave out those without a positive among these films.
    """
    labels = labels.astype(np.uint8)
    chosen = (probabilities >= thresholds).astype(np.uint8)
    present = np.flatnonzero(labels.any(axis=0))
    order = np.argsort(-probabilities, axis=1, kind="stable")
    top3 = np.take_along_axis(labels, order[:, :3], axis=1)

    def f1(average: str) -> float:
        return float(f1_score(labels, chosen, labels=present, average=average, zero_division=0))

    average_precisions = [average_precision_score(labels[:, genre], probabilities[:, genre]) for genre in present]
    return {
        "bce": bce(labels, probabilities),
        "precision": float(precision_score(labels, chosen, average="micro", zero_division=0)),
        "recall": float(recall_score(labels, chosen, average="micro", zero_division=0)),
        "micro_f1": float(f1_score(labels, chosen, average="micro", zero_division=0)),
        "macro_f1": f1("macro"),
        "samples_f1": float(f1_score(labels, chosen, average="samples", zero_division=0)),
        "weighted_f1": f1("weighted"),
        "map": float(np.mean(average_precisions)),
        "micro_ap": float(average_precision_score(labels.ravel(), probabilities.ravel())),
        "top1": float(np.take_along_axis(labels, order[:, :1], axis=1).mean()),
        "top3_recall": float((top3.sum(axis=1) / np.maximum(labels.sum(axis=1), 1)).mean()),
    }


def weakest_genres(labels: np.ndarray, probabilities: np.ndarray, thresholds: np.ndarray) -> list[dict]:
    """What a model is bad at: the genres with the lowest F1, worst first, of those with ``MIN_FILMS`` films or more.

    Arguments as in ``evaluate_probabilities``; each genre as ``{"genre", "films", "precision", "recall", "f1"}``.
    """
    chosen = probabilities >= thresholds
    found = []
    for index, genre in enumerate(GENRES):
        truth = labels[:, index].astype(bool)
        if truth.sum() < MIN_FILMS:
            continue
        hits = int((truth & chosen[:, index]).sum())
        precision, recall = hits / max(1, int(chosen[:, index].sum())), hits / int(truth.sum())
        f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
        found.append({"genre": genre, "films": int(truth.sum())}
                     | {"precision": round(precision, 3), "recall": round(recall, 3), "f1": round(f1, 3)})  # fmt: skip
    return sorted(found, key=lambda one: one["f1"])[:WEAKEST]
