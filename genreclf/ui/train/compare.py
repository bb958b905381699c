"""Runs side by side: their curves in one chart, their settings and their scores."""

import pandas as pd
import streamlit as st

from genreclf.evaluation import charts
from genreclf.evaluation.charts.curves import METRIC_LABELS
from genreclf.runs import compare
from genreclf.runs.compare import ComparedRun, Line
from genreclf.runs.folder import Run
from genreclf.ui import look, text
from genreclf.ui.frame import check_address
from genreclf.ui.train import actions, current_run
from genreclf.units import listed

PARAMETER = "compare"  # in the address: ids, separated by commas
MOST = 6  # more lines cannot be distinguished
COLUMN = 95  # pixels; two fit next to their labels on a phone
REFRESH = "10s"
_TURN, _LAST, _DRAWN = "train-compare-turn", "train-compare-last", "train-compare-drawn"


def show(runs: list[Run], names: dict[str, str]) -> None:
    """The choice of runs and, for two or more, their comparison, which refreshes while one of them is active."""
    chosen = _choose(runs, names)
    if len(chosen) < 2:
        st.caption("Choose two or more runs to see their curves in one chart, and their settings and scores.")
        return
    active = any(run.status().is_active for run in chosen)
    st.fragment(_show, run_every=REFRESH if active else None)(chosen)


def check(names: dict[str, str]) -> None:
    """Say which of the runs in the address do not exist."""
    written = st.query_params.get(PARAMETER, "").split(",")
    check_address(PARAMETER, names, "run", "only the others can be compared", written)


def _choose(runs: list[Run], names: dict[str, str]) -> list[Run]:
    """A picker of runs, which starts with those in the address; returns the chosen runs.

    The visitor's choice is written to the address. When the address changes otherwise (a link, the browser's Back), a
    new picker shows it, because the value of a drawn one cannot be set.
    """
    written = st.query_params.get(PARAMETER, "")
    wanted = [run_id for run_id in dict.fromkeys(written.split(",")) if run_id in names][:MOST]
    state = st.session_state
    last, key = state.get(_LAST), _key(names)
    drawn = state.get(_DRAWN, key)
    chosen_before = state.get(drawn, last)
    if drawn not in state and not written:  # back from another page, whose address names no runs
        wanted = [run_id for run_id in last or [] if run_id in names]
    elif drawn != key and chosen_before != last:  # picked while the list of runs changed
        wanted = [run_id for run_id in chosen_before if run_id in names]
    elif wanted != last and chosen_before == last:
        state[_TURN] = state.get(_TURN, 0) + 1
        key = _key(names)
    state[_DRAWN] = key
    chosen = st.multiselect(
        "Runs to compare", list(names), wanted, format_func=names.__getitem__, key=key, max_selections=MOST,
        placeholder="Choose runs", select_all=False,
    )  # fmt: skip
    state[_LAST] = chosen
    if not chosen:
        st.query_params.pop(PARAMETER, None)
    elif ",".join(chosen) != written:
        st.query_params[PARAMETER] = ",".join(chosen)
    by_id = {run.id: run for run in runs}
    return [by_id[run_id] for run_id in chosen]


def _key(names: dict[str, str]) -> str:
    return f"train-compare-{st.session_state.get(_TURN, 0)}-{current_run.digest(names)}"


def _show(runs: list[Run]) -> None:
    if not all(run.config for run in runs):  # one was deleted meanwhile
        if not actions.dialog_is_open():
            st.rerun()
        return
    lettered = {chr(ord("A") + place): compare.read(run) for place, run in enumerate(runs)}
    compared = list(lettered.values())
    for caution in compare.cautions(compared):
        st.markdown(f":material/info: {caution}")
    _curves(lettered)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown("**Settings**", width="content")
        everything = st.toggle("Show equal settings too", key="train-compare-everything", persist_state="session")
    lines = [line for line in compare.settings(compared) if everything or line.differs]
    if lines:
        _table(lettered, lines, "train-compare-settings", "The runs' settings")
    else:
        st.markdown("All settings and the seed are the same.")
    st.markdown("**Scores**")
    _table(lettered, compare.scores(compared), "train-compare-scores", "The runs' scores, with the best of each marked")
    st.caption("★ marks the best in a row: the lowest loss or BCE, the highest of the others.")


def _curves(lettered: dict[str, ComparedRun]) -> None:
    metrics = compare.metrics_of(list(lettered.values()))
    if not metrics:
        st.markdown("None of them has finished an epoch yet.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        metric = st.segmented_control(
            "Curves of", metrics, default=metrics[0], required=True, format_func=METRIC_LABELS.__getitem__,
            key="train-compare-metric", label_visibility="collapsed", wrap=True, persist_state="session",
        )  # fmt: skip
        training = st.toggle(
            "Training films too", key="train-compare-training", disabled=metric == "learning_rate",
            persist_state="session",
            help="Thin lines show the same score on the training films instead of the validation films.",
        )  # fmt: skip
    shown = charts.run_curves(lettered, metric if metric in metrics else metrics[0], training, look.colours())
    for place, chart in enumerate(shown):
        look.show(chart.figure, f"train-overlay-{place}", chart.height, chart.alt)
    if metric == "accuracy":
        st.caption("Accuracy misleads here: films have few of the 25 genres, so predicting none at all scores as high.")
    without = [letter for letter, run in lettered.items() if run.curve.empty]
    if without:
        st.caption(f"Without a finished epoch: {listed(without)}.")


def _table(lettered: dict[str, ComparedRun], lines: list[Line], key: str, alt: str) -> None:
    rows = [{"what": line.label} | dict(zip(lettered, line.texts("★ "), strict=True)) for line in lines]
    config = st.column_config
    columns = {
        letter: config.TextColumn(f"{letter}: {run.summary.title}", width=COLUMN, alignment="right",
                                  help=text.plain(f"{run.summary.title} ({run.run.id})"))
        for letter, run in lettered.items()
    }  # fmt: skip
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, key=key, alt=alt, height="content",
        column_config=look.widened({"what": config.TextColumn("", pinned=True, width=165), **columns}),
    )  # fmt: skip
