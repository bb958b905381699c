"""What the buttons of a run do, each ending in a sentence; ``notices`` shows it."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from genreclf import paths
from genreclf.errors import UserError
from genreclf.models import model_label
from genreclf.runs import create, queue, tidy
from genreclf.runs.folder import Run, Status
from genreclf.runs.notes import write_notes
from genreclf.training import promote as promotion
from genreclf.ui import text
from genreclf.ui.train import current_run, refill

NAME_KEY, NOTE_KEY, SEED_KEY = "train-notes-name", "train-notes-note", "train-duplicate-seed"
TROUBLE_ICON = ":material/error:"
_NOTICE = "train-notice"


def notices() -> None:
    """Say what became of the last button pressed."""
    if notice := st.session_state.pop(_NOTICE, None):
        said, icon = notice
        st.toast(text.plain(said), icon=icon, duration="long")


def attempt(action: Callable[..., str], *given: object) -> None:
    """Do something; ``notices`` says what became of it, since a callback of a dialog must not draw."""
    try:
        st.session_state[_NOTICE] = (action(*given), ":material/check:")
    except UserError as error:
        st.session_state[_NOTICE] = (str(error), TROUBLE_ICON)


def trouble() -> str | None:
    """Why the last attempt came to nothing, for who says so itself; ``notices`` keeps quiet then."""
    said, icon = st.session_state.get(_NOTICE, ("", ""))
    if icon != TROUBLE_ICON:
        return None
    del st.session_state[_NOTICE]
    return said


def where(run: Run) -> str:
    """For which films a run's weights answer, once it is promoted; Markdown."""
    if promotion.weights_set_of(run) == "sample":
        return "for the embedded sample"
    if (paths.SHIPPED_WEIGHTS / "sample").is_dir():
        return "for every data set but the embedded sample, and on *Try your own*"
    return "for every data set, and on *Try your own*"


def resume(run: Run) -> str:
    """Put an interrupted run back into the queue and show it."""
    queue.resume(run)  # the live view starts it when its turn has come
    current_run.show_run(run.id)
    return "The run is back in the queue."


def stop(run: Run) -> str:
    """Ask a run to stop, or take a waiting one out of the queue."""
    waits = run.status() is Status.QUEUED
    run.request_stop()
    return "The run has left the queue." if waits else "The run ends after the batch it is at."


def promote(run: Run) -> str:
    """Let a run's weights answer in the app."""
    promoted = promotion.promote(run)
    return f"{model_label(promoted.model)} now answers with this run's weights."


def unpromote(run: Run) -> str:
    """Let the shipped weights answer again."""
    if not promotion.is_promoted(run):
        raise UserError(f"Another run's weights of {model_label(run.model)} answer by now; look at that run.")
    promotion.unpromote(run.model, promotion.weights_set_of(run))
    return f"The shipped weights of {model_label(run.model)} answer again."


def train_with_these(run: Run) -> str:
    """Fill the form with a run's settings."""
    refill.refill(run)
    return "The form shows this run's settings now."


def duplicate(run: Run) -> str:
    """Queue the same again and show it, with the seed of the dialog where it asks for one."""
    again = create.duplicate(run, st.session_state.get(f"{SEED_KEY}-{run.id}"))
    current_run.show_run(again.id)  # the live view starts it when its turn has come
    return "The same training is queued; its curves are on this page."


def name(run: Run) -> str:
    """Keep the name and note that were typed into the dialog."""
    write_notes(run, st.session_state[f"{NAME_KEY}-{run.id}"], st.session_state[f"{NOTE_KEY}-{run.id}"])
    return "Name and note are kept."


def delete(runs: list[Run]) -> str:
    """Remove runs that have ended."""
    tidy.delete_runs(runs)
    for run in runs:
        current_run.forget_run(run.id)
    return "The run was deleted." if len(runs) == 1 else f"{len(runs)} runs were deleted."


def delete_damaged(folders: list[Path]) -> str:
    """Remove folders that hold no readable config."""
    tidy.delete_damaged(folders)
    return "The folder was deleted." if len(folders) == 1 else f"{len(folders)} folders were deleted."
