"""Evaluate: where the models are right, where they are wrong, and why."""

from functools import partial

import streamlit as st

from genreclf.data.corrections import card_facts, card_sentence
from genreclf.evaluation.wording import films_sentence, twins_sentence
from genreclf.models import left_out
from genreclf.ui import data, frame, results
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


def main() -> None:
    st.title("Evaluate")
    st.markdown(
        "How good the models are, and where and why they fail: scores with their uncertainty, genre by genre and film "
        "by film. Choose which films to evaluate on, then a section."
    )
    catalogue = data.current_catalogue()
    split = state.pick_split(catalogue)
    current = state.load(catalogue, split)
    if not current.predictions.models and not current.pending:
        results.no_weights()
        return
    sentences = (
        films_sentence(current.predictions),
        card_sentence(card_facts(catalogue.corrections), "Corrections of the data set"),
        twins_sentence(current.predictions),
        left_out(catalogue),
    )
    for sentence in filter(None, sentences):
        st.caption(plain(sentence))
    progress = st.container()
    with progress:
        state.show_pending(current)
    if current.predictions.models:
        frame.show_tabs({name: partial(show, current.predictions) for name, show in SECTIONS.items()}, key="section")
    state.compute_next(current, progress)


frame.run(main)
