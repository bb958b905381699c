"""Report A's CNN for posters."""

import keras
import numpy as np
from keras import layers

from genreclf.data.posters import REPORT_SIZE
from genreclf.genres import NUM_GENRES


def build_cnn(
    *, conv_dropout: float, dense_dropout: float, kernel_initializer: str, output_bias: np.ndarray | None = None
) -> keras.Model:
    """Build the CNN, layer for layer as in report A: 3,464,601 parameters.

    Args:
        conv_dropout: dropout rate after each block of convolutions (report: .2).
        dense_dropout: dropout rate after each wide dense layer (report: .5).
        kernel_initializer: initialiser of the hidden layers (report: Keras's default, Glorot uniform).
        output_bias: initial bias of the output as logits, float ``(25,)``; zeros in the report. With the logits of the
            base rates, the first epoch need not learn them.

    Returns:
        A model from float32 ``(batch, 64, 64, 3)`` in 0..1 to float32 ``(batch, 25)`` in 0..1.
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
    genres = layers.Dense(
        NUM_GENRES, activation="sigmoid", dtype="float32", name="genres", bias_initializer=bias_initializer(output_bias)
    )(x)
    return keras.Model(poster, genres, name="cnn")


def bias_initializer(output_bias: np.ndarray | None) -> keras.initializers.Initializer | str:
    """An initialiser for a bias: the given values, or zeros."""
    return "zeros" if output_bias is None else keras.initializers.Constant(np.asarray(output_bias, np.float32))
