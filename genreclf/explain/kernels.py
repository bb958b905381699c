"""What a network's first layer looks for, and what its layers answer for a poster: kernels and feature maps.

A kernel is a small pattern of weights; its feature map says where on the poster that pattern is. Computed for ``cnn``,
which learned to see from posters alone, and for the network inside ``poster`` that learned from photographs and was
never changed.
"""

import numpy as np
from PIL import Image

from genreclf.errors import UserError
from genreclf.models.network import MAPS
from genreclf.predict.predictor import Predictor
from genreclf.pretrained import EFFICIENTNET_2, frozen_arrays

STRIDES = {"conv_1": 2, "conv_2a": 1, "conv_2b": 1, "conv_3a": 1, "conv_3b": 1, "conv_4a": 1, "conv_4b": 1}  # of cnn
PRETRAINED_LAYERS = ("stem", "fine", "top")  # of the network inside ``poster``: its first, a deep and its last one
LAYERS = {"cnn": tuple(STRIDES), "poster": PRETRAINED_LAYERS}
_SWITCHED_OFF = 1e-3  # largest weight of a kernel that pretraining has switched off; of those in use .4 or more
_ALIKE = 0.8  # correlation of two maps from which on they show the same


def kernels(predictor: Predictor) -> np.ndarray:
    """The kernels of the first convolution, float32 ``(n, 3, 3, 3)``: rows, columns, and red, green, blue.

    Those that are practically 0 are left out: pretraining has switched off 5 of 32.

    Args:
        predictor: of ``cnn`` or ``poster``.

    Raises:
        UserError: another model.
    """
    kernel, _ = _first_layer(predictor)
    found = np.moveaxis(kernel, -1, 0)
    return found[np.abs(found).max(axis=(1, 2, 3)) > _SWITCHED_OFF]


def random_kernels(count: int, seed: int = 0) -> np.ndarray:
    """Kernels of random numbers, as those of an untrained network, float32 ``(count, 3, 3, 3)``."""
    return np.random.default_rng(seed).normal(size=(count, 3, 3, 3)).astype(np.float32)


def pattern_share(found: np.ndarray) -> np.ndarray:
    """How much of each kernel is one pattern in one colour, 0..1: the share of its best such approximation.

    A third is the least that is possible; random numbers have .57 on average, an edge or a spot in one colour has 1.

    Args:
        found: kernels ``(n, 3, 3, 3)``, none all 0.
    """
    energies = np.linalg.svd(found.reshape(len(found), 9, 3), compute_uv=False) ** 2
    return energies[:, 0] / energies.sum(axis=1)


def feature_maps(predictor: Predictor, poster: np.ndarray, layer: str) -> np.ndarray:
    """Compute what a layer answers for a poster: one map per kernel, float32 ``(height, width, n)``.

    Args:
        predictor: of ``cnn`` or ``poster``.
        poster: uint8 ``(height, width, 3)`` in the model's size.
        layer: one of ``LAYERS`` of the model.

    Raises:
        UserError: another model, or the model has no such layer.
    """
    name = predictor.spec.name
    if layer not in LAYERS.get(name, ()):
        raise UserError(f"The model {name} has no layer {layer} to look into; choose one of LAYERS.")
    if name == "poster" and layer != "stem":
        return predictor.layers([f"frozen_{layer}_mean{MAPS}"], poster[None])[0][0]
    maps = np.asarray(poster, np.float32) / 255
    if name == "poster":
        return convolution(maps * np.float32(255 / 128) - np.float32(127 / 128), *_first_layer(predictor), 2).clip(0, 6)
    for each, strides in STRIDES.items():
        kernel, bias = (predictor.weight(f"{each}/{array}") for array in ("kernel", "bias"))
        maps = np.maximum(0, convolution(maps, kernel, bias, strides))
        if each == layer:
            break
        if each.endswith("b"):
            maps = halved(maps)
    return maps


def convolution(image: np.ndarray, kernel: np.ndarray, bias: np.ndarray, strides: int) -> np.ndarray:
    """Convolve an image ``(h, w, c)`` with ``(3, 3, c, n)``, padded with zeros as TensorFlow's "same": ``(h', w', n)``.

    >>> convolution(np.ones((4, 4, 1), np.float32), np.ones((3, 3, 1, 1), np.float32), np.zeros(1), 2)[..., 0]
    array([[9., 6.],
           [6., 4.]])
    """
    padding = []
    for side in image.shape[:2]:
        total = max(0, (-(-side // strides) - 1) * strides + 3 - side)
        padding.append((total // 2, total - total // 2))  # the odd one comes at the end
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, [*padding, (0, 0)]), (3, 3), axis=(0, 1))
    return np.tensordot(windows[::strides, ::strides], kernel.transpose(2, 0, 1, 3), 3) + bias


def halved(maps: np.ndarray) -> np.ndarray:
    """The largest value of every 2×2 cells, ``(h / 2, w / 2, n)``: max pooling."""
    height, width, count = maps.shape
    return maps[: height // 2 * 2, : width // 2 * 2].reshape(height // 2, 2, width // 2, 2, count).max(axis=(1, 3))


def strongest(maps: np.ndarray, count: int) -> list[int]:
    """The maps that differ most from place to place, none of them like one before it; fewer if there are no more.

    Args:
        maps: ``(height, width, n)``.
        count: how many.
    """
    flat = maps.reshape(-1, maps.shape[-1])
    spread = flat.std(axis=0)
    chosen: list[int] = []
    for each in np.argsort(-spread, kind="stable"):
        if len(chosen) == count or not spread[each]:
            break
        if all(abs(np.corrcoef(flat[:, each], flat[:, other])[0, 1]) < _ALIKE for other in chosen):
            chosen.append(int(each))
    return chosen


def mosaic(values: np.ndarray, columns: int, size: tuple[int, int], gap: int = 4) -> np.ndarray:
    """Kernels or maps side by side, row by row, with hard edges and transparent gaps: uint8 ``(height, width, 4)``.

    Args:
        values: kernels ``(n, 3, 3, 3)``, whose weights from minus to plus their largest become 0..255, so that 0 is
            grey; or maps ``(n, h, w)``, each from black, its smallest value, to white, its largest.
        columns: how many in a row.
        size: width and height of each, pixels.
        gap: pixels between them.
    """
    if values.ndim == 4:
        shown = 0.5 + 0.5 * values / np.abs(values).max(axis=(1, 2, 3), keepdims=True)
    else:
        low, high = (edge(values, axis=(1, 2), keepdims=True) for edge in (np.min, np.max))
        shown = (values - low) / np.maximum(high - low, 1e-9)
    width, height = (side + gap for side in size)
    rows = -(-len(values) // columns)
    picture = np.zeros((rows * height - gap, columns * width - gap, 4), np.uint8)
    for index, tile in enumerate(np.rint(shown * 255).astype(np.uint8)):
        top, left = index // columns * height, index % columns * width
        image = Image.fromarray(tile).convert("RGBA").resize(size, Image.Resampling.NEAREST)
        picture[top : top + size[1], left : left + size[0]] = np.asarray(image)
    return picture


def _first_layer(predictor: Predictor) -> tuple[np.ndarray, np.ndarray]:
    """Kernel ``(3, 3, 3, n)`` and bias ``(n,)`` of the first convolution."""
    if predictor.spec.name == "cnn":
        return predictor.weight("conv_1/kernel"), predictor.weight("conv_1/bias")
    if predictor.spec.name != "poster":
        raise UserError(f"The model {predictor.spec.name} has no kernels to show; choose cnn or poster.")
    arrays = frozen_arrays(EFFICIENTNET_2)
    return arrays["stem.kernel"], arrays["stem.shift"]
