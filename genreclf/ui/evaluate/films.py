"""Evaluate, films: where a model is surest and right, surest and wrong, and which labels all models doubt."""

import streamlit as st

from genreclf.errors import UserError
from genreclf.evaluation.confident import confident_errors, confident_hits, label_issues
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.wording import LABEL_ISSUES, NO_LABEL_ISSUES, label_issue_notes
from genreclf.ui.evaluate import state
from genreclf.ui.evaluate.poster_wall import wall
from genreclf.units import percent

_VIEWS = {"triumphs": "Sure and right", "failures": "Sure and wrong", "doubts": "Labels in doubt"}
_COUNT = 40  # films of a list


def show(predictions: SplitPredictions) -> None:
    """One of the lists as a wall."""
    view = st.segmented_control("Show", list(_VIEWS), default="triumphs", required=True, wrap=True,
                                format_func=_VIEWS.__getitem__, key="evaluate_films", bind="query-params")  # fmt: skip
    if view == "doubts":
        _doubts(predictions)
        return
    model = state.pick_model(predictions)
    found = (confident_hits if view == "triumphs" else confident_errors)(predictions, model, _COUNT)
    sign = ":material/check:" if view == "triumphs" else ":material/close:"
    st.markdown(
        f"The films on which {predictions.of(model).label} is surest "
        + ("and right: its most probable genre is one of the film's." if view == "triumphs"
           else "and wrong: its most probable genre is none of the film's. Some failures are amusing, some are the "
           "label's fault.")
    )  # fmt: skip
    notes = {int(row.position): f"{sign} {row.genre}, {percent(row.probability)}" for row in found.itertuples()}
    wall(predictions, found["position"].tolist(), notes, f"{view}_{model}")


def _doubts(predictions: SplitPredictions) -> None:
    st.markdown(LABEL_ISSUES)
    try:
        found = label_issues(predictions, _COUNT)
    except UserError:
        with st.container(border=True):
            st.markdown("**A model that looks and one that reads must answer first.** Here you would see the labels "
                        "that both doubt.")  # fmt: skip
        return
    if found.empty:
        st.caption(NO_LABEL_ISSUES)
        return
    notes = {
        position: "  \n".join(f":material/help: {one}" for one in said)
        for position, said in label_issue_notes(found).items()
    }
    wall(predictions, list(notes), notes, "doubts")
