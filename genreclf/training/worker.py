"""The trainer's process: ``python -m genreclf.training.worker RUN_FOLDER``.

It holds the run's lock while it lives and the device's lock while it trains, so that other processes notice at once if
it dies.
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
from genreclf.public import at_home
from genreclf.runs.folder import Run, Status, StopRequested, TrainingFailed
from genreclf.runs.queue import device_lock, start_next
from genreclf.training.fit import train

LOCK_PATIENCE = 5.0  # seconds


def main(folder: Path) -> int:
    """Train a run; the exit code is 0 if it completed, stopped, or another process trains it."""
    run = Run(folder)
    with hold_lock(run.lock_file, LOCK_PATIENCE) as is_ours:
        if not is_ours or run.exit or not run.config:
            return 0
        with hold_lock(device_lock(), LOCK_PATIENCE) as is_free:
            if not is_free:
                return 0  # another run trains on this device; this one stays queued
            outcome = work(run)
    start_next(patience=15.0)  # nothing else may start it for hours
    return 0 if outcome in (Status.COMPLETED, Status.STOPPED) else 1


@at_home("Training a model")
def work(run: Run) -> Status:
    """Train a run and write its outcome."""
    try:
        run.mark_started()
        signal.signal(signal.SIGTERM, lambda *_: run.stop_file.touch())  # a shutdown is a graceful stop
        if run.stop_file.exists():
            raise StopRequested
        card = train(run)
        run.finish(Status.COMPLETED, metrics=card["metrics"], best_epoch=card["best_epoch"])
        shutil.rmtree(run.backup_dir, ignore_errors=True)  # it cannot be resumed any more
        return Status.COMPLETED
    except StopRequested:
        run.finish_stopped()
        return Status.STOPPED
    except Exception as error:  # whatever it is, the reason must reach the app
        if run.config_file.exists():  # otherwise the run was deleted and must not reappear
            run.finish(Status.FAILED, reason_of(error))
        with suppress(OSError):  # the disk may be full
            traceback.print_exc()
        return Status.FAILED


def reason_of(error: Exception) -> str:
    """The reason why training failed, in one sentence for the user."""
    match error:
        case UserError() | TrainingFailed():
            return str(error)
        case MemoryError():
            return "The machine ran out of memory; choose a smaller batch size."
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return "The disk is full; free space, then resume."
        case OSError():
            return f"A file could not be read or written ({error}); restore it, then resume."
    message = str(error)
    if "RESOURCE_EXHAUSTED" in message or type(error).__name__ == "ResourceExhaustedError":
        return "The device ran out of memory; choose a smaller batch size."
    first_line = f": {message.splitlines()[0]}" if message else ""
    return f"{type(error).__name__}{first_line} (more in train.log, in the run's folder)."


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # overrides a keras.json in the user's home folder
    os.environ.setdefault("KERAS_HOME", str(paths.home() / "keras"))  # for weights that Keras downloads
    code = main(Path(sys.argv[1]))
    with suppress(OSError):  # the disk may be full
        sys.stdout.flush()
    os._exit(code)  # at the usual exit, TensorFlow's threads sometimes keep a stopped trainer waiting forever
