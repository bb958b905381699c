"""Publish trained weights: copy a run's to where the app uses them, and go back to the shipped ones."""

import json
import shutil
from contextlib import suppress
from pathlib import Path

from genreclf import paths
from genreclf.files import as_object, read_json, write_json
from genreclf.models import get_spec
from genreclf.weights.folder import (
    BASELINE_WEIGHTS,
    CARD,
    HISTORY,
    KERAS_WEIGHTS,
    PARTS,
    VOCABULARY,
    Weights,
    promoted_folder,
    read_weights,
    sha256_of,
)
from genreclf.weights.storage import copy_numbers


def publish(source: Path, destination: Path, form: str = "float16") -> Weights:
    """Copy trained weights with their card, in a smaller form and without the optimiser's state.

    Args:
        source: a weights folder or a finished run.
        destination: ``<somewhere>/<set>/<model>``; existing weights are replaced once the copy is complete.
        form: the form of a Keras model's numbers (see ``genreclf.weights.storage.FORMS``).

    Raises:
        UserError: the source has no usable card, or its weights are damaged.
    """
    weights = read_weights(source)
    parts = weights.parts()
    for each in (weights, *parts.values()):
        each.check()
    staging = destination.parent / f".{destination.name}.new"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    card = dict(weights.card)
    if weights.file.suffix == ".h5":
        file, card["form"] = staging / KERAS_WEIGHTS, form
        copy_numbers(weights.file, file, form)
    else:
        file = staging / BASELINE_WEIGHTS
        shutil.copyfile(weights.file, file)
    card |= {"weights_file": file.name, "weights_sha256": sha256_of(file)}
    _copy_parts(parts, destination, staging)
    if (source / VOCABULARY).is_file():
        shutil.copyfile(source / VOCABULARY, staging / VOCABULARY)
        card["vocabulary_sha256"] = sha256_of(staging / VOCABULARY)
    if not get_spec(weights.model).is_baseline:
        _copy_history(source / HISTORY, staging / HISTORY)
    write_json(staging / CARD, card)
    if destination.exists():
        _hand_to_dependants(destination, card["weights_sha256"])
        shutil.rmtree(destination)
    staging.rename(destination)
    return read_weights(destination, "promoted")


def reset(model: str, weights_set: str) -> bool:
    """Delete the promoted weights of a model, so that the shipped ones are used again; False if there were none."""
    folder = promoted_folder(weights_set, model)
    if not folder.exists():
        return False
    shutil.rmtree(folder)
    return True


def _copy_parts(parts: dict[str, Weights], destination: Path, staging: Path) -> None:
    """Copy a model's parts into its folder, unless both are shipped side by side.

    Promoted weights always contain their parts, since promoted neighbours may be replaced any time.
    """
    is_shipped = destination.is_relative_to(paths.SHIPPED_WEIGHTS)
    for model, part in parts.items():
        neighbour = as_object(read_json(destination.parent / model / CARD))
        if not is_shipped or neighbour.get("weights_sha256") != part.sha256:
            shutil.copytree(part.folder, staging / PARTS / model)


def _copy_history(source: Path, destination: Path) -> None:
    """Copy the events of a run's start and epochs, without those of its batches."""
    lines = []
    with suppress(OSError, UnicodeDecodeError):  # weights without a history can be used as well
        for line in source.read_text("utf-8").splitlines():
            with suppress(ValueError):
                if as_object(json.loads(line)).get("event") in ("start", "epoch"):
                    lines.append(line + "\n")
    if lines:
        destination.write_text("".join(lines), "utf-8")


def _hand_to_dependants(folder: Path, new_sha256: str) -> None:
    """Before weights are replaced by others, copy them into the neighbouring models that have them as a part."""
    old_sha256 = as_object(read_json(folder / CARD)).get("weights_sha256")
    if old_sha256 in (None, new_sha256):
        return
    for card_file in folder.parent.glob(f"*/{CARD}"):
        parts = as_object(as_object(read_json(card_file)).get("parts"))
        copy = card_file.parent / PARTS / folder.name
        if parts.get(folder.name) == old_sha256 and not copy.exists():
            shutil.copytree(folder, copy)
