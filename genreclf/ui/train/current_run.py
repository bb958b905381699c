"""Which run is shown, and what runs are called on the page."""

import zlib
from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from genreclf.models import SPECS, model_label
from genreclf.runs.curves import Facts
from genreclf.runs.folder import Run, Status, list_runs
from genreclf.runs.summary import Summary, summarise
from genreclf.ui import text

PARAMETER = "run"  # of the address
_CHOICES, _DRAWN = "train-choices", "train-drawn"


def all_runs() -> list[Run]:
    """The runs there are, the newest first, but for those of models that this version does not know."""
    return [run for run in list_runs() if run.model in SPECS]


def show_run(run_id: str) -> None:
    """Show a run from now on, here and wherever this address is opened."""
    st.query_params[PARAMETER] = run_id


def forget_run(run_id: str) -> None:
    """Let the page choose again what to show, if it is this run that is shown."""
    if st.query_params.get(PARAMETER) == run_id:
        st.query_params.pop(PARAMETER)


def pick(runs: list[Run], names: dict[str, str]) -> Run | None:
    """The run to show and a picker of it: the address's, else the one at work, else the latest; None where none is.

    Args:
        runs: the newest first.
        names: what to call them, see ``labels``.
    """
    by_id = {run.id: run for run in runs}
    asked = st.query_params.get(PARAMETER)
    if asked is not None and asked not in by_id:
        st.info("The run in this address is gone.", icon=":material/info:")
    if not runs:
        return None
    state = st.session_state
    drawn, before = state.get(_DRAWN, (_DRAWN, None))
    held = state.get(drawn, before)
    if before is not None and held != before and held in by_id:  # picked while the list of runs changed
        asked = held
        show_run(asked)
    at_work = (run.id for run in runs if run.status() in (Status.RUNNING, Status.STALLED))
    # without an address the run stays the one that it was: another must not slip under a button that is being pressed
    shown = next((run_id for run_id in (asked, before) if run_id in by_id), None) or next(at_work, runs[0].id)
    # A new picker after each choice or new name, and no callback: the address alone says what is shown. A browser that
    # is late may send what an old picker held, and Streamlit would take that for a choice.
    choices = state.setdefault(_CHOICES, 0)
    key = f"train-shown-{choices}-{shown}-{digest(names)}"
    state[_DRAWN] = (key, shown)
    picked = st.selectbox(
        "Run",
        list(by_id),
        list(by_id).index(shown),
        format_func=names.__getitem__,
        key=key,
    )
    if picked in by_id and picked != shown:
        state[_CHOICES] = choices + 1
        show_run(picked)
        st.rerun()
    return by_id[shown]


def heading(run: Run) -> None:
    """A run's name and note."""
    summary = summarise(run, _no_facts)
    st.subheader(text.plain(summary.title))
    if summary.notes.note:
        st.markdown("  \n".join(text.plain(line.strip()) for line in summary.notes.note.splitlines()))


def labels(runs: list[Run]) -> dict[str, str]:
    """What to call runs in a list, by id; each is one of its own, because Streamlit tells options apart by it."""
    summaries = [summarise(run, _no_facts) for run in runs]
    found = {summary.run.id: label(summary) for summary in summaries}
    times = Counter(found.values())
    return {run_id: name if times[name] == 1 else f"{name} {run_id}" for run_id, name in found.items()}


def label(summary: Summary) -> str:
    """A run in one line: its name if it has one, its model and recipe, when it was asked for, the end of its id."""
    named = f"{summary.notes.name}: " if summary.notes.name else ""
    started = f"{local(summary.created):%-d %b %H:%M}"
    return f"{named}{model_label(summary.model)}, {summary.recipe}, {started} ({summary.run.id[-4:]})"


def digest(names: dict[str, str]) -> int:
    """Changes whenever the list or a name in it does; part of the key of a widget that offers the list."""
    return zlib.crc32(repr(names).encode())


def local(moment: datetime) -> datetime:
    """The same moment by the visitor's clock."""
    return moment.astimezone(timezone())


def timezone() -> ZoneInfo:
    """The visitor's time zone."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ValueError, ZoneInfoNotFoundError):  # the browser may know one that this machine does not
        return ZoneInfo("UTC")


def _no_facts(_: Run) -> Facts:
    return Facts()  # the events of all runs take long to read, and no name needs them
