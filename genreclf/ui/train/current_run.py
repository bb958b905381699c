"""The run on screen, and the names of runs on the page."""

import zlib
from collections import Counter
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from genreclf.models import SPECS, model_label
from genreclf.runs.compare import Summary, summarise, summarise_all
from genreclf.runs.folder import Run, Status, list_runs
from genreclf.ui import text
from genreclf.ui.frame import check_address

PARAMETER = "run"  # in the address
_CHOICES, _DRAWN = "train-choices", "train-drawn"


def all_runs() -> list[Run]:
    """All runs, the newest first, except those of models that this version does not know."""
    return [run for run in list_runs() if run.model in SPECS]


def show_run(run_id: str) -> None:
    """Show a run, here and wherever this address is opened."""
    st.query_params[PARAMETER] = run_id


def pick(runs: list[Run], names: dict[str, str]) -> Run | None:
    """Draw the picker; returns the run to show, by default the one in training, else the latest."""
    by_id = {run.id: run for run in runs}
    wanted = st.query_params.get(PARAMETER)
    check_address(PARAMETER, by_id, "run", "it may have been deleted")
    if not runs:
        return None
    state = st.session_state
    drawn, before = state.get(_DRAWN, (_DRAWN, None))
    picked_before = state.get(drawn, before)
    if before is not None and picked_before != before and picked_before in by_id:  # while the list of runs changed
        wanted = picked_before
        show_run(wanted)
    training = (run.id for run in runs if run.status() in (Status.RUNNING, Status.STALLED))
    # without an address the run on screen stays: a click on a button must not hit another run
    shown = next((run_id for run_id in (wanted, before) if run_id in by_id), None) or next(training, runs[0].id)
    # A new picker after each choice or new name, and no callback: only the address decides what is shown. A slow
    # browser may send the value of an old picker, and Streamlit would take that for a choice.
    choices = state.setdefault(_CHOICES, 0)
    key = f"train-shown-{choices}-{shown}-{digest(names)}"
    state[_DRAWN] = (key, shown)
    ids = list(by_id)
    picked = st.selectbox(
        "Run", ids, ids.index(shown), format_func=names.__getitem__, key=key, label_visibility="collapsed"
    )
    if picked in by_id and picked != shown:
        state[_CHOICES] = choices + 1
        show_run(picked)
        st.rerun()
    return by_id[shown]


def heading(run: Run) -> None:
    """A run's name and note."""
    summary = summarise(run)
    st.header(text.plain(summary.title))
    if summary.notes.note:
        st.markdown("  \n".join(text.plain(line.strip()) for line in summary.notes.note.splitlines()))


def labels(runs: list[Run]) -> dict[str, str]:
    """Names of runs in a list, by id; all different, because Streamlit identifies options by their names."""
    found = {summary.run.id: _label(summary) for summary in summarise_all(runs)}
    times = Counter(found.values())
    return {run_id: name if times[name] == 1 else f"{name} {run_id}" for run_id, name in found.items()}


def _label(summary: Summary) -> str:
    """A run in one line: its name, if any, its model and recipe, when it was queued, and the end of its id."""
    name = f"{summary.notes.name}: " if summary.notes.name else ""
    created = f"{summary.created.astimezone(timezone()):%-d %b %H:%M}"
    return f"{name}{model_label(summary.model)}, {summary.recipe}, {created} ({summary.run.id[-4:]})"


def digest(names: dict[str, str]) -> int:
    """A checksum of the list and its names; part of the key of a widget that offers the list."""
    return zlib.crc32(repr(names).encode())


def timezone() -> ZoneInfo:
    """The visitor's time zone."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ValueError, ZoneInfoNotFoundError):  # the browser may know one that this machine does not
        return ZoneInfo("UTC")
