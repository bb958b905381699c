"""Evaluate, training: how the models that answer were trained, and what their curves say of overfitting."""

from contextlib import suppress

import streamlit as st

from genreclf.data.catalogue import Catalogue
from genreclf.errors import UserError
from genreclf.evaluation import charts
from genreclf.evaluation.histories import History, history_of, reference_histories, training_table
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.models import SPECS
from genreclf.ui import data, look
from genreclf.ui.text import plain
from genreclf.units import listed
from genreclf.weights.folder import Weights

_AFTER = "after calibration; the curves show the loss before it."


def show(predictions: SplitPredictions) -> None:
    """A curve and a verdict for each training whose history was kept, and a table of all."""
    st.caption(
        "The choice of films above does not touch this tab: models learn from training films, and validation films say "
        "which epoch to keep."
    )
    weights = _available(predictions.catalogue)
    ours = {one.model: history_of(one) for one in weights if not SPECS[one.model].is_baseline}
    kept = [history for history in ours.values() if history]
    without = [SPECS[model].label for model, history in ours.items() if history is None]
    _table(weights)
    if without:
        st.caption(plain(f"The curves of {listed(without)} were not kept with their weights; train one on the Train "
                         "page and promote the run, and its curve stands here."))  # fmt: skip
    references = reference_histories(weights)
    for place, history in enumerate([*kept, *references]):
        _curve(history, f"evaluate_history_{place}")
    if references:
        st.caption(
            "The reports' recipes were run anew for this project on its real films, as the reports describe them: the "
            "same layers, the same learning rate, the same epochs."
        )


def _available(catalogue: Catalogue) -> list[Weights]:
    """All weights that can answer for the data, whether or not they have; the page has named those that are damaged."""
    found = []
    for model in SPECS:
        with suppress(UserError):
            found.append(data.weights_for(model, catalogue))
    return [weights for weights in found if weights is not None]


def _curve(history: History, key: str) -> None:
    verdict = history.verdict
    st.subheader(plain(history.label))
    st.markdown(f"**{plain(verdict.headline)}.** {plain(' '.join([*verdict.figures, verdict.next_step]))}")
    look.chart(charts.training_curves(history, look.colours()), key)


def _table(weights: list[Weights]) -> None:
    table = training_table(weights)
    if table.empty:
        return
    st.subheader("The weights that answer", anchor=False)
    columns = st.column_config
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        key="evaluate_weights",
        placeholder="–",
        column_config={
            "Model": columns.TextColumn(width=115, pinned=True),
            "of epochs": columns.NumberColumn(help="As many were asked for."),
            "Train films": columns.NumberColumn(format="localized"),
            "Val BCE": columns.NumberColumn(format="%.4f", help=f"On validation films, {_AFTER}"),
            "Test BCE": columns.NumberColumn(format="%.4f", help=f"On test films, {_AFTER}"),
        },
        alt="Recipe, epochs, time and error of every model that answers.",
    )
    st.caption(
        "As their cards say. BCE is after calibration, the losses below are from before it, so that the two differ a "
        "little. Where validation and test error are near each other, what was tuned on validation films "
        "holds for others too; the two splits are not equally hard, so compare the gaps."
    )
