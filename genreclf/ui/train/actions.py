"""The actions on runs: buttons, the dialogs they open, and the functions behind them."""

from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from genreclf import paths
from genreclf.errors import UserError
from genreclf.files import is_regular
from genreclf.models import BASELINES, model_label
from genreclf.runs import folder, queue
from genreclf.runs.bundle import packed_size, write_zip
from genreclf.runs.folder import Run, Status, damaged_runs
from genreclf.runs.notes import NAME_LENGTH, NOTE_LENGTH, read_notes, write_notes
from genreclf.runs.queue import SEED
from genreclf.training import promote as promotion
from genreclf.ui import text
from genreclf.ui.train import current_run, settings
from genreclf.units import first_of, listed, readable, size
from genreclf.weights.folder import WEIGHTS_SETS, Promoted, promoted_weights

AGAIN, DUPLICATE, NAME, DOWNLOAD, DELETE = (
    "Train again with these settings", "Duplicate", "Name and note", "Download", "Delete",
)  # fmt: skip
_ICONS = {AGAIN: "replay", DUPLICATE: "content_copy", NAME: "edit", DOWNLOAD: "download", DELETE: "delete"}
_ERROR_ICON = ":material/error:"
_MAX_NAMES = 8  # in a list; the others are only counted
_NOTICE, _OPEN, _MORE, _TO_DELETE = "train-notice", "train-dialog", "train-more", "train-to-delete"


def show_notice() -> None:
    """Show the outcome of the last button."""
    if notice := st.session_state.pop(_NOTICE, None):
        message, icon = notice
        st.toast(text.plain(message), icon=icon, duration="long")


def show_buttons(run: Run, status: Status, row: DeltaGenerator) -> None:
    """Draw the buttons for a run's status into a row: the likely next steps, and all others under *More*."""
    promoted = promotion.is_promoted(run)
    with row:
        if status.is_active:
            stopping = run.stop_file.exists()
            label = "Stopping…" if stopping else "Stop"
            if st.button(label, icon=":material/stop:", disabled=stopping, key="train-stop"):
                _open(_stop_dialog, run)
        if status.can_resume:
            st.button(
                "Resume", type="primary", icon=":material/resume:", key="train-resume", on_click=_attempt,
                args=(_resume, run), help="Continues after its last finished epoch when its turn comes.",
            )  # fmt: skip
        if promoted:
            st.button(_back(promotion.weights_set_of(run)), icon=":material/undo:", key="train-unpromote",
                      on_click=_attempt, args=(_unpromote, run))  # fmt: skip
        elif promotion.can_promote(run):
            st.button(
                "Use in the app", icon=":material/publish:", key="train-promote", on_click=_attempt,
                args=(_promote, run),
                help=f"Copies the run's best weights. The app then uses them {_where_used(run)}, until you go back.",
            )  # fmt: skip
        choices = [choice for choice in _ICONS if choice != DELETE or not status.is_active]
        chosen = st.menu_button(
            "More", choices, key=_MORE, icon=":material/more_horiz:", on_click=_fill_form, args=(run,),
            format_func=lambda choice: f":material/{_ICONS[choice]}: {choice}",
        )  # fmt: skip
    if chosen == DELETE:
        _open(_delete_dialog, [run])
    elif chosen and chosen != AGAIN:
        _open({DUPLICATE: _duplicate_dialog, NAME: _notes_dialog, DOWNLOAD: _download_dialog}[chosen], run)
    if promoted:
        st.caption(f":material/check_circle: The app uses this run's weights {_where_used(run)}.")


def ask_to_delete(runs: list[Run]) -> None:
    """Open the delete dialog in the next run of the page; one opened in a timed fragment would close."""
    st.session_state[_TO_DELETE] = [run.id for run in runs]
    st.rerun()


def ask_pending(runs: list[Run]) -> None:
    """Open the dialog that ``ask_to_delete`` requested."""
    to_delete = st.session_state.pop(_TO_DELETE, [])
    if chosen := [run for run in runs if run.id in to_delete]:
        _open(_delete_dialog, chosen)


def show_damaged() -> None:
    """One line about folders among the runs that are not runs, if there are any."""
    damaged = damaged_runs()
    if not damaged:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        what = "1 folder in runs is" if len(damaged) == 1 else f"{len(damaged)} folders in runs are"
        names = listed(
            first_of([text.plain(f"{readable(path.name)} ({reason})") for path, reason in damaged], _MAX_NAMES)
        )
        st.caption(f"{what} damaged and cannot be shown: {names}.", width="content")
        folders = [each.folder for each in damaged]
        if st.button("Delete", type="tertiary", icon=":material/delete:", key="train-delete-damaged"):
            _open(_delete_damaged_dialog, folders)


def show_promoted() -> None:
    """One line per model that uses promoted weights, with the way back, whether their run still exists or not."""
    for each in promoted_weights():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(text.plain(_promoted_sentence(each)), width="content")
            st.button(_back(each.weights_set), type="tertiary", icon=":material/undo:", on_click=_attempt,
                      key=f"train-reset-{each.weights_set}-{each.model}", args=(_reset, each))  # fmt: skip


def _promoted_sentence(promoted: Promoted) -> str:
    label, films = model_label(promoted.model), _films(promoted.weights_set)
    if promoted.damage:
        return f"The promoted weights of {label} {films} are damaged ({promoted.damage})."
    is_there = is_regular(Run(paths.runs_dir() / promoted.run).config_file)
    run = f"run {promoted.run}{'' if is_there else ', which was deleted,'}" if promoted.run else "a promoted run"
    return f"{label} uses the weights of {run} {films}."


# Dialogs


def dialog_is_open() -> bool:
    """Whether a dialog may be open: a timed fragment must not rerun the page then and close it under the visitor."""
    return _OPEN in st.session_state


def note_dialogs_closed() -> None:
    """Note that no dialog is open; called when the whole page runs, which closes any dialog."""
    st.session_state.pop(_OPEN, None)


def _open(dialog: Callable[..., None], subject: object) -> None:
    st.session_state[_OPEN] = True
    dialog(subject)


@st.dialog("Stop this run?", icon=":material/stop:", on_dismiss="rerun")
def _stop_dialog(run: Run) -> None:
    name = text.plain(current_run.labels([run])[run.id])
    if run.status() is Status.QUEUED:
        st.markdown(f"**{name}** leaves the queue; *Resume* puts it back.")
    else:
        st.markdown(f"**{name}** stops after its current batch. The weights of its best epoch are kept, and you can "
                    "resume it later.")  # fmt: skip
    _confirm("stop", "Stop the run", "Keep training", _stop, run)


@st.dialog("Delete for good?", icon=":material/delete:", on_dismiss="rerun")
def _delete_dialog(runs: list[Run]) -> None:
    names = [text.plain(name) for name in current_run.labels(runs).values()]
    if len(names) == 1:
        st.markdown(f"This deletes the curves, the log and the weights of **{names[0]}**.")
    else:
        st.markdown(f"This deletes the curves, the logs and the weights of {len(names)} runs:")
        st.markdown("\n".join(f"- {name}" for name in first_of(names, _MAX_NAMES)))
    if any(promotion.is_promoted(run) for run in runs):
        st.markdown("The app uses a copy of the promoted weights, which stays.")
    yes, no = ("Delete the run", "Keep it") if len(runs) == 1 else (f"Delete {len(runs)} runs", "Keep them")
    _confirm("delete", yes, no, _delete, runs)


@st.dialog("Delete for good?", icon=":material/delete:", on_dismiss="rerun")
def _delete_damaged_dialog(folders: list[Path]) -> None:
    st.markdown("These folders are damaged and cannot be shown, resumed or repeated. This deletes everything in them:")
    st.markdown(
        "\n".join(f"- {text.plain(name)}" for name in first_of([*map(readable, map(str, folders))], _MAX_NAMES))
    )
    _confirm("delete_damaged", "Delete", "Keep", _delete_damaged, folders)


@st.dialog("Duplicate this run", icon=":material/content_copy:", on_dismiss="rerun")
def _duplicate_dialog(run: Run) -> None:
    st.markdown("Queues the same training again, with the same model, films and settings.")
    if run.model not in BASELINES:  # fitting one involves no randomness
        own = run.config.seed
        low, high = int(SEED.low), int(SEED.high)
        st.number_input(
            "Seed", low, high, max(low, min(own + 1, high)) if own is not None else 0,
            key=f"train-duplicate-seed-{run.id}", help=SEED.hint,
        )  # fmt: skip
        if own is not None:
            st.caption(f"This run's own seed is {own}.")
    _confirm("duplicate", "Queue the run", "Cancel", _duplicate, run)


@st.dialog("Name and note", icon=":material/edit:", on_dismiss="rerun")
def _notes_dialog(run: Run) -> None:
    notes = read_notes(run)
    with st.form("train-notes", border=False):
        st.text_input("Name", notes.name, NAME_LENGTH, key=f"train-notes-name-{run.id}",
                      placeholder="For example: CNN without augmentation")  # fmt: skip
        st.text_area("Note", notes.note, max_chars=NOTE_LENGTH, key=f"train-notes-note-{run.id}",
                     placeholder="What you tried, what you expected, and what happened")  # fmt: skip
        with st.container(horizontal=True):
            saved = st.form_submit_button("Save", type="primary", key="train-notes-save", on_click=_attempt,
                                          args=(_save_notes, run))  # fmt: skip
            cancelled = st.form_submit_button("Cancel", key="train-notes-cancel")
    message, icon = st.session_state.get(_NOTICE, ("", ""))
    if saved and icon == _ERROR_ICON:  # stay open, so that what was typed is not lost
        del st.session_state[_NOTICE]
        st.error(text.plain(message), icon=_ERROR_ICON)
    elif saved or cancelled:
        st.rerun()


@st.dialog("Download this run", icon=":material/download:", on_dismiss="rerun")
def _download_dialog(run: Run) -> None:
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
        if st.button("Close", key="train-close_download"):
            st.rerun()


def _zipped(run: Run) -> bytes:
    """Packed only when the button is pressed."""
    packed = BytesIO()
    write_zip(run, packed)
    return packed.getvalue()


def _confirm(key: str, yes: str, no: str, action: Callable[..., str], subject: object) -> None:
    with st.container(horizontal=True):
        confirmed = st.button(
            yes, type="primary", key=f"train-confirm_{key}", on_click=_attempt, args=(action, subject)
        )  # fmt: skip
        if confirmed or st.button(no, key=f"train-cancel_{key}"):
            st.rerun()


# Actions: each returns a sentence, which ``show_notice`` shows


def _attempt(action: Callable[..., str], subject: object) -> None:
    """Run an action and remember its outcome for ``show_notice``, because a dialog's callback must not draw."""
    try:
        st.session_state[_NOTICE] = (action(subject), ":material/check:")
    except UserError as error:
        st.session_state[_NOTICE] = (str(error), _ERROR_ICON)


def _resume(run: Run) -> str:
    run.requeue()  # the live view starts it when its turn comes
    current_run.show_run(run.id)
    return "The run is back in the queue."


def _stop(run: Run) -> str:
    return f"The run {run.request_stop()}."


def _promote(run: Run) -> str:
    promoted = promotion.promote(run)
    return f"{model_label(promoted.model)} now uses this run's weights."


def _unpromote(run: Run) -> str:
    if not promotion.is_promoted(run):
        raise UserError(f"{model_label(run.model)} now uses another run's weights; open that run instead.")
    weights_set = promotion.weights_set_of(run)
    promotion.unpromote(run.model, weights_set)
    return _went_back(run.model, weights_set)


def _reset(promoted: Promoted) -> str:
    promotion.unpromote(promoted.model, promoted.weights_set)
    return _went_back(promoted.model, promoted.weights_set)


def _back(weights_set: str) -> str:
    """What to do instead of using promoted weights; none are shipped for a data set with genres of its own."""
    return "Back to the shipped weights" if weights_set in WEIGHTS_SETS else "Stop using them"


def _went_back(model: str, weights_set: str) -> str:
    if weights_set in WEIGHTS_SETS:
        return f"{model_label(model)} uses the shipped weights again."
    return f"{model_label(model)} no longer uses this run's weights."


def _films(weights_set: str) -> str:
    if weights_set not in WEIGHTS_SETS:
        return f"for the data set {weights_set.rpartition('-')[0]}"  # a plain name
    return "for the embedded sample" if weights_set == "sample" else "for other films than the embedded sample's"


def _where_used(run: Run) -> str:
    """Where a run's weights are used once it is promoted; Markdown."""
    if (weights_set := promotion.weights_set_of(run)) != "imdb":
        own = "" if weights_set in WEIGHTS_SETS else " and, while it is chosen, on *Try your own*"
        return f"{_films(weights_set)}{own}"
    data = (
        "every data set but the embedded sample," if (paths.SHIPPED_WEIGHTS / "sample").is_dir() else "every data set,"
    )
    return f"for {data} and on *Try your own*"


def _fill_form(run: Run) -> None:
    if st.session_state[_MORE] == AGAIN:  # before the form is drawn
        _attempt(_train_again, run)


def _train_again(run: Run) -> str:
    settings.fill_from(run)
    return "The form now shows this run's settings."


def _duplicate(run: Run) -> str:
    again = queue.duplicate(run, st.session_state.get(f"train-duplicate-seed-{run.id}"))
    current_run.show_run(again.id)  # the live view starts it when its turn comes
    return "The same training is queued; its curves will appear on this page."


def _save_notes(run: Run) -> str:
    write_notes(run, *(st.session_state[f"train-notes-{field}-{run.id}"] for field in ("name", "note")))
    return "Name and note are saved."


def _delete(runs: list[Run]) -> str:
    folder.delete_runs(runs)
    if st.query_params.get(current_run.PARAMETER) in {run.id for run in runs}:
        st.query_params.pop(current_run.PARAMETER)  # the page chooses another run
    return "The run was deleted." if len(runs) == 1 else f"{len(runs)} runs were deleted."


def _delete_damaged(folders: list[Path]) -> str:
    folder.delete_damaged(folders)
    return "The folder was deleted." if len(folders) == 1 else f"{len(folders)} folders were deleted."
