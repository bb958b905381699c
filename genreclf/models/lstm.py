"""Report A's LSTM for overviews, and report E's small one with a softmax output (see ``genreclf.models.cnn``)."""

import keras
import numpy as np
from keras import layers

from genreclf.data.overviews import MAX_TOKENS
from genreclf.genres import NUM_GENRES
from genreclf.models.common import genres_layer


def build_lstm(
    *,
    lstm_dropout: float,
    recurrent_dropout: float,
    dense_dropout: float,
    output_bias: np.ndarray | None = None,
    embeddings: np.ndarray | None = None,
    genres: int = NUM_GENRES,
) -> keras.Model:
    """Build the LSTM, layer for layer as in report A: 4,303,129 parameters.

    Args:
        lstm_dropout: dropout rate of the inputs of both LSTMs (report: .5).
        recurrent_dropout: dropout rate of their states (report: .2); anything but 0 is several times slower on a GPU.
        dense_dropout: dropout rate before the output (report: .8).
        output_bias: initial bias of the output as logits, float ``(genres,)``.
        embeddings: initial word embeddings, float ``(10000, 256)``; random in the report.
        genres: how many the model tells apart.

    Returns:
        A model from int32 ids ``(batch, words)``, right-padded with 0, to float32 ``(batch, genres)`` in 0..1.
    """

    def lstm(units: int, name: str, sequences: bool) -> layers.Layer:
        cell = layers.LSTM(
            units, return_sequences=sequences, dropout=lstm_dropout, recurrent_dropout=recurrent_dropout, name=name
        )
        return layers.Bidirectional(cell, name=f"bi{name}")

    start = "uniform" if embeddings is None else keras.initializers.Constant(np.asarray(embeddings, np.float32))
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32", name="overview"),
            layers.Embedding(MAX_TOKENS, 256, mask_zero=True, embeddings_initializer=start, name="embedding"),
            lstm(256, "lstm_1", sequences=True),
            lstm(128, "lstm_2", sequences=False),
            layers.Dense(128, activation="relu", name="dense"),
            layers.Dropout(dense_dropout, name="drop"),
            genres_layer(genres, output_bias),
        ],
        name="lstm",
    )


def build_lstm_small(*, genres: int = NUM_GENRES) -> keras.Model:
    """Build report E's LSTM: embedding, one LSTM, softmax; 1,331,033 parameters.

    The report pads overviews to 200 words.

    Args:
        genres: how many the model tells apart.

    Returns:
        A model from int32 ids ``(batch, words)``, right-padded with 0, to float32 ``(batch, genres)``; rows sum to 1.
    """
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32", name="overview"),
            layers.Embedding(MAX_TOKENS, 128, mask_zero=True, name="embedding"),
            layers.LSTM(64, name="lstm"),
            genres_layer(genres, activation="softmax"),
        ],
        name="lstm-small",
    )
