"""Publish a run's weights: promote them for the app and the command line, or ship them with the project."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from genreclf import paths
from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.data.corrections import card_facts
from genreclf.errors import UserError
from genreclf.evaluation.metrics import weakest_genres
from genreclf.evaluation.predictions import predict_split
from genreclf.evaluation.thresholds import card_metrics
from genreclf.files import atomic_folder, is_regular, sha256_of, write_json, writing
from genreclf.genres import GENRES
from genreclf.locks import hold_lock
from genreclf.models import BASELINES, get_spec
from genreclf.models.baselines import BASELINE_CLASSES
from genreclf.models.network import runtime_version
from genreclf.public import at_home
from genreclf.runs.events import read_events
from genreclf.runs.folder import Run, Status
from genreclf.weights import Weights, read_weights, weights_set_for
from genreclf.weights.card import CARD, stored_card
from genreclf.weights.folder import (
    BASELINE_WEIGHTS,
    FITTED_BASELINES,
    HISTORY,
    KERAS_WEIGHTS,
    PARTS,
    VOCABULARY,
    WEIGHTS_SETS,
    promoted_folder,
    weights_sets,
)  # fmt: skip
from genreclf.weights.storage import FORMS, copy_weights

PATIENCE = 30.0  # seconds


def weights_set_of(run: Run) -> str:
    """The set that a run's weights belong to, by its films and their genres (see ``weights_set_for``)."""
    return weights_set_for(run.config.data, run.card.get("genres") or GENRES)


def can_promote(run: Run) -> bool:
    """Whether the run has ended with evaluated weights."""
    has_ended = run.status() in (Status.COMPLETED, Status.STOPPED)
    return has_ended and bool(run.card.get("metrics"))


def is_promoted(run: Run) -> bool:
    """Whether this run's weights are the promoted weights of its model."""
    return stored_card(promoted_folder(weights_set_of(run), run.model) / CARD).get("run") == run.id


@at_home("Promoting a run")
def promote(run: Run) -> Weights:
    """Copy a run's best weights to where they are used in place of the shipped ones (see ``weights_set_of``).

    Raises:
        UserError: the run has not ended, has no evaluated weights, or they are damaged or of another model.
    """
    weights_set = weights_set_of(run)
    promoted = _publish_run(run, promoted_folder(weights_set, run.model))
    for model in BASELINES:  # of a data set with genres of its own, for which none are shipped
        fitted, destination = run.folder / FITTED_BASELINES / model, promoted_folder(weights_set, model)
        if (fitted / CARD).is_file() and not _are_of_same_films(fitted, destination):
            with _alone(), writing(destination):
                publish(fitted, destination)
    return promoted


def _are_of_same_films(*folders: Path) -> bool:
    """Whether weights were trained on the same films, with the same corrections; the same baseline is then equal."""
    cards = [stored_card(folder / CARD) for folder in folders]
    facts = [[card.get(name) for name in ("data_digest", "films", "corrections")] for card in cards]
    return facts[0] == facts[1]


@at_home("Promoting a run")
def unpromote(model: str, weights_set: str) -> bool:
    """Use the shipped weights of a model again; False if none were promoted.

    Raises:
        UserError: there is no such model or set; their names are part of the path of the folder that is deleted.
    """
    get_spec(model)
    _check_choice("set of weights", weights_set, tuple(weights_sets()))
    folder = promoted_folder(weights_set, model)
    with _alone(), writing(folder):
        if not os.path.lexists(folder):
            return False
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
        else:
            folder.unlink()
        return True


@contextmanager
def _alone() -> Iterator[None]:
    """Only one process changes the weights in use at a time, because some are copied into others."""
    with hold_lock(paths.home() / "locks" / "weights", PATIENCE) as is_ours:
        if not is_ours:
            raise UserError("Other weights are being promoted at this moment; try again when that is done.")
        yield


@at_home("Promoting a run")
def ship(run: Run, weights_set: str, form: str = "float16") -> Weights:
    """Copy a run's best weights into the project as shipped ones, and evaluate them in their shipped form.

    Args:
        run: a run that has ended.
        weights_set: ``"imdb"`` or ``"sample"``.
        form: ``"float16"``, or ``"int8"`` for half its size (see ``genreclf.weights.storage``).

    Raises:
        UserError: there is no such set or form, the run's films are missing, or as for ``promote``.
    """
    _check_choice("set of weights", weights_set, WEIGHTS_SETS)
    _check_choice("form", form, FORMS)
    destination = paths.SHIPPED_WEIGHTS / weights_set / run.model
    return _publish_run(run, destination, form, load_catalogue(Path(str(run.config.data))))


@at_home("Promoting a run")
def publish(source: Path, destination: Path, form: str = "float16", catalogue: Catalogue | None = None) -> Weights:
    """Copy trained weights with their card, in a smaller form and without the optimiser's state.

    Args:
        source: a weights folder or a finished run.
        destination: ``<somewhere>/<set>/<model>``; existing weights are replaced once the copy is complete.
        form: the form of a Keras model's numbers (see ``genreclf.weights.storage.FORMS``).
        catalogue: the films that the model was trained on; if given, the copy is evaluated on them.

    Raises:
        UserError: the source has no usable card, its weights are damaged, or ``catalogue`` contains other films.
    """
    weights = read_weights(source)
    parts = weights.parts()
    for each in (weights, *parts.values()):
        each.check()
    card = dict(weights.card)
    with atomic_folder(destination) as copy:
        if is_baseline := get_spec(weights.model).is_baseline:
            file = copy / BASELINE_WEIGHTS
        else:
            file, card["form"] = copy / KERAS_WEIGHTS, form
        try:
            if is_baseline:
                BASELINE_CLASSES[weights.model].load(weights.file, len(weights.card["genres"]))
                shutil.copyfile(weights.file, file)
            else:
                copy_weights(weights.file, file, form)
        except (ValueError, KeyError, RuntimeError) as error:
            raise UserError(f"The weights file {weights.file} cannot be used ({error}); {weights.remedy()}.") from error
        if not is_baseline:
            events = [event for event in read_events(source / HISTORY) if event.get("event") in ("start", "epoch")]
            if events:  # weights without a history can be used as well
                (copy / HISTORY).write_text("".join(json.dumps(event) + "\n" for event in events), "utf-8")
        card |= {"weights_file": file.name, "weights_sha256": sha256_of(file)}
        for model, part in parts.items():
            shutil.copytree(part.folder, copy / PARTS / model)
        if is_regular(source / VOCABULARY):
            shutil.copyfile(source / VOCABULARY, copy / VOCABULARY)
            card["vocabulary_sha256"] = sha256_of(copy / VOCABULARY)
        write_json(copy / CARD, card)
        if catalogue is not None:
            evaluate_again(read_weights(copy), catalogue)
        for model, part in parts.items():
            # promoted parts stay, since the weights beside them may be replaced any time
            beside = stored_card(destination.parent / model / CARD).get("weights_sha256")
            if beside == part.sha256 and destination.is_relative_to(paths.SHIPPED_WEIGHTS):
                shutil.rmtree(copy / PARTS / model)
        with suppress(OSError):  # it contains some, or there is none
            (copy / PARTS).rmdir()
        _copy_into_dependants(destination, card["weights_sha256"])
    return read_weights(destination, "promoted")


@at_home("Promoting a run")
def evaluate_again(weights: Weights, catalogue: Catalogue) -> None:
    """Update the metrics on a card, as fewer bits change predictions slightly; UserError if the films are others."""
    corrected = card_facts(catalogue.corrections) == (weights.card.get("corrections") or {})
    if catalogue.table_digest != weights.card["data_digest"] or not corrected:
        raise UserError(
            f"{catalogue.folder} does not contain the films that {weights.model} was trained on; restore them."
        )
    runtime = None if get_spec(weights.model).is_baseline else runtime_version()
    card = weights.card | {"metrics": {}, "runtime": runtime}
    for split in weights.card["metrics"]:
        predictions = predict_split(catalogue, split, [weights.model], weights.folder)
        labels, calibrated = predictions.labels, predictions.of(weights.model).probabilities
        raw = predictions.uncalibrated(weights.model)
        card["metrics"][split] = card_metrics(labels, raw, calibrated, weights.thresholds)
        if split == "test":
            card["weakest"] = weakest_genres(weights.genres, labels, calibrated, weights.thresholds)
    write_json(weights.folder / CARD, card)


def _publish_run(run: Run, destination: Path, form: str = "float16", catalogue: Catalogue | None = None) -> Weights:
    if not can_promote(run):
        status = run.status()
        reason = "it has no finished epoch" if status in (Status.COMPLETED, Status.STOPPED) else f"it is {status}"
        raise UserError(f"Run {run.id} cannot be promoted ({reason}); only a run that ended with weights can.")
    if (model := read_weights(run.folder).model) != run.model:  # the name decides which folder is replaced
        raise UserError(f"The weights in run {run.id} are of {model}, not of its own model; they cannot be promoted.")
    with _alone(), writing(destination):
        return publish(run.folder, destination, form, catalogue)


def _copy_into_dependants(folder: Path, new_sha256: str) -> None:
    """Before weights are replaced, copy them into the models beside them that have them as a part."""
    old_sha256 = stored_card(folder / CARD).get("weights_sha256")
    if old_sha256 in (None, new_sha256):
        return
    for card_file in folder.parent.glob(f"*/{CARD}"):
        parts = stored_card(card_file).get("parts") or {}
        copy = card_file.parent / PARTS / folder.name
        if parts.get(folder.name) == old_sha256 and not copy.exists():
            shutil.copytree(folder, copy)


def _check_choice(what: str, choice: str, choices: tuple[str, ...]) -> None:
    if choice not in choices:
        raise UserError(f"There is no {what} {choice!r}; choose one of {', '.join(choices)}.")
