"""Evaluate, scoreboard: the scores of all models with their uncertainty, and whether two models differ."""

from functools import partial

import pandas as pd
import streamlit as st

from genreclf.evaluation import charts
from genreclf.evaluation.bootstrap import GENRE_AVERAGES, Difference, differences, intervals
from genreclf.evaluation.metrics import METRICS, NAMES
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.scoreboard import OTHER_FILMS, OTHER_FILMS_NOTE, score_table, sources, split_scoreboard
from genreclf.evaluation.wording import DIFFERENCES, difference_sentence, macro_sentence
from genreclf.models import model_label
from genreclf.ui import look
from genreclf.ui.evaluate import state
from genreclf.ui.text import plain

_HEADLINES = ("bce", "micro_f1", "macro_f1", "samples_f1", "weighted_f1", "map", "top1", "top3_recall")
_RESAMPLING = "Resampling the films…"
_metrics = state.cached(SplitPredictions.metrics, show_spinner=False)
_intervals = state.cached(intervals, show_spinner=_RESAMPLING)
_all_differences = state.cached(differences, show_spinner=_RESAMPLING)
_number = partial(state.number_column, width=95)


def show(predictions: SplitPredictions) -> None:
    """Draw a chart of one score, a table of all, and the differences of two models."""
    scores = split_scoreboard(predictions, _metrics(predictions))
    metric = st.selectbox("Score", list(METRICS), format_func=NAMES.__getitem__, key="evaluate_metric", width=260,
                          persist_state="session")  # fmt: skip
    st.markdown(f"**{NAMES[metric]}.** {METRICS[metric]}")
    ends = {model: found[metric] for model, found in _intervals(predictions, [metric]).items()}
    look.chart(charts.scoreboard(scores, ends, metric, state.colours(predictions)), "evaluate_scoreboard")
    if any(score.label.endswith(OTHER_FILMS) and metric in score.metrics for score in scores):
        st.caption(OTHER_FILMS_NOTE)
    if metric in GENRE_AVERAGES:
        st.caption(macro_sentence(predictions))
    st.header("All scores")
    _table(score_table(scores, metric, ends), metric)
    references = [f"- {plain('; '.join(labels))}: {plain(source)}." for source, labels in sources(scores).items()]
    if references:
        st.caption("\n".join(["**References**", *references]))
    if len(predictions.models) > 1:
        st.header("Is the difference significant?")
        _differences(predictions, metric)


def _table(table: pd.DataFrame, metric: str) -> None:
    others = [name for name in (*_HEADLINES, *METRICS) if name != metric]
    end = f"end of the 95 % confidence interval of {NAMES[metric]}."
    interval = {
        "from": _number("from", format="%.3f", help=f"The lower {end}", width=70),
        "to": _number("to", format="%.3f", help=f"The upper {end}", width=70),
    }
    order = list(dict.fromkeys(["Model", "Kind", metric, "from", "to", *others]))
    look.score_table(table, order, "evaluate_table", f"All scores of every model, the best {NAMES[metric]} first.",
                     interval)  # fmt: skip
    note = f" {OTHER_FILMS_NOTE}" if table["Model"].str.endswith(OTHER_FILMS).any() else ""
    st.caption(f"Click a column's name to sort by it. For BCE lower is better, for all others higher.{note}")


def _differences(predictions: SplitPredictions, metric: str) -> None:
    names = list(predictions.models)
    with st.container(horizontal=True):
        first = state.pick_from("Is", names, "lstm", "evaluate_first")
        others = [name for name in names if name != first]
        second = state.pick_from("better than", others, "cnn", "evaluate_second")
    found = _all_differences(predictions, first, second)
    icon = ":material/check:" if found[metric].significant else ":material/help:"
    st.markdown(f"{icon} **{plain(difference_sentence(found[metric]))}**")
    rows = [
        (NAMES[name], *shown_values(each), model_label(each.better) if each.better else "neither",
         "✓ significant" if each.significant else "? not significant")
        for name, each in found.items()
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["Score", "Difference", "from", "to", "Better", "Verdict"])
    helps = {
        "Difference": plain(f"{model_label(first)} minus {model_label(second)}."),
        "from": "The lower end of the 95 % confidence interval.",
        "to": "The upper end of the 95 % confidence interval.",
    }
    columns = {"Score": st.column_config.TextColumn(width=110, pinned=True)}
    columns |= {name: _number(format="%+.3f", help=text) for name, text in helps.items()}
    state.show_table(table, key="evaluate_differences", column_config=columns,
                     alt="The difference of the two models in every score, with its confidence interval.")  # fmt: skip
    st.caption(plain(DIFFERENCES))


def shown_values(found: Difference) -> list[float]:
    """A difference and the ends of its interval, with 0 for what three decimals would show as "-0.000"."""
    return [value if abs(value) >= 0.0005 else 0.0 for value in (found.value, found.low, found.high)]
