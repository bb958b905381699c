"""Predictions and features of a catalogue, which are computed once and stored."""

import json
import shutil

import film_sets
import numpy as np
import pytest

from genreclf import paths
from genreclf.data import prepared
from genreclf.data.catalogue import load_catalogue
from genreclf.data.prepared import posters_of
from genreclf.evaluation import stored as module
from genreclf.evaluation.stored import catalogue_predictions, part_features, stored_predictions
from genreclf.files import cache_array, read_json, write_json
from genreclf.models.fusion import PART_FEATURES
from genreclf.predict.export import keras_model
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import find_weights, read_weights


def test_part_features_are_computed_once(few_films, fusion_weights, home, monkeypatch):
    catalogue, weights = load_catalogue(few_films), read_weights(fusion_weights / "fusion")
    rows = part_features(catalogue, weights.parts())
    assert (rows.dtype, rows.shape) == (np.float16, (12, sum(PART_FEATURES.values()) + 2 * 25))
    assert len(np.unique(rows[:, 25:60].astype(np.float32), axis=0)) == 12
    probabilities = catalogue_predictions(catalogue, weights)  # from the same features, but in 32 bits
    again = weights.calibration.apply(keras_model(weights)(rows.astype(np.float32)).numpy())
    assert np.allclose(probabilities, again, atol=2e-3)

    with monkeypatch.context() as patch:
        patch.setattr(module, "Predictor", lambda weights: pytest.fail("predicted again"))
        assert np.array_equal(part_features(catalogue, weights.parts()), rows)
    (file,) = home.glob("prepared/*/features/*.npy")
    file.write_bytes(file.read_bytes()[:3000])
    calls = []
    monkeypatch.setattr(module, "part_rows", lambda *arguments: calls.append(1) or rows.astype(np.float32))
    assert np.array_equal(part_features(catalogue, weights.parts()), rows)
    assert calls
    assert np.array_equal(np.load(file), rows)


def test_fusion_also_stores_the_predictions_of_its_parts(few_films, fusion_weights, home, monkeypatch):
    catalogue, weights = load_catalogue(few_films), read_weights(fusion_weights / "fusion")
    wordless = 2
    catalogue.films.loc[catalogue.films.index[wordless], "overview"] = "?!"
    found = catalogue_predictions(catalogue, weights)
    parts = {name: Predictor(part) for name, part in weights.parts().items()}
    posters, overviews = posters_of(catalogue, Predictor(weights).spec), catalogue.films["overview"].tolist()
    assert np.allclose(found, Predictor(weights).predict(posters, overviews), atol=1e-5)
    monkeypatch.setattr(module, "Predictor", lambda weights: pytest.fail("predicted again"))
    for name, given in {"poster": (posters, None), "overview": (None, overviews)}.items():
        predicted = catalogue_predictions(catalogue, weights.parts()[name])
        assert np.allclose(predicted, parts[name].predict(*given), atol=1e-5)
    assert np.array_equal(found[wordless], catalogue_predictions(catalogue, weights.parts()["poster"])[wordless])


@pytest.mark.parametrize("model", ["tfidf", "cnn-small"])
def test_a_split_is_predicted_and_stored_alone(catalogue, shipped, home, monkeypatch, model):
    weights, rows = read_weights(shipped / model), catalogue.in_split("test")
    sizes = []
    watched = Predictor(weights)
    predict = watched.predict_with_parts
    monkeypatch.setattr(
        watched, "predict_with_parts", lambda posters, texts: sizes.append(len(texts)) or predict(posters, texts)
    )
    found = catalogue_predictions(catalogue, weights, watched, "test")
    assert np.array_equal(stored_predictions(catalogue, weights, "test"), found)
    assert stored_predictions(catalogue, weights) is None
    assert stored_predictions(catalogue, weights, "val") is None
    assert not list(home.glob("prepared/*/arrays*"))  # eight posters are decoded at once
    whole = catalogue_predictions(catalogue, weights, watched)
    assert np.allclose(whole[rows], found, atol=1e-5)
    assert np.array_equal(catalogue_predictions(catalogue, weights, watched, "val"), whole[catalogue.in_split("val")])
    assert sizes == [8, 60]  # all films include the validation films


def test_a_long_split_is_predicted_in_blocks(catalogue, shipped, home, monkeypatch):
    weights = read_weights(shipped / "cnn-small")
    monkeypatch.setattr(module, "_BLOCK", 20)
    blocks = []
    monkeypatch.setattr(module, "posters_of", lambda *given: blocks.append(given[2]) or posters_of(*given))
    found = catalogue_predictions(catalogue, weights, split="train")
    assert [len(rows) for rows in blocks] == [20, 20, 7]
    assert np.allclose(found, catalogue_predictions(catalogue, weights)[catalogue.in_split("train")], atol=1e-5)


def test_recalibrating_a_part_outdates_fusions_predictions(few_films, fusion_weights, home, tmp_path):
    catalogue = load_catalogue(few_films)
    shutil.copytree(fusion_weights / "fusion", tmp_path / "fusion")
    before = read_weights(tmp_path / "fusion")
    part = next(iter(before.parts().values())).folder / "card.json"
    if not part.is_relative_to(tmp_path):
        pytest.fail("the parts of promoted weights lie in their folder")
    cache_array(module.predictions_path(catalogue, before, "all"), np.full((12, 25), 0.5, np.float32))
    assert stored_predictions(catalogue, before) is not None
    write_json(part, read_json(part) | {"calibration": {"method": "platt", "scale": 0.5, "shift": 0.0}})
    after = read_weights(tmp_path / "fusion")
    assert after.sha256 == before.sha256
    assert stored_predictions(catalogue, after) is None


def test_predictions_are_computed_once(catalogue, shipped, monkeypatch):
    weights = find_weights("tfidf")
    assert stored_predictions(catalogue, weights) is None
    first = catalogue_predictions(catalogue, weights)
    assert (first.dtype, first.shape) == (np.float32, (60, 25))
    monkeypatch.setattr(module, "Predictor", lambda weights: pytest.fail("predicted again"))
    assert np.array_equal(catalogue_predictions(catalogue, weights), first)


def test_other_data_weights_or_calibration_need_new_predictions(catalogue, shipped, tmp_path, film_folder):
    weights = find_weights("tfidf")
    catalogue_predictions(catalogue, weights)
    for change in ({"weights_sha256": "0" * 64}, {"calibration": {"scale": 1.5, "shift": 0.0}}):
        folder = shutil.copytree(shipped / "tfidf", tmp_path / str(len(list(tmp_path.iterdir()))))
        card = json.loads((folder / "card.json").read_text())
        (folder / "card.json").write_text(json.dumps(card | change))
        assert stored_predictions(catalogue, read_weights(folder)) is None
    (film_folder / "Images" / "tt0000001.jpg").write_bytes(film_sets.jpeg((1, 2, 3)))
    assert stored_predictions(load_catalogue(film_folder), weights) is None


def test_damaged_predictions_are_recomputed(catalogue, shipped, home):
    weights = find_weights("tfidf")
    first = catalogue_predictions(catalogue, weights)
    (file,) = home.glob("prepared/*/predictions/*.npy")
    for content in (b"", file.read_bytes()[:200], b"junk"):
        file.write_bytes(content)
        assert np.array_equal(catalogue_predictions(catalogue, weights), first)
    np.save(file, first[:3])
    assert np.array_equal(catalogue_predictions(catalogue, weights), first)


def test_predictions_work_without_a_writable_home(catalogue, shipped, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("GENRECLF_HOME", str(tmp_path / "file"))
    assert catalogue_predictions(catalogue, find_weights("tfidf")).shape == (60, 25)
    assert paths.home().is_file()


def test_predictions_are_not_reused_when_posters_are_prepared_in_another_way(catalogue, trained_weights, monkeypatch):
    weights = read_weights(trained_weights / "cnn-small")
    catalogue_predictions(catalogue, weights)
    assert stored_predictions(catalogue, weights) is not None
    monkeypatch.setattr(prepared, "VERSION", prepared.VERSION + 1)
    assert stored_predictions(catalogue, weights) is None


@pytest.mark.parametrize("model", sorted(folder.name for folder in (paths.SHIPPED_WEIGHTS / "sample").iterdir()))
def test_shipped_predictions_are_those_of_the_shipped_weights(home, model):
    catalogue, weights = load_catalogue(paths.SAMPLE), find_weights(model, choice="sample")
    stored = stored_predictions(catalogue, weights)
    assert stored is not None, "after a change of the sample or its weights: python -m tools.predict_sample"
    predictor, rows = Predictor(weights), np.array([0, 7, len(catalogue) - 1])
    posters = posters_of(catalogue, predictor.spec, rows) if predictor.spec.uses_poster else None
    expected = predictor.predict(posters, catalogue.films["overview"].iloc[rows].tolist())
    assert np.allclose(stored[rows], expected, atol=1e-4)
    assert np.array_equal(stored_predictions(catalogue, weights, "test"), stored[catalogue.in_split("test")])
