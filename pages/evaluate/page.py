"""Evaluate: where the models are right, where they are wrong, and why."""

import streamlit as st

from genreclf.evaluation.wording import films_of
from genreclf.ui import data, results
from genreclf.ui.evaluate import (
    calibration,
    films,
    genres,
    poster_vs_overview,
    report,
    scores,
    state,
    thresholds,
    training,
)
from genreclf.ui.text import plain

SECTIONS = {
    "Scoreboard": scores.show,
    "Genres": genres.show,
    "Thresholds": thresholds.show,
    "Calibration": calibration.show,
    "Poster or overview": poster_vs_overview.show,
    "Films": films.show,
    "Training": training.show,
    "Report": report.show,
}

st.title("Evaluate")
st.markdown(
    "How good the models are, and where and why they fail: figures with what chance leaves open, genre by genre and "
    "film by film. Choose the films, then a section."
)
catalogue = data.current_catalogue()
split = state.pick_split(catalogue)
known = state.look_up(catalogue, split)
if not known.predictions.models and not known.waiting:
    results.no_weights()
    st.stop()
st.caption(plain(films_of(known.predictions)))
progress = st.container()
with progress:
    state.offer(known)

if known.predictions.models:
    # only the open tab is computed
    tabs = st.tabs(list(SECTIONS), key="section", on_change="rerun", bind="query-params")
    for tab, show in zip(tabs, SECTIONS.values(), strict=True):
        if tab.open:
            with tab:
                show(known.predictions)
state.ask(known, progress)
