"""Starting runs: one trains at a time on a device, the oldest first, each in a process of its own.

No scheduler lives anywhere. Whoever looks (the app, the command line, a trainer that ends) calls ``start_next``, which
starts the oldest waiting run if the device is free.
"""

import os
import subprocess
import time
from pathlib import Path

from genreclf import paths
from genreclf.errors import UserError
from genreclf.locks import hold_lock, is_locked
from genreclf.processes import reap, start_detached
from genreclf.runs.folder import Run, Status, list_runs


def device_lock() -> Path:
    """The lock that the one training process of this machine's device holds."""
    return paths.home() / "locks" / "device"


def queue_lock() -> Path:
    """Held for the moment of choosing and starting the next run."""
    return paths.home() / "locks" / "queue"


def launch(run: Run) -> subprocess.Popen:
    """Start a run's trainer in a process of its own, which writes to the run's log."""
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}
    # JAX takes a GPU's memory as it needs it
    environment["XLA_PYTHON_CLIENT_PREALLOCATE"] = os.environ.get("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    return start_detached("genreclf.training.worker", str(run.folder), log=run.log_file, **environment)


def start_next(outside: Run | None = None, patience: float = 0.0) -> Run | None:
    """Start the oldest waiting run if no other trains; returns it, or None when there is nothing to do.

    Args:
        outside: a run in a folder of its own, outside the home folder, that waits its turn with the others.
        patience: seconds to wait while another process chooses.
    """
    reap()
    with hold_lock(queue_lock(), patience) as ours:
        if not ours or is_locked(device_lock()):
            return None
        known = [*list_runs(), outside] if outside else list_runs()
        waiting = [run for run in known if run.status() is Status.QUEUED]
        if not waiting:
            return None
        run = min(waiting, key=lambda run: (str(run.config.get("created", "")), run.id))
        process = launch(run)
        deadline = time.monotonic() + 10  # hold the queue until the trainer has its lock, or failed to get up
        while time.monotonic() < deadline and not run.is_locked() and not run.exit_file.exists():
            if process.poll() is not None:
                break
            time.sleep(0.05)
        if run.status() is Status.QUEUED and process.poll() not in (None, 0):
            run.finish(Status.FAILED, f"The trainer could not be started; see {run.log_file}.")
        return run


def waits_for(run: Run) -> list[Run]:
    """The runs that train before a waiting one gets its turn: those at work, then older waiting ones."""
    oldest_first = [(other.status(), other) for other in reversed(list_runs())]
    at_work = [other for status, other in oldest_first if status in (Status.RUNNING, Status.STALLED)]
    turn = (str(run.config.get("created", "")), run.id)
    waiting = [
        other
        for status, other in oldest_first
        if status is Status.QUEUED and (str(other.config.get("created", "")), other.id) < turn
    ]
    return at_work + waiting


def resume(run: Run) -> None:
    """Put a run that ended early back into the queue; it goes on after its last finished epoch.

    Raises:
        UserError: the run is active, completed, or its config is gone.
    """
    status = run.status()
    if not status.can_resume:
        raise UserError(f"Run {run.id} is {status}; only a run that stopped, failed or died can be resumed.")
    if not run.config:
        raise UserError(f"Run {run.id} has lost its config.json; start a new run instead.")
    run.requeue()
