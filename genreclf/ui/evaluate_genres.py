"""Evaluate, genres: all models side by side, then one genre closely, and what is chosen in place of it."""

import pandas as pd
import streamlit as st

from genreclf.evaluation import charts
from genreclf.evaluation.answers import SplitAnswers
from genreclf.evaluation.confusion import instead, matrices
from genreclf.evaluation.genre_table import FIGURES, genre_table
from genreclf.evaluation.metrics import NAMES
from genreclf.genres import GENRES
from genreclf.models import model_label
from genreclf.ui import evaluate_state as state
from genreclf.ui import look
from genreclf.ui.result_view import DEFAULT_MODELS

_HELP = {
    "f1": "Harmonic mean of precision and recall: high only where both are.",
    "precision": "Of the films it gave the genre, the share that have it.",
    "recall": "Of the films that have the genre, the share it found.",
    "average_precision": "How well the genre's films are ranked before all others, whatever the threshold.",
}


def show(answers: SplitAnswers) -> None:
    """The table and chart of all genres, then one genre and one model."""
    table = _table(state.mark(answers), answers)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        figure = st.segmented_control("Figure", list(_HELP), default="f1", required=True, wrap=True,
                                      format_func=NAMES.__getitem__, key="evaluate_genre_figure")  # fmt: skip
        models = _pick_models(answers)
    st.markdown(f"**{NAMES[figure]}.** {_HELP[figure]}")
    shown = table[table["model"].isin(models)]
    look.chart(charts.genre_bars(shown, figure, look.colours()), "evaluate_genre_bars")
    _wide(shown, figure)

    st.subheader("One genre, closely")
    with st.container(horizontal=True):
        genre = state.pick_genre(answers)
        model = state.pick_model(answers)
    look.chart(charts.precision_recall_chart(answers, genre, models, look.colours()), "evaluate_precision_recall")
    told = answers.of(model)
    counts = matrices(answers.labels, told.chosen)[GENRES.index(genre)]
    st.markdown(f"**{genre}: what {told.label} makes of it**")
    look.chart(charts.matrix(counts, genre, told.label, look.colours()), "evaluate_matrix")

    st.subheader("What is chosen instead")
    st.markdown(f"Where {told.label} misses a true genre, these are the wrong ones that it gives. Choose another model "
                "above.")  # fmt: skip
    drawn = charts.instead_heatmap(instead(answers.labels, told.chosen), told.label, look.colours())
    look.chart(drawn, "evaluate_instead")


def _pick_models(answers: SplitAnswers) -> list[str]:
    names, key = list(answers.models), "evaluate_models"
    if not set(st.session_state.get(key) or names[:1]) <= set(names):
        st.session_state.pop(key)  # some of them have no answers for these films
    default = [model for model in DEFAULT_MODELS if model in names] or names[:3]
    chosen = st.pills("Models", names, selection_mode="multi", default=default, format_func=model_label, key=key,
                      wrap=True, persist_state="session")  # fmt: skip
    return [model for model in names if model in chosen] or default


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
    st.caption("The same as numbers; a click on a column's name sorts by it. A dash: no film has the genre, or it was "
               "never chosen.")  # fmt: skip


@st.cache_data(max_entries=20, show_spinner=False)
def _table(mark: str, _answers: SplitAnswers) -> pd.DataFrame:
    table = genre_table(_answers)
    assert set(_HELP) == set(FIGURES)
    return table
