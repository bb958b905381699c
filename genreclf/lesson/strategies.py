"""Strategies that answer yes or no to every genre of every film, most of them without looking at the film."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from genreclf.evaluation.counts import count
from genreclf.evaluation.metrics import bce
from genreclf.lesson import sample
from genreclf.models.baselines import base_rates

STRATEGIES: dict[str, str] = {
    "never": "Always no",
    "drama": "Always Drama",
    "coin": "Toss a coin",
    "rates": "Base rates",
    "fusion": "Fusion, a real model",
}
YES = 0.5  # the probability from which a strategy answers yes


@dataclass(frozen=True)
class Answers:
    """What a strategy says of the sample's test films.

    Attributes:
        probabilities: of each genre, float64 ``(n, genres)`` in 0..1.
        chosen: its answers, bool ``(n, genres)``: yes from a probability of ``YES`` on; a coin decides.
    """

    probabilities: np.ndarray
    chosen: np.ndarray


@dataclass(frozen=True)
class Scores:
    """The share of answers that are right, the share of true genres that are found, and the mean cross-entropy."""

    accuracy: float
    recall: float
    bce: float


def answers(strategy: str) -> Answers:
    """The answers of one of ``STRATEGIES``; the coin falls the same way for everybody."""
    films, test = sample.films(), sample.predictions("test")
    shape = test.labels.shape
    if strategy == "coin":
        return Answers(np.full(shape, 0.5), np.random.default_rng(0).random(shape) < 0.5)
    probabilities = {
        "never": lambda: np.zeros(shape),
        "drama": lambda: np.tile(np.array(test.genres) == "Drama", (shape[0], 1)).astype(float),
        "rates": lambda: np.tile(base_rates(films.labels[films.in_split("train")]), (shape[0], 1)),
        "fusion": lambda: test.of("fusion").probabilities.astype(float),
    }[strategy]()
    return Answers(probabilities, probabilities >= YES)


@cache  # of a few strategies on the same films; the page sorts by them, too
def scores(strategy: str) -> Scores:
    """How good the answers are, on the sample's test films."""
    labels, given = sample.predictions("test").labels, answers(strategy)
    accuracy = float((given.chosen == labels.astype(bool)).mean())
    recall = float(np.nan_to_num(count(labels.ravel(), given.chosen.ravel()).recall))
    return Scores(accuracy, recall, bce(labels, given.probabilities))
