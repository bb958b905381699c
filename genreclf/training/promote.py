"""Making a run's weights the ones that answer, and going back to the shipped ones."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from genreclf import paths
from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.errors import UserError
from genreclf.evaluation.metrics import weakest_genres
from genreclf.evaluation.predictions import ModelPredictions, SplitPredictions
from genreclf.evaluation.stored import catalogue_predictions
from genreclf.evaluation.thresholds import card_metrics
from genreclf.files import read_json, write_json
from genreclf.models import get_spec
from genreclf.runs.folder import Run, Status
from genreclf.weights.folder import CARD, Weights, read_weights
from genreclf.weights.publish import publish, reset
from genreclf.weights.storage import FORMS

WEIGHTS_SETS = ("imdb", "sample")


def weights_set_of(run: Run) -> str:
    """``"sample"`` for a run that saw the embedded sample, where weights for it are shipped, else ``"imdb"``."""
    on_sample = Path(str(run.config.get("data", ""))).resolve() == paths.SAMPLE.resolve()
    return "sample" if on_sample and (paths.SHIPPED_WEIGHTS / "sample").is_dir() else "imdb"


def can_promote(run: Run) -> bool:
    """Whether the run has ended with weights that were measured."""
    card = read_json(run.card_file)
    ended_well = run.status() in (Status.COMPLETED, Status.STOPPED)
    return ended_well and isinstance(card, dict) and bool(card.get("metrics"))


def promote(run: Run) -> Weights:
    """Copy a run's best weights to where they answer in place of the shipped ones (see ``weights_set_of``).

    Raises:
        UserError: the run has not ended, has no measured weights, or they are damaged.
    """
    return _publish(run, paths.promoted_dir() / weights_set_of(run) / run.model)


def ship(run: Run, weights_set: str, form: str = "float16") -> Weights:
    """Copy a run's best weights into the project, as the ones shipped with it, and measure them there.

    Args:
        run: which.
        weights_set: ``"imdb"`` or ``"sample"``.
        form: ``"float16"``, or ``"int8"`` for half of that (see ``genreclf.weights.storage``).

    Raises:
        UserError: no such set or form, the run's films are gone, or as ``promote``.
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
            return measure_again(_publish(run, destination, form), catalogue)
        except UserError:  # what was shipped before is shipped still
            shutil.rmtree(destination, ignore_errors=True)
            if before.is_dir():
                shutil.copytree(before, destination)
            raise


def measure_again(weights: Weights, catalogue: Catalogue) -> Weights:
    """Write into a card what its model reaches as it lies there: numbers of fewer bits answer a little differently.

    Raises:
        UserError: these are not the films that the model was trained on, or the weights are damaged.
    """
    if catalogue.digest != weights.card["data_digest"]:
        raise UserError(
            f"{catalogue.folder} does not hold the films that {weights.folder} was trained on; restore them."
        )
    card = weights.card | {"metrics": {}}
    for split in weights.card["metrics"]:
        rows, told = catalogue.in_split(split), catalogue_predictions(catalogue, weights, split=split)
        predictions = {weights.model: ModelPredictions(weights, told)}
        of_split = SplitPredictions(catalogue, split, rows, catalogue.labels[rows], predictions)
        raw = of_split.uncalibrated(weights.model)
        card["metrics"][split] = card_metrics(of_split.labels, raw, told, weights.thresholds)
        if split == "test":
            card["weakest"] = weakest_genres(of_split.labels, told, weights.thresholds)
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


def is_promoted(run: Run) -> bool:
    """Whether this run's weights answer now."""
    card = read_json(paths.promoted_dir() / weights_set_of(run) / run.model / CARD)
    return isinstance(card, dict) and card.get("run") == run.id


def unpromote(model: str, weights_set: str) -> bool:
    """Let the shipped weights answer again; False where no run was promoted.

    Raises:
        UserError: there is no such model or set; what they name is removed, so nothing else may be named.
    """
    get_spec(model)
    _check_set(weights_set)
    return reset(model, weights_set)


def _check_set(weights_set: str) -> None:
    if weights_set not in WEIGHTS_SETS:
        raise UserError(f"There is no set of weights {weights_set!r}; choose one of {', '.join(WEIGHTS_SETS)}.")
