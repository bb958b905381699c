"""The filters of Browse: which films to show and in which order. The page's address contains the choice."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from genreclf.data.catalogue import Catalogue
from genreclf.data.search import searched
from genreclf.data.splits import SPLITS
from genreclf.evaluation import wording
from genreclf.models import model_label
from genreclf.ui import data
from genreclf.ui.frame import check_address
from genreclf.ui.text import plain
from genreclf.units import listed, percent
from genreclf.weights.folder import Weights

PAGE_KEY = "wall_page"  # the page of posters; a change of the filters returns to the first one
NUMBER, TITLE, NEWEST, OLDEST = "Number", "Title", "Newest first", "Oldest first"
MAX_PILLS = 40  # genres; more are searched for in a list
_EMPTY = {"genres": [], "all_genres": False, "words": "", "in_split": None, "wrong_by": None}


@dataclass(frozen=True)
class Filters:
    """The chosen filters; without any, all films pass."""

    genres: tuple[str, ...] = ()
    match_all: bool = False  # a film needs all of the genres instead of any
    words: str = ""  # a query for ``FilmSearch``: words of the title or overview, or the film's number or id
    split: str | None = None
    wrong_by: Weights | None = None  # of a model whose most probable genre is wrong
    order: str = NUMBER  # one of the orders above

    @property
    def is_empty(self) -> bool:
        """Whether all films pass."""
        return not (self.genres or self.words.strip() or self.split or self.wrong_by)


def choose(catalogue: Catalogue) -> Filters:
    """Draw the widgets and return the choice."""
    state = st.session_state
    shared: Any = {"bind": "query-params", "on_change": _first_page}
    with_films = [name for name, count in zip(catalogue.genres, catalogue.labels.sum(axis=0), strict=True) if count]
    models = data.available_weights(catalogue, on_error=lambda error: None)  # Compare and Evaluate report it
    orders = [NUMBER] + [TITLE] * catalogue.has_titles
    orders += [NEWEST, OLDEST] if catalogue.films["year"].notna().any() else []
    check_address("genres", with_films, "genre")
    check_address("in_split", [wording.SPLITS[split] for split in SPLITS], "split")
    check_address("wrong_by", [model_label(model) for model in models], "model")
    check_address("order", orders, "order")
    if len(with_films) <= MAX_PILLS:
        st.pills("Genres", with_films, selection_mode="multi", format_func=plain, key="genres",
                 label_visibility="collapsed", **shared)  # fmt: skip
    else:
        st.multiselect("Genres", with_films, key="genres", placeholder=f"Any of the {len(with_films)} genres", **shared)
    several = len(state.genres) > 1
    if several:
        st.toggle("Only films with all of these genres", key="all_genres", **shared,
                  help="If off: films with any of these genres.")  # fmt: skip
    with st.grid(4, min_column_width=130, vertical_alignment="bottom", gap="small"):
        where = listed(searched(catalogue) or ["id"], "or")
        st.text_input("Words", key="words", type="search", live="300ms", **shared,
                      placeholder="e.g. detective murder" if catalogue.has_overviews else f"Words of the {where}",
                      help=f"Finds films with all of these words in their {where}. The beginning of a word is enough. "
                           "You can also type a film's number.")  # fmt: skip
        st.selectbox("Split", SPLITS, index=None, placeholder="All films", format_func=wording.SPLITS.get,
                     key="in_split", **shared,
                     help="Models learn from training films, are tuned on validation films and measured on test "
                          "films.")  # fmt: skip
        st.selectbox("Wrongly predicted by", list(models), index=None, format_func=model_label, key="wrong_by",
                     placeholder="Any film" if models else "No model for them yet", disabled=not models, **shared,
                     help="Films whose most probable genre, according to this model, is not one of their true "
                          "genres.")  # fmt: skip
        st.selectbox("Sort by", orders, key="order", **shared)
    return Filters(
        genres=tuple(state.genres),
        match_all=several and state.all_genres,
        words=state.words or "",
        split=state.in_split,
        wrong_by=models.get(state.wrong_by),
        order=state.order,
    )


def clear() -> None:
    """Clear all filters (for a button's ``on_click``)."""
    st.session_state.update(_EMPTY)
    _first_page()


def select(catalogue: Catalogue, filters: Filters) -> np.ndarray:
    """Positions of the films that pass, in order.

    ``filters.wrong_by`` takes predictions of all films (see ``genreclf.ui.data.all_predictions``).
    """
    films = catalogue.films
    passes = np.ones(len(catalogue), bool)
    if filters.genres:
        has = catalogue.labels[:, [catalogue.genres.index(name) for name in filters.genres]] == 1
        passes &= has.all(axis=1) if filters.match_all else has.any(axis=1)
    if filters.split:
        passes &= films["split"].to_numpy() == filters.split
    if filters.words.strip():
        passes &= films.index.isin(data.film_search(catalogue).find(filters.words))
    if filters.wrong_by:
        passes &= _is_wrong(catalogue, filters.wrong_by)
    found = films[passes]
    if filters.order == TITLE:
        found = found.sort_values("title", key=lambda titles: titles.str.casefold(), kind="stable")
    elif filters.order in (NEWEST, OLDEST):
        found = found.sort_values("year", ascending=filters.order == OLDEST, kind="stable", na_position="last")
    return found.index.to_numpy()


def notes(catalogue: Catalogue, filters: Filters, positions: np.ndarray) -> dict[int, str]:
    """The wrong predictions of the chosen model, as Markdown by position."""
    if not filters.wrong_by:
        return {}
    probabilities = data.all_predictions(catalogue, filters.wrong_by)[positions]
    return {
        int(position): f":material/close: predicts {plain(filters.wrong_by.genres[row.argmax()])}, {percent(row.max())}"
        for position, row in zip(positions, probabilities, strict=True)
    }


def _is_wrong(catalogue: Catalogue, weights: Weights) -> np.ndarray:
    """Whether a model's most probable genre is none of a film's, bool ``(n,)``; not where it cannot predict."""
    probabilities = data.all_predictions(catalogue, weights)
    columns = np.array([catalogue.genres.index(name) for name in weights.genres], int)
    predicted = np.flatnonzero(~np.isnan(probabilities).any(axis=1)) if len(columns) else np.empty(0, int)
    wrong = np.zeros(len(catalogue), bool)
    wrong[predicted] = catalogue.labels[predicted, columns[probabilities[predicted].argmax(axis=1)]] == 0
    return wrong


def _first_page() -> None:
    if st.session_state.get(PAGE_KEY, 1) != 1:
        st.session_state[PAGE_KEY] = 1
