"""Report A's LSTM: an overview to 25 independent probabilities, 4,303,129 parameters."""

import keras
import numpy as np
from keras import layers

from genreclf.data.overviews import MAX_TOKENS
from genreclf.genres import NUM_GENRES
from genreclf.models.cnn import bias_initializer

EMBEDDING_SIZE = 256


def build_lstm(
    *,
    lstm_dropout: float,
    recurrent_dropout: float,
    dense_dropout: float,
    encoder: layers.TextVectorization | None = None,
    output_bias: np.ndarray | None = None,
    embeddings: np.ndarray | None = None,
) -> keras.Model:
    """Build the LSTM, layer for layer as in report A, as a ``keras.Sequential``.

    Args:
        encoder: an adapted ``TextVectorization``; with it the model takes strings as in the report. Without it the
            model takes token ids, which are looked up once for all epochs and work on every Keras backend.
        lstm_dropout: rate on the inputs of both LSTMs (report: .5).
        recurrent_dropout: rate on their states (report: .2); on a GPU anything but 0 leaves the fast path.
        dense_dropout: rate before the output (report: .8).
        output_bias: float ``(25,)``, where the output's bias starts, as logits.
        embeddings: float ``(10000, 256)``, where the embedding starts; random in the report.

    Returns:
        A model from int32 ids ``(batch, words)``, right-padded with 0 (or strings ``(batch,)``), to float32
        ``(batch, 25)`` in 0..1.
    """

    def lstm(units: int, name: str, sequences: bool) -> layers.Layer:
        cell = layers.LSTM(
            units, return_sequences=sequences, dropout=lstm_dropout, recurrent_dropout=recurrent_dropout, name=name
        )
        return layers.Bidirectional(cell, name=f"bi{name}")

    front = [keras.Input((None,), dtype="int32", name="overview")] if encoder is None else [
        keras.Input((), dtype="string", name="overview"), encoder
    ]  # fmt: skip
    start = "uniform" if embeddings is None else keras.initializers.Constant(np.asarray(embeddings, np.float32))
    return keras.Sequential(
        [
            *front,
            layers.Embedding(
                MAX_TOKENS, EMBEDDING_SIZE, mask_zero=True, embeddings_initializer=start, name="embedding"
            ),
            lstm(256, "lstm_1", sequences=True),
            lstm(128, "lstm_2", sequences=False),
            layers.Dense(128, activation="relu", name="dense"),
            layers.Dropout(dense_dropout, name="drop"),
            layers.Dense(
                NUM_GENRES,
                activation="sigmoid",
                dtype="float32",
                name="genres",
                bias_initializer=bias_initializer(output_bias),
            ),
        ],
        name="lstm",
    )
