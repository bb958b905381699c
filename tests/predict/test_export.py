import keras
import numpy as np
import pytest
import tensorflow as tf

from genreclf.data.overviews import PieceEncoder
from genreclf.errors import UserError
from genreclf.predict.export import export
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import read_weights


def test_fusion_is_exported_as_one_network_from_poster_and_pieces(fusion_weights, tmp_path, monkeypatch):
    predictor = Predictor(read_weights(fusion_weights / "fusion"))
    posters = np.random.default_rng(0).integers(0, 255, (2, 320, 216, 3), np.uint8)
    texts = ["A ghost haunts the cellar.", "Love."]
    given = {"poster": posters.astype(np.float32) / 255, "overview": PieceEncoder()(texts)}

    def trace(model, output, format, verbose, input_signature):  # writing the export would take long
        assert {name: spec.shape for name, spec in input_signature[0].items()} == {
            "poster": (None, 320, 216, 3), "overview": (None, None),
        }  # fmt: skip
        specs = keras.tree.map_structure(lambda spec: tf.TensorSpec(spec.shape, spec.dtype), input_signature)
        graph = tf.function(lambda inputs: model(inputs)).get_concrete_function(*specs)
        probabilities = graph(keras.tree.map_structure(tf.constant, given))
        output.mkdir()
        np.save(output / "probabilities.npy", probabilities.numpy())

    monkeypatch.setattr(keras.Model, "export", trace)
    export(read_weights(fusion_weights / "fusion"), "saved_model", tmp_path / "fusion")
    assert np.allclose(np.load(tmp_path / "fusion" / "probabilities.npy"), predictor.raw(posters, texts), atol=1e-5)
    assert (tmp_path / "fusion" / "vocabulary.txt").is_file()


def test_impossible_exports_are_reported(trained_weights, tmp_path):
    prior = read_weights(trained_weights / "prior")
    with pytest.raises(UserError, match="no format 'torch'; choose onnx or saved_model"):
        export(prior, "torch", tmp_path / "out")
    with pytest.raises(UserError, match="prior is a baseline without a network"):
        export(prior, "onnx", tmp_path / "out")
    with pytest.raises(UserError, match="exists already; name a new path"):
        export(read_weights(trained_weights / "cnn-small"), "saved_model", tmp_path)
    assert not list(tmp_path.iterdir())
