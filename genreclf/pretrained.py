"""Pretrained networks that come with the project, so that nothing is fetched when a training starts or a model answers.

``weights/pretrained/<name>.npz`` holds one network: every matrix as int8 with a float16 scale for each output
(symmetric quantisation: a quarter of the size, and each number is off by at most 1/254 of its column's largest), all
else as float16. ``tools.convert_pretrained`` makes the files from packages of the Python package index.
"""

import functools
import hashlib
import zlib
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from genreclf import paths
from genreclf.errors import UserError

SCALE = ".scale"  # after a matrix's name: its scales
QUANTISED_FROM = 4096  # numbers; smaller arrays are not worth their scales

MINILM = "minilm-l6-v2"
EFFICIENTNET = "efficientnet-lite0"
EFFICIENTNET_2 = "efficientnet-lite2"


def path_of(name: str) -> Path:
    """The file of a pretrained network."""
    return paths.SHIPPED_WEIGHTS / "pretrained" / f"{name}.npz"


@functools.cache
def digest_of(name: str) -> str:
    """SHA-256 of the file of a pretrained network, hex; ``""`` where it is missing."""
    try:
        with path_of(name).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


@functools.cache
def load(name: str) -> dict[str, np.ndarray]:
    """A pretrained network's arrays by name, float32, read-only; read once a process.

    Raises:
        UserError: the file is missing or damaged.
    """
    path = path_of(name)
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            arrays = unpack({key: stored[key] for key in stored.files})
    except (OSError, ValueError, EOFError, KeyError, BadZipFile, zlib.error) as error:
        raise UserError(f"The pretrained network {path} is missing or damaged; restore it from the project.") from error
    for array in arrays.values():
        array.flags.writeable = False
    return arrays


def pack(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays in their stored form: what is ``worth_quantising`` as int8, all else as float16."""
    packed = {}
    for name, array in arrays.items():
        if worth_quantising(array):
            packed[name], packed[name + SCALE] = quantise(array)
        else:
            packed[name] = array.astype(np.float16)
    return packed


def unpack(packed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The reverse of ``pack``, as float32."""
    return {
        name: dequantise(array, packed[name + SCALE]) if array.dtype == np.int8 else array.astype(np.float32)
        for name, array in packed.items()
        if not name.endswith(SCALE)
    }


def worth_quantising(array: np.ndarray) -> bool:
    """Whether an array is a matrix or kernel of ``QUANTISED_FROM`` numbers or more.

    A depthwise kernel has a single output a channel, so that one scale would have to do for all; it stays.
    """
    return array.ndim >= 2 and array.shape[-1] > 1 and array.size >= QUANTISED_FROM


def quantise(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """To int8 of the same shape, and the scales that bring it back: one for each index of the last axis."""
    largest = np.abs(array).max(axis=tuple(range(array.ndim - 1)))
    scale = np.maximum(largest / 127, 1e-7).astype(np.float16)
    return np.clip(np.rint(array / scale.astype(np.float32)), -127, 127).astype(np.int8), scale


def dequantise(values: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """float32 of the same shape."""
    return values.astype(np.float32) * scale.astype(np.float32)
