"""The numbers behind the charts, and the scoreboard."""

import json

import film_sets
import numpy as np
import pytest

from genreclf import insights, paths
from genreclf.catalogue import load_catalogue
from genreclf.genres import GENRES
from genreclf.overviews import split_words
from genreclf.weights import available_weights


def test_genre_counts_say_what_the_labels_say(catalogue):
    counts = insights.genre_counts(catalogue)
    assert sorted(counts.index) == sorted(GENRES)
    totals = counts.sum(axis=1)
    assert totals.is_monotonic_decreasing
    assert totals.to_dict() == catalogue.info()["genres"]
    assert counts["train"].sum() == catalogue.labels[catalogue.in_split("train")].sum()


def test_genres_together_are_shares_of_the_rows_genre(tmp_path):
    rows = [
        film_sets.Film("a", ["Drama", "War"], "One.", film_sets.jpeg()),
        film_sets.Film("b", ["Drama"], "Two.", film_sets.jpeg()),
        film_sets.Film("c", ["Comedy", "Drama"], "Three.", film_sets.jpeg()),
        film_sets.Film("d", ["Comedy"], "Four.", film_sets.jpeg()),
    ]
    shares = insights.genres_together(load_catalogue(film_sets.write_set(tmp_path / "set", rows)))
    assert list(shares.index) == list(shares.columns) == ["Drama", "Comedy", "War"]
    assert shares.loc["War", "Drama"] == 1
    assert shares.loc["Drama", "War"] == pytest.approx(1 / 3)
    assert shares.loc["Comedy", "Drama"] == 0.5
    assert shares.loc["Comedy", "War"] == 0
    assert np.isnan(np.diag(shares)).all()


def test_overview_lengths_count_words(catalogue):
    lengths = insights.overview_lengths(catalogue)
    assert len(lengths) == len(catalogue)
    assert lengths[0] == len(split_words(catalogue.films["overview"][0]))


def test_first_words_are_counted_on_the_train_split_only(catalogue):
    table = insights.first_words(catalogue, 10)
    assert list(table.index) == list(range(1, 11))
    train = " ".join(catalogue.films["overview"].iloc[catalogue.in_split("train")])
    word = table["word"].iloc[0]
    assert table["times"].iloc[0] == split_words(train).count(word)
    assert len(insights.first_words(catalogue, 10_000)) < 10_000


@pytest.fixture
def no_reference_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "REFERENCE_RUNS", tmp_path / "reference")
    return tmp_path / "reference"


def test_the_scoreboard_ranks_ours_among_references_and_baselines(shipped, no_reference_runs):
    scores = insights.scoreboard(available_weights())
    values = [score.figures["bce"] for score in scores]
    assert values == sorted(values)
    by_label = {score.label: score for score in scores}
    assert by_label["TF-IDF"].kind == by_label["Base rates"].kind == "baseline"
    assert by_label["Small CNN"].kind == "ours"
    assert set(by_label["Small CNN"].figures) == set(insights.SCORES)
    assert by_label["CNN, in the report"].figures == {"bce": 0.2453}
    assert by_label["LSTM, best public copy"].figures == {"bce": 0.212}
    assert insights.bce_to_beat(scores) == by_label["Base rates"].figures["bce"]


def test_without_weights_the_references_stand_alone(no_reference_runs):
    scores = insights.scoreboard([])
    assert {score.kind for score in scores} == {"reference"}
    assert insights.bce_to_beat(scores) == insights.BASE_RATE_BCE


def test_a_reference_run_gives_the_figure_of_its_best_epoch(no_reference_runs):
    no_reference_runs.mkdir()
    epochs = [
        {"event": "epoch", "epoch": epoch, "loss": 0.3, "precision": 0.5, "recall": 0.2, "val_loss": loss,
         "val_precision": precision, "val_recall": 0.3}
        for epoch, loss, precision in ((1, 0.26, 0.4), (2, 0.24, 0.6), (3, 0.25, 0.7))
    ]  # fmt: skip
    lines = "".join(json.dumps(epoch) + "\n" for epoch in epochs)
    (no_reference_runs / "cnn.jsonl").write_text(lines)
    scores = {score.label: score for score in insights.scoreboard([])}
    cnn = scores["CNN, report's recipe"]
    assert cnn.figures == {"bce": 0.24, "micro_f1": pytest.approx(0.4)}
    assert "run anew" in cnn.source
    assert "LSTM, report's recipe" not in scores
    assert scores["CNN, in the report"].figures == {"bce": 0.2453}
