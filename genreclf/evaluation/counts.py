"""True and false positives and negatives, and the precision, recall and F1 that follow from them."""

from dataclasses import astuple, dataclass

import numpy as np

Numbers = int | float | np.ndarray


def ratio(part: Numbers, whole: Numbers) -> Numbers:
    """Divide in float64; NaN where ``whole`` is 0."""
    part, whole = np.broadcast_arrays(np.asarray(part, np.float64), np.asarray(whole, np.float64))
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole != 0)[()]


@dataclass(frozen=True)
class Counts:
    """A confusion matrix of films; with arrays of one shape, one matrix per genre, threshold or resample.

    >>> round(float(Counts(tp=2, fp=1, fn=1, tn=2).f1), 3)
    0.667

    Attributes:
        tp: true positives, films that have the genre and for which it was chosen.
        fp: false positives, chosen but not true.
        fn: false negatives, true but not chosen.
        tn: true negatives, neither true nor chosen.
    """

    tp: Numbers
    fp: Numbers
    fn: Numbers
    tn: Numbers

    @property
    def chosen(self) -> Numbers:
        """Films for which the genre was chosen."""
        return self.tp + self.fp

    @property
    def positives(self) -> Numbers:
        """Films that have the genre."""
        return self.tp + self.fn

    @property
    def precision(self) -> Numbers:
        """The share of the chosen films that have the genre; NaN where none was chosen."""
        return ratio(self.tp, self.chosen)

    @property
    def recall(self) -> Numbers:
        """The share of the genre's films that were chosen; NaN where no film has it."""
        return ratio(self.tp, self.positives)

    @property
    def f1(self) -> Numbers:
        """Harmonic mean of precision and recall; NaN where no film has the genre and none was chosen."""
        return ratio(2 * self.tp, self.chosen + self.positives)

    def at(self, index: int) -> "Counts":
        """The counts of one genre, threshold or resample."""
        return Counts(*(int(count[index]) for count in astuple(self)))

    def averages(self) -> dict[str, Numbers]:
        """The metrics that average over the last axis, the genres: micro, macro and weighted; 0 where undefined.

        Genres without a film are left out of ``macro_f1``.
        """
        total = Counts(*(np.sum(count, axis=-1, dtype=np.float64) for count in astuple(self)))
        f1, films = np.nan_to_num(self.f1), np.asarray(self.positives)
        averages = {
            "precision": total.precision,
            "recall": total.recall,
            "micro_f1": total.f1,
            "macro_f1": ratio((f1 * (films > 0)).sum(axis=-1), (films > 0).sum(axis=-1)),
            "weighted_f1": ratio((f1 * films).sum(axis=-1), films.sum(axis=-1)),
        }
        return {name: np.nan_to_num(value) for name, value in averages.items()}


def count(labels: np.ndarray, chosen: np.ndarray, axis: int = 0, draws: np.ndarray | None = None) -> Counts:
    """Count the films per genre (``axis`` 0; ``(n_resamples, genres)`` with ``draws``) or the genres per film (1)."""
    true, chosen = np.asarray(labels, bool), np.asarray(chosen, bool)
    cells = (true & chosen, ~true & chosen, true & ~chosen, ~true & ~chosen)
    if draws is None:
        return Counts(*(cell.sum(axis=axis) for cell in cells))
    counts = draws @ np.hstack(cells).astype(np.float32)  # exact up to 16 million films; one product is the quickest
    return Counts(*np.hsplit(counts, len(cells)))


def counts_at(truth: np.ndarray, probabilities: np.ndarray, thresholds: float | np.ndarray) -> Counts:
    """The counts of one genre at one threshold, or at ``(t,)`` many; expected counts if ``truth`` are probabilities."""
    values = np.asarray(probabilities, np.float64)  # else NumPy would round a threshold given as a float to float32
    order = np.argsort(values, kind="stable")
    truth = np.asarray(truth)[order]
    below = np.append(0, truth.astype(np.float64 if truth.dtype.kind == "f" else np.int64).cumsum())
    at = np.searchsorted(values[order], thresholds, side="left")
    fn, chosen = below[at], len(values) - at
    tp = below[-1] - fn
    return Counts(tp, chosen - tp, fn, at - fn)
