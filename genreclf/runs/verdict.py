"""A verdict on a run's curves in plain words, the same in the app and on the command line.

It is based on the validation loss of finished epochs: where its best epoch is, and whether the last epochs, the
*stretch*, rise or fall. Margins are shares of the loss, so that they fit every model.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from genreclf.genres import EPSILON
from genreclf.runs.curves import History

MIN_EPOCHS = 4  # with fewer, a single lucky epoch would decide
STRETCH = (5, 10)  # half of the run, within these limits: enough epochs for a trend, few enough to be recent
# A loss that changes by less counts as flat: that of the report's CNN, on 528 validation films, keeps swinging by 1 %
# after the model has stopped learning. The scatter of a mean over n films is proportional to 1 / sqrt(n).
MARGIN, MARGIN_FILMS = 0.01, 500
MAX_MARGIN = 0.05  # a larger one would hide real changes
JUMP = 5  # margins up and down again within two epochs; a high learning rate alone makes peaks of three
JUMPS = 2  # in the last epochs; one is an accident
PATIENCE = 3  # epochs; a loss that was at its lowest more recently is not rising yet
SIGNIFICANT = 3  # standard deviations; with so few epochs, one verdict in twenty on a noisy flat loss is still wrong
FEW_FILMS = 200  # with fewer validation films, the noise is as large as the changes looked for


class Kind(StrEnum):
    """The trend of a run's validation loss."""

    TOO_EARLY = "too early to say"
    LEARNING = "still learning"
    CONVERGED = "converged"
    OVERFITTING = "overfitting"
    UNSTABLE = "unstable"


@dataclass(frozen=True)
class Verdict:
    """The verdict, as plain text without Markdown."""

    kind: Kind
    headline: str  # the verdict in a few words, without a full stop
    evidence: tuple[str, ...]  # sentences with the numbers behind it
    next_step: str  # what to do, if anything, in one sentence
    beats_base_rates: bool | None = None  # whether the best epoch does; None where the losses cannot be compared


def judge(history: History, comparable: bool = True, active: bool = False) -> Verdict:
    """Return the verdict on a run's curves.

    Args:
        history: the run's.
        comparable: whether its loss can be compared with the base rates' (``curves.comparable_with_base_rates``).
        active: whether it is still training; this changes the next step, not the observations.
    """
    facts = history.facts
    if facts.best_epoch is None or facts.best_loss is None:
        if active:
            reason = "No epoch is finished yet; the training curve grows with every batch."
            return Verdict(Kind.TOO_EARLY, "Too early to say", (reason,), "Wait for the first epochs.")
        return Verdict(Kind.TOO_EARLY, "No verdict", ("No epoch was finished.",), "")
    margin = min(MAX_MARGIN, MARGIN * math.sqrt(max(1.0, MARGIN_FILMS / (facts.val_films or MARGIN_FILMS))))
    kind, headline, trend = _trend(history.epochs.dropna(subset=["loss", "val_loss"]), margin, active)
    best = "Best so far" if active else "Best"
    evidence = [f"{best}: epoch {facts.best_epoch} with a validation loss of {facts.best_loss:.4f}."]
    beats = None
    if comparable and facts.base_rate_loss is not None:
        beats, gap = facts.best_loss < facts.base_rate_loss, abs(facts.best_loss - facts.base_rate_loss)
        evidence.append(
            f"That is {gap:.4f} {'better' if beats else 'worse'} than the base rates, which never look at the film "
            f"({facts.base_rate_loss:.4f})."
        )
    if beats is False and kind is not Kind.TOO_EARLY:
        headline += ", though not yet better than" if kind is Kind.LEARNING else ", and worse than"
        headline += " the base rates"
    if trend:
        evidence.append(trend)
    if facts.val_films is not None and facts.val_films < FEW_FILMS:
        evidence.append(f"With only {facts.val_films} validation films these numbers are noisy.")
    return Verdict(kind, headline, tuple(evidence), _next_step(kind, beats, active), beats)


def _trend(epochs: pd.DataFrame, margin: float, active: bool) -> tuple[Kind, str, str]:
    """The trend of the validation loss: its kind, a headline, and a sentence with the numbers behind it."""
    number = epochs["epoch"].astype(int).to_numpy()
    loss, training = (epochs[name].clip(lower=EPSILON).to_numpy() for name in ("val_loss", "loss"))
    if len(loss) < MIN_EPOCHS:
        return Kind.TOO_EARLY, f"Too early to say after {len(loss)} epoch{'s' * (len(loss) != 1)}", ""
    last = loss[-STRETCH[1] :]
    if np.sum(last[1:-1] > (1 + JUMP * margin) * np.maximum(last[:-2], last[2:])) >= JUMPS:
        swings = f"In the last {len(last)} epochs it went back and forth between {min(last):.4f} and {max(last):.4f}."
        return Kind.UNSTABLE, "Unstable: the validation loss jumps up and down", swings
    stretch = min(len(loss), max(STRETCH[0], min(STRETCH[1], len(loss) // 2)))
    slope = _slope(loss[-stretch:])
    smooth = pd.Series(loss).rolling(3, center=True, min_periods=1).median().to_numpy()
    best, now = int(loss.argmin()), float(np.median(loss[-3:]))
    since_best = len(loss) - 1 - best
    noise = max(margin, SIGNIFICANT * _scatter(last))
    # the lowest loss is partly luck: the median around it shows how good that part of the run was
    has_risen = now / smooth[best] - 1 > noise or slope > 1.5 * noise
    if since_best >= PATIENCE and slope >= -margin and has_risen:
        return _rising(int(number[best]), loss[best:], training[best:], margin)
    if slope < -margin and (
        since_best < stretch or now / loss[best] - 1 > 2 * noise
    ):  # else it fluctuates around its best
        trend = f"In the last {stretch} epochs it went from {loss[-stretch]:.4f} to {loss[-1]:.4f}."
        if active:
            return Kind.LEARNING, "Still learning: the validation loss is falling", trend
        return Kind.LEARNING, "Still learning when it ended: the validation loss was falling", trend
    differs = np.abs(smooth[:-stretch] / np.median(loss[-stretch:]) - 1) > margin
    start = int(np.flatnonzero(differs)[-1]) + 1 if differs.any() else 0
    flat = loss[start:]
    trend = (
        f"From epoch {number[start]} to {number[-1]} the validation loss stayed between {min(flat):.4f} and "
        f"{max(flat):.4f} and changed by {100 * abs(now / np.median(flat[:3]) - 1):.1f} %."
    )
    if training[-1] < training[start] * (1 - margin):
        trend += (
            f" Meanwhile the training loss fell from {training[start]:.4f} to {training[-1]:.4f}; that gain does not "
            "carry over to unseen films."
        )
    return Kind.CONVERGED, f"Converged: the validation loss has been flat for {len(flat)} epochs", trend


def _rising(best: int, loss: np.ndarray, training: np.ndarray, margin: float) -> tuple[Kind, str, str]:
    """A loss that has risen since the best epoch: overfitting if the training loss fell meanwhile."""
    now = float(np.median(loss[-3:]))
    since = f"Since epoch {best} the validation loss has risen from {loss[0]:.4f} to {now:.4f}"
    ends = f"from {training[0]:.4f} to {training[-1]:.4f}"
    if np.median(training[-2:]) >= training[0] * (1 - margin / 2):  # a mean over many more films scatters less
        headline = f"Unstable: the validation loss has been rising since epoch {best}"
        return Kind.UNSTABLE, headline, f"{since}; the training loss went {ends}, so this is not overfitting."
    gap = now - training[-1]  # dropout and augmentation may keep the training loss above the other
    apart = f", leaving a gap of {gap:.4f} between the two" if gap > 0 else ""
    headline = f"Overfitting since epoch {best}: the model memorises its training films"
    return Kind.OVERFITTING, headline, f"{since}, while the training loss kept falling, {ends}{apart}."


def _slope(losses: np.ndarray) -> float:
    """The change from first to last along a straight line, as a share of the loss.

    The line is the Theil-Sen estimator, the median of all slopes, which is robust to single odd epochs.
    """
    first, second = np.triu_indices(len(losses), 1)
    slopes = (losses[second] - losses[first]) / (second - first)
    return float(np.median(slopes) * (len(losses) - 1) / np.median(losses))


def _scatter(losses: np.ndarray) -> float:
    """The standard deviation of the losses around a smooth curve, as a share of them.

    It comes from the third differences, which cancel slope and curvature and multiply the scatter by the square root of
    20; their median is robust to single odd epochs.
    """
    return float(1.4826 * np.median(np.abs(np.diff(losses, 3))) / math.sqrt(20) / np.median(losses))


def _next_step(kind: Kind, beats: bool | None, active: bool) -> str:
    match kind, active:
        case Kind.TOO_EARLY, _:
            return "Wait for more epochs." if active else f"Too few epochs to see a trend. Train at least {MIN_EPOCHS}."
        case Kind.LEARNING, _:
            return "Let it continue training." if active else "More epochs may help."
        case Kind.UNSTABLE, _:
            return "A lower learning rate or larger batches make it steadier. The best epoch's weights are kept."
        case _ if beats is False:
            return "More epochs will hardly help; try another recipe or learning rate."
        case _, True:
            return "The best epoch's weights are kept, so nothing is lost by stopping now."
        case Kind.OVERFITTING, _:
            return "The best epoch's weights were kept. More dropout, augmentation or training films delay overfitting."
    return "More epochs would hardly help; another learning rate, more films or another model might."
