"""How long a training will take, from earlier runs on this device; without a comparable run there is no estimate."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from genreclf.errors import UserError
from genreclf.models import get_spec
from genreclf.recipes import recipe_of
from genreclf.recipes.settings import Recipe, settings_of
from genreclf.runs.devices import training_device, uses_jax
from genreclf.runs.events import Event, State, small_value
from genreclf.runs.folder import Run, list_runs

COMPARABLE = 2.0  # batch sizes, and preferably numbers of films, may differ by this factor


@dataclass(frozen=True)
class Pace:
    """What decides the speed besides batch size and films; only runs of equal pace are compared.

    Attributes:
        model: the family's name.
        device: its name, as ``training_device`` gives it.
        backend: ``"tensorflow"``, ``"jax"``, or ``""`` for a baseline.
        settings: names and values of those that are declared to decide it (see ``Setting.sets_pace``).
    """

    model: str
    device: str
    backend: str
    settings: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Timing:
    """How fast one earlier run was.

    Attributes:
        pace: what decided its speed.
        batch_size: films per step.
        films: in its train split.
        seconds_per_film: of one epoch with validation; the median over its epochs but the first.
    """

    pace: Pace
    batch_size: int
    films: int
    seconds_per_film: float


@dataclass(frozen=True)
class Estimate:
    """The time for all epochs; preparing the films, building the model and the final evaluation take extra time.

    Attributes:
        seconds: of all epochs.
        seconds_per_epoch: of one.
        runs: how many earlier runs it rests on.
        at_most: whether early stopping may end it sooner.
        rough: whether those runs had many more or far fewer films.
        device: where those runs trained, and this one will.
    """

    seconds: float
    seconds_per_epoch: float
    runs: int
    at_most: bool
    rough: bool
    device: str


def estimate(
    model: str, recipe: Recipe, films: int, timings: Iterable[Timing] | None = None, device: str | None = None
) -> Estimate | None:
    """How long training a model will take here.

    Args:
        model: one of the models or baselines.
        recipe: how it is trained; its epochs, batch size and the settings that set the pace count.
        films: in the train split.
        timings: of earlier runs; by default of all in the home folder.
        device: the training device's name, where it is known already.

    Returns:
        None where no earlier run of this model on this device is comparable.
    """
    device = device or training_device().name
    pace = _pace(model, recipe, device, "jax" if uses_jax() else "tensorflow")
    if timings is None:
        timings = filter(None, map(timing_of, list_runs()))
    alike = [timing for timing in timings if timing.pace == pace and _near(timing.batch_size, recipe.batch_size)]
    if not alike:
        return None
    close = [timing for timing in alike if _near(timing.films, films)]
    per_epoch = median(timing.seconds_per_film for timing in close or alike) * films
    return Estimate(
        seconds=per_epoch * recipe.epochs,
        seconds_per_epoch=per_epoch,
        runs=len(close or alike),
        at_most=recipe.patience is not None and recipe.patience < recipe.epochs,
        rough=not close,
        device=device,
    )


def timing_of(run: Run) -> Timing | None:
    """How fast a run is or was; None before its first epoch, and where its files do not say on what device or how.

    It is remembered until the run's metrics change: a config is written once.
    """
    return small_value(run.metrics_file, _timing)


def _timing(state: State, events: list[Event]) -> Timing | None:
    start: dict[str, Any] = {}
    seconds: list[list[float]] = [[], []]  # of first epochs, which also build and compile the model, and of later ones
    for event in events:
        if event.get("event") == "start":
            if (event.get("device"), event.get("films")) != (start.get("device"), start.get("films")):
                seconds = [[], []]  # resumed on another device, at another pace
            start, is_later = event, 0
        elif event.get("event") == "epoch" and event.get("seconds") and start:
            seconds[is_later].append(event["seconds"])
            is_later = 1
    taken = seconds[1] or seconds[0]
    if not taken or not start.get("device") or not start.get("films"):
        return None
    run = Run(Path(str(state[0])).parent)
    try:
        recipe = recipe_of(run.config)
        pace = _pace(run.model, recipe, start["device"], start.get("backend", "tensorflow"))
    except UserError:  # a model or setting that this version does not know
        return None
    return Timing(pace, recipe.batch_size, start["films"], median(taken) / start["films"])


def _pace(model: str, recipe: Recipe, device: str, backend: str) -> Pace:
    settings = [(each, recipe.value(each)) for each in settings_of(model) if each.sets_pace]
    # of a rate, such as a dropout's, only whether there is one
    values = tuple((each.name, bool(value) if each.kind is float else value) for each, value in settings)
    return Pace(model, device, "" if get_spec(model).is_baseline else backend, values)


def _near(first: float, second: float) -> bool:
    return max(first, second) <= COMPARABLE * min(first, second)
