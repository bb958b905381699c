import keras
import numpy as np
import pytest

from genreclf.data.overviews import PieceEncoder
from genreclf.genres import NUM_GENRES
from genreclf.models import create_model, get_spec
from genreclf.models.fusion import PART_FEATURES
from genreclf.models.minilm import WIDTH
from genreclf.models.overview import QUERIES, MeanAndAttention

RATES = np.linspace(0.01, 0.6, NUM_GENRES)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return create_model("overview", output_bias=np.log(RATES / (1 - RATES)))


@pytest.fixture(scope="module")
def ids() -> np.ndarray:
    return PieceEncoder()(["A ghost haunts the house of a family that moved in.", "Love and war.", ""])


def test_it_starts_at_the_base_rates(model, ids):
    probabilities = model(ids).numpy()
    assert (probabilities.dtype, probabilities.shape) == (np.float32, (3, NUM_GENRES))
    assert np.allclose(probabilities, RATES, atol=1e-6)
    assert model.input_shape == (None, None)


def test_its_number_of_parameters(model):
    """The trained ones at rank 16, without the 22.6 million frozen ones."""
    assert model.count_params() == 648_601
    assert sum(int(np.prod(variable.shape)) for variable in model.trainable_variables) == 648_601


def test_its_weights_file_is_small_and_complete(model, ids, tmp_path):
    head = model.get_layer("genres")
    before = head.get_weights()
    rng = np.random.default_rng(1)
    head.set_weights([rng.normal(size=(PART_FEATURES["overview"], NUM_GENRES)) / 50, before[1]])
    expected = model(ids).numpy()
    model.save_weights(tmp_path / "model.weights.h5")
    head.set_weights(before)
    assert (tmp_path / "model.weights.h5").stat().st_size < 4_000_000
    again = create_model("overview", pretrained=False)
    again.load_weights(tmp_path / "model.weights.h5")
    assert np.allclose(again(ids).numpy(), expected, atol=1e-6)
    assert np.ptp(expected, axis=0).min() > 1e-4


def test_its_features_start_as_means_that_ignore_padding(model, ids):
    extractor = keras.Model(model.input, model.get_layer("features").output)
    features = extractor(ids).numpy()
    assert features.shape == (3, PART_FEATURES["overview"])
    blocks = features.reshape(3, 1 + QUERIES, WIDTH)
    assert np.allclose(blocks, blocks[:, :1], atol=1e-5)
    assert np.allclose(extractor(np.pad(ids, [(0, 0), (0, 20)])).numpy(), features, atol=2e-5)
    assert np.isfinite(extractor(np.zeros((1, 4), np.int32)).numpy()).all()  # nothing but padding


def test_a_query_attends_to_similar_vectors():
    vectors = np.eye(4, dtype=np.float32)[None, :3]  # three pieces in different directions
    ids = np.array([[5, 6, 0]], np.int32)
    pool = MeanAndAttention(2)
    pool(vectors, ids)
    pool.set_weights([np.array([[0, 9], [9, 0], [99, 99], [0, 0]], np.float32)])  # the third piece is padding
    mean, first, second = pool(vectors, ids).numpy().reshape(3, 4)
    assert np.allclose(mean, [0.5, 0.5, 0, 0])
    assert np.allclose(first, [0, 1, 0, 0], atol=1e-3)
    assert np.allclose(second, [1, 0, 0, 0], atol=1e-3)


def test_its_options_reach_the_layers():
    model = create_model("overview", rank=1, dropout=0.2, head_dropout=0.4)
    assert model.get_layer("minilm").rank == 1
    assert {drop.rate for drop in model.get_layer("minilm")._drops} == {0.2}
    assert model.get_layer("genres_drop").rate == 0.4
    assert get_spec("overview").structure == ("rank",)
