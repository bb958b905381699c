"""From prepared arrays to batches, in NumPy, for every Keras backend.

Decoding and caching happened before (``genreclf.data.prepared``): a poster is decoded once and kept as uint8, 78 MB for
the full set, so the arrays are the training cache. Augmentation comes after it, so every epoch sees other pictures.
What a batch holds depends on nothing but the seed, the epoch and its number, so a run that was interrupted goes on with
the batches it would have had.
"""

import keras
import numpy as np

from genreclf.data.overviews import END_PIECE_IDS, MASK_PIECE_ID, PADDING_ID, UNKNOWN_ID
from genreclf.data.prepared import Prepared
from genreclf.models import ModelSpec
from genreclf.recipes.settings import Recipe
from genreclf.training.augment import augment_posters, mixup

WIDTHS = (18, 22, 26, 30, 34, 40, 52, 68, 92)  # tokens; few widths, since a backend may compile anew for each
# By kind of token: as what a word is hidden, and what is never hidden (padding, and the marks at both ends).
_HIDDEN = {"words": (UNKNOWN_ID, [PADDING_ID]), "pieces": (MASK_PIECE_ID, [PADDING_ID, *END_PIECE_IDS])}

Batch = tuple[np.ndarray, np.ndarray]


def training_targets(labels: np.ndarray, spec: ModelSpec) -> np.ndarray:
    """What a model is trained toward: the multi-hot labels, or for a softmax their shares, float32 ``(n, 25)``."""
    floats = labels.astype(np.float32)
    return floats / np.maximum(floats.sum(axis=1, keepdims=True), 1) if spec.softmax else floats


class TrainingBatches(keras.utils.PyDataset):
    """Shuffled, augmented batches of the given films, others in every epoch.

    A batch is posters float32 ``(batch, height, width, 3)`` in 0..1, token ids int32 ``(batch, words)`` or the parts'
    features float32 ``(batch, width)``, and targets float32 ``(batch, 25)``. With ``recipe.buckets``, a batch holds
    overviews of like length.

    Args:
        prepared: all films.
        spec: the model's, which decides what it gets.
        recipe: batch size and augmentation.
        rows: the films to train on.
        seed: of the order and everything random.
        taught: a teacher's probabilities, float32 ``(n, 25)``, which the targets are mixed with; only ``rows`` count.
    """

    def __init__(
        self,
        prepared: Prepared,
        spec: ModelSpec,
        recipe: Recipe,
        rows: np.ndarray,
        seed: int,
        soft_targets: np.ndarray | None = None,
    ):
        super().__init__()
        self._prepared, self._spec, self._recipe, self._seed = prepared, spec, recipe, seed
        self._goals = training_targets(prepared.labels, spec)
        if soft_targets is not None:
            share = np.float32(recipe.teacher_weight)
            if spec.softmax:
                soft_targets = soft_targets / np.maximum(soft_targets.sum(axis=1, keepdims=True), 1e-6)
            self._goals = (1 - share) * self._goals + share * soft_targets
        self._rows = np.asarray(rows)
        self._lengths = _lengths(prepared) if spec.tokens else None
        self._pad_to = 0
        self.begin(0)
        if self._lengths is not None:  # Keras will hold all batches to a width in which the first two agree
            widths = {_width(self._lengths[batch]) for batch in self._batches[:2]}
            self._pad_to = max(widths) if len(widths) == 1 else 0

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> Batch:
        rows, recipe = self._batches[index], self._recipe
        rng = np.random.default_rng([self._seed, self._epoch, 1 + index])
        targets = self._goals[rows]
        if self._spec.parts:
            return self._prepared.features[rows].astype(np.float32), targets
        if self._spec.poster_size:
            posters = _posters(self._prepared, rows)
            if recipe.augment:
                posters = augment_posters(posters, rng)
            if recipe.mixup:
                posters, targets = mixup(posters, targets, recipe.mixup, rng)
            return posters, targets
        tokens = _tokens(self._prepared, rows, max(self._pad_to, _width(self._lengths[rows])))
        if recipe.word_dropout:
            hidden_as, keeps = _HIDDEN[self._spec.tokens]
            dropped = (rng.random(tokens.shape) < recipe.word_dropout) & ~np.isin(tokens, keeps)
            tokens = np.where(dropped, np.int32(hidden_as), tokens)
        return tokens, targets

    def begin(self, epoch: int) -> None:
        """Shuffle for an epoch, counted from 0."""
        self._epoch = epoch
        rng = np.random.default_rng([self._seed, epoch, 0])
        order, size = rng.permutation(self._rows), self._recipe.batch_size
        if self._lengths is None or not self._recipe.buckets:
            self._batches = _cut(order, size)
        else:
            order = order[np.argsort(np.searchsorted(WIDTHS, self._lengths[order]), kind="stable")]
            batches = _cut(order, size)
            self._batches = [batches[position] for position in rng.permutation(len(batches))]
        if self._lengths is not None:
            self._batches = _extremes_first(self._batches, self._lengths)


class EvaluationBatches(keras.utils.PyDataset):
    """Batches of the given films, not augmented, overviews sorted by length (see ``TrainingBatches``)."""

    def __init__(self, prepared: Prepared, spec: ModelSpec, rows: np.ndarray, batch_size: int | None = None):
        super().__init__()
        size = batch_size or spec.batch_size
        self._prepared, self._spec, self._goals = prepared, spec, training_targets(prepared.labels, spec)
        rows = np.asarray(rows)
        if spec.tokens:
            lengths = _lengths(prepared)
            parts = _cut(rows[np.argsort(lengths[rows], kind="stable")], size)
            self._parts = _extremes_first(parts, lengths)
            self._widths = [_width(lengths[part]) for part in self._parts]
        else:
            self._parts = _cut(rows, size)

    def __len__(self) -> int:
        return len(self._parts)

    def __getitem__(self, index: int) -> Batch:
        part = self._parts[index]
        if self._spec.parts:
            return self._prepared.features[part].astype(np.float32), self._goals[part]
        if self._spec.poster_size:
            return _posters(self._prepared, part), self._goals[part]
        return _tokens(self._prepared, part, self._widths[index]), self._goals[part]


def _cut(rows: np.ndarray, size: int) -> list[np.ndarray]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _lengths(prepared: Prepared) -> np.ndarray:
    return (np.asarray(prepared.tokens) != PADDING_ID).sum(axis=1)


def _extremes_first(batches: list[np.ndarray], lengths: np.ndarray) -> list[np.ndarray]:
    """The widest batch first, so that too little memory shows at once, and the narrowest second.

    Keras takes the first two for all there will be: a width in which they agree would be fixed.
    """
    by_width = sorted(range(len(batches)), key=lambda index: _width(lengths[batches[index]]))
    first = by_width[:-2:-1] + by_width[: min(1, len(batches) - 1)]
    return [batches[index] for index in first] + [part for index, part in enumerate(batches) if index not in first]


def _width(lengths: np.ndarray) -> int:
    """What a batch with these lengths is padded to."""
    longest = int(lengths.max())
    return next((width for width in WIDTHS if width >= longest), longest)


def _posters(prepared: Prepared, rows: np.ndarray) -> np.ndarray:
    return prepared.posters[rows].astype(np.float32) / np.float32(255)


def _tokens(prepared: Prepared, rows: np.ndarray, width: int) -> np.ndarray:
    kept = prepared.tokens[rows][:, :width]
    return np.pad(kept, [(0, 0), (0, width - kept.shape[1])], constant_values=PADDING_ID)
