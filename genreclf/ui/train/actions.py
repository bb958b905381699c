"""The actions behind a run's buttons; each returns a sentence, which ``notices`` shows."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from genreclf import paths
from genreclf.errors import UserError
from genreclf.models import model_label
from genreclf.runs import create, folder, queue
from genreclf.runs.folder import Run, Status
from genreclf.runs.notes import write_notes
from genreclf.training import promote as promotion
from genreclf.ui import text
from genreclf.ui.train import current_run, refill

NAME_KEY, NOTE_KEY, SEED_KEY = "train-notes-name", "train-notes-note", "train-duplicate-seed"
TROUBLE_ICON = ":material/error:"
_NOTICE = "train-notice"


def notices() -> None:
    """Show the outcome of the last button."""
    if notice := st.session_state.pop(_NOTICE, None):
        message, icon = notice
        st.toast(text.plain(message), icon=icon, duration="long")


def attempt(action: Callable[..., str], *given: object) -> None:
    """Run an action; ``notices`` shows its outcome later, because a dialog's callback must not draw."""
    try:
        st.session_state[_NOTICE] = (action(*given), ":material/check:")
    except UserError as error:
        st.session_state[_NOTICE] = (str(error), TROUBLE_ICON)


def trouble() -> str | None:
    """Why the last action failed, for callers that show it themselves; ``notices`` then shows nothing."""
    message, icon = st.session_state.get(_NOTICE, ("", ""))
    if icon != TROUBLE_ICON:
        return None
    del st.session_state[_NOTICE]
    return message


def where(run: Run) -> str:
    """Where a run's weights are used once it is promoted; Markdown."""
    if promotion.weights_set_of(run) == "sample":
        return "for the embedded sample"
    if (paths.SHIPPED_WEIGHTS / "sample").is_dir():
        return "for every data set but the embedded sample, and on *Try your own*"
    return "for every data set, and on *Try your own*"


def resume(run: Run) -> str:
    """Put an interrupted run back into the queue and show it."""
    queue.resume(run)  # the live view starts it when its turn comes
    current_run.show_run(run.id)
    return "The run is back in the queue."


def stop(run: Run) -> str:
    """Ask a run to stop, or take a waiting one out of the queue."""
    waits = run.status() is Status.QUEUED
    run.request_stop()
    return "The run has left the queue." if waits else "The run stops after its current batch."


def promote(run: Run) -> str:
    """Use a run's weights in the app."""
    promoted = promotion.promote(run)
    return f"{model_label(promoted.model)} now uses this run's weights."


def unpromote(run: Run) -> str:
    """Go back to the shipped weights."""
    if not promotion.is_promoted(run):
        raise UserError(f"{model_label(run.model)} now uses another run's weights; open that run instead.")
    promotion.unpromote(run.model, promotion.weights_set_of(run))
    return f"{model_label(run.model)} uses the shipped weights again."


def train_with_these(run: Run) -> str:
    """Fill the form with a run's settings."""
    refill.refill(run)
    return "The form now shows this run's settings."


def duplicate(run: Run) -> str:
    """Queue the same training again and show it, with the seed from the dialog, if it asks for one."""
    again = create.duplicate(run, st.session_state.get(f"{SEED_KEY}-{run.id}"))
    current_run.show_run(again.id)  # the live view starts it when its turn comes
    return "The same training is queued; its curves will appear on this page."


def name(run: Run) -> str:
    """Save the name and note from the dialog."""
    write_notes(run, st.session_state[f"{NAME_KEY}-{run.id}"], st.session_state[f"{NOTE_KEY}-{run.id}"])
    return "Name and note are saved."


def delete(runs: list[Run]) -> str:
    """Remove runs that have ended."""
    folder.delete_runs(runs)
    for run in runs:
        current_run.forget_run(run.id)
    return "The run was deleted." if len(runs) == 1 else f"{len(runs)} runs were deleted."


def delete_damaged(folders: list[Path]) -> str:
    """Remove folders without a readable config."""
    folder.delete_damaged(folders)
    return "The folder was deleted." if len(folders) == 1 else f"{len(folders)} folders were deleted."
