"""Report E's two small models with a softmax output, whose 25 probabilities sum to 1.

A softmax suits films with a single genre; these have 2.4 on average. The models are here to show that, unchanged.
"""

import keras
from keras import layers

from genreclf.data.overviews import MAX_TOKENS
from genreclf.data.posters import REPORT_SIZE
from genreclf.genres import NUM_GENRES


def build_cnn_small(*, dropout: float) -> keras.Model:
    """Build report E's CNN: two convolutions with pooling, a dense layer, softmax; 1,628,377 parameters.

    Args:
        dropout: dropout rate before the output.

    Returns:
        A model from float32 ``(batch, 64, 64, 3)`` in 0..1 to float32 ``(batch, 25)``; rows sum to 1.
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
    """Build report E's LSTM: embedding, one LSTM, softmax; 1,331,033 parameters.

    The report pads overviews to 200 words.

    Returns:
        A model from int32 ids ``(batch, words)``, right-padded with 0, to float32 ``(batch, 25)``; rows sum to 1.
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
