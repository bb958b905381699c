"""A run is a folder. This module knows the files in it and derives the run's status from them."""

import json
import os
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from genreclf import paths
from genreclf.errors import UserError
from genreclf.files import as_object, read_json, write_json
from genreclf.locks import is_locked
from genreclf.runs.events import finished_epochs, read_events

CHECK_IN_SECONDS = 30.0  # a trainer that is silent for longer than it announced counts as stalled
RESERVE_BYTES = 65_536
WAITING = "waiting"  # the phase of a run that was requeued


class StopRequested(Exception):
    """The run's ``stop`` file exists."""


class RunDeleted(Exception):
    """The run's folder, or its config, was deleted during the training."""


class TrainingFailed(Exception):
    """The training cannot continue; the message is a sentence for the user."""


class Status(StrEnum):
    """The state of a run, derived from its folder each time."""

    QUEUED = "queued"
    RUNNING = "running"
    STALLED = "stalled"
    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"
    DIED = "died"

    @property
    def is_active(self) -> bool:
        """Whether it is waiting or training."""
        return self in (Status.QUEUED, Status.RUNNING, Status.STALLED)

    @property
    def can_resume(self) -> bool:
        """Whether it ended before its last epoch."""
        return self in (Status.STOPPED, Status.FAILED, Status.DIED)


class _Inside:
    """The path of a file or folder inside a run's folder."""

    def __init__(self, name: str):
        self.name = name

    def __get__(self, run: "Run", owner: type) -> Path:
        return run.folder / self.name


@dataclass(frozen=True)
class Run:
    """A run folder. Nothing is kept in memory: every property reads the disk."""

    folder: Path

    config_file = _Inside("config.json")  # what to train; written once, before the start
    lock_file = _Inside("lock")  # locked by the trainer as long as it lives
    metrics_file = _Inside("metrics.jsonl")  # one JSON event per line, append only
    progress_file = _Inside("progress.json")  # where the trainer is; replaced atomically
    exit_file = _Inside("exit.json")  # how the run ended; written last
    stop_file = _Inside("stop")  # touched to request a graceful stop
    reserve_file = _Inside("reserve")  # space for exit.json, so that even a full disk can be reported
    log_file = _Inside("train.log")  # what the trainer printed
    backup_dir = _Inside("backup")  # the state to resume from
    best_weights_file = _Inside("best.weights.h5")  # of the epoch with the lowest validation loss
    tensorboard_dir = _Inside("tensorboard")  # the curves for TensorBoard
    card_file = _Inside("card.json")  # describes the best weights; with it the folder is a weights folder

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def config(self) -> dict[str, Any]:
        """What to train; empty where the folder is half deleted."""
        return as_object(read_json(self.config_file))

    @property
    def progress(self) -> dict[str, Any]:
        """Where the trainer is; empty before its first check-in."""
        return as_object(read_json(self.progress_file))

    @property
    def exit(self) -> dict[str, Any]:
        """How the run ended; empty before the end."""
        return as_object(read_json(self.exit_file))

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self.config.get("model", "?"))

    @property
    def age(self) -> tuple[str, str]:
        """A key that sorts runs from the oldest to the newest."""
        return str(self.config.get("created", "")), self.id

    def events(self) -> list[dict[str, Any]]:
        """All events so far, without a torn last line that is still being written."""
        return read_events(self.metrics_file)

    def epochs(self) -> list[dict[str, Any]]:
        """The events of all finished epochs in order, one per epoch."""
        return list(finished_epochs(self.events()).values())

    def best_epoch(self) -> dict[str, Any] | None:
        """The event of the finished epoch with the lowest validation loss."""
        epochs = [epoch for epoch in self.epochs() if epoch.get("val_loss") is not None]
        return min(epochs, key=lambda epoch: epoch["val_loss"], default=None)

    def status(self) -> Status:
        """The outcome in ``exit.json``, else running if locked, else died if it had started, else queued."""
        if outcome := self._outcome():
            return outcome
        if self.is_locked():
            progress = self.progress
            due = progress.get("updated", 0) + progress.get("next_check_in", CHECK_IN_SECONDS)
            is_late = progress and progress.get("phase") != WAITING and time.time() > due  # else it has just started
            return Status.STALLED if is_late else Status.RUNNING
        if outcome := self._outcome():  # it ended between the two checks
            return outcome
        if not self.config_file.exists():
            return Status.DIED
        if self.progress.get("phase") == WAITING:
            return Status.QUEUED
        # any file may have been deleted by hand; whatever only a trainer writes shows that there was one
        traces = (self.progress_file, self.metrics_file, self.backup_dir, self.best_weights_file)
        return Status.DIED if any(trace.exists() for trace in traces) else Status.QUEUED

    def _outcome(self) -> Status | None:
        """The outcome in ``exit.json``; None where there is none, or it is damaged."""
        try:
            return Status(self.exit["outcome"])
        except (KeyError, ValueError):
            return None

    def is_locked(self) -> bool:
        """Whether a trainer is alive; a process id would not show that (a zombie still has one)."""
        return is_locked(self.lock_file)

    def append(self, event: str, **values: Any) -> None:
        """Append one event to the metrics, flushed."""
        line = json.dumps({"event": event, "time": round(time.time(), 3), **values})
        with self.metrics_file.open("a+b") as stream:
            stream.seek(0, os.SEEK_END)
            if stream.tell():  # a killed trainer may have left half a line
                stream.seek(-1, os.SEEK_END)
                if stream.read(1) != b"\n":
                    line = "\n" + line
            stream.write(line.encode() + b"\n")

    def check_in(self, phase: str, next_check_in: float = CHECK_IN_SECONDS, **values: Any) -> None:
        """Write where the trainer is, and the number of seconds until it will write again at the latest.

        Raises:
            RunDeleted: the run is gone; its folder must not reappear with only this file in it.
        """
        if not self.config_file.exists():
            raise RunDeleted(f"The folder of run {self.id} was deleted during the training.")
        updated = round(time.time(), 3)
        write_json(self.progress_file, {"phase": phase, "updated": updated, "next_check_in": next_check_in, **values})

    def mark_started(self) -> None:
        """Reserve disk space for ``exit.json``, and check in."""
        self.reserve_file.write_bytes(bytes(RESERVE_BYTES))
        self.check_in("starting", 60.0)

    def requeue(self) -> None:
        """Put a run that ended early back into the queue; it continues after its last finished epoch.

        Raises:
            UserError: the run is active, completed, or its config is gone.
        """
        status = self.status()
        if not status.can_resume:
            raise UserError(f"Run {self.id} is {status}; only a run that stopped, failed or died can be resumed.")
        if not self.config:
            raise UserError(f"Run {self.id} has lost its config.json; start a new run instead.")
        self.check_in(WAITING)
        for file in (self.exit_file, self.stop_file):
            file.unlink(missing_ok=True)

    def finish(self, outcome: Status, reason: str = "", **values: Any) -> None:
        """Write how the run ended, even on a full disk."""
        self.reserve_file.unlink(missing_ok=True)
        ended = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(self.exit_file, {"outcome": str(outcome), "reason": reason, "ended": ended, **values})

    def finish_stopped(self) -> None:
        """Write that the run was stopped, with the scores of its best weights if they were measured."""
        epochs = len(self.epochs())
        reason = f"Stopped on request after {epochs} epoch{'s' * (epochs != 1)}."
        if not epochs:
            reason = "Stopped before its first epoch was finished."
        card = as_object(read_json(self.card_file))
        known = {name: card[name] for name in ("metrics", "best_epoch") if name in card}
        self.finish(Status.STOPPED, reason, **known)

    def request_stop(self) -> None:
        """Ask the trainer to stop after its current batch; a waiting run ends at once.

        Raises:
            UserError: the run is not active.
        """
        status = self.status()
        if not status.is_active:
            raise UserError(f"Run {self.id} is not running (it is {status}); nothing to stop.")
        self.stop_file.touch()
        if status is Status.QUEUED and not self.is_locked():
            self.finish_stopped()


def create_run(config: dict[str, Any], folder: Path | None = None) -> Run:
    """Create the folder of a queued run.

    Args:
        config: what to train (see ``genreclf.runs.queue``); the folder's name contains its ``model``.
        folder: by default ``runs/<utc>-<model>-<4 hex>`` in the home folder.

    Raises:
        UserError: the folder is not empty, or cannot be written.
    """
    if folder is None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        folder = paths.runs_dir() / f"{stamp}-{config['model']}-{secrets.token_hex(2)}"
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"The run folder {folder} is not empty; name a new one, or continue its run with --resume.")
    run = Run(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        created = datetime.now(UTC).isoformat(timespec="microseconds")
        write_json(run.config_file, {"created": created, **config})
        run.lock_file.touch()
    except OSError as error:
        raise UserError(
            f"Cannot write the run folder {folder} ({error.strerror}); free space or set GENRECLF_HOME."
        ) from error
    return run


def list_runs() -> list[Run]:
    """All runs in the home folder, the newest first, without folders that have no readable config."""
    return sorted((run for run in _folders() if run.config), key=lambda run: run.age, reverse=True)


def damaged_runs() -> list[Path]:
    """Folders among the runs that have no readable config, and in which no trainer is running."""
    return sorted(run.folder for run in _folders() if not run.config and not run.is_locked())


def _folders() -> list[Run]:
    root = paths.runs_dir()
    folders = root.iterdir() if root.is_dir() else ()
    return [Run(folder) for folder in folders if folder.is_dir() and not folder.name.startswith(".")]


def find_run(run_id: str) -> Run:
    """Find a run by its id, or by an unambiguous beginning or end of it.

    Raises:
        UserError: no run, or more than one, matches.
    """
    if not re.fullmatch(r"[\w.-]+", run_id):
        raise UserError(f"{run_id!r} is not a run id; 'genreclf runs' lists them.")
    runs = list_runs()
    matches = [run for run in runs if run.id == run_id]
    matches = matches or [run for run in runs if run.id.startswith(run_id) or run.id.endswith(run_id)]
    if len(matches) != 1:
        problem = f"{len(matches)} runs match" if matches else "No run matches"
        raise UserError(f"{problem} {run_id!r}; 'genreclf runs' lists them.")
    return matches[0]


def delete_runs(runs: list[Run]) -> None:
    """Delete the folders of runs that have ended; promoted weights are copies and stay.

    Raises:
        UserError: one is active, in which case none is deleted, or a folder cannot be deleted.
    """
    remaining = [run for run in runs if run.folder.exists()]
    if active := [run.id for run in remaining if run.status().is_active]:
        raise UserError(f"Run {active[0]} is still active; stop it first.")
    for run in remaining:
        _delete(run.folder)


def delete_damaged(folders: list[Path]) -> None:
    """Delete folders that ``damaged_runs`` lists.

    Raises:
        UserError: one of them is not such a folder (any more), or cannot be deleted.
    """
    for folder in folders:
        if folder not in damaged_runs():
            raise UserError(f"{folder.name} is not a damaged run; it was not deleted.")
        _delete(folder)


def _delete(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise UserError(f"Cannot delete {folder} ({error.strerror}); delete it by hand.") from error
