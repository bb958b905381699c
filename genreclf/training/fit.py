"""Train the model of a run, from its config to its best weights and its card."""

import dataclasses
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genreclf import familiarity, pretrained
from genreclf.calibration import logit
from genreclf.data.catalogue import load_catalogue
from genreclf.data.corrections import card_facts, card_sentence, unused_sentence
from genreclf.data.prepared import Prepared
from genreclf.data.twins import leak_sentences
from genreclf.errors import UserError
from genreclf.evaluation import stored
from genreclf.evaluation.metrics import base_rate_loss, weakest_genres
from genreclf.evaluation.thresholds import card_metrics, fit_calibration, fit_thresholds
from genreclf.familiarity import Familiarity
from genreclf.files import sha256_of, write_json
from genreclf.genres import GENRES
from genreclf.models import BASELINES, ModelSpec, check_trainable, get_spec
from genreclf.models.baselines import BASELINE_CLASSES, base_rates
from genreclf.pretrained import EFFICIENTNET_2
from genreclf.public import at_home
from genreclf.recipes import further_films
from genreclf.recipes.settings import Recipe, change
from genreclf.runs.curves import facts
from genreclf.runs.devices import cpu_name, training_device
from genreclf.runs.folder import Run, StopRequested
from genreclf.runs.queue import command_of
from genreclf.training import backends, upstream
from genreclf.training.corruptions import corrupt_posters
from genreclf.training.upstream import PREPARING_SECONDS
from genreclf.weights.card import CARD
from genreclf.weights.folder import BASELINE_WEIGHTS, FITTED_BASELINES, Weights, write_vocabulary
from genreclf.weights.storage import drop_optimizer

if TYPE_CHECKING:
    import keras

    from genreclf.predict.predictor import Predictor

COMPARED_POSTERS = 1500  # of the train split, with their corrupted copies


@at_home("Training a model")
def train(run: Run) -> dict[str, Any]:
    """Train a run according to its config, in its folder; an interrupted run continues after its last finished epoch.

    Returns:
        the card, which is also written to the folder.

    Raises:
        UserError: the data or the config is not usable.
        StopRequested: a stop was requested; the card of the best epoch so far, if any, is written.
        TrainingFailed: see ``genreclf.training.callbacks``.
    """
    began = time.monotonic()
    config = run.config
    config.require(run.id)
    spec, data = get_spec(config.model), Path(str(config.data))
    recipe = config.recipe.for_device(training_device().bfloat16)
    if unknown := set(config.settings) - set(recipe.as_dict()):
        raise UserError(
            f"This run was created by another version of genreclf, with settings that this one does not have "
            f"({', '.join(sorted(unknown))}); start a new run."
        )
    if not spec.is_baseline:
        change(config.model, recipe, **recipe.as_dict())  # checks the ranges
        backends.grow_gpu_memory()  # before anything else uses it
    run.check_in("preparing", PREPARING_SECONDS)
    loaded = load_catalogue(data)
    check_trainable(spec.name, loaded)
    own = loaded.with_inputs(spec.uses_poster, spec.uses_overview)
    if len(own) < len(loaded):
        print(f"{len(loaded) - len(own):,} films lack what {spec.label} learns from and are left out.", flush=True)
    further = further_films(own, spec.name, recipe)
    catalogue = own.with_training_films(further) if further else own
    added = len(catalogue) - len(own)
    corrected = card_facts(*(films.corrections for films in (own, further) if films))
    for films, digest, before in (
        (own, own.digest, run.films.digest),
        (further, further and further.table_digest, run.films.further_digest),
    ):
        if films and (before not in ("", digest) or (before and corrected != run.films.corrections)):
            raise UserError(f"The data in {films.folder} changed since this run started; start a new run.")
    leaks, splits = catalogue.leaks(), catalogue.info()["splits"]
    write_json(run.films_file, {
        "digest": own.digest, "further_digest": further.table_digest if further else "", "films": len(catalogue),
        "splits": splits, "leaks": leaks, "corrections": corrected,
    })  # fmt: skip
    if further:
        dropped = f" ({len(further) - added:,} others have ids of its own films)" if added < len(further) else ""
        print(f"{added:,} films of {further.folder} are trained on as well{dropped}.", flush=True)
    unused = map(unused_sentence, [own.corrections, *([further.corrections] if further else [])])
    for sentence in filter(None, [*leak_sentences(leaks, splits), card_sentence(corrected), *unused]):
        print(sentence, flush=True)
    upstream.require_weights(run, spec, recipe, catalogue)
    prepared = dataclasses.replace(upstream.prepare(run, catalogue, spec), digest=own.table_digest)
    train_rows, val_rows = prepared.rows("train"), prepared.rows("val")
    if not len(val_rows):
        raise UserError(f"{data} has no film in its val split; a larger data set is needed.")
    base_loss = round(base_rate_loss(prepared.labels, train_rows, val_rows), 5)
    device = cpu_name() if spec.is_baseline else backends.device_name()
    if not spec.is_baseline:
        print(f"Computes in {'bfloat16 and float32' if recipe.mixed_precision else 'float32'} on {device}.", flush=True)
    if recipe.teacher and (joins := recipe.first_teacher_epoch()) > 1:
        print(f"The teacher {recipe.teacher} joins in epoch {joins}.", flush=True)
    earlier = facts(run.events()).seconds  # of sessions that were interrupted
    run.append("start", films=len(train_rows), val_films=len(val_rows), genres=len(prepared.genres),
               base_rate_loss=base_loss, device=device, backend=backends.name())  # fmt: skip

    stopped = None
    if spec.is_baseline:
        run.check_in("training", PREPARING_SECONDS, epoch=1, epochs=1, step=0, steps=1)
        overviews = [prepared.overviews[row] for row in train_rows]
        baseline = BASELINE_CLASSES[spec.name].fit(overviews, prepared.labels[train_rows])
        baseline.save(run.folder / BASELINE_WEIGHTS)
    else:
        try:
            if spec.parts:
                prepared = dataclasses.replace(prepared, features=upstream.part_features(run, spec, catalogue))
            _fit_keras(run, spec, recipe, prepared, partial(upstream.teacher_predictions, run, catalogue))
        except StopRequested as request:
            if not run.best_weights_file.is_file():
                raise
            stopped = request  # the best weights so far get a card too, so that they can be used

    run.check_in("evaluating", PREPARING_SECONDS)
    card = make_card(run, spec, recipe, prepared, earlier + time.monotonic() - began, device,
                     further=added)  # fmt: skip
    if spec.is_baseline:
        metrics = card["metrics"]["val"]
        run.append("epoch", epoch=1, val_loss=metrics["bce"], val_precision=metrics["precision"],
                   val_recall=metrics["recall"], seconds=card["seconds"])  # fmt: skip
    elif prepared.genres != GENRES:
        _fit_baselines(run, prepared, device)
    if stopped is not None:
        raise stopped
    return card


def _fit_baselines(run: Run, prepared: Prepared, device: str) -> None:
    """Fit the baselines on the same films, because those that are shipped know other genres."""
    for name in BASELINES:
        spec, began, rows = get_spec(name), time.monotonic(), prepared.rows("train")
        overviews = [prepared.overviews[row] for row in rows]
        if spec.uses_overview and not any(overviews):
            continue
        run.check_in("evaluating", PREPARING_SECONDS)
        folder = run.folder / FITTED_BASELINES / name
        folder.mkdir(parents=True, exist_ok=True)
        try:
            BASELINE_CLASSES[name].fit(overviews, prepared.labels[rows]).save(folder / BASELINE_WEIGHTS)
        except ValueError as error:  # no word occurs twice
            print(f"{spec.label} cannot be fitted on these films ({error}).", flush=True)
            continue
        make_card(run, spec, Recipe(epochs=1), prepared, time.monotonic() - began, device, folder=folder)


def _fit_keras(
    run: Run, spec: ModelSpec, recipe: Recipe, prepared: Prepared, soft_targets: Callable[[], np.ndarray]
) -> None:
    import keras

    from genreclf.training import callbacks, pipeline
    from genreclf.training.checkpoints import Checkpoints

    seed = run.config.seed or 0
    backends.seed_all(seed)
    if prepared.vocabulary is not None:
        write_vocabulary(run.folder, prepared.vocabulary)
    model = compile_model(spec, recipe, prepared)
    train_rows = prepared.rows("train")
    batches = pipeline.TrainingBatches(prepared, spec, recipe, train_rows, seed)
    checkpoints = Checkpoints(run)
    done = checkpoints.restore(model)
    if recipe.initial_weights and not done:
        upstream.load_initial_weights(run, model, prepared.vocabulary)
        checkpoints.start(model)
    if callbacks.out_of_patience(run, done, recipe.patience):
        return  # interrupted after its last epoch
    rates = recipe.learning_rates()
    model.fit(
        batches,
        epochs=recipe.epochs,
        initial_epoch=done,
        validation_data=pipeline.EvaluationBatches(prepared, spec, prepared.rows("val")),
        callbacks=[
            callbacks.EpochSeeds(batches, seed),
            *([callbacks.TeacherJoins(batches, recipe.first_teacher_epoch(), soft_targets)] if recipe.teacher else []),
            keras.callbacks.LearningRateScheduler(lambda epoch: rates[epoch]),
            callbacks.RunReporter(run, checkpoints, len(batches), len(train_rows), recipe.epochs, recipe.patience),
            callbacks.TensorBoardWriter(run.tensorboard_dir),
        ],
        shuffle=False,
        verbose=0,
    )


def compile_model(spec: ModelSpec, recipe: Recipe, prepared: Prepared) -> "keras.Model":
    """Build the run's Keras model with its optimiser, loss and live metrics; its recipe is one for this device."""
    import keras

    from genreclf.data.overviews import MAX_TOKENS
    from genreclf.models import create_model
    from genreclf.training import word_vectors

    options: dict[str, Any] = dict(recipe.model_options)
    if recipe.base_rate_bias:
        options["output_bias"] = logit(base_rates(prepared.labels[prepared.rows("train")]))
    if recipe.word_vectors:
        options["embeddings"] = word_vectors.load(prepared.vocabulary, MAX_TOKENS)
        if options["embeddings"] is None:
            print("The package wordllama is not installed: the embedding starts from random values.", flush=True)
    keras.mixed_precision.set_global_policy("mixed_bfloat16" if recipe.mixed_precision else "float32")
    try:
        model = create_model(spec.name, genres=len(prepared.genres), **options)
    finally:
        keras.mixed_precision.set_global_policy("float32")  # as in predictions
    optimizer = keras.optimizers.Adam(  # with a weight decay, this is AdamW
        recipe.learning_rate, weight_decay=recipe.weight_decay or None, global_clipnorm=recipe.clip_norm
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    loss = keras.losses.CategoricalCrossentropy if spec.softmax else keras.losses.BinaryCrossentropy
    model.compile(
        optimizer, loss(label_smoothing=recipe.label_smoothing), metrics=live_metrics(spec),
        jit_compile=backends.jit_compile(),
    )  # fmt: skip
    optimizer.build(model.trainable_variables)  # otherwise TensorFlow would trace the first step twice
    return model


def live_metrics(spec: ModelSpec) -> "list[keras.metrics.Metric]":
    """The precision, recall and accuracy of picking genres at a threshold of .5, measured during training.

    Accuracy says little: most labels are 0, so predicting no genre at all scores .9. A target of .5 or more counts as a
    true genre, because those of a teacher and of mixup are fractions; for Keras anything above 0 is true, which a
    teacher's always are. A softmax model's targets share 1 among the true genres, so there all above 0 are true.
    """
    import keras

    def metric(kind, name: str) -> keras.metrics.Metric:
        class OfTrueGenres(kind):
            def update_state(self, y_true, y_pred, sample_weight=None):
                is_true = y_true > 0 if spec.softmax else y_true >= 0.5
                return super().update_state(keras.ops.cast(is_true, "float32"), y_pred, sample_weight)

        return OfTrueGenres(name=name)

    kinds = {"precision": keras.metrics.Precision, "recall": keras.metrics.Recall,
             "accuracy": keras.metrics.BinaryAccuracy}  # fmt: skip
    return [metric(kind, name) for name, kind in kinds.items()]


def make_card(
    run: Run,
    spec: ModelSpec,
    recipe: Recipe,
    prepared: Prepared,
    seconds: float,
    device: str,
    further: int = 0,
    folder: Path | None = None,
) -> dict[str, Any]:
    """Fit calibration and thresholds on the val split, evaluate val and test, and write ``card.json``.

    ``folder`` is that of the weights; by default the run's.
    """
    from genreclf.models.network import runtime_version
    from genreclf.predict.predictor import Predictor

    weights_file = (folder or run.folder) / BASELINE_WEIGHTS if spec.is_baseline else run.best_weights_file
    if not spec.is_baseline:
        drop_optimizer(weights_file)
    config = run.config
    card: dict[str, Any] = {
        "model": spec.name,
        "what": spec.description,
        "recipe": config.recipe_name or "tuned",
        "settings": {} if spec.is_baseline else recipe.without_folders(),
        "seed": config.seed,
        "data": Path(str(config.data)).name,
        "data_digest": prepared.digest,
        "films": {split: int((prepared.splits == split).sum()) for split in ("train", "val", "test")},
        "leaks": run.films.leaks,
        "genres": list(prepared.genres),
        "weights_file": weights_file.name,
        "weights_sha256": sha256_of(weights_file),
        **upstream.provenance(run, spec, recipe),
    }
    if further:
        card |= {"further_films": further, "further_digest": run.films.further_digest}
    if run.films.corrections:
        card["corrections"] = run.films.corrections
    if spec.pretrained:
        card["pretrained"] = {name: pretrained.digest_of(name) for name in spec.pretrained}
    predictor = Predictor(Weights(weights_file.parent, spec.name, card, "chosen"))
    raw, labels = {}, {}
    for split in ("val", "test"):
        rows = prepared.rows(split)
        posters = prepared.posters[rows] if spec.uses_poster else None
        raw[split] = predictor.raw(posters, [prepared.overviews[row] for row in rows])
        labels[split] = prepared.labels[rows]
    calibration = fit_calibration(labels["val"], raw["val"])
    thresholds = fit_thresholds(labels["val"], calibration.apply(raw["val"]))
    best = None if folder else run.best_epoch()
    card |= {
        "calibration": calibration.as_dict(),
        "thresholds": thresholds.tolist(),
        "metrics": {
            split: card_metrics(labels[split], raw[split], calibration.apply(raw[split]), thresholds)
            for split in raw
            if len(labels[split])
        },
        "best_epoch": best["epoch"] if best else None,
        "parameters": None if spec.is_baseline else int(predictor.parameters),
        "versions": backends.versions(),
        "command": command_of(spec.name, "tuned", config.seed or 0, {}) if folder else config.command,
        "seconds": round(seconds, 1),
        "device": device,
        "backend": None if spec.is_baseline else backends.name(),
        "runtime": None if spec.is_baseline else runtime_version(),  # it computed the metrics
        "trained": datetime.now(UTC).date().isoformat(),
        "run": run.id,
    }
    train_rows = prepared.rows("train")
    own_rows, further_rows = np.split(train_rows, [len(train_rows) - further])
    if recipe.corruptions and EFFICIENTNET_2 in spec.pretrained and len(own_rows):
        predictor.on_batch = lambda films: run.check_in("evaluating", PREPARING_SECONDS)
        card["familiarity"] = _familiarity(predictor, prepared, own_rows, further_rows).as_dict()
    if len(labels["test"]):
        card["weakest"] = weakest_genres(prepared.genres, labels["test"], calibration.apply(raw["test"]), thresholds)
    write_json(folder / CARD if folder else run.card_file, card)
    return card


def _familiarity(
    predictor: "Predictor", prepared: Prepared, own_rows: np.ndarray, further_rows: np.ndarray
) -> Familiarity:
    """Fit what tells training posters from corrupted copies of them and from the posters of further films."""
    rng, posters = np.random.default_rng(0), prepared.posters
    own_rows = np.sort(rng.permutation(own_rows)[:COMPARED_POSTERS])
    further_rows = np.sort(rng.permutation(further_rows)[: COMPARED_POSTERS // 3])

    def features(blocks: Iterable[np.ndarray]) -> np.ndarray:
        return np.concatenate([predictor.features(block)[:, -familiarity.FEATURES :] for block in blocks])

    corrupted = (corrupt_posters(posters, rows, [0]) for rows in stored.in_blocks(own_rows))
    further = (posters[rows] for rows in stored.in_blocks(further_rows) if len(rows))
    return familiarity.fit_familiarity(
        features(posters[rows] for rows in stored.in_blocks(own_rows)),
        features(chain(corrupted, further)),
        features(posters[rows] for rows in stored.in_blocks(prepared.rows("val"))),
    )
