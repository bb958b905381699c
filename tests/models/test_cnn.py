import keras
import numpy as np
import pytest
from keras import layers
from networks import check_softmax, dropout_rates, layer_kinds

from genreclf.models import create_model


@pytest.fixture(scope="module")
def cnn() -> keras.Model:
    return create_model("cnn")


def test_the_cnn_is_report_a_layer_for_layer(cnn):
    conv, drop, pool, dense = "Conv2D", "Dropout", "MaxPooling2D", "Dense"
    assert layer_kinds(cnn) == [
        "InputLayer", conv, drop, conv, conv, drop, pool, conv, conv, drop, pool, conv, conv, drop, pool,
        "Flatten", dense, drop, dense, drop, dense,
    ]  # fmt: skip
    assert cnn.count_params() == 3_464_601
    assert dropout_rates(cnn) == [0.2, 0.2, 0.2, 0.2, 0.5, 0.5]
    convolutions = [layer for layer in cnn.layers if isinstance(layer, layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == [16, 32, 32, 64, 64, 128, 128]
    assert [layer.strides for layer in convolutions] == [(2, 2)] + [(1, 1)] * 6
    for layer in convolutions:
        assert (layer.kernel_size, layer.padding, layer.activation.__name__) == ((3, 3), "same", "relu")
    assert [layer.units for layer in cnn.layers if isinstance(layer, layers.Dense)] == [1024, 1024, 25]
    assert cnn.get_layer("flatten").output.shape == (None, 2048)
    assert cnn.layers[-1].activation.__name__ == "sigmoid"


def test_the_cnn_predicts_from_posters(cnn):
    assert cnn.input_shape == (None, 64, 64, 3)
    probabilities = cnn(np.random.default_rng(0).random((2, 64, 64, 3), np.float32)).numpy()
    assert (probabilities.dtype, probabilities.shape) == (np.float32, (2, 25))
    assert probabilities.min() > 0
    assert probabilities.max() < 1
    assert probabilities.sum(axis=1).min() > 5  # about .5 each: they do not compete


def test_dropout_rates_are_options():
    assert dropout_rates(create_model("cnn", conv_dropout=0.1, dense_dropout=0.3)) == [0.1] * 4 + [0.3] * 2


def test_the_small_cnn_is_report_es():
    model = create_model("cnn-small")
    assert layer_kinds(model) == [
        "Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense", "Dropout", "Dense",
    ]  # fmt: skip
    assert dropout_rates(model) == [0.5]
    check_softmax(model, np.ones((2, 64, 64, 3), np.float32))
