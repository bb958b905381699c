"""Predictions of other models that a training needs: those of fusion's parts, and of a teacher."""

import shutil

import numpy as np
import pytest

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.errors import UserError
from genreclf.evaluation.stored import catalogue_predictions
from genreclf.files import read_json
from genreclf.models import get_spec
from genreclf.runs.queue import new_run
from genreclf.training import fit, upstream
from genreclf.training.fit import train
from genreclf.weights.folder import find_weights, read_weights


@pytest.fixture
def _nothing_trained(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "shipped")


def test_fusion_stores_the_parts_that_it_was_trained_on(fusion_runs, fusion_weights):
    run, card = fusion_runs["fusion"], read_json(fusion_runs["fusion"].card_file)
    parts = read_weights(run.folder).parts()
    assert {model: part.folder for model, part in parts.items()} == {
        model: run.folder / "parts" / model for model in ("poster", "overview")
    }
    for model, part in parts.items():
        part.check()
        assert part.sha256 == card["parts"][model] == read_weights(fusion_weights / model).sha256
        assert part.calibration == read_weights(fusion_weights / model).calibration
    assert card["parameters"] > sum(part.card["parameters"] for part in parts.values())
    assert set(card["metrics"]) == {"val", "test"}


@pytest.mark.usefixtures("_nothing_trained")
@pytest.mark.parametrize("trained", [(), ("poster",)])
def test_fusion_without_its_parts_names_what_to_train(few_films, fusion_weights, trained):
    for model in trained:
        shutil.copytree(fusion_weights / model, paths.promoted_dir() / "imdb" / model)
    missing = "overview" if trained else "poster"
    with pytest.raises(UserError, match=f"^fusion combines poster and overview; train and promote {missing} first"):
        train(new_run("fusion", few_films))


# A teacher


@pytest.mark.usefixtures("shipped")
def test_a_teacher_predicts_the_train_split_once(few_films, monkeypatch):
    given = {}

    def fit_keras(*arguments):
        given["soft_targets"] = arguments[-1]
        raise KeyboardInterrupt

    monkeypatch.setattr(fit, "_fit_keras", fit_keras)
    run = new_run("lstm-small", few_films, teacher="tfidf")
    with pytest.raises(KeyboardInterrupt):
        train(run)
    catalogue = load_catalogue(few_films)
    rows = catalogue.in_split("train")
    expected = np.zeros((len(catalogue), 25), np.float32)  # no validation and test films
    expected[rows] = catalogue_predictions(catalogue, find_weights("tfidf"))[rows]
    assert np.allclose(given.pop("soft_targets"), expected, atol=1e-6)
    monkeypatch.setattr(upstream, "_find_teacher", lambda *arguments: pytest.fail("predicted again"))
    with pytest.raises(KeyboardInterrupt):
        train(run)  # continues with the stored predictions, whatever weights are in use now
    assert np.allclose(given.pop("soft_targets"), expected, atol=1e-6)
    assert upstream.provenance(run, get_spec("lstm-small"), run.config.recipe) == {
        "teacher": {"model": "tfidf", "weights_sha256": find_weights("tfidf").sha256,
                    "data_digest": find_weights("tfidf").card["data_digest"]}
    }  # fmt: skip
    with pytest.raises(KeyboardInterrupt):
        train(new_run("lstm-small", few_films))
    assert given["soft_targets"] is None


@pytest.mark.usefixtures("_nothing_trained")
def test_a_teacher_without_weights_is_reported(few_films):
    with pytest.raises(UserError, match=r"learns from the model overview, which has no weights .* --set teacher=\."):
        train(new_run("lstm-small", few_films, teacher="overview"))
