"""How uncertain the scores on a split are: the bootstrap over its films (Efron & Tibshirani 1993).

A resample draws as many films as there are, with replacement. It is stored as the number of times each film was drawn,
so that the scores of a thousand resamples are sums weighted by these counts, not a thousand evaluations.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from genreclf.evaluation.metrics import LOWER_IS_BETTER, METRICS, resampled_metrics
from genreclf.evaluation.predictions import SplitPredictions

GENRE_AVERAGES = ("macro_f1", "map")  # in which a genre with a handful of films counts as much as any other
ENOUGH_FILMS = 20  # with fewer, no difference is called significant: resamples of few films are too much alike


@lru_cache(maxsize=2)
def resamples(films: int, n_resamples: int = 1000, seed: int = 0) -> np.ndarray:
    """How often each film is drawn in each resample: counts, read-only float32 ``(1 + n_resamples, films)``.

    The first row is the original split, with each film once. Equal arguments give equal resamples, so two models can be
    compared on the same ones.
    """
    rng = np.random.default_rng(seed)
    draws = np.ones((1 + n_resamples, films), np.float32)
    for row in draws[1:]:
        row[:] = np.bincount(rng.integers(films, size=films), minlength=films)
    draws.setflags(write=False)
    return draws


def interval(values: np.ndarray, measured: float | None = None) -> tuple[float, float]:
    """The range that contains 95 % of resampled values, NaN left out: the percentile interval.

    With ``measured``, the value on the original split, the range is mirrored about it: the basic interval (Davison &
    Hinkley 1997), which corrects for a metric that resampling shifts to one side.
    """
    low, high = np.nanquantile(values, [0.025, 0.975])
    return (float(low), float(high)) if measured is None else (float(2 * measured - high), float(2 * measured - low))


def confidence_interval(metric: str, values: np.ndarray, is_difference: bool = False) -> tuple[float, float]:
    """The 95 % confidence interval of a metric or of the difference of two models; it contains the measured value.

    It is the percentile interval except for the averages over genres, which resampling shifts. A film drawn twice ranks
    twice, so the mean average precision of resamples is too high: its interval is the basic one. Macro-F1 leaves out
    rare genres without a film in the resample, which matters where films are few: its interval spans both kinds. In a
    difference, such shifts cancel out between models that rank well, but not between a model and the base rates: the
    interval of both metrics spans both kinds.

    Coverage on simulated splits of 565 films (``benchmarks/intervals.py``): 90–97 % of a metric's intervals contain the
    true value, for mean average precision 87–97 % (percentile intervals: 16–96 %); with 50 films (``--films 50``)
    89–96 %, for mean average precision only 42–88 %, because it is biased upwards for rare genres. For the
    intervals of a difference it is 91–98 %, for macro-F1 and mean average precision 88–96 % (percentile intervals of
    the latter: 9–94 %); with 50 films 90–98 %, for mean average precision 50–97 %. Two models of equal skill would be
    called significantly different in 4–10 % of splits of 20 films, in up to 28 % of those of 3.

    ``values``, ``(1 + n_resamples,)``, are the metric or difference on ``resamples``; the first is that on the split.
    """
    measured, percentile, basic = float(values[0]), interval(values[1:]), interval(values[1:], values[0])
    if metric not in GENRE_AVERAGES:
        return min(measured, percentile[0]), max(measured, percentile[1])
    ends = [measured, *basic] if metric == "map" and not is_difference else [measured, *percentile, *basic]
    return max(min(ends), -1.0 if is_difference else 0.0), min(max(ends), 1.0)


def intervals(
    predictions: SplitPredictions, metrics: Collection[str] = tuple(METRICS), n_resamples: int = 1000, seed: int = 0
) -> dict[str, dict[str, tuple[float, float]]]:
    """The 95 % confidence interval of each model's metrics: model → metric → (low, high)."""
    draws = resamples(len(predictions), n_resamples, seed)
    results = {}
    for name, model in predictions.models.items():
        values = resampled_metrics(predictions.labels, model.probabilities, model.thresholds, draws, metrics)
        results[name] = {metric: confidence_interval(metric, each) for metric, each in values.items()}
    return results


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
    predictions: SplitPredictions, first: str, second: str, metric: str, n_resamples: int = 1000, seed: int = 0
) -> Difference:
    """Compare two models in one metric, see ``differences``."""
    return differences(predictions, first, second, [metric], n_resamples, seed)[metric]


def differences(
    predictions: SplitPredictions,
    first: str,
    second: str,
    metrics: Collection[str] = tuple(METRICS),
    n_resamples: int = 1000,
    seed: int = 0,
) -> dict[str, Difference]:
    """Compare two models on the same resamples (paired), so that films that are hard for both do not blur it.

    Returns:
        their difference in each metric, by its name.
    """
    draws = resamples(len(predictions), n_resamples, seed)
    of_first, of_second = (
        resampled_metrics(predictions.labels, model.probabilities, model.thresholds, draws, metrics)
        for model in (predictions.of(first), predictions.of(second))
    )
    found = {}
    for metric, values in of_first.items():
        values = values - of_second[metric]
        low, high = confidence_interval(metric, values, is_difference=True)
        found[metric] = Difference(first, second, metric, float(values[0]), low, high, len(predictions))
    return found
