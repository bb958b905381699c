import keras
import numpy as np
import pytest

from genreclf.genres import NUM_GENRES
from genreclf.models.heads import AverageExperts, genres_head

CHANCE = np.random.default_rng(0)
LOGITS = [CHANCE.normal(size=(6, 4)).astype(np.float32) * 2 for _ in range(2)]
TARGETS = CHANCE.random((6, 4)).astype(np.float32)  # soft, as of mixup or a teacher


def loss_of(logits: np.ndarray) -> float:
    return float(np.mean(np.logaddexp(0, logits) - TARGETS * logits))


@pytest.fixture
def agreed() -> keras.Model:
    """Two experts' logits as they come, and their mean as probabilities."""
    first, second = keras.Input((4,)), keras.Input((4,))
    mean = AverageExperts(name="logits")(keras.layers.Identity(name="first")(first), second)
    model = keras.Model([first, second], keras.layers.Activation("sigmoid")(mean))
    model.compile(keras.optimizers.SGD(0.0), "binary_crossentropy")
    return model


def test_two_experts_predict_the_mean_of_their_logits(agreed):
    expected = 1 / (1 + np.exp(-sum(LOGITS) / 2))
    assert np.allclose(agreed.predict_on_batch(LOGITS), expected, atol=1e-6)


def test_while_training_the_loss_is_the_mean_of_both_experts_losses(agreed):
    apart = (loss_of(LOGITS[0]) + loss_of(LOGITS[1])) / 2
    assert float(agreed.train_on_batch(LOGITS, TARGETS)) == pytest.approx(apart, abs=1e-5)


def test_in_evaluation_the_loss_is_that_of_their_mean(agreed):
    together = loss_of(sum(LOGITS) / 2)
    assert float(agreed.test_on_batch(LOGITS, TARGETS)) == pytest.approx(together, abs=1e-5)
    assert together < (loss_of(LOGITS[0]) + loss_of(LOGITS[1])) / 2 - 0.05


def test_a_head_starts_with_its_bias_and_returns_logits_on_request():
    bias = np.linspace(-3, 1, NUM_GENRES)
    features = keras.Input((7,))
    given = CHANCE.normal(size=(3, 7)).astype(np.float32)
    probabilities = keras.Model(features, genres_head(features, 0.3, 5.0, bias))
    logits = keras.Model(features, genres_head(features, 0.3, 5.0, bias, activation=None, name="frozen"))
    assert np.allclose(logits(given), np.tile(bias, (3, 1)), atol=1e-5)
    assert np.allclose(probabilities(given), 1 / (1 + np.exp(-bias)), atol=1e-5)
    assert [layer.name for layer in logits.layers[1:]] == ["frozen_drop", "frozen_faster", "frozen"]
    kernel = CHANCE.normal(size=(7, NUM_GENRES))
    logits.get_layer("frozen").set_weights([kernel, bias])
    assert np.allclose(logits(given), given @ kernel * 5 + bias, atol=1e-3)
