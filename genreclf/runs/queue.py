"""Queueing and starting runs: one trains at a time on a device, the oldest first, each in a separate process.

There is no scheduler. Whatever touches the runs (the app, the command line, a trainer that ends) calls ``start_next``,
which starts the oldest waiting run if the device is free.
"""

import json
import os
import shlex
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from genreclf import paths
from genreclf.errors import UserError
from genreclf.locks import hold_lock, is_locked
from genreclf.models import get_spec
from genreclf.models.options import COMPUTING, Setting
from genreclf.processes import reap, start_detached
from genreclf.public import at_home, is_public
from genreclf.recipes import get_recipe
from genreclf.recipes.settings import FOLDERS
from genreclf.runs.devices import training_device
from genreclf.runs.folder import Run, Status, create_run, list_runs
from genreclf.units import is_unicode, readable
from genreclf.weights.folder import WEIGHTS_SETS

SEED = Setting(
    "seed", int, "Seed", "Starting point of all random numbers. The same seed repeats a run; another shows how much "
    "depends on chance.", 0, 0, 2**31 - 1, group=COMPUTING,
)  # fmt: skip


def new_run(
    model: str,
    data: Path,
    recipe: str = "tuned",
    seed: int = 0,
    run_dir: Path | None = None,
    films: int | None = None,
    with_teacher: bool = True,
    **changes: Any,
) -> Run:
    """Queue a training run; ``start_next`` starts it.

    Args:
        model: one of the models or baselines.
        data: the data-set folder.
        recipe: ``"tuned"`` or ``"reference"``.
        seed: seed for all random choices.
        run_dir: the run's folder; by default a new one in the home folder.
        films, with_teacher: the number of training films in the data set, and whether there is a teacher for its
            genres (see ``get_recipe``).
        changes: settings that differ from the recipe's, by name (see ``get_recipe``); None changes nothing.

    Raises:
        UserError: a name or value is wrong, or the folder cannot be written.
    """
    get_spec(model)
    SEED.check(seed)
    if not is_unicode(str(data)):
        raise UserError(f"The name of the data folder {readable(str(data))} is not valid Unicode; rename the folder.")
    changes = {key: value for key, value in changes.items() if value is not None}
    for name in FOLDERS:
        given = os.path.expanduser(str(changes.get(name, "")))
        is_set = name == "initial_weights" and given in WEIGHTS_SETS
        if os.path.isdir(given) and not is_set:
            changes[name] = os.path.realpath(given)
    settings = get_recipe(model, recipe, films, with_teacher, **changes).for_device(training_device().bfloat16)
    config = {
        "model": model,
        "data": os.path.realpath(data),
        "recipe_name": recipe,
        "recipe": settings.as_dict(),
        "changes": changes,
        "seed": seed,
        "command": command_of(model, recipe, seed, changes),
    }
    return create_run(config, run_dir)


def duplicate(run: Run, seed: int | None = None) -> Run:
    """Queue the same training again in a new folder: same model, films and settings.

    Args:
        run: any run, also one outside the home folder.
        seed: another seed shows how much depends on chance; None repeats the run with its own.

    Raises:
        UserError: the run's config or data are missing or unusable, or the folder cannot be written.
    """
    config = run.config
    config.require(run.id, seed=seed is None)
    get_recipe(config.model, config.recipe_name)
    same, data = config.as_dict(), Path(str(config.data))
    seed = same["seed"] if seed is None else seed
    SEED.check(seed)
    if not os.path.isdir(data):
        raise UserError(f"The data set of run {run.id} is missing ({data}); restore it or train on another.")
    command = command_of(config.model, config.recipe_name, seed, config.changes)
    return create_run({**same, "seed": seed, "command": command})


def command_of(model: str, recipe: str, seed: int, changes: dict[str, Any]) -> str:
    """The command that repeats a training run; DIR stands for the data set, whose folder differs between machines."""
    changes = changes | {name: Path(changes[name]).name for name in FOLDERS if name in changes}
    settings = [f"--set {shlex.quote(f'{name}={json.dumps(value)}')}" for name, value in changes.items()]
    return " ".join([f"genreclf train {model} --data DIR --recipe {recipe} --seed {seed}", *settings])


def device_lock() -> Path:
    """The lock that the one training process of this machine's device holds."""
    return paths.home() / "locks" / "device"


def queue_lock() -> Path:
    """The lock that a process holds while it chooses and starts the next run."""
    return paths.home() / "locks" / "queue"


@at_home("Training a model")
def launch(run: Run) -> subprocess.Popen:
    """Start a run's trainer in a separate process, which writes to the run's log."""
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}
    # JAX then allocates GPU memory as needed
    environment["XLA_PYTHON_CLIENT_PREALLOCATE"] = os.environ.get("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    return start_detached("genreclf.training.worker", str(run.folder), log=run.log_file, **environment)


def start_next(outside: Run | None = None, patience: float = 0.0) -> Run | None:
    """Start the oldest waiting run if no other trains; returns it, or None when there is nothing to do.

    Args:
        outside: a run outside the home folder that waits for its turn with the others.
        patience: seconds to wait while another process is starting a run.
    """
    reap()
    if is_public():  # whoever looks at a page would start the owner's runs
        return None
    with hold_lock(queue_lock(), patience) as is_ours:
        if not is_ours or is_locked(device_lock()):
            return None
        known = [*list_runs(), outside] if outside else list_runs()
        waiting = [run for run in known if run.status() is Status.QUEUED]
        if not waiting:
            return None
        run = min(waiting, key=lambda run: run.age)
        try:
            process = launch(run)
        except OSError as error:  # no process can be started, or the log cannot be written
            with suppress(OSError):
                run.finish(Status.FAILED, f"The trainer could not be started ({error.strerror or error}).")
            return run
        deadline = time.monotonic() + 10  # hold the queue until the trainer has its lock, or has failed to start
        while time.monotonic() < deadline and not run.is_locked() and not run.exit_file.exists():
            if process.poll() is not None:
                break
            time.sleep(0.05)
        if run.status() is Status.QUEUED and process.poll() not in (None, 0):
            with suppress(OSError):  # the disk may be full
                run.finish(Status.FAILED, f"The trainer could not be started; see {run.log_file}.")
        return run


def waits_for(run: Run) -> list[Run]:
    """The runs that a waiting one is queued behind: those that are training, then older waiting ones."""
    oldest_first = [(other.status(), other) for other in reversed(list_runs())]
    training = [other for status, other in oldest_first if status in (Status.RUNNING, Status.STALLED)]
    return training + [other for status, other in oldest_first if status is Status.QUEUED and other.age < run.age]
