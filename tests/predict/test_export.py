import json
import shutil

import h5py
import numpy as np
import onnxruntime
import pytest

from genreclf import find_weights, paths
from genreclf.data.overviews import PieceEncoder
from genreclf.data.posters import open_poster, poster_array
from genreclf.errors import UserError
from genreclf.files import sha256_of
from genreclf.genres import GENRES
from genreclf.predict.export import FORMATS, export
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import read_weights

TEXTS = ["A ghost haunts the cellar.", "Love."]


def test_any_onnx_tool_opens_an_exported_fusion(fusion_weights, tmp_path):
    predictor, path = Predictor(read_weights(fusion_weights / "fusion")), tmp_path / "new" / "fusion.onnx"
    posters = np.random.default_rng(0).integers(0, 255, (2, 320, 216, 3), np.uint8)
    given = {"poster": posters.astype(np.float32) / 255, "overview": PieceEncoder()(TEXTS)}
    export(read_weights(fusion_weights / "fusion"), "onnx", path)
    session = onnxruntime.InferenceSession(path)
    assert {each.name: each.shape for each in session.get_inputs()} == {
        "poster": ["films", 320, 216, 3], "overview": ["films", "tokens"],
    }  # fmt: skip
    (probabilities,) = session.run(None, given)
    assert np.allclose(probabilities, predictor.raw(posters, TEXTS), atol=1e-6)
    assert (path.parent / "fusion.vocabulary.txt").is_file()
    assert (path.parent / "fusion.card.json").is_file()


def test_the_code_in_the_docs_predicts_as_genreclf_does(fusion_weights, tmp_path):
    code, _, _ = (paths.PROJECT / "docs" / "models.md").read_text("utf-8").partition("```python\n")[2].partition("```")
    docs: dict = {}
    exec(code, docs)
    poster, text = next((paths.SAMPLE / "Images").glob("*.jpg")), "A sheriff hunts the outlaw, who\tburned MANY Häuser."
    posters = poster_array(open_poster(poster), (320, 216))[None]
    for weights in (find_weights("lstm"), read_weights(fusion_weights / "fusion")):
        name, predictor = weights.model, Predictor(weights)
        export(weights, "onnx", tmp_path / f"{name}.onnx")
        encode = docs["words_input" if name == "lstm" else "pieces_input"]
        inputs = {"overview": encode(text, tmp_path / f"{name}.vocabulary.txt")}
        if name == "fusion":
            inputs["poster"] = docs["poster_input"](poster, 320, 216)
        genres, probabilities, picked = zip(*docs["predict"](tmp_path / f"{name}.onnx", **inputs), strict=True)
        (expected,) = predictor.predict(posters if name == "fusion" else None, [text])
        assert genres == GENRES
        assert np.allclose(probabilities, expected, atol=1e-6)
        assert np.array_equal(picked, expected >= weights.thresholds)


def test_a_saved_model_predicts_the_same(trained_weights, tmp_path):
    import tensorflow as tf

    weights = read_weights(trained_weights / "cnn-small")
    export(weights, "saved_model", tmp_path / "saved")
    posters = np.random.default_rng(0).integers(0, 255, (2, 64, 64, 3), np.uint8)
    network = tf.saved_model.load(tmp_path / "saved")
    found = network.serve(posters.astype(np.float32) / 255)
    assert np.allclose(found, Predictor(weights).raw(posters), atol=1e-6)


def test_impossible_exports_are_reported(trained_weights, tmp_path):
    prior = read_weights(trained_weights / "prior")
    with pytest.raises(UserError, match="no format 'torch'; choose onnx or saved_model"):
        export(prior, "torch", tmp_path / "out")
    with pytest.raises(UserError, match="prior is a baseline without a network"):
        export(prior, "onnx", tmp_path / "out")
    with pytest.raises(UserError, match="exists already; name a new path"):
        export(read_weights(trained_weights / "cnn-small"), "saved_model", tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("damage", ["another file than the card's", "of another model", "cut off"])
def test_damaged_weights_are_not_exported(trained_weights, tmp_path, format, damage):
    folder = shutil.copytree(trained_weights / "cnn-small", tmp_path / "cnn-small")
    file = folder / "model.weights.h5"
    with h5py.File(file, "a") as stored:
        stored.move("layers/dense", "layers/other")
    file.write_bytes(file.read_bytes()[: 1000 if damage == "cut off" else None])
    if damage == "of another model":
        card = json.loads((folder / "card.json").read_text())
        (folder / "card.json").write_text(json.dumps(card | {"weights_sha256": sha256_of(file)}))
    with pytest.raises(UserError, match="restore the folder"):
        export(read_weights(folder), format, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["cnn-small"]
