"""Evaluate, films: a model's most confident predictions, right and wrong, and the labels that models doubt."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import streamlit as st

from genreclf.data.catalogue import Catalogue
from genreclf.evaluation.confident import confident_errors, confident_hits
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.wording import LABEL_ISSUES, NO_LABEL_ISSUES, label_issue_notes, weak_doubts_sentence
from genreclf.models import SPECS
from genreclf.public import is_public
from genreclf.ui import corrections, data, frame
from genreclf.ui.evaluate import state
from genreclf.ui.frame import check_address
from genreclf.ui.text import plain
from genreclf.ui.thumbnails import poster_wall
from genreclf.units import listed, percent

FILMS_PER_PAGE = 10
_COUNT = 40  # films of a list
_VIEWS = {
    "Confident and right": (
        confident_hits, ":material/check:", "The films on which {} is most confident and right: the genre it finds "
        "most probable is one of the film's genres.",
    ),
    "Confident and wrong": (
        confident_errors, ":material/close:", "The films on which {} is most confident but wrong: the genre it finds "
        "most probable is none of the film's genres. Sometimes the label is to blame.",
    ),
}  # fmt: skip
_DOUBTFUL = "Doubtful labels"


def show(predictions: SplitPredictions) -> None:
    """Draw the choice of a list and its films."""
    check_address("evaluate_films", [*_VIEWS, _DOUBTFUL], "list of films")
    view = st.segmented_control("Show", [*_VIEWS, _DOUBTFUL], default=next(iter(_VIEWS)), required=True, wrap=True,
                                key="evaluate_films", bind="query-params")  # fmt: skip
    if view == _DOUBTFUL:
        _doubtful_labels(predictions)
        return
    find, sign, text = _VIEWS[view]
    model = state.pick_model(predictions)
    st.markdown(text.format(plain(predictions.of(model).label)))
    found = find(predictions, model, _COUNT)
    notes = {int(row.position): f"{sign} {plain(row.genre)}, {percent(row.probability)}" for row in found.itertuples()}
    wall(predictions, list(notes), notes, f"{view}_{model}")


def _doubtful_labels(predictions: SplitPredictions) -> None:
    st.markdown(LABEL_ISSUES)
    catalogue = predictions.catalogue
    every = corrections.doubts_in(predictions)
    if every is None:
        _no_doubts(catalogue)
        return
    corrections.last_decision(catalogue)
    with st.container(horizontal=True, vertical_alignment="center"):
        found = corrections.open_doubts(catalogue, every).head(_COUNT)
        if len(found):
            corrections.team_tasks(catalogue, "doubts", list(dict.fromkeys(found["id"])))
    if found.empty:
        st.caption(NO_LABEL_ISSUES)
        return
    if is_public():
        frame.show_at_home("Correcting labels")
    if weak := weak_doubts_sentence(predictions):
        st.warning(plain(weak), icon=":material/warning:")
    doubts = label_issue_notes(found)
    notes = {at: "  \n".join(f":material/help: {plain(doubt)}" for doubt in texts) for at, texts in doubts.items()}
    wall(predictions, list(notes), notes, "doubtful",
         below=lambda position: corrections.doubt_buttons(catalogue, position, found))  # fmt: skip


def _no_doubts(catalogue: Catalogue) -> None:
    """Say which kind of model is missing, and how to get one."""
    lacking, inputs = catalogue.lacks(True, True), {SPECS[model].input for model in data.available_weights(catalogue)}
    missing = [each for each in ("poster", "overview") if each not in inputs]
    then = "The labels that both doubt will appear here."
    if lacking:
        then = f"These films have no {lacking}."
    elif missing:
        remedy = "." if is_public() else ": train one, then press *Use in the app*."
        then = f"There is no {listed(missing, 'or')} model for these genres yet{remedy}"
    with st.container(border=True):
        st.markdown(f"**This needs predictions of a poster model and of an overview model.** {then}")
        if missing and not lacking:
            frame.link_to_training("Train a model")


def wall(
    predictions: SplitPredictions,
    positions: Sequence[int] | np.ndarray,
    notes: Mapping[int, str],
    key: str,
    below: Callable[[int], None] | None = None,
) -> None:
    """Show films of a split as posters, a page at a time, with notes in Markdown; both by position in the split.

    The key is different for each list of films, so that each starts at its first page. ``below`` draws more below a
    film, by its position in the catalogue.
    """
    if not len(positions):
        st.caption("There are no such films.")
        return
    pages, page = -(-len(positions) // FILMS_PER_PAGE), 1
    if pages > 1:
        page = st.pagination(pages, key=f"evaluate_wall_{key}_{state.cache_key(predictions)[:8]}", width=360,
                             persist_state="session")  # fmt: skip
    shown = positions[(page - 1) * FILMS_PER_PAGE : page * FILMS_PER_PAGE]
    rows = predictions.rows
    notes_by_row = {int(rows[at]): notes[at] for at in shown if at in notes}
    poster_wall(predictions.catalogue, [int(rows[at]) for at in shown], notes_by_row, below=below)
