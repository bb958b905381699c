"""Clearing away: several runs at once, and folders among the runs that are none (any more)."""

import shutil
from pathlib import Path

from genreclf.errors import UserError
from genreclf.runs.folder import Run, damaged_runs, delete_run


def delete_runs(runs: list[Run]) -> None:
    """Remove the folders of runs that have ended; what was promoted is a copy and stays.

    Raises:
        UserError: one is active, in which case none is removed, or a folder cannot be removed.
    """
    there = [run for run in runs if run.folder.exists()]  # else somebody else was quicker
    for run in there:
        if run.status().is_active:
            raise UserError(f"Run {run.id} is still active; stop it first.")
    for run in there:
        try:
            delete_run(run)
        except OSError as error:
            raise UserError(f"Cannot remove {run.folder} ({error.strerror}); remove it by hand.") from error


def delete_damaged(folders: list[Path]) -> None:
    """Remove folders that ``damaged_runs`` names.

    Raises:
        UserError: one is no such folder (any more), or cannot be removed.
    """
    for folder in folders:
        if folder not in damaged_runs(folder.parent):
            raise UserError(f"{folder.name} is no damaged run (any more); it was left alone.")
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise UserError(f"Cannot remove {folder} ({error.strerror}); remove it by hand.") from error
