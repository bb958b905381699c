import keras
import numpy as np
import pytest
from keras import layers

from genreclf.errors import UserError
from genreclf.genres import NUM_GENRES
from genreclf.models import create_model, get_spec
from genreclf.models.fusion import PART_FEATURES
from genreclf.models.poster import BLOCKS

RATES = np.linspace(0.01, 0.6, NUM_GENRES)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return create_model("poster", frozen_blocks=11, head_dropout=0.2, output_bias=np.log(RATES / (1 - RATES)))


@pytest.fixture
def requests(monkeypatch) -> list[dict]:
    """Replace a network of ``keras.applications`` by a small one; the arguments of each call."""
    calls = []

    def network(**options):
        calls.append(options)
        return keras.Sequential([
            keras.Input(options["input_shape"]),
            *(layer for at in range(4) for layer in (layers.Conv2D(3, 1, 2, name=f"conv_{at}"),
                                                     layers.BatchNormalization(name=f"norm_{at}"))),
        ])  # fmt: skip

    monkeypatch.setattr(keras.applications, "MobileNetV3Small", network)
    return calls


def test_it_starts_at_the_base_rates(model):
    assert model.input_shape == (None, *get_spec("poster").poster_size, 3) == (None, 320, 216, 3)
    probabilities = model(np.random.default_rng(0).random((2, 320, 216, 3), np.float32)).numpy()
    assert (probabilities.dtype, probabilities.shape) == (np.float32, (2, NUM_GENRES))
    assert np.allclose(probabilities, RATES, atol=1e-6)


def test_it_has_a_trained_and_a_frozen_network_with_an_output_each(model):
    assert model.count_params() == 3_413_024 + (1392 + 1 + PART_FEATURES["poster"] + 1) * NUM_GENRES
    assert model.get_layer("features").output.shape == (None, PART_FEATURES["poster"])
    assert model.get_layer("trained_drop").rate == model.get_layer("frozen_drop").rate == 0.2
    assert not model.get_layer("block_10_project").trainable
    assert model.get_layer("block_11_expand").trainable
    learning = {variable.path.split("/")[0] for variable in model.trainable_variables}
    assert {"trained", "frozen"} < learning
    assert "features" not in learning


@pytest.mark.parametrize("frozen", [0, 8, 16])
def test_a_network_of_keras_by_its_name(requests, frozen):
    model = create_model("poster", backbone="MobileNetV3Small", frozen_blocks=frozen)
    assert requests == [{"include_top": False, "weights": "imagenet", "input_shape": (320, 216, 3), "pooling": None}]
    network = next(layer for layer in model.layers if isinstance(layer, keras.Model))
    learning = [layer.name for layer in network.layers if layer.trainable]
    assert learning == [f"conv_{at}" for at in range(4) if 2 * at >= 8 * frozen / BLOCKS]  # never the normalisation
    posters = np.random.default_rng(0).random((2, 320, 216, 3), np.float32)
    assert model(posters).shape == (2, NUM_GENRES)
    assert model.get_layer("application_mean").output.shape == (None, 3)
    assert model.get_layer("features").output.shape == (None, PART_FEATURES["poster"])  # so that fusion can use it


def test_a_network_of_keras_gets_posters_in_0_to_255(requests):
    model = create_model("poster", backbone="MobileNetV3Small")
    assert float(np.max(model.get_layer("rescale")(np.ones((1, 2, 2, 3), np.float32)))) == 255


def test_trained_weights_of_a_network_of_keras_need_no_internet(requests, tmp_path):
    trained = create_model("poster", backbone="MobileNetV3Small")
    trained.save_weights(tmp_path / "model.weights.h5")
    again = create_model("poster", pretrained=False, backbone="MobileNetV3Small")
    assert requests[-1]["weights"] is None
    again.load_weights(tmp_path / "model.weights.h5")
    posters = np.random.default_rng(0).random((1, 320, 216, 3), np.float32)
    features = (keras.Model(model.input, model.get_layer("application_mean").output) for model in (trained, again))
    read, reread = (extractor(posters) for extractor in features)
    assert np.array_equal(read.numpy(), reread.numpy())


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Exception("URL fetch failure on https://storage/x.h5: None -- [Errno -3]\nmore"), "fetch failure on https"),
        (OSError(28, "No space left on device"), "No space left"),
        (Exception(), "Exception"),
    ],
    ids=["offline", "full", "silent"],
)
def test_weights_that_cannot_be_downloaded_are_reported(monkeypatch, error, reason):
    def fail(**options):
        raise error

    monkeypatch.setattr(keras.applications, "ConvNeXtTiny", fail)
    sentence = f"weights of ConvNeXtTiny could not be downloaded .*{reason}.*efficientnet-lite0"
    with pytest.raises(UserError, match=sentence) as info:
        create_model("poster", backbone="ConvNeXtTiny")
    assert "\n" not in str(info.value)
