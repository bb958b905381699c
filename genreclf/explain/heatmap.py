"""Heatmaps: which regions of a poster count for a genre, by Grad-CAM (Selvaraju et al. 2017)."""

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from genreclf.errors import UserError
from genreclf.explain.gradients import log_odds_gradient
from genreclf.explain.poster_shares import poster_shares
from genreclf.genres import GENRES
from genreclf.predict.predictor import Predictor

if TYPE_CHECKING:
    import keras

# For ``cnn``, the last convolution of the last block but one rather than the very last: its cells are finer (16×16).
# On val, hiding the hottest ones moved the answer twice as far beyond chance.
LAYERS = {"cnn": "conv_3b", "cnn-small": "conv_2"}


def class_activation(model: "keras.Model", layer: str, posters: np.ndarray, genre: int) -> np.ndarray:
    """Compute the class activation map of a convolution, in the size of its output.

    Each channel is weighted by the mean gradient of the genre's log-odds; negative evidence is cut off.

    Args:
        model: ends in a ``Dense`` with sigmoid or softmax.
        layer: name of the convolution; the output must depend on the input only through it.
        posters: float32 ``(n, height, width, 3)`` in 0..1, in the model's size.
        genre: index in ``GENRES``.

    Returns:
        float32 ``(n, h, w)``, 0 or above, not normalised.

    Raises:
        UserError: Keras's backend is neither TensorFlow nor JAX.
    """
    maps, gradient = log_odds_gradient(model, layer, posters, genre)
    return np.maximum(0, (maps * gradient.mean(axis=(1, 2), keepdims=True)).sum(axis=-1))


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
    if not predictor.spec.uses_poster:
        raise UserError(f"The model {predictor.spec.name} uses no posters; choose one that does.")
    height, width = predictor.spec.poster_size
    if poster.shape != (height, width, 3):
        raise UserError(f"The model {predictor.spec.name} takes posters of {width}×{height} pixels; resize it first.")
    at = GENRES.index(genre)
    if predictor.spec.name in ("poster", "fusion"):
        shares = poster_shares(predictor, poster, at)
        # times the number of cells, so that maps of different sizes can be added
        heat = sum(_resized(share * share.size, (height, width)) for share in shares)
    else:
        posters = poster[None] / np.float32(255)
        (found,) = class_activation(predictor.keras_model, LAYERS[predictor.spec.name], posters, at)
        heat = _resized(found, (height, width))
    heat = np.maximum(0, heat)
    return heat / heat.max() if heat.any() else heat


def _resized(heat: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize a map by bilinear interpolation, float32 ``(height, width)``."""
    image = Image.fromarray(np.asarray(heat, np.float32))
    return np.asarray(image.resize(size[::-1], Image.Resampling.BILINEAR))
