"""What a training will take, said before it starts."""

from pathlib import Path

import streamlit as st

from genreclf import paths
from genreclf.data.catalogue import Catalogue
from genreclf.errors import UserError
from genreclf.recipes.settings import Recipe
from genreclf.runs.estimate import Estimate, Timing, estimate, timing_of
from genreclf.runs.folder import Run
from genreclf.ui import data, text
from genreclf.ui.train import device as train_device
from genreclf.units import duration


def show(model: str, recipe: Recipe, catalogue: Catalogue, films: int) -> None:
    """How long it will take, from earlier runs on this device; where there is none, that it is not known.

    Args:
        model: one of the models or baselines.
        recipe: how it will be trained.
        catalogue: on what.
        films: in its train split.
    """
    device = train_device.device().name
    known = estimate(model, recipe, films, _timings(), device)
    said = _not_known(model, catalogue) if known is None else _known(known)
    st.caption(f":material/timer: {said}")


def _known(known: Estimate) -> str:
    most = "At most about" if known.at_most else "About"
    each = "" if known.seconds == known.seconds_per_epoch else f", {duration(known.seconds_per_epoch)} an epoch"
    runs = "an earlier run" if known.runs == 1 else f"{known.runs} earlier runs"
    said = f"{most} **{duration(known.seconds)}**{each}, going by {runs} on this device."
    if known.at_most:
        said += " Early stopping may end it sooner."
    said += " Starting, and measuring at the end, come on top."
    if known.rough:
        said += " A rough guess: that was with far more or fewer films."
    return said


def _not_known(model: str, catalogue: Catalogue) -> str:
    said = "How long this takes is not known: nothing like it was trained on this device yet."
    try:
        weights = data.weights_for(model, catalogue)
    except UserError:  # damaged weights; a training needs none
        return said
    card = weights.card if weights is not None and weights.origin == "shipped" else {}
    if not card.get("seconds") or not card.get("device") or not card.get("films"):
        return said
    took, where = duration(card["seconds"]), text.plain(card["device"])
    return f"{said} The weights that come with the app took {took} with {card['films']['train']:,} films ({where})."


def _timings() -> list[Timing]:
    """Of all runs; each is read again only when its metrics have changed."""
    found = []
    for file in paths.runs_dir().glob("*/metrics.jsonl"):
        try:
            written = file.stat()
        except OSError:  # deleted at this moment
            continue
        found.append(_timing(str(file.parent), written.st_mtime, written.st_size))
    return [timing for timing in found if timing is not None]


@st.cache_data(max_entries=1000, show_spinner=False)
def _timing(folder: str, written: float, size: int) -> Timing | None:
    return timing_of(Run(Path(folder)))
