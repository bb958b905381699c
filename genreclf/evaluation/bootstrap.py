"""How uncertain the scores on a split are: the bootstrap over its films (Efron & Tibshirani 1993).

A resample draws as many films as there are, with replacement. It is stored as the number of times each film was drawn,
so that the scores of a thousand resamples are sums weighted by these counts, not a thousand evaluations.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from genreclf.errors import UserError
from genreclf.evaluation.counts import Counts
from genreclf.evaluation.metrics import (
    LOWER_IS_BETTER,
    METRICS,
    average_precisions,
    micro_average_precision,
    per_film,
)
from genreclf.evaluation.predictions import SplitPredictions

OVER_GENRES = {"macro_f1", "map"}  # averages in which a genre of a handful of films counts as much as any other
ENOUGH_FILMS = 20  # with fewer, no difference is called significant: resamples of few films are too much alike


@lru_cache(maxsize=2)
def resamples(films: int, times: int = 1000, seed: int = 0) -> np.ndarray:
    """How often each film is drawn in each resample: float32 ``(times, films)``, read-only, whole numbers.

    Two models are compared on the same resamples: equal arguments give equal resamples.
    """
    rng = np.random.default_rng(seed)
    draws = np.empty((times, films), np.float32)
    for row in draws:
        row[:] = np.bincount(rng.integers(films, size=films), minlength=films)
    draws.setflags(write=False)
    return draws


def original_and_resamples(films: int, times: int = 1000, seed: int = 0) -> np.ndarray:
    """Resamples, with the original films (each drawn once) as the first row: ``(1 + times, films)``."""
    return np.vstack([np.ones(films, np.float32), resamples(films, times, seed)])


def resampled_metrics(
    labels: np.ndarray,
    probabilities: np.ndarray,
    thresholds: np.ndarray,
    draws: np.ndarray,
    metrics: Collection[str] = tuple(METRICS),
) -> dict[str, np.ndarray]:
    """Compute what ``genreclf.evaluation.metrics.evaluate_probabilities`` gives on each resample.

    Averages over genres leave out those without a film in the resample, as they do there.

    Args:
        labels: 0/1 of shape ``(n, 25)``.
        probabilities: ``(n, 25)`` in 0..1.
        thresholds: ``(25,)``.
        draws: ``(times, n)``, see ``resamples``.
        metrics: which of ``METRICS``; the two kinds of average precision take nearly all the time.

    Returns:
        name → float64 ``(times,)``, in the order of ``METRICS``.

    Raises:
        UserError: a name is not in ``METRICS``.
    """
    unknown = [name for name in metrics if name not in METRICS]
    if unknown:
        raise UserError(f"There is no metric {unknown[0]!r}; choose one of {', '.join(METRICS)}.")
    true, chosen = labels.astype(bool), probabilities >= thresholds
    films = per_film(true, probabilities, chosen)
    means = draws.astype(np.float64) @ np.stack(list(films.values()), axis=1) / draws.sum(axis=1)[:, None]
    # whole numbers: float32 adds them exactly up to 16 million
    cells = (true & chosen, ~true & chosen, true & ~chosen, ~true & ~chosen)
    counts = Counts(*(draws.astype(np.float32) @ cell.astype(np.float32) for cell in cells))
    found = dict(zip(films, means.T, strict=True)) | counts.averages()
    if "map" in metrics:
        found["map"] = np.nanmean(average_precisions(labels, probabilities, draws), axis=1)
    if "micro_ap" in metrics:
        found["micro_ap"] = micro_average_precision(labels, probabilities, draws)
    return {name: np.asarray(found[name]) for name in METRICS if name in metrics}


def interval(values: np.ndarray, level: float = 0.95, measured: float | None = None) -> tuple[float, float]:
    """The range that contains this share of resampled values, with equal shares below and above (percentile interval).

    Args:
        values: a metric on each resample; NaN, where it was undefined, is left out.
        level: the share, 0..1.
        measured: the metric on the films themselves. With it, the range is mirrored about this value (basic interval,
            Davison & Hinkley 1997), which is right where resampling moves a metric to one side.
    """
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    if measured is not None:
        low, high = 2 * measured - high, 2 * measured - low
    return float(low), float(high)


def metric_interval(metric: str, measured: float, values: np.ndarray) -> tuple[float, float]:
    """The 95 % confidence interval of a model's metric; it contains the measured value.

    It is the percentile interval except for the averages over genres, which resampling moves upward. A film drawn twice
    ranks twice, so that the mean average precision of resamples is too high, and that of few films is too high already:
    its interval is the basic one (see ``interval``). Rare genres are left out of the macro-F1 of resamples without a
    film of theirs, which matters where films are few: its interval spans both kinds.

    On simulated splits of 565 films (``benchmarks/intervals.py``) 90–97 % of these intervals contain the value on all
    such films, for mean average precision 87–97 % (percentile intervals: 16–96 %). With 50 films (``--films 50``) it is
    89–96 %, and for mean average precision only 42–88 %: that of rare genres is too high then.

    Args:
        metric: one of ``METRICS``.
        measured: its value on the films themselves.
        values: its values on the resamples.
    """
    if metric not in OVER_GENRES:
        return _including(measured, interval(values))
    kinds = [interval(values, measured=measured)] + [interval(values)] * (metric != "map")
    low, high = _including(measured, *kinds)
    return max(0.0, low), min(1.0, high)


def difference_interval(metric: str, measured: float, values: np.ndarray) -> tuple[float, float]:
    """The 95 % confidence interval of a difference of two models' metrics; arguments as in ``metric_interval``.

    What resampling does to averages over genres cancels out between models that rank well, where the percentile
    interval is right, but not between a model and the base rates, where the basic one is: the interval of such metrics
    spans both.

    On simulated splits of 565 films (``benchmarks/intervals.py``) 91–98 % of them contain the difference on all such
    films, for macro-F1 and mean average precision 88–96 % (percentile intervals of the latter: 9–94 %); with 50 films
    (``--films 50``) 90–98 %, for mean average precision 50–97 %. Two models of equal skill would be called
    significantly different in 4–10 % of splits of 20 films, in up to 28 % of those of 3.
    """
    if metric not in OVER_GENRES:
        return _including(measured, interval(values))
    low, high = _including(measured, interval(values), interval(values, measured=measured))
    return max(low, -1.0), min(high, 1.0)


def intervals(
    predictions: SplitPredictions, metrics: Collection[str] = tuple(METRICS), times: int = 1000, seed: int = 0
) -> dict[str, dict[str, tuple[float, float]]]:
    """The 95 % confidence interval of each model's metrics (``metric_interval``): model → metric → (low, high)."""
    draws = original_and_resamples(len(predictions), times, seed)
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for name, model in predictions.models.items():
        values = resampled_metrics(predictions.labels, model.probabilities, model.thresholds, draws, metrics)
        found[name] = {metric: metric_interval(metric, each[0], each[1:]) for metric, each in values.items()}
    return found


@dataclass(frozen=True)
class Difference:
    """How two models differ in a metric on the same films.

    Attributes:
        first, second: names of the models.
        metric: one of ``METRICS``.
        value: the first's value minus the second's.
        low, high: the 95 % confidence interval of ``value``, which it contains.
        films: the number of films.
    """

    first: str
    second: str
    metric: str
    value: float
    low: float
    high: float
    films: int

    @property
    def enough_films(self) -> bool:
        """Whether there are enough films to trust the interval."""
        return self.films >= ENOUGH_FILMS

    @property
    def significant(self) -> bool:
        """Whether chance is an unlikely explanation: there are enough films, and 0 lies outside the interval."""
        return self.enough_films and (self.low > 0 or self.high < 0)

    @property
    def better(self) -> str | None:
        """The model with the better value, significant or not; None where both are equal."""
        if self.value == 0:
            return None
        return self.first if (self.value < 0) == (self.metric in LOWER_IS_BETTER) else self.second


def difference(
    predictions: SplitPredictions, first: str, second: str, metric: str, times: int = 1000, seed: int = 0
) -> Difference:
    """Compare two models on the same resamples (paired), so that films that are hard for both do not blur the result.

    Raises:
        UserError: no predictions of a model, or no such metric.
    """
    draws = original_and_resamples(len(predictions), times, seed)
    ours, theirs = (
        resampled_metrics(predictions.labels, model.probabilities, model.thresholds, draws, [metric])[metric]
        for model in (predictions.of(first), predictions.of(second))
    )
    value, *values = ours - theirs
    low, high = difference_interval(metric, value, np.array(values))
    return Difference(first, second, metric, float(value), low, high, len(predictions))


def _including(measured: float, *kinds: tuple[float, float]) -> tuple[float, float]:
    """The range from the lowest end to the highest, extended to the measured value if need be."""
    lows, highs = zip(*kinds, strict=True)
    return float(min(measured, *lows)), float(max(measured, *highs))
