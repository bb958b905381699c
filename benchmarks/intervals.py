"""Do the 95 % intervals hold the truth as often as they say? Simulated splits from a world whose figures are known.

    python benchmarks/intervals.py [--films 565] [--splits 200] [--resamples 300]

In the world genres are as frequent as in the public set, and a model's score of a film and a genre is a normal number,
``skill`` higher where the film has the genre; its probability is what follows by Bayes' rule. For each figure the
tables say which share of the percentile intervals, of the basic ones (``genreclf.evaluation.bootstrap.interval``) and
of those that people see holds what the figure, or the difference of two models' figures, is on 200,000 films. The last
table says how often two models of equal skill would be called surely different on few films.
"""

import argparse
import sys
from typing import Any

import numpy as np

from genreclf.evaluation.bootstrap import (
    difference_interval,
    figure_interval,
    interval,
    resampled_figures,
    with_the_films_themselves,
)
from genreclf.evaluation.metrics import METRICS, evaluate_probabilities

RATES = np.geomspace(0.54, 0.008, 20)  # of the genres
SKILLS = {"base rates": 0.0, "weak": 0.6, "good": 1.5, "as good": 1.5, "strong": 2.0}  # the CNN's, LSTM's, fusion's
EQUAL = ("good", "as good")
PAIRS = (EQUAL, ("good", "strong"), ("weak", "strong"), ("weak", "base rates"), ("strong", "base rates"))
IN_COMMON = 0.5  # of what models err by
THRESHOLDS = np.full(len(RATES), 0.3)
WORLD = 200_000
FEW = (3, 5, 10, 20, 50, 100)


def draw(films: int, chance: np.random.Generator) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """A split: labels 0/1 ``(films, genres)`` and each model's probabilities, as many."""
    labels = chance.random((films, len(RATES))) < RATES
    labels[~labels.any(axis=1), 0] = True
    common, told = chance.normal(size=labels.shape), {}
    for model, skill in SKILLS.items():
        noise = np.sqrt(IN_COMMON) * common + np.sqrt(1 - IN_COMMON) * chance.normal(size=labels.shape)
        log_odds = np.log(RATES / (1 - RATES)) + skill * (noise + skill * labels) - skill**2 / 2
        told[model] = (1 / (1 + np.exp(-log_odds))).astype(np.float32)
    return labels.astype(np.uint8), told


def with_gaps(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Models' figures, and how the models of ``PAIRS`` differ in them."""
    return found | {" − ".join(pair): {name: found[pair[0]][name] - found[pair[1]][name] for name in METRICS}
                    for pair in PAIRS}  # fmt: skip


def resampled(films: int, times: int, chance: np.random.Generator) -> dict[str, dict[str, np.ndarray]]:
    """The figures of a new split, then those of its resamples: model or pair → figure → ``(1 + times,)``."""
    labels, told = draw(films, chance)
    counts = with_the_films_themselves(films, times, int(chance.integers(2**31)))
    return with_gaps({model: resampled_figures(labels, one, THRESHOLDS, counts) for model, one in told.items()})


def truths(chance: np.random.Generator) -> dict[str, dict[str, float]]:
    """The figures on the world's films: model or pair → figure."""
    labels, told = draw(WORLD, chance)
    found = {model: evaluate_probabilities(labels, one, THRESHOLDS) for model, one in told.items()}
    return with_gaps(found | {EQUAL[1]: found[EQUAL[0]]})


def coverage(films: int, splits: int, times: int) -> dict[str, dict[str, np.ndarray]]:
    """Model or pair → figure → shares of percentile, basic and shown intervals that hold the truth."""
    chance = np.random.default_rng(0)
    truth = truths(chance)
    held = {asked: {name: np.zeros(3) for name in METRICS} for asked in truth}
    for _ in range(splits):
        for asked, figures in resampled(films, times, chance).items():
            for name, (measured, *values) in figures.items():
                shown = figure_interval if asked in SKILLS else difference_interval
                kinds = interval(values), interval(values, measured=measured), shown(name, measured, values)
                held[asked][name] += [low <= truth[asked][name] <= high for low, high in kinds]
    return {asked: {name: one / splits for name, one in figures.items()} for asked, figures in held.items()}


def called_sure(films: int, splits: int, times: int) -> dict[str, float]:
    """How often the interval of the difference of two models of equal skill leaves 0 out, by figure."""
    chance, sure = np.random.default_rng(1), dict.fromkeys(METRICS, 0)
    for _ in range(splits):
        for name, (measured, *values) in resampled(films, times, chance)[" − ".join(EQUAL)].items():
            low, high = difference_interval(name, measured, values)
            sure[name] += low > 0 or high < 0
    return {name: often / splits for name, often in sure.items()}


def table(titles: list[str], cells: dict[str, list[str]]) -> None:
    """Print it in Markdown, a line a figure."""
    print(f"\n| figure | {' | '.join(titles)} |\n|---{'|--:' * len(titles)}|")
    for name in METRICS:
        print(f"| {name} | {' | '.join(cells[name])} |", flush=True)


def main(argv: list[str] | None = None) -> int:
    """Print the tables; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=int, default=565, help="films of a split (%(default)s)")
    parser.add_argument("--splits", type=int, default=200, help="simulated splits (%(default)s)")
    parser.add_argument("--resamples", type=int, default=300, help="of each split (%(default)s)")
    options = parser.parse_args(argv)
    found = coverage(options.films, options.splits, options.resamples)
    print(
        f"percentile / basic / shown intervals that hold the truth, of {options.splits} splits of {options.films} films"
    )
    of_models, of_pairs = [one for one in SKILLS if one != EQUAL[1]], [" − ".join(pair) for pair in PAIRS]
    for asked in (of_models, of_pairs):
        table(
            asked, {name: ["{:.0%} / {:.0%} / {:.0%}".format(*found[one][name]) for one in asked] for name in METRICS}
        )
    print("\ncalled surely different though of equal skill, by the number of films")
    few = {films: called_sure(films, options.splits, options.resamples) for films in FEW}
    table([str(films) for films in few], {name: [f"{one[name]:.0%}" for one in few.values()] for name in METRICS})
    return 0


if __name__ == "__main__":
    sys.exit(main())
