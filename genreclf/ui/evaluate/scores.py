"""Evaluate, scoreboard: all models with what chance leaves open, and whether two of them surely differ."""

import pandas as pd
import streamlit as st

from genreclf.evaluation import charts
from genreclf.evaluation.bootstrap import Difference, difference, intervals
from genreclf.evaluation.metrics import METRICS, NAMES
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.scoreboard import OTHER_FILMS, OTHER_FILMS_NOTE, Score, score_table, sources, split_scoreboard
from genreclf.evaluation.wording import DIFFERENCES, difference_words
from genreclf.models import model_label
from genreclf.ui import look
from genreclf.ui.evaluate import state
from genreclf.ui.text import plain

_HEADLINES = ("bce", "micro_f1", "macro_f1", "samples_f1", "weighted_f1", "map", "top1", "top3_recall")


def show(predictions: SplitPredictions) -> None:
    """A chart of one figure, a table of all, and the differences."""
    cache_key = state.cache_key(predictions)
    scores = split_scoreboard(predictions, _figures(cache_key, predictions))
    figure = st.selectbox("Figure", list(METRICS), format_func=NAMES.__getitem__, key="evaluate_figure", width=260,
                          persist_state="session")  # fmt: skip
    st.markdown(f"**{NAMES[figure]}.** {METRICS[figure]}")
    spans = _intervals(cache_key, figure, predictions)
    look.chart(charts.scoreboard(scores, spans, figure, look.colours()), "evaluate_scoreboard")
    if any(score.label.endswith(OTHER_FILMS) and figure in score.metrics for score in scores):
        st.caption(OTHER_FILMS_NOTE)
    st.subheader("All figures")
    _table(score_table(scores, figure, spans), figure)
    _sources(scores)
    if len(predictions.models) > 1:
        st.subheader("Is the difference significant?")
        _differences(cache_key, predictions, figure)


def _table(table: pd.DataFrame, figure: str) -> None:
    columns = st.column_config
    table = table.assign(Kind=[[kind] for kind in table["Kind"]])
    others = [name for name in (*_HEADLINES, *METRICS) if name != figure]

    def number(label: str, words: str, width: int = 95):
        return columns.NumberColumn(label, format="%.3f", help=words, width=width, alignment="right")

    st.dataframe(
        table,
        hide_index=True,
        height="content",
        key="evaluate_table",
        placeholder="–",
        column_order=list(dict.fromkeys(["Model", "Kind", figure, "from", "to", *others])),
        column_config={
            "Model": columns.TextColumn(pinned=True, width=165),
            "Kind": columns.MultiselectColumn(
                options=["baseline", "reference", "ours"], color=["gray", "yellow", "primary"], width=90,
                help="Baselines are here to be beaten; references are the reports’ and other public figures.",
            ),
            "from": number("from", f"The lower end of the 95 % interval of {NAMES[figure]}.", 70),
            "to": number("to", f"The upper end of the 95 % interval of {NAMES[figure]}.", 70),
        }
        | {name: number(NAMES[name], METRICS[name]) for name in METRICS},
        alt=f"All figures of every model, the best {NAMES[figure]} first.",
    )  # fmt: skip
    elsewhere = f" {OTHER_FILMS_NOTE}" if table["Model"].str.endswith(OTHER_FILMS).any() else ""
    st.caption(f"A click on a column's name sorts by it. For BCE lower is better, for all others higher.{elsewhere}")


def _sources(scores: list[Score]) -> None:
    """Where the references' figures come from."""
    said = [f"- {plain('; '.join(labels))}: {plain(source)}." for source, labels in sources(scores).items()]
    if said:
        st.caption("\n".join(["**References**", *said]))


def _differences(cache_key: str, predictions: SplitPredictions, figure: str) -> None:
    names = list(predictions.models)
    with st.container(horizontal=True):
        first = state.pick_from("Is", names, "lstm" if "lstm" in names else names[0], "evaluate_first")
        others = [name for name in names if name != first]
        second = state.pick_from("better than", others, "cnn" if "cnn" in others else others[0], "evaluate_second")
    found = _all_differences(cache_key, first, second, predictions)
    st.markdown(f"{':material/check:' if found[figure].significant else ':material/help:'} "
                f"**{plain(difference_words(found[figure]))}**")  # fmt: skip
    rows = [
        {
            "Figure": NAMES[name],
            "Difference": one.value,
            "from": one.low,
            "to": one.high,
            "Better": model_label(one.better) if one.better else "neither",
            "Verdict": "✓ significant" if one.significant else "? not significant",
        }
        for name, one in found.items()
    ]

    def column(name: str, words: str):
        return st.column_config.NumberColumn(name, format="%+.3f", width=95, alignment="right", help=words)

    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        key="evaluate_differences",
        column_config={
            "Figure": st.column_config.TextColumn(width=110, pinned=True),
            "Difference": column("Difference", f"{model_label(first)} less {model_label(second)}."),
            "from": column("from", "The lower end of the 95 % interval."),
            "to": column("to", "Its upper end."),
        },
        alt="The difference of the two models in every figure, with its interval.",
    )
    st.caption(plain(DIFFERENCES))


@st.cache_data(max_entries=20, show_spinner=False)
def _figures(cache_key: str, _predictions: SplitPredictions) -> dict[str, dict[str, float]]:
    return _predictions.metrics()


@st.cache_data(max_entries=100, show_spinner="Drawing the films anew…")
def _intervals(cache_key: str, figure: str, _predictions: SplitPredictions) -> dict[str, tuple[float, float]]:
    return {model: found[figure] for model, found in intervals(_predictions, [figure]).items()}


@st.cache_data(max_entries=100, show_spinner="Drawing the films anew…")
def _all_differences(cache_key: str, first: str, second: str, _predictions: SplitPredictions) -> dict[str, Difference]:
    return {figure: difference(_predictions, first, second, figure) for figure in METRICS}
