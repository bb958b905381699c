"""How a genre's log-odds follow a layer inside a Keras model, on TensorFlow or JAX."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from genreclf.errors import UserError

if TYPE_CHECKING:
    import keras

Gradient = Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]
_made: "WeakKeyDictionary[keras.Model, dict[str, Gradient]]" = WeakKeyDictionary()  # tracing one takes a second


def log_odds_gradient(
    model: "keras.Model", layer: str, inputs: np.ndarray, genre: int
) -> tuple[np.ndarray, np.ndarray]:
    """What a layer gives for some films, and how fast a genre's log-odds rise with each number of it.

    The log-odds are worked out before the output's sigmoid or softmax, which flattens what is nearly certain.

    Args:
        model: ends in a ``Dense`` with sigmoid or softmax, and all that its answer rests on goes through the layer.
        layer: its name.
        inputs: what the model takes, of n films; token ids are all of one length, since no mask is passed on.
        genre: its place in ``GENRES``.

    Returns:
        The layer's values and the gradient, float32 of one shape ``(n, ...)``.

    Raises:
        UserError: Keras's backend is neither TensorFlow nor JAX.
    """
    made = _made.setdefault(model, {})
    if layer not in made:
        made[layer] = _gradient(model, layer)
    return made[layer](inputs, genre)


def _gradient(model: "keras.Model", layer: str) -> Gradient:
    import keras

    head = model.layers[-1]
    if isinstance(model, keras.Sequential):  # its layers do not know which tensor they give in it
        after = [each.name for each in model.layers].index(layer) + 1
        front, back = _chained(model.layers[:after]), _chained(model.layers[after:-1])
    else:
        middle = model.get_layer(layer).output
        front, back = keras.Model(model.input, middle), keras.Model(middle, head.input)

    def log_odds(values, genre):
        return _log_odds(head, back(values), genre)

    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        def explain(inputs: np.ndarray, genre: int) -> tuple[np.ndarray, np.ndarray]:
            values = front(inputs)
            gradient = jax.grad(lambda held: keras.ops.sum(log_odds(held, genre)))(values)
            return np.asarray(values, np.float32), np.asarray(gradient, np.float32)

        return explain
    if backend != "tensorflow":
        raise UserError(f"Explanations by gradients need Keras's backend tensorflow or jax, not {backend}; set one.")
    import tensorflow as tf

    asked = model.inputs[0]
    # traced once for any number of films, words and genres
    signature = [tf.TensorSpec(asked.shape, asked.dtype), tf.TensorSpec((), tf.int32)]

    @tf.function(input_signature=signature, autograph=False)
    def traced(inputs, genre):
        values = front(inputs)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            score = log_odds(values, genre)
        return values, tape.gradient(score, values)

    return lambda inputs, genre: tuple(tensor.numpy() for tensor in traced(inputs, np.int32(genre)))


def _chained(layers: "list[keras.layers.Layer]") -> Callable:
    return lambda inputs: functools.reduce(lambda values, layer: layer(values), layers, inputs)


def _log_odds(head: "keras.layers.Dense", inputs, genre):
    """Of one genre, ``(n,)``: what the sigmoid is given; in a softmax a genre stands against all others together."""
    from keras import activations, ops

    logits = ops.matmul(ops.cast(inputs, "float32"), head.kernel) + head.bias
    logit = ops.take(logits, genre, axis=1)
    if head.activation is activations.sigmoid:
        return logit
    others = ops.where(ops.equal(ops.arange(head.units), genre), -np.inf, logits)
    return logit - ops.logsumexp(others, axis=1)
