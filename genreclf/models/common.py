"""What several models share: output layers, and the frozen arrays of pretrained networks as constants."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import keras
import numpy as np
from keras import KerasTensor, layers, ops

from genreclf.pretrained import frozen_arrays

Symbolic = Callable[[str, Any], KerasTensor]
_SYMBOLIC: ContextVar[Symbolic | None] = ContextVar("symbolic_constants", default=None)


@contextmanager
def symbolic_constants(symbolic: Symbolic) -> Iterator[None]:
    """Let ``constant`` return what ``symbolic`` makes of its name and tensor: in a graph it is an input."""
    token = _SYMBOLIC.set(symbolic)
    try:
        yield
    finally:
        _SYMBOLIC.reset(token)


def constant(network: str, name: str):
    """An array of a frozen pretrained network, for use in a layer's ``call``: a tensor that all models share."""
    tensor, symbolic = frozen_tensors(network)[name], _SYMBOLIC.get()
    return tensor if symbolic is None else symbolic(f"{network}/{name}", tensor)


@functools.cache
def frozen_tensors(network: str) -> dict:
    """A frozen network's arrays as the backend's tensors, one copy per process; to be loaded outside any tracing."""
    return {name: ops.convert_to_tensor(array) for name, array in frozen_arrays(network).items()}


def bias_initializer(output_bias: np.ndarray | None) -> keras.initializers.Initializer | str:
    """An initialiser for a bias: the given values, or zeros."""
    return "zeros" if output_bias is None else keras.initializers.Constant(np.asarray(output_bias, np.float32))


def genres_layer(
    genres: int,
    output_bias: np.ndarray | None = None,
    activation: str | None = "sigmoid",
    name: str = "genres",
    **options,
) -> layers.Layer:
    """The dense output layer for a number of genres, float32; its bias starts at ``output_bias`` (logits) or zero."""
    bias = bias_initializer(output_bias)
    return layers.Dense(genres, activation=activation, dtype="float32", name=name, bias_initializer=bias, **options)


def genres_head(
    features,
    genres: int,
    dropout: float,
    lr_multiplier: float,
    output_bias: np.ndarray | None,
    activation: str | None = "sigmoid",
    name: str = "genres",
):
    """Apply a new output layer for independent probabilities, or their logits, to a pretrained network's features.

    Args:
        features: symbolic float ``(batch, features)``.
        genres: how many.
        dropout: dropout rate before the output.
        lr_multiplier: effective learning rate of the new layer as a multiple of the pretrained network's. The features
            are scaled by it, as Adam's steps have the same size for all weights.
        output_bias: initial bias of the output as logits, float ``(genres,)``.
        activation: ``"sigmoid"``, or None for logits.
        name: the output layer's name.

    Returns:
        symbolic float32 ``(batch, genres)``; initially the same for every film, since the kernel starts at zero.
    """
    x = layers.Dropout(dropout, name=f"{name}_drop")(features)
    x = layers.Rescaling(lr_multiplier, name=f"{name}_faster")(x)
    return genres_layer(genres, output_bias, activation, name, kernel_initializer="zeros")(x)


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
