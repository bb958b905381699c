"""The curves of a run, from its events to tables for charts; nothing is drawn or written here."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from genreclf import paths
from genreclf.models import get_spec
from genreclf.models.baselines import base_rates
from genreclf.training.runs import read_events

FIGURES = ("loss", "precision", "recall")
MAX_POINTS = 400  # of one curve; a browser redraws five such curves in three charts without a flicker

Event = dict[str, Any]


def training_curve(events: list[Event], max_points: int = MAX_POINTS) -> pd.DataFrame:
    """The training figures so far, growing by the batch.

    Keras reports the mean over the epoch so far, which jumps about in an epoch's first batches; there the epoch before
    still weighs in, so that the curve is one line through the epochs' own figures.

    Returns:
        columns ``epoch`` (2.5 is the middle of the third), ``loss``, ``precision``, ``recall``.
    """
    batches: dict[int, list[Event]] = {}
    ends: dict[int, Event] = {}
    for event in events:
        epoch = event.get("epoch")
        if event.get("event") == "batch" and event.get("steps"):
            seen = batches.setdefault(epoch, [])
            if seen and event["step"] <= seen[-1]["step"]:  # a resumed run does an interrupted epoch again
                seen.clear()
                ends.pop(epoch, None)
            seen.append(event)
        elif event.get("event") == "epoch" and "loss" in event:
            ends[epoch] = event

    rows: list[dict[str, float]] = []
    before: dict[str, float] = {}
    for epoch in sorted(batches.keys() | ends.keys()):
        for event in batches.get(epoch, []):
            done = event["step"] / event["steps"]
            if done < 1 or epoch not in ends:
                rows.append({"epoch": epoch - 1 + done} | _blend(before, _figures(event), done))
        if epoch in ends:
            rows.append({"epoch": float(epoch)} | _figures(ends[epoch]))
        before = {name: rows[-1][name] for name in FIGURES}
    return _thin(_frame(rows), max_points)


def validation_curve(events: list[Event]) -> pd.DataFrame:
    """The validation figures of every finished epoch, columns as in ``training_curve``."""
    ends = {event["epoch"]: event for event in events if event.get("event") == "epoch" and "val_loss" in event}
    return _frame([{"epoch": float(epoch)} | _figures(ends[epoch], "val_") for epoch in sorted(ends)])


def reference_curve(model: str) -> pd.DataFrame | None:
    """The validation figures of the report's own recipe, trained on the IMDb set; None where there are none."""
    curve = validation_curve(read_events(paths.REFERENCE_RUNS / f"{model}.jsonl"))
    return curve if len(curve) else None


def base_rate_loss(labels: np.ndarray, train_rows: np.ndarray, val_rows: np.ndarray) -> float:
    """The validation loss of saying each genre's share of the train split for every film: the one to beat."""
    from genreclf.evaluation.metrics import bce  # imports scikit-learn, which a chart does not need

    return bce(labels[val_rows], base_rates(labels[train_rows]))


@dataclass(frozen=True)
class Facts:
    """What a run's events say in a few numbers.

    Attributes:
        epochs: finished ones.
        best_epoch: the one with the lowest validation loss; None before the first.
        best_loss: its validation loss.
        seconds: spent training, without the time between an interruption and going on.
        films: in the train split; None before the training began.
        val_films: in the val split.
        base_rate_loss: see the function of this name.
    """

    epochs: int = 0
    best_epoch: int | None = None
    best_loss: float | None = None
    seconds: float = 0.0
    films: int | None = None
    val_films: int | None = None
    base_rate_loss: float | None = None


def facts(events: list[Event]) -> Facts:
    """Count what has happened so far."""
    validation = validation_curve(events)
    found = Facts(epochs=len({event["epoch"] for event in events if event.get("event") == "epoch"}))
    if len(validation):
        best = validation.loc[validation["loss"].idxmin()]
        found = dataclasses.replace(found, best_epoch=int(best["epoch"]), best_loss=float(best["loss"]))
    starts = [position for position, event in enumerate(events) if event.get("event") == "start"]
    if starts:
        sessions = [events[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True)]
        start = events[starts[-1]]
        found = dataclasses.replace(
            found,
            seconds=sum(session[-1].get("time", 0) - session[0].get("time", 0) for session in sessions),
            films=start.get("films"),
            val_films=start.get("val_films"),
            base_rate_loss=start.get("base_rate_loss"),
        )
    return found


def comparable_with_base_rates(config: dict[str, Any]) -> bool:
    """Whether a run's loss is plain binary cross-entropy, so that base rates can be held against it."""
    return not get_spec(config["model"]).softmax and not config.get("recipe", {}).get("label_smoothing")


def _figures(event: Event, prefix: str = "") -> dict[str, float]:
    return {name: float(event.get(prefix + name, np.nan)) for name in FIGURES}


def _blend(before: dict[str, float], now: dict[str, float], done: float) -> dict[str, float]:
    if not before:
        return now
    return {name: done * now[name] + (1 - done) * before[name] for name in FIGURES}


def _frame(rows: list[dict[str, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["epoch", *FIGURES], dtype=float)


def _thin(curve: pd.DataFrame, max_points: int) -> pd.DataFrame:
    """Keep one point in each of a fixed number of slots an epoch, so that points once drawn stay."""
    if len(curve) <= max_points:
        return curve
    slots = max(1, max_points // int(np.ceil(curve["epoch"].iloc[-1])))
    return curve.groupby(np.ceil(curve["epoch"] * slots)).tail(1).reset_index(drop=True)
