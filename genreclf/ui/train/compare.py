"""Runs beside each other: their curves in one chart, what was asked for, and what came of it."""

import pandas as pd
import streamlit as st

from genreclf.runs import compare
from genreclf.runs.compare import Compared, Line
from genreclf.runs.folder import Run
from genreclf.ui import text
from genreclf.ui.train import current_run, dialogs, overlay
from genreclf.units import duration, listed

PARAMETER = "compare"  # of the address: ids, separated by commas
MOST = 6  # more lines cannot be told apart
COLUMN = 95  # pixels; two beside their labels fit on a phone
REFRESH = "10s"
_TURN, _LAST, _DRAWN = "train-compare-turn", "train-compare-last", "train-compare-drawn"


def show(runs: list[Run], names: dict[str, str]) -> None:
    """The choice of runs, and once there are two, everything to compare; drawn anew while one of them is active.

    Args:
        runs: what there is to choose from.
        names: what to call them, see ``current_run.labels``.
    """
    chosen = _choose(runs, names)
    if len(chosen) < 2:
        st.caption("Choose two or more to see their curves in one chart, and their settings and scores side by side.")
        return
    active = any(run.status().is_active for run in chosen)
    st.fragment(_show, run_every=REFRESH if active else None)(chosen)


def _choose(runs: list[Run], names: dict[str, str]) -> list[Run]:
    """The runs that the address names, and a picker of them.

    What the visitor picks goes into the address. An address that changed by itself (a link, the way back) is obeyed by
    a new picker, for one that is drawn cannot be told what it holds.
    """
    written = st.query_params.get(PARAMETER, "")
    asked = [run_id for run_id in dict.fromkeys(written.split(",")) if run_id in names][:MOST]
    state = st.session_state
    last, key = state.get(_LAST), _key(names)
    drawn = state.get(_DRAWN, key)
    held = state.get(drawn, last)
    if drawn not in state and not written:  # back from another page, whose address names no runs
        asked = [run_id for run_id in last or [] if run_id in names]
    elif drawn != key and held != last:  # picked while the list of runs changed
        asked = [run_id for run_id in held if run_id in names]
    elif asked != last and held == last:
        state[_TURN] = state.get(_TURN, 0) + 1
        key = _key(names)
    state[_DRAWN] = key
    chosen = st.multiselect(
        "Runs to compare", list(names), asked, format_func=names.__getitem__, key=key, max_selections=MOST,
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
        if not dialogs.is_open():
            st.rerun()
        return
    lettered = {chr(ord("A") + place): compare.read(run) for place, run in enumerate(runs)}
    compared = list(lettered.values())
    for caution in compare.cautions(compared):
        st.markdown(f":material/info: {caution}")
    _curves(lettered)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown("**Settings**", width="content")
        everything = st.toggle("Show equal ones too", key="train-compare-everything")
    lines = [line for line in compare.settings(compared) if everything or line.differs]
    if lines:
        _table(lettered, lines, "train-compare-settings", "The runs' settings")
    else:
        st.markdown("They were asked for with the same settings and seed.")
    st.markdown("**Scores**")
    lines = [line for line in compare.scores(compared) if any(value is not None for value in line.values)]
    _table(lettered, lines, "train-compare-scores", "The runs' scores, the best of each marked")
    st.caption("★ marks the best in a row: the lowest loss or BCE, the highest of the others.")


def _curves(lettered: dict[str, Compared]) -> None:
    figures = compare.figures_of(list(lettered.values()))
    if not figures:
        st.markdown("None of them has finished an epoch yet.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        figure = st.segmented_control(
            "Curves of", figures, default=figures[0], required=True, format_func=overlay.LABELS.__getitem__,
            key="train-compare-figure", label_visibility="collapsed", wrap=True,
        )  # fmt: skip
        training = st.toggle(
            "Training too", key="train-compare-training", disabled=figure == "learning_rate",
            help="Thin lines: the same on the films that the models learn from, not on the validation films.",
        )  # fmt: skip
    overlay.show(lettered, figure if figure in figures else figures[0], training)
    if figure == "accuracy":
        st.caption("It misleads here: most films have few of the genres, so predicting none at all scores as high.")
    without = [letter for letter, one in lettered.items() if one.curve.empty]
    if without:
        st.caption(f"Without a finished epoch: {listed(without)}.")


def _table(lettered: dict[str, Compared], lines: list[Line], key: str, alt: str) -> None:
    rows = [{"what": line.label} | dict(zip(lettered, _cells(line), strict=True)) for line in lines]
    config = st.column_config
    columns = {
        letter: config.TextColumn(
            f"{letter}: {one.summary.title}",
            width=COLUMN,
            alignment="right",
            help=text.plain(f"{one.summary.title} ({one.run.id})"),
        )
        for letter, one in lettered.items()
    }
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, key=key, alt=alt, height="content",
        column_config={"what": config.TextColumn("", pinned=True), **columns},
    )  # fmt: skip


def _cells(line: Line) -> list[str]:
    show = compare.as_text
    if line.key == "seconds":
        return [duration(value) if value else show(line.key, value) for value in line.values]
    return [f"{'★ ' if place in line.best else ''}{show(line.key, value)}" for place, value in enumerate(line.values)]
