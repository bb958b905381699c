"""Which rule for thresholds generalises best? Fits each on two thirds of val and scores it on the remaining third.

    python benchmarks/thresholds.py --data FOLDER

For every trained model, val is split at random into thirds six times; the test split is not used. ``ours`` is
``genreclf.evaluation.thresholds.fit_thresholds``.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import command
import numpy as np

from genreclf.data.catalogue import load_catalogue
from genreclf.evaluation.counts import counts_at
from genreclf.evaluation.metrics import evaluate_probabilities
from genreclf.evaluation.stored import catalogue_predictions
from genreclf.evaluation.thresholds import GRID, fit_thresholds
from genreclf.models import model_label
from genreclf.weights.folder import available_weights, weights_set_for

SPLITS = 6
TRUST = 10.0  # films of a genre at which its own threshold and the shared one count equally


def best(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """The threshold with the largest F1; with the largest expected F1 if the truth is given as probabilities."""
    return GRID[int(np.argmax(np.nan_to_num(counts_at(truth, probabilities, GRID).f1)))]


def shared(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """One threshold for all genres, the best for all film-genre pairs together."""
    return np.full(labels.shape[1], best(labels.ravel(), probabilities.ravel()))


def counted(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Each genre's threshold with the largest F1 on these films."""
    return np.array([best(truth, each) for truth, each in zip(labels.T, probabilities.T, strict=True)])


def shrunk(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """The same, moved towards the shared threshold, further for rarer genres."""
    trust = labels.sum(axis=0) / (labels.sum(axis=0) + TRUST)
    return trust * counted(labels, probabilities) + (1 - trust) * shared(labels, probabilities)


def expected(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Each genre's threshold with the largest expected F1, if its calibrated probabilities are right."""
    return np.array([best(each, each) for each in probabilities.T])


RULES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "one for all": shared,
    "counted": counted,
    "counted, shrunk": shrunk,
    "expected": expected,
    "ours": fit_thresholds,
}


def mean_scores(rule: Callable, labels: np.ndarray, probabilities: np.ndarray) -> tuple[float, float]:
    """Mean micro-F1 and macro-F1 on films that were left out of the fit."""
    scores = []
    for seed in range(SPLITS):
        thirds = np.array_split(np.random.default_rng(seed).permutation(len(labels)), 3)
        for index, held_out in enumerate(thirds):
            rows = np.concatenate(thirds[:index] + thirds[index + 1 :])
            thresholds = rule(labels[rows], probabilities[rows])
            metrics = evaluate_probabilities(labels[held_out], probabilities[held_out], thresholds)
            scores.append((metrics["micro_f1"], metrics["macro_f1"]))
    return tuple(np.mean(scores, axis=0))


def main(argv: list[str] | None = None) -> int:
    """Print the table; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    options = parser.parse_args(argv)
    catalogue = load_catalogue(options.data)
    labels = catalogue.labels[catalogue.in_split("val")]
    print(f"| model: micro / macro-F1 | {' | '.join(RULES)} |\n|---{'|--:' * len(RULES)}|")
    for weights in available_weights(weights_set_for(catalogue.folder)):
        probabilities = catalogue_predictions(catalogue, weights, split="val")
        cells = ["{:.3f} / {:.3f}".format(*mean_scores(rule, labels, probabilities)) for rule in RULES.values()]
        print(f"| {model_label(weights.model)} | {' | '.join(cells)} |", flush=True)
    return 0


if __name__ == "__main__":
    command.run(main)
