"""Estimates of training time from earlier runs on this device; without a comparable run there is none."""

from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from genreclf.errors import UserError
from genreclf.models import get_spec
from genreclf.recipes.settings import Recipe, settings_of
from genreclf.runs.devices import training_device, uses_jax
from genreclf.runs.events import Event, State, cached_value
from genreclf.runs.folder import Run, list_runs

COMPARABLE = 2.0  # batch sizes, and preferably numbers of films, may differ by this factor


class Pace(NamedTuple):
    """What determines the speed, apart from batch size and films; only runs of equal pace are compared."""

    model: str
    device: str  # its name, as ``training_device`` gives it
    backend: str  # "tensorflow", "jax", or "" for a baseline
    settings: tuple[tuple[str, Any], ...]  # names and values of those with ``Setting.affects_speed``


class Timing(NamedTuple):
    """How fast one earlier run was."""

    pace: Pace
    batch_size: int
    films: int  # in its train split
    seconds_per_film: float  # of one epoch with validation; the median over its epochs but the first


class Estimate(NamedTuple):
    """The time for all epochs; preparing the films, building the model and the final evaluation take extra time."""

    seconds: float  # for all epochs
    seconds_per_epoch: float
    runs: int  # the number of earlier runs that it is based on
    at_most: bool  # whether early stopping may end it sooner
    rough: bool  # whether those runs had far more or far fewer films


def estimate(
    model: str, recipe: Recipe, films: int, timings: Iterable[Timing] | None = None, device: str | None = None
) -> Estimate | None:
    """Estimate how long it will take to train a model on this device.

    Args:
        model: one of the models or baselines.
        recipe: how it is trained; its epochs, batch size and the settings with ``affects_speed`` matter.
        films: number of films in the train split.
        timings: of earlier runs; by default of all in the home folder.
        device: the training device's name, if it is known already.

    Returns:
        None where no earlier run of this model on this device is comparable.
    """
    here = training_device()
    recipe = recipe.for_device(here.bfloat16)
    pace = _pace(model, recipe, device or here.name, "jax" if uses_jax() else "tensorflow")
    if timings is None:
        timings = filter(None, map(timing_of, list_runs()))
    similar = [timing for timing in timings if timing.pace == pace and _near(timing.batch_size, recipe.batch_size)]
    close = [timing for timing in similar if _near(timing.films, films)]
    if not similar:
        return None
    per_epoch = median(timing.seconds_per_film for timing in close or similar) * films
    return Estimate(
        seconds=per_epoch * recipe.epochs,
        seconds_per_epoch=per_epoch,
        runs=len(close or similar),
        at_most=recipe.patience is not None and recipe.patience < recipe.epochs,
        rough=not close,
    )


def timing_of(run: Run) -> Timing | None:
    """How fast a run is or was; None before its first epoch, or if device or settings are unknown."""
    return cached_value(run.metrics_file, _timing)  # until the metrics change: a config is written once


def _timing(state: State, events: list[Event]) -> Timing | None:
    start: dict[str, Any] = {}
    first: list[float] = []  # seconds of first epochs, in which the model is also built and compiled
    later: list[float] = []
    for event in events:
        if event.get("event") == "start":
            if (event.get("device"), event.get("films")) != (start.get("device"), start.get("films")):
                first, later = [], []  # resumed on another device, at another pace
            start, current = event, first
        elif event.get("event") == "epoch" and event.get("seconds") and start:
            current.append(event["seconds"])
            current = later
    if not (first or later) or not start.get("device") or not start.get("films"):
        return None
    config = Run(Path(str(state[0])).parent).config
    try:
        recipe = config.recipe
        pace = _pace(config.model, recipe, start["device"], start.get("backend", "tensorflow"))
    except UserError:  # a model or setting that this version does not know
        return None
    return Timing(pace, recipe.batch_size, start["films"], median(later or first) / start["films"])


def _pace(model: str, recipe: Recipe, device: str, backend: str) -> Pace:
    settings = [(each, recipe.value(each)) for each in settings_of(model) if each.affects_speed]
    # for a rate, such as a dropout's, it only matters whether it is 0
    values = tuple((each.name, bool(value) if each.kind is float else value) for each, value in settings)
    return Pace(model, device, "" if get_spec(model).is_baseline else backend, values)


def _near(first: float, second: float) -> bool:
    return max(first, second) <= COMPARABLE * min(first, second)
