"""Where a training will run and how long it will take, before it starts."""

from collections.abc import Iterator

import streamlit as st

from genreclf import paths
from genreclf.data.catalogue import Catalogue
from genreclf.errors import UserError
from genreclf.recipes.settings import Recipe
from genreclf.runs.devices import Device, DeviceUse, device_use, training_device
from genreclf.runs.estimate import Estimate, Timing, estimate, timing_of
from genreclf.runs.folder import Run
from genreclf.ui import data, text
from genreclf.units import duration, percent


def show_device() -> None:
    """The device, what to expect of it, and how busy it is now."""
    here = device()
    icon = "memory" if here.kind == "gpu" else "developer_board"
    st.markdown(f":material/{icon}: **{text.plain(here.name)}**")
    st.caption(" ".join([text.plain(here.meaning), *_now(here, _use(here))]))


@st.cache_data(ttl="10m", max_entries=1, show_spinner=False)
def device() -> Device:
    """The training device; asking the driver takes a moment, and it hardly changes."""
    return training_device()


@st.cache_data(ttl="5s", max_entries=2, show_spinner=False)
def _use(here: Device) -> DeviceUse | None:
    return device_use(here)


def _now(here: Device, use: DeviceUse | None) -> list[str]:
    if here.kind == "cpu":
        if use is None or use.memory_used is None or use.memory is None:
            return []
        return [f"Memory: {use.memory:.0f} GiB, of which {use.memory - use.memory_used:.0f} GiB are free now."]
    sentences = []
    if use is not None and use.memory_used is not None and use.memory is not None:
        busy = "" if use.busy is None else f", and it is busy {percent(use.busy)} of the time"
        sentences.append(f"In use now: {use.memory_used:.0f} of {use.memory:.0f} GiB of its memory{busy}.")
    elif use is not None and use.busy is not None:
        sentences.append(f"It is busy {percent(use.busy)} of the time now.")
    return [*sentences, "The app itself leaves the GPU to the training, which takes memory only as it needs it."]


def show(model: str, recipe: Recipe, catalogue: Catalogue, films: int) -> None:
    """How long a training will take, from earlier runs on this device, or that no estimate is possible yet.

    Args:
        model: one of the models or baselines.
        recipe: how it will be trained.
        catalogue: the data.
        films: in its train split.
    """
    known = estimate(model, recipe, films, _timings(), device().name)
    st.caption(f":material/timer: {_without_runs(model, catalogue) if known is None else _from_runs(known)}")


def _from_runs(known: Estimate) -> str:
    most = "At most about" if known.at_most else "About"
    each = "" if known.seconds == known.seconds_per_epoch else f", {duration(known.seconds_per_epoch)} per epoch"
    runs = "an earlier run" if known.runs == 1 else f"{known.runs} earlier runs"
    sentences = [f"{most} **{duration(known.seconds)}**{each}, judging by {runs} on this device."]
    if known.at_most:
        sentences.append("Early stopping may end it sooner.")
    sentences.append("Start-up and the final evaluation take extra time.")
    if known.rough:
        sentences.append("This is a rough guess: those runs had many more or far fewer films.")
    return " ".join(sentences)


def _without_runs(model: str, catalogue: Catalogue) -> str:
    unknown = "No time estimate yet: nothing similar has been trained on this machine."
    try:
        weights = data.weights_for(model, catalogue)
    except UserError:  # damaged weights; a training needs none
        return unknown
    card = weights.card if weights is not None and weights.origin == "shipped" else {}
    if not card.get("seconds") or not card.get("device") or not card.get("films"):
        return unknown
    taken, where = duration(card["seconds"]), text.plain(card["device"])
    return f"{unknown} The weights that come with the app took {taken} on {card['films']['train']:,} films ({where})."


def _timings() -> Iterator[Timing]:
    """Of all runs that have begun."""
    return filter(None, (timing_of(Run(file.parent)) for file in paths.runs_dir().glob("*/metrics.jsonl")))
