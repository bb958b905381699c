"""A run is a folder. This module knows the files in it and derives the run's status from them."""

import json
import os
import secrets
import shlex
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from genreclf import paths
from genreclf.errors import UserError
from genreclf.files import is_regular, write_json, writing
from genreclf.locks import is_locked
from genreclf.public import at_home
from genreclf.runs.events import damage_of, finished_epochs, read_events
from genreclf.runs.records import MISSING, Config, Exit, Films, NotesFile, Progress, Status
from genreclf.units import readable
from genreclf.weights.card import CARD, Card, card_damage, stored_card

CHECK_IN_SECONDS = 30.0  # a trainer that is silent for longer than it announced counts as stalled
RESERVE_BYTES = 65_536
WAITING = "waiting"  # the phase of a run that was requeued
_LATEST_FILE = 7e9  # seconds since 1970: the year 2191


class StopRequested(Exception):
    """The run's ``stop`` file exists."""


class RunDeleted(Exception):
    """The run's folder, or its config, was deleted during the training."""


class TrainingFailed(Exception):
    """The training cannot continue; the message is a sentence for the user."""


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
    card_file = _Inside(CARD)  # describes the best weights; with it the folder is a weights folder
    films_file = _Inside("data.json")  # the digest of the films
    notes_file = _Inside("notes.json")  # a display name and a note

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def config(self) -> Config:
        """What to train; false where the file is missing or damaged, as in a half deleted folder."""
        return Config.read(self.config_file)

    @property
    def progress(self) -> Progress:
        """Where the trainer is; false before its first check-in."""
        return Progress.read(self.progress_file)

    @property
    def exit(self) -> Exit:
        """How the run ended; false before the end."""
        return Exit.read(self.exit_file)

    @property
    def films(self) -> Films:
        """The films that it is trained on; false before they are prepared."""
        return Films.read(self.films_file)

    @property
    def stored_notes(self) -> NotesFile:
        """Its name and note as stored (see ``genreclf.runs.notes``)."""
        return NotesFile.read(self.notes_file)

    @property
    def card(self) -> Card:
        """The card of its best weights (see ``genreclf.weights.card``); empty where there is none that can be read."""
        return stored_card(self.card_file)

    @property
    def model(self) -> str:
        """The model's name, "?" where the config cannot be read."""
        return self.config.model

    @property
    def created(self) -> datetime:
        """When it was queued, in UTC: as in its config, else when that file was written."""
        if (created := self.config.created) is not None:
            return created
        try:
            return datetime.fromtimestamp(min(max(self.config_file.stat().st_mtime, 0), _LATEST_FILE), UTC)
        except OSError:  # it was deleted meanwhile
            return datetime.now(UTC)

    @property
    def age(self) -> tuple[datetime, str]:
        """A key that sorts runs from the oldest to the newest."""
        return self.created, self.id

    def damage(self) -> str:
        """Why the folder cannot be used as a run, as a clause; "" if it can."""
        if not self.id.isprintable():  # half of a surrogate pair is not printable either
            return "its name has characters that cannot be shown"
        for path in (getattr(self, name) for name in vars(Run) if name.endswith("_file")):
            if os.path.lexists(path) and not is_regular(path):
                return f"{path.name} is not a regular file"
        damage = self.config.damage
        return f"config.json: {damage}" if damage else ""

    def problems(self) -> list[str]:
        """One clause per file or field of the run that is damaged and therefore left out of what is shown."""
        records = {
            self.config_file: self.config, self.progress_file: self.progress, self.exit_file: self.exit,
            self.films_file: self.films, self.notes_file: self.stored_notes,
        }  # fmt: skip
        found = [
            f"{path.name}: {what}"
            for path, record in records.items()
            for what in (record.damage if record.damage != MISSING else "", *record.odd)
            if what
        ]
        others = {self.metrics_file: damage_of(self.metrics_file), self.card_file: card_damage(self.card_file)}
        return found + [f"{path.name}: {what}" for path, what in others.items() if what]

    def events(self) -> list[dict[str, Any]]:
        """All events so far, without a torn last line that is still being written."""
        return read_events(self.metrics_file)

    def epochs(self) -> list[dict[str, Any]]:
        """The events of all finished epochs in order, one per epoch."""
        return list(finished_epochs(self.events()).values())

    def best_epoch(self) -> dict[str, Any] | None:
        """The event of the finished epoch with the lowest validation loss."""
        epochs = [epoch for epoch in self.epochs() if "val_loss" in epoch]
        return min(epochs, key=lambda epoch: epoch["val_loss"], default=None)

    def status(self) -> Status:
        """The outcome in ``exit.json``, else running if locked, else died if it had started, else queued."""
        if outcome := self.exit.outcome:
            return outcome
        if self.is_locked():
            progress = self.progress
            next_check_in = CHECK_IN_SECONDS if progress.next_check_in is None else progress.next_check_in
            is_late = time.time() > progress.updated + next_check_in
            has_started = progress and progress.phase != WAITING
            return Status.STALLED if has_started and is_late else Status.RUNNING
        if outcome := self.exit.outcome:  # it ended between the two checks
            return outcome
        if not self.config_file.exists():
            return Status.DIED
        if self.progress.phase == WAITING:
            return Status.QUEUED
        # any file may have been deleted by hand; whatever only a trainer writes shows that there was one
        traces = (self.progress_file, self.metrics_file, self.backup_dir, self.best_weights_file)
        return Status.DIED if any(trace.exists() for trace in traces) else Status.QUEUED

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
        self.reserve_file.unlink(missing_ok=True)
        self.reserve_file.write_bytes(bytes(RESERVE_BYTES))
        self.check_in("starting", 60.0)

    @at_home("Training a model")
    def requeue(self) -> None:
        """Put a run that ended early back into the queue; it continues after its last finished epoch.

        Raises:
            UserError: the run is active, completed, or its config is gone.
        """
        status = self.status()
        if not status.can_resume:
            raise UserError(f"Run {self.id} is {status}; only a run that stopped, failed or died can be resumed.")
        if damage := self.damage():
            raise UserError(f"Run {self.id} cannot be resumed ({damage}); start a new run instead.")
        with writing(self.folder):
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
        card = self.card
        known = {name: card[name] for name in ("metrics", "best_epoch") if name in card}
        self.finish(Status.STOPPED, reason, **known)

    @at_home("Stopping a training")
    def request_stop(self) -> str:
        """Ask the trainer to stop after its current batch; a waiting run ends at once.

        Returns:
            what happens, to follow "The run".

        Raises:
            UserError: the run is not active.
        """
        status = self.status()
        if not status.is_active:
            raise UserError(f"Run {self.id} is not running (it is {status}); nothing to stop.")
        with writing(self.folder):
            self.stop_file.touch()
            if status is Status.QUEUED and not self.is_locked():
                self.finish_stopped()
                return "has left the queue"
        match self.progress.phase:
            case "evaluating":
                return "is in its final evaluation and ends with it"
            case "training" | "teacher":
                return "stops after its current batch"
        return "stops before its first batch"


@at_home("Training a model")
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
    run = Run(folder)
    with writing(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(f"The run folder {folder} is not empty; name a new one, or continue its run with --resume.")
        folder.mkdir(parents=True, exist_ok=True)
        created = datetime.now(UTC).isoformat(timespec="microseconds")
        write_json(run.config_file, {"created": created, **config})
        run.lock_file.touch()
    return run


class DamagedRun(NamedTuple):
    """A folder among the runs that cannot be used as one, and why, as a clause."""

    folder: Path
    reason: str


def list_runs() -> list[Run]:
    """All runs in the home folder, the newest first, without damaged ones."""
    return sorted((run for run in _folders() if not run.damage()), key=lambda run: run.age, reverse=True)


def damaged_runs() -> list[DamagedRun]:
    """Folders among the runs that are damaged (see ``Run.damage``), and in which no trainer is running."""
    found = [DamagedRun(run.folder, run.damage()) for run in _folders() if not run.is_locked()]
    return sorted(damaged for damaged in found if damaged.reason)


def _folders() -> list[Run]:
    root = paths.runs_dir()
    try:
        names = os.listdir(root)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise UserError(f"The folder of the runs, {root}, cannot be read ({error.strerror}); grant access.") from error
    return [Run(root / name) for name in names if not name.startswith(".") and os.path.isdir(root / name)]


def find_run(run_id: str) -> Run:
    """Find a run by its id, or by an unambiguous beginning or end of it.

    Raises:
        UserError: no run, or more than one, matches.
    """
    runs = list_runs() if run_id else []
    matches = [run for run in runs if run.id == run_id]
    matches = matches or [run for run in runs if run.id.startswith(run_id) or run.id.endswith(run_id)]
    for folder, reason in damaged_runs() if not matches else []:
        if folder.name == run_id:
            remedy = f"'genreclf runs delete {shlex.quote(run_id)}' removes its folder"
            raise UserError(f"Run {readable(run_id)} is damaged ({reason}); {remedy}.")
    if len(matches) != 1:
        problem = f"{len(matches)} runs match" if matches else "No run matches"
        raise UserError(f"{problem} {run_id!r}; 'genreclf runs' lists them.")
    return matches[0]


@at_home("Deleting a run")
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


@at_home("Deleting a run")
def delete_damaged(folders: list[Path]) -> None:
    """Delete folders that ``damaged_runs`` lists.

    Raises:
        UserError: one of them is not such a folder (any more), or cannot be deleted.
    """
    for folder in folders:
        if folder not in [damaged.folder for damaged in damaged_runs()]:
            raise UserError(f"{folder.name} is not a damaged run; it was not deleted.")
        _delete(folder)


def _delete(folder: Path) -> None:
    try:
        folder.unlink() if folder.is_symlink() else shutil.rmtree(folder)
    except OSError as error:
        raise UserError(f"Cannot delete {folder} ({error.strerror}); delete it by hand.") from error
