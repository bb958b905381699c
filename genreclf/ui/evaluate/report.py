"""Evaluate, report: all sections as one file to keep or to hand in."""

import dataclasses
import shlex
import tempfile
from functools import partial
from itertools import chain
from pathlib import Path

import streamlit as st

from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.report.build import write_report
from genreclf.models import SPECS
from genreclf.public import is_public
from genreclf.ui.evaluate import state
from genreclf.ui.serving import visitor


def show(predictions: SplitPredictions) -> None:
    """Draw the choice of models and the download button."""
    st.markdown(
        "All of these sections in one HTML file: to read without the app and without internet, to keep, or to hand in. "
        "It is created when you press the button, which takes a few seconds."
    )
    names = list(predictions.models)
    chosen = st.pills("Models", names, selection_mode="multi", default=names, format_func=state.pill_label, wrap=True,
                      key="evaluate_report_models_" + "_".join(names), persist_state="session")  # fmt: skip
    models = {name: model for name, model in predictions.models.items() if name in chosen}
    st.download_button(
        "Create and download the report",
        partial(_report, dataclasses.replace(predictions, models=models), visitor.current()),
        file_name=f"genreclf-{predictions.catalogue.folder.name}-{predictions.split}.html",
        mime="text/html",
        key="evaluate_report",
        icon=":material/download:",
        type="primary",
        on_click="ignore",
        disabled=not models,
        help=None if models else "Choose a model above.",
    )
    st.caption(
        f"The report covers the {len(predictions):,} films chosen above, with interactive charts and small posters."
    )
    if models and not is_public():
        st.markdown("The same from the terminal:")
        command = [
            "genreclf", "evaluate", "--data", str(predictions.catalogue.folder), "--split", predictions.split,
            *(["--models", ",".join(own)] if (own := [name for name in models if name in SPECS]) else []),
            *chain.from_iterable(("--run" if model.weights else "--predictions", model.source)
                                 for model in models.values() if model.source),
            "--report", "report.html",
        ]  # fmt: skip
        st.code(shlex.join(command), language=None, wrap_lines=True)
        if any(spec.is_baseline and name not in models for name, spec in SPECS.items()):
            st.caption("From the terminal, the report always includes the baselines.")


def _report(predictions: SplitPredictions, whose: str) -> bytes:
    with visitor.turn(whose), tempfile.TemporaryDirectory() as folder:
        return write_report(predictions, Path(folder) / "report.html").read_bytes()
