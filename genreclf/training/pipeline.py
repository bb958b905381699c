"""From prepared arrays to batches: ``tf.data`` with shuffle → batch → parallel map (augmentation) → prefetch.

Decoding and caching happened before (``genreclf.prepared``): a poster is decoded once and kept as uint8, 78 MB for the
full set, so the arrays are the training cache. Augmentation comes after it, so that every epoch sees other pictures.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from genreclf.models import ModelSpec
from genreclf.overviews import PADDING_ID, UNKNOWN_ID
from genreclf.prepared import Prepared
from genreclf.training.augment import augment_posters, mixup
from genreclf.training.recipe import Recipe

BUCKET_BOUNDARIES = (18, 22, 26, 30, 34, 40)  # words; overviews have 25 in the middle and 68 at most


def targets(labels: np.ndarray, spec: ModelSpec) -> np.ndarray:
    """What a model is trained toward: the multi-hot labels, or for a softmax their shares, float32 ``(n, 25)``."""
    floats = labels.astype(np.float32)
    return floats / np.maximum(floats.sum(axis=1, keepdims=True), 1) if spec.softmax else floats


def training_batches(
    prepared: Prepared, spec: ModelSpec, recipe: Recipe, rows: np.ndarray, seed: int
) -> tuple[tf.data.Dataset, int]:
    """Shuffled, augmented batches of the given films, and how many there are in an epoch.

    Yields:
        posters float32 ``(batch, 64, 64, 3)`` in 0..1 or token ids int32 ``(batch, words)``; targets ``(batch, 25)``.
    """
    goals = targets(prepared.labels[rows], spec)
    if spec.input == "poster":
        dataset = tf.data.Dataset.from_tensor_slices((prepared.posters[rows], goals))
        dataset = dataset.shuffle(len(rows), seed=seed, reshuffle_each_iteration=True).batch(recipe.batch_size)
        dataset = dataset.map(_scale_posters, num_parallel_calls=tf.data.AUTOTUNE)
        if recipe.augment:
            dataset = _map_randomly(dataset, augment_posters, seed)
        if recipe.mixup:
            dataset = _map_randomly(dataset, mixup, seed + 1, recipe.mixup)
        return dataset.prefetch(tf.data.AUTOTUNE), -(-len(rows) // recipe.batch_size)

    tokens = np.asarray(prepared.tokens[rows])
    dataset = tf.data.Dataset.from_tensor_slices((tokens, goals))
    dataset = dataset.shuffle(len(rows), seed=seed, reshuffle_each_iteration=True).map(_trim)
    if recipe.buckets:
        sizes = [recipe.batch_size] * (len(BUCKET_BOUNDARIES) + 1)
        dataset = dataset.bucket_by_sequence_length(lambda ids, _: tf.shape(ids)[0], list(BUCKET_BOUNDARIES), sizes)
        lengths = (tokens != PADDING_ID).sum(axis=1)
        per_bucket = np.bincount(np.searchsorted(BUCKET_BOUNDARIES, lengths, side="right"))
        steps = int(sum(-(-count // recipe.batch_size) for count in per_bucket))
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(steps))
    else:
        dataset = dataset.padded_batch(recipe.batch_size)
        steps = -(-len(rows) // recipe.batch_size)
    if recipe.word_dropout:
        dataset = _map_randomly(dataset, _drop_words, seed, recipe.word_dropout)
    return dataset.prefetch(tf.data.AUTOTUNE), steps


def evaluation_batches(prepared: Prepared, spec: ModelSpec, rows: np.ndarray, batch_size: int = 256) -> tf.data.Dataset:
    """Batches of the given films in order, not augmented (see ``training_batches`` for what they hold)."""
    goals = targets(prepared.labels[rows], spec)
    if spec.input == "poster":
        dataset = tf.data.Dataset.from_tensor_slices((prepared.posters[rows], goals)).batch(batch_size)
        dataset = dataset.map(_scale_posters, num_parallel_calls=tf.data.AUTOTUNE)
    else:
        dataset = tf.data.Dataset.from_tensor_slices((np.asarray(prepared.tokens[rows]), goals)).map(_trim)
        dataset = dataset.padded_batch(batch_size)
    return dataset.cache().prefetch(tf.data.AUTOTUNE)  # the same every epoch, nothing random before it


def _scale_posters(posters: tf.Tensor, goals: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    return tf.cast(posters, tf.float32) / 255.0, goals


def _trim(ids: tf.Tensor, goals: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    return ids[: tf.math.count_nonzero(ids, dtype=tf.int32)], goals


def _drop_words(ids: tf.Tensor, goals: tf.Tensor, seed: tf.Tensor, rate: float) -> tuple[tf.Tensor, tf.Tensor]:
    dropped = (tf.random.stateless_uniform(tf.shape(ids), seed) < rate) & (ids != PADDING_ID)
    return tf.where(dropped, UNKNOWN_ID, ids), goals


def _map_randomly(dataset: tf.data.Dataset, function: Callable, seed: int, *arguments: float) -> tf.data.Dataset:
    """Apply a batch function with a new random seed every batch, the same ones in every run with this seed.

    The seeds are drawn in order beforehand: the parallel calls would race for a generator of their own.
    """
    seeds = tf.data.Dataset.random(seed, rerandomize_each_iteration=True).batch(2)

    def apply(batch: tuple[tf.Tensor, tf.Tensor], pair: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return function(*batch, tf.ensure_shape(pair, (2,)), *arguments)

    return tf.data.Dataset.zip(dataset, seeds).map(apply, num_parallel_calls=tf.data.AUTOTUNE)
