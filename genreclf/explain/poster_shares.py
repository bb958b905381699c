"""Exact shares of a poster's cells in a genre's log-odds, for ``poster`` and ``fusion``.

Both models are linear in the means of a few feature maps, so that every cell of a map has a share of the log-odds, and
the shares add up. This is class activation mapping (Zhou et al. 2016), which Grad-CAM equals for such networks.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from genreclf.explain.fused import FusionTerms
from genreclf.predict.predictor import Predictor

if TYPE_CHECKING:
    import keras

_FROZEN = 2  # feature maps of the frozen network
FeatureMaps = Callable[[np.ndarray], list[np.ndarray]]
_compiled: "WeakKeyDictionary[keras.Model, FeatureMaps]" = WeakKeyDictionary()


def poster_shares(predictor: Predictor, poster: np.ndarray, genre: int) -> list[np.ndarray]:
    """Compute each cell's share of a genre's calibrated log-odds, for every feature map.

    Args:
        predictor: of ``poster`` or ``fusion``.
        poster: uint8 ``(height, width, 3)`` in the model's size.
        genre: index in ``GENRES``.

    Returns:
        One float64 ``(h, w)`` per map, those of the fine-tuned network first, then those of the frozen one. Together
        they add up to the log-odds but for a constant.
    """
    part = predictor.parts.get("poster", predictor)
    model = part.keras_model
    maps = _feature_maps(model)(poster[None].astype(np.float32) / 255.0)
    slopes = {head: part.weights.calibration.scale * _slopes(model, head, genre) for head in ("trained", "frozen")}
    if part is not predictor:
        features = np.concatenate([values[0].mean(axis=(0, 1)) for values in maps[-_FROZEN:]])
        terms = FusionTerms(predictor)
        factor = terms.scale * terms.weights["poster"][genre]
        slopes = {head: factor * slope for head, slope in slopes.items()}
        slopes["frozen"] += terms.feature_slopes("poster", features, genre)
    widths = [values.shape[-1] for values in maps]
    by_map = np.split(np.concatenate(list(slopes.values())), np.cumsum(widths)[:-1])
    return [values[0] @ slope / np.prod(values.shape[1:3]) for values, slope in zip(maps, by_map, strict=True)]


def _slopes(model: "keras.Model", head: str, genre: int) -> np.ndarray:
    """Change of the log-odds per unit of each input of one of the two experts, whose mean is the model's output."""
    kernel = model.get_layer(head).get_weights()[0][:, genre].astype(np.float64)
    return kernel * model.get_layer(f"{head}_faster").scale / 2


def _feature_maps(model: "keras.Model") -> FeatureMaps:
    """A function from float32 posters in 0..1 to the maps whose means are the experts' inputs, in their order."""
    if model not in _compiled:
        import keras

        names = {layer.name for layer in model.layers}
        means = ("top_mean", "fine_mean") if "lite0" in names else ("application_mean",)
        trained = keras.Model(model.input, {name: model.get_layer(name).input for name in means})
        frozen = model.get_layer("features")

        def feature_maps(posters):
            values = trained(posters, training=False)
            return [*(values[name] for name in means), *frozen.maps(posters)]

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            signature = [tf.TensorSpec(model.inputs[0].shape)]
            feature_maps = tf.function(feature_maps, input_signature=signature, autograph=False)
        _compiled[model] = lambda posters: [np.asarray(values) for values in feature_maps(posters)]
    return _compiled[model]
