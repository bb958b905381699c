"""The recorded lesson: what is written of a run and of films, and that it names none of them."""

import json
import re

import numpy as np
import pytest

from genreclf.errors import UserError
from genreclf.files import write_json
from genreclf.lesson.figures import RECORDS
from genreclf.lesson.threshold import GENRE, THRESHOLDS
from genreclf.recipes.settings import parse_settings
from genreclf.runs.folder import Run, Status
from genreclf.runs.queue import new_run
from tools import record_lesson
from tools.record_lesson import RUNS, finished_run, history, measure_threshold, shuffled


@pytest.fixture
def run(film_folder, tmp_path) -> Run:
    """The run that starts at the base rates, as a trainer would have left it."""
    run = new_run("lstm", film_folder, "tuned", 0, tmp_path / RUNS["start-rates"][0])
    run.append("start", films=47, val_films=5, base_rate_loss=0.3)
    run.append("epoch", epoch=1, loss=0.5, accuracy=0.9, precision=0.4, recall=0.2, val_loss=0.3, val_accuracy=0.9,
               val_precision=0.4, val_recall=0.2, learning_rate=1e-3, seconds=1.0)  # fmt: skip
    card = {"model": "lstm", "seed": 0, "metrics": {"val": {"bce": 0.123456, "top1": 0.5}}, "data": str(film_folder)}
    write_json(run.card_file, card)
    return run


def test_a_finished_run_is_used(run, film_folder):
    with pytest.raises(UserError, match="not been completed"):
        finished_run("start-rates", film_folder, run.folder.parent)
    run.finish(Status.COMPLETED)
    assert finished_run("start-rates", film_folder, run.folder.parent).folder == run.folder


def test_a_run_with_other_settings_is_not(run, film_folder):
    run.finish(Status.COMPLETED)
    run.folder.rename(run.folder.parent / RUNS["start-half"][0])
    with pytest.raises(UserError, match="other settings"):
        finished_run("start-half", film_folder, run.folder.parent)


def test_the_settings_are_those_of_an_lstm(film_folder, tmp_path):
    for name, changes in RUNS.values():
        created = new_run("lstm", film_folder, "tuned", 0, tmp_path / name, **parse_settings(list(changes)))
        assert created.config.changes == parse_settings(list(changes))


def test_a_history_says_how_it_was_trained_and_not_on_what(run, film_folder):
    described, *epochs = history(run)
    assert described["event"] == "run"
    assert "DIR" in described["command"]
    assert described["metrics"] == {"val": {"bce": 0.1235, "top1": 0.5}}
    assert [epoch["val_loss"] for epoch in epochs] == [0.3]
    assert not {"accuracy", "time"} & set(epochs[0])
    assert str(film_folder) not in json.dumps([described, *epochs])


def test_shuffled_labels_are_wrong_only_in_train(catalogue):
    labels, train = shuffled(catalogue, 0.5), catalogue.in_split("train")
    others = np.setdiff1d(np.arange(len(catalogue)), train)
    assert np.array_equal(labels[others], catalogue.labels[others])
    assert np.array_equal(labels.sum(axis=0), catalogue.labels.sum(axis=0))  # the base rates stay
    assert 0 < (labels != catalogue.labels).any(axis=1).sum() <= len(train) / 2 + 1


def test_a_threshold_is_recorded_as_counts(catalogue, monkeypatch):
    def predicted(films, weights, split):
        rows = films.in_split(split)
        return 0.8 * films.labels_of(weights.genres)[rows] + 0.1

    class Weights:
        genres = catalogue.genres

    monkeypatch.setattr(record_lesson, "shipped", lambda model: Weights())
    monkeypatch.setattr(record_lesson, "catalogue_predictions", predicted)
    horror = {split: int(catalogue.labels_of([GENRE])[catalogue.in_split(split)].sum()) for split in ("val", "test")}
    if not horror["val"]:
        pytest.skip("no horror film among them")
    found = measure_threshold(catalogue)
    assert found["horror_threshold"] == pytest.approx(0.9)
    assert found["horror_curve"]["val"]["tp"][0] == horror["val"]
    assert len(found["horror_curve"]["test"]["fp"]) == len(THRESHOLDS)


def test_the_records_name_no_film():
    records = sorted(RECORDS.iterdir())
    assert {each.name for each in records} == {"measured.json", *(f"{name}.jsonl" for name in RUNS)}
    for each in records:
        text = each.read_text(encoding="utf-8")
        assert not re.search(r"\btt\d{6,}", text)
        assert len(text) < 20_000


def test_a_training_that_fails_is_an_error(tmp_path):
    with pytest.raises(UserError, match="failed"):
        finished_run("start-rates", tmp_path / "nothing", tmp_path / "runs")


def test_other_films_are_not_recorded_as_the_real_ones(film_folder, tmp_path):
    with pytest.raises(UserError, match="real films"):
        record_lesson.main(["--data", str(film_folder), "--runs", str(tmp_path), "--output", str(tmp_path / "records")])
    assert not (tmp_path / "records").exists()
