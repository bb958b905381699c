import keras
import numpy as np
import pytest

from genreclf.calibration import sigmoid
from genreclf.genres import NUM_GENRES
from genreclf.models import create_model, get_spec
from genreclf.models.fusion import INITIAL_SCALE, PART_FEATURES

WIDTH = sum(NUM_GENRES + features for features in PART_FEATURES.values())

RATES = np.linspace(0.01, 0.6, NUM_GENRES)
BASE = np.log(RATES / (1 - RATES))


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(4, WIDTH)).astype(np.float32) * 2


def logits_of(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The log-odds of the poster and of the overview, which precede their features."""
    second = NUM_GENRES + PART_FEATURES["poster"]
    return rows[:, :NUM_GENRES], rows[:, second : second + NUM_GENRES]


def test_it_starts_as_a_product_of_experts(rows):
    """The base rates, which both parts' log-odds contain, count once."""
    model = create_model("fusion", output_bias=BASE)
    poster, overview = logits_of(rows)
    probabilities = model(rows).numpy()
    assert (probabilities.dtype, probabilities.shape) == (np.float32, (4, NUM_GENRES))
    expected = INITIAL_SCALE * (poster + overview) + (1 - 2 * INITIAL_SCALE) * BASE
    assert np.allclose(probabilities, sigmoid(expected), atol=1e-5)
    base_rates_only = rows.copy()
    logits_of(base_rates_only)[0][:] = logits_of(base_rates_only)[1][:] = BASE
    assert np.allclose(model(base_rates_only).numpy(), RATES, atol=1e-5)


def test_without_base_rates_it_starts_as_the_sum(rows):
    poster, overview = logits_of(rows)
    assert np.allclose(create_model("fusion")(rows).numpy(), sigmoid(INITIAL_SCALE * (poster + overview)), atol=1e-5)


def test_its_input_has_the_width_of_its_parts_features(rows):
    spec = get_spec("fusion")
    assert tuple(PART_FEATURES) == spec.parts == ("poster", "overview")
    assert spec.poster_size == get_spec("poster").poster_size
    assert WIDTH == 3370
    model = create_model("fusion", feature_dropout=0.1)
    assert model.input_shape == (None, WIDTH)
    assert model.get_layer("drop").rate == 0.1


def test_features_count_if_they_have_weights(rows):
    model = create_model("fusion")
    together = model.get_layer("together")
    kernel = np.zeros((sum(PART_FEATURES.values()), NUM_GENRES), np.float32)
    kernel[0, 3], kernel[PART_FEATURES["poster"], 4] = 1.0, 1.0  # the first feature of either
    together.set_weights([kernel, np.zeros(NUM_GENRES)])
    poster, overview = logits_of(rows)
    found = np.log(model(rows).numpy().astype(np.float64))
    found = found - np.log1p(-np.exp(found)) - INITIAL_SCALE * (poster + overview)
    for genre, start in ((3, NUM_GENRES), (4, 2 * NUM_GENRES + PART_FEATURES["poster"])):
        width = PART_FEATURES["poster" if genre == 3 else "overview"]
        part = rows[:, start : start + width]
        assert np.allclose(found[:, genre], (part[:, 0] - part.mean(axis=1)) / part.std(axis=1), atol=0.02)
    assert np.abs(np.delete(found, [3, 4], axis=1)).max() < 0.01


def test_a_parts_weight_can_be_zero(rows):
    model = create_model("fusion")
    model.get_layer("poster_weight").set_weights([np.zeros(NUM_GENRES)])
    assert np.allclose(model(rows).numpy(), sigmoid(INITIAL_SCALE * logits_of(rows)[1]), atol=1e-5)
    learning = {variable.path.split("/")[0] for variable in model.trainable_variables}
    assert learning == {"poster_weight", "overview_weight", "poster_norm", "overview_norm", "together"}
    assert isinstance(model, keras.Model)
