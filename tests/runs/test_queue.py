"""Trainings in separate processes, on 60 films: the queue, a kill, a stop."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from trainings import ENDLESS, wait_for

from genreclf import processes
from genreclf.errors import UserError
from genreclf.locks import hold_lock
from genreclf.runs import queue
from genreclf.runs.folder import Run, Status, create_run, list_runs
from genreclf.runs.queue import device_lock, new_run, queue_lock, start_next


@pytest.fixture(autouse=True)
def _no_trainer_outlives_its_test(home):
    yield
    for run in list_runs():
        if not run.exit:  # the test failed: nothing may start it, and its trainer must stop
            run.stop_file.touch()
            run.finish(Status.STOPPED)
    for child in processes.children:
        child.kill()
        child.wait()
    processes.children.clear()


def test_one_run_at_a_time_the_oldest_first_and_a_stop_starts_the_next(shared_film_folder):
    first = new_run("cnn-small", shared_film_folder, **ENDLESS)
    time.sleep(0.002)  # runs are ordered by the millisecond
    second = new_run("tfidf", shared_film_folder)
    assert start_next() == first
    wait_for(lambda: first.status() is Status.RUNNING, first)
    wait_for(lambda: first.epochs(), first)
    assert start_next() is None
    assert second.status() is Status.QUEUED
    assert first.progress["phase"] == "training"

    first.request_stop()
    # without any page open, the trainer that ends starts the next run itself
    wait_for(lambda: second.exit, second)
    assert (first.status(), second.status()) == (Status.STOPPED, Status.COMPLETED)
    done = len(first.epochs())
    assert first.exit["reason"] == f"Stopped on request after {done} epoch{'s' * (done != 1)}."
    assert second.events()[0]["time"] > first.events()[-1]["time"]
    assert start_next() is None


def test_a_killed_trainer_is_noticed_and_resumes_where_it_stopped(shared_film_folder):
    run = new_run("cnn-small", shared_film_folder, **ENDLESS)
    assert start_next() == run
    wait_for(lambda: len(run.epochs()) >= 2, run)
    (child,) = processes.children
    os.kill(child.pid, signal.SIGKILL)
    wait_for(lambda: run.status() is Status.DIED, run)
    assert start_next() is None  # a dead run is not restarted automatically
    done = len(run.epochs())

    config = run.config
    config["recipe"]["epochs"] = done + 2  # so that it ends soon
    run.config_file.write_text(json.dumps(config))
    run.requeue()
    assert run.status() is Status.QUEUED
    assert start_next() == run
    wait_for(lambda: run.exit, run)
    assert (run.status(), run.exit["reason"]) == (Status.COMPLETED, "")
    assert [epoch["epoch"] for epoch in run.epochs()] == list(range(1, done + 3))
    lines = [event["epoch"] for event in run.events() if event["event"] == "epoch"]
    assert lines == list(range(1, done + 3))  # each written once
    assert run.exit["best_epoch"] == run.best_epoch()["epoch"]


def test_a_trainer_that_cannot_start_fails_its_run(shared_film_folder, monkeypatch):
    run = new_run("prior", shared_film_folder)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert start_next() == run
    assert run.status() is Status.FAILED
    assert "could not be started" in run.exit["reason"]
    assert str(run.log_file) in run.exit["reason"]


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
    with pytest.raises(UserError, match="lost its config"):
        run.requeue()
