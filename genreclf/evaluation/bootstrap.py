"""How far the figures of a split are chance: the bootstrap over its films (Efron & Tibshirani 1993).

A resample draws as many films as there are, with replacement. It is kept as how often each film was drawn, so that the
figures of a thousand resamples come from sums weighted by these counts, not from a thousand evaluations.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from genreclf.errors import UserError
from genreclf.evaluation.metrics import METRICS
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.genres import EPSILON

LOWER_IS_BETTER = ("bce",)
OVER_GENRES = {"macro_f1", "map"}  # averages in which a genre of a handful of films counts as much as any other
ENOUGH_FILMS = 20  # below which no difference is called sure: resamples of few films are too much alike
_AT_ONCE = 1_000_000  # counts that are sorted at once: what a processor's cache holds


@lru_cache(maxsize=2)
def resamples(films: int, times: int = 1000, seed: int = 0) -> np.ndarray:
    """How often each film is drawn in each resample: float32 ``(times, films)``, read-only, whole numbers.

    Two models are compared on the same resamples; equal arguments give equal ones.
    """
    rng = np.random.default_rng(seed)
    counts = np.empty((times, films), np.float32)
    for row in counts:
        row[:] = np.bincount(rng.integers(films, size=films), minlength=films)
    counts.setflags(write=False)
    return counts


def resampled_figures(
    labels: np.ndarray,
    probabilities: np.ndarray,
    thresholds: np.ndarray,
    counts: np.ndarray,
    figures: Collection[str] = tuple(METRICS),
) -> dict[str, np.ndarray]:
    """What ``genreclf.evaluation.metrics.evaluate_probabilities`` gives on each resample.

    Averages over genres leave out those without a film in the resample, as they do there.

    Args:
        labels: 0/1 of shape ``(n, 25)``.
        probabilities: ``(n, 25)`` in 0..1.
        thresholds: ``(25,)``.
        counts: ``(times, n)``, see ``resamples``.
        figures: which of ``METRICS``; the two of average precision take nearly all the time.

    Returns:
        name → float64 ``(times,)``, in the order of ``METRICS``.

    Raises:
        UserError: a name is not in ``METRICS``.
    """
    unknown = [name for name in figures if name not in METRICS]
    if unknown:
        raise UserError(f"There is no figure {unknown[0]!r}; choose one of {', '.join(METRICS)}.")
    truth, chosen = labels.astype(bool), probabilities >= thresholds
    found = {
        **_means_over_films(truth, probabilities, chosen, counts),
        **_from_hits(truth, chosen, counts),
    }
    if "map" in figures:
        found["map"] = np.nanmean(resampled_average_precisions(labels, probabilities, counts), axis=1)
    if "micro_ap" in figures:
        films = np.repeat(np.arange(len(truth)), truth.shape[1])
        found["micro_ap"] = _average_precision(truth.ravel(), probabilities.ravel(), counts, films)
    return {name: found[name] for name in METRICS if name in figures}


def resampled_average_precisions(labels: np.ndarray, probabilities: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The average precision of each genre on each resample.

    Args:
        labels: 0/1 of shape ``(n, genres)``.
        probabilities: ``(n, genres)`` in 0..1.
        counts: ``(times, n)``, see ``resamples``.

    Returns:
        float64 ``(times, genres)``; NaN where no film of the resample has the genre.
    """
    films = np.arange(len(labels))
    found = np.empty((len(counts), labels.shape[1]))
    for genre, (truth, told) in enumerate(zip(labels.T.astype(bool), probabilities.T, strict=True)):
        found[:, genre] = _average_precision(truth, told, counts, films)
    return found


def interval(values: np.ndarray, level: float = 0.95, measured: float | None = None) -> tuple[float, float]:
    """The range that holds this share of resampled values, as much left out below as above (percentile interval).

    Args:
        values: a figure on each resample; those that could not be measured (NaN) do not count.
        level: the share, 0..1.
        measured: the figure on the films themselves. Given it, the range is mirrored about it (basic interval, Davison
            & Hinkley 1997): right where resampling moves a figure to one side.
    """
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    if measured is not None:
        low, high = 2 * measured - high, 2 * measured - low
    return float(low), float(high)


def figure_interval(figure: str, measured: float, values: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of a model's figure; it holds the figure itself.

    It is the percentile interval but for the averages over genres, which resampling moves upward. A film drawn twice
    ranks twice, so that the mean average precision of resamples is too high, and that of few films is too high already:
    its interval is the basic one (see ``interval``). Rare genres are left out of the macro-F1 of resamples that have no
    film of them, which matters where films are few: its interval spans both kinds.

    On simulated splits of 565 films (``benchmarks/intervals.py``) 90–97 % of these intervals hold the figure on all
    such films, of mean average precision 87–97 % (percentile intervals: 16–96 %). With 50 films (``--films 50``) it is
    89–96 %, and of mean average precision only 42–88 %: that of rare genres is too high then.

    Args:
        figure: one of ``METRICS``.
        measured: the figure on the films themselves.
        values: on each resample.
    """
    if figure not in OVER_GENRES:
        return _around(measured, interval(values))
    kinds = [interval(values, measured=measured)] + [interval(values)] * (figure != "map")
    low, high = _around(measured, *kinds)
    return max(0.0, low), min(1.0, high)


def difference_interval(figure: str, measured: float, values: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of a difference of two models' figures; arguments as in ``figure_interval``.

    What resampling does to averages over genres cancels out between models that rank well, where the percentile
    interval is right, and not between a model and the base rates, where the basic one is: the interval of such figures
    spans both.

    On simulated splits of 565 films (``benchmarks/intervals.py``) 91–98 % of them hold the difference on all such
    films, of macro-F1 and mean average precision 88–96 % (percentile intervals of the latter: 9–94 %); with 50 films
    (``--films 50``) 90–98 %, of mean average precision 50–97 %. Two models of equal skill would be called surely
    different in 4–10 % of splits of 20 films, in up to 28 % of those of 3.
    """
    kinds = [interval(values)]
    if figure in OVER_GENRES:
        kinds.append(interval(values, measured=measured))
    low, high = _around(measured, *kinds)
    return (max(low, -1.0), min(high, 1.0)) if figure in OVER_GENRES else (low, high)


def intervals(
    predictions: SplitPredictions, figures: Collection[str] = tuple(METRICS), times: int = 1000, seed: int = 0
) -> dict[str, dict[str, tuple[float, float]]]:
    """The 95 % interval of each model's figures (``figure_interval``): model → figure → (low, high)."""
    counts = with_the_films_themselves(len(predictions), times, seed)
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for name, told in predictions.models.items():
        values = resampled_figures(predictions.labels, told.probabilities, told.thresholds, counts, figures)
        found[name] = {figure: figure_interval(figure, one[0], one[1:]) for figure, one in values.items()}
    return found


@dataclass(frozen=True)
class Difference:
    """How two models differ in a figure on the same films.

    Attributes:
        first, second: names of the models.
        figure: one of ``METRICS``.
        value: the first's figure less the second's.
        low, high: the 95 % interval of ``value``, which it holds.
        films: on how many both were measured.
    """

    first: str
    second: str
    figure: str
    value: float
    low: float
    high: float
    films: int

    @property
    def enough(self) -> bool:
        """Whether they are films enough for the interval to be believed."""
        return self.films >= ENOUGH_FILMS

    @property
    def sure(self) -> bool:
        """Whether chance is unlikely to explain it: films enough, and 0 lies outside the interval."""
        return self.enough and (self.low > 0 or self.high < 0)

    @property
    def better(self) -> str | None:
        """The model that is better in this figure, sure or not; None where both are equal."""
        if self.value == 0:
            return None
        return self.first if (self.value < 0) == (self.figure in LOWER_IS_BETTER) else self.second


def difference(
    predictions: SplitPredictions, first: str, second: str, figure: str, times: int = 1000, seed: int = 0
) -> Difference:
    """Compare two models on the same resamples (paired), so that films that are hard for both do not blur it.

    Raises:
        UserError: no answers of a model, or no such figure.
    """
    counts = with_the_films_themselves(len(predictions), times, seed)
    one, other = (
        resampled_figures(predictions.labels, told.probabilities, told.thresholds, counts, [figure])[figure]
        for told in (predictions.of(first), predictions.of(second))
    )
    value, *values = one - other
    low, high = difference_interval(figure, value, np.array(values))
    return Difference(first, second, figure, float(value), low, high, len(predictions))


def with_the_films_themselves(films: int, times: int = 1000, seed: int = 0) -> np.ndarray:
    """Resamples, with every film once in front of them: ``(1 + times, films)``."""
    return np.vstack([np.ones(films, np.float32), resamples(films, times, seed)])


def _around(measured: float, *kinds: tuple[float, float]) -> tuple[float, float]:
    """The range from the lowest end to the highest, wide enough to hold what was measured."""
    lows, highs = zip(*kinds, strict=True)
    return float(min(measured, *lows)), float(max(measured, *highs))


def _means_over_films(
    truth: np.ndarray, probabilities: np.ndarray, chosen: np.ndarray, counts: np.ndarray
) -> dict[str, np.ndarray]:
    """The figures that are a mean of the films' own."""
    clipped = np.clip(probabilities.astype(np.float64), EPSILON, 1 - EPSILON)
    in_order = np.take_along_axis(truth, np.argsort(-probabilities, axis=1, kind="stable"), axis=1)
    of_films = {
        "bce": -np.log(np.where(truth, clipped, 1 - clipped)).mean(axis=1),
        "samples_f1": _share(2 * (truth & chosen).sum(axis=1), truth.sum(axis=1) + chosen.sum(axis=1)),
        "top1": in_order[:, 0],
        "top3_recall": _share(in_order[:, :3].sum(axis=1), truth.sum(axis=1)),
    }
    means = counts.astype(np.float64) @ np.stack(list(of_films.values()), axis=1) / counts.sum(axis=1)[:, None]
    return dict(zip(of_films, means.T, strict=True))


def _from_hits(truth: np.ndarray, chosen: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """The figures that follow from how many films of each genre are true, chosen, and both."""
    counts = counts.astype(np.float32)  # whole numbers, which it adds exactly up to 16 million
    true, told, hits = (counts @ one.astype(np.float32) for one in (truth, chosen, truth & chosen))
    f1 = _share(2 * hits, true + told)
    all_true, all_told, all_hits = (one.sum(axis=1, dtype=np.float64) for one in (true, told, hits))
    return {
        "precision": _share(all_hits, all_told),
        "recall": _share(all_hits, all_true),
        "micro_f1": _share(2 * all_hits, all_true + all_told),
        "macro_f1": _share((f1 * (true > 0)).sum(axis=1), (true > 0).sum(axis=1)),
        "weighted_f1": _share((f1 * true).sum(axis=1), all_true),
    }


def _average_precision(truth: np.ndarray, told: np.ndarray, counts: np.ndarray, films: np.ndarray) -> np.ndarray:
    """Average precision of pairs ranked together on each resample, float64 ``(times,)``; NaN where none is true.

    It is the sum, over the true pairs, of the precision among all pairs that rank as high as they do, divided by how
    many are true. So sums are needed only up to the last pair of each group of equals that holds a true one.

    Args:
        truth, told: of each pair, ``(pairs,)``.
        counts: ``(times, n)``.
        films: which film each pair belongs to, ``(pairs,)``.
    """
    if not truth.any():
        return np.full(len(counts), np.nan)
    order = np.argsort(-told, kind="stable")
    truth, told, films = truth[order], told[order], films[order]
    ends = np.flatnonzero(np.append(np.diff(told) != 0, True)) + 1  # of the groups of equals
    ends = np.unique(ends[np.searchsorted(ends, np.flatnonzero(truth), side="right")])
    trues = np.flatnonzero(truth)
    of_trues = np.searchsorted(trues, np.append(0, ends[:-1]))  # where each group's true pairs begin
    found = []
    for block in np.array_split(counts, max(1, len(films) * len(counts) // _AT_ONCE)):
        drawn = np.ascontiguousarray(block.T, np.float32)  # a film's counts side by side: sorting copies whole rows
        ranked = np.add.reduceat(drawn[films[: ends[-1]]], np.append(0, ends[:-1]), axis=0)
        hits = np.add.reduceat(drawn[films[trues]], of_trues, axis=0).astype(np.float64)
        precision = _share(hits.cumsum(axis=0), ranked.cumsum(axis=0, dtype=np.float64))
        with np.errstate(invalid="ignore"):
            found.append((hits * precision).sum(axis=0) / hits.sum(axis=0))
    return np.concatenate(found)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """``part / whole`` in float64, 0 where the whole is."""
    return np.asarray(part, np.float64) / np.where(whole == 0, 1, whole)
