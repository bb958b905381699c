"""A verdict on a run's curves in plain words, the same in the app and on the command line.

It is based on the validation loss of finished epochs: how it compares with what a model that has learnt nothing has,
where its best epoch is, and whether the last epochs rise or fall. Margins are shares of the loss, so that they fit
every model.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from genreclf.genres import EPSILON
from genreclf.runs.curves import Facts, History, Loss

if TYPE_CHECKING:
    import pandas as pd

MIN_EPOCHS = 4  # with fewer, a single lucky epoch would decide
STRETCH = (5, 10)  # half of the run, within these limits: enough epochs for a trend, few enough to be recent
# A loss that rises by less counts as flat: that of the report's CNN, on 528 validation films, keeps swinging by 1 %
# after the model has stopped learning. The scatter of a mean over n films is proportional to 1 / sqrt(n).
MARGIN, MARGIN_FILMS = 0.01, 500
MAX_MARGIN = 0.05  # a larger one would hide real changes
# Few films do not hide a fall: they are the same ones in every epoch. It is only held against the curve's own noise.
FALL_MARGIN = 0.01
SURE, VERY_SURE = 1.645, 2.326  # standard deviations, which chance reaches in one of 20 and of 100 flat curves
JUMP = 5  # margins up and down again within two epochs; a high learning rate alone makes peaks of three
JUMPS = 2  # in the last epochs; one is an accident
PATIENCE = 3  # epochs; a loss that was at its lowest more recently is not rising yet
SIGNIFICANT = 3  # standard deviations; with so few epochs, one verdict in twenty on a noisy flat loss is still wrong
FEW_FILMS = 200  # with fewer validation films, the noise is as large as the changes looked for
MANY_EPOCHS = 40  # at the base rates; whoever has not left them by then needs something else than more epochs
DIVERGED = 1.5  # times the loss before learning, if the training loss is above it, too
FAR_DIVERGED = 10  # times it, whatever the training loss: overfitting does not come that far


class Kind(StrEnum):
    """The trend of a run's validation loss."""

    TOO_EARLY = "too early to say"
    LEARNING = "still learning"
    BASE_RATES = "only the base rates"
    CONVERGED = "converged"
    OVERFITTING = "overfitting"
    UNSTABLE = "unstable"
    DIVERGED = "diverged"


@dataclass(frozen=True)
class Verdict:
    """The verdict, as plain text without Markdown."""

    kind: Kind
    headline: str  # the verdict in a few words, without a full stop
    evidence: tuple[str, ...]  # sentences with the numbers behind it
    next_step: str  # what to do, if anything, in one or two sentences
    beats_base_rates: bool | None = None  # whether the best epoch does; None where the losses cannot be compared


_DEFAULT = Loss()


def judge(history: History, loss: Loss = _DEFAULT, active: bool = False) -> Verdict:
    """Return the verdict on a run's curves.

    Args:
        history: the run's.
        loss: what its loss measures (``curves.loss_of``).
        active: whether it is still training; this changes the next step, not the observations.
    """
    facts = history.facts
    epochs = history.epochs.dropna(subset=["loss", "val_loss"])
    before, reference = _before_learning(facts, loss)
    diverged = _diverged(facts, epochs, before, reference)
    if facts.best_epoch is None or facts.best_loss is None:
        if diverged:
            return Verdict(
                Kind.DIVERGED, diverged, ("No epoch was finished.",), _next_step(Kind.DIVERGED, None, active)
            )
        if active:
            reason = "No epoch is finished yet; the training curve grows with every batch."
            return Verdict(Kind.TOO_EARLY, "Too early to say", (reason,), "Wait for the first epochs.")
        return Verdict(Kind.TOO_EARLY, "No verdict", ("No epoch was finished.",), "")
    base = facts.base_rate_loss if loss.comparable else None
    if diverged:
        kind, headline, trend = Kind.DIVERGED, diverged, ""
    else:
        kind, headline, trend = _trend(epochs, _margin(facts), base, loss.same_targets, active)
    best = "Best so far" if active else "Best"
    evidence = [f"{best}: epoch {facts.best_epoch} with a validation loss of {_figure(facts.best_loss)}."]
    beats = None
    if base is not None:
        beats, gap = facts.best_loss < base, abs(facts.best_loss - base)
        compared = f"{_figure(gap)} {'better' if beats else 'worse'} than" if gap >= 5e-5 else "the same as"
        evidence.append(f"That is {compared} the base rates, which never look at the film ({base:.4f}).")
    if beats is False and kind not in (Kind.TOO_EARLY, Kind.BASE_RATES, Kind.DIVERGED):
        headline += ", though not yet better than" if kind is Kind.LEARNING else ", and worse than"
        headline += " the base rates"
    if trend:
        evidence.append(trend)
    if facts.val_films is not None and facts.val_films < FEW_FILMS:
        evidence.append(f"With only {facts.val_films} validation films these numbers are noisy.")
    least = MIN_EPOCHS if len(epochs) < MIN_EPOCHS else 2 * STRETCH[0]
    is_last_best = len(epochs) > 1 and facts.best_epoch == int(epochs["epoch"].iloc[-1])
    return Verdict(
        kind, headline, tuple(evidence), _next_step(kind, beats, active, is_last_best, least, facts.epochs), beats
    )


def _margin(facts: Facts) -> float:
    """The share of the loss by which chance may change it."""
    return min(MAX_MARGIN, MARGIN * math.sqrt(max(1.0, MARGIN_FILMS / (facts.val_films or MARGIN_FILMS))))


def _before_learning(facts: Facts, loss: Loss) -> tuple[float | None, str]:
    """The loss of a model that has learnt nothing yet, and the words for it."""
    if loss.starts_at_base_rates and loss.comparable and facts.base_rate_loss:
        return facts.base_rate_loss, "that of the base rates, where it started"
    if loss.before_learning is None:
        return None, ""
    return loss.before_learning, "what it was before learning"


def _diverged(facts: Facts, epochs: "pd.DataFrame", before: float | None, reference: str) -> str | None:
    """The headline for a loss that has left all bounds; None for any other."""
    if facts.diverged is not None:
        return f"Diverged: the loss became infinite or undefined (NaN) in epoch {facts.diverged}"
    if not len(epochs) or not before:
        return None
    # the last epoch, unless it alone is so high, which may be an accident
    lasting = {name: min(np.median(epochs[name][-3:]), epochs[name].iloc[-1]) / before for name in ("val_loss", "loss")}
    if lasting["val_loss"] >= (DIVERGED if lasting["loss"] >= 1 else FAR_DIVERGED):
        which, times = "validation", lasting["val_loss"]
    elif lasting["loss"] >= FAR_DIVERGED:
        which, times = "training", lasting["loss"]
    else:
        return None
    return f"Diverged: the {which} loss is {_times(times)} {reference} ({before:.4f})"


def _times(ratio: float) -> str:
    """A ratio in words: "1.7 times", "1,861 times", "a billion times"."""
    if ratio >= 1e9:
        return "more than a billion times"
    return f"{ratio:,.0f} times" if ratio >= 10 else f"{ratio:.1f} times"


def _figure(loss: float) -> str:
    """A loss with as many digits as matter."""
    return f"{loss:.4f}" if loss < 10 else f"{loss:,.1f}" if loss < 1e6 else f"{loss:.2g}"


def _trend(
    epochs: "pd.DataFrame", margin: float, base: float | None, same_targets: bool, active: bool
) -> tuple[Kind, str, str]:
    """The trend of the validation loss: its kind, a headline, and a sentence with the numbers behind it."""
    number = epochs["epoch"].astype(int).to_numpy()
    loss, training = (epochs[name].clip(lower=EPSILON).to_numpy() for name in ("val_loss", "loss"))
    too_early = f"Too early to say after {len(loss)} epoch{'s' * (len(loss) != 1)}"
    if len(loss) < MIN_EPOCHS:
        return Kind.TOO_EARLY, too_early, ""
    last = loss[-STRETCH[1] :]
    if np.sum(last[1:-1] > (1 + JUMP * margin) * np.maximum(last[:-2], last[2:])) >= JUMPS:
        swings = f"In the last {len(last)} epochs it went back and forth between {min(last):.4f} and {max(last):.4f}."
        return Kind.UNSTABLE, "Unstable: the validation loss jumps up and down", swings
    stretch = min(len(loss), max(STRETCH[0], min(STRETCH[1], len(loss) // 2)))
    slope = _slope(loss[-stretch:])
    smooth = epochs["val_loss"].clip(lower=EPSILON).rolling(3, center=True, min_periods=1).median().to_numpy()
    best, now = int(loss.argmin()), float(np.median(loss[-3:]))
    since_best = len(loss) - 1 - best
    scatter = _scatter(last)
    noise = max(margin, SIGNIFICANT * scatter)
    # the lowest loss is partly luck: the median around it shows how good that part of the run was
    has_risen = now / smooth[best] - 1 > noise or slope > 1.5 * noise
    if since_best >= PATIENCE and slope >= -margin and has_risen:
        return _rising(int(number[best]), loss[best:], training[best:], margin, same_targets)
    if best < len(loss) - 1 and (jumped := _jumped(last, JUMP * margin)):
        return Kind.UNSTABLE, *jumped
    falls = slope < -margin and (since_best < stretch or now / loss[best] - 1 > 2 * noise)  # else it is near its best
    if falling := _falling(loss, stretch, min(margin, FALL_MARGIN), falls):
        turned = since_best > 1 and min(loss[best + 1 :]) > loss[best] * (1 + FALL_MARGIN)
        until = f" until epoch {number[best]}" if turned else ""
        verb, when = ("is", "") if active and not turned else ("was", "" if active else " when it ended")
        return Kind.LEARNING, f"Still learning{when}: the validation loss {verb} falling{until}", falling
    if best == len(loss) - 1 and loss[-1] < (1 - max(JUMP * FALL_MARGIN, SIGNIFICANT * scatter)) * min(loss[:-1]):
        # as after a step of the learning rate
        fell = f"In the last epoch it fell from {loss[-2]:.4f} to {loss[-1]:.4f}, below all before."
        return Kind.LEARNING, f"Still learning{'' if active else ' when it ended'}: the validation loss just fell", fell
    if len(loss) <= STRETCH[0] and max(loss) > (1 + JUMP * FALL_MARGIN) * min(loss):  # neither a trend nor flat
        return Kind.TOO_EARLY, too_early, f"It went up and down between {_figure(min(loss))} and {_figure(max(loss))}."
    # a curve that swings is flat within its swings, but few films do not widen that, see FALL_MARGIN
    differs = np.abs(smooth[:-stretch] / np.median(loss[-stretch:]) - 1) > max(min(margin, FALL_MARGIN), 2 * scatter)
    start = int(np.flatnonzero(differs)[-1]) + 1 if differs.any() else 0
    flat, trained = loss[start:], training[start:]
    trend = (
        f"From epoch {number[start]} to {number[-1]} the validation loss stayed between {min(flat):.4f} and "
        f"{max(flat):.4f} and changed by {100 * abs(now / np.median(flat[:3]) - 1):.1f} %."
    )
    learnt = same_targets and trained[-1] < (training[0] if base is None else base) * (1 - margin)
    if not learnt and (nothing := _nothing_learnt(float(np.median(flat)), base, margin, start == 0)):
        return Kind.BASE_RATES, nothing, trend
    if same_targets and trained[-1] < trained[0] * (1 - margin):
        trend += (
            f" Meanwhile the training loss fell from {trained[0]:.4f} to {trained[-1]:.4f}; that gain does not carry "
            "over to unseen films."
        )
    return Kind.CONVERGED, f"Converged: the validation loss has been flat for {len(flat)} epochs", trend


def _jumped(last: np.ndarray, margin: float) -> tuple[str, str] | None:
    """A headline and a sentence about a loss that has jumped up in the last epoch or two; None if it has not."""
    for count in (1, 2):
        if min(last[-count:]) > (1 + margin) * max(last[:-count]):
            when = "the last epoch" if count == 1 else "the last two epochs"
            change = f"It went from {_figure(last[-count - 1])} to {_figure(last[-1])}."
            return f"Unstable: the validation loss jumped up in {when}", change
    return None


def _falling(loss: np.ndarray, stretch: int, margin: float, certainly: bool) -> str:
    """A sentence about how the loss falls, in the last epochs or slowly in the second half; "" if it does not."""
    recent = loss[-stretch:]
    if certainly or (_slope(recent) < -margin and _order(recent) > SURE):
        low = f"{min(recent):.4f} and then up to " if loss[-1] > min(recent) * (1 + FALL_MARGIN) else ""
        return f"In the last {stretch} epochs it went from {recent[0]:.4f} to {low}{loss[-1]:.4f}."
    half = loss[-max(stretch, len(loss) // 2) :]
    recent = half[len(half) // 2 :]
    change = _slope(half)
    # a fall that has come to an end in the meantime does not count
    if len(recent) >= MIN_EPOCHS and change < -margin and _order(half) > VERY_SURE and _slope(recent) < change / 3:
        return f"In the last {len(half)} epochs it fell slowly but steadily, by {-100 * change:.1f} %."
    return ""


def _order(losses: np.ndarray) -> float:
    """How many more pairs of epochs are in falling than in rising order, in standard deviations (Mann-Kendall test)."""
    count = len(losses)
    first, second = np.triu_indices(count, 1)
    excess = int(np.sign(losses[first] - losses[second]).sum())
    return (excess - 1) / math.sqrt(count * (count - 1) * (2 * count + 5) / 18)


def _nothing_learnt(level: float, base: float | None, margin: float, always_flat: bool) -> str:
    """The headline for a loss that is flat at ``level`` because nothing is learnt; "" if something is."""
    if base is None:
        return "Has hardly learnt anything since its first epoch" if always_flat else ""
    margin = max(margin, FALL_MARGIN)
    if level < base * (1 - margin):
        return ""
    return f"Has {'learnt only' if level < base * (1 + margin) else 'not even learnt'} the base rates so far"


def _rising(
    best: int, loss: np.ndarray, training: np.ndarray, margin: float, same_targets: bool
) -> tuple[Kind, str, str]:
    """A loss that has risen since the best epoch: overfitting if the training loss fell meanwhile."""
    now = float(np.median(loss[-3:]))
    since = f"Since epoch {best} the validation loss has risen from {loss[0]:.4f} to {now:.4f}"
    ends = f"from {training[0]:.4f} to {training[-1]:.4f}"
    if np.median(training[-2:]) >= training[0] * (1 - margin / 2):  # a mean over many more films scatters less
        headline = f"Unstable: the validation loss has been rising since epoch {best}"
        return Kind.UNSTABLE, headline, f"{since}; the training loss went {ends}, so this is not overfitting."
    gap = now - training[-1]  # dropout and augmentation may keep the training loss above the other
    apart = f", leaving a gap of {gap:.4f} between the two" if gap > 0 and same_targets else ""
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


def _next_step(
    kind: Kind,
    beats: bool | None,
    active: bool,
    is_last_best: bool = False,
    least: int = MIN_EPOCHS,
    epochs: int = 0,
) -> str:
    match kind, active:
        case Kind.DIVERGED, _:
            kept = "The best epoch's weights are kept. " if beats else ""
            return f"{kept}{'Stop it and train' if active else 'Train'} again with a lower learning rate, say a tenth."
        case Kind.TOO_EARLY, True:
            return "Wait for more epochs."
        case Kind.TOO_EARLY, _:
            falling = "The loss was at its lowest in the last epoch, so more epochs may help. " if is_last_best else ""
            return f"{falling or 'Too few epochs to see a trend. '}Train at least {least}."
        case Kind.LEARNING, _:
            return "Let it continue training." if active else "More epochs may help."
        case Kind.BASE_RATES, _ if epochs >= MANY_EPOCHS:
            return f"{epochs} epochs were not enough: try another learning rate or recipe, or more films."
        case Kind.BASE_RATES, True:
            return "Let it continue: a network may need twenty epochs, on few films more, before it learns the genres."
        case Kind.BASE_RATES, _:
            return (
                "Train more epochs: a network may need twenty, on few films more, before it learns the genres. If it "
                "still does not, try another learning rate."
            )
        case Kind.UNSTABLE, _:
            return "A lower learning rate or larger batches make it steadier. The best epoch's weights are kept."
        case _ if beats is False:
            return "More epochs will hardly help; try another recipe or learning rate."
        case _, True:
            return "The best epoch's weights are kept, so nothing is lost by stopping now."
        case Kind.OVERFITTING, _:
            return "The best epoch's weights were kept. More dropout, augmentation or training films delay overfitting."
    return "More epochs would hardly help; another learning rate, more films or another model might."
