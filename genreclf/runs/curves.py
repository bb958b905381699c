"""The curves of a run: from its events to tables for charts."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genreclf import paths
from genreclf.genres import NUM_GENRES
from genreclf.models import SPECS
from genreclf.runs.events import Event, State, cached_value, finished_epochs, read_events, reader

if TYPE_CHECKING:  # only what draws or judges curves pays for importing pandas
    import pandas as pd

METRICS = ("loss", "precision", "recall", "accuracy")  # measured during training
MAX_POINTS = 240  # of one curve; more than a chart of this width can show
_LONGEST = 1e9  # seconds of a training that are believed: 30 years


def training_curve(events: list[Event], max_points: int = MAX_POINTS) -> "pd.DataFrame":
    """The training metrics so far, batch by batch.

    Keras reports the mean over the epoch so far, which is noisy in an epoch's first batches. There it is blended with
    the epoch before, so that the curve is one line through the metrics of whole epochs.

    Returns:
        columns ``epoch`` (2.5 is halfway through the third) and ``METRICS``; NaN where an event lacks one.
    """
    import pandas as pd

    batches: dict[int, list[tuple[float, Event]]] = {}
    ends: dict[int, Event] = {}
    for event in events:
        if (epoch := event.get("epoch")) is None:
            continue
        if event.get("event") == "batch" and (done := _done(event)):
            seen = batches.setdefault(epoch, [])
            if seen and done <= seen[-1][0]:  # a resumed run repeats an interrupted epoch
                seen.clear()
                ends.pop(epoch, None)
            seen.append((done, event))
        elif event.get("event") == "epoch" and "loss" in event:
            ends[epoch] = event

    rows: list[np.ndarray] = []
    for epoch in sorted(batches.keys() | ends.keys()):
        before = rows[-1] if rows else None
        for done, event in batches.get(epoch, []):
            if done < 1 or epoch not in ends:
                now = _row(epoch - 1 + done, event)
                if before is not None:
                    now[1:] = done * now[1:] + (1 - done) * before[1:]
                rows.append(now)
        if epoch in ends:
            rows.append(_row(epoch, ends[epoch]))
    curve = pd.DataFrame(rows, columns=["epoch", *METRICS], dtype=float)
    if len(curve) <= max_points:
        return curve
    # one point in each of a fixed number of slots per epoch, so that points once drawn stay
    last = math.ceil(curve["epoch"].iloc[-1])
    slots = max_points // last or 1 / -(-last // max_points)  # of a thousand epochs, several share a slot
    return curve.groupby(np.ceil(curve["epoch"] * slots)).tail(1).reset_index(drop=True)


def by_epoch(events: list[Event]) -> "pd.DataFrame":
    """The metrics measured once per epoch.

    Returns:
        columns ``epoch``, ``METRICS``, the same prefixed with ``val_``, ``learning_rate``, ``seconds`` (including
        validation) and ``films_per_second``; one row per finished epoch, NaN where it lacks a metric.
    """
    import pandas as pd

    columns = [*METRICS, *(f"val_{name}" for name in METRICS), "learning_rate", "seconds"]
    rows = [
        (epoch, *(_number(event.get(name)) for name in columns)) for epoch, event in finished_epochs(events).items()
    ]
    table = pd.DataFrame(rows, columns=["epoch", *columns], dtype=float)
    films = next((event.get("films") for event in reversed(events) if event.get("event") == "start"), None)
    table["films_per_second"] = _number(films) / table["seconds"].where(table["seconds"] > 1e-6)
    return table


def trivial_accuracy(epochs: "pd.DataFrame") -> float | None:
    """The accuracy of predicting no genre for any validation film: the reason why accuracy misleads.

    It follows from the other metrics. With a share d of positive labels, precision P and recall R, the errors are
    the missed labels, d (1 - R), and the wrongly added ones, d R (1 / P - 1).

    Args:
        epochs: as from ``by_epoch``.

    Returns:
        1 - d in 0..1, or None where it cannot be computed (no epoch has an accuracy and a prediction).
    """
    precision, recall, accuracy = (epochs[f"val_{name}"] for name in METRICS[1:])
    wrong = 1 - recall + recall * (1 / precision.where(precision > 0) - 1)
    share = 1 - (1 - accuracy) / wrong.where(wrong > 0)
    return float(share.median()) if share.notna().any() else None


@dataclass(frozen=True)
class Facts:
    """A run's events in a few numbers; None for those not known yet."""

    epochs: int = 0  # finished
    best_epoch: int | None = None  # the one with the lowest validation loss
    best_loss: float | None = None  # its validation loss
    seconds: float = 0.0  # spent training, without breaks between an interruption and its resumption
    films: int | None = None  # in the train split
    genres: int = NUM_GENRES  # that the model tells apart; older runs do not say it
    val_films: int | None = None  # in the val split
    base_rate_loss: float | None = None  # of the base rates on the val split: the loss to beat
    diverged: int | None = None  # the epoch since which the loss has been infinite or undefined (NaN)


def facts(events: list[Event]) -> Facts:
    """Collect the facts from events."""
    ends = finished_epochs(events)
    losses = {epoch: end["val_loss"] for epoch, end in ends.items() if "val_loss" in end}
    best = min(losses, key=losses.__getitem__, default=None)
    starts = [position for position, event in enumerate(events) if event.get("event") == "start"]
    sessions = [events[begin:end] for begin, end in pairwise([*starts, None])]
    spans = [max(0.0, _number(session[-1].get("time")) - _number(session[0].get("time"))) for session in sessions]
    start = events[starts[-1]] if starts else {}
    return Facts(
        epochs=len(ends),
        best_epoch=best,
        best_loss=None if best is None else losses[best],
        seconds=min(float(np.nansum(spans)), _LONGEST),
        films=start.get("films"),
        genres=start.get("genres", NUM_GENRES),
        val_films=start.get("val_films"),
        base_rate_loss=start.get("base_rate_loss"),
        diverged=_diverged(events),
    )


def _diverged(events: list[Event]) -> int | None:
    """The epoch since which no loss is a finite number; None if the last one is."""
    found = None
    for event in reversed(events):
        kind = event.get("event")
        if kind == "diverged" or event.get("blew_up"):
            found = event.get("epoch", found)
        elif kind in ("start", "batch", "epoch"):
            break
    return found


@dataclass(frozen=True, eq=False)
class History:
    """A run's events as tables, computed on first use and shared between threads, so they must not be modified."""

    state: State  # differs between any two states of any two runs
    events: list[Event]

    @cached_property
    def training(self) -> "pd.DataFrame":
        """See ``training_curve``."""
        return training_curve(self.events)

    @cached_property
    def epochs(self) -> "pd.DataFrame":
        """See ``by_epoch``."""
        return by_epoch(self.events)

    @cached_property
    def validation(self) -> "pd.DataFrame":
        """The validation metrics of every finished epoch, columns as in ``training``."""
        return self.epochs[["epoch", *(f"val_{name}" for name in METRICS)]].set_axis(["epoch", *METRICS], axis=1)

    @cached_property
    def facts(self) -> Facts:
        """See the function ``facts``."""
        return facts(self.events)


EMPTY_HISTORY = History((), [])  # of a run that does not exist


def history(path: Path) -> History:
    """The history in a metrics file, the same object until the file changes."""
    return reader(path).derived(History)


def facts_of(path: Path) -> Facts:
    """The facts in a metrics file, cached for many files."""
    return cached_value(path, _facts)


def _facts(state: State, events: list[Event]) -> Facts:
    return facts(events)


def reference_curve(model: str) -> "pd.DataFrame | None":
    """The validation metrics of the report's own recipe, trained on the IMDb set; None if there are none."""
    curve = History((), read_events(paths.REFERENCE_RUNS / f"{model}.jsonl")).validation
    return curve if len(curve) else None


@dataclass(frozen=True)
class Loss:
    """What a run's loss measures, and where it begins.

    Attributes:
        comparable: whether it is plain binary cross-entropy, so that it can be compared with that of the base rates.
        starts_at_base_rates: whether the model predicts the base rates before it learns.
        before_learning: the loss of a model that answers the same for each of ``genres``; None if unknown.
        same_targets: whether the training loss measures what the validation loss does; with a teacher, mixup or label
            smoothing it does not.
    """

    comparable: bool = True
    starts_at_base_rates: bool = False
    before_learning: float | None = math.log(2)
    same_targets: bool = True


def loss_of(model: str, settings: Mapping[str, Any], genres: int = NUM_GENRES) -> Loss:
    """What the loss of a training measures, by its model, known or not, its settings, and the number of genres."""
    is_softmax = model in SPECS and SPECS[model].softmax
    return Loss(
        comparable=model in SPECS and not is_softmax and not settings.get("label_smoothing"),
        starts_at_base_rates=bool(settings.get("base_rate_bias")) and not is_softmax,
        before_learning=math.log(genres if is_softmax else 2),
        same_targets=not any(settings.get(name) for name in ("teacher", "mixup", "label_smoothing")),
    )


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _done(event: Event) -> float:
    """The share of its epoch that is done after a batch; 0 if the event lacks it."""
    return event["step"] / event["steps"] if "step" in event and "steps" in event else 0.0


def _row(epoch: float, event: Event) -> np.ndarray:
    return np.array([epoch, *(_number(event.get(name)) for name in METRICS)])
