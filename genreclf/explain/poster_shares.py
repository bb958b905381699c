"""What each place of a poster adds to a genre's log-odds, exactly, as ``poster`` and ``fusion`` tell them.

Both are linear in the means of a few maps, so every place of a map has a share of the log-odds, and the shares add up:
class activation mapping (Zhou et al. 2016), to which Grad-CAM comes down for such a network.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from genreclf.explain.fused import Fused
from genreclf.predict.predictor import Predictor

if TYPE_CHECKING:
    import keras

_FROZEN = 2  # maps of the network that is left as it is
Look = Callable[[np.ndarray], list[np.ndarray]]
_made: "WeakKeyDictionary[keras.Model, Look]" = WeakKeyDictionary()


def poster_shares(predictor: Predictor, poster: np.ndarray, genre: int) -> list[np.ndarray]:
    """The shares of the places in each map, in calibrated log-odds.

    Args:
        predictor: of ``poster`` or ``fusion``.
        poster: uint8 ``(height, width, 3)`` in the model's size.
        genre: its place in ``GENRES``.

    Returns:
        float64 ``(h, w)`` of each map, those of the trained network first, then those of the one left as it is. All of
        them add up to what of the model's log-odds changes from poster to poster.
    """
    part = predictor.parts.get("poster", predictor)
    model = part.keras_model
    maps = _look(model)(poster[None].astype(np.float32) / 255.0)
    slopes = {head: part.weights.calibration.scale * _slopes(model, head, genre) for head in ("trained", "frozen")}
    if part is not predictor:
        features = np.concatenate([seen[0].mean(axis=(0, 1)) for seen in maps[-_FROZEN:]])
        told = Fused(predictor).slopes("poster", features, genre)
        slopes = {head: pulls * told.said for head, pulls in slopes.items()}
        slopes["frozen"] += told.seen
    widths = [seen.shape[-1] for seen in maps]
    pulls = np.split(np.concatenate(list(slopes.values())), np.cumsum(widths)[:-1])
    return [seen[0] @ pull / (seen.shape[1] * seen.shape[2]) for seen, pull in zip(maps, pulls, strict=True)]


def _slopes(model: "keras.Model", head: str, genre: int) -> np.ndarray:
    """How fast the log-odds rise with each mean that one of the two experts is given (they answer with their mean)."""
    kernel = model.get_layer(head).get_weights()[0][:, genre].astype(np.float64)
    return kernel * model.get_layer(f"{head}_faster").scale / 2


def _look(model: "keras.Model") -> Look:
    """From float32 posters in 0..1 to the maps whose means the model's output is given, in its order."""
    if model not in _made:
        import keras

        names = {layer.name for layer in model.layers}
        means = ("top_mean", "fine_mean") if "lite0" in names else ("application_mean",)
        trained = keras.Model(model.input, {name: model.get_layer(name).input for name in means})
        frozen = model.get_layer("features")

        def look(posters):
            seen = trained(posters, training=False)
            return [*(seen[name] for name in means), *frozen.maps(posters)]

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            look = tf.function(look, input_signature=[tf.TensorSpec(model.inputs[0].shape)], autograph=False)
        _made[model] = lambda posters: [np.asarray(seen) for seen in look(posters)]
    return _made[model]
