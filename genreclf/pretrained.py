"""Pretrained networks that come with the project, so that nothing is downloaded to train a model or to predict.

``weights/pretrained/<name>.npz`` contains one network: every matrix as int8 with a float16 scale per output (symmetric
quantisation: a quarter of the size, each number off by at most 1/254 of its column's largest), all else as float16.
``tools.convert_pretrained`` makes the files from packages of the Python package index.
"""

import functools
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from genreclf import paths
from genreclf.errors import UserError
from genreclf.files import load_arrays, sha256_of

SCALE = ".scale"  # suffix of the name of a matrix's scales
_MOST = 400_000_000  # bytes of a network; MiniLM has 23 MB
CONVOLUTION = ("kernel", "gamma", "beta", "mean", "variance")  # the arrays of a convolution of EfficientNet
EPSILON = 1e-3  # of EfficientNet's batch normalisations
QUANTISED_FROM = 4096  # numbers; in smaller arrays the scales would use up what is saved

MINILM = "minilm-l6-v2"
EFFICIENTNET = "efficientnet-lite0"
EFFICIENTNET_2 = "efficientnet-lite2"


def path_of(name: str) -> Path:
    """The file of a pretrained network."""
    return paths.PRETRAINED / f"{name}.npz"


@functools.cache
def digest_of(name: str) -> str:
    """SHA-256 of the file of a pretrained network, hex; ``""`` where it is missing."""
    with suppress(OSError):
        return sha256_of(path_of(name))
    return ""


def load(name: str, packed: Collection[str] = ()) -> dict[str, np.ndarray]:
    """Read a pretrained network's arrays by name, float32; those named in ``packed`` stay int8, with their scales.

    Raises:
        UserError: the file is missing or damaged.
    """
    path = path_of(name)
    try:
        stored = load_arrays(path, _MOST)
        kept = {key: stored.pop(key) for each in packed for key in (each, each + SCALE)}
        return unpack(stored) | kept
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"The pretrained network {path} is missing or damaged; restore it from the project.") from error


def frozen_arrays(name: str) -> dict[str, np.ndarray]:
    """Read a network's arrays as frozen layers use them.

    Convolutions of EfficientNet have their batch normalisations folded in: ``<name>.kernel`` and ``<name>.shift``, a
    value per channel to be added. MiniLM's ``tokens`` are int8 ``(30522, 384)``, to be multiplied by ``tokens.scale``;
    it has no layer normalisations here, because those are always trained.

    Raises:
        UserError: see ``load``.
    """
    if name == MINILM:
        frozen = {key: array for key, array in load(name, ["tokens"]).items() if ".norm_" not in key}
        # stored transposed, for a scale per token
        tokens, scale = np.ascontiguousarray(frozen["tokens"].T), frozen["tokens" + SCALE].astype(np.float32)
        return frozen | {"tokens": tokens, "tokens" + SCALE: scale}
    arrays, folded = load(name), dict[str, np.ndarray]()
    for key in {key.rpartition(".")[0] for key in arrays}:
        kernel, gamma, beta, mean, variance = (arrays[f"{key}.{each}"] for each in CONVOLUTION)
        factor = gamma / np.sqrt(variance + np.float32(EPSILON))
        folded[f"{key}.kernel"] = kernel * (factor[:, None] if key.endswith("depthwise") else factor)
        folded[f"{key}.shift"] = beta - mean * factor
    return folded


def unpack(packed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A network's arrays from their stored form, as float32."""
    return {
        name: dequantise(array, packed[name + SCALE]) if array.dtype == np.int8 else array.astype(np.float32)
        for name, array in packed.items()
        if not name.endswith(SCALE)
    }


def worth_quantising(array: np.ndarray) -> bool:
    """Whether an array is a matrix or kernel of ``QUANTISED_FROM`` numbers or more.

    Not a depthwise kernel: with one output per channel, a single scale would have to do for all channels.
    """
    return array.ndim >= 2 and array.shape[-1] > 1 and array.size >= QUANTISED_FROM


def quantise(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quantise to int8 of the same shape; returns the numbers and a float16 scale per index of the last axis."""
    largest = np.abs(array).max(axis=tuple(range(array.ndim - 1)))
    scale = np.maximum(largest / 127, 1e-7).astype(np.float16)
    return np.clip(np.rint(array / scale.astype(np.float32)), -127, 127).astype(np.int8), scale


def dequantise(values: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Restore the numbers that ``quantise`` returned, as float32 of the same shape."""
    return values.astype(np.float32) * scale.astype(np.float32)
