"""The curves of a run: from its events to tables for charts."""

import dataclasses
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genreclf import paths
from genreclf.models import get_spec
from genreclf.runs.events import Event, State, derived, read_events, small_value

FIGURES = ("loss", "precision", "recall", "accuracy")
MAX_POINTS = 240  # of one curve; more than a chart of this width can show


def training_curve(events: list[Event], max_points: int = MAX_POINTS) -> pd.DataFrame:
    """The training figures so far, batch by batch.

    Keras reports the mean over the epoch so far, which is noisy in an epoch's first batches. There it is blended with
    the epoch before, so that the curve is one line through the figures of whole epochs.

    Returns:
        columns ``epoch`` (2.5 is the middle of the third) and ``FIGURES``; NaN where an event lacks one.
    """
    batches: dict[int, list[tuple[float, Event]]] = {}
    ends: dict[int, Event] = {}
    for event in events:
        epoch = _epoch(event)
        if epoch is None:
            continue
        if event.get("event") == "batch" and (done := _done(event)):
            seen = batches.setdefault(epoch, [])
            if seen and done <= seen[-1][0]:  # a resumed run does an interrupted epoch again
                seen.clear()
                ends.pop(epoch, None)
            seen.append((done, event))
        elif event.get("event") == "epoch" and "loss" in event:
            ends[epoch] = event

    rows: list[tuple[float, ...]] = []
    before: tuple[float, ...] = ()
    for epoch in sorted(batches.keys() | ends.keys()):
        for done, event in batches.get(epoch, []):
            if done < 1 or epoch not in ends:
                rows.append((epoch - 1 + done, *_blend(before, _figures(event), done)))
        if epoch in ends:
            rows.append((float(epoch), *_figures(ends[epoch])))
        before = rows[-1][1:]
    return _thin(_frame(rows), max_points)


def validation_curve(events: list[Event]) -> pd.DataFrame:
    """The validation figures of every finished epoch, columns as in ``training_curve``."""
    ends = {epoch: event for epoch, event in _ends(events).items() if "val_loss" in event}
    return _frame([(float(epoch), *_figures(event, "val_")) for epoch, event in ends.items()])


def by_epoch(events: list[Event]) -> pd.DataFrame:
    """The figures measured once per epoch.

    Returns:
        columns ``epoch``, ``FIGURES``, the same with ``val_`` before, ``learning_rate``, ``seconds`` (validation
        included) and ``films_per_second``; one row per finished epoch, NaN where it lacks a figure.
    """
    columns = [*FIGURES, *(f"val_{name}" for name in FIGURES), "learning_rate", "seconds"]
    ends = _ends(events)
    rows = [(epoch, *(_number(event.get(name)) for name in columns)) for epoch, event in ends.items()]
    table = pd.DataFrame(rows, columns=["epoch", *columns], dtype=float)
    films = next((event.get("films") for event in reversed(events) if event.get("event") == "start"), None)
    table["films_per_second"] = _number(films) / table["seconds"].where(table["seconds"] > 0)
    return table


def accuracy_of_nothing(epochs: pd.DataFrame) -> float | None:
    """The accuracy of predicting no genre for any validation film: the reason why accuracy misleads.

    It follows from the measured figures. With a share d of positive labels, precision P and recall R, the errors are
    the missed labels, d (1 - R), and the wrongly added ones, d R (1 / P - 1).

    Args:
        epochs: as from ``by_epoch``.

    Returns:
        1 - d in 0..1, or None where it cannot be computed (no epoch has an accuracy and a prediction).
    """
    precision, recall, accuracy = (epochs[f"val_{name}"] for name in FIGURES[1:])
    wrong = 1 - recall + recall * (1 / precision.where(precision > 0) - 1)
    share = 1 - (1 - accuracy) / wrong.where(wrong > 0)
    return float(share.median()) if share.notna().any() else None


def reference_curve(model: str) -> pd.DataFrame | None:
    """The validation figures of the report's own recipe, trained on the IMDb set; None if there are none."""
    curve = validation_curve(read_events(paths.REFERENCE_RUNS / f"{model}.jsonl"))
    return curve if len(curve) else None


@dataclass(frozen=True)
class Facts:
    """A run's events in a few numbers.

    Attributes:
        epochs: finished epochs.
        best_epoch: the one with the lowest validation loss; None before the first.
        best_loss: its validation loss.
        seconds: spent training, without the time between an interruption and its resumption.
        films: in the train split; None before the training began.
        val_films: in the val split.
        base_rate_loss: of the base rates on the val split, the loss to beat.
    """

    epochs: int = 0
    best_epoch: int | None = None
    best_loss: float | None = None
    seconds: float = 0.0
    films: int | None = None
    val_films: int | None = None
    base_rate_loss: float | None = None


@dataclass(frozen=True, eq=False)
class History:
    """A run's events as tables, each made when it is first needed. All threads share them: they must not be changed.

    Attributes:
        state: tells one state of one run from any other.
        events: the events.
    """

    state: State
    events: list[Event]

    @cached_property
    def training(self) -> pd.DataFrame:
        """See ``training_curve``."""
        return training_curve(self.events)

    @cached_property
    def validation(self) -> pd.DataFrame:
        """See ``validation_curve``."""
        return validation_curve(self.events)

    @cached_property
    def epochs(self) -> pd.DataFrame:
        """See ``by_epoch``."""
        return by_epoch(self.events)

    @cached_property
    def facts(self) -> Facts:
        """See the function of this name."""
        return facts(self.events)


NOTHING = History((), [])  # of a run that does not exist


def history(path: Path) -> History:
    """The history in a metrics file, the same object until the file changes."""
    return derived(path, History)


def facts_of(path: Path) -> Facts:
    """The facts in a metrics file, remembered for very many files."""
    return small_value(path, _facts)


def _facts(state: State, events: list[Event]) -> Facts:
    return facts(events)


def facts(events: list[Event]) -> Facts:
    """Collect the facts from events."""
    validation = validation_curve(events)
    found = Facts(epochs=len(_ends(events)))
    if validation["loss"].notna().any():
        best = validation.loc[validation["loss"].idxmin()]
        found = dataclasses.replace(found, best_epoch=int(best["epoch"]), best_loss=float(best["loss"]))
    starts = [position for position, event in enumerate(events) if event.get("event") == "start"]
    if starts:
        sessions = [events[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True)]
        spans = [_number(session[-1].get("time")) - _number(session[0].get("time")) for session in sessions]
        films, val_films = (_whole(events[starts[-1]].get(name)) for name in ("films", "val_films"))
        to_beat = _number(events[starts[-1]].get("base_rate_loss"))
        found = dataclasses.replace(
            found,
            seconds=float(np.nansum(spans)),
            films=films,
            val_films=val_films,
            base_rate_loss=None if np.isnan(to_beat) else to_beat,
        )
    return found


def comparable_with_base_rates(config: dict[str, Any]) -> bool:
    """Whether a run's loss is plain binary cross-entropy, so that it can be compared with the base rates'."""
    recipe = config.get("recipe")
    smoothed = isinstance(recipe, dict) and recipe.get("label_smoothing")
    return not get_spec(config["model"]).softmax and not smoothed


def _ends(events: list[Event]) -> dict[int, Event]:
    """The latest event of every finished epoch, in order."""
    ends = {_epoch(event): event for event in events if event.get("event") == "epoch"}
    return {epoch: ends[epoch] for epoch in sorted(epoch for epoch in ends if epoch is not None)}


def _epoch(event: Event) -> int | None:
    return _whole(event.get("epoch"))


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _done(event: Event) -> float:
    """The share of its epoch that is done after a batch; 0 where the event does not say."""
    step, steps = event.get("step"), event.get("steps")
    return step / steps if isinstance(step, int) and isinstance(steps, int) and steps > 0 else 0.0


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else math.nan


def _figures(event: Event, prefix: str = "") -> tuple[float, ...]:
    return tuple(_number(event.get(prefix + name)) for name in FIGURES)


def _blend(before: tuple[float, ...], now: tuple[float, ...], done: float) -> tuple[float, ...]:
    return tuple(done * new + (1 - done) * old for old, new in zip(before, now, strict=True)) if before else now


def _frame(rows: list[tuple[float, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["epoch", *FIGURES], dtype=float)


def _thin(curve: pd.DataFrame, max_points: int) -> pd.DataFrame:
    """Keep one point in each of a fixed number of slots per epoch, so that points once drawn stay."""
    if len(curve) <= max_points:
        return curve
    last = int(np.ceil(curve["epoch"].iloc[-1]))
    slots = max_points // last or 1 / -(-last // max_points)  # of a thousand epochs, every few share a slot
    return curve.groupby(np.ceil(curve["epoch"] * slots)).tail(1).reset_index(drop=True)
