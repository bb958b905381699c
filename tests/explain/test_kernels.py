"""Kernels and feature maps: the arithmetic, and what the lesson says of the shipped ones."""

import numpy as np
import pytest

from genreclf import paths
from genreclf.errors import UserError
from genreclf.explain.kernels import (
    LAYERS,
    feature_maps,
    halved,
    kernels,
    mosaic,
    pattern_share,
    random_kernels,
    strongest,
)
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import read_weights


@pytest.fixture(scope="module")
def shipped_predictor():
    """A function from a model's name to the predictor that is shipped for real films."""
    return lambda model: Predictor(read_weights(paths.SHIPPED_WEIGHTS / "imdb" / model, "shipped"))


def test_an_edge_in_one_colour_is_one_pattern_and_random_numbers_are_not():
    edge = np.zeros((3, 3, 3), np.float32)
    edge[0], edge[2] = [0.2, -0.4, 0.1], [-0.2, 0.4, -0.1]
    assert pattern_share(np.stack([edge, 5 * edge])) == pytest.approx([1, 1])
    least = np.zeros((1, 3, 3, 3))
    least[0, 0, 0, 0] = least[0, 1, 1, 1] = least[0, 2, 2, 2] = 1  # each colour has a pattern of its own
    assert pattern_share(least) == pytest.approx([1 / 3])
    assert pattern_share(random_kernels(2000)).mean() == pytest.approx(0.57, abs=0.01)


def test_kernels_of_posters_are_like_random_numbers_and_those_of_photographs_are_patterns(shipped_predictor):
    """As the lesson says."""
    found = kernels(shipped_predictor("cnn"))
    assert found.shape == (16, 3, 3, 3)
    samples = [pattern_share(random_kernels(16, seed)).mean() for seed in range(200)]
    assert np.quantile(samples, 0.025) < pattern_share(found).mean() < np.quantile(samples, 0.975)
    photographs = kernels(shipped_predictor("poster"))
    assert photographs.shape == (27, 3, 3, 3)
    assert pattern_share(photographs).mean() > 0.9


def test_the_kernels_of_the_cnn_are_close_to_those_that_its_training_started_from(shipped_predictor):
    """Also as the lesson says: training with the same seed starts from the same numbers."""
    from genreclf.models import create_model
    from genreclf.training import backends

    predictor = shipped_predictor("cnn")
    card = predictor.weights.card
    backends.seed_all(card["seed"])
    start = create_model("cnn", **card["settings"]["model_options"]).get_layer("conv_1").get_weights()[0]
    assert np.corrcoef(start.ravel(), predictor.weight("conv_1/kernel").ravel())[0, 1] > 0.98


def test_maps_of_the_cnn_are_those_of_keras(random_predictor, some_poster):
    import keras

    from genreclf.models import create_model

    predictor, poster = random_predictor("cnn"), some_poster((64, 64))
    model = create_model("cnn")
    model.load_weights(predictor.weights.file)
    outputs = [model.get_layer(layer).output for layer in LAYERS["cnn"]]
    expected = keras.Model(model.input, outputs)(poster[None] / np.float32(255))
    for layer, maps in zip(LAYERS["cnn"], expected, strict=True):
        np.testing.assert_allclose(feature_maps(predictor, poster, layer), maps[0], atol=1e-4)


def test_the_last_maps_of_the_cnn_lead_to_its_output(shipped_predictor, some_poster):
    """Without Keras: ONNX Runtime agrees, too."""
    predictor, poster = shipped_predictor("cnn"), some_poster((64, 64))
    values = halved(feature_maps(predictor, poster, "conv_4b")).ravel()
    for dense in ("dense_1", "dense_2"):
        values = np.maximum(0, values @ predictor.weight(f"{dense}/kernel") + predictor.weight(f"{dense}/bias"))
    np.testing.assert_allclose(values, predictor.layers(["dense_2"], poster[None])[0][0], atol=1e-3)


def test_maps_of_the_pretrained_network(shipped_predictor, some_poster):
    from genreclf.models.efficientnet import FrozenEfficientNet
    from genreclf.pretrained import EFFICIENTNET_2, frozen_arrays

    predictor = shipped_predictor("poster")
    poster = some_poster(predictor.spec.poster_size)
    top, fine = FrozenEfficientNet()(poster[None] / np.float32(255))
    np.testing.assert_allclose(feature_maps(predictor, poster, "top"), top[0], atol=1e-2)
    np.testing.assert_allclose(feature_maps(predictor, poster, "fine"), fine[0], atol=1e-2)

    from keras import ops

    arrays = frozen_arrays(EFFICIENTNET_2)
    inputs = poster[None].astype(np.float32) / 255 * (255 / 128) - 127 / 128
    stem = ops.relu6(ops.conv(inputs, arrays["stem.kernel"], 2, "same") + arrays["stem.shift"])
    np.testing.assert_allclose(feature_maps(predictor, poster, "stem"), stem[0], atol=1e-4)


def test_other_models_and_layers_are_errors(random_predictor, some_poster):
    with pytest.raises(UserError, match="cnn-small"):
        kernels(random_predictor("cnn-small"))
    with pytest.raises(UserError, match="cnn-small"):
        feature_maps(random_predictor("cnn-small"), some_poster((64, 64)), "conv_1")
    with pytest.raises(UserError, match="conv_9"):
        feature_maps(random_predictor("cnn"), some_poster((64, 64)), "conv_9")


def test_the_strongest_maps_differ_from_place_to_place_and_from_each_other():
    rng = np.random.default_rng(0)
    flat, weak, strong = np.full((6, 5), 9.0), rng.normal(size=(6, 5)), 5 * rng.normal(size=(6, 5))
    assert strongest(np.stack([flat, weak, strong, -strong, weak], axis=-1), 4) == [2, 1]


def test_a_mosaic_has_all_tiles_with_transparent_gaps():
    values = np.stack([np.eye(2), np.zeros((2, 2)), [[0, 4], [2, 0]]])
    picture = mosaic(values, 2, (10, 20), gap=4)
    assert picture.shape == (44, 24, 4)
    assert picture[0, 0].tolist() == [255, 255, 255, 255]
    assert picture[0, 9].tolist() == [0, 0, 0, 255]
    assert picture[24, 9].tolist() == [255, 255, 255, 255]  # the third tile's largest value
    assert not picture[:, 10:14].any()
    assert not picture[20:24].any()
    assert not picture[24:, 14:].any()
    kernel = np.zeros((1, 3, 3, 3))
    kernel[0, 0, 0] = [2, -2, 1]
    assert mosaic(kernel, 1, (3, 3))[0, :2, :3].tolist() == [[255, 0, 191], [128, 128, 128]]
