"""Evaluate, thresholds: what a genre's threshold does, and where it would stand for other wishes."""

import streamlit as st

from genreclf.evaluation import charts
from genreclf.evaluation.counts import Counts, counts_at
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.thresholds import best_f1_threshold, threshold_for_precision
from genreclf.genres import GENRES
from genreclf.ui import look
from genreclf.ui.evaluate import state
from genreclf.units import percent

_SAID = "evaluate_threshold_said"  # session: why a wish could not be met


def show(predictions: SplitPredictions) -> None:
    """A slider with its figures, and a chart of all thresholds."""
    st.markdown(
        "A model chooses a genre for a film when its probability reaches the genre's threshold. The fitted thresholds "
        "were chosen on validation films; here you can move them and see what is won and lost. Nothing is changed by "
        "it."
    )
    with st.container(horizontal=True):
        genre = state.pick_genre(predictions)
        model = state.pick_model(predictions)
    column, told = GENRES.index(genre), predictions.of(model)
    truth, probabilities = predictions.labels[:, column], told.probabilities[:, column]
    fitted = float(told.thresholds[column])
    # after a retraining it starts anew: what was tried before was of other weights
    key = f"evaluate_threshold_{model}_{genre}_{told.weights.sha256[:12]}_{fitted}"
    st.session_state.setdefault(key, round(fitted, 2))
    moved = st.slider("Threshold", 0.0, 1.0, step=0.01, key=key, format="%.2f", persist_state="session")
    exact = st.session_state.get(_exact(key), fitted)  # the slider has two digits only
    threshold = exact if round(exact, 2) == round(moved, 2) else moved
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button("The fitted one", key="evaluate_fitted", icon=":material/undo:", on_click=_move, args=(key, fitted),
                  help=f"{fitted:.3f}, from validation films.")  # fmt: skip
        st.button("The best F1", key="evaluate_best_f1", icon=":material/trending_up:", on_click=_move,
                  args=(key, best_f1_threshold(truth, probabilities)),
                  help="On just these films, whose genres it has seen: elsewhere it does worse.")  # fmt: skip
        wanted = st.number_input("Precision wished for (%)", 1, 100, 80, 5, key="evaluate_wanted", width=190) or 80
        st.button("Reach it", key="evaluate_reach", icon=":material/flag:", on_click=_move,
                  args=(key, threshold_for_precision(truth, probabilities, wanted / 100), wanted),
                  help="The lowest threshold with that precision, so that most films are found.")  # fmt: skip
    said = st.session_state.pop(_SAID, "")
    if said:
        st.info(said, icon=":material/info:")
    _figures(counts_at(truth, probabilities, threshold), counts_at(truth, probabilities, fitted))
    drawn = charts.threshold_chart(truth, probabilities, threshold, fitted, genre, model, look.colours())
    look.chart(drawn, "evaluate_threshold_chart")


def _figures(now: Counts, fitted: Counts) -> None:
    """The shares and counts at the threshold, and how they differ from the fitted one's."""
    with st.grid(5, min_column_width=120):
        for name, label in (("precision", "Precision"), ("recall", "Recall"), ("f1", "F1")):
            value, before = getattr(now, name), getattr(fitted, name)
            moved = value - before
            st.metric(label, "–" if value != value else percent(value),
                      f"{100 * moved:+.0f} points" if abs(moved) >= 0.005 else None)  # fmt: skip
        st.metric("Chosen", f"{now.chosen:,}", help="Films for which the genre is chosen.")
        st.metric("Missed", f"{now.fn:,}", help="Films that have the genre and for which it is not chosen.")
    st.caption(
        f"Chosen for {now.chosen:,} films: {now.tp:,} have it, {now.fp:,} have it not (false alarms). Of "
        f"the {now.positives:,} that have it, {now.fn:,} are missed. Points are against the fitted "
        "threshold."
    )


def _exact(key: str) -> str:
    return f"{key}_exact"


def _move(key: str, threshold: float | None, wanted: int = 0) -> None:
    """Put the slider to a threshold, or say that there is none."""
    if threshold is None:
        st.session_state[_SAID] = (
            f"No threshold reaches a precision of {wanted} % on these films. Wish for less, or choose another model."
        )
    else:
        st.session_state[key], st.session_state[_exact(key)] = min(1.0, round(threshold, 2)), threshold
