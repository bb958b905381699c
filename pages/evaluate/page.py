"""Evaluate: where the models are right, where they are wrong, and why."""

import streamlit as st

from genreclf.evaluation.words import films_of
from genreclf.ui import (
    data,
    evaluate_calibration,
    evaluate_contrast,
    evaluate_films,
    evaluate_genres,
    evaluate_report,
    evaluate_scores,
    evaluate_thresholds,
    evaluate_training,
    result_view,
)
from genreclf.ui import evaluate_state as state
from genreclf.ui.text import plain

SECTIONS = {
    "Scoreboard": evaluate_scores.show,
    "Genres": evaluate_genres.show,
    "Thresholds": evaluate_thresholds.show,
    "Calibration": evaluate_calibration.show,
    "Poster or overview": evaluate_contrast.show,
    "Films": evaluate_films.show,
    "Training": evaluate_training.show,
    "Report": evaluate_report.show,
}

st.title("Evaluate")
st.markdown(
    "How good the models are, and where and why they fail: figures with what chance leaves open, genre by genre and "
    "film by film. Choose the films, then a section."
)
catalogue = data.current_catalogue()
split = state.pick_split(catalogue)
known = state.look_up(catalogue, split)
if not known.answers.models and not known.waiting:
    result_view.no_weights()
    st.stop()
st.caption(plain(films_of(known.answers)))
progress = st.container()
with progress:
    state.offer(known)

if known.answers.models:
    # only the open tab is computed
    tabs = st.tabs(list(SECTIONS), key="section", on_change="rerun", bind="query-params")
    for tab, show in zip(tabs, SECTIONS.values(), strict=True):
        if tab.open:
            with tab:
                show(known.answers)
state.ask(known, progress)
