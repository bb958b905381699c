"""Where on a poster a model finds a genre: Grad-CAM (Selvaraju et al. 2017)."""

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

# Of ``cnn`` not the last convolution, as is usual, but the last of the block before: on val, hiding what that points at
# moved the answer twice as far beyond chance. Its places are finer, 16×16.
LAYERS = {"cnn": "conv_3b", "cnn-small": "conv_2"}


def class_activation(model: "keras.Model", layer: str, posters: np.ndarray, genre: int) -> np.ndarray:
    """How much each place of a convolution's maps speaks for a genre, in the maps' own size.

    Each channel counts by how fast the genre's log-odds rise with it, on average over its places; what speaks against
    the genre is left out.

    Args:
        model: ends in a ``Dense`` with sigmoid or softmax.
        layer: name of the convolution, which all that the answer rests on goes through.
        posters: float32 ``(n, height, width, 3)`` in 0..1, in the model's size.
        genre: its place in ``GENRES``.

    Returns:
        float32 ``(n, h, w)``, 0 and above, not scaled.

    Raises:
        UserError: Keras's backend is neither TensorFlow nor JAX.
    """
    maps, gradient = log_odds_gradient(model, layer, posters, genre)
    return np.maximum(0, (maps * gradient.mean(axis=(1, 2), keepdims=True)).sum(axis=-1))


def heatmap(predictor: Predictor, poster: np.ndarray, genre: str) -> np.ndarray:
    """How much each place of a poster speaks for a genre, beside the place that does most.

    The map of ``cnn`` is coarse, 16×16 places, stretched; that of ``poster`` 20×14. Of ``fusion`` it shows the poster's
    side, which the overview does not change; where there is none, the part answers: ask ``predictor.parts["poster"]``.

    Args:
        predictor: of a model that looks at posters.
        poster: uint8 ``(height, width, 3)`` in the model's size.
        genre: one of ``GENRES``.

    Returns:
        float32 ``(height, width)`` in 0..1; all 0 where nothing speaks for the genre.

    Raises:
        UserError: the model looks at no posters, the poster has another size, or Keras's backend is neither TensorFlow
            nor JAX.
    """
    if not predictor.spec.uses_poster:
        raise UserError(f"The model {predictor.spec.name} looks at no posters; choose one that does.")
    height, width = predictor.spec.poster_size
    if poster.shape != (height, width, 3):
        raise UserError(f"The model {predictor.spec.name} looks at posters of {width}×{height} pixels; scale it to it.")
    at = GENRES.index(genre)
    if predictor.spec.name in ("poster", "fusion"):
        shares = poster_shares(predictor, poster, at)
        # each as what a poster would be told that were all like this place: maps of any size can then be added
        heat = sum(_stretched(share * share.size, (height, width)) for share in shares)
    else:
        posters = poster[None] / np.float32(255)
        (found,) = class_activation(predictor.keras_model, LAYERS[predictor.spec.name], posters, at)
        heat = _stretched(found, (height, width))
    heat = np.maximum(0, heat)
    return heat / heat.max() if heat.any() else heat


def _stretched(heat: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A map in another size, float32; what lies between its places is interpolated."""
    image = Image.fromarray(np.asarray(heat, np.float32))
    return np.asarray(image.resize(size[::-1], Image.Resampling.BILINEAR))
