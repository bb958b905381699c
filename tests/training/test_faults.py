"""What can go wrong around a training: disk, data, folders, other processes (see also benchmarks/kill_trainer.py)."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from trainings import ENDLESS, PATIENCE, wait_for

from genreclf import processes
from genreclf.locks import is_locked
from genreclf.runs.folder import Run, Status, create_run, damaged_runs, list_runs
from genreclf.runs.queue import device_lock, new_run, start_next
from genreclf.training import worker
from genreclf.weights.folder import read_weights

pytestmark = pytest.mark.usefixtures("no_trainer_left")


@pytest.fixture
def trainers():
    """Start trainers, which end with the test."""
    started = []

    def start(run: Run) -> subprocess.Popen:
        with run.log_file.open("ab") as log:
            command = [sys.executable, "-m", "genreclf.training.worker", str(run.folder)]
            started.append(subprocess.Popen(command, stdout=log, stderr=log))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


# The disk


@pytest.fixture
def small_disk(home, monkeypatch):
    """A home folder on a disk of 8 MB; returns a function that enlarges the disk."""
    disk = home / "disk"
    disk.mkdir()

    def mount(*options: str) -> bool:
        command = ["mount", "-t", "tmpfs", *options, "tmpfs", str(disk)]
        return subprocess.run(command, capture_output=True).returncode == 0

    if sys.platform != "linux" or shutil.which("mount") is None or not mount("-o", "size=8m"):
        pytest.skip("mounting a small disk needs Linux and root")
    monkeypatch.setenv("GENRECLF_HOME", str(disk))
    yield lambda: mount("-o", "remount,size=200m")
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_fails_with_a_remedy_and_the_run_resumes_when_there_is_space(
    small_disk, shared_film_folder, trainers
):
    run = new_run("cnn-small", shared_film_folder, epochs=2, batch_size=16, augment=False)
    trainers(run).wait(PATIENCE)  # its state takes 20 MB
    assert (run.status(), run.exit.reason) == (Status.FAILED, "The disk is full; free space, then resume.")
    assert run.epochs() == []
    assert small_disk()
    run.requeue()
    trainers(run).wait(PATIENCE)
    assert run.status() is Status.COMPLETED
    assert [epoch["epoch"] for epoch in run.epochs()] == [1, 2]


def test_the_reason_can_be_written_to_a_completely_full_disk(small_disk):
    run = create_run({"model": "cnn"})
    run.mark_started()
    with (run.folder / "filler").open("wb") as filler:
        while True:
            try:
                filler.write(bytes(4096))
                filler.flush()
            except OSError:
                break
        run.finish(Status.FAILED, "The disk is full; free space, then resume.")
    assert run.status() is Status.FAILED
    assert "free space" in run.exit.reason


# The data


def test_a_run_continues_without_its_data_but_needs_it_to_resume(film_folder, trainers):
    run = new_run("cnn-small", film_folder, **ENDLESS)
    process = trainers(run)
    wait_for(lambda: run.epochs(), run)
    shutil.move(film_folder, film_folder.with_name("elsewhere"))
    done = len(run.epochs())
    wait_for(lambda: len(run.epochs()) > done + 1, run)
    run.request_stop()
    process.wait(PATIENCE)
    assert run.status() is Status.STOPPED
    assert read_weights(run.folder).card["metrics"]["val"]

    run.requeue()
    trainers(run).wait(PATIENCE)
    assert run.status() is Status.FAILED
    assert "does not exist" in run.exit.reason

    done = len(run.epochs())
    shutil.move(film_folder.with_name("elsewhere"), film_folder)
    run.requeue()
    process = trainers(run)
    wait_for(lambda: len(run.epochs()) > done, run)
    run.request_stop()
    process.wait(PATIENCE)
    assert [epoch["epoch"] for epoch in run.epochs()] == list(range(1, len(run.epochs()) + 1))


# The run's folder


@pytest.mark.parametrize("gone", ["the folder", "config.json"])
def test_a_trainer_whose_run_is_deleted_ends_and_does_not_recreate_it(shared_film_folder, trainers, gone):
    run = new_run("cnn-small", shared_film_folder, **ENDLESS)
    process = trainers(run)
    wait_for(lambda: run.epochs(), run)
    if gone == "the folder":
        shutil.rmtree(run.folder.rename(run.folder.with_name("deleted")))
    else:
        run.config_file.unlink()
    process.wait(PATIENCE)
    assert not is_locked(device_lock())
    assert list_runs() == []
    assert not run.exit_file.exists()
    assert run.status() is Status.DIED
    assert [damaged.folder for damaged in damaged_runs()] == ([run.folder] if run.folder.exists() else [])


@pytest.fixture(scope="module")
def died(shared_film_folder, session_home, tmp_path_factory) -> Path:
    """A run of three epochs that died after its second; a copy of it may be damaged."""
    from genreclf.training import callbacks

    class Killed(BaseException):
        pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENRECLF_HOME", str(session_home))
        patch.setattr(worker, "start_next", lambda patience: None)
        patch.setattr(callbacks.RunReporter, "on_epoch_begin", kill_at(callbacks.RunReporter.on_epoch_begin, 2, Killed))
        run = new_run(
            "cnn-small", shared_film_folder, run_dir=tmp_path_factory.mktemp("died") / "run",
            epochs=3, batch_size=16, augment=False, learning_rate=1e-4,
        )  # fmt: skip
        with pytest.raises(Killed):
            worker.main(run.folder)
    assert run.best_epoch()["epoch"] == 2
    run.log_file.touch()
    return run.folder


def kill_at(method, fatal: int, error: type[BaseException]):
    def wrapped(self, epoch, logs=None):
        if epoch == fatal:
            raise error
        method(self, epoch, logs)

    return wrapped


DELETED = ("progress.json", "metrics.jsonl", "backup", "lock", "data.json", "best.weights.h5")
CUT_OFF = ("progress.json", "metrics.jsonl", "backup", "data.json")


@pytest.mark.parametrize(
    ("file", "how"), [*((file, "deleted") for file in DELETED), *((file, "half") for file in CUT_OFF)]
)
def test_a_run_with_a_missing_or_truncated_file_is_listed_and_resumes(home, died, monkeypatch, file, how):
    monkeypatch.setattr(worker, "start_next", lambda patience: None)
    folder = shutil.copytree(died, home / "runs" / "20260101T000000-cnn-small-abcd")
    run, path = Run(folder), folder / file
    assert path.exists()
    damage(path, how)
    assert list_runs() == [run]
    assert run.status() is Status.DIED
    run.requeue()
    assert run.status() is Status.QUEUED
    worker.main(folder)
    assert run.status() is Status.COMPLETED, run.exit
    assert [event["epoch"] for event in run.events() if event["event"] == "epoch"] == [1, 2, 3]
    assert read_weights(folder).card["best_epoch"] == run.best_epoch()["epoch"]
    read_weights(folder).check()


def damage(path: Path, how: str) -> None:
    for file in sorted(path.rglob("*.*")) if path.is_dir() else [path]:
        if file.is_file():
            half = file.read_bytes()[: file.stat().st_size // 2]
            file.unlink() if how == "deleted" else file.write_bytes(half)
    if path.is_dir() and how == "deleted":
        shutil.rmtree(path)


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"outcome": "vanished"}', "null"])
@pytest.mark.parametrize("file", ["exit.json", "progress.json"])
def test_invalid_content_of_a_file_does_not_break_the_list(home, file, text):
    run = create_run({"model": "cnn"})
    (run.folder / file).write_text(text)
    assert [run.status() for run in list_runs()] == [Status.DIED if file == "progress.json" else Status.QUEUED]
    assert run.events() == []


def test_folders_without_a_config_are_counted_and_not_listed(home):
    run = create_run({"model": "cnn"})
    for name, text in (("empty", None), ("torn", "{"), ("list", "[]")):
        folder = home / "runs" / name
        folder.mkdir()
        if text:
            (folder / "config.json").write_text(text)
    assert list_runs() == [run]
    assert [damaged.folder.name for damaged in damaged_runs()] == ["empty", "list", "torn"]


# Other processes


SERVER = """
import time
from genreclf.runs.queue import start_next
from genreclf.runs.folder import Status, list_runs
while any(run.status().is_active for run in list_runs()):
    start_next()
    time.sleep(0.02)
"""


def test_four_servers_with_one_home_train_one_run_at_a_time(shared_film_folder):
    runs = []
    for _ in range(3):
        runs.append(new_run("prior", shared_film_folder))
        time.sleep(0.002)  # runs are ordered by the millisecond
    servers = [subprocess.Popen([sys.executable, "-c", SERVER]) for _ in range(4)]
    for server in servers:
        assert server.wait(PATIENCE) == 0
    spans = [(run.events()[0]["time"], run.exit_file.stat().st_mtime) for run in runs]
    assert [run.status() for run in runs] == [Status.COMPLETED] * 3
    assert all(run.log_file.read_text().count("Traceback") == 0 for run in runs)
    assert all([event["event"] for event in run.events()] == ["start", "epoch"] for run in runs)  # trained once each
    for (_, ended), (began, _) in itertools.pairwise(spans):
        assert began > ended


def test_a_run_outlives_the_process_that_started_it(shared_film_folder):
    run = new_run("cnn-small", shared_film_folder, **ENDLESS)
    starter = "from genreclf.runs.queue import start_next; import os; start_next(); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", starter], timeout=PATIENCE)
    wait_for(lambda: run.epochs(), run)
    assert run.status() is Status.RUNNING
    run.request_stop()
    wait_for(lambda: run.exit, run)
    assert run.status() is Status.STOPPED


def test_one_run_at_a_time_the_oldest_first_and_a_stop_starts_the_next(shared_film_folder):
    first = new_run("cnn-small", shared_film_folder, **ENDLESS)
    time.sleep(0.002)  # runs are ordered by the millisecond
    second = new_run("tfidf", shared_film_folder)
    assert start_next() == first
    wait_for(lambda: first.status() is Status.RUNNING, first)
    wait_for(lambda: first.epochs(), first)
    assert start_next() is None
    assert second.status() is Status.QUEUED
    assert first.progress.phase == "training"

    first.request_stop()
    # without any page open, the trainer that ends starts the next run itself
    wait_for(lambda: second.exit, second)
    assert (first.status(), second.status()) == (Status.STOPPED, Status.COMPLETED)
    done = len(first.epochs())
    assert first.exit.reason == f"Stopped on request after {done} epoch{'s' * (done != 1)}."
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

    config = run.config.as_dict()
    config["recipe"]["epochs"] = done + 2  # so that it ends soon
    run.config_file.write_text(json.dumps(config))
    run.requeue()
    assert run.status() is Status.QUEUED
    assert start_next() == run
    wait_for(lambda: run.exit, run)
    assert (run.status(), run.exit.reason) == (Status.COMPLETED, "")
    assert [epoch["epoch"] for epoch in run.epochs()] == list(range(1, done + 3))
    lines = [event["epoch"] for event in run.events() if event["event"] == "epoch"]
    assert lines == list(range(1, done + 3))  # each written once
    assert run.exit.best_epoch == run.best_epoch()["epoch"]
