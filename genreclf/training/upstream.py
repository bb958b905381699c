"""What a training asks of other models: a teacher's opinion of each film, or what the parts of a model saw.

Both come from trained weights, found before anything else is done, and are kept with the run: one that was interrupted
goes on with what it heard, whatever answers by then.
"""

import shutil
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from genreclf.data.catalogue import Catalogue
from genreclf.errors import UserError
from genreclf.evaluation.stored import catalogue_predictions, part_features
from genreclf.files import atomic_path, read_json, write_json
from genreclf.genres import NUM_GENRES
from genreclf.models import ModelSpec, get_spec
from genreclf.predict.predictor import Predictor
from genreclf.recipes.settings import Recipe
from genreclf.runs.folder import Run, StopRequested
from genreclf.training import backends
from genreclf.weights.folder import CARD, PARTS, Weights, find_weights, read_weights, weights_set_for

CHECK_IN_SECONDS = 180.0  # a batch, or decoding a few posters, on a slow laptop


def find(run: Run, spec: ModelSpec, recipe: Recipe, catalogue: Catalogue) -> None:
    """Copy the weights of a model's parts into the run, and look whether its teacher has any.

    Raises:
        UserError: some are missing or damaged.
    """
    weights_set = weights_set_for(catalogue)
    for model in spec.parts:
        folder = run.folder / PARTS / model
        if not (folder / CARD).is_file():
            weights = find_weights(model, weights_set)
            if weights is None:
                raise UserError(f"{spec.name} is made of {' and '.join(spec.parts)}; train and promote {model} first.")
            weights.check()
            staging = folder.with_name(f".{model}.new")  # renamed once whole: a trainer may be killed any time
            shutil.rmtree(staging, ignore_errors=True)
            shutil.copytree(weights.folder, staging)
            shutil.rmtree(folder, ignore_errors=True)
            staging.rename(folder)
    if recipe.teacher and not _opinion_file(run).is_file():
        _find_teacher(recipe, weights_set)


def ask_parts(run: Run, spec: ModelSpec, catalogue: Catalogue) -> np.ndarray:
    """What the parts saw of all films, float16 ``(n, width)`` (see ``genreclf.models.fusion``)."""
    parts = {model: read_weights(run.folder / PARTS / model) for model in spec.parts}
    for model in parts:
        prepare(run, catalogue, get_spec(model))
    print(f"{' and '.join(spec.parts)} look at every film.", flush=True)
    run.check_in("preparing", CHECK_IN_SECONDS)
    return part_features(catalogue, parts, _watch(run, len(parts) * len(catalogue)))


def ask_teacher(run: Run, recipe: Recipe, catalogue: Catalogue) -> np.ndarray | None:
    """What the recipe's teacher makes of the films to learn from; None where it has no teacher.

    Returns:
        float32 ``(n, 25)``, zeros for all films outside the train split.

    Raises:
        UserError: the teacher has no weights for these films, or they are damaged.
        StopRequested: a stop was asked for meanwhile.
    """
    if not recipe.teacher:
        return None
    kept = _opinion_file(run)
    with suppress(OSError, ValueError, EOFError):
        return np.load(kept, allow_pickle=False)
    weights = _find_teacher(recipe, weights_set_for(catalogue))
    prepare(run, catalogue, get_spec(recipe.teacher))
    print(f"The teacher {recipe.teacher} says what it makes of the films to learn from ({weights.folder}).", flush=True)
    run.check_in("preparing", CHECK_IN_SECONDS)
    rows = catalogue.in_split("train")
    predictor = Predictor(weights)
    predictor.on_batch = _watch(run, len(rows))
    opinion = np.zeros((len(catalogue), NUM_GENRES), np.float32)
    opinion[rows] = catalogue_predictions(catalogue, weights, predictor, "train")
    kept.parent.mkdir(exist_ok=True)
    with atomic_path(kept) as temporary, temporary.open("wb") as stream:
        np.save(stream, opinion)
    known = {"model": recipe.teacher, "weights_sha256": weights.sha256, "data_digest": weights.card.get("data_digest")}
    write_json(run.folder / "teacher.json", known)
    return opinion


def provenance(run: Run, spec: ModelSpec, recipe: Recipe) -> dict:
    """Which weights a run's own rest on, for its card."""
    found: dict = {}
    if spec.parts:
        found["parts"] = {model: read_weights(run.folder / PARTS / model).sha256 for model in spec.parts}
    if recipe.teacher:
        found["teacher"] = read_json(run.folder / "teacher.json")
    return found


def prepare(run: Run, catalogue: Catalogue, spec: ModelSpec):
    """What a model takes of the catalogue, made where it is missing; the run tells how far that is."""
    return backends.prepare_for_training(
        catalogue, spec, lambda done, total: run.check_in("preparing", CHECK_IN_SECONDS, step=done, steps=total)
    )


def _opinion_file(run: Run):
    return run.backup_dir / "taught.npy"


def _find_teacher(recipe: Recipe, weights_set: str) -> Weights:
    weights = find_weights(recipe.teacher, weights_set)
    if weights is None:
        raise UserError(
            f"This recipe learns from the model {recipe.teacher}, which has no weights for these films; train and "
            "promote it first, or do without: --set teacher=."
        )
    return weights


def _watch(run: Run, films: int) -> Callable[[int], None]:
    """A function that hears of every batch, tells how far it is, and ends the run where a stop was asked for."""
    done = 0

    def watch(count: int) -> None:
        nonlocal done
        done += count
        run.check_in("preparing", CHECK_IN_SECONDS, step=min(done, films), steps=films)
        if run.stop_file.exists():
            raise StopRequested

    return watch
