"""What a training starts from and asks of other models: pretrained numbers, the parts of fusion, and a teacher."""

import shutil

import numpy as np
import pytest

from genreclf import paths, pretrained
from genreclf.catalogue import load_catalogue
from genreclf.errors import UserError
from genreclf.evaluation.predictions import predictions
from genreclf.files import read_json
from genreclf.models.efficientnet import FixedNormalization, depth
from genreclf.predict import Predictor
from genreclf.training import fit
from genreclf.training.fit import train
from genreclf.training.start import new_run
from genreclf.weights import find_weights, read_weights


@pytest.fixture
def _nothing_trained(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "shipped")


def test_frozen_blocks_and_statistics_stay_and_the_rest_learns(fusion_runs):
    network = Predictor(read_weights(fusion_runs["poster"].folder)).keras_model
    arrays, moved, compared = pretrained.load(pretrained.EFFICIENTNET), set(), set()
    for layer in network.layers:
        parts = ("gamma", "beta", "mean", "variance") if isinstance(layer, FixedNormalization) else ("kernel",)
        for part, values in zip(parts, layer.get_weights() if layer.name != "genres" else (), strict=False):
            name = f"{layer.name}.{part}"
            compared.add(name)
            if not np.array_equal(values, arrays[name]):
                moved.add(name)
    assert compared == set(arrays)
    assert moved == {
        name for name in arrays if depth(name) >= 15 and not name.endswith(("mean", "variance"))
    }  # the run's frozen_blocks


def test_only_what_was_added_to_the_transformer_is_kept(fusion_runs):
    run = fusion_runs["overview"]
    assert read_json(run.card_file)["parameters"] < 100_000
    assert run.best_weights_file.stat().st_size < 1_000_000
    network = Predictor(read_weights(run.folder)).keras_model  # of a rank of 0, as its card says
    norms = {name: array for name, array in pretrained.load(pretrained.MINILM).items() if ".norm_" in name}
    learnt = {variable.name: variable.numpy() for variable in network.get_layer("minilm").trainable_variables}
    assert set(learnt) == {name.replace(".", "_") for name in norms}
    assert all(not np.array_equal(array, learnt[name.replace(".", "_")]) for name, array in norms.items())


# Fusion


def test_a_fusion_keeps_the_parts_that_it_was_trained_on(fusion_runs, fusion_weights):
    run, card = fusion_runs["fusion"], read_json(fusion_runs["fusion"].card_file)
    parts = read_weights(run.folder).parts()
    assert {model: part.folder for model, part in parts.items()} == {
        model: run.folder / "parts" / model for model in ("poster", "overview")
    }
    for model, part in parts.items():
        part.check()
        assert part.key == card["parts"][model] == read_weights(fusion_weights / model).key
        assert part.calibration == read_weights(fusion_weights / model).calibration
    assert card["parameters"] > sum(part.card["parameters"] for part in parts.values())
    assert set(card["metrics"]) == {"val", "test"}


@pytest.mark.usefixtures("_nothing_trained")
@pytest.mark.parametrize("there", [(), ("poster",)])
def test_a_fusion_without_its_parts_is_told_what_to_train(few_films, fusion_weights, there):
    for model in there:
        shutil.copytree(fusion_weights / model, paths.promoted_dir() / "imdb" / model)
    missing = "overview" if there else "poster"
    with pytest.raises(UserError, match=f"^fusion is made of poster and overview; train and promote {missing} first"):
        train(new_run("fusion", few_films))


# A teacher


@pytest.mark.usefixtures("shipped")
def test_a_teacher_is_asked_about_every_film(few_films, monkeypatch):
    given = {}

    def fit_keras(*arguments):
        given["taught"] = arguments[-1]
        raise KeyboardInterrupt

    monkeypatch.setattr(fit, "_fit_keras", fit_keras)
    for teacher in ("tfidf", ""):
        with pytest.raises(KeyboardInterrupt):
            train(new_run("lstm-small", few_films, teacher=teacher))
        if teacher:
            assert np.array_equal(given["taught"], predictions(load_catalogue(few_films), find_weights("tfidf")))
        else:
            assert given["taught"] is None


@pytest.mark.usefixtures("_nothing_trained")
def test_a_teacher_without_weights_is_told(few_films):
    with pytest.raises(UserError, match=r"learns from the model overview, which has no weights .* --set teacher=\."):
        train(new_run("lstm-small", few_films, teacher="overview"))
