"""EfficientNet-Lite0: a poster to 1,392 features, 3,413,024 parameters, trained on ImageNet.

EfficientNet (Tan and Le 2019) in the variant for small devices: no squeeze-and-excitation, ReLU6 in place of swish.
"""

from typing import NamedTuple

import keras
import numpy as np
from keras import layers

from genreclf import pretrained

# (blocks, kernel, strides of the first, expansion, channels)
_STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
           (1, 3, 1, 6, 320))  # fmt: skip
_STEM = 32  # channels
_TOP = 1280
_FINE = 10  # the block after which the picture still has a sixteenth of its sides


class Block(NamedTuple):
    """One inverted residual block."""

    kernel: int
    strides: int
    expand: int
    channels: int
    residual: bool


def block_list() -> list[Block]:
    """The network's 16 blocks, from the poster to the features."""
    return [
        Block(kernel, strides if not place else 1, expand, channels, residual=place > 0)
        for count, kernel, strides, expand, channels in _STAGES
        for place in range(count)
    ]


def efficientnet_lite0(size: tuple[int, int], frozen_blocks: int = 0, start: bool = True) -> keras.Model:
    """Build the network.

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

    def convolve(x, name: str, channels: int, kernel: int = 1, strides: int = 1):
        return layers.Conv2D(channels, kernel, strides, "same", use_bias=False, name=name)(x)

    def normalise(x, name: str, active: bool = True):
        x = FixedNormalization(name=name)(x)
        return layers.ReLU(6, name=f"{name}_relu")(x) if active else x

    x = normalise(convolve(x, "stem", _STEM, 3, 2), "stem_norm")
    channels = _STEM
    for index, block in enumerate(block_list()):
        name, before = f"block_{index}", x
        if block.expand > 1:
            x = normalise(convolve(x, f"{name}_expand", channels * block.expand), f"{name}_norm_1")
        x = layers.DepthwiseConv2D(block.kernel, block.strides, "same", use_bias=False, name=f"{name}_depthwise")(x)
        x = normalise(x, f"{name}_norm_2")
        x = normalise(convolve(x, f"{name}_project", block.channels), f"{name}_norm_3", active=False)
        if block.residual:
            x = layers.Add(name=f"{name}_add")([x, before])
        channels = block.channels
        if index == _FINE:
            fine = x
    x = normalise(convolve(x, "top", _TOP), "top_norm")
    means = [layers.GlobalAveragePooling2D(name="top_mean")(x), layers.GlobalAveragePooling2D(name="fine_mean")(fine)]
    model = keras.Model(poster, layers.Concatenate(name="features")(means), name="efficientnet")
    if start:
        _load(model)
    for layer in model.layers:
        if depth(layer.name) < frozen_blocks:
            layer.trainable = False
    return model


class FixedNormalization(layers.Layer):
    """Batch normalisation with the statistics it was trained with; only its scale and shift learn."""

    def build(self, shape):
        size = shape[-1:]
        self.gamma = self.add_weight(shape=size, initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=size, initializer="zeros", name="beta")
        self.mean = self.add_weight(shape=size, initializer="zeros", trainable=False, name="mean")
        self.variance = self.add_weight(shape=size, initializer="ones", trainable=False, name="variance")

    def call(self, inputs):
        factor = self.gamma * keras.ops.rsqrt(self.variance + 1e-3)
        return inputs * keras.ops.cast(factor, inputs.dtype) + keras.ops.cast(
            self.beta - self.mean * factor, inputs.dtype
        )


def depth(layer: str) -> int:
    """Where in the network a layer stands: -1 for the stem, its block's number, 16 for what follows the blocks."""
    if layer.startswith("block_"):
        return int(layer.split("_")[1])
    return len(block_list()) if layer.startswith("top") else -1


def _load(model: keras.Model) -> None:
    arrays = pretrained.load(pretrained.EFFICIENTNET)
    for layer in model.layers:
        if isinstance(layer, FixedNormalization):
            layer.set_weights([arrays[f"{layer.name}.{part}"] for part in ("gamma", "beta", "mean", "variance")])
        elif layer.weights:
            layer.set_weights([np.asarray(arrays[f"{layer.name}.kernel"])])
