import numpy as np
import pytest

from genreclf import export as module
from genreclf.errors import UserError
from genreclf.export import export
from genreclf.overviews import PieceEncoder
from genreclf.predict import Predictor
from genreclf.weights import read_weights


def test_fusion_is_exported_as_one_network_from_poster_and_pieces(fusion_weights):
    predictor = Predictor(read_weights(fusion_weights / "fusion"))
    joined = module._joined(predictor)
    assert [tensor.shape for tensor in joined.inputs] == [(None, 320, 216, 3), (None, None)]
    posters = np.random.default_rng(0).integers(0, 255, (2, 320, 216, 3), np.uint8)
    texts = ["A ghost haunts the cellar.", "Love."]
    found = joined([posters.astype(np.float32) / 255, PieceEncoder()(texts)]).numpy()
    assert np.allclose(found, predictor.raw(posters, texts), atol=1e-5)


def test_what_cannot_be_exported_is_told(trained_weights, tmp_path):
    prior = read_weights(trained_weights / "prior")
    with pytest.raises(UserError, match="no format 'torch'; choose onnx or saved_model"):
        export(prior, "torch", tmp_path / "out")
    with pytest.raises(UserError, match="prior is a baseline without a network"):
        export(prior, "onnx", tmp_path / "out")
    with pytest.raises(UserError, match="exists already; name a new path"):
        export(read_weights(trained_weights / "cnn-small"), "saved_model", tmp_path)
    assert not list(tmp_path.iterdir())
