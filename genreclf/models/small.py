"""Report E's small pair: softmax outputs, so the 25 probabilities of a film compete and sum to 1.

A softmax suits films with one genre; these have 2.4 on average. That is the lesson of the pair, so it stays as it was.
"""

import keras
from keras import layers

from genreclf.data.overviews import MAX_TOKENS
from genreclf.data.posters import REPORT_SIZE
from genreclf.genres import NUM_GENRES


def build_cnn_small(*, dropout: float) -> keras.Model:
    """Two Conv2D + MaxPool, Flatten, Dense, Dropout, softmax.

    Returns:
        A model from float32 ``(batch, 64, 64, 3)`` in 0..1 to float32 ``(batch, 25)`` that sums to 1.
    """
    return keras.Sequential(
        [
            keras.Input((*REPORT_SIZE, 3), name="poster"),
            layers.Conv2D(32, 3, activation="relu", name="conv_1"),
            layers.MaxPooling2D(name="pool_1"),
            layers.Conv2D(64, 3, activation="relu", name="conv_2"),
            layers.MaxPooling2D(name="pool_2"),
            layers.Flatten(name="flatten"),
            layers.Dense(128, activation="relu", name="dense"),
            layers.Dropout(dropout, name="drop"),
            layers.Dense(NUM_GENRES, activation="softmax", dtype="float32", name="genres"),
        ],
        name="cnn-small",
    )


def build_lstm_small() -> keras.Model:
    """Embedding, one LSTM, softmax; the report pads overviews to 200 words.

    Returns:
        A model from int32 ids ``(batch, words)``, right-padded with 0, to float32 ``(batch, 25)`` that sums to 1.
    """
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32", name="overview"),
            layers.Embedding(MAX_TOKENS, 128, mask_zero=True, name="embedding"),
            layers.LSTM(64, name="lstm"),
            layers.Dense(NUM_GENRES, activation="softmax", dtype="float32", name="genres"),
        ],
        name="lstm-small",
    )
