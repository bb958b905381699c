"""Creating, queueing, starting, resuming and duplicating runs, without a training."""

import os
import subprocess
import sys

import pytest

from genreclf import paths, processes
from genreclf.errors import UserError
from genreclf.files import write_json
from genreclf.locks import hold_lock
from genreclf.runs import queue
from genreclf.runs.folder import Run, Status, create_run, list_runs
from genreclf.runs.notes import read_notes, write_notes
from genreclf.runs.queue import device_lock, duplicate, new_run, queue_lock, start_next

pytestmark = pytest.mark.usefixtures("no_trainer_left")


def test_a_trainer_that_cannot_start_fails_its_run(shared_film_folder, monkeypatch):
    run = new_run("prior", shared_film_folder)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert start_next() == run
    assert run.status() is Status.FAILED
    assert "could not be started" in run.exit.reason
    assert str(run.log_file) in run.exit.reason


@pytest.fixture
def started(monkeypatch) -> list[Run]:
    """The runs that would be started, without starting them."""
    runs: list[Run] = []

    def note(run: Run) -> subprocess.Popen:
        runs.append(run)
        processes.children.append(subprocess.Popen([sys.executable, "-c", ""]))
        processes.children[-1].wait()
        return processes.children[-1]

    monkeypatch.setattr(queue, "launch", note)
    return runs


def test_without_a_waiting_run_nothing_starts(started):
    assert start_next() is None
    run = create_run({"model": "cnn"})
    run.request_stop()
    assert start_next() is None
    assert started == []


def test_nothing_starts_while_the_device_or_the_queue_is_in_use(started):
    run = create_run({"model": "cnn"})
    for lock in (device_lock(), queue_lock()):
        with hold_lock(lock):
            assert start_next() is None
    assert start_next() == run
    assert started == [run]


def test_a_run_outside_the_home_folder_waits_its_turn(started, tmp_path):
    inside = create_run({"model": "cnn", "created": "2026-01-02"})
    outside = create_run({"model": "cnn", "created": "2026-01-01"}, tmp_path / "elsewhere")
    assert start_next(outside) == outside
    assert start_next() == inside


def test_a_resumed_run_keeps_its_epochs(started):
    run = create_run({"model": "cnn"})
    run.append("epoch", epoch=1, val_loss=0.5)
    run.check_in("training")
    assert run.status() is Status.DIED
    run.stop_file.touch()
    run.requeue()
    assert run.status() is Status.QUEUED
    assert not run.stop_file.exists()
    assert len(run.epochs()) == 1
    assert start_next() == run


def test_runs_that_cannot_be_resumed_are_refused(tmp_path):
    run = create_run({"model": "cnn"})
    with pytest.raises(UserError, match="is queued; only a run that stopped, failed or died"):
        run.requeue()
    run.finish(Status.COMPLETED)
    with pytest.raises(UserError, match="is completed"):
        run.requeue()
    run.finish(Status.FAILED)
    run.config_file.unlink()
    with pytest.raises(UserError, match="it is missing"):
        run.requeue()


# Duplicating


@pytest.fixture
def run(tmp_path) -> Run:
    """A run with settings of its own, which has ended."""
    data = tmp_path / "films"
    data.mkdir()
    made = new_run("cnn", data, "reference", 7, epochs=3, augment=True)
    made.finish(Status.COMPLETED)
    return made


def test_a_duplicate_is_queued_in_a_new_folder(run):
    again = duplicate(run)
    assert again.status() is Status.QUEUED
    assert [listed.id for listed in list_runs()] == [again.id, run.id], "it is the newest"
    assert again.created > run.created
    assert again.config.as_dict() == run.config.as_dict()


def test_with_another_seed_everything_else_stays(run):
    again = duplicate(run, seed=8)
    assert again.config.seed == 8
    assert "--seed 8 " in again.config.command
    assert again.config.command.replace("--seed 8", "--seed 7") == run.config.command
    assert again.config.settings == run.config.settings
    assert duplicate(run, seed=0).config.seed == 0


def test_the_settings_are_those_of_the_run_not_of_the_current_recipe(run):
    config = run.config.as_dict()
    write_json(run.config_file, {**config, "recipe": {**config["recipe"], "batch_size": 17}})
    assert duplicate(run).config.settings["batch_size"] == 17


def test_a_run_elsewhere_is_duplicated_into_the_home_folder(tmp_path):
    elsewhere = new_run("prior", tmp_path, run_dir=tmp_path / "elsewhere")
    assert duplicate(elsewhere).folder.parent == paths.runs_dir()


def test_the_name_is_not_copied(run):
    write_notes(run, "First try", "It was slow.")
    assert read_notes(duplicate(run)).name == ""


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_seed_out_of_range_is_refused(run, seed):
    with pytest.raises(UserError, match=f"seed is {seed}"):
        duplicate(run, seed)
    assert len(list_runs()) == 1


@pytest.mark.parametrize(
    "damage",
    [{"model": None}, {"recipe_name": None}, {"seed": "x"}, {"changes": []}, {"data": 3}, {"recipe": 5}],
)
def test_a_run_without_readable_settings_is_refused(run, damage):
    write_json(run.config_file, {**run.config.as_dict(), **damage})
    with pytest.raises(UserError, match=r"config\.json"):
        duplicate(run)
    assert list_runs() == ([] if damage == {"model": None} else [run])


def test_without_a_config_or_its_films_it_is_refused(run, tmp_path):
    (tmp_path / "films").rmdir()
    with pytest.raises(UserError, match=r"data set .* missing"):
        duplicate(run)
    run.config_file.unlink()
    with pytest.raises(UserError, match="cannot be read"):
        duplicate(run)


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_new_run_refuses_such_a_seed_too(film_folder, seed):
    with pytest.raises(UserError, match=f"seed is {seed}; choose a value from 0 to {2**31 - 1}"):
        new_run("cnn", film_folder, seed=seed)
    assert list_runs() == []


def test_a_data_folder_whose_name_is_no_text_is_refused(tmp_path):
    folder = tmp_path / os.fsdecode(b"films-\xff")
    folder.mkdir()
    with pytest.raises(UserError, match="not valid Unicode"):
        new_run("cnn", folder)
    assert list_runs() == []


def test_a_trainer_that_cannot_be_started_fails_its_run(monkeypatch):
    run = create_run({"model": "cnn"})
    monkeypatch.setattr(queue, "launch", lambda run: (_ for _ in ()).throw(OSError(11, "Resource unavailable")))
    assert start_next() == run
    assert (run.status(), run.exit.reason) == (
        Status.FAILED,
        "The trainer could not be started (Resource unavailable).",
    )
