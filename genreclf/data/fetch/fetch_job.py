"""Fetching the full set in a process of its own, so that closing the browser changes nothing.

``GENRECLF_HOME/fetch`` holds the job: ``lock`` (held by the process while it lives), ``progress.json``, ``exit.json``
(how it ended), ``stop`` (touch it for a graceful stop) and ``log.txt``. Its state is worked out from them at every
look. Run as ``python -m genreclf.data.fetch.fetch_job`` it is the process itself.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from genreclf import paths
from genreclf.data.fetch import imdb
from genreclf.errors import UserError
from genreclf.files import read_json, write_json
from genreclf.locks import hold_lock, is_locked

KEY = "imdb"  # the fetched set's folder name, and so its key among the sources
START_SECONDS = 20.0  # until a started process must have its lock
WRITE_SECONDS = 0.4  # between two writes of the progress

_children: list[subprocess.Popen] = []  # kept so that ended ones are reaped


class State(StrEnum):
    """What became of the fetch."""

    NONE = "none"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class FetchStatus:
    """Where the fetch is.

    Attributes:
        state: what became of it.
        stage: of a running one: ``"start"``, ``"check"``, ``"table"``, ``"posters"`` or ``"extract"``.
        done: so far in this stage.
        total: of this stage in all; None where unknown.
        unit: ``"bytes"`` or ``"files"``.
        reason: of one that failed, the sentence that says why.
        stopping: it was asked to stop.
    """

    state: State
    stage: str = "start"
    done: int = 0
    total: int | None = None
    unit: str = "files"
    reason: str = ""
    stopping: bool = False

    @property
    def share(self) -> float | None:
        """How much of the stage is done, 0..1; None where unknown."""
        return min(self.done / self.total, 1.0) if self.total else None


def folder() -> Path:
    """Where the job's files lie."""
    return paths.home() / "fetch"


def destination() -> Path:
    """Where the full set goes."""
    return paths.data_dir() / KEY


def is_fetched() -> bool:
    """Whether the full set is there."""
    return imdb.is_complete(destination())


def start() -> None:
    """Start the fetch, detached, unless it runs; one that ended early goes on from there.

    Raises:
        UserError: the home folder cannot be written, or no process can be started.
    """
    if status().state is State.RUNNING:
        return
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(paths.PROJECT), os.environ.get("PYTHONPATH")]))
    try:
        folder().mkdir(parents=True, exist_ok=True)
        for name in ("exit.json", "stop"):
            (folder() / name).unlink(missing_ok=True)
        write_json(folder() / "progress.json", {"stage": "start", "started": time.time()})
        with (folder() / "log.txt").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "genreclf.data.fetch.fetch_job"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=environment,
            )
    except OSError as error:
        raise UserError(
            f"The fetch cannot be started in {folder()} ({error.strerror}); free space or set GENRECLF_HOME."
        ) from error
    _children.append(process)


def stop() -> None:
    """Ask the process to stop; what was fetched is kept."""
    if status().state is State.RUNNING:
        (folder() / "stop").touch()


def status() -> FetchStatus:
    """Worked out from the files, never stored."""
    _children[:] = [child for child in _children if child.poll() is None]
    progress = read_json(folder() / "progress.json")
    if progress is None:
        return FetchStatus(State.NONE)
    running = is_locked(folder() / "lock")
    ended = read_json(folder() / "exit.json")
    if ended and not running:
        return FetchStatus(State(ended["state"]), reason=ended.get("reason", ""))
    started = progress.get("started")
    if not running and not (started and time.time() < started + START_SECONDS):
        log = folder() / "log.txt"
        return FetchStatus(State.FAILED, reason=f"The fetch ended without a word; start it again, or see {log}.")
    return FetchStatus(
        State.RUNNING,
        progress.get("stage", "start"),
        progress.get("done", 0),
        progress.get("total"),
        progress.get("unit", "files"),
        stopping=(folder() / "stop").exists(),
    )


def run() -> None:
    """Fetch in this process, with the job's files saying how it goes; returns at once where another one is at it."""
    with hold_lock(folder() / "lock", patience=2.0) as ours:
        if not ours:
            return
        written = stage = None

        def report(progress: imdb.FetchProgress) -> None:
            nonlocal written, stage
            now = time.monotonic()
            if written is None or stage != progress.stage or now > written + WRITE_SECONDS:
                written, stage = now, progress.stage
                write_json(
                    folder() / "progress.json",
                    {"stage": stage, "done": progress.done, "total": progress.total, "unit": progress.unit},
                )

        log = folder() / "log.txt"
        outcome = {"state": State.FAILED, "reason": f"The fetch broke off by a fault of the program; {log} says which."}
        try:
            imdb.fetch(destination(), on_progress=report, should_stop=(folder() / "stop").exists)
            outcome = {"state": State.DONE}
        except imdb.FetchStopped:
            outcome = {"state": State.STOPPED}
        except UserError as error:
            outcome = {"state": State.FAILED, "reason": str(error)}
        finally:
            write_json(folder() / "exit.json", outcome)


if __name__ == "__main__":
    run()
