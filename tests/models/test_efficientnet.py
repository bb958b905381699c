import keras
import numpy as np
import pytest

from genreclf import paths, pretrained
from genreclf.errors import UserError
from genreclf.models.efficientnet import (
    FINE_BLOCK,
    FrozenEfficientNet,
    NormalizedConv,
    block_list,
    depth,
    efficientnet_lite0,
)
from genreclf.models.fusion import PART_FEATURES
from genreclf.pretrained import EFFICIENTNET, EFFICIENTNET_2

SIZE = (48, 32)  # small, to be quick


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return efficientnet_lite0(SIZE, frozen_blocks=3)


def test_it_is_lite0(network):
    blocks = block_list()
    assert len(blocks) == 16
    assert [index for index, block in enumerate(blocks) if block.strides == 2] == [1, 3, 5, 11]
    assert [block.channels for block in blocks if not block.residual] == [16, 24, 40, 80, 112, 192, 320]
    assert network.count_params() == 3_413_024
    kinds = {type(layer).__name__ for layer in network.layers}
    assert not kinds & {"Multiply", "Dense"}  # no squeeze and excitation, no classifier


def test_a_poster_becomes_features(network):
    features = network(np.random.default_rng(0).random((2, *SIZE, 3), np.float32)).numpy()
    assert (features.dtype, features.shape) == (np.float32, (2, 1392))
    assert np.isfinite(features).all()
    top = features[:, :1280]
    assert top.min() >= 0
    assert top.max() <= 6
    assert np.abs(features[0] - features[1]).max() > 0.1


def test_it_starts_with_the_pretrained_weights(network):
    arrays = pretrained.load(EFFICIENTNET)
    weights = {f"{layer.name}.{weight.name}": weight.numpy() for layer in network.layers for weight in layer.weights}
    assert set(weights) == set(arrays)
    for name, array in arrays.items():
        assert np.array_equal(weights[name], array), name


def test_its_features_are_meaningful(network):
    """The weights are in the right places: two shades of one picture are closer than two pictures."""
    down, across = np.mgrid[0 : SIZE[0], 0 : SIZE[1]].astype(np.float32)
    rings = np.sin(np.hypot(down - 24, across - 16))[..., None] * np.ones(3, np.float32) / 2 + 0.5
    stripes = np.sin(down / 2)[..., None] * np.ones(3, np.float32) / 2 + 0.5
    features = network(np.stack([rings, rings * 0.9, stripes])).numpy()
    near, far = np.linalg.norm(features[0] - features[1]), np.linalg.norm(features[0] - features[2])
    assert near < far / 2


@pytest.mark.parametrize("frozen", [0, 3, 16])
def test_frozen_blocks_do_not_learn_and_statistics_never_do(network, frozen):
    network = network if frozen == 3 else efficientnet_lite0(SIZE, frozen, pretrained=False)
    learning = {variable.path.split("/")[0] for variable in network.trainable_variables}
    with_weights = {layer.name for layer in network.layers if layer.weights}
    assert learning == {name for name in with_weights if depth(name) >= frozen}
    assert "stem" not in learning
    assert "top" in learning
    kinds = {variable.name for variable in network.trainable_variables}
    assert kinds == {"kernel", "gamma", "beta"}


def test_training_normalises_as_prediction_does(network):
    posters = np.random.default_rng(0).random((2, *SIZE, 3), np.float32)
    before = [variable.numpy() for variable in network.non_trainable_variables]
    assert np.array_equal(network(posters, training=True).numpy(), network(posters, training=False).numpy())
    for variable, values in zip(network.non_trainable_variables, before, strict=True):
        assert np.array_equal(variable.numpy(), values)


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize(("filters", "size", "strides"), [(7, 1, 1), (7, 3, 2), (None, 3, 1), (None, 5, 2)])
def test_a_normalised_convolution_equals_two_layers_of_keras(filters, size, strides, active):
    """With odd and even sides, since strides of 2 pad them differently."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(2, 9, 12, 5)).astype(np.float32) * 3
    kernel = {"kernel_size": size, "strides": strides, "padding": "same", "use_bias": False}
    keras_layers = [
        keras.layers.Conv2D(filters, **kernel) if filters else keras.layers.DepthwiseConv2D(**kernel),
        keras.layers.BatchNormalization(epsilon=1e-3),
        *([keras.layers.ReLU(6)] if active else []),
    ]
    expected = keras.Sequential([keras.Input((9, 12, 5)), *keras_layers])
    channels = filters or 5
    weights = [rng.normal(size=expected.weights[0].shape), *rng.normal(size=(3, channels)),
               rng.random(channels) + 0.1]  # fmt: skip
    expected.set_weights(weights)
    layer = NormalizedConv(filters, size, strides, active)
    layer.build(inputs.shape)
    layer.set_weights(weights)
    found = layer(inputs).numpy()
    assert np.allclose(found, expected(inputs, training=False).numpy(), atol=1e-4)
    assert layer.compute_output_shape(inputs.shape) == found.shape


def test_the_frozen_network_equals_the_untrained_one(network):
    posters = np.random.default_rng(0).random((2, *SIZE, 3), np.float32)
    frozen = FrozenEfficientNet(EFFICIENTNET)
    maps = frozen(posters)
    assert [each.shape for each in maps] == frozen.compute_output_shape(posters.shape)
    found = np.concatenate([each.numpy().mean(axis=(1, 2)) for each in maps], axis=1)
    assert np.allclose(found, network(posters).numpy(), atol=1e-3)
    assert frozen.weights == []  # constants: neither trained nor saved


def test_lite2_is_deeper_and_wider():
    blocks = block_list(EFFICIENTNET_2)
    assert len(blocks) == 21
    assert [index for index, block in enumerate(blocks) if block.strides == 2] == [1, 4, 7, 15]
    assert [block.channels for block in blocks if not block.residual] == [16, 24, 48, 88, 120, 208, 352]
    for network, last in FINE_BLOCK.items():
        strides = [block.strides for block in block_list(network)]
        assert 2 * np.prod(strides[: last + 1]) == 16  # the stem halves the poster, too
        assert strides[last + 1] == 2
    maps = [each.numpy() for each in FrozenEfficientNet()(np.random.default_rng(0).random((2, *SIZE, 3), np.float32))]
    assert sum(each.shape[-1] for each in maps) == PART_FEATURES["poster"]
    for each in maps:
        assert each.dtype == np.float32
        assert np.isfinite(each).all()
        assert np.abs(each[0] - each[1]).max() > 0.1


def test_missing_pretrained_weights_are_reported_if_they_are_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "PRETRAINED", tmp_path)
    with pytest.raises(UserError, match=r"efficientnet-lite0\.npz is missing or damaged"):
        efficientnet_lite0(SIZE)
    efficientnet_lite0(SIZE, pretrained=False)


@pytest.mark.parametrize(
    ("layer", "place"),
    [("stem", -1), ("rescale", -1), ("block_0_depthwise", 0), ("block_15_add", 15), ("top", 16)],
)
def test_depth_is_the_index_of_the_block(layer, place):
    assert depth(layer) == place
