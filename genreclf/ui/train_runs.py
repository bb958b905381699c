"""Which run is shown, what can be done with it, and the list of all runs."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import streamlit as st

from genreclf import paths
from genreclf.errors import UserError
from genreclf.models import BASELINES, SPECS
from genreclf.sources import list_sources
from genreclf.training import curves, launch
from genreclf.training.promote import can_promote, is_promoted, promote, unpromote, weights_set_of
from genreclf.training.runs import Run, Status, delete_run, list_runs, read_events
from genreclf.ui import look, text

PARAMETER = "run"  # of the address
_NOTICE = "train-notice"
_CHOICES = "train-choices"
_TABLE_CLICK = "train-table-click"
_TABLE_IDS = "train-table-ids"  # what the table on the screen lists; by the time of a click there may be newer runs


def all_runs() -> list[Run]:
    """The runs there are, the newest first, but for those of models that this version does not know."""
    return [run for run in list_runs() if run.model in SPECS]


def show_run(run_id: str) -> None:
    """Show a run from now on, here and wherever this address is opened."""
    st.query_params[PARAMETER] = run_id


def notices() -> None:
    """Say what became of the last button pressed."""
    if notice := st.session_state.pop(_NOTICE, None):
        said, icon = notice
        st.toast(text.plain(said), icon=icon, duration="long")


def pick(runs: list[Run]) -> Run | None:
    """The run to show and a picker of it: the address's, else the one at work, else the latest; None where none is."""
    by_id = {run.id: run for run in runs}
    asked = st.query_params.get(PARAMETER)
    if asked is not None and asked not in by_id:
        st.info("The run in this address is gone.", icon=":material/info:")
    if not runs:
        return None
    at_work = (run.id for run in runs if run.status() in (Status.RUNNING, Status.STALLED))
    shown = asked if asked in by_id else next(at_work, runs[0].id)
    labels = {run.id: _label(run) for run in runs}
    # A new picker after each choice, and no callback: the address alone says what is shown. A browser that is late may
    # send what an old picker held, and Streamlit would take that for a choice.
    choices = st.session_state.setdefault(_CHOICES, 0)
    picked = st.selectbox(
        "Run",
        list(by_id),
        list(by_id).index(shown),
        format_func=labels.__getitem__,
        key=f"train-shown-{choices}-{shown}",
    )
    if picked in by_id and picked != shown:
        st.session_state[_CHOICES] = choices + 1
        show_run(picked)
        st.rerun()
    return by_id[shown]


def actions(run: Run, status: Status) -> None:
    """Buttons for what can be done with a run in this state."""
    promoted = is_promoted(run)
    with st.container(horizontal=True):
        if status.is_active:
            stopping = run.stop_file.exists()
            label = "Stopping…" if stopping else "Stop"
            if st.button(label, icon=":material/stop:", disabled=stopping, key="train-stop"):
                _confirm_stop(run)
        if status.can_resume:
            _button("Resume", "resume", _resume, run, "Goes on after its last finished epoch, when its turn has come.")
        if promoted:
            _button("Back to the shipped weights", "undo", _unpromote, run)
        elif can_promote(run):
            what = f"Copies the run's best weights. They then answer {_where(run)}, until you go back."
            _button("Use in the app", "publish", _promote, run, what)
        if not status.is_active and st.button("Delete", icon=":material/delete:", key="train-delete"):
            _confirm_delete(run)
    if promoted:
        st.caption(f":material/check_circle: This run's weights answer {_where(run)}.")


def table(shown: Run | None) -> None:
    """All runs, the newest first; the button in a row shows that run."""
    click = st.session_state.get(_TABLE_CLICK)
    if click is not None and click["row"] < len(st.session_state.get(_TABLE_IDS, [])):
        show_run(st.session_state[_TABLE_IDS][click["row"]])
        st.rerun()
    runs = all_runs()
    st.session_state[_TABLE_IDS] = [run.id for run in runs]
    config = st.column_config
    st.dataframe(
        pd.DataFrame([_row(run, run == shown) for run in runs]),
        key="train-table",
        hide_index=True,
        placeholder="",
        alt="All training runs, the newest first",
        column_config={
            "show": config.ButtonColumn("", key=_TABLE_CLICK, type="tertiary", width=80),
            "status": "Status",
            "model": "Model",
            "recipe": "Recipe",
            "epochs": config.TextColumn("Epochs", alignment="right", help="Finished, of those planned."),
            "loss": config.NumberColumn("Best val loss", format="%.4f", help="The small models' is another loss."),
            "started": config.DatetimeColumn("Started", format="D MMM, HH:mm", timezone=_timezone().key),
            "duration": config.TextColumn("Trained for", alignment="right"),
            "data": "Data",
        },
    )


def duration(seconds: float) -> str:
    """A span of time for people: "40 s", "3 min", "2 h 05 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def data_label(run: Run) -> str:
    """What people call the data set that a run learns from."""
    folder = Path(run.config.get("data", ""))
    labels = {source.folder.resolve(): source.label for source in list_sources()}
    return labels.get(folder, folder.name)


def _row(run: Run, shown: bool) -> dict[str, Any]:
    try:
        written = run.metrics_file.stat()
        known = _facts(str(run.metrics_file), written.st_mtime, written.st_size)
    except OSError:
        known = curves.Facts()
    config = run.config
    return {
        "show": ":material/visibility: shown" if shown else "Show",
        "status": str(run.status()),
        "model": look.model_label(run.model),
        "recipe": _recipe(run),
        "epochs": f"{known.epochs} of {config.get('recipe', {}).get('epochs', '?')}",
        "loss": known.best_loss,
        "started": _created(run),
        "duration": duration(known.seconds) if known.seconds else "",
        "data": data_label(run),
    }


@st.cache_data(max_entries=1000, show_spinner=False)
def _facts(file: str, written: float, size: int) -> curves.Facts:
    return curves.facts(read_events(Path(file)))


def _label(run: Run) -> str:
    """One of its own, and the same for a run's whole life: the picker tells runs apart by it."""
    started = f"{_created(run).astimezone(_timezone()):%-d %b %H:%M}"
    return f"{look.model_label(run.model)}, {_recipe(run)}, {started} ({run.id[-4:]})"


def _recipe(run: Run) -> str:
    if run.model in BASELINES:
        return "baseline"
    return str(run.config.get("recipe_name", "")) + (", changed" if run.config.get("changes") else "")


def _created(run: Run) -> datetime:
    try:
        return datetime.fromisoformat(run.config["created"])
    except (KeyError, TypeError, ValueError):
        return datetime.fromtimestamp(run.config_file.stat().st_mtime, UTC)


def _timezone() -> ZoneInfo:
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ValueError, ZoneInfoNotFoundError):  # the browser may know one that this machine does not
        return ZoneInfo("UTC")


def _where(run: Run) -> str:
    if weights_set_of(run) == "sample":
        return "for the embedded sample"
    if (paths.SHIPPED_WEIGHTS / "sample").is_dir():
        return "for every data set but the embedded sample, and on *Try your own*"
    return "for every data set, and on *Try your own*"


def _button(label: str, icon: str, action: Callable[[Run], str], run: Run, help: str | None = None) -> None:
    key = f"train-{action.__name__.strip('_')}"
    kind = "primary" if action is _resume else "secondary"
    st.button(label, type=kind, icon=f":material/{icon}:", key=key, help=help, on_click=_attempt, args=(action, run))


def _attempt(action: Callable[[Run], str], run: Run) -> None:
    """Do something to a run; ``notices`` says what became of it, since a callback of a dialog must not draw."""
    try:
        st.session_state[_NOTICE] = (action(run), ":material/check:")
    except UserError as error:
        st.session_state[_NOTICE] = (str(error), ":material/error:")


def _resume(run: Run) -> str:
    launch.resume(run)  # the live view starts it when its turn has come
    show_run(run.id)
    return "The run is back in the queue."


def _stop(run: Run) -> str:
    run.request_stop()
    return "The run ends after the batch it is at."


def _promote(run: Run) -> str:
    promoted = promote(run)
    return f"{look.model_label(promoted.model)} now answers with this run's weights."


def _unpromote(run: Run) -> str:
    unpromote(run.model, weights_set_of(run))
    return f"The shipped weights of {look.model_label(run.model)} answer again."


def _delete(run: Run) -> str:
    delete_run(run)
    st.query_params.pop(PARAMETER, None)
    return "The run was deleted."


@st.dialog("Stop this run?", icon=":material/stop:")
def _confirm_stop(run: Run) -> None:
    st.markdown("It ends after the batch it is at. The weights of its best epoch stay, and you can resume it later.")
    _yes_or_no("Stop the run", _stop, run, "Let it train")


@st.dialog("Delete this run?", icon=":material/delete:")
def _confirm_delete(run: Run) -> None:
    st.markdown(f"The curves, the log and the weights of **{_label(run)}** are removed for good.")
    if is_promoted(run):
        st.markdown("What the app uses is a copy and stays.")
    _yes_or_no("Delete the run", _delete, run, "Keep it")


def _yes_or_no(yes: str, action: Callable[[Run], str], run: Run, no: str) -> None:
    with st.container(horizontal=True):
        sure = st.button(yes, type="primary", key=f"train-sure{action.__name__}", on_click=_attempt, args=(action, run))
        if sure or st.button(no, key=f"train-not{action.__name__}"):
            st.rerun()
