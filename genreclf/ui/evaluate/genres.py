"""Evaluate, genres: all models side by side, then one genre and one model in detail."""

import pandas as pd
import streamlit as st

from genreclf.evaluation import charts
from genreclf.evaluation.counts import count
from genreclf.evaluation.genres import genre_table, substitution_pairs, substitutions
from genreclf.evaluation.metrics import NAMES
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.models import SPECS, model_label
from genreclf.ui import look
from genreclf.ui.evaluate import state
from genreclf.ui.results import DEFAULT_MODELS
from genreclf.ui.text import plain
from genreclf.units import NO_BREAK_SPACE

_HELP = {
    "f1": "The harmonic mean of precision and recall: high only if both are high.",
    "precision": "Of the films the model labelled with the genre, the share that really have it.",
    "recall": "Of the films that have the genre, the share that the model found.",
    "average_precision": "How well the model ranks the genre's films above all others, whatever the threshold.",
}
_DASH = "no film has the genre"
_ZERO = f"{_DASH}. 0: the model found none of its films"
_NOTES = {
    "f1": _ZERO,
    "precision": f"{_DASH}, or the model never picked it",
    "recall": _ZERO,
    "average_precision": _DASH,
}
_table = state.cached(genre_table, show_spinner=False)


def show(predictions: SplitPredictions) -> None:
    """Draw the chart and table of all genres, then one genre of several models, then one model."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        metric = st.segmented_control("Score", list(_HELP), default="f1", required=True, wrap=True,
                                      format_func=NAMES.__getitem__, key="evaluate_genre_metric",
                                      persist_state="session")  # fmt: skip
        models = _pick_models(predictions)
    st.markdown(f"**{NAMES[metric]}.** {_HELP[metric]}")
    if models:
        table = _table(predictions)
        table = table[table["model"].isin(models)]
        look.chart(charts.genre_bars(table, metric, state.colours(predictions)), "evaluate_genre_bars")
        _scores(table, metric)
    else:
        st.info("Choose a model above to see its scores by genre.", icon=":material/touch_app:")

    st.header("One genre in detail")
    genre = state.pick_genre(predictions)
    if models:
        chart = charts.precision_recall_chart(predictions, genre, models, state.colours(predictions))
        look.chart(chart, "evaluate_precision_recall")

    st.header("One model in detail")
    model = predictions.of(state.pick_model(predictions))
    counts = count(predictions.labels, model.chosen).at(predictions.genres.index(genre))
    st.markdown(f"**{plain(model.label)} on {plain(genre)}**")
    look.chart(charts.confusion_matrix(counts, genre, model.label, state.colours(predictions)), "evaluate_matrix")
    st.markdown(f"**What {plain(model.label)} picks instead**  \nThe wrong genres it adds to films in which it misses "
                "a true genre.")  # fmt: skip
    table = substitutions(predictions.labels, model.chosen, predictions.genres)
    look.chart(charts.substitution_heatmap(table, model.label, state.colours(predictions)), "evaluate_substitutions")
    pairs = substitution_pairs(table)
    if len(pairs):
        _pairs(pairs, model.label)


def _pick_models(predictions: SplitPredictions) -> list[str]:
    names, key = list(predictions.models), "evaluate_models"
    if not set(st.session_state.get(key, ())) <= set(names):
        st.session_state.pop(key)  # some have no predictions for these films
    default = [model for model in DEFAULT_MODELS if model in names] or names[:3]
    default += [model for model in names if model not in SPECS]
    chosen = st.pills("Models", names, selection_mode="multi", default=default, format_func=state.pill_label, key=key,
                      wrap=True, persist_state="session")  # fmt: skip
    return [model for model in names if model in chosen]


def _scores(table: pd.DataFrame, metric: str) -> None:
    """One row per genre, one column per model."""
    models = table["model"].unique()
    wide = table.pivot(index=["genre", "films"], columns="model", values=metric)[models].reset_index()
    columns = {
        "genre": st.column_config.TextColumn("Genre", width=110, pinned=True),
        "films": state.number_column("Films", width=70),
    }
    columns |= {model: state.number_column(model_label(model), format="%.2f", width=100) for model in models}
    state.show_table(wide.sort_values("films", ascending=False, kind="stable"), key="evaluate_genre_table", height=420,
                     column_config=columns, alt=f"{NAMES[metric]} for every genre and model.")  # fmt: skip
    st.caption(f"The same in numbers; click a column's name to sort by it. A dash: {_NOTES[metric]}.")


def _pairs(table: pd.DataFrame, label: str) -> None:
    """The most frequent of the heatmap's cells, which are too small to read on a phone."""
    columns = {
        "Missed": st.column_config.TextColumn(width=95),
        "Picked instead": st.column_config.TextColumn(width=110),
        "Films": state.number_column(width=55),
        "Share": state.number_column(format=f"%.0f{NO_BREAK_SPACE}%%", width=60,
                                     help="Of the films in which the genre was missed."),
    }  # fmt: skip
    state.show_table(table.assign(Share=100 * table["Share"]), key="evaluate_substitution_pairs", column_config=columns,
                     width="content", alt=f"The wrong genres that {label} most often picks instead.")  # fmt: skip
    st.caption("The most frequent cases.")
