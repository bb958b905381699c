"""Evaluate, report: all of it as one file to keep or to hand in."""

import dataclasses
import shlex
import tempfile
from functools import partial
from pathlib import Path

import streamlit as st

from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.report.build import write_report
from genreclf.models import SPECS, model_label


def show(predictions: SplitPredictions) -> None:
    """Which models, and the button."""
    st.markdown(
        "All of these sections in one HTML file: to read without the app and without internet, to keep, or to hand in. "
        "It is made when you press the button, which takes some seconds."
    )
    names = list(predictions.models)
    chosen = st.pills("Models in it", names, selection_mode="multi", default=names, format_func=model_label, wrap=True,
                      key="evaluate_report_models_" + "_".join(names))  # fmt: skip
    wanted = {name: told for name, told in predictions.models.items() if name in chosen}
    st.download_button(
        "Make and download the report",
        partial(_made, dataclasses.replace(predictions, models=wanted)),
        file_name=f"genreclf-{predictions.catalogue.folder.name}-{predictions.split}.html",
        mime="text/html",
        key="evaluate_report",
        icon=":material/download:",
        type="primary",
        on_click="ignore",
        disabled=not wanted,
        help=None if wanted else "Choose a model above.",
    )
    st.caption(
        f"It tells of the {len(predictions):,} films chosen above. Its charts answer to the mouse as they do here, and "
        "small posters are part of it."
    )
    if wanted:
        st.markdown("The same from the terminal:")
        st.code(command(predictions, list(wanted)), language=None, wrap_lines=True)
        if any(spec.is_baseline and name not in wanted for name, spec in SPECS.items()):
            st.caption("There the baselines are always part of it.")


def command(predictions: SplitPredictions, models: list[str]) -> str:
    """What makes the report of these models in a terminal."""
    return shlex.join([
        "genreclf", "evaluate", "--data", str(predictions.catalogue.folder), "--split", predictions.split,
        "--models", ",".join(models), "--report", "report.html",
    ])  # fmt: skip


def _made(predictions: SplitPredictions) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return write_report(predictions, Path(folder) / "report.html").read_bytes()
