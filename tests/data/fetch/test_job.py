"""The download in a process of its own, and its status derived from the files."""

import os
import sys
import time

import pytest

from genreclf import processes
from genreclf.data.catalogue import TABLE_NAME
from genreclf.data.fetch import imdb, job
from genreclf.data.fetch.download import FetchStopped
from genreclf.data.fetch.imdb import FetchProgress
from genreclf.data.fetch.job import State
from genreclf.errors import UserError
from genreclf.files import read_json, write_json
from genreclf.locks import hold_lock


def wait_for_end(seconds: float = 60) -> job.FetchStatus:
    deadline = time.monotonic() + seconds
    while (status := job.status()).state is State.RUNNING:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return status


def test_without_a_job_there_is_no_state():
    assert job.status().state is State.NONE
    assert not job.is_fetched()
    job.stop()  # does nothing


def test_a_fetch_reports_its_stages_and_ends(monkeypatch):
    seen = []

    def fetch(dest, *, on_progress, should_stop):
        assert dest == job.destination()
        assert not should_stop()
        on_progress(FetchProgress("posters", 50, 200, "bytes"))
        seen.append(job.status())

    monkeypatch.setattr(imdb, "fetch", fetch)
    job.run()
    (status,) = seen
    assert (status.state, status.progress.share) == (State.RUNNING, 0.25)
    assert status.progress == FetchProgress("posters", 50, 200, "bytes")
    assert job.status().state is State.DONE


def test_the_share_of_an_unknown_total_is_zero():
    assert FetchProgress("posters", done=5).share == 0


def test_progress_is_not_written_for_every_call(monkeypatch):
    writes = []
    monkeypatch.setattr(job, "write_json", lambda path, value: writes.append(value))

    def fetch(dest, *, on_progress, should_stop):
        for done in range(1000):
            on_progress(FetchProgress("check", done, 1000, "files"))
        on_progress(FetchProgress("table", 1, 10, "bytes"))

    monkeypatch.setattr(imdb, "fetch", fetch)
    job.run()
    assert [write["stage"] for write in writes[:-1]][-1] == "table"
    assert len(writes) < 20


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (UserError("The disk is full; free some space."), State.FAILED, "The disk is full; free some space."),
        (FetchStopped("The fetch was stopped."), State.STOPPED, ""),
    ],
)
def test_the_status_tells_how_it_ended(monkeypatch, error, state, reason):
    def fetch(dest, *, on_progress, should_stop):
        on_progress(FetchProgress("check", 1, 2, "files"))
        raise error

    monkeypatch.setattr(imdb, "fetch", fetch)
    job.run()
    assert (job.status().state, job.status().reason) == (state, reason)


def test_a_bug_is_a_failure_too(monkeypatch):
    def fetch(dest, *, on_progress, should_stop):
        on_progress(FetchProgress("check", 1, 2, "files"))
        raise RuntimeError("bug")

    monkeypatch.setattr(imdb, "fetch", fetch)
    with pytest.raises(RuntimeError):
        job.run()
    assert job.status().state is State.FAILED
    assert "log.txt" in job.status().reason


def test_a_process_that_vanished_has_failed():
    write_json(job.folder() / "progress.json", {"stage": "posters", "done": 5, "total": 10, "unit": "bytes"})
    assert job.status().state is State.FAILED


def test_a_process_that_has_just_been_started_is_running():
    write_json(job.folder() / "progress.json", {"stage": "start", "started": time.time()})
    assert job.status().state is State.RUNNING
    write_json(job.folder() / "progress.json", {"stage": "start", "started": time.time() - 100})
    assert job.status().state is State.FAILED


def test_a_second_one_is_not_started_and_the_first_can_be_stopped():
    write_json(job.folder() / "progress.json", {"stage": "posters", "done": 5, "total": 10, "unit": "bytes"})
    with hold_lock(job.folder() / "lock") as is_ours:
        assert is_ours
        job.start()
        assert not processes.children
        job.run()  # as another process would: it returns at once
        assert read_json(job.folder() / "exit.json") is None
        job.stop()
        assert job.status().is_stopping


def test_a_real_process_runs_and_ends_with_a_sentence():
    # a folder with another data set is refused before anything is downloaded
    job.destination().mkdir(parents=True)
    (job.destination() / TABLE_NAME).write_text("Id,Genre,Overview\n")
    job.start()
    assert job.status().state is State.RUNNING
    status = wait_for_end()
    assert status.state is State.FAILED
    assert "another data set" in status.reason
    for child in processes.children:
        child.wait()


def test_importing_it_does_not_import_tensorflow():
    import subprocess

    code = "import sys, genreclf.data.fetch.job; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


ODD = (b"[1]", b"3", b'{"state": "lost"}', b'{"stage": 3, "done": "x", "total": -1, "more": 1}',
       b'{"state": ["done"], "reason": 3, "started": "now"}', b"[" * 100_000)  # fmt: skip


@pytest.mark.parametrize("content", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("file", ["progress.json", "exit.json"])
def test_odd_files_of_the_job_do_not_break_its_status(home, file, content):
    job.folder().mkdir(parents=True)
    (job.folder() / "progress.json").write_text('{"stage": "start"}')
    (job.folder() / file).write_bytes(content)
    assert job.status().state in (job.State.NONE, job.State.FAILED)
    with hold_lock(job.folder() / "lock"):
        assert 0 <= job.status().progress.share <= 1


def test_a_pipe_in_place_of_a_file_of_the_job_is_not_waited_for(home):
    job.folder().mkdir(parents=True)
    for name in ("progress.json", "exit.json", "lock"):
        os.mkfifo(job.folder() / name)
    assert job.status().state is job.State.NONE
