"""EfficientNet-Lite, trained on ImageNet: Lite0 to be trained on with posters, Lite2 to look at them as it is.

EfficientNet (Tan and Le 2019) in the variant for small devices: no squeeze-and-excitation, ReLU6 in place of swish.
"""

import functools
from typing import NamedTuple

import keras
import numpy as np
from keras import layers, ops

from genreclf import pretrained
from genreclf.models.constants import constant
from genreclf.pretrained import EFFICIENTNET, EFFICIENTNET_2

# (blocks, kernel, strides of the first, expansion, channels)
_STAGES = {
    EFFICIENTNET: ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112),
                   (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)),
    EFFICIENTNET_2: ((1, 3, 1, 1, 16), (3, 3, 2, 6, 24), (3, 5, 2, 6, 48), (4, 3, 2, 6, 88), (4, 5, 1, 6, 120),
                     (5, 5, 2, 6, 208), (1, 3, 1, 6, 352)),
}  # fmt: skip
_FINE_STAGE = 4  # after which the picture still has a sixteenth of its sides
_STEM = 32  # channels
_TOP = 1280
_PARTS = ("kernel", "gamma", "beta", "mean", "variance")
_EPSILON = 1e-3  # of the normalisations, as trained


class Block(NamedTuple):
    """One inverted residual block."""

    kernel: int
    strides: int
    expand: int
    channels: int
    residual: bool


def block_list(name: str = EFFICIENTNET) -> list[Block]:
    """A network's blocks, from the poster to the features: 16 of Lite0, 21 of Lite2."""
    return [
        Block(kernel, strides if not place else 1, expand, channels, residual=place > 0)
        for count, kernel, strides, expand, channels in _STAGES[name]
        for place in range(count)
    ]


def fine_block(name: str = EFFICIENTNET) -> int:
    """The last block that sees the picture at a sixteenth of its sides."""
    return sum(count for count, *_ in _STAGES[name][: _FINE_STAGE + 1]) - 1


def efficientnet_lite0(size: tuple[int, int], frozen_blocks: int = 0, start: bool = True) -> keras.Model:
    """Build Lite0 to be trained on.

    Args:
        size: height and width of the posters, pixels.
        frozen_blocks: the stem and so many blocks keep their pretrained weights. Batch normalisation never changes its
            statistics, in no block: a few films a batch say less about them than ImageNet did.
        start: load the pretrained weights; not wanted where others are loaded next.

    Returns:
        A model from float32 ``(batch, height, width, 3)`` in 0..1 to float32 ``(batch, 1392)``: the means of its 1,280
        last channels, and of the 112 after its 11th block, which still see small things.

    Raises:
        UserError: the pretrained weights are missing or damaged.
    """
    poster = keras.Input((*size, 3), name="poster")
    x = layers.Rescaling(255 / 128, -127 / 128, name="rescale")(poster)  # what the network was trained with
    x = NormalizedConv(_STEM, 3, 2, name="stem")(x)
    channels = _STEM
    for index, block in enumerate(block_list()):
        name, before = f"block_{index}", x
        if block.expand > 1:
            x = NormalizedConv(channels * block.expand, name=f"{name}_expand")(x)
        x = NormalizedConv(None, block.kernel, block.strides, name=f"{name}_depthwise")(x)
        x = NormalizedConv(block.channels, active=False, name=f"{name}_project")(x)
        if block.residual:
            x = layers.Add(name=f"{name}_add")([x, before])
        channels = block.channels
        if index == fine_block():
            fine = x
    x = NormalizedConv(_TOP, name="top")(x)
    means = [layers.GlobalAveragePooling2D(name="top_mean")(x), layers.GlobalAveragePooling2D(name="fine_mean")(fine)]
    model = keras.Model(poster, layers.Concatenate(name="lite0")(means), name="efficientnet")
    if start:
        _load(model)
    for layer in model.layers:
        if depth(layer.name) < frozen_blocks:
            layer.trainable = False
    return model


class NormalizedConv(layers.Layer):
    """A convolution, batch normalisation with the statistics it was trained with, and ReLU6.

    Only the kernel, the normalisation's scale and its shift learn. The scale is applied to the kernel, which is small,
    in place of the picture, which is not: that saves about a quarter of a training step.

    Args:
        filters: channels to give; None for a depthwise convolution, which gives those that it gets.
        size: side of the kernel.
        strides: of the convolution.
        active: whether ReLU6 follows.
    """

    def __init__(self, filters: int | None, size: int = 1, strides: int = 1, active: bool = True, **options):
        super().__init__(**options)
        self.filters, self.size, self.strides, self.active = filters, size, strides, active

    def build(self, shape):
        inputs = shape[-1]
        channels = self.filters or inputs
        shape = (self.size, self.size, inputs, self.filters or 1)
        self.kernel = self.add_weight(shape=shape, initializer="he_normal", name="kernel")
        self.gamma = self.add_weight(shape=(channels,), initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=(channels,), initializer="zeros", name="beta")
        self.mean = self.add_weight(shape=(channels,), initializer="zeros", trainable=False, name="mean")
        self.variance = self.add_weight(shape=(channels,), initializer="ones", trainable=False, name="variance")

    def call(self, inputs):
        scale = self.gamma * ops.rsqrt(self.variance + _EPSILON)
        shift = ops.cast(self.beta - self.mean * scale, inputs.dtype)
        if self.filters is None:
            kernel = ops.cast(self.kernel * scale[:, None], inputs.dtype)
            x = ops.depthwise_conv(inputs, kernel, self.strides, "same")
        else:
            x = ops.conv(inputs, ops.cast(self.kernel * scale, inputs.dtype), self.strides, "same")
        return ops.relu6(x + shift) if self.active else x + shift

    def compute_output_shape(self, shape):
        height, width, inputs = shape[1:]
        return (shape[0], -(-height // self.strides), -(-width // self.strides), self.filters or inputs)


class FrozenEfficientNet(layers.Layer):
    """A network as ImageNet left it: float32 posters ``(batch, height, width, 3)`` in 0..1 to float32 features.

    ``(batch, 1400)`` of Lite2: the means of its 1,280 last channels, and of the 120 that still see small things. The
    arrays are constants and not saved with a model.

    Args:
        network: which.

    Raises:
        UserError: the pretrained arrays are missing or damaged.
    """

    def __init__(self, network: str = EFFICIENTNET_2, **options):
        super().__init__(**options)
        self.network = network
        self._convolutions = _folded(network)

    def call(self, posters):
        seen = ops.concatenate([ops.mean(part, axis=(1, 2)) for part in self.maps(posters)], axis=-1)
        return ops.cast(seen, "float32")

    def maps(self, posters):
        """What is seen where, of which ``call`` gives the means: the last channels ``(batch, h, w, 1280)``, at a
        thirty-second of the poster's sides, and the fine ones, of Lite2 ``(batch, h, w, 120)``, at a sixteenth."""
        x = ops.cast(posters * (255 / 128) - 127 / 128, self.compute_dtype)
        x = self._convolve(x, "stem", 2)
        for index, block in enumerate(block_list(self.network)):
            at, before = f"block_{index}", x
            if block.expand > 1:
                x = self._convolve(x, f"{at}_expand")
            x = self._convolve(x, f"{at}_depthwise", block.strides)
            x = self._convolve(x, f"{at}_project", active=False)
            if block.residual:
                x = x + before
            if index == fine_block(self.network):
                fine = x
        return self._convolve(x, "top"), fine

    def _convolve(self, x, name: str, strides: int = 1, active: bool = True):
        kernel, shift = (ops.cast(constant(tensor), x.dtype) for tensor in self._convolutions[name])
        convolve = ops.depthwise_conv if name.endswith("depthwise") else ops.conv
        x = convolve(x, kernel, strides, "same") + shift
        return ops.relu6(x) if active else x

    def compute_output_shape(self, shape):
        return (shape[0], _TOP + block_list(self.network)[fine_block(self.network)].channels)


@functools.cache
def _folded(network: str) -> dict:
    """A network's kernels and shifts, normalisation folded in, as the backend's tensors; one copy a process."""
    arrays, folded = pretrained.load(network), {}
    for name in sorted({key.rsplit(".", 1)[0] for key in arrays}):
        kernel, gamma, beta, mean, variance = (arrays[f"{name}.{part}"] for part in _PARTS)
        scale = gamma / np.sqrt(variance + _EPSILON)
        kernel = kernel * (scale[:, None] if name.endswith("depthwise") else scale)
        folded[name] = ops.convert_to_tensor(kernel), ops.convert_to_tensor(beta - mean * scale)
    return folded


def depth(layer: str) -> int:
    """Where in the network a layer stands: -1 for the stem, its block's number, 16 for what follows the blocks."""
    if layer.startswith("block_"):
        return int(layer.split("_")[1])
    return len(block_list()) if layer.startswith("top") else -1


def _load(model: keras.Model) -> None:
    arrays = pretrained.load(EFFICIENTNET)
    for layer in model.layers:
        if isinstance(layer, NormalizedConv):
            layer.set_weights([arrays[f"{layer.name}.{part}"] for part in _PARTS])
