"""Two models compared film by film and genre by genre: what does a poster reveal, and what does an overview?

A model gets a film right (top-1) if the film has the model's most probable genre.
"""

import numpy as np
import pandas as pd

from genreclf.evaluation.bootstrap import ENOUGH_FILMS, confidence_interval, resamples
from genreclf.evaluation.metrics import MIN_FILMS, average_precisions
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.models import SPECS

FUSION = "fusion"


def models_by_input(predictions: SplitPredictions) -> tuple[list[str], list[str]]:
    """The models that use only posters, and those that use only overviews, by name."""
    specs = {name: model.spec for name, model in predictions.models.items() if model.spec}
    posters = [name for name, spec in specs.items() if spec.uses_poster and not spec.uses_overview]
    overviews = [name for name, spec in specs.items() if spec.uses_overview and not spec.uses_poster]
    return posters, overviews


def has_fusion(predictions: SplitPredictions) -> bool:
    """Whether there are predictions of fusion and of both its parts."""
    return {FUSION, *SPECS[FUSION].parts} <= set(predictions.models)


def top1_correct(predictions: SplitPredictions, model: str) -> np.ndarray:
    """Mark the films that a model gets right, bool ``(n,)``; their share is the metric ``top1``."""
    return predictions.top1(model)[1]


def contrast(predictions: SplitPredictions, first: str, second: str) -> dict[str, np.ndarray]:
    """Group the films by which of two models gets them right.

    Returns:
        ``"both"``, ``"first"`` (only), ``"second"`` (only), ``"neither"`` → positions in the split, int, ascending;
        every film is in one group.
    """
    a, b = top1_correct(predictions, first), top1_correct(predictions, second)
    groups = {"both": a & b, "first": a & ~b, "second": b & ~a, "neither": ~a & ~b}
    return {name: np.flatnonzero(films) for name, films in groups.items()}


def genre_lead(
    predictions: SplitPredictions, first: str, second: str, n_resamples: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Compare how well two models rank each genre's films, with confidence intervals.

    Genres with fewer than ``MIN_FILMS`` films are left out. With 95 % intervals, about one in twenty genres that both
    models rank equally well is called significant by chance.

    Returns:
        the largest lead of the first model first: columns ``genre``, ``films``, ``first_ap`` and ``second_ap`` (average
        precision), ``lead`` (the first's minus the second's), ``low`` and ``high`` (its 95 % interval, see
        ``genreclf.evaluation.bootstrap.confidence_interval``), ``significant`` (0 lies outside it, and there are at
        least ``ENOUGH_FILMS`` films in all).
    """
    films = predictions.labels.sum(axis=0, dtype=int)
    common = np.flatnonzero(films >= MIN_FILMS)
    draws = resamples(len(predictions), n_resamples, seed)
    of_first, of_second = (
        average_precisions(predictions.labels, model.probabilities, draws)[:, common]
        for model in (predictions.of(first), predictions.of(second))
    )
    table = pd.DataFrame({"genre": np.array(predictions.genres)[common], "films": films[common]})
    table["first_ap"], table["second_ap"], table["lead"] = of_first[0], of_second[0], of_first[0] - of_second[0]
    ends = [confidence_interval("map", lead, is_difference=True) for lead in (of_first - of_second).T]
    table[["low", "high"]] = np.array(ends).reshape(-1, 2)
    table["significant"] = ((table["low"] > 0) | (table["high"] < 0)) & (len(predictions) >= ENOUGH_FILMS)
    return table.sort_values("lead", ascending=False, kind="stable", ignore_index=True)


def better_part(predictions: SplitPredictions) -> str:
    """The name of the part of fusion that gets more films right on its own."""
    return max(SPECS[FUSION].parts, key=lambda part: top1_correct(predictions, part).sum())


def fusion_gains(predictions: SplitPredictions) -> dict[str, np.ndarray]:
    """Compare fusion with the better of its parts (``better_part``): the gain from using poster and overview.

    Returns:
        positions in the split, int, ascending: ``"gained"``, films that fusion gets right and the better part wrong;
        ``"lost"``, the reverse; ``"new"``, the films that fusion gets right and both parts get wrong. Gained minus
        lost, as a share of all films, is the gain in ``top1``.
    """
    fusion, better = top1_correct(predictions, FUSION), top1_correct(predictions, better_part(predictions))
    any_part = np.any([top1_correct(predictions, part) for part in SPECS[FUSION].parts], axis=0)
    groups = {"gained": fusion & ~better, "lost": better & ~fusion, "new": fusion & ~any_part}
    return {name: np.flatnonzero(films) for name, films in groups.items()}
