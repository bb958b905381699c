"""Output layers of models with pretrained networks."""

import numpy as np
from keras import layers, ops

from genreclf.genres import NUM_GENRES
from genreclf.models.cnn import bias_initializer


def genres_head(
    features,
    dropout: float,
    lr_multiplier: float,
    output_bias: np.ndarray | None,
    activation: str | None = "sigmoid",
    name: str = "genres",
):
    """Build the output for 25 independent probabilities, or their logits, on a network's features.

    Args:
        features: symbolic float ``(batch, features)``.
        dropout: rate before the output.
        lr_multiplier: effective learning rate of the new layer as a multiple of the pretrained network's. The features
            are scaled by it, as Adam's steps have the same size for all weights.
        output_bias: initial bias of the output as logits, float ``(25,)``.
        activation: ``"sigmoid"``, or None for logits.
        name: the output layer's name.

    Returns:
        symbolic float32 ``(batch, 25)``; initially the same for every film, since the kernel starts at zero.
    """
    x = layers.Dropout(dropout, name=f"{name}_drop")(features)
    x = layers.Rescaling(lr_multiplier, name=f"{name}_faster")(x)
    return layers.Dense(
        NUM_GENRES,
        activation=activation,
        dtype="float32",
        name=name,
        kernel_initializer="zeros",
        bias_initializer=bias_initializer(output_bias),
    )(x)


class AverageExperts(layers.Layer):
    """Averages the logits of two experts that are trained independently.

    For binary cross-entropy and any targets, the mean of two experts' losses equals the loss of their mean plus the
    ambiguity of the ensemble (Krogh & Vedelsby 1995): ``(softplus(a) + softplus(b)) / 2 - softplus(mean)``. Adding this
    term to the loss while training makes each expert learn on its own. With the loss of the mean alone, one would only
    learn what the other leaves unexplained, and together they would overfit.
    """

    def call(self, first, second, training=False):
        mean = (first + second) / 2
        if training:
            self.add_loss(ops.mean((ops.softplus(first) + ops.softplus(second)) / 2 - ops.softplus(mean)))
        return mean

    def compute_output_shape(self, first_shape, second_shape=None):
        return first_shape
