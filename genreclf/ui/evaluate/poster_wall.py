"""Evaluate's walls of posters: a page of films at a time, each opening in Compare."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from genreclf.evaluation.predictions import SplitPredictions
from genreclf.ui.evaluate import state
from genreclf.ui.thumbnails import poster_wall

FILMS_A_PAGE = 10


def wall(
    predictions: SplitPredictions, positions: Sequence[int] | np.ndarray, notes: Mapping[int, str], key: str
) -> None:
    """Show films of a split.

    Args:
        answers: of the split.
        positions: which films, in order; their places in the split.
        notes: a line or more for some of them, by position, as Markdown.
        key: different for each list of these films, so that each starts at its first page.
    """
    if not len(positions):
        st.caption("There are no such films.")
        return
    pages, page = -(-len(positions) // FILMS_A_PAGE), 1
    if pages > 1:
        page = st.pagination(pages, key=f"evaluate_wall_{key}_{state.cache_key(predictions)[:8]}", width=360)
    shown = [int(at) for at in positions[(page - 1) * FILMS_A_PAGE : page * FILMS_A_PAGE]]
    rows = {at: int(predictions.rows[at]) for at in shown}
    poster_wall(predictions.catalogue, list(rows.values()), {rows[at]: notes[at] for at in shown if at in notes})
