"""Evaluate, calibration: whether a genre predicted with 30 % is right three times in ten."""

import streamlit as st

from genreclf.evaluation import charts
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.reliability import calibration_table, reliability
from genreclf.ui import look
from genreclf.ui.evaluate import state
from genreclf.ui.text import plain

_ECE = "mean gap between predicted probabilities and how often they come true: lower is better, 0 is perfect."
_table = state.cached(calibration_table, show_spinner=False)


def show(predictions: SplitPredictions) -> None:
    """Draw one model's reliability, and a table of all models."""
    st.markdown(
        "After training, a model's probabilities are made more or less confident with two numbers fitted on validation "
        "films (Platt scaling). This leaves their order unchanged. Here you see what it changes."
    )
    model = state.pick_model(predictions)
    ours = predictions.of(model)
    before, after = (
        None if each is None else reliability(predictions.labels, each)
        for each in (predictions.uncalibrated(model), ours.probabilities)
    )
    st.markdown(f"**{plain(ours.label)}: predicted probability and true share**")
    look.chart(charts.reliability_chart(before, after, model, state.colours(predictions)), "evaluate_reliability")
    table = _table(predictions)
    names = {"ECE": "Calibration error", "BCE": "BCE"}
    with st.grid(4, min_column_width=150):
        for column, value in table.set_index("Model").loc[ours.label].items():
            metric, when = str(column).split()
            st.metric(
                f"{names[metric]} {when}",
                "–" if value != value else f"{value:.4f}",
                help=f"The {_ECE}" if metric == "ECE" else None,
            )
    columns = {"Model": st.column_config.TextColumn(width=120, pinned=True)}
    columns |= dict.fromkeys(table.columns[1:], state.number_column(format="%.4f", width=110))
    state.show_table(table, key="evaluate_calibration_table", column_config=columns,
                     alt="Calibration error and BCE of every model, before and after calibration.")  # fmt: skip
    st.caption(
        f"ECE, the expected calibration error, is the {_ECE} As calibration is fitted on validation films, a score on "
        "other films can become slightly worse. Calibration is not everything: the base rates are well calibrated "
        "without looking at the film."
    )
