import keras
import numpy as np
import pytest

from genreclf.data.overviews import Encoder
from genreclf.errors import UserError
from genreclf.explain.gradients import log_odds_gradient

GENRE = 11


def chain(activation: str, sequential: bool) -> keras.Model:
    """Six numbers, a layer that squares what it is given, and three genres."""
    keras.utils.set_random_seed(3)
    layers = [
        keras.layers.Dense(4, name="dense"),
        keras.layers.Activation(keras.ops.square, name="squared"),
        keras.layers.Dropout(0.5, name="drop"),
        keras.layers.Dense(3, activation=activation, bias_initializer="random_normal", name="genres"),
    ]
    if sequential:
        return keras.Sequential([keras.Input((6,)), *layers])
    first = x = keras.Input((6,))
    for layer in layers:
        x = layer(x)
    return keras.Model(first, x)


def log_odds(probability: np.ndarray) -> np.ndarray:
    return np.log(probability) - np.log1p(-probability)


@pytest.mark.parametrize("sequential", [True, False], ids=["sequential", "functional"])
@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_the_gradient_is_that_of_the_log_odds(activation, sequential):
    """Against differences of the model's own answers."""
    model, inputs = chain(activation, sequential), np.random.default_rng(0).normal(size=(2, 6)).astype(np.float32)
    values, gradient = log_odds_gradient(model, "dense", inputs, 1)
    kernel, bias = model.get_layer("dense").get_weights()
    assert np.allclose(values, inputs @ kernel + bias, atol=1e-5)
    assert (gradient.shape, gradient.dtype) == ((2, 4), np.float32)

    def ask(held: np.ndarray) -> np.ndarray:
        told = model.get_layer("genres")(np.square(held).astype(np.float32)).numpy()
        return log_odds(told.astype(np.float64))[:, 1]

    for unit in range(4):
        step = np.zeros(4)
        step[unit] = 1e-2
        slope = (ask(values + step) - ask(values - step)) / 2e-2
        assert np.allclose(gradient[:, unit], slope, atol=5e-3)


def test_what_is_certain_still_has_a_slope():
    model = chain("sigmoid", False)
    model.get_layer("genres").set_weights([np.full((4, 3), 10.0), np.full(3, 500.0)])
    assert np.all(model(np.ones((1, 6))).numpy() == 1)
    values, gradient = log_odds_gradient(model, "dense", np.ones((1, 6), np.float32), 2)
    assert np.allclose(gradient, 20 * values, rtol=1e-4)


def test_no_word_of_the_lstm_is_passed_over(random_predictor):
    """Each embedding moves the answer by its gradient, the first and the last too."""
    predictor = random_predictor("lstm")
    ids = Encoder(predictor.weights.vocabulary())(["ghost haunted house love"])
    model = predictor.keras_model
    values, gradient = log_odds_gradient(model, "embedding", ids, GENRE)
    assert np.allclose(values, model.get_layer("embedding")(ids).numpy())
    table = model.get_layer("embedding").get_weights()[0]
    size = np.float32(0.002)
    step = size * np.sign(gradient[0])
    for place, known in enumerate(ids[0]):
        moved = []
        for sign in (1, -1):
            changed = table.copy()
            changed[known] += sign * step[place]
            model.get_layer("embedding").embeddings.assign(changed)
            moved.append(log_odds(model(ids).numpy().astype(np.float64))[0, GENRE])
        model.get_layer("embedding").embeddings.assign(table)
        assert (moved[0] - moved[1]) / 2 == pytest.approx(np.abs(gradient[0, place]).sum() * size, rel=0.02)


def test_another_backend_is_told(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(UserError, match="tensorflow or jax, not torch"):
        log_odds_gradient(chain("sigmoid", True), "dense", np.ones((1, 6), np.float32), 0)
