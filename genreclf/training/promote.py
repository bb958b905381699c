"""Promote a run's weights, so that the app and the command line use them; ship them; go back to the shipped ones."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from genreclf import paths
from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.errors import UserError
from genreclf.evaluation.metrics import weakest_genres
from genreclf.evaluation.predictions import predict_split
from genreclf.evaluation.thresholds import card_metrics
from genreclf.files import as_object, read_json, write_json
from genreclf.models import get_spec
from genreclf.runs.folder import Run, Status
from genreclf.weights.folder import CARD, Weights, promoted_folder, read_weights
from genreclf.weights.publish import publish, reset
from genreclf.weights.storage import FORMS

WEIGHTS_SETS = ("imdb", "sample")


def weights_set_of(run: Run) -> str:
    """The set that a run's weights belong to: ``"sample"`` for the embedded sample if shipped, else ``"imdb"``."""
    is_sample = Path(str(run.config.get("data", ""))).resolve() == paths.SAMPLE.resolve()
    return "sample" if is_sample and (paths.SHIPPED_WEIGHTS / "sample").is_dir() else "imdb"


def can_promote(run: Run) -> bool:
    """Whether the run has ended with evaluated weights."""
    is_over = run.status() in (Status.COMPLETED, Status.STOPPED)
    return is_over and bool(as_object(read_json(run.card_file)).get("metrics"))


def is_promoted(run: Run) -> bool:
    """Whether this run's weights are the promoted ones."""
    card = as_object(read_json(promoted_folder(weights_set_of(run), run.model) / CARD))
    return card.get("run") == run.id


def promote(run: Run) -> Weights:
    """Copy a run's best weights to where they are used in place of the shipped ones (see ``weights_set_of``).

    Raises:
        UserError: the run has not ended, has no evaluated weights, or they are damaged.
    """
    return _publish(run, promoted_folder(weights_set_of(run), run.model))


def unpromote(model: str, weights_set: str) -> bool:
    """Use the shipped weights of a model again; False if none were promoted.

    Raises:
        UserError: there is no such model or set; their names are part of the path of the folder that is deleted.
    """
    get_spec(model)
    _check_set(weights_set)
    return reset(model, weights_set)


def ship(run: Run, weights_set: str, form: str = "float16") -> Weights:
    """Copy a run's best weights into the project as shipped ones, and evaluate them in their shipped form.

    Args:
        run: a run that has ended.
        weights_set: ``"imdb"`` or ``"sample"``.
        form: ``"float16"``, or ``"int8"`` for half its size (see ``genreclf.weights.storage``).

    Raises:
        UserError: there is no such set or form, the run's films are missing, or as for ``promote``.
    """
    _check_set(weights_set)
    if form not in FORMS:
        raise UserError(f"There is no form {form!r}; choose one of {', '.join(FORMS)}.")
    catalogue, destination = load_catalogue(Path(run.config["data"])), paths.SHIPPED_WEIGHTS / weights_set / run.model
    with TemporaryDirectory() as folder:
        before = Path(folder) / run.model
        if destination.is_dir():
            shutil.copytree(destination, before)
        try:
            return evaluate_again(_publish(run, destination, form), catalogue)
        except UserError:  # restore what was shipped before
            shutil.rmtree(destination, ignore_errors=True)
            if before.is_dir():
                shutil.copytree(before, destination)
            raise


def evaluate_again(weights: Weights, catalogue: Catalogue) -> Weights:
    """Update the metrics on a card, as numbers of fewer bits predict slightly differently.

    Raises:
        UserError: the catalogue is not the one that the model was trained on, or the weights are damaged.
    """
    if catalogue.digest != weights.card["data_digest"]:
        raise UserError(
            f"{catalogue.folder} does not contain the films that {weights.folder} was trained on; restore them."
        )
    card = weights.card | {"metrics": {}}
    for split in weights.card["metrics"]:
        predictions = predict_split(catalogue, split, [weights.model], weights.folder)
        labels, calibrated = predictions.labels, predictions.of(weights.model).probabilities
        raw = predictions.uncalibrated(weights.model)
        card["metrics"][split] = card_metrics(labels, raw, calibrated, weights.thresholds)
        if split == "test":
            card["weakest"] = weakest_genres(labels, calibrated, weights.thresholds)
    write_json(weights.folder / CARD, card)
    return read_weights(weights.folder, weights.origin)


def _publish(run: Run, destination: Path, form: str = "float16") -> Weights:
    if not can_promote(run):
        status = run.status()
        reason = "it has no finished epoch" if status in (Status.COMPLETED, Status.STOPPED) else f"it is {status}"
        raise UserError(f"Run {run.id} cannot be promoted ({reason}); only a run that ended with weights can.")
    try:
        return publish(run.folder, destination, form)
    except OSError as error:
        raise UserError(
            f"The weights could not be copied to {destination} ({error.strerror}); free space or set GENRECLF_HOME."
        ) from error


def _check_set(weights_set: str) -> None:
    if weights_set not in WEIGHTS_SETS:
        raise UserError(f"There is no set of weights {weights_set!r}; choose one of {', '.join(WEIGHTS_SETS)}.")
