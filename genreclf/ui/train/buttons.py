"""The buttons of the run on screen, and of several runs at once."""

import streamlit as st

from genreclf.runs.folder import Run, Status, damaged_runs
from genreclf.training.promote import can_promote, is_promoted
from genreclf.ui import text
from genreclf.ui.train import actions, dialogs
from genreclf.ui.train.actions import attempt
from genreclf.ui.train.dialogs import MOST_NAMES
from genreclf.units import listed

AGAIN, DUPLICATE, NAME, DOWNLOAD, DELETE = (
    "Train again with these settings", "Duplicate", "Name and note", "Download", "Delete",
)  # fmt: skip
_CHOICES = {
    AGAIN: ":material/replay:",
    DUPLICATE: ":material/content_copy:",
    NAME: ":material/edit:",
    DOWNLOAD: ":material/download:",
    DELETE: ":material/delete:",
}
_DIALOGS = {
    DUPLICATE: dialogs.duplicate,
    NAME: dialogs.name_and_note,
    DOWNLOAD: dialogs.download,
    DELETE: lambda run: dialogs.delete([run]),
}
_MORE = "train-more"
_TO_DELETE = "train-to-delete"


def show(run: Run, status: Status) -> None:
    """The buttons of a run in its state: the next steps in sight, the others under *More*."""
    promoted = is_promoted(run)
    with st.container(horizontal=True):
        if status.is_active:
            stopping = run.stop_file.exists()
            label = "Stopping…" if stopping else "Stop"
            if st.button(label, icon=":material/stop:", disabled=stopping, key="train-stop"):
                dialogs.stop(run)
        if status.can_resume:
            st.button(
                "Resume", type="primary", icon=":material/resume:", key="train-resume", on_click=attempt,
                args=(actions.resume, run), help="Continues after its last finished epoch when its turn comes.",
            )  # fmt: skip
        if promoted:
            st.button(
                "Back to the shipped weights", icon=":material/undo:", key="train-unpromote", on_click=attempt,
                args=(actions.unpromote, run),
            )  # fmt: skip
        elif can_promote(run):
            st.button(
                "Use in the app", icon=":material/publish:", key="train-promote", on_click=attempt,
                args=(actions.promote, run),
                help=f"Copies the run's best weights. The app then uses them {actions.where(run)}, until you go back.",
            )  # fmt: skip
        _more(run, status)
    if promoted:
        st.caption(f":material/check_circle: The app uses this run's weights {actions.where(run)}.")


def ask_to_delete(runs: list[Run]) -> None:
    """Ask about these runs when the page runs next; a dialog opened in a timed fragment would not stay."""
    st.session_state[_TO_DELETE] = [run.id for run in runs]
    st.rerun()


def questions(runs: list[Run]) -> None:
    """Open the question that ``ask_to_delete`` left."""
    to_delete = st.session_state.pop(_TO_DELETE, [])
    if chosen := [run for run in runs if run.id in to_delete]:
        dialogs.delete(chosen)


def damaged() -> None:
    """One line about folders among the runs that are not runs, if there are any."""
    folders = damaged_runs()
    if not folders:
        return
    single = len(folders) == 1
    with st.container(horizontal=True, vertical_alignment="center"):
        what = (
            f"{len(folders)} folder{'' if single else 's'} in runs ha{'s' if single else 've'} no readable config.json"
        )
        names = listed([text.plain(folder.name) for folder in folders[:MOST_NAMES]])
        rest = len(folders) - MOST_NAMES
        st.caption(f"{what}: {names}{f' and {rest} more' if rest > 0 else ''}.", width="content")
        if st.button("Delete", type="tertiary", icon=":material/delete:", key="train-delete-damaged"):
            dialogs.delete_damaged(folders)


def _more(run: Run, status: Status) -> None:
    choices = [choice for choice in _CHOICES if choice != DELETE or not status.is_active]
    chosen = st.menu_button(
        "More", choices, key=_MORE, icon=":material/more_horiz:", on_click=_fill_the_form, args=(run,),
        format_func=lambda choice: f"{_CHOICES[choice]} {choice}",
    )  # fmt: skip
    if chosen in _DIALOGS:
        _DIALOGS[chosen](run)


def _fill_the_form(run: Run) -> None:
    if st.session_state[_MORE] == AGAIN:  # before the form is drawn
        attempt(actions.train_with_these, run)
