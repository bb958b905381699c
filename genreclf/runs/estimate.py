"""What a training will take, from what earlier ones took on this device; where there was none, nothing is guessed."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from genreclf.errors import UserError
from genreclf.models import get_spec
from genreclf.recipes.settings import DROPOUTS, Recipe, recipe_of
from genreclf.runs.devices import training_device, uses_jax
from genreclf.runs.folder import Run, list_runs

_NETWORK = ("backbone", "frozen_blocks")  # model options; None is the builder's own
COMPARABLE = 2.0  # batch sizes, and preferably films, may differ by this factor


@dataclass(frozen=True)
class Pace:
    """What decides how fast a training goes, but for the number of films; runs are compared only where all is equal.

    Attributes:
        model: the family's name.
        device: its name, as ``training_device`` gives it.
        backend: ``"tensorflow"`` or ``"jax"``.
        mixed_precision: whether it computes in bfloat16.
        augment: whether posters are changed at random, which costs the processor time.
        buckets: whether overviews of like length are batched, which saves padding.
        recurrent_dropout: whether there is any; it leaves the LSTM's fast path.
        network: of a pretrained model, which network is underneath and how much of it learns (``_NETWORK``).
    """

    model: str
    device: str
    backend: str
    mixed_precision: bool
    augment: bool
    buckets: bool
    recurrent_dropout: bool
    network: tuple[int | float | str | None, ...] = ()


@dataclass(frozen=True)
class Timing:
    """How fast one earlier run was.

    Attributes:
        pace: what it was and where.
        batch_size: films a step.
        films: in its train split.
        seconds_per_film: of one epoch, validation included; the median of its epochs but the first.
    """

    pace: Pace
    batch_size: int
    films: int
    seconds_per_film: float


@dataclass(frozen=True)
class Estimate:
    """What a training will take; preparing the films, building the model and measuring at the end come on top.

    Attributes:
        seconds: of all epochs.
        seconds_per_epoch: of one.
        runs: how many earlier runs it rests on.
        at_most: whether early stopping may end it sooner.
        rough: whether those runs learned from far more or far fewer films.
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
    """What training a model will take here.

    Args:
        model: one of the models or baselines.
        recipe: how; its epochs, batch size and what else shapes the speed count.
        films: in the train split.
        timings: of earlier runs; by default of all in the home folder.
        device: the training device's name, if it is known already.

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
    """How fast a run is or was; None before its first epoch, and where its files do not say on what device or how."""
    start: dict[str, Any] = {}
    first, later = [], []
    for event in run.events():
        if event.get("event") == "start":
            if (event.get("device"), event.get("films")) != (start.get("device"), start.get("films")):
                first, later = [], []  # resumed on another device: what came before went at another pace
            start, epochs = event, first
        elif event.get("event") == "epoch" and event.get("seconds") and start:
            epochs.append(event["seconds"])
            epochs = later  # the first epoch after a start also builds and compiles the model
    if not (later or first) or not start.get("device") or not start.get("films"):
        return None
    try:
        recipe = recipe_of(run.config)
        pace = _pace(run.model, recipe, start["device"], start.get("backend", "tensorflow"))
    except UserError:  # a model or setting that this version does not know
        return None
    return Timing(pace, recipe.batch_size, start["films"], median(later or first) / start["films"])


def _pace(model: str, recipe: Recipe, device: str, backend: str) -> Pace:
    spec = get_spec(model)
    if spec.is_baseline:  # no Keras in it
        backend = ""
    default = DROPOUTS.get(model, {}).get("recurrent_dropout", 0.0)
    return Pace(
        model=model,
        device=device,
        backend=backend,
        mixed_precision=recipe.mixed_precision,
        augment=spec.uses_poster and not spec.parts and bool(recipe.augment or recipe.mixup),
        buckets=spec.uses_overview and not spec.parts and recipe.buckets,
        recurrent_dropout=recipe.model_options.get("recurrent_dropout", default) > 0,
        network=tuple(recipe.model_options.get(name) for name in _NETWORK) if spec.takes_start else (),
    )


def _near(one: float, other: float) -> bool:
    return max(one, other) <= COMPARABLE * min(one, other)
