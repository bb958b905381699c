"""Two models side by side, film by film and genre by genre. To *get* a film: its most probable genre is true."""

import numpy as np
import pandas as pd

from genreclf.errors import UserError
from genreclf.evaluation.bootstrap import (
    ENOUGH_FILMS,
    difference_interval,
    resampled_average_precisions,
    with_the_films_themselves,
)
from genreclf.evaluation.metrics import MIN_FILMS
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.genres import GENRES
from genreclf.models import get_spec

FUSION = "fusion"


def top1_correct(predictions: SplitPredictions, model: str) -> np.ndarray:
    """Which films a model gets, bool ``(n,)``; their share is its ``top1``.

    Raises:
        UserError: no answers of the model.
    """
    best = predictions.of(model).probabilities.argmax(axis=1)
    return predictions.labels[np.arange(len(predictions)), best] == 1


def contrast(predictions: SplitPredictions, first: str, second: str) -> dict[str, np.ndarray]:
    """Who gets which films.

    Returns:
        ``"both"``, ``"first"`` (only), ``"second"`` (only), ``"neither"`` → positions in the split, int, rising;
        together every film once.

    Raises:
        UserError: no answers of a model.
    """
    one, other = top1_correct(predictions, first), top1_correct(predictions, second)
    groups = {"both": one & other, "first": one & ~other, "second": other & ~one, "neither": ~one & ~other}
    return {name: np.flatnonzero(films) for name, films in groups.items()}


def genre_lead(
    predictions: SplitPredictions, first: str, second: str, times: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Which genres a model ranks better than another, with what chance may do to the lead.

    Genres of fewer than ``MIN_FILMS`` films are left out. One interval in twenty misses by nature, so of twenty genres
    about one that says it is sure is not.

    Returns:
        the largest lead of the first model first: columns ``genre``, ``films``, ``first_ap`` and ``second_ap`` (average
        precision), ``lead`` (the first's less the second's), ``low`` and ``high`` (its 95 % interval, see
        ``genreclf.evaluation.bootstrap.difference_interval``), ``sure`` (0 lies outside of it, and there are
        ``ENOUGH_FILMS``).

    Raises:
        UserError: no answers of a model.
    """
    films = predictions.labels.sum(axis=0, dtype=int)
    held = np.flatnonzero(films >= MIN_FILMS)
    labels, counts = predictions.labels[:, held], with_the_films_themselves(len(predictions), times, seed)
    one, other = (
        resampled_average_precisions(labels, told.probabilities[:, held], counts)
        for told in (predictions.of(first), predictions.of(second))
    )
    leads = one - other
    table = pd.DataFrame({"genre": np.array(GENRES)[held], "films": films[held]})
    table["first_ap"], table["second_ap"], table["lead"] = one[0], other[0], leads[0]
    table[["low", "high"]] = np.array([difference_interval("map", lead[0], lead[1:]) for lead in leads.T]).reshape(
        -1, 2
    )
    table["sure"] = ((table["low"] > 0) | (table["high"] < 0)) & (len(predictions) >= ENOUGH_FILMS)
    return table.sort_values("lead", ascending=False, kind="stable", ignore_index=True)


def better_part(predictions: SplitPredictions) -> str:
    """The part of fusion that gets more of these films on its own, by name.

    Raises:
        UserError: no answers of fusion's parts.
    """
    parts = get_spec(FUSION).parts
    return max(parts, key=lambda part: top1_correct(predictions, part).sum())


def fusion_gains(predictions: SplitPredictions) -> dict[str, np.ndarray]:
    """What it is worth to look and to read: fusion against the better of its parts (``better_part``).

    Returns:
        positions in the split, int, rising: ``"gained"``, films that fusion gets and the better part does not;
        ``"lost"``, films that the better part gets and fusion does not; ``"new"``, those of the gained that neither
        part gets. Gained less lost, as a share of all films, is what fusion adds to ``top1``.

    Raises:
        UserError: no answers of fusion or of its parts.
    """
    if missing := [name for name in (FUSION, *get_spec(FUSION).parts) if name not in predictions.models]:
        raise UserError(f"What fusion gains needs the answers of fusion and its parts; {missing[0]} has none here.")
    parts = {part: top1_correct(predictions, part) for part in get_spec(FUSION).parts}
    fusion, better = top1_correct(predictions, FUSION), parts[better_part(predictions)]
    any_part = np.logical_or.reduce(list(parts.values()))
    groups = {"gained": fusion & ~better, "lost": better & ~fusion, "new": fusion & ~any_part}
    return {name: np.flatnonzero(films) for name, films in groups.items()}
