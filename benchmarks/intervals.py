"""Do 95 % confidence intervals contain the true value as often as they should? Splits come from a simulated world.

    python benchmarks/intervals.py [--films 565] [--splits 200] [--resamples 300]

In this world genres are as frequent as in the public set. A model's score of a film and a genre is a normal number,
``skill`` higher if the film has the genre, and its probability follows by Bayes' rule. For each metric the tables show
the share of percentile intervals, of basic intervals (``genreclf.evaluation.bootstrap.interval``) and of the intervals
that the app shows which contain the value on 200,000 films, for single models and for differences of two. The last
table shows how often two models of equal skill would be called significantly different on few films.
"""

import argparse
import sys
from typing import Any

import numpy as np

from genreclf.evaluation.bootstrap import confidence_interval, interval, resamples
from genreclf.evaluation.metrics import METRICS, evaluate_probabilities, resampled_metrics

RATES = np.geomspace(0.54, 0.008, 20)  # of the genres
SKILLS = {"base rates": 0.0, "weak": 0.6, "good": 1.5, "as good": 1.5, "strong": 2.0}  # the CNN's, LSTM's, fusion's
EQUAL = ("good", "as good")
PAIRS = (EQUAL, ("good", "strong"), ("weak", "strong"), ("weak", "base rates"), ("strong", "base rates"))
SHARED_NOISE = 0.5  # share of the noise that models share
THRESHOLDS = np.full(len(RATES), 0.3)
WORLD = 200_000
FEW = (3, 5, 10, 20, 50, 100)


def draw(films: int, rng: np.random.Generator) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """A split: labels 0/1 ``(films, genres)``, and each model's probabilities of the same shape."""
    labels = rng.random((films, len(RATES))) < RATES
    labels[~labels.any(axis=1), 0] = True
    common, probabilities = rng.normal(size=labels.shape), {}
    for model, skill in SKILLS.items():
        noise = np.sqrt(SHARED_NOISE) * common + np.sqrt(1 - SHARED_NOISE) * rng.normal(size=labels.shape)
        log_odds = np.log(RATES / (1 - RATES)) + skill * (noise + skill * labels) - skill**2 / 2
        probabilities[model] = (1 / (1 + np.exp(-log_odds))).astype(np.float32)
    return labels.astype(np.uint8), probabilities


def with_differences(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The metrics of models, and the differences between the models of ``PAIRS``."""
    return found | {" − ".join(pair): {name: found[pair[0]][name] - found[pair[1]][name] for name in METRICS}
                    for pair in PAIRS}  # fmt: skip


def resampled(films: int, n_resamples: int, rng: np.random.Generator) -> dict[str, dict[str, np.ndarray]]:
    """The metrics of a new split, then of its resamples: model or pair → metric → ``(1 + n_resamples,)``."""
    labels, probabilities = draw(films, rng)
    counts = resamples(films, n_resamples, int(rng.integers(2**31)))
    return with_differences(
        {model: resampled_metrics(labels, each, THRESHOLDS, counts) for model, each in probabilities.items()}
    )


def truths(rng: np.random.Generator) -> dict[str, dict[str, float]]:
    """The metrics on all films of the world: model or pair → metric."""
    labels, probabilities = draw(WORLD, rng)
    found = {model: evaluate_probabilities(labels, each, THRESHOLDS) for model, each in probabilities.items()}
    return with_differences(found | {EQUAL[1]: found[EQUAL[0]]})


def coverage(films: int, splits: int, n_resamples: int) -> dict[str, dict[str, np.ndarray]]:
    """Model or pair → metric → shares of percentile, basic and shown intervals that contain the truth."""
    rng = np.random.default_rng(0)
    truth = truths(rng)
    inside = {subject: {name: np.zeros(3) for name in METRICS} for subject in truth}
    for _ in range(splits):
        for subject, metrics in resampled(films, n_resamples, rng).items():
            for name, values in metrics.items():
                shown = confidence_interval(name, values, is_difference=subject not in SKILLS)
                kinds = interval(values[1:]), interval(values[1:], measured=values[0]), shown
                inside[subject][name] += [low <= truth[subject][name] <= high for low, high in kinds]
    return {subject: {name: counts / splits for name, counts in metrics.items()} for subject, metrics in inside.items()}


def called_significant(films: int, splits: int, n_resamples: int) -> dict[str, float]:
    """How often the interval of the difference of two models of equal skill excludes 0, by metric."""
    rng, significant = np.random.default_rng(1), dict.fromkeys(METRICS, 0)
    for _ in range(splits):
        for name, values in resampled(films, n_resamples, rng)[" − ".join(EQUAL)].items():
            low, high = confidence_interval(name, values, is_difference=True)
            significant[name] += low > 0 or high < 0
    return {name: count / splits for name, count in significant.items()}


def table(titles: list[str], cells: dict[str, list[str]]) -> None:
    """Print a table in Markdown, one line per metric."""
    print(f"\n| metric | {' | '.join(titles)} |\n|---{'|--:' * len(titles)}|")
    for name in METRICS:
        print(f"| {name} | {' | '.join(cells[name])} |", flush=True)


def main(argv: list[str] | None = None) -> int:
    """Print the tables; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=int, default=565, help="films per split (%(default)s)")
    parser.add_argument("--splits", type=int, default=200, help="simulated splits (%(default)s)")
    parser.add_argument("--resamples", type=int, default=300, help="resamples of each split (%(default)s)")
    options = parser.parse_args(argv)
    found = coverage(options.films, options.splits, options.resamples)
    print(
        "percentile / basic / shown intervals that contain the truth, "
        f"in {options.splits} splits of {options.films} films"
    )
    of_models, of_pairs = [model for model in SKILLS if model != EQUAL[1]], [" − ".join(pair) for pair in PAIRS]
    for columns in (of_models, of_pairs):
        table(
            columns,
            {name: ["{:.0%} / {:.0%} / {:.0%}".format(*found[column][name]) for column in columns] for name in METRICS},
        )
    print("\nshare called significantly different despite equal skill, by number of films")
    few = {films: called_significant(films, options.splits, options.resamples) for films in FEW}
    table([str(films) for films in few], {name: [f"{shares[name]:.0%}" for shares in few.values()] for name in METRICS})
    return 0


if __name__ == "__main__":
    sys.exit(main())
