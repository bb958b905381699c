"""The layers of a network, for tests of its architecture."""

import keras
import numpy as np
from keras import layers

from genreclf.models import SPECS


def layer_kinds(model: keras.Model) -> list[str]:
    """The class of each layer."""
    return [type(layer).__name__ for layer in model.layers]


def dropout_rates(model: keras.Model) -> list[float]:
    """The rate of each dropout layer."""
    return [layer.rate for layer in model.layers if isinstance(layer, layers.Dropout)]


def check_softmax(model: keras.Model, films: np.ndarray) -> None:
    """Check that each film's probabilities sum to 1, as the model's spec states."""
    assert model.layers[-1].activation.__name__ == "softmax"
    assert SPECS[model.name].softmax
    probabilities = model(films).numpy()
    assert probabilities.shape == (len(films), 25)
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)
