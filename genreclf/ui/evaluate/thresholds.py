"""Evaluate, thresholds: what moving a genre's threshold gains and loses."""

import streamlit as st

from genreclf.evaluation import charts
from genreclf.evaluation.counts import Counts, counts_at
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.thresholds import best_f1_threshold, threshold_for_precision
from genreclf.ui import look
from genreclf.ui.evaluate import state
from genreclf.units import percent

_NOTE = "evaluate_threshold_note"  # session: why no threshold was found


def show(predictions: SplitPredictions) -> None:
    """Draw a slider with its scores, and a chart of all thresholds."""
    st.markdown(
        "A model picks a genre for a film when its probability reaches the genre's threshold. The thresholds were "
        "fitted on validation films. Move one to see what you gain and lose; this changes nothing elsewhere in the app."
    )
    with st.container(horizontal=True):
        genre = state.pick_genre(predictions)
        model = predictions.of(state.pick_model(predictions))
    column = predictions.genres.index(genre)
    true, probabilities = predictions.labels[:, column], model.probabilities[:, column]
    fitted = float(model.thresholds[column])
    # new weights or a new fit start from their own threshold
    key = f"evaluate_threshold_{model.name}_{genre}_{model.cache_key}_{fitted}"
    st.session_state.setdefault(key, round(fitted, 2))
    rounded = st.slider("Threshold", 0.0, 1.0, step=0.01, key=key, format="%.2f", persist_state="session")
    exact = st.session_state.get(f"{key}_exact", fitted)  # the slider has only two digits
    threshold = exact if round(exact, 2) == round(rounded, 2) else rounded
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button("Fitted threshold", key="evaluate_fitted", icon=":material/undo:", on_click=_move,
                  args=(key, fitted), help=f"{fitted:.3f}, from validation films.")  # fmt: skip
        st.button("Best F1", key="evaluate_best_f1", icon=":material/trending_up:", on_click=_move,
                  args=(key, best_f1_threshold(true, probabilities)),
                  help="The threshold with the best F1 on these films. It uses their true genres, so on other films "
                  "its F1 will be lower.")  # fmt: skip
        target = (
            st.number_input(
                "Target precision (%)", 1, 100, 80, 5, key="evaluate_target", width=190, persist_state="session"
            )
            or 80
        )
        st.button("Find threshold", key="evaluate_find", icon=":material/flag:", on_click=_move,
                  args=(key, threshold_for_precision(true, probabilities, target / 100), target),
                  help="The lowest threshold with this precision, so that as many films as possible are "
                  "found.")  # fmt: skip
    if note := st.session_state.pop(_NOTE, ""):
        st.info(note, icon=":material/info:")
    _scores(counts_at(true, probabilities, threshold), counts_at(true, probabilities, fitted))
    chart = charts.threshold_chart(
        true, probabilities, threshold, fitted, genre, model.name, state.colours(predictions)
    )
    look.chart(chart, "evaluate_threshold_chart")


def _scores(now: Counts, fitted: Counts) -> None:
    """The scores and counts at the threshold, and how they differ from those at the fitted one."""
    with st.grid(5, min_column_width=120):
        for name, label in (("precision", "Precision"), ("recall", "Recall"), ("f1", "F1")):
            value = getattr(now, name)
            gain = value - getattr(fitted, name)
            st.metric(label, "–" if value != value else percent(value),
                      f"{100 * gain:+.0f} points" if abs(gain) > 0.005 else None)  # fmt: skip
        st.metric("Picked", f"{now.chosen:,}", help="Films for which the genre is picked.")
        st.metric("Missed", f"{now.fn:,}", help="Films that have the genre but for which it is not picked.")
    st.caption(
        f"{now.tp:,} of the {now.chosen:,} picked films have the genre, {now.fp:,} do not (false alarms). Missed: "
        f"{now.fn:,} of the {now.positives:,} films with the genre. Points are changes from the fitted threshold."
    )


def _move(key: str, threshold: float | None, target: int = 0) -> None:
    """Move the slider to a threshold, or explain that there is none."""
    if threshold is None:
        st.session_state[_NOTE] = (
            f"No threshold reaches a precision of {target} % on these films. Lower the target or choose another model."
        )
    else:
        st.session_state[key], st.session_state[f"{key}_exact"] = min(1.0, round(threshold, 2)), threshold
