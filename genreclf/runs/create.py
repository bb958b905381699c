"""Create a queued run from a model, a data set and settings, or from an earlier run."""

import json
import shlex
from pathlib import Path
from typing import Any

from genreclf.errors import UserError
from genreclf.models import get_spec
from genreclf.models.options import COMPUTING, Setting
from genreclf.recipes import get_recipe, recipe_of
from genreclf.runs.folder import Run, create_run

SEED = Setting(
    "seed", int, "Seed", "The start of all random numbers. The same seed gives the same run; another shows how much is "
    "luck.", 0, 0, 2**31 - 1, group=COMPUTING,
)  # fmt: skip


def new_run(
    model: str, data: Path, recipe: str = "tuned", seed: int = 0, run_dir: Path | None = None, **changes: Any
) -> Run:
    """Queue a training; ``genreclf.runs.queue.start_next`` starts it.

    Args:
        model: one of the models or baselines.
        data: the data-set folder.
        recipe: ``"tuned"`` or ``"reference"``.
        seed: of all random choices.
        run_dir: the run's folder; by default a new one in the home folder.
        changes: settings that differ from the recipe's, by name (see ``get_recipe``); None changes nothing.

    Raises:
        UserError: a name or value is wrong, or the folder cannot be written.
    """
    get_spec(model)
    SEED.check(seed)
    settings = get_recipe(model, recipe, **changes)
    changes = {key: value for key, value in changes.items() if value is not None}
    config = {
        "model": model,
        "data": str(Path(data).resolve()),
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
        seed: another seed shows how much is luck; None repeats the run with its own.

    Raises:
        UserError: the run's config or data are missing or unusable, or the folder cannot be written.
    """
    config = run.config
    try:
        get_spec(config["model"])
        get_recipe(config["model"], config["recipe_name"])
        recipe_of(config)
        seed = int(config["seed"]) if seed is None else seed
        same = {name: value for name, value in config.items() if name != "created"}
        command = command_of(config["model"], config["recipe_name"], seed, config["changes"])
        data = Path(config["data"])
    except (AttributeError, KeyError, TypeError, ValueError):
        raise UserError(f"The settings of run {run.id} cannot be read; start a new run instead.") from None
    SEED.check(seed)
    if not data.is_dir():
        raise UserError(f"The data set of run {run.id} is missing ({data}); restore them or train on another data set.")
    return create_run({**same, "seed": seed, "command": command})


def command_of(model: str, recipe: str, seed: int, changes: dict[str, Any]) -> str:
    """The command that repeats a training; DIR stands for the data set, whose folder differs between machines."""
    settings = [f"--set {shlex.quote(f'{name}={json.dumps(value)}')}" for name, value in changes.items()]
    return " ".join([f"genreclf train {model} --data DIR --recipe {recipe} --seed {seed}", *settings])
