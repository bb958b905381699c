"""Evaluate, what stands beside the weights in use: finished runs, and someone else's predictions from a file."""

import tempfile
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from genreclf.data.catalogue import Catalogue
from genreclf.data.table_files import SUFFIXES
from genreclf.errors import UserError
from genreclf.evaluation.predictions import has_weights, run_name
from genreclf.evaluation.tables import PredictionTable, read_tables
from genreclf.public import is_public
from genreclf.runs.folder import Run, list_runs
from genreclf.ui import streamlit_patches
from genreclf.ui.text import plain
from genreclf.ui.train.current_run import timezone

MOST = 6  # tables of a session
_RUNS = "evaluate_runs"
_TABLES, _PROBLEM, _TURN = "evaluate_tables", "evaluate_table_problem", "evaluate_table_turn"  # session


def choose(catalogue: Catalogue) -> tuple[list[Run], list[PredictionTable]]:
    """Draw the choice of runs, and the uploader with the tables uploaded in this session; returns what is chosen.

    In public there is none: the runs are the owner's, and a table may take long to read.
    """
    if is_public():
        return [], []
    runs = {run.id: run for run in list_runs() if has_weights(run)}
    tables: list[PredictionTable] = st.session_state.setdefault(_TABLES, [])
    st.session_state[_RUNS] = [run_id for run_id in st.session_state.get(_RUNS, ()) if run_id in runs]  # some deleted?
    with st.popover("Compare with…", icon=":material/add_chart:", help="Finished runs, or other people’s predictions"):
        if runs:
            zone = timezone()
            chosen = st.multiselect(
                "Also show runs", list(runs), key=_RUNS, persist_state="session", placeholder="Choose finished runs",
                format_func=lambda run_id: f"{run_name(runs[run_id], zone)} ({run_id[-4:]})",
                help="For example to see whether correcting labels made a model better: all are measured on the labels "
                "as they are now.",
            )  # fmt: skip
        else:
            chosen = []
        key = f"evaluate_upload_{st.session_state.get(_TURN, 0)}"
        st.file_uploader(
            "Predictions of another model", [suffix[1:] for suffix in SUFFIXES], key=key, on_change=_take,
            args=(key, catalogue),
            help="CSV, TSV or Parquet with the column Id and a column of probabilities (0 to 1) for each genre. With "
            "those of validation films, too, thresholds are fitted on them.",
        )  # fmt: skip
        if problem := st.session_state.get(_PROBLEM):
            st.error(plain(problem), icon=":material/error:")
        for place, table in enumerate(tables):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"{plain(table.name)}, {len(table.ids):,} films, {len(table.genres):,} genres",
                            width="stretch")  # fmt: skip
                st.button("Remove", key=f"evaluate_remove_{table.digest[:12]}_{place}", icon=":material/close:",
                          on_click=tables.remove, args=(table,))  # fmt: skip
    return [runs[run_id] for run_id in chosen], tables


def _take(key: str, catalogue: Catalogue) -> None:
    """Read the uploaded file and let go of it; a new uploader takes the next one."""
    file = st.session_state[key]
    st.session_state.pop(_PROBLEM, None)
    if not isinstance(file, UploadedFile):
        return
    tables = st.session_state[_TABLES]
    try:
        read = _read(file, catalogue)
        if len(tables) + len(read) > MOST:
            raise UserError(f"There is room for the predictions of {MOST} models; remove some first.")
        tables += [table for table in read if table.digest not in {each.digest for each in tables}]
    except UserError as error:
        st.session_state[_PROBLEM] = str(error)
    streamlit_patches.let_go(file)
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1


def _read(file: UploadedFile, catalogue: Catalogue) -> list[PredictionTable]:
    suffix = Path(file.name).suffix.lower()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table{suffix if suffix in SUFFIXES else ''}"
        path.write_bytes(file.getbuffer())
        try:
            return read_tables(path, catalogue, file.name)
        except UserError as error:
            raise UserError(str(error).replace(str(path), file.name)) from None
