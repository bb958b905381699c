"""What a training run takes from other models: a teacher's predictions, features of fusion's parts, initial weights.

The other models' weights are copied into the run first, and their predictions are stored in it: if it is interrupted,
it continues with the same numbers, whatever weights are in use by then.
"""

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genreclf.data import prepared
from genreclf.data.catalogue import Catalogue
from genreclf.data.prepared import Prepared
from genreclf.errors import UserError
from genreclf.evaluation import stored
from genreclf.files import atomic_folder, atomic_path, map_array, read_json, write_json
from genreclf.models import ModelSpec, get_spec
from genreclf.predict.predictor import Predictor, readable
from genreclf.recipes import initial_weights
from genreclf.recipes.settings import Recipe
from genreclf.runs.folder import Run, StopRequested
from genreclf.weights.folder import CARD, PARTS, Weights, read_weights, same_genres_weights
from genreclf.weights.storage import read_arrays

if TYPE_CHECKING:
    import keras

INITIAL = "initial"  # the folder with the initial weights in a run's backup
TEACHER = "teacher"  # the folder with the teacher's weights in a run's backup, and the phase in which it predicts
PREPARING_SECONDS = 180.0  # until the next check-in: to import TensorFlow, or decode posters on a slow laptop


def require_weights(run: Run, spec: ModelSpec, recipe: Recipe, catalogue: Catalogue) -> None:
    """Copy the weights of a model's parts, those of its teacher, and those it starts from into the run.

    Raises:
        UserError: some are missing or damaged.
    """
    for model in spec.parts:
        folder = run.folder / PARTS / model
        if not (folder / CARD).is_file():
            weights = same_genres_weights(model, catalogue)
            if weights is None:
                raise UserError(
                    f"{spec.name} combines {' and '.join(spec.parts)}; train and promote {model} on these films first."
                )
            _copy_weights(weights, folder)
    folder = run.backup_dir / INITIAL
    if not (folder / CARD).is_file() and (weights := initial_weights(spec.name, recipe, catalogue)):
        _copy_weights(weights, folder)
    folder = run.backup_dir / TEACHER
    if recipe.teacher and not (folder / CARD).is_file() and not _soft_targets_file(run).is_file():
        weights = same_genres_weights(recipe.teacher, catalogue)
        if weights is None:
            raise UserError(
                f"This recipe learns from the model {recipe.teacher}, which has no weights for the genres of these "
                "films; train and promote it first, or turn its teacher off: --set teacher=."
            )
        _copy_weights(weights, folder)


def load_initial_weights(run: Run, model: "keras.Model", vocabulary: Sequence[str] | None) -> None:
    """Give a new model the numbers of the weights that it starts from; a word's vector goes to the same word.

    Args:
        run: a run with initial weights.
        model: of the run.
        vocabulary: the run's words by id, for a model of words; those that the weights do not know keep their vector.

    Raises:
        UserError: the weights are damaged, or of a model with other options.
    """
    from genreclf.models.graph import datasets_of

    weights, datasets = read_weights(run.backup_dir / INITIAL), datasets_of(model)
    with readable(weights):
        arrays = read_arrays(weights.file, {datasets[each.path]: tuple(each.shape) for each in model.weights})
        known = {word: row for row, word in enumerate(weights.vocabulary())} if vocabulary else {}
    for variable in model.weights:
        values = arrays[datasets[variable.path]]
        if vocabulary and variable.path.endswith("/embeddings"):
            theirs, values = values, np.array(variable)
            for row, word in enumerate(vocabulary):
                if word in known:
                    values[row] = theirs[known[word]]
        variable.assign(values)
    print(f"Starts from the weights {weights.sha256[:12]}.", flush=True)


def part_features(run: Run, spec: ModelSpec, catalogue: Catalogue) -> np.ndarray:
    """Compute the input of a model of parts for all films, float16 ``(n, width)`` (see ``genreclf.models.fusion``)."""
    parts = {model: read_weights(run.folder / PARTS / model) for model in spec.parts}
    for model in parts:
        prepare(run, catalogue, get_spec(model))
    print(f"{' and '.join(spec.parts)} process all films.", flush=True)
    run.check_in("preparing", PREPARING_SECONDS)
    return stored.part_features(catalogue, parts, _progress(run, "preparing", len(parts) * len(catalogue)))


def teacher_predictions(run: Run, catalogue: Catalogue) -> np.ndarray:
    """Predict the train split with the run's teacher: calibrated probabilities, float32 ``(n, genres)``.

    Films of the other splits get zeros; those without the overview that the teacher needs get their true genres.

    Raises:
        UserError: the teacher's weights or the films are damaged.
        StopRequested: a stop was requested meanwhile.
    """
    file = _soft_targets_file(run)
    with suppress(OSError, ValueError):
        return np.array(map_array(file, catalogue.labels.shape))
    weights = read_weights(run.backup_dir / TEACHER)
    print(f"The teacher {weights.model} predicts the train split.", flush=True)
    run.check_in(TEACHER, PREPARING_SECONDS)
    rows = catalogue.in_split("train")
    predictor = Predictor(weights)
    predictor.on_batch = _progress(run, TEACHER, len(rows))
    predictions = np.zeros(catalogue.labels.shape, np.float32)
    predictions[rows] = stored.catalogue_predictions(catalogue, weights, predictor, "train")
    if get_spec(weights.model).uses_overview:
        without = (catalogue.films["overview"] == "").to_numpy()
        predictions[without] = catalogue.labels[without]
    write_json(_source_file(run), _source_of(weights))
    with atomic_path(file) as temporary, temporary.open("wb") as stream:
        np.save(stream, predictions)
    return predictions


def provenance(run: Run, spec: ModelSpec, recipe: Recipe) -> dict[str, Any]:
    """The other models' weights that a run was trained with so far, for its card."""
    sources: dict[str, Any] = {}
    if spec.parts:
        sources["parts"] = {model: read_weights(run.folder / PARTS / model).sha256 for model in spec.parts}
    if recipe.initial_weights:
        initial = read_weights(run.backup_dir / INITIAL)
        sources["initial_weights"] = _source_of(initial)
    if recipe.teacher and _source_file(run).is_file():  # the teacher may not have joined yet
        sources["teacher"] = read_json(_source_file(run))
    return sources


def prepare(run: Run, catalogue: Catalogue, spec: ModelSpec) -> Prepared:
    """Prepare a catalogue for a model (see ``genreclf.data.prepared``), with progress in the run's folder."""
    report = partial(run.check_in, "preparing", PREPARING_SECONDS)
    return prepared.prepare(catalogue, spec, lambda done, total: report(step=done, steps=total))


def _soft_targets_file(run: Run) -> Path:
    return run.backup_dir / "taught.npy"  # its name in runs of all versions


def _source_file(run: Run) -> Path:
    return run.folder / "teacher.json"


def _source_of(weights: Weights) -> dict[str, Any]:
    return {"model": weights.model, "weights_sha256": weights.sha256, "data_digest": weights.card.get("data_digest")}


def _copy_weights(weights: Weights, folder: Path) -> None:
    """Copy weights with their parts, in one atomic step, as the trainer may be killed any time."""
    weights.check()
    with atomic_folder(folder) as copy:
        shutil.copytree(weights.folder, copy, dirs_exist_ok=True)
        for model, part in weights.parts().items():
            shutil.copytree(part.folder, copy / PARTS / model, dirs_exist_ok=True)


def _progress(run: Run, phase: str, films: int) -> Callable[[int], None]:
    """A function to call after every batch: it reports progress, and raises StopRequested when a stop is requested."""
    done = 0

    def report(count: int) -> None:
        nonlocal done
        done += count
        run.check_in(phase, PREPARING_SECONDS, step=min(done, films), steps=films)
        if run.stop_file.exists():
            raise StopRequested

    return report
