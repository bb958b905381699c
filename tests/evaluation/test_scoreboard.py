"""The scoreboard."""

import dataclasses
import json
import shutil

import pytest
import weight_sets
from prediction_sets import random_labels, simulated_probabilities, split_predictions

from genreclf import paths
from genreclf.evaluation import scoreboard as board
from genreclf.evaluation.metrics import METRICS
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.scoreboard import PUBLIC_BCE, REPORTED_BCE, Score, references, score_table, split_scoreboard
from genreclf.files import write_json
from genreclf.weights.folder import available_weights, read_weights


@pytest.fixture
def no_reference_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "REFERENCE_RUNS", tmp_path / "reference")
    return tmp_path / "reference"


def test_the_scoreboard_ranks_ours_among_references_and_baselines(shipped, no_reference_runs):
    scores = board.scoreboard(available_weights())
    values = [score.metrics["bce"] for score in scores]
    assert values == sorted(values)
    by_label = {score.label: score for score in scores}
    assert by_label["TF-IDF"].kind == by_label["Base rates"].kind == "baseline"
    assert by_label["Small CNN"].kind == "ours"
    assert set(by_label["Small CNN"].metrics) == set(board.SCORES)
    assert by_label["CNN, in the report"].metrics == {"bce": 0.2453}
    assert by_label["LSTM, best public copy"].metrics == {"bce": 0.212}
    assert board.bce_to_beat(scores) == by_label["Base rates"].metrics["bce"]


def _card(folder, model: str, **changes):
    folder.mkdir()
    (folder / "numbers").write_bytes(b"")
    return read_weights(weight_sets.write_card(folder, model, "numbers", **changes))


WEAKEST = [
    {"genre": "War", "films": 30, "precision": 0.5, "recall": 0.1, "f1": 0.167},
    {"genre": "Music", "films": 25, "precision": 0.4, "recall": 0.2, "f1": 0.267},
]


def test_hardest_genres_come_from_the_cards_best_model_first(tmp_path, no_reference_runs):
    weights = [
        _card(tmp_path / "lstm", "lstm", metrics={"test": {"bce": 0.21}}, weakest=WEAKEST[1:]),
        _card(tmp_path / "fusion", "fusion", metrics={"test": {"bce": 0.19}}, weakest=WEAKEST),
        _card(tmp_path / "cnn", "cnn", metrics={"test": {"bce": 0.23}}),
        _card(tmp_path / "tfidf", "tfidf", metrics={"test": {"bce": 0.2}}, weakest=WEAKEST),
    ]
    table = board.hardest_genres(board.scoreboard(weights))
    assert table[["model", "genre"]].to_numpy().tolist() == [["Fusion", "War"], ["Fusion", "Music"], ["LSTM", "Music"]]
    assert table.iloc[0].to_dict() == {"model": "Fusion", **WEAKEST[0]}


@pytest.mark.parametrize("weakest", [None, [], {}, 3, "War"], ids=str)
def test_a_card_without_hardest_genres_is_skipped(tmp_path, weakest):
    weights = _card(tmp_path / "cnn", "cnn", metrics={"test": {"bce": 0.23}}, weakest=weakest)
    assert board.hardest_genres(board.scoreboard([weights])).empty


def test_without_weights_there_are_only_references(no_reference_runs):
    scores = board.scoreboard([])
    assert {score.kind for score in scores} == {"reference"}
    assert board.bce_to_beat(scores) == board.BASE_RATE_BCE


def test_a_reference_run_is_scored_at_its_best_epoch(no_reference_runs):
    no_reference_runs.mkdir()
    epochs = [
        {"event": "epoch", "epoch": epoch, "loss": 0.3, "precision": 0.5, "recall": 0.2, "val_loss": loss,
         "val_precision": precision, "val_recall": 0.3}
        for epoch, loss, precision in ((1, 0.26, 0.4), (2, 0.24, 0.6), (3, 0.25, 0.7))
    ]  # fmt: skip
    lines = "".join(json.dumps(epoch) + "\n" for epoch in epochs)
    (no_reference_runs / "cnn.jsonl").write_text(lines)
    scores = {score.label: score for score in board.scoreboard([])}
    cnn = scores["CNN, report's recipe, validation"]
    assert cnn.metrics == {"bce": 0.24, "micro_f1": pytest.approx(0.4)}
    assert "retrained" in cnn.source
    assert "LSTM, report's recipe, validation" not in scores
    assert scores["CNN, in the report"].metrics == {"bce": 0.2453}


def test_a_reference_run_on_the_same_films_is_scored_on_test_as_the_readme_does(tmp_path):
    head = json.loads((paths.REFERENCE_RUNS / "cnn.jsonl").read_text("utf-8").splitlines()[0])
    ours = _card(tmp_path / "cnn", "cnn", metrics={"test": {"bce": 0.21}}, data_digest=head["data_digest"])
    scores = {score.label: score for score in board.scoreboard([ours])}
    cnn = scores["CNN, report's recipe"]
    assert cnn.metrics["bce"] == head["metrics"]["test"]["bce_uncalibrated"]
    assert cnn.metrics["top1"] == head["metrics"]["test"]["top1"]
    assert "the test films" in cnn.source
    assert not any("validation" in label for label in scores)


def test_score_table():
    scores = [
        Score("CNN", "cnn", "ours", {"bce": 0.21, "map": 0.3}),
        Score("LSTM", "lstm", "ours", {"bce": 0.18, "map": 0.4}),
        Score("CNN, in the report", "cnn", "reference", {"bce": 0.245}),
    ]
    table = score_table(scores)
    assert table["Model"].tolist() == ["LSTM", "CNN", "CNN, in the report"]
    assert "from" not in table
    table = score_table(scores, "map", {"cnn": (0.2, 0.35), "lstm": (0.3, 0.5)})
    assert list(table.columns[:5]) == ["Model", "Kind", "map", "from", "to"]
    assert table["Model"].tolist() == ["LSTM", "CNN", "CNN, in the report"]
    assert table["from"].tolist()[:2] == [0.3, 0.2]
    assert table.iloc[2][["map", "from", "to"]].isna().all(), "a reference has no interval"
    assert set(METRICS) < set(table.columns)


@pytest.fixture
def predictions(tmp_path, monkeypatch) -> SplitPredictions:
    """On the films that the shipped models were trained on."""
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


def test_a_split_scoreboard_has_models_baselines_and_references(predictions):
    found = {score.label: score for score in split_scoreboard(predictions)}
    assert {label: found[label].kind for label in ("CNN", "Base rates", "TF-IDF")} == {
        "CNN": "ours", "Base rates": "baseline", "TF-IDF": "baseline",
    }  # fmt: skip
    assert found["CNN"].metrics == predictions.metrics()["cnn"]
    assert found["CNN, in the report †"].metrics == {"bce": REPORTED_BCE["cnn"]}
    assert found["LSTM, best public copy †"].metrics == {"bce": PUBLIC_BCE["lstm"]}
    assert all(score.source for score in found.values() if score.kind == "reference")


def test_on_the_same_films_a_reference_has_all_metrics(predictions, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "REFERENCE_RUNS", tmp_path)
    measured = {"bce": 0.227, "map": 0.19, "other": 1, "bce_uncalibrated": 0.257}
    run = {"event": "run", "data_digest": "digest", "metrics": {"test": measured}}
    epoch = {"event": "epoch", "epoch": 1, "val_loss": 0.26, "val_precision": 0.5, "val_recall": 0.5}
    (tmp_path / "cnn.jsonl").write_text("\n".join(map(json.dumps, (run, epoch))))
    (found,) = [score for score in references(predictions) if score.label == "CNN, report's recipe"]
    assert found.metrics == {"bce": 0.257, "map": 0.19}, "like the report: without calibration"
    assert "on these films" in found.source
    elsewhere = dataclasses.replace(predictions, split="train")
    (found,) = [score for score in references(elsewhere) if score.label == "CNN, report's recipe †"]
    assert found.metrics["bce"] == 0.26, "only its lowest validation loss is known"


def test_the_sample_has_no_references(predictions):
    assert references(on_sample(predictions)) == []
    assert [score.kind for score in split_scoreboard(on_sample(predictions))] == ["ours", "baseline", "baseline"]


def test_other_data_sets_have_no_references(predictions):
    """Results on the public set cannot be compared with scores on a user's own films."""
    own = dataclasses.replace(predictions, catalogue=dataclasses.replace(predictions.catalogue, digest="own"))
    assert references(own) == []
    assert [score.kind for score in split_scoreboard(own)] == ["ours", "baseline", "baseline"]
    shutil.rmtree(paths.SHIPPED_WEIGHTS)
    assert references(predictions) == [], "the public set is unknown without the shipped cards"
