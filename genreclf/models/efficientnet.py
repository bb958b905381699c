"""EfficientNet-Lite0: a poster to 1,392 features, 3,413,024 parameters, trained on ImageNet.

EfficientNet (Tan and Le 2019) in the variant for small devices: no squeeze-and-excitation, ReLU6 in place of swish.
"""

from typing import NamedTuple

import keras
from keras import layers, ops

from genreclf import pretrained

# (blocks, kernel, strides of the first, expansion, channels)
_STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
           (1, 3, 1, 6, 320))  # fmt: skip
_STEM = 32  # channels
_TOP = 1280
_PARTS = ("kernel", "gamma", "beta", "mean", "variance")
_EPSILON = 1e-3  # of the normalisations, as trained
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
        if index == _FINE:
            fine = x
    x = NormalizedConv(_TOP, name="top")(x)
    means = [layers.GlobalAveragePooling2D(name="top_mean")(x), layers.GlobalAveragePooling2D(name="fine_mean")(fine)]
    model = keras.Model(poster, layers.Concatenate(name="features")(means), name="efficientnet")
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


def depth(layer: str) -> int:
    """Where in the network a layer stands: -1 for the stem, its block's number, 16 for what follows the blocks."""
    if layer.startswith("block_"):
        return int(layer.split("_")[1])
    return len(block_list()) if layer.startswith("top") else -1


def _load(model: keras.Model) -> None:
    arrays = pretrained.load(pretrained.EFFICIENTNET)
    for layer in model.layers:
        if isinstance(layer, NormalizedConv):
            layer.set_weights([arrays[f"{layer.name}.{part}"] for part in _PARTS])
