"""Report A's CNN for posters, and report E's small one.

Report E's models have a softmax output, whose 25 probabilities sum to 1. That suits films with a single genre; these
have 2.4 on average. They are here to show that, unchanged.
"""

import keras
import numpy as np
from keras import layers

from genreclf.data.posters import REPORT_SIZE
from genreclf.genres import NUM_GENRES
from genreclf.models.common import genres_layer


def build_cnn(
    *,
    conv_dropout: float,
    dense_dropout: float,
    kernel_initializer: str,
    output_bias: np.ndarray | None = None,
    genres: int = NUM_GENRES,
) -> keras.Model:
    """Build the CNN, layer for layer as in report A: 3,464,601 parameters.

    Args:
        conv_dropout: dropout rate after each block of convolutions (report: .2).
        dense_dropout: dropout rate after each wide dense layer (report: .5).
        kernel_initializer: initialiser of the hidden layers (report: Keras's default, Glorot uniform).
        output_bias: initial bias of the output as logits, float ``(genres,)``; zeros in the report. With the logits of
            the base rates, the first epoch need not learn them.
        genres: how many the model tells apart.

    Returns:
        A model from float32 ``(batch, 64, 64, 3)`` in 0..1 to float32 ``(batch, genres)`` in 0..1.
    """

    def conv(filters: int, name: str, strides: int = 1) -> layers.Layer:
        return layers.Conv2D(
            filters, 3, strides, "same", activation="relu", kernel_initializer=kernel_initializer, name=name
        )

    poster = keras.Input((*REPORT_SIZE, 3), name="poster")
    x = conv(16, "conv_1", strides=2)(poster)  # 32×32
    x = layers.Dropout(conv_dropout, name="drop_1")(x)
    for block, filters in enumerate((32, 64, 128), start=2):  # 16×16, 8×8, 4×4 after each
        x = conv(filters, f"conv_{block}a")(x)
        x = conv(filters, f"conv_{block}b")(x)
        x = layers.Dropout(conv_dropout, name=f"drop_{block}")(x)
        x = layers.MaxPooling2D(name=f"pool_{block}")(x)
    x = layers.Flatten(name="flatten")(x)  # 2,048
    for index in (1, 2):
        x = layers.Dense(1024, activation="relu", kernel_initializer=kernel_initializer, name=f"dense_{index}")(x)
        x = layers.Dropout(dense_dropout, name=f"dense_drop_{index}")(x)
    return keras.Model(poster, genres_layer(genres, output_bias)(x), name="cnn")


def build_cnn_small(*, dropout: float, genres: int = NUM_GENRES) -> keras.Model:
    """Build report E's CNN: two convolutions with pooling, a dense layer, softmax; 1,628,377 parameters.

    Args:
        dropout: dropout rate before the output.
        genres: how many the model tells apart.

    Returns:
        A model from float32 ``(batch, 64, 64, 3)`` in 0..1 to float32 ``(batch, genres)``; rows sum to 1.
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
            genres_layer(genres, activation="softmax"),
        ],
        name="cnn-small",
    )
