"""Batches from prepared arrays, in NumPy, for every Keras backend.

Posters are already decoded and stored as uint8 (``genreclf.data.prepared``); augmentation comes after, so it differs in
every epoch. A batch depends only on the seed, the epoch and its number, so an interrupted run continues with the
batches that it would have had.
"""

import keras
import numpy as np

from genreclf.data.overviews import END_PIECE_IDS, MASK_PIECE_ID, PADDING_ID, UNKNOWN_ID
from genreclf.data.prepared import Prepared
from genreclf.models import ModelSpec
from genreclf.recipes.settings import Recipe
from genreclf.training.augment import augment_posters, mixup
from genreclf.training.corruptions import corrupt_posters

WIDTHS = (18, 22, 26, 30, 34, 40, 52, 68, 92)  # tokens; only a few, as a backend may compile the model for each
# For word dropout: the id that replaces a dropped token, and the ids that are never dropped (padding, end marks).
_WORD_DROPOUT = {"words": (UNKNOWN_ID, [PADDING_ID]), "pieces": (MASK_PIECE_ID, [PADDING_ID, *END_PIECE_IDS])}

Batch = tuple[np.ndarray, np.ndarray]


def training_targets(labels: np.ndarray, spec: ModelSpec) -> np.ndarray:
    """Targets float32 ``(n, 25)``: the multi-hot labels, which for a softmax are divided by their number."""
    floats = labels.astype(np.float32)
    return floats / np.maximum(floats.sum(axis=1, keepdims=True), 1) if spec.softmax else floats


class _Batches(keras.utils.PyDataset):
    """Batches of some films: the inputs of a model, and its targets."""

    def __init__(self, prepared: Prepared, spec: ModelSpec, rows: np.ndarray):
        super().__init__()
        self._prepared, self._spec, self._rows = prepared, spec, np.asarray(rows)
        self._targets = training_targets(prepared.labels, spec)
        self._lengths = (np.asarray(prepared.tokens) != PADDING_ID).sum(axis=1) if spec.tokens else None
        self._batches: list[np.ndarray] = []
        self._pad_to = 0

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> Batch:
        rows = self._batches[index]
        return self._inputs(rows), self._targets[rows]

    def _inputs(self, rows: np.ndarray) -> np.ndarray:
        if self._spec.parts:
            return self._prepared.features[rows].astype(np.float32)
        if self._spec.poster_size:
            return self._prepared.posters[rows].astype(np.float32) / np.float32(255)
        width = max(self._pad_to, _width(self._lengths[rows]))
        tokens = self._prepared.tokens[rows][:, :width]
        return np.pad(tokens, [(0, 0), (0, width - tokens.shape[1])], constant_values=PADDING_ID)

    def _put_extremes_first(self) -> None:
        """Put the narrowest batch first, as it is soon done, then the widest, so that a lack of memory shows early.

        Keras infers the shape of all batches from the first two, and would fix a width that they share.
        """
        if self._lengths is not None:
            by_width = sorted(range(len(self)), key=lambda index: _width(self._lengths[self._batches[index]]))
            order = dict.fromkeys([*by_width[:1], *by_width[-1:], *range(len(self))])  # each index once
            self._batches = [self._batches[index] for index in order]


class TrainingBatches(_Batches):
    """Shuffled and augmented training batches, different in every epoch.

    A batch has posters float32 ``(batch, height, width, 3)`` in 0..1, token ids int32 ``(batch, width)`` or the parts'
    features float32 ``(batch, width)``, and targets float32 ``(batch, 25)``. With ``recipe.buckets``, the
    overviews of a batch have similar lengths.

    Args:
        rows: positions of the films to train on among all ``prepared`` ones.
        seed: seed of the order and the augmentation.
    """

    def __init__(self, prepared: Prepared, spec: ModelSpec, recipe: Recipe, rows: np.ndarray, seed: int):
        super().__init__(prepared, spec, rows)
        self._recipe, self._seed = recipe, seed
        self.begin(0)
        if self._lengths is not None:
            widths = {_width(self._lengths[rows]) for rows in self._batches[:2]}
            self._pad_to = max(widths) if len(widths) == 1 else 0  # see ``_put_extremes_first``

    def __getitem__(self, index: int) -> Batch:
        inputs, targets = super().__getitem__(index)
        rng, recipe = np.random.default_rng([self._seed, self._epoch, 1 + index]), self._recipe
        if self._spec.parts:
            return inputs, targets
        if self._spec.poster_size:
            if recipe.corruptions:
                chosen, rows = np.flatnonzero(rng.random(len(inputs)) < recipe.corruptions), self._batches[index]
                if len(chosen):
                    corrupted = corrupt_posters(self._prepared.posters, rows[chosen], [self._seed, self._epoch])
                    inputs[chosen] = corrupted / np.float32(255)
            if recipe.augment:
                inputs = augment_posters(inputs, rng)
            if recipe.mixup:
                inputs, targets = mixup(inputs, targets, recipe.mixup, rng)
        elif self._spec.tokens and recipe.word_dropout:
            dropped_id, never_dropped = _WORD_DROPOUT[self._spec.tokens]
            dropped = (rng.random(inputs.shape) < recipe.word_dropout) & ~np.isin(inputs, never_dropped)
            inputs = np.where(dropped, np.int32(dropped_id), inputs)
        return inputs, targets

    def mix_in(self, soft_targets: np.ndarray) -> None:
        """Mix the targets with a teacher's probabilities of all films, float32 ``(n, 25)``, from now on; call once."""
        share = np.float32(self._recipe.teacher_weight)
        if self._spec.softmax:
            soft_targets = soft_targets / np.maximum(soft_targets.sum(axis=1, keepdims=True), 1e-6)
        self._targets = (1 - share) * self._targets + share * soft_targets

    def begin(self, epoch: int) -> None:
        """Shuffle the films for an epoch, counted from 0."""
        self._epoch = epoch
        rng = np.random.default_rng([self._seed, epoch, 0])
        order, size = rng.permutation(self._rows), self._recipe.batch_size
        has_buckets = self._recipe.buckets and self._lengths is not None
        if has_buckets:
            order = order[np.argsort(np.searchsorted(WIDTHS, self._lengths[order]), kind="stable")]
        self._batches = np.array_split(order, range(size, len(order), size))
        if has_buckets:
            self._batches = [self._batches[position] for position in rng.permutation(len(self._batches))]
        self._put_extremes_first()


class EvaluationBatches(_Batches):
    """Batches for evaluation: not augmented, overviews sorted by length (see ``TrainingBatches``)."""

    def __init__(self, prepared: Prepared, spec: ModelSpec, rows: np.ndarray, batch_size: int | None = None):
        super().__init__(prepared, spec, rows)
        if self._lengths is not None:
            self._rows = self._rows[np.argsort(self._lengths[self._rows], kind="stable")]
        size = batch_size or max(32, 4 * spec.batch_size)  # Keras's overhead per batch is larger than a prediction's
        self._batches = np.array_split(self._rows, range(size, len(self._rows), size))
        self._put_extremes_first()


def _width(lengths: np.ndarray) -> int:
    """The width to which a batch of these lengths is padded."""
    longest = int(lengths.max())
    return next((width for width in WIDTHS if width >= longest), longest)
