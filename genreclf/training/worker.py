"""The trainer's process: ``python -m genreclf.training.worker RUN_FOLDER``.

It holds the run's lock while it lives and the device's lock while it trains, so that its death, however it comes, is
seen by everyone at once.
"""

import errno
import os
import shutil
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path

from genreclf import paths
from genreclf.errors import UserError
from genreclf.locks import hold_lock
from genreclf.runs.folder import Run, Status, StopRequested, TrainingFailed
from genreclf.runs.queue import device_lock, start_next
from genreclf.training.fit import train

LOCK_PATIENCE = 5.0  # seconds


def main(folder: Path) -> int:
    """Train a run to its end; the exit code is 0 where it completed, stopped, or another trainer has it."""
    run = Run(folder)
    with hold_lock(run.lock_file, LOCK_PATIENCE) as ours:
        if not ours or run.exit or not run.config:
            return 0
        with hold_lock(device_lock(), LOCK_PATIENCE) as free:
            if not free:
                return 0  # another run trains here; this one stays queued
            outcome = work(run)
    start_next(patience=15.0)  # nobody else may look for hours
    return 0 if outcome in (Status.COMPLETED, Status.STOPPED) else 1


def work(run: Run) -> Status:
    """Train and write how it ended."""
    try:
        run.begin()
        signal.signal(signal.SIGTERM, lambda *_: run.stop_file.touch())  # a shutdown is a graceful stop
        if run.stop_file.exists():
            raise StopRequested
        card = train(run)
        run.finish(Status.COMPLETED, metrics=card["metrics"], best_epoch=card["best_epoch"])
        shutil.rmtree(run.backup_dir, ignore_errors=True)  # nothing is left to go on with
        return Status.COMPLETED
    except StopRequested:
        run.finish_stopped()
        return Status.STOPPED
    except Exception as error:  # the trainer's last line of defence: the reason must reach the app
        if run.config_file.exists():  # else the run was deleted, and must not come back with nothing but its end
            run.finish(Status.FAILED, reason_of(error))
        with suppress(OSError):  # a full disk takes no more lines
            traceback.print_exc()
        return Status.FAILED


def reason_of(error: Exception) -> str:
    """Why a training failed, in one sentence for the user."""
    match error:
        case UserError() | TrainingFailed():
            return str(error)
        case MemoryError():
            return "The machine ran out of memory; choose a smaller batch size."
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return "The disk is full; free space, then resume."
        case OSError():
            return f"A file could not be read or written ({error}); restore it, then resume."
    said = str(error)
    if "RESOURCE_EXHAUSTED" in said or type(error).__name__ == "ResourceExhaustedError":
        return "The device ran out of memory; choose a smaller batch size."
    first = f": {said.splitlines()[0]}" if said else ""
    return f"{type(error).__name__}{first} (more in train.log, in the run's folder)."


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # whatever a keras.json in somebody's home says
    os.environ.setdefault("KERAS_HOME", str(paths.home() / "keras"))  # where it keeps weights that it fetches
    sys.exit(main(Path(sys.argv[1])))
