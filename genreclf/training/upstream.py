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

from genreclf import paths
from genreclf.data import prepared
from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.data.prepared import Prepared, posters_of, predicted_file
from genreclf.errors import UserError
from genreclf.evaluation import stored
from genreclf.files import atomic_folder, atomic_path, cache_array, map_array, read_json, write_json
from genreclf.genres import NUM_GENRES
from genreclf.models import ModelSpec, get_spec
from genreclf.predict.predictor import Predictor, readable
from genreclf.recipes.settings import Recipe
from genreclf.runs.folder import Run, StopRequested
from genreclf.training.corruptions import corrupt_overview, corrupt_posters
from genreclf.weights.folder import CARD, PARTS, Weights, find_weights, read_weights, weights_set_for
from genreclf.weights.storage import read_arrays

if TYPE_CHECKING:
    import keras

INITIAL = "initial"  # the folder with the initial weights in a run's backup
TEACHER = "teacher"  # the folder with the teacher's weights in a run's backup, and the phase in which it predicts
COPIES = 2  # of each training film, corrupted differently
PREPARING_SECONDS = 180.0  # until the next check-in: to import TensorFlow, or decode posters on a slow laptop


def require_weights(run: Run, spec: ModelSpec, recipe: Recipe, catalogue: Catalogue) -> None:
    """Copy the weights of a model's parts, those of its teacher, and those it starts from into the run.

    Raises:
        UserError: some are missing or damaged.
    """
    weights_set = weights_set_for(catalogue.folder)
    for model in spec.parts:
        folder = run.folder / PARTS / model
        if not (folder / CARD).is_file():
            weights = find_weights(model, weights_set)
            if weights is None:
                raise UserError(f"{spec.name} combines {' and '.join(spec.parts)}; train and promote {model} first.")
            _copy_weights(weights, folder)
    folder = run.backup_dir / INITIAL
    if recipe.initial_weights and not (folder / CARD).is_file():
        weights = find_weights(spec.name, choice=recipe.initial_weights)
        if weights is None:
            raise UserError(f"The set {recipe.initial_weights} has no weights of {spec.name} to start from.")
        _copy_weights(weights, folder)
    folder = run.backup_dir / TEACHER
    if recipe.teacher and not (folder / CARD).is_file() and not _soft_targets_file(run).is_file():
        weights = find_weights(recipe.teacher, weights_set)
        if weights is None:
            raise UserError(
                f"This recipe learns from the model {recipe.teacher}, which has no weights for these films; train and "
                "promote it first, or turn its teacher off: --set teacher=."
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


def corrupted_features(run: Run, spec: ModelSpec, recipe: Recipe, catalogue: Catalogue) -> np.ndarray:
    """Compute the input of a model of parts for corrupted copies of some films of the train split.

    The poster of each is corrupted at random (see ``genreclf.training.corruptions``), and so is its overview. The last
    copy has instead, where the recipe names more posters, one of these: of a film whose genres are the most similar.

    Returns:
        float16 ``(COPIES, n, width)``, n of all films; those without copies have zeros.

    Raises:
        UserError: the parts' weights or the further films are damaged, or these have no poster to train on.
        StopRequested: a stop was requested meanwhile.
    """
    parts = {model: read_weights(run.folder / PARTS / model) for model in spec.parts}
    more = load_catalogue(recipe.more_posters) if recipe.more_posters else None
    names = "-".join(f"{model}-{weights.cache_key}" for model, weights in parts.items())
    kind = f"corrupted-{recipe.corruptions}{f'-{more.digest[:16]}' if more else ''}"
    path = predicted_file(catalogue, "features", f"{names}-{kind}")
    with suppress(OSError, ValueError):
        return np.array(map_array(path, (COPIES, len(catalogue), None)))
    print(f"{' and '.join(parts)} process corrupted copies of training films.", flush=True)
    rows = np.random.default_rng(0).permutation(catalogue.in_split("train"))
    rows = np.sort(rows[: round(recipe.corruptions * len(rows))])
    predictors = {model: Predictor(weights) for model, weights in parts.items()}
    report = _progress(run, "preparing", 2 * COPIES * len(rows))
    for predictor in predictors.values():
        predictor.on_batch = report
    copies = []
    posters, overviews = prepare(run, catalogue, get_spec("poster")).posters, catalogue.films["overview"].tolist()
    for copy in range(COPIES):
        if more is not None and copy == COPIES - 1:
            added = _posters_to_add(more)
            blocks = (posters_of(more, get_spec("poster"), block) for block in stored.in_blocks(added))
            chosen = _most_similar(catalogue.labels[rows], more.labels[added])
        else:
            blocks = (corrupt_posters(posters, block, [copy]) for block in stored.in_blocks(rows))
            chosen = np.arange(len(rows))
        features = np.concatenate([predictors["poster"].features(block).astype(np.float16) for block in blocks])
        texts = [corrupt_overview(overviews[row], np.random.default_rng([copy, row, 1])) for row in rows]
        copies.append(np.concatenate([features[chosen], predictors["overview"].features(None, texts)], axis=1))
    corrupted = np.zeros((COPIES, len(catalogue), copies[0].shape[1]), np.float16)
    corrupted[:, rows] = copies
    cache_array(path, corrupted)
    return corrupted


def teacher_predictions(run: Run, catalogue: Catalogue) -> np.ndarray:
    """Predict the train split with the run's teacher: calibrated probabilities, float32 ``(n, 25)``.

    Films of the other splits get zeros; those without the overview that the teacher needs get their true genres.

    Raises:
        UserError: the teacher's weights or the films are damaged.
        StopRequested: a stop was requested meanwhile.
    """
    file = _soft_targets_file(run)
    with suppress(OSError, ValueError):
        return np.array(map_array(file, (len(catalogue), NUM_GENRES)))
    weights = read_weights(run.backup_dir / TEACHER)
    print(f"The teacher {weights.model} predicts the train split.", flush=True)
    run.check_in(TEACHER, PREPARING_SECONDS)
    rows = catalogue.in_split("train")
    predictor = Predictor(weights)
    predictor.on_batch = _progress(run, TEACHER, len(rows))
    predictions = np.zeros((len(catalogue), NUM_GENRES), np.float32)
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


def _posters_to_add(more: Catalogue) -> np.ndarray:
    """The positions of the films whose posters may be trained on: not those of the sample, which is for testing."""
    in_train, in_sample = more.in_split("train"), load_catalogue(paths.SAMPLE).films["id"]
    rows = in_train[~more.films["id"].iloc[in_train].isin(in_sample).to_numpy()]
    if not len(rows) or not more.has_posters:
        raise UserError(f"{more.folder} has no posters in its train split to add; name another folder.")
    return rows


def _most_similar(labels: np.ndarray, others: np.ndarray) -> np.ndarray:
    """For each film one of the others that share most of their genres (Jaccard index), at random among equals."""
    labels, others = labels.astype(np.float32), others.astype(np.float32)
    shared = labels @ others.T
    similarity = shared / (labels.sum(axis=1)[:, None] + others.sum(axis=1) - shared)
    return (similarity + 1e-3 * np.random.default_rng(0).random(similarity.shape)).argmax(axis=1)


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
