import dataclasses
import json
import shutil

import pytest
from prediction_sets import random_labels, simulated_probabilities, split_predictions

from genreclf import paths
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.references import references, standings
from genreclf.evaluation.scoreboard import PUBLIC_BCE, REPORTED_BCE
from genreclf.files import write_json


@pytest.fixture
def predictions(tmp_path, monkeypatch) -> SplitPredictions:
    """On the films that the shipped models learnt from."""
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "weights")
    write_json(tmp_path / "weights" / "imdb" / "cnn" / "card.json", {"data_digest": "digest"})
    labels = random_labels(40)
    return split_predictions(
        labels,
        cnn=simulated_probabilities(labels, 0.2),
        prior=simulated_probabilities(labels, 0.0),
        tfidf=simulated_probabilities(labels, 0.1, 1),
    )


def on_sample(predictions: SplitPredictions) -> SplitPredictions:
    catalogue = dataclasses.replace(predictions.catalogue, folder=paths.SAMPLE, digest="sample")
    return dataclasses.replace(predictions, catalogue=catalogue)


def test_models_baselines_and_references_stand_together(predictions):
    found = {score.label: score for score in standings(predictions)}
    assert {label: found[label].kind for label in ("CNN", "Base rates", "TF-IDF")} == {
        "CNN": "ours", "Base rates": "baseline", "TF-IDF": "baseline",
    }  # fmt: skip
    assert found["CNN"].figures == predictions.figures()["cnn"]
    assert found["CNN, in the report †"].figures == {"bce": REPORTED_BCE["cnn"]}
    assert found["LSTM, best public copy †"].figures == {"bce": PUBLIC_BCE["lstm"]}
    assert all(score.source for score in found.values() if score.kind == "reference")


def test_on_the_same_films_a_reference_has_all_figures(predictions, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "REFERENCE_RUNS", tmp_path)
    measured = {"bce": 0.227, "map": 0.19, "other": 1, "bce_uncalibrated": 0.257}
    run = {"event": "run", "data_digest": "digest", "metrics": {"test": measured}}
    epoch = {"event": "epoch", "epoch": 1, "val_loss": 0.26, "val_precision": 0.5, "val_recall": 0.5}
    (tmp_path / "cnn.jsonl").write_text("\n".join(map(json.dumps, (run, epoch))))
    (found,) = [score for score in references(predictions) if score.label == "CNN, report's recipe"]
    assert found.figures == {"bce": 0.257, "map": 0.19}, "as the report has it: without calibration"
    assert "on these films" in found.source
    elsewhere = dataclasses.replace(predictions, split="train")
    (found,) = [score for score in references(elsewhere) if score.label == "CNN, report's recipe †"]
    assert found.figures["bce"] == 0.26, "its lowest validation loss is all that is known"


def test_the_sample_has_no_references(predictions):
    assert references(on_sample(predictions)) == []
    assert [score.kind for score in standings(on_sample(predictions))] == ["ours", "baseline", "baseline"]


def test_films_of_another_kind_have_no_references(predictions):
    """What networks came to on the public set says nothing beside figures on a reader's own films."""
    own = dataclasses.replace(predictions, catalogue=dataclasses.replace(predictions.catalogue, digest="own"))
    assert references(own) == []
    assert [score.kind for score in standings(own)] == ["ours", "baseline", "baseline"]
    shutil.rmtree(paths.SHIPPED_WEIGHTS)
    assert references(predictions) == [], "nothing says which set the public one is"
