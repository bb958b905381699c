"""The gradient of a genre's log-odds with respect to a layer inside a Keras model, on TensorFlow or JAX."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from genreclf.errors import UserError

if TYPE_CHECKING:
    import keras

Gradient = Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]
_compiled: "WeakKeyDictionary[keras.Model, dict[str, Gradient]]" = WeakKeyDictionary()  # tracing takes a second


def log_odds_gradient(
    model: "keras.Model", layer: str, inputs: np.ndarray, genre: int
) -> tuple[np.ndarray, np.ndarray]:
    """Compute a layer's output for some films and the gradient of a genre's log-odds with respect to it.

    The log-odds are those before the output's sigmoid or softmax, which is flat where a model is nearly certain.

    Args:
        model: ends in a ``Dense`` with sigmoid or softmax that depends on the input only through the layer.
        layer: its name.
        inputs: the model's input for n films.
        genre: index in ``GENRES``.

    Returns:
        The layer's output and the gradient, both float32 ``(n, ...)``.

    Raises:
        UserError: Keras's backend is neither TensorFlow nor JAX.
    """
    gradients = _compiled.setdefault(model, {})
    if layer not in gradients:
        gradients[layer] = _gradient(model, layer)
    return gradients[layer](inputs, genre)


def _gradient(model: "keras.Model", layer: str) -> Gradient:
    import keras

    head = model.layers[-1]
    if isinstance(model, keras.Sequential):  # its layers do not know their output tensors in it
        after = [each.name for each in model.layers].index(layer) + 1
        front, back = _chain(model.layers[:after]), _chain(model.layers[after:-1])
    else:
        middle = model.get_layer(layer).output
        front, back = keras.Model(model.input, middle), keras.Model(middle, head.input)

    def log_odds(values, genre):
        return _log_odds(head, back(values), genre)

    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        def gradient(inputs: np.ndarray, genre: int) -> tuple[np.ndarray, np.ndarray]:
            values = front(inputs)
            slopes = jax.grad(lambda layer_output: keras.ops.sum(log_odds(layer_output, genre)))(values)
            return np.asarray(values, np.float32), np.asarray(slopes, np.float32)

        return gradient
    if backend != "tensorflow":
        raise UserError(f"Explanations by gradients need Keras's backend tensorflow or jax, not {backend}; set one.")
    import tensorflow as tf

    # traced once for any number of films and any genre
    signature = [tf.TensorSpec(model.inputs[0].shape, model.inputs[0].dtype), tf.TensorSpec((), tf.int32)]

    @tf.function(input_signature=signature, autograph=False)
    def traced(inputs, genre):
        values = front(inputs)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            score = log_odds(values, genre)
        return values, tape.gradient(score, values)

    return lambda inputs, genre: tuple(tensor.numpy() for tensor in traced(inputs, np.int32(genre)))


def _chain(layers: "list[keras.layers.Layer]") -> Callable:
    return lambda inputs: functools.reduce(lambda values, layer: layer(values), layers, inputs)


def _log_odds(head: "keras.layers.Dense", inputs, genre):
    """A genre's log-odds ``(n,)``: the sigmoid's input; for a softmax the genre's odds against all others."""
    from keras import activations, ops

    logits = ops.matmul(ops.cast(inputs, "float32"), head.kernel) + head.bias
    logit = ops.take(logits, genre, axis=1)
    if head.activation is activations.sigmoid:
        return logit
    others = ops.where(ops.equal(ops.arange(head.units), genre), -np.inf, logits)
    return logit - ops.logsumexp(others, axis=1)
