"""EfficientNet-Lite with ImageNet weights: Lite0 for fine-tuning on posters, Lite2 as a frozen feature extractor.

EfficientNet (Tan and Le 2019) in its variant for small devices: without squeeze-and-excitation, ReLU6 in place of
swish.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
from keras import layers, ops

from genreclf.models.common import constant, frozen_tensors
from genreclf.pretrained import CONVOLUTION, EFFICIENTNET, EFFICIENTNET_2, EPSILON, load

# (blocks, kernel size, stride of the first, expansion, channels)
_STAGES = {
    EFFICIENTNET: ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112),
                   (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)),
    EFFICIENTNET_2: ((1, 3, 1, 1, 16), (3, 3, 2, 6, 24), (3, 5, 2, 6, 48), (4, 3, 2, 6, 88), (4, 5, 1, 6, 120),
                     (5, 5, 2, 6, 208), (1, 3, 1, 6, 352)),
}  # fmt: skip
FINE_BLOCK = {EFFICIENTNET: 10, EFFICIENTNET_2: 14}  # the last at a sixteenth of the poster's height and width
_STEM_CHANNELS = 32
_TOP_CHANNELS = 1280


class Block(NamedTuple):
    """One inverted residual block."""

    kernel: int
    strides: int
    expand: int
    channels: int
    residual: bool


def block_list(network: str = EFFICIENTNET) -> list[Block]:
    """A network's blocks, from the input to the output: 16 of Lite0, 21 of Lite2."""
    return [
        Block(kernel, 1 if index else strides, expand, channels, residual=index > 0)
        for count, kernel, strides, expand, channels in _STAGES[network]
        for index in range(count)
    ]


def _feature_maps(network: str, posters: Any, convolve: Callable[..., Any]) -> tuple[Any, Any]:
    """Apply a network's stem, blocks and top to normalised posters, and return its last and its fine feature maps.

    ``convolve(inputs, name, filters, size, strides, active)`` applies one convolution (see ``NormalizedConv``).
    """
    x = fine = convolve(posters, "stem", _STEM_CHANNELS, 3, 2)
    for index, block in enumerate(block_list(network)):
        name, block_input = f"block_{index}", x
        if block.expand > 1:
            x = convolve(x, f"{name}_expand", x.shape[-1] * block.expand)
        x = convolve(x, f"{name}_depthwise", None, block.kernel, block.strides)
        x = convolve(x, f"{name}_project", block.channels, active=False)
        if block.residual:
            x = x + block_input
        if index == FINE_BLOCK[network]:
            fine = x
    return convolve(x, "top", _TOP_CHANNELS), fine


def efficientnet_lite0(size: tuple[int, int], frozen_blocks: int = 0, pretrained: bool = True) -> keras.Model:
    """Build Lite0 for fine-tuning: 3,413,024 parameters.

    Args:
        size: height and width of the posters, pixels.
        frozen_blocks: the stem and this many blocks are not trained. The statistics of batch normalisation never are:
            a batch of a few films estimates them worse than ImageNet did.
        pretrained: load the ImageNet weights; not needed where trained weights are loaded next.

    Returns:
        A model from float32 ``(batch, height, width, 3)`` in 0..1 to float32 ``(batch, 1392)``: the means of the last
        1,280 feature maps, and of the 112 after the 11th block, which still resolve small things.

    Raises:
        UserError: the pretrained weights are missing or damaged.
    """

    def convolve(inputs, name: str, *shape, **options):
        return NormalizedConv(*shape, name=name, **options)(inputs)

    posters = keras.Input((*size, 3), name="poster")
    x = layers.Rescaling(255 / 128, -127 / 128, name="rescale")(posters)  # as in pretraining
    maps = zip(("top_mean", "fine_mean"), _feature_maps(EFFICIENTNET, x, convolve), strict=True)
    means = [layers.GlobalAveragePooling2D(name=name)(x) for name, x in maps]
    model = keras.Model(posters, layers.Concatenate(name="lite0")(means), name="efficientnet")
    arrays = load(EFFICIENTNET) if pretrained else {}
    for layer in model.layers:
        if pretrained and isinstance(layer, NormalizedConv):
            layer.set_weights([arrays[f"{layer.name}.{array}"] for array in CONVOLUTION])
        layer.trainable = depth(layer.name) >= frozen_blocks
    return model


class NormalizedConv(layers.Layer):
    """A convolution, batch normalisation with fixed statistics, and ReLU6.

    The kernel and the normalisation's scale and shift are trained. The scale is applied to the kernel, not to the much
    larger feature maps, which saves about a quarter of a training step.

    Args:
        filters: number of output channels; None for a depthwise convolution, which has as many as its input.
        size: height and width of the kernel.
        strides: of the convolution.
        active: whether ReLU6 follows.
    """

    def __init__(self, filters: int | None, size: int = 1, strides: int = 1, active: bool = True, **options):
        super().__init__(**options)
        self.filters, self.size, self.strides, self.active = filters, size, strides, active

    def build(self, shape):
        channels = self.filters or shape[-1]
        kernel_shape = (self.size, self.size, shape[-1], self.filters or 1)
        self.kernel = self.add_weight(shape=kernel_shape, initializer="he_normal", name="kernel")
        self.gamma = self.add_weight(shape=(channels,), initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=(channels,), initializer="zeros", name="beta")
        self.mean = self.add_weight(shape=(channels,), initializer="zeros", trainable=False, name="mean")
        self.variance = self.add_weight(shape=(channels,), initializer="ones", trainable=False, name="variance")

    def call(self, inputs):
        kernel, shift = _fold(self.kernel, self.gamma, self.beta, self.mean, self.variance, self.filters is None)
        return _convolve(inputs, kernel, shift, self.filters is None, self.strides, self.active)

    def compute_output_shape(self, shape):
        height, width, inputs = shape[1:]
        return (shape[0], -(-height // self.strides), -(-width // self.strides), self.filters or inputs)


def _fold(kernel, gamma, beta, mean, variance, depthwise: bool) -> tuple[Any, Any]:
    """Fold a batch normalisation into the kernel and a shift per channel."""
    scale = gamma * ops.rsqrt(variance + EPSILON)
    return kernel * (scale[:, None] if depthwise else scale), beta - mean * scale


def _convolve(inputs, kernel, shift, depthwise: bool, strides: int, active: bool):
    kernel, shift = ops.cast(kernel, inputs.dtype), ops.cast(shift, inputs.dtype)
    x = (ops.depthwise_conv if depthwise else ops.conv)(inputs, kernel, strides, "same") + shift
    return ops.relu6(x) if active else x


class FrozenEfficientNet(layers.Layer):
    """A network with its ImageNet weights as constants, which are not saved with a model.

    From float32 posters ``(batch, height, width, 3)`` in 0..1 to two feature maps in float32: the last ``(batch, h/32,
    w/32, 1280)``, and the fine ones, which still resolve small things, for Lite2 ``(batch, h/16, w/16, 120)``.

    Args:
        network: its name (see ``genreclf.pretrained``).

    Raises:
        UserError: the pretrained weights are missing or damaged.
    """

    def __init__(self, network: str = EFFICIENTNET_2, **options):
        super().__init__(**options)
        self.network = network
        frozen_tensors(network)

    def call(self, posters):
        def convolve(x, name: str, filters: int | None, size: int = 1, strides: int = 1, active: bool = True):
            kernel, shift = (constant(self.network, f"{name}.{array}") for array in ("kernel", "shift"))
            return _convolve(x, kernel, shift, filters is None, strides, active)

        maps = _feature_maps(self.network, ops.cast(posters * (255 / 128) - 127 / 128, self.compute_dtype), convolve)
        return [ops.cast(each, "float32") for each in maps]

    def compute_output_shape(self, shape):
        batch, height, width, _ = shape
        fine = block_list(self.network)[FINE_BLOCK[self.network]].channels
        return [
            (batch, -(-height // 32), -(-width // 32), _TOP_CHANNELS),
            (batch, -(-height // 16), -(-width // 16), fine),
        ]


def depth(layer: str) -> int:
    """The position of a layer: -1 up to the stem, its block's index, 16 after the blocks."""
    if layer.startswith("block_"):
        return int(layer.split("_")[1])
    return len(block_list()) if layer.startswith("top") else -1
