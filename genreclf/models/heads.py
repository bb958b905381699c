"""The output of a model that stands on a pretrained network."""

import numpy as np
from keras import layers

from genreclf.genres import NUM_GENRES
from genreclf.models.cnn import bias_initializer


def genres_head(features, dropout: float, speed: float, output_bias: np.ndarray | None):
    """From a network's features to 25 independent probabilities.

    Args:
        features: symbolic float ``(batch, features)``.
        dropout: rate before the output.
        speed: features are multiplied by it, so that Adam's steps, of one length everywhere, take the new layer so many
            times further than the network, which has learnt before.
        output_bias: float ``(25,)``, where the output's bias starts, as logits.

    Returns:
        symbolic float32 ``(batch, 25)`` in 0..1; at first the same for every film, since the kernel starts at zero.
    """
    x = layers.Dropout(dropout, name="drop")(features)
    x = layers.Rescaling(speed, name="faster")(x)
    return layers.Dense(
        NUM_GENRES,
        activation="sigmoid",
        dtype="float32",
        name="genres",
        kernel_initializer="zeros",
        bias_initializer=bias_initializer(output_bias),
    )(x)
