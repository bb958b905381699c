import keras
import numpy as np
import pytest
from networks import check_softmax, dropout_rates, layer_kinds

from genreclf.models import create_model


@pytest.fixture(scope="module")
def lstm() -> keras.Model:
    return create_model("lstm")


def test_the_lstm_is_report_a_layer_for_layer(lstm):
    assert isinstance(lstm, keras.Sequential)
    assert layer_kinds(lstm) == ["Embedding", "Bidirectional", "Bidirectional", "Dense", "Dropout", "Dense"]
    assert lstm.count_params() == 4_303_129
    embedding, first, second, dense, drop, genres = lstm.layers
    assert (embedding.input_dim, embedding.output_dim, embedding.mask_zero) == (10_000, 256, True)
    for layer, units, sequences in ((first, 256, True), (second, 128, False)):
        cell = layer.forward_layer
        assert (type(cell).__name__, cell.units, cell.return_sequences) == ("LSTM", units, sequences)
        assert (cell.dropout, cell.recurrent_dropout) == (0.5, 0.2)
        assert (layer.backward_layer.dropout, layer.backward_layer.recurrent_dropout) == (0.5, 0.2)
    assert (dense.units, dense.activation.__name__, drop.rate) == (128, "relu", 0.8)
    assert (genres.units, genres.activation.__name__) == (25, "sigmoid")


def test_the_lstm_ignores_padding(lstm):
    short = np.array([[5, 6, 7]], np.int32)
    padded = np.array([[5, 6, 7, 0, 0, 0, 0]], np.int32)
    probabilities = lstm(short).numpy()
    assert probabilities.shape == (1, 25)
    assert np.allclose(lstm(padded).numpy(), probabilities, atol=1e-6)
    assert not np.allclose(lstm(np.array([[7, 6, 5]], np.int32)).numpy(), probabilities, atol=1e-6)


def test_the_embedding_can_start_from_vectors():
    vectors = np.random.default_rng(0).random((10_000, 256), np.float32)
    model = create_model("lstm", embeddings=vectors)
    assert np.array_equal(model.get_layer("embedding").embeddings.numpy(), vectors)


def test_dropout_rates_are_options():
    lstm = create_model("lstm", lstm_dropout=0.1, recurrent_dropout=0.0, dense_dropout=0.4)
    assert lstm.layers[1].forward_layer.dropout == 0.1
    assert lstm.layers[2].backward_layer.recurrent_dropout == 0.0
    assert dropout_rates(lstm) == [0.4]


def test_the_small_lstm_is_report_es():
    model = create_model("lstm-small")
    assert layer_kinds(model) == ["Embedding", "LSTM", "Dense"]
    assert model.layers[0].input_dim == 10_000
    check_softmax(model, np.array([[3, 0], [4, 5]], np.int32))
