"""A verdict on a run's curves in plain words, the same in the app and on the command line.

Only finished epochs count, and of them mostly the validation loss. Its last epochs, the *stretch*, show what the run is
doing now. Margins are shares of the loss, so that they fit every model's.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from statistics import median

import numpy as np
import pandas as pd

from genreclf.genres import EPSILON
from genreclf.runs.curves import History
from genreclf.runs.events import Event

MIN_EPOCHS = 4  # with fewer, one lucky epoch decides
STRETCH = (5, 10)  # epochs: half of the run, but enough to average out single ones and few enough to be recent
# A loss that changes by less counts as flat: the loss of the report's CNN, on 528 validation films, keeps swinging by
# 1 % when the model has stopped learning. The scatter of a mean over n films goes with 1 / sqrt(n).
MARGIN, MARGIN_FILMS = 0.01, 500
MAX_MARGIN = 0.05  # a larger one would hide real changes
JUMP = 5  # margins up and down again within two epochs; a high learning rate alone makes peaks of three
JUMPS = 2  # in a stretch; one is an accident
SINCE_BEST = 3  # epochs; a loss that was at its best more recently has not turned yet
TRAINING = 0.5  # margins; the training loss is a mean over many more films
SURE = 3  # standard errors; with so few epochs, one verdict in twenty on a flat loss with 1 % scatter is still wrong
FEW_FILMS = 200  # with fewer validation films, the noise is as large as the changes looked for


class Kind(StrEnum):
    """Where a run is going."""

    TOO_EARLY = "too early to say"
    LEARNING = "still learning"
    CONVERGED = "converged"
    OVERFITTING = "overfitting"
    UNSTABLE = "unstable"


@dataclass(frozen=True)
class Verdict:
    """The verdict, as plain text without Markdown.

    Attributes:
        kind: where the run is going.
        headline: the verdict in a few words, without a full stop.
        figures: sentences with the numbers behind it.
        next_step: what to do, if anything, in one sentence.
        beats_constant: whether the best epoch beats the base rates, which never look at the film; None where the
            losses cannot be compared, or none is known.
    """

    kind: Kind
    headline: str
    figures: tuple[str, ...]
    next_step: str
    beats_constant: bool | None = None


@dataclass(frozen=True)
class _Course:
    kind: Kind
    words: str
    evidence: str = ""


def judge(events: list[Event], comparable: bool = True, active: bool = False) -> Verdict:
    """The verdict on a list of events (see ``judge_history``)."""
    return judge_history(History((), events), comparable, active)


def judge_history(history: History, comparable: bool = True, active: bool = False) -> Verdict:
    """The verdict on a run's curves.

    Args:
        history: the run's.
        comparable: whether its loss can be compared with the base rates' (``curves.comparable_with_base_rates``).
        active: whether it still trains; this changes the next step, not what is observed.
    """
    epochs, known = history.epochs, history.facts
    if known.best_epoch is None or known.best_loss is None:
        if active:
            reason = ("No epoch is finished yet; the training curve grows with every batch.",)
            return Verdict(Kind.TOO_EARLY, "Too early to say", reason, "Wait for the first epochs.")
        return Verdict(Kind.TOO_EARLY, "No verdict", ("No epoch was finished.",), "")
    margin = _margin(known.val_films)
    course = _course(epochs.dropna(subset=["loss", "val_loss"]), margin, active)
    figures = [f"{'Best so far' if active else 'Best'}: epoch {known.best_epoch} with a validation loss of "
               f"{known.best_loss:.4f}."]  # fmt: skip
    beats = None
    if comparable and known.base_rate_loss is not None:
        beats = known.best_loss < known.base_rate_loss
        figures.append(_beside_constant(known.best_loss, known.base_rate_loss))
    if course.evidence:
        figures.append(course.evidence)
    if known.val_films is not None and known.val_films < FEW_FILMS:
        figures.append(f"With only {known.val_films} validation films these numbers are noisy.")
    return Verdict(course.kind, course.words + _and_worse(course.kind, beats), tuple(figures),
                   _next_step(course.kind, beats, active), beats)  # fmt: skip


def _margin(val_films: int | None) -> float:
    films = val_films or MARGIN_FILMS
    return min(MAX_MARGIN, MARGIN * max(1.0, math.sqrt(MARGIN_FILMS / films)))


def _course(epochs: pd.DataFrame, margin: float, active: bool) -> _Course:
    """The course of the validation loss, with the figures that show it."""
    number = [int(epoch) for epoch in epochs["epoch"]]
    loss, training = epochs["val_loss"].clip(lower=EPSILON).tolist(), epochs["loss"].clip(lower=EPSILON).tolist()
    if len(loss) < MIN_EPOCHS:
        return _Course(Kind.TOO_EARLY, f"Too early to say after {len(loss)} epoch{'s' * (len(loss) != 1)}")
    if _jumps(loss[-STRETCH[1] :], JUMP * margin) >= JUMPS:
        last = loss[-STRETCH[1] :]
        return _Course(
            Kind.UNSTABLE,
            "Unstable: the validation loss jumps up and down",
            f"In the last {len(last)} epochs it went back and forth between {min(last):.4f} and {max(last):.4f}.",
        )
    stretch = min(len(loss), max(STRETCH[0], min(STRETCH[1], len(loss) // 2)))
    recent, best, now = loss[-stretch:], loss.index(min(loss)), median(loss[-3:])
    since_best = len(loss) - 1 - best
    change, scatter = _trend(recent), SURE * _scatter(loss[-STRETCH[1] :])
    is_falling = change < -margin  # however noisy: training on in vain is the lesser mistake
    is_rising = change > max(margin, scatter * math.sqrt(12 / stretch))  # by the standard error of a slope
    # the best loss is lucky as well as good: its neighbours show how good that part of the run was
    is_above = now / median(loss[max(0, best - 1) : best + 2]) - 1 > max(margin, scatter)
    is_far_above = now / loss[best] - 1 > max(2 * margin, scatter)
    if since_best >= SINCE_BEST and (is_rising or (is_above and not is_falling)):
        return _worse_since(number[best], loss[best:], training[best:], margin)
    if is_falling and (since_best < stretch or is_far_above):  # else it swings about its best
        words = "Still learning: the validation loss is falling"
        words = words if active else "Still learning when it ended: the validation loss was falling"
        went = f"In the last {stretch} epochs it went from {recent[0]:.4f} to {recent[-1]:.4f}."
        return _Course(Kind.LEARNING, words, went)
    return _flat(number, loss, training, stretch, margin)


def _worse_since(best: int, loss: list[float], training: list[float], margin: float) -> _Course:
    """The verdict when the loss has risen since the best epoch."""
    now = median(loss[-3:])
    since = f"Since epoch {best} the validation loss has risen from {loss[0]:.4f} to {now:.4f}"
    ends = f"{training[0]:.4f} to {training[-1]:.4f}"
    if median(training[-2:]) >= training[0] * (1 - TRAINING * margin):
        words = f"Unstable: the validation loss has been rising since epoch {best}"
        return _Course(
            Kind.UNSTABLE, words, f"{since}; the training loss went from {ends}, so this is not overfitting."
        )
    gap = now - training[-1]  # dropout and augmentation may keep the training loss above the other
    apart = f": a gap of {gap:.4f} between the two by now" if gap > 0 else ""
    return _Course(
        Kind.OVERFITTING,
        f"Overfitting since epoch {best}: the model memorises its training films",
        f"{since}, while the training loss kept falling, from {ends}{apart}.",
    )


def _flat(number: list[int], loss: list[float], training: list[float], stretch: int, margin: float) -> _Course:
    """The verdict when the loss is flat, and for how long it has been."""
    level = median(loss[-stretch:])
    smooth = [median(loss[max(0, at - 1) : at + 2]) for at in range(len(loss))]
    flat = stretch
    while flat < len(loss) and abs(smooth[-flat - 1] / level - 1) <= margin:
        flat += 1
    change = abs(median(loss[-3:]) / median(loss[-flat:][:3]) - 1)
    evidence = (
        f"From epoch {number[-flat]} to {number[-1]} the validation loss stayed between {min(loss[-flat:]):.4f} and "
        f"{max(loss[-flat:]):.4f} and changed by {100 * change:.1f} %."
    )
    if training[-1] < training[-flat] * (1 - margin):
        evidence += (
            f" Meanwhile the training loss fell from {training[-flat]:.4f} to {training[-1]:.4f}; that gain does not "
            "carry over to unseen films."
        )
    return _Course(Kind.CONVERGED, f"Converged: the validation loss has been flat for {flat} epochs", evidence)


def _trend(losses: list[float]) -> float:
    """The change from first to last along a straight line, as a share of the loss.

    The line is the Theil-Sen estimator, the median of all slopes, which is robust to single odd epochs.
    """
    slopes = ((losses[b] - losses[a]) / (b - a) for a, b in combinations(range(len(losses)), 2))
    return median(slopes) * (len(losses) - 1) / median(losses)


def _scatter(losses: list[float]) -> float:
    """The standard deviation of the losses around a smooth curve, as a share of them.

    It comes from the third differences, which cancel slope and curvature and multiply the scatter by the square root of
    20; their median is robust to single odd epochs.
    """
    differences = np.abs(np.diff(losses, 3))
    return 1.4826 * float(np.median(differences)) / math.sqrt(20) / median(losses)


def _jumps(losses: list[float], height: float) -> int:
    """How often the loss exceeded both its neighbours by a share."""
    middle = range(1, len(losses) - 1)
    return sum(losses[at] > (1 + height) * max(losses[at - 1], losses[at + 1]) for at in middle)


def _beside_constant(best: float, to_beat: float) -> str:
    always = f"the baseline that never looks at the film ({to_beat:.4f})"
    gap = f"{abs(to_beat - best):.4f}"
    return f"That is {gap} better than {always}." if best < to_beat else f"That is {gap} worse than {always}."


def _and_worse(kind: Kind, beats: bool | None) -> str:
    if beats is not False or kind is Kind.TOO_EARLY:
        return ""
    return ", though not yet better than the base rates" if kind is Kind.LEARNING else ", and worse than the base rates"


def _next_step(kind: Kind, beats: bool | None, active: bool) -> str:
    if kind is Kind.TOO_EARLY:
        return (
            "Wait for a few more epochs." if active else f"Too few epochs to see a trend. Train at least {MIN_EPOCHS}."
        )
    if kind is Kind.LEARNING:
        return "Let it train on." if active else "More epochs may help."
    if kind is Kind.UNSTABLE:
        return "A lower learning rate or larger batches make it steadier. The best epoch's weights are kept."
    if beats is False:
        return "More epochs will hardly help; try another recipe or learning rate."
    if active:
        return "The best epoch's weights are kept, so nothing is lost by stopping now."
    if kind is Kind.OVERFITTING:
        return "The best epoch's weights were kept. More dropout, augmentation or training films delay overfitting."
    return "More epochs would hardly help; another learning rate, more films or another model might."
