"""The questions asked before something is done with a run, and the dialogs that take something in."""

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

MOST_NAMES = 8  # in a question
_OPEN = "train-dialog"


def all_closed() -> None:
    """To be said when the page runs as a whole, which closes any dialog."""
    st.session_state.pop(_OPEN, None)


def is_open() -> bool:
    """Whether a dialog may be open: a timed part must not run the page anew then, and take it from who types in it."""
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
        stays = "The weights of its best epoch stay, and you can resume it later."
        st.markdown(f"**{name}** ends after the batch it is at. {stays}")
    _yes_or_no("Stop the run", "Let it train", actions.stop, run)


@_dialog("Delete for good?", ":material/delete:")
def delete(runs: list[Run]) -> None:
    """Ask before runs are removed."""
    names = [text.plain(name) for name in current_run.labels(runs).values()]
    if len(names) == 1:
        st.markdown(f"The curves, the log and the weights of **{names[0]}** are removed for good.")
    else:
        rest = len(names) - MOST_NAMES
        listed = [*names[:MOST_NAMES], *([f"and {rest} more"] if rest > 0 else [])]
        st.markdown(f"The curves, the logs and the weights of {len(names)} runs are removed for good:")
        st.markdown("\n".join(f"- {name}" for name in listed))
    if any(is_promoted(run) for run in runs):
        st.markdown("What the app uses is a copy and stays.")
    yes, no = ("Delete the run", "Keep it") if len(runs) == 1 else (f"Delete {len(runs)} runs", "Keep them")
    _yes_or_no(yes, no, actions.delete, runs)


@_dialog("Delete for good?", ":material/delete:")
def delete_damaged(folders: list[Path]) -> None:
    """Ask before folders without a config are removed."""
    st.markdown("Without a config.json they cannot be shown, resumed or repeated. All else in them goes too:")
    st.markdown("\n".join(f"- {text.plain(str(folder))}" for folder in folders))
    _yes_or_no("Delete", "Keep", actions.delete_damaged, folders)


@_dialog("Duplicate this run", ":material/content_copy:")
def duplicate(run: Run) -> None:
    """Take in the seed, and queue the same training again."""
    st.markdown("Queues the same training again: same model, films and settings.")
    if run.model not in BASELINES:  # nothing is random in fitting one
        own = run.config.get("seed")
        low, high = int(SEED.low), int(SEED.high)
        st.number_input(
            "Seed", low, high, max(low, min(own + 1, high)) if isinstance(own, int) else 0,
            key=f"{SEED_KEY}-{run.id}",
            help=SEED.hint,
        )  # fmt: skip
        if isinstance(own, int):
            st.caption(f"This run's own seed is {own}.")
    _yes_or_no("Queue it", "Cancel", actions.duplicate, run)


@_dialog("Name and note", ":material/edit:")
def name_and_note(run: Run) -> None:
    """Take in a run's name and note."""
    held = read_notes(run)
    with st.form("train-notes", border=False):
        st.text_input("Name", held.name, NAME_LENGTH, key=f"{NAME_KEY}-{run.id}",
                      placeholder="Such as: CNN without augmentation")  # fmt: skip
        st.text_area("Note", held.note, max_chars=NOTE_LENGTH, key=f"{NOTE_KEY}-{run.id}",
                     placeholder="What you tried, what you expected, what came of it")  # fmt: skip
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
    """Say what is in the file, and offer it."""
    st.markdown(
        f"A zip file with its settings, curves, log and best weights, about {size(packed_size(run))}. Unpacked, "
        "it is a folder that the command line's `--weights` takes."
    )
    if run.status().is_active:
        st.caption("It is still training: the file holds what there is at the moment you press the button.")
    with st.container(horizontal=True):
        st.download_button(
            "Download", partial(_zipped, run), f"{run.id}.zip", "application/zip", key="train-download",
            on_click="ignore", type="primary", icon=":material/download:",
        )  # fmt: skip
        if st.button("Close", key="train-not_download"):
            st.rerun()


def _zipped(run: Run) -> bytes:
    """Made when the button is pressed, not before."""
    packed = BytesIO()
    write_zip(run, packed)
    return packed.getvalue()


def _yes_or_no(yes: str, no: str, deed: Callable[..., str], given: object) -> None:
    with st.container(horizontal=True):
        sure = st.button(
            yes, type="primary", key=f"train-sure_{deed.__name__}", on_click=actions.attempt, args=(deed, given)
        )
        if sure or st.button(no, key=f"train-not_{deed.__name__}"):
            st.rerun()
