"""Evaluate, training: how the models in use were trained, and whether their curves show overfitting."""

import pandas as pd
import streamlit as st

from genreclf.data.corrections import card_sentence
from genreclf.evaluation import charts
from genreclf.evaluation.histories import history_of, reference_histories, training_table
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.models import SPECS
from genreclf.public import is_public
from genreclf.ui import data, look
from genreclf.ui.evaluate import state
from genreclf.ui.text import plain
from genreclf.units import listed

_AFTER = "films, after calibration; the curves show the loss before it."


def show(predictions: SplitPredictions) -> None:
    """Draw a table of the models in use, then a verdict and the curves of each training with a stored history."""
    st.caption(
        "This section does not depend on the films chosen above: models learn from training films, and validation "
        "films decide which epoch to keep."
    )
    # the page has already warned of damaged weights
    weights = list(data.available_weights(predictions.catalogue, on_error=lambda _: None).values())
    runs = {name: model.weights for name, model in predictions.models.items() if model.source and model.weights}
    table = training_table({each.model: each for each in weights} | runs)
    if len(table):
        _weights_in_use(table)
        for each in weights:
            if corrected := card_sentence(each.card.get("corrections") or {}):
                st.caption(plain(f"{SPECS[each.model].label}: {corrected}"))
    ours = {each.model: history_of(each) for each in weights if not SPECS[each.model].is_baseline}
    of_runs = [history_of(each, name) for name, each in runs.items()]
    without = [SPECS[model].label for model, history in ours.items() if history is None]
    if without:
        remedy = "To see such a curve here, train the model on the Train page and promote the run."
        st.caption(plain(f"The curves of {listed(without)} were not stored with the weights. "
                         + remedy * (not is_public())))  # fmt: skip
    references, explained = reference_histories(weights), set()
    for place, history in enumerate([*filter(None, [*ours.values(), *of_runs]), *references]):
        verdict = history.verdict
        st.header(plain(history.label))
        # nobody continues the training of weights that came with the app
        is_mine = any(each.model == history.model and each.origin == "promoted" for each in weights) and not is_public()
        advice = [verdict.next_step] if is_mine and history not in references else []
        st.markdown(f"**{plain(verdict.headline)}.** {plain(' '.join([*verdict.evidence, *advice]))}")
        chart = charts.training_curves(history, state.colours(predictions))
        look.show(chart.figure, f"evaluate_history_{place}", chart.height, chart.alt)
        if chart.reading not in explained:  # once is enough for curves that are read alike
            st.caption(plain(chart.reading))
            explained.add(chart.reading)
    if references:
        st.caption(
            "The reports' recipes were retrained for this project on its real films, as the reports describe them: the "
            "same layers, the same learning rate, the same epochs."
        )


def _weights_in_use(table: pd.DataFrame) -> None:
    st.header("The weights in use", anchor=False)
    number = st.column_config.NumberColumn
    columns = {
        "Model": st.column_config.TextColumn(width=115, pinned=True),
        "Max epochs": number(help="The number of epochs requested."),
        "Train films": number(format="localized"),
        "Val BCE": number(format="%.4f", help=f"On validation {_AFTER}"),
        "Test BCE": number(format="%.4f", help=f"On test {_AFTER}"),
    }
    state.show_table(table, key="evaluate_weights", column_config=columns,
                     alt="Recipe, epochs, training time and error of every model in use.")  # fmt: skip
    st.caption(
        "From the models' cards. BCE is measured after calibration, the losses below before it, so the two differ a "
        "little. If a model's validation and test errors are close, what was tuned on validation films also works on "
        "others. The two splits are not equally hard, so compare the gaps."
    )
