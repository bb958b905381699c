"""The fetch in a process of its own: what its files say at every look."""

import sys
import time

import pytest

from genreclf.data.fetch import fetch_job, imdb
from genreclf.data.fetch.fetch_job import State
from genreclf.errors import UserError
from genreclf.files import read_json, write_json
from genreclf.locks import hold_lock


def wait_for_end(seconds: float = 60) -> fetch_job.FetchStatus:
    deadline = time.monotonic() + seconds
    while (status := fetch_job.status()).state is State.RUNNING:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return status


def test_nothing_was_asked_for():
    assert fetch_job.status().state is State.NONE
    assert not fetch_job.is_fetched()
    fetch_job.stop()  # of nothing: no complaint


def test_a_fetch_reports_its_stages_and_ends(monkeypatch):
    seen = []

    def fetch(dest, *, on_progress, should_stop):
        assert dest == fetch_job.destination()
        assert not should_stop()
        on_progress(imdb.FetchProgress("posters", 50, 200, "bytes"))
        seen.append(fetch_job.status())

    monkeypatch.setattr(imdb, "fetch", fetch)
    fetch_job.run()
    (status,) = seen
    assert (status.state, status.stage, status.done, status.share) == (State.RUNNING, "posters", 50, 0.25)
    assert fetch_job.status().state is State.DONE


def test_an_unknown_total_has_no_share():
    assert fetch_job.FetchStatus(State.RUNNING, done=5).share is None


def test_progress_is_not_written_at_every_call(monkeypatch):
    writes = []
    monkeypatch.setattr(fetch_job, "write_json", lambda path, value: writes.append(value))

    def fetch(dest, *, on_progress, should_stop):
        for done in range(1000):
            on_progress(imdb.FetchProgress("check", done, 1000, "files"))
        on_progress(imdb.FetchProgress("table", 1, 10, "bytes"))

    monkeypatch.setattr(imdb, "fetch", fetch)
    fetch_job.run()
    assert [write["stage"] for write in writes[:-1]][-1] == "table"
    assert len(writes) < 20


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (UserError("The disk is full; free some space."), State.FAILED, "The disk is full; free some space."),
        (imdb.FetchStopped("The fetch was stopped."), State.STOPPED, ""),
    ],
)
def test_how_it_ended_is_told(monkeypatch, error, state, reason):
    def fetch(dest, *, on_progress, should_stop):
        on_progress(imdb.FetchProgress("check", 1, 2, "files"))
        raise error

    monkeypatch.setattr(imdb, "fetch", fetch)
    fetch_job.run()
    assert (fetch_job.status().state, fetch_job.status().reason) == (state, reason)


def test_a_fault_of_the_program_is_a_failure_too(monkeypatch):
    def fetch(dest, *, on_progress, should_stop):
        on_progress(imdb.FetchProgress("check", 1, 2, "files"))
        raise RuntimeError("bug")

    monkeypatch.setattr(imdb, "fetch", fetch)
    with pytest.raises(RuntimeError):
        fetch_job.run()
    assert fetch_job.status().state is State.FAILED
    assert "log.txt" in fetch_job.status().reason


def test_a_process_that_vanished_has_failed():
    write_json(fetch_job.folder() / "progress.json", {"stage": "posters", "done": 5, "total": 10, "unit": "bytes"})
    assert fetch_job.status().state is State.FAILED


def test_a_process_that_has_just_been_started_is_running():
    write_json(fetch_job.folder() / "progress.json", {"stage": "start", "started": time.time()})
    assert fetch_job.status().state is State.RUNNING
    write_json(fetch_job.folder() / "progress.json", {"stage": "start", "started": time.time() - 100})
    assert fetch_job.status().state is State.FAILED


def test_a_second_one_is_not_started_and_stop_is_heard():
    write_json(fetch_job.folder() / "progress.json", {"stage": "posters", "done": 5, "total": 10, "unit": "bytes"})
    with hold_lock(fetch_job.folder() / "lock") as ours:
        assert ours
        fetch_job.start()
        assert not fetch_job._children
        fetch_job.run()  # as another process would: it leaves at once
        assert read_json(fetch_job.folder() / "exit.json") is None
        fetch_job.stop()
        assert fetch_job.status().stopping


def test_a_real_process_runs_and_ends_with_a_sentence():
    # a folder with another data set is refused before anything is downloaded
    fetch_job.destination().mkdir(parents=True)
    (fetch_job.destination() / imdb.TABLE).write_text("Id,Genre,Overview\n")
    fetch_job.start()
    assert fetch_job.status().state is State.RUNNING
    status = wait_for_end()
    assert status.state is State.FAILED
    assert "another data set" in status.reason


def test_importing_it_does_not_import_tensorflow():
    import subprocess

    code = "import sys, genreclf.data.fetch.fetch_job; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
