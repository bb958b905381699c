"""A run is a folder. This is the one place that knows the names of the files in it and what they say together."""

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
from genreclf.runs.events import read_events

CHECK_IN_SECONDS = 30.0  # a trainer that has not written for this long after its promise is called stalled
RESERVE_BYTES = 65_536
WAITING = "waiting"  # the phase of a run put back into the queue


class StopRequested(Exception):
    """Someone touched the run's ``stop`` file."""


class RunDeleted(Exception):
    """Someone deleted the run's folder, or its config, while it trained."""


class TrainingFailed(Exception):
    """The training cannot go on; the message is a sentence for the user."""


class Status(StrEnum):
    """What became of a run, worked out from its folder at every look."""

    QUEUED = "queued"
    RUNNING = "running"
    STALLED = "stalled"
    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"
    DIED = "died"

    @property
    def is_active(self) -> bool:
        """Waiting or at work."""
        return self in (Status.QUEUED, Status.RUNNING, Status.STALLED)

    @property
    def can_resume(self) -> bool:
        """Ended before its last epoch."""
        return self in (Status.STOPPED, Status.FAILED, Status.DIED)


@dataclass(frozen=True)
class Run:
    """A run folder; nothing is kept in memory, every property reads the disk."""

    folder: Path

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def config_file(self) -> Path:
        """What was asked for, written once before launch."""
        return self.folder / "config.json"

    @property
    def lock_file(self) -> Path:
        """Held (flock) by the trainer while it lives."""
        return self.folder / "lock"

    @property
    def metrics_file(self) -> Path:
        """One JSON event a line, append only."""
        return self.folder / "metrics.jsonl"

    @property
    def progress_file(self) -> Path:
        """Where the trainer is, replaced in one step."""
        return self.folder / "progress.json"

    @property
    def exit_file(self) -> Path:
        """How it ended, written last."""
        return self.folder / "exit.json"

    @property
    def stop_file(self) -> Path:
        """Touch it for a graceful stop."""
        return self.folder / "stop"

    @property
    def reserve_file(self) -> Path:
        """Space kept free for ``exit.json``, so that a run can still say that the disk is full."""
        return self.folder / "reserve"

    @property
    def log_file(self) -> Path:
        """What the trainer printed."""
        return self.folder / "train.log"

    @property
    def backup_dir(self) -> Path:
        """The state to resume from."""
        return self.folder / "backup"

    @property
    def best_weights_file(self) -> Path:
        """Weights of the epoch with the lowest validation loss."""
        return self.folder / "best.weights.h5"

    @property
    def tensorboard_dir(self) -> Path:
        """The same curves for TensorBoard."""
        return self.folder / "tensorboard"

    @property
    def card_file(self) -> Path:
        """The model card of the best weights; with it the folder is a weights folder."""
        return self.folder / "card.json"

    @property
    def config(self) -> dict[str, Any]:
        """What was asked for; empty where the folder is half deleted."""
        return as_object(read_json(self.config_file))

    @property
    def progress(self) -> dict[str, Any]:
        """Where the trainer is; empty before its first check-in."""
        return as_object(read_json(self.progress_file))

    @property
    def exit(self) -> dict[str, Any]:
        """How it ended; empty while it has not."""
        return as_object(read_json(self.exit_file))

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self.config.get("model", "?"))

    def events(self) -> list[dict[str, Any]]:
        """All events so far; a torn last line, still being written, is passed over."""
        return read_events(self.metrics_file)

    def epochs(self) -> list[dict[str, Any]]:
        """The figures of every finished epoch, in order, once each."""
        ends = (event for event in self.events() if event.get("event") == "epoch" and "epoch" in event)
        by_epoch = {event["epoch"]: event for event in ends}
        return [by_epoch[epoch] for epoch in sorted(by_epoch)]

    def best_epoch(self) -> dict[str, Any] | None:
        """The finished epoch with the lowest validation loss."""
        epochs = [epoch for epoch in self.epochs() if epoch.get("val_loss") is not None]
        return min(epochs, key=lambda epoch: epoch["val_loss"], default=None)

    def status(self) -> Status:
        """Worked out, never stored: outcome, else lock held, else started, else queued."""
        if outcome := self._outcome():
            return outcome
        if self.is_locked():
            progress = self.progress
            due = progress.get("updated", 0) + progress.get("next_check_in", CHECK_IN_SECONDS)
            waited = progress.get("phase") == WAITING  # its trainer has only just begun
            return Status.STALLED if progress and not waited and time.time() > due else Status.RUNNING
        if outcome := self._outcome():  # it ended between the two looks
            return outcome
        if not self.config_file.exists():
            return Status.DIED
        if self.progress.get("phase") == WAITING:
            return Status.QUEUED
        # any of its files may have been deleted by hand: a trace of a trainer says that it had begun
        traces = (self.progress_file, self.metrics_file, self.backup_dir, self.best_weights_file)
        return Status.DIED if any(trace.exists() for trace in traces) else Status.QUEUED

    def _outcome(self) -> Status | None:
        """What ``exit.json`` says; None where there is none, or it was damaged."""
        try:
            return Status(self.exit["outcome"])
        except (KeyError, ValueError):
            return None

    def is_locked(self) -> bool:
        """Whether a trainer lives; a process id would not tell (a zombie still has one)."""
        return is_locked(self.lock_file)

    def append(self, event: str, **values: Any) -> None:
        """Add one event to the metrics, flushed."""
        line = json.dumps({"event": event, "time": round(time.time(), 3), **values})
        with self.metrics_file.open("a+b") as stream:
            stream.seek(0, os.SEEK_END)
            if stream.tell():  # a killed trainer may have left half a line
                stream.seek(-1, os.SEEK_END)
                if stream.read(1) != b"\n":
                    line = "\n" + line
            stream.write(line.encode() + b"\n")

    def check_in(self, phase: str, next_check_in: float = CHECK_IN_SECONDS, **values: Any) -> None:
        """Say where the trainer is, and when it will say so again at the latest (seconds).

        Raises:
            RunDeleted: there is no run any more; its folder must not come back with nothing but this in it.
        """
        if not self.config_file.exists():
            raise RunDeleted(f"The folder of run {self.id} was deleted while it trained.")
        write_json(
            self.progress_file,
            {"phase": phase, "updated": round(time.time(), 3), "next_check_in": next_check_in, **values},
        )

    def begin(self) -> None:
        """Set space aside for the end, and check in."""
        self.reserve_file.write_bytes(bytes(RESERVE_BYTES))
        self.check_in("starting", 60.0)

    def wait_again(self) -> None:
        """Forget how it ended: the run waits for its turn, to go on after its last finished epoch."""
        self.check_in(WAITING)
        for file in (self.exit_file, self.stop_file):
            file.unlink(missing_ok=True)

    def finish(self, outcome: Status, reason: str = "", **values: Any) -> None:
        """Write how it ended, on a full disk too."""
        self.reserve_file.unlink(missing_ok=True)
        ended = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(self.exit_file, {"outcome": str(outcome), "reason": reason, "ended": ended, **values})

    def finish_stopped(self) -> None:
        """Write that it was stopped, with the figures of its best weights where they were measured."""
        epochs = len(self.epochs())
        reason = f"Stopped on request after {epochs} epoch{'s' * (epochs != 1)}."
        if not epochs:
            reason = "Stopped before its first epoch was finished."
        card = as_object(read_json(self.card_file))
        known = {name: card[name] for name in ("metrics", "best_epoch") if name in card}
        self.finish(Status.STOPPED, reason, **known)

    def request_stop(self) -> None:
        """Ask the trainer to stop after the batch it is at; a run still waiting ends at once.

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
    """Make a run folder, status queued.

    Args:
        config: what to train (see ``genreclf.runs.create``); ``model`` names the folder.
        folder: where; by default ``runs/<utc>-<model>-<4 hex>`` in the home folder.

    Raises:
        UserError: the folder already holds something, or cannot be written.
    """
    if folder is None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        folder = paths.runs_dir() / f"{stamp}-{config['model']}-{secrets.token_hex(2)}"
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"The run folder {folder} is not empty; name a new one, or add --resume to go on with it.")
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


def list_runs(root: Path | None = None) -> list[Run]:
    """All runs of a folder, the newest first; folders without a readable config are passed over."""
    root = root or paths.runs_dir()
    if not root.is_dir():
        return []
    runs = [Run(folder) for folder in root.iterdir() if (folder / "config.json").is_file()]
    return sorted(
        (run for run in runs if run.config), key=lambda run: (str(run.config.get("created", "")), run.id), reverse=True
    )


def damaged_runs(root: Path | None = None) -> list[Path]:
    """Folders among the runs without a readable config, and without a trainer at work in them; none of our doing."""
    root = root or paths.runs_dir()
    if not root.is_dir():
        return []
    folders = (folder for folder in root.iterdir() if folder.is_dir() and not folder.name.startswith("."))
    return sorted(folder for folder in folders if not Run(folder).config and not is_locked(Run(folder).lock_file))


def find_run(run_id: str, root: Path | None = None) -> Run:
    """A run by its id, or by an unmistakable beginning or end of it.

    Raises:
        UserError: no run, or several, answer to it.
    """
    if not re.fullmatch(r"[\w.-]+", run_id):
        raise UserError(f"{run_id!r} is not a run id; 'genreclf runs' lists them.")
    runs = list_runs(root)
    exact = [run for run in runs if run.id == run_id]
    found = exact or [run for run in runs if run.id.startswith(run_id) or run.id.endswith(run_id)]
    if len(found) != 1:
        problem = "No run" if not found else f"{len(found)} runs"
        raise UserError(f"{problem} answer{'s' if not found else ''} to {run_id!r}; 'genreclf runs' lists them.")
    return found[0]


def delete_runs(runs: list[Run]) -> None:
    """Remove the folders of runs that have ended; promoted weights are copies and stay.

    Raises:
        UserError: one is active, and then none is removed, or a folder cannot be removed.
    """
    there = [run for run in runs if run.folder.exists()]  # else it is deleted already
    for run in there:
        if run.status().is_active:
            raise UserError(f"Run {run.id} is still active; stop it first.")
    for run in there:
        try:
            shutil.rmtree(run.folder)
        except OSError as error:
            raise UserError(f"Cannot remove {run.folder} ({error.strerror}); remove it by hand.") from error


def delete_damaged(folders: list[Path]) -> None:
    """Remove folders from ``damaged_runs``.

    Raises:
        UserError: one is not (or no longer) such a folder, or cannot be removed.
    """
    for folder in folders:
        if folder not in damaged_runs(folder.parent):
            raise UserError(f"{folder.name} is no damaged run; it was not deleted.")
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise UserError(f"Cannot remove {folder} ({error.strerror}); remove it by hand.") from error
