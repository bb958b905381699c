import keras
import numpy as np
import pytest
from keras import layers

import genreclf
from genreclf.data.overviews import adapt_encoder
from genreclf.errors import UserError
from genreclf.models import BASELINES, SPECS, create_model, get_spec


def kinds(model: keras.Model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


def rates(model: keras.Model) -> list[float]:
    return [layer.rate for layer in model.layers if isinstance(layer, layers.Dropout)]


@pytest.fixture(scope="module")
def cnn() -> keras.Model:
    return create_model("cnn")


@pytest.fixture(scope="module")
def lstm() -> keras.Model:
    return create_model("lstm")


# Names


def test_models_and_baselines_by_name():
    assert genreclf.list_models() == [name for name in SPECS if name not in BASELINES]
    assert set(genreclf.list_models()) == {"cnn", "lstm", "cnn-small", "lstm-small", "poster", "overview", "fusion"}
    assert genreclf.list_models(baselines=True) == [*genreclf.list_models(), "prior", "tfidf"]
    for name, spec in SPECS.items():
        assert spec.name == name
        assert spec.description.endswith(".")
        assert spec.is_baseline == (name in BASELINES)


def test_the_inputs_of_each_model():
    takes = {
        name: (spec.uses_poster, spec.uses_overview, spec.poster_size, spec.tokens) for name, spec in SPECS.items()
    }
    small, large = (64, 64), (320, 216)
    assert takes == {
        "cnn": (True, False, small, None), "cnn-small": (True, False, small, None),
        "poster": (True, False, large, None),
        "lstm": (False, True, None, "words"), "lstm-small": (False, True, None, "words"),
        "overview": (False, True, None, "pieces"), "fusion": (True, True, large, None),
        "tfidf": (False, True, None, None), "prior": (False, False, None, None),
    }  # fmt: skip


def test_the_inputs_that_are_enough_and_the_part_that_is_used():
    inputs = [(True, True), (True, False), (False, True), (False, False)]
    enough = {"poster": [True, True, False, False], "overview": [True, False, True, False],
              "both": [True, True, True, False], "none": [True] * 4}  # fmt: skip
    for spec in SPECS.values():
        assert [spec.can_predict(*film) for film in inputs] == enough[spec.input], spec.name
        parts = ["", "poster", "overview", "overview"] if spec.name == "fusion" else [""] * 4
        assert [spec.fallback_part(*film) for film in inputs] == parts, spec.name
    assert SPECS["fusion"].parts == ("poster", "overview")


def test_unknown_models_are_reported():
    with pytest.raises(UserError, match=r"no model 'vgg'; choose one of cnn, lstm"):
        create_model("vgg")
    with pytest.raises(UserError, match="no model ''"):
        get_spec("")
    with pytest.raises(UserError, match="prior is a baseline"):
        create_model("prior")


# Report A's CNN


def test_the_cnn_is_report_a_layer_for_layer(cnn):
    conv, drop, pool, dense = "Conv2D", "Dropout", "MaxPooling2D", "Dense"
    assert kinds(cnn) == [
        "InputLayer", conv, drop, conv, conv, drop, pool, conv, conv, drop, pool, conv, conv, drop, pool,
        "Flatten", dense, drop, dense, drop, dense,
    ]  # fmt: skip
    assert cnn.count_params() == 3_464_601
    assert rates(cnn) == [0.2, 0.2, 0.2, 0.2, 0.5, 0.5]
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


# Report A's LSTM


def test_the_lstm_is_report_a_layer_for_layer(lstm):
    assert isinstance(lstm, keras.Sequential)
    assert kinds(lstm) == ["Embedding", "Bidirectional", "Bidirectional", "Dense", "Dropout", "Dense"]
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


def test_with_an_encoder_the_lstm_takes_strings(lstm):
    """As in the report: encoder, embedding and so on in one model, without more parameters."""
    texts = ["a ghost haunts the house", "love and war"]
    encoder = adapt_encoder(texts)
    model = create_model("lstm", encoder=encoder)
    assert kinds(model)[0] == "TextVectorization"
    assert kinds(model)[1:] == kinds(lstm)
    assert model.count_params() == 4_303_129
    model.set_weights(lstm.get_weights())
    expected = lstm(np.asarray(encoder(np.array(texts, object)))).numpy()
    assert np.allclose(model(keras.ops.convert_to_tensor(texts)).numpy(), expected, atol=1e-6)


# Report E's small pair


def test_the_small_models_are_report_es():
    cnn, lstm = create_model("cnn-small"), create_model("lstm-small")
    assert kinds(cnn) == [
        "Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense", "Dropout", "Dense",
    ]  # fmt: skip
    assert rates(cnn) == [0.5]
    assert kinds(lstm) == ["Embedding", "LSTM", "Dense"]
    assert lstm.layers[0].input_dim == 10_000
    for model, film in ((cnn, np.ones((2, 64, 64, 3), np.float32)), (lstm, np.array([[3, 0], [4, 5]], np.int32))):
        assert model.layers[-1].activation.__name__ == "softmax"
        assert SPECS[model.name].softmax
        probabilities = model(film).numpy()
        assert probabilities.shape == (2, 25)
        assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert not SPECS["cnn"].softmax
    assert not SPECS["lstm"].softmax


# Options


@pytest.mark.parametrize("name", ["cnn", "lstm"])
def test_the_output_can_start_at_the_base_rates(name):
    base_rates = np.linspace(0.01, 0.6, 25)
    model = create_model(name, output_bias=np.log(base_rates / (1 - base_rates)))
    assert np.allclose(model.get_layer("genres").bias.numpy(), np.log(base_rates / (1 - base_rates)), atol=1e-5)
    plain = create_model(name)
    assert not plain.get_layer("genres").bias.numpy().any()
    assert plain.count_params() == model.count_params()


def test_dropout_rates_are_options():
    assert rates(create_model("cnn", conv_dropout=0.1, dense_dropout=0.3)) == [0.1] * 4 + [0.3] * 2
    lstm = create_model("lstm", lstm_dropout=0.1, recurrent_dropout=0.0, dense_dropout=0.4)
    assert lstm.layers[1].forward_layer.dropout == 0.1
    assert lstm.layers[2].backward_layer.recurrent_dropout == 0.0
    assert rates(lstm) == [0.4]


def test_the_embedding_can_start_from_vectors():
    vectors = np.random.default_rng(0).random((10_000, 256), np.float32)
    model = create_model("lstm", embeddings=vectors)
    assert np.array_equal(model.get_layer("embedding").embeddings.numpy(), vectors)


@pytest.mark.parametrize("name", ["cnn-small", "lstm-small"])
def test_the_same_seed_gives_the_same_weights(name):
    def start() -> list[np.ndarray]:
        keras.utils.set_random_seed(3)
        return create_model(name).get_weights()

    for first, second in zip(start(), start(), strict=True):
        assert np.array_equal(first, second)
