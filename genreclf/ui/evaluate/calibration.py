"""Evaluate, calibration: whether a probability of 30 % comes true three times in ten."""

import pandas as pd
import streamlit as st

from genreclf.evaluation import charts
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.reliability import calibration_table, reliability
from genreclf.ui import look
from genreclf.ui.evaluate import state

_ECE = "Mean gap between what was predicted and what came true, over all answers: lower is better, 0 is perfect."


def show(predictions: SplitPredictions) -> None:
    """A model's reliability, and the errors of all."""
    st.markdown(
        "After training, two numbers a model are fitted on validation films that make its probabilities more or less "
        "sure of themselves, without changing their order (Platt scaling). Here you see what that did."
    )
    model = state.pick_model(predictions)
    told = predictions.of(model)
    both = (predictions.uncalibrated(model), told.probabilities)
    before, after = (reliability(predictions.labels, one) for one in both)
    st.markdown(f"**{told.label}: predicted against true**")
    look.chart(charts.reliability_chart(before, after, model, look.colours()), "evaluate_reliability")
    table = _errors(state.cache_key(predictions), predictions)
    mine = table[table["Model"] == told.label].iloc[0]
    with st.grid(4, min_column_width=150):
        st.metric("Calibration error before", f"{mine['ECE before']:.4f}", help=_ECE)
        st.metric("Calibration error after", f"{mine['ECE after']:.4f}", help=_ECE)
        st.metric("BCE before", f"{mine['BCE before']:.4f}")
        st.metric("BCE after", f"{mine['BCE after']:.4f}")
    number = st.column_config.NumberColumn(format="%.4f", width=110, alignment="right")
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        key="evaluate_calibration_table",
        column_config={"Model": st.column_config.TextColumn(width=120, pinned=True)}
        | {name: number for name in table.columns if name != "Model"},
        alt="Expected calibration error and BCE of every model, before and after calibration.",
    )
    st.caption(
        f"ECE is the expected calibration error. {_ECE} Calibration is fitted on validation films: on others it can "
        "make one figure slightly worse. Base rates are right on average, and still know nothing of a film: "
        "calibration is not all."
    )


@st.cache_data(max_entries=20, show_spinner=False)
def _errors(cache_key: str, _predictions: SplitPredictions) -> pd.DataFrame:
    return calibration_table(_predictions)
