"""The outputs of models that stand on pretrained networks."""

import numpy as np
from keras import layers, ops

from genreclf.genres import NUM_GENRES
from genreclf.models.cnn import bias_initializer


def genres_head(
    features,
    dropout: float,
    speed: float,
    output_bias: np.ndarray | None,
    activation: str | None = "sigmoid",
    name: str = "genres",
):
    """From a network's features to 25 independent probabilities, or their logits.

    Args:
        features: symbolic float ``(batch, features)``.
        dropout: rate before the output.
        speed: features are multiplied by it, so that Adam's steps, of one length everywhere, take the new layer so many
            times further than the network, which has learnt before.
        output_bias: float ``(25,)``, where the output's bias starts, as logits.
        activation: None gives logits.
        name: of the output layer.

    Returns:
        symbolic float32 ``(batch, 25)``; at first the same for every film, since the kernel starts at zero.
    """
    x = layers.Dropout(dropout, name=f"{name}_drop")(features)
    x = layers.Rescaling(speed, name=f"{name}_faster")(x)
    return layers.Dense(
        NUM_GENRES,
        activation=activation,
        dtype="float32",
        name=name,
        kernel_initializer="zeros",
        bias_initializer=bias_initializer(output_bias),
    )(x)


class AverageExperts(layers.Layer):
    """The mean of two experts' logits, each of which learns as if it were alone.

    For a binary cross-entropy L, whatever the targets, the mean of both experts' losses is the loss of their mean plus
    what their disagreement costs: ``L(mean) + (softplus(a) + softplus(b)) / 2 - softplus(mean)`` (the ambiguity of an
    ensemble, Krogh & Vedelsby 1995). Adding the second part while training teaches each apart from the other; trained
    on their mean alone, one would learn only what the other leaves over, and both by heart together.
    """

    def call(self, first, second, training=False):
        mean = (first + second) / 2
        if training:
            self.add_loss(ops.mean((ops.softplus(first) + ops.softplus(second)) / 2 - ops.softplus(mean)))
        return mean

    def compute_output_shape(self, first_shape, second_shape=None):
        return first_shape
