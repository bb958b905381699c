import keras
import numpy as np
import pytest

from genreclf.genres import NUM_GENRES
from genreclf.models.common import AverageExperts, genres_head, symbolic_constants
from genreclf.models.efficientnet import FrozenEfficientNet
from genreclf.models.minilm import MiniLM

RNG = np.random.default_rng(0)
LOGITS = [RNG.normal(size=(6, 4)).astype(np.float32) * 2 for _ in range(2)]
TARGETS = RNG.random((6, 4)).astype(np.float32)  # soft, as with mixup or a teacher


def loss_of(logits: np.ndarray) -> float:
    return float(np.mean(np.logaddexp(0, logits) - TARGETS * logits))


@pytest.fixture
def averaged() -> keras.Model:
    """A model from the logits of two experts to the probabilities of their mean."""
    first, second = keras.Input((4,)), keras.Input((4,))
    mean = AverageExperts(name="logits")(keras.layers.Identity(name="first")(first), second)
    model = keras.Model([first, second], keras.layers.Activation("sigmoid")(mean))
    model.compile(keras.optimizers.SGD(0.0), "binary_crossentropy")
    return model


def test_two_experts_predict_the_mean_of_their_logits(averaged):
    expected = 1 / (1 + np.exp(-sum(LOGITS) / 2))
    assert np.allclose(averaged.predict_on_batch(LOGITS), expected, atol=1e-6)


def test_while_training_the_loss_is_the_mean_of_both_experts_losses(averaged):
    separate = (loss_of(LOGITS[0]) + loss_of(LOGITS[1])) / 2
    assert float(averaged.train_on_batch(LOGITS, TARGETS)) == pytest.approx(separate, abs=1e-5)


def test_in_evaluation_the_loss_is_that_of_their_mean(averaged):
    of_mean = loss_of(sum(LOGITS) / 2)
    assert float(averaged.test_on_batch(LOGITS, TARGETS)) == pytest.approx(of_mean, abs=1e-5)
    assert of_mean < (loss_of(LOGITS[0]) + loss_of(LOGITS[1])) / 2 - 0.05


def test_a_head_starts_with_its_bias_and_returns_logits_on_request():
    bias = np.linspace(-3, 1, NUM_GENRES)
    features = keras.Input((7,))
    inputs = RNG.normal(size=(3, 7)).astype(np.float32)
    probabilities = keras.Model(features, genres_head(features, NUM_GENRES, 0.3, 5.0, bias))
    logits = keras.Model(features, genres_head(features, NUM_GENRES, 0.3, 5.0, bias, activation=None, name="frozen"))
    assert np.allclose(logits(inputs), np.tile(bias, (3, 1)), atol=1e-5)
    assert np.allclose(probabilities(inputs), 1 / (1 + np.exp(-bias)), atol=1e-5)
    assert [layer.name for layer in logits.layers[1:]] == ["frozen_drop", "frozen_faster", "frozen"]
    kernel = RNG.normal(size=(7, NUM_GENRES))
    logits.get_layer("frozen").set_weights([kernel, bias])
    assert np.allclose(logits(inputs), inputs @ kernel * 5 + bias, atol=1e-3)


# Constants of pretrained networks


EXAMPLES = {
    FrozenEfficientNet: np.random.default_rng(0).random((2, 32, 32, 3), np.float32),
    MiniLM: np.array([[101, 2054, 102, 0], [101, 3000, 2003, 102]], np.int32),
}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_constants_may_be_symbolic(kind):
    """The tensors that all models share become what the caller makes of them, by name."""
    example, layer, names = EXAMPLES[kind], kind(), list[str]()
    expected = [np.asarray(each) for each in keras.tree.flatten(layer(example))]
    with symbolic_constants(lambda name, tensor: names.append(name) or keras.ops.convert_to_tensor(np.asarray(tensor))):
        found = [np.asarray(each) for each in keras.tree.flatten(layer(example))]
    assert len(names) == len(set(names)) > 50
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
