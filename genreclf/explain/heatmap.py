"""Heatmaps: the regions of a poster that are evidence for a genre, by Grad-CAM (Selvaraju et al. 2017)."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from genreclf.errors import UserError
from genreclf.explain.sides import FusionTerms
from genreclf.genres import GENRES
from genreclf.models.options import POSTER_EXPERTS
from genreclf.predict.export import keras_model
from genreclf.predict.predictor import Predictor

if TYPE_CHECKING:
    import keras

# For ``cnn``, the last convolution of the last block but one rather than the very last: its cells are finer (16×16).
# On val, hiding the hottest ones changed the prediction by twice as much, relative to hiding random ones.
LAYERS = {"cnn": "conv_3b", "cnn-small": "conv_2"}


def heatmap(predictor: Predictor, poster: np.ndarray, genre: str) -> np.ndarray:
    """Compute how strongly each region of a poster counts as evidence for a genre, relative to the strongest region.

    The map is computed coarsely (16×16 cells for ``cnn``, 20×14 for ``poster``) and scaled up. For ``fusion`` it covers
    the poster's contribution only, whatever the overview; without an overview, use ``predictor.parts["poster"]``.

    Args:
        predictor: of a model that uses posters.
        poster: uint8 ``(height, width, 3)`` in the model's size.
        genre: one of ``GENRES``.

    Returns:
        float32 ``(height, width)`` in 0..1; all 0 where no region is evidence for the genre.

    Raises:
        UserError: the model uses no posters, the poster has another size, or Keras's backend is neither TensorFlow nor
            JAX.
    """
    name = predictor.spec.name
    if not predictor.spec.uses_poster:
        raise UserError(f"The model {name} uses no posters; choose one that does.")
    height, width = predictor.spec.poster_size
    if poster.shape != (height, width, 3):
        raise UserError(f"The model {name} takes posters of {width}×{height} pixels; resize the poster first.")
    if name in LAYERS:
        posters = poster[None] / np.float32(255)
        maps = list(class_activation(_keras_model(predictor), LAYERS[name], posters, GENRES.index(genre)))
    else:
        shares = poster_shares(predictor, poster, GENRES.index(genre))
        maps = [share * share.size for share in shares]  # so that maps of different sizes can be added
    heat = np.maximum(0, sum(resized(each, (width, height)) for each in maps))
    return heat / heat.max() if heat.any() else heat


def class_activation(model: "keras.Model", layer: str, posters: np.ndarray, genre: int) -> np.ndarray:
    """Compute the class activation map of a convolution, float32 ``(n, h, w)``, 0 or above, not normalised.

    Each channel is weighted by the mean gradient of the genre's log-odds; negative evidence is cut off.

    Args:
        model: a chain of layers ending in a ``Dense`` with sigmoid or softmax.
        layer: name of the convolution.
        posters: float32 ``(n, height, width, 3)`` in 0..1, in the model's size.
        genre: index in ``GENRES``.
    """
    maps, gradient = gradient_function(model, layer)(posters, genre)
    return np.maximum(0, (maps * gradient.mean(axis=(1, 2), keepdims=True)).sum(axis=-1))


@functools.lru_cache(maxsize=4)  # tracing takes a second
def gradient_function(model: "keras.Model", layer: str) -> Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]:
    """Make a function from inputs and a genre to the layer's output and the gradient of the genre's log-odds there.

    The log-odds are taken before the output's sigmoid or softmax, whose gradient vanishes where a model is certain. See
    ``class_activation`` for the arguments; both results are float32 ``(n, ...)``. Raises UserError for other backends
    than TensorFlow and JAX.
    """
    import keras

    layers = [each for each in model.layers if not isinstance(each, keras.layers.InputLayer)]
    end, head = 1 + [each.name for each in layers].index(layer), layers[-1]

    def log_odds(values, genre):
        return _log_odds(head, _apply(layers[end:-1], values), genre)

    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        def gradient(inputs: np.ndarray, genre: int) -> tuple[np.ndarray, np.ndarray]:
            values = _apply(layers[:end], inputs)
            slopes = jax.grad(lambda layer_output: keras.ops.sum(log_odds(layer_output, genre)))(values)
            return np.asarray(values, np.float32), np.asarray(slopes, np.float32)

        return gradient
    if backend != "tensorflow":
        raise UserError(f"Heatmaps need Keras's backend tensorflow or jax, not {backend}; choose one of them.")
    import tensorflow as tf

    # traced once for any number of films and any genre
    signature = [tf.TensorSpec(model.inputs[0].shape, model.inputs[0].dtype), tf.TensorSpec((), tf.int32)]

    @tf.function(input_signature=signature, autograph=False)
    def traced(inputs, genre):
        values = _apply(layers[:end], inputs)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            score = log_odds(values, genre)
        return values, tape.gradient(score, values)

    return lambda inputs, genre: tuple(tensor.numpy() for tensor in traced(inputs, np.int32(genre)))


def _apply(layers: "list[keras.layers.Layer]", values):
    return functools.reduce(lambda values, layer: layer(values), layers, values)


def _log_odds(head: "keras.layers.Dense", inputs, genre):
    """A genre's log-odds ``(n,)``: the sigmoid's input; for a softmax the genre's odds against all others."""
    from keras import activations, ops

    logits = ops.matmul(ops.cast(inputs, "float32"), head.kernel) + head.bias
    logit = ops.take(logits, genre, axis=1)
    if head.activation is activations.sigmoid:
        return logit
    others = ops.where(ops.equal(ops.arange(head.units), genre), -np.inf, logits)
    return logit - ops.logsumexp(others, axis=1)


def poster_shares(predictor: Predictor, poster: np.ndarray, genre: int) -> list[np.ndarray]:
    """Compute each cell's share of a genre's calibrated log-odds, for every feature map of ``poster`` or ``fusion``.

    Both are linear in the means of a few feature maps, so that the shares add up. This is class activation mapping
    (Zhou et al. 2016), which Grad-CAM equals for such networks.

    Args:
        predictor: of ``poster`` or ``fusion``.
        poster: uint8 ``(height, width, 3)`` in the model's size.
        genre: index in ``GENRES``.

    Returns:
        One float64 ``(h, w)`` per map, those of the fine-tuned network first, then those of the frozen one. Together
        they add up to the log-odds but for a constant.
    """
    part = predictor.parts.get("poster", predictor)
    maps = part.maps(poster[None])
    slopes = {head: part.weights.calibration.scale * _slopes(part, head, genre) for head in POSTER_EXPERTS}
    if part is not predictor:
        features = np.concatenate([values[0].mean(axis=(0, 1)) for values in maps[-2:]])  # of the frozen network
        terms = FusionTerms(predictor)
        factor = terms.scale * terms.weights["poster"][genre]
        slopes = {head: factor * slope for head, slope in slopes.items()}
        slopes["frozen"] += terms.feature_slopes("poster", features, genre)
    widths = [values.shape[-1] for values in maps]
    by_map = np.split(np.concatenate(list(slopes.values())), np.cumsum(widths)[:-1])
    return [values[0] @ slope / np.prod(values.shape[1:3]) for values, slope in zip(maps, by_map, strict=True)]


def _slopes(predictor: Predictor, head: str, genre: int) -> np.ndarray:
    """Change of the log-odds per unit of each input of one of the two experts, whose mean is the model's output."""
    return predictor.weight(f"{head}/kernel")[:, genre].astype(np.float64) * POSTER_EXPERTS[head] / 2


@functools.lru_cache(maxsize=2)
def _keras_model(predictor: Predictor) -> "keras.Model":
    return keras_model(predictor.weights)


def resized(heat: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize a map to ``(width, height)`` by bilinear interpolation, float32 ``(height, width)``."""
    image = Image.fromarray(np.asarray(heat, np.float32))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR))
