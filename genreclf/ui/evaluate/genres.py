"""Evaluate, genres: all models side by side, then one genre closely, and what is chosen in place of it."""

import pandas as pd
import streamlit as st

from genreclf.evaluation import charts
from genreclf.evaluation.counts import count
from genreclf.evaluation.genres import GENRE_METRICS, genre_table, substitution_pairs, substitutions
from genreclf.evaluation.metrics import NAMES
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.genres import GENRES
from genreclf.models import model_label
from genreclf.ui import look
from genreclf.ui.evaluate import state
from genreclf.ui.results import DEFAULT_MODELS
from genreclf.units import NO_BREAK_SPACE

_HELP = {
    "f1": "Harmonic mean of precision and recall: high only where both are.",
    "precision": "Of the films it gave the genre, the share that have it.",
    "recall": "Of the films that have the genre, the share it found.",
    "average_precision": "How well the genre's films are ranked before all others, whatever the threshold.",
}

_NONE_FOUND = {
    "precision": ", or the model never chose it.",
    "recall": ". 0: the model found none of its films.",
    "f1": ". 0: the model found none of its films.",
}


def show(predictions: SplitPredictions) -> None:
    """The table and chart of all genres, then one genre of the models chosen, then one model."""
    table = _table(state.cache_key(predictions), predictions)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        figure = st.segmented_control("Figure", list(_HELP), default="f1", required=True, wrap=True,
                                      format_func=NAMES.__getitem__, key="evaluate_genre_figure")  # fmt: skip
        models = _pick_models(predictions)
    st.markdown(f"**{NAMES[figure]}.** {_HELP[figure]}")
    shown = table[table["model"].isin(models)]
    if models:
        look.chart(charts.genre_bars(shown, figure, look.colours()), "evaluate_genre_bars")
        _wide(shown, figure)
    else:
        st.info("Choose a model above, and its genres stand here.", icon=":material/touch_app:")

    st.subheader("One genre, closely")
    genre = state.pick_genre(predictions)
    if models:
        look.chart(
            charts.precision_recall_chart(predictions, genre, models, look.colours()), "evaluate_precision_recall"
        )

    st.subheader("One model, closely")
    model = state.pick_model(predictions)
    told = predictions.of(model)
    counts = count(predictions.labels, told.chosen).at(GENRES.index(genre))
    st.markdown(f"**{genre}: what {told.label} makes of it**")
    look.chart(charts.confusion_matrix(counts, genre, told.label, look.colours()), "evaluate_matrix")
    st.markdown(f"**What {told.label} chooses instead**  \nWhere it misses a true genre, these are the wrong ones that "
                "it gives.")  # fmt: skip
    table = substitutions(predictions.labels, told.chosen)
    look.chart(charts.substitution_heatmap(table, told.label, look.colours()), "evaluate_instead")
    _pairs(substitution_pairs(table), told.label)


def _pick_models(predictions: SplitPredictions) -> list[str]:
    names, key = list(predictions.models), "evaluate_models"
    if not set(st.session_state.get(key) or names[:1]) <= set(names):
        st.session_state.pop(key)  # some of them have no answers for these films
    default = [model for model in DEFAULT_MODELS if model in names] or names[:3]
    chosen = st.pills("Models", names, selection_mode="multi", default=default, format_func=model_label, key=key,
                      wrap=True, persist_state="session")  # fmt: skip
    return [model for model in names if model in chosen]


def _wide(table: pd.DataFrame, figure: str) -> None:
    """One line a genre, one column a model."""
    wide = table.pivot(index=["genre", "films"], columns="model", values=figure).reset_index()
    wide = wide[["genre", "films", *table["model"].unique()]].sort_values("films", ascending=False, kind="stable")
    columns = st.column_config
    st.dataframe(
        wide,
        hide_index=True,
        height=420,
        key="evaluate_genre_table",
        placeholder="–",
        column_config={
            "genre": columns.TextColumn("Genre", width=110, pinned=True),
            "films": columns.NumberColumn("Films", width=70, alignment="right"),
        }
        | {
            model: columns.NumberColumn(model_label(model), format="%.2f", width=100, alignment="right")
            for model in table["model"].unique()
        },
        alt=f"{NAMES[figure]} of every genre and model.",
    )
    st.caption(f"The same as numbers; a click on a column's name sorts by it. A dash: no film has the genre"
               f"{_NONE_FOUND.get(figure, '.')}")  # fmt: skip


def _pairs(table: pd.DataFrame, label: str) -> None:
    """The most frequent of the heatmap's cells, which a phone shows too small to read."""
    if table.empty:
        return
    columns = st.column_config
    st.dataframe(
        table.assign(Share=100 * table["Share"]),
        hide_index=True,
        height="content",
        width="content",
        key="evaluate_instead_pairs",
        column_config={
            "Missed": columns.TextColumn(width=95),
            "Chosen instead": columns.TextColumn(width=110),
            "Films": columns.NumberColumn(width=55, alignment="right"),
            "Share": columns.NumberColumn(format=f"%.0f{NO_BREAK_SPACE}%%", width=60, alignment="right",
                                          help="Of the films in which the genre was missed."),
        },
        alt=f"The wrong genres that {label} most often chooses where it misses a true one.",
    )  # fmt: skip
    st.caption("What happens most often, in films.")


@st.cache_data(max_entries=20, show_spinner=False)
def _table(cache_key: str, _predictions: SplitPredictions) -> pd.DataFrame:
    table = genre_table(_predictions)
    assert set(_HELP) == set(GENRE_METRICS)
    return table
