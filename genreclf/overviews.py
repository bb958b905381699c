"""Overviews: from strings to token ids, by Keras's ``TextVectorization`` as in report A."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

MAX_TOKENS = 10_000
PADDING_ID, UNKNOWN_ID = 0, 1
MAX_LENGTH = 200  # tokens kept of one overview; the longest of the full set has 68


def adapt_encoder(overviews: Sequence[str], max_tokens: int = MAX_TOKENS) -> "keras.layers.TextVectorization":
    """The report's encoder: a vocabulary of the most frequent words of these overviews (the train split's, no other).

    Words are lower-cased and stripped of punctuation; id 0 pads, id 1 stands for a word outside the vocabulary.
    """
    import keras

    encoder = keras.layers.TextVectorization(max_tokens=max_tokens, name="encoder")
    encoder.adapt(np.array(list(overviews), dtype=object), batch_size=256)
    return encoder


def encoder_from(vocabulary: Sequence[str]) -> "keras.layers.TextVectorization":
    """An encoder with a known vocabulary (most frequent first, ``""`` and ``"[UNK]"`` leading it)."""
    import keras

    encoder = keras.layers.TextVectorization(max_tokens=max(len(vocabulary), 3), name="encoder")
    encoder.set_vocabulary(list(vocabulary))
    return encoder


def encode(encoder: "keras.layers.TextVectorization", overviews: Sequence[str]) -> np.ndarray:
    """Token ids of overviews, int32 ``(n, longest)``, right-padded with 0, cut at ``MAX_LENGTH``.

    A text without a word in it becomes one unknown word: a row that is all padding breaks a masked LSTM on a GPU.
    """
    if not len(overviews):
        return np.zeros((0, 1), np.int32)
    ids = np.asarray(encoder(np.array(list(overviews), dtype=object)), np.int32)[:, :MAX_LENGTH]
    if ids.shape[1] == 0:
        ids = np.zeros((len(ids), 1), np.int32)
    ids[(ids == PADDING_ID).all(axis=1), 0] = UNKNOWN_ID
    return ids
