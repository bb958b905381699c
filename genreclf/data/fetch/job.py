"""Fetching the full set in a separate process, so that closing the browser changes nothing.

``GENRECLF_HOME/fetch`` contains the job: ``lock`` (locked while the process lives), ``progress.json``,
``exit.json`` (how it ended), ``stop`` (create it for a graceful stop) and ``log.txt``. Its state is derived from them
each time. ``python -m genreclf.data.fetch.job`` is the process itself.
"""

import time
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from genreclf import paths
from genreclf.data.fetch import imdb
from genreclf.data.fetch.download import FetchStopped
from genreclf.data.fetch.imdb import FetchProgress
from genreclf.errors import UserError
from genreclf.fields import LARGEST_WHOLE, Fields
from genreclf.files import read_json, write_json, writing
from genreclf.locks import hold_lock, is_locked
from genreclf.processes import reap, start_detached
from genreclf.public import at_home

KEY = "imdb"  # the fetched set's folder name, and so its key among the sources
START_SECONDS = 20.0  # time for a started process to take its lock
WRITE_SECONDS = 0.4  # between two writes of the progress


class State(StrEnum):
    """The state of the fetch."""

    NONE = "none"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class FetchStatus:
    """The state of the fetch, its progress if it runs, why it failed, and whether a stop was requested."""

    state: State
    progress: FetchProgress = field(default_factory=FetchProgress)
    reason: str = ""
    is_stopping: bool = False


def folder() -> Path:
    """The folder of the job's files."""
    return paths.home() / "fetch"


def destination() -> Path:
    """The folder of the full set."""
    return paths.data_dir() / KEY


def is_fetched() -> bool:
    """Whether the full set is complete."""
    return imdb.is_complete(destination())


@at_home("Downloading the full set")
def start() -> None:
    """Start the fetch unless it is running; one that ended early continues where it left off.

    Raises:
        UserError: the home folder cannot be written, or no process can be started.
    """
    if status().state is State.RUNNING:
        return
    with writing(folder()):
        folder().mkdir(parents=True, exist_ok=True)
        for name in ("exit.json", "stop", "log.txt"):
            (folder() / name).unlink(missing_ok=True)
        write_json(folder() / "progress.json", {"stage": "start", "started": time.time()})
        start_detached("genreclf.data.fetch.job", log=folder() / "log.txt")


@at_home("Stopping the download")
def stop() -> None:
    """Request a stop; what was fetched is kept."""
    if status().state is State.RUNNING:
        (folder() / "stop").touch()


def status() -> FetchStatus:
    """The status, derived from the files and never stored."""
    reap()
    stored = read_json(folder() / "progress.json")
    if stored is None:
        return FetchStatus(State.NONE)
    progress = Fields(stored)
    is_running = is_locked(folder() / "lock")
    ended = Fields(read_json(folder() / "exit.json"))
    if (outcome := ended.text("state")) in (State.DONE, State.STOPPED, State.FAILED) and not is_running:
        return FetchStatus(State(outcome), reason=ended.text("reason"))
    if not is_running and time.time() > (progress.number("started") or 0.0) + START_SECONDS:
        log = folder() / "log.txt"
        return FetchStatus(State.FAILED, reason=f"The download ended unexpectedly; start it again, or see {log}.")
    known = FetchProgress(
        progress.text("stage", "start"), progress.whole("done", 0, LARGEST_WHOLE) or 0,
        progress.whole("total", 0, LARGEST_WHOLE), progress.text("unit", "files"),
    )  # fmt: skip
    return FetchStatus(State.RUNNING, known, is_stopping=(folder() / "stop").exists())


@at_home("Downloading the full set")
def run() -> None:
    """Fetch in this process and write the job's files; returns at once if another process is fetching."""
    with hold_lock(folder() / "lock", patience=2.0) as is_ours:
        if not is_ours:
            return
        stage, written = "", 0.0

        def report(progress: FetchProgress) -> None:
            nonlocal stage, written
            if stage != progress.stage or time.monotonic() > written + WRITE_SECONDS:
                stage, written = progress.stage, time.monotonic()
                write_json(folder() / "progress.json", asdict(progress))

        outcome = {
            "state": State.FAILED,
            "reason": f"The download failed because of a bug; see {folder() / 'log.txt'}.",
        }
        try:
            imdb.fetch(destination(), on_progress=report, should_stop=(folder() / "stop").exists)
            outcome = {"state": State.DONE}
        except FetchStopped:
            outcome = {"state": State.STOPPED}
        except UserError as error:
            outcome = {"state": State.FAILED, "reason": str(error)}
        finally:
            write_json(folder() / "exit.json", outcome)


if __name__ == "__main__":
    run()
