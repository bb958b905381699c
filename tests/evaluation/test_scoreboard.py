"""The scoreboard."""

import json

import pytest
import weight_sets

from genreclf import paths
from genreclf.evaluation import scoreboard as board
from genreclf.weights.folder import available_weights, read_weights


@pytest.fixture
def no_reference_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "REFERENCE_RUNS", tmp_path / "reference")
    return tmp_path / "reference"


def test_the_scoreboard_ranks_ours_among_references_and_baselines(shipped, no_reference_runs):
    scores = board.scoreboard(available_weights())
    values = [score.figures["bce"] for score in scores]
    assert values == sorted(values)
    by_label = {score.label: score for score in scores}
    assert by_label["TF-IDF"].kind == by_label["Base rates"].kind == "baseline"
    assert by_label["Small CNN"].kind == "ours"
    assert set(by_label["Small CNN"].figures) == set(board.SCORES)
    assert by_label["CNN, in the report"].figures == {"bce": 0.2453}
    assert by_label["LSTM, best public copy"].figures == {"bce": 0.212}
    assert board.bce_to_beat(scores) == by_label["Base rates"].figures["bce"]


def _card(folder, model: str, **changes):
    folder.mkdir()
    (folder / "numbers").write_bytes(b"")
    return read_weights(weight_sets.write_card(folder, model, "numbers", **changes))


WEAKEST = [
    {"genre": "War", "films": 30, "precision": 0.5, "recall": 0.1, "f1": 0.167},
    {"genre": "Music", "films": 25, "precision": 0.4, "recall": 0.2, "f1": 0.267},
]


def test_the_hardest_genres_are_those_of_the_cards_best_model_first(tmp_path, no_reference_runs):
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
def test_a_card_that_says_nothing_of_them_is_passed_over(tmp_path, weakest):
    weights = _card(tmp_path / "cnn", "cnn", metrics={"test": {"bce": 0.23}}, weakest=weakest)
    assert board.hardest_genres(board.scoreboard([weights])).empty


def test_without_weights_the_references_stand_alone(no_reference_runs):
    scores = board.scoreboard([])
    assert {score.kind for score in scores} == {"reference"}
    assert board.bce_to_beat(scores) == board.BASE_RATE_BCE


def test_a_reference_run_gives_the_figure_of_its_best_epoch(no_reference_runs):
    no_reference_runs.mkdir()
    epochs = [
        {"event": "epoch", "epoch": epoch, "loss": 0.3, "precision": 0.5, "recall": 0.2, "val_loss": loss,
         "val_precision": precision, "val_recall": 0.3}
        for epoch, loss, precision in ((1, 0.26, 0.4), (2, 0.24, 0.6), (3, 0.25, 0.7))
    ]  # fmt: skip
    lines = "".join(json.dumps(epoch) + "\n" for epoch in epochs)
    (no_reference_runs / "cnn.jsonl").write_text(lines)
    scores = {score.label: score for score in board.scoreboard([])}
    cnn = scores["CNN, report's recipe"]
    assert cnn.figures == {"bce": 0.24, "micro_f1": pytest.approx(0.4)}
    assert "run anew" in cnn.source
    assert "LSTM, report's recipe" not in scores
    assert scores["CNN, in the report"].figures == {"bce": 0.2453}
