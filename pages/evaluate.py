"""Evaluate: where the models are right, where they are wrong, and why."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from genreclf.data.corrections import card_facts, card_sentence, unused_sentence
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.wording import films_sentence, scope_sentences, twins_sentence
from genreclf.models import left_out
from genreclf.ui import data, frame, results
from genreclf.ui.evaluate import (
    calibration,
    films,
    further,
    genres,
    poster_vs_overview,
    report,
    scores,
    state,
    thresholds,
    training,
)
from genreclf.ui.serving import visitor
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
    whole = data.current_catalogue()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = state.pick_split(whole)
        catalogue = state.pick_inputs(whole)
        beside = further.choose(catalogue)
    if not len(catalogue.in_split(split)):
        st.info("No such film has both a poster and an overview; choose others above.", icon=":material/info:")
        return
    with visitor.turn():
        current = state.load(catalogue, split, *beside, whole)
    if not current.predictions.models and not current.pending:
        results.no_weights("Scores, genres and films will appear here.", whole.genres)
        return
    predictions = current.predictions
    corrected = card_sentence(card_facts(catalogue.corrections), "Corrections of the data set")
    unused = unused_sentence(catalogue.corrections)
    sentences = (films_sentence(predictions), corrected, unused, twins_sentence(predictions), left_out(whole))
    for sentence in filter(None, [*sentences, " ".join(scope_sentences(predictions))]):
        st.caption(plain(sentence))
    progress = st.container()
    with progress:
        state.show_pending(current)
    if predictions.models:
        frame.show_tabs({name: partial(_show, show, predictions) for name, show in SECTIONS.items()}, key="section")
    with visitor.turn():
        state.compute_next(current, progress)


def _show(section: Callable[[SplitPredictions], None], predictions: SplitPredictions) -> None:
    with visitor.turn():
        section(predictions)


frame.run(main)
