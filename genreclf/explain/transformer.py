"""What each word piece adds to what MiniLM tells: gradient × input, made fit for a transformer.

Plain gradient × input is little better than chance here, since attention and normalisation bend with every word. So
both are held as they are for the text, and the gates of the activation with them. What is left is linear in the
embeddings of the pieces, and gradient × input are exact shares of it (Ali et al. 2022, "XAI for Transformers: Better
Explanations through Conservative Propagation"). Done in NumPy: one pass forward, one back, the same on every backend.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, softmax

from genreclf import pretrained

if TYPE_CHECKING:
    import keras

Back = Callable[[np.ndarray], np.ndarray]  # from shares in what a step gave to shares in what it was given
_HEADS, _EPSILON = 12, 1e-12  # as in genreclf.models.minilm


def piece_effects(model: "keras.Model", ids: np.ndarray, pull: np.ndarray) -> np.ndarray:
    """Share of each word piece in a weighted sum of what the model's layer ``features`` gives.

    Args:
        model: ``overview``.
        ids: int ``(pieces,)`` of one text, with its marks and without padding.
        pull: float ``(1920,)``, the weights of the features.

    Returns:
        float32 ``(pieces,)``. What they lack to the sum is the share of the biases and of where the pieces stand.
    """
    arrays = {**pretrained.load(pretrained.MINILM), **_learnt(model)}
    tokens = arrays["tokens"].T[ids]
    x, back = _normalise(tokens + arrays["positions"][: len(ids)], arrays, "norm")
    steps = [back]
    for index in range(sum(name.endswith("attend.bias") for name in arrays)):
        for step in (_attend, _widen):
            x, back = step(x, arrays, f"layer_{index}")
            steps.append(back)
    (queries,) = model.get_layer("features").get_weights()
    mean, *attended = np.float32(pull).reshape(-1, x.shape[1])
    shares = mean / len(ids) + softmax(x @ queries, axis=0) @ np.reshape(attended, (-1, x.shape[1]))
    for back in reversed(steps):
        shares = back(shares)
    return (shares * tokens).sum(axis=1)


def _learnt(model: "keras.Model") -> dict[str, np.ndarray]:
    """What a trained model adds to the pretrained matrices, and has in place of their normalisations."""
    layer = model.get_layer("minilm")
    held = {weight.name: array for weight, array in zip(layer.weights, layer.get_weights(), strict=True)}
    found = {}
    for name, array in pretrained.load(pretrained.MINILM).items():
        known = name.replace(".", "_")
        if known in held:
            found[name] = held[known]
        elif f"{known}_up" in held:
            found[name] = array + 2.0 * held[f"{known}_down"] @ held[f"{known}_up"]
    return found


def _attend(x: np.ndarray, arrays: dict, at: str) -> tuple[np.ndarray, Back]:
    """Attention, what it saw added to its input, normalised."""
    query, key, value = (_heads(part) for part in np.split(_dense(x, arrays, f"{at}.attend"), 3, axis=1))
    attention = softmax(query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1]), axis=-1)
    seen = _dense(_joined(attention @ value), arrays, f"{at}.join")
    given, normalised = _normalise(x + seen, arrays, f"{at}.norm_1")
    value_kernel = arrays[f"{at}.attend.kernel"][:, 2 * x.shape[1] :]

    def back(shares: np.ndarray) -> np.ndarray:
        shares = normalised(shares)
        values = attention.transpose(0, 2, 1) @ _heads(shares @ arrays[f"{at}.join.kernel"].T)
        return shares + _joined(values) @ value_kernel.T

    return given, back


def _widen(x: np.ndarray, arrays: dict, at: str) -> tuple[np.ndarray, Back]:
    """The two dense layers, what they found added to their input, normalised."""
    wide = _dense(x, arrays, f"{at}.widen")
    gates = ndtr(wide)  # GELU lets through as much of each number
    given, normalised = _normalise(x + _dense(wide * gates, arrays, f"{at}.narrow"), arrays, f"{at}.norm_2")

    def back(shares: np.ndarray) -> np.ndarray:
        shares = normalised(shares)
        return shares + (shares @ arrays[f"{at}.narrow.kernel"].T * gates) @ arrays[f"{at}.widen.kernel"].T

    return given, back


def _normalise(x: np.ndarray, arrays: dict, at: str) -> tuple[np.ndarray, Back]:
    gain = arrays[f"{at}.gamma"] / np.sqrt(x.var(axis=1, keepdims=True) + _EPSILON)

    def back(shares: np.ndarray) -> np.ndarray:
        return shares * gain - (shares * gain).mean(axis=1, keepdims=True)

    return (x - x.mean(axis=1, keepdims=True)) * gain + arrays[f"{at}.beta"], back


def _dense(x: np.ndarray, arrays: dict, at: str) -> np.ndarray:
    return x @ arrays[f"{at}.kernel"] + arrays[f"{at}.bias"]


def _heads(x: np.ndarray) -> np.ndarray:
    """``(pieces, width)`` to ``(heads, pieces, width / heads)``."""
    return x.reshape(len(x), _HEADS, -1).transpose(1, 0, 2)


def _joined(x: np.ndarray) -> np.ndarray:
    """The reverse of ``_heads``."""
    return x.transpose(1, 0, 2).reshape(x.shape[1], -1)
