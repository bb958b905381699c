"""The dialogs of a run: confirmations, and forms for a name, a note or a seed."""

from collections.abc import Callable
from functools import partial, wraps
from io import BytesIO
from pathlib import Path

import streamlit as st

from genreclf.models import BASELINES
from genreclf.runs.bundle import packed_size, write_zip
from genreclf.runs.create import SEED
from genreclf.runs.folder import Run, Status
from genreclf.runs.notes import NAME_LENGTH, NOTE_LENGTH, read_notes
from genreclf.training.promote import is_promoted
from genreclf.ui import text
from genreclf.ui.train import actions, current_run
from genreclf.ui.train.actions import NAME_KEY, NOTE_KEY, SEED_KEY
from genreclf.units import size

MOST_NAMES = 8  # in a list; the others are only counted
_OPEN = "train-dialog"


def all_closed() -> None:
    """Note that no dialog is open; called when the whole page runs, which closes any dialog."""
    st.session_state.pop(_OPEN, None)


def is_open() -> bool:
    """Whether a dialog may be open: a timed fragment must not rerun the page then and close it under the visitor."""
    return _OPEN in st.session_state


def _dialog(title: str, icon: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def decorated(content: Callable[..., None]) -> Callable[..., None]:
        draw = st.dialog(title, icon=icon, on_dismiss="rerun")(content)

        @wraps(content)
        def opened(*given: object) -> None:
            st.session_state[_OPEN] = True
            draw(*given)

        return opened

    return decorated


@_dialog("Stop this run?", ":material/stop:")
def stop(run: Run) -> None:
    """Ask before a run is stopped."""
    name = text.plain(current_run.labels([run])[run.id])
    if run.status() is Status.QUEUED:
        st.markdown(f"**{name}** leaves the queue; *Resume* puts it back.")
    else:
        stays = "The weights of its best epoch are kept, and you can resume it later."
        st.markdown(f"**{name}** stops after its current batch. {stays}")
    _yes_or_no("Stop the run", "Keep training", actions.stop, run)


@_dialog("Delete for good?", ":material/delete:")
def delete(runs: list[Run]) -> None:
    """Ask before runs are removed."""
    names = [text.plain(name) for name in current_run.labels(runs).values()]
    if len(names) == 1:
        st.markdown(f"This deletes the curves, the log and the weights of **{names[0]}**.")
    else:
        rest = len(names) - MOST_NAMES
        listed = [*names[:MOST_NAMES], *([f"and {rest} more"] if rest > 0 else [])]
        st.markdown(f"This deletes the curves, the logs and the weights of {len(names)} runs:")
        st.markdown("\n".join(f"- {name}" for name in listed))
    if any(is_promoted(run) for run in runs):
        st.markdown("The app uses a copy of the promoted weights, which stays.")
    yes, no = ("Delete the run", "Keep it") if len(runs) == 1 else (f"Delete {len(runs)} runs", "Keep them")
    _yes_or_no(yes, no, actions.delete, runs)


@_dialog("Delete for good?", ":material/delete:")
def delete_damaged(folders: list[Path]) -> None:
    """Ask before folders without a config are removed."""
    st.markdown("Without a config.json they cannot be shown, resumed or repeated. This deletes everything in them:")
    st.markdown("\n".join(f"- {text.plain(str(folder))}" for folder in folders))
    _yes_or_no("Delete", "Keep", actions.delete_damaged, folders)


@_dialog("Duplicate this run", ":material/content_copy:")
def duplicate(run: Run) -> None:
    """Ask for the seed and queue the same training again."""
    st.markdown("Queues the same training again, with the same model, films and settings.")
    if run.model not in BASELINES:  # fitting one involves no randomness
        own = run.config.get("seed")
        low, high = int(SEED.low), int(SEED.high)
        st.number_input(
            "Seed", low, high, max(low, min(own + 1, high)) if isinstance(own, int) else 0,
            key=f"{SEED_KEY}-{run.id}",
            help=SEED.hint,
        )  # fmt: skip
        if isinstance(own, int):
            st.caption(f"This run's own seed is {own}.")
    _yes_or_no("Queue the run", "Cancel", actions.duplicate, run)


@_dialog("Name and note", ":material/edit:")
def name_and_note(run: Run) -> None:
    """Ask for a run's name and note."""
    notes = read_notes(run)
    with st.form("train-notes", border=False):
        st.text_input("Name", notes.name, NAME_LENGTH, key=f"{NAME_KEY}-{run.id}",
                      placeholder="For example: CNN without augmentation")  # fmt: skip
        st.text_area("Note", notes.note, max_chars=NOTE_LENGTH, key=f"{NOTE_KEY}-{run.id}",
                     placeholder="What you tried, what you expected, and what happened")  # fmt: skip
        with st.container(horizontal=True):
            saved = st.form_submit_button(
                "Save",
                type="primary",
                key="train-notes-save",
                on_click=actions.attempt,
                args=(actions.name, run),
            )
            left = st.form_submit_button("Cancel", key="train-notes-cancel")
    if saved and (reason := actions.trouble()):  # stay, so that what was typed is not lost
        st.error(text.plain(reason), icon=actions.TROUBLE_ICON)
    elif saved or left:
        st.rerun()


@_dialog("Download this run", ":material/download:")
def download(run: Run) -> None:
    """Describe the file and offer it."""
    st.markdown(
        f"A zip file with its settings, curves, log and best weights, about {size(packed_size(run))}. The unpacked "
        "folder can be given to `--weights` on the command line."
    )
    if run.status().is_active:
        st.caption("It is still training: the file contains what exists when you press the button.")
    with st.container(horizontal=True):
        st.download_button(
            "Download", partial(_zipped, run), f"{run.id}.zip", "application/zip", key="train-download",
            on_click="ignore", type="primary", icon=":material/download:",
        )  # fmt: skip
        if st.button("Close", key="train-not_download"):
            st.rerun()


def _zipped(run: Run) -> bytes:
    """Packed only when the button is pressed."""
    packed = BytesIO()
    write_zip(run, packed)
    return packed.getvalue()


def _yes_or_no(yes: str, no: str, action: Callable[..., str], given: object) -> None:
    with st.container(horizontal=True):
        confirmed = st.button(
            yes, type="primary", key=f"train-sure_{action.__name__}", on_click=actions.attempt, args=(action, given)
        )
        if confirmed or st.button(no, key=f"train-not_{action.__name__}"):
            st.rerun()
