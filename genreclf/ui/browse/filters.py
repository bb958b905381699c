"""Which films of a data set a visitor wants to see, and in which order. The choice lives in the address."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from genreclf.data.catalogue import Catalogue
from genreclf.data.splits import SPLITS
from genreclf.genres import GENRES
from genreclf.models import model_label
from genreclf.ui import data
from genreclf.ui.film_picker import PARAMETER
from genreclf.units import percent
from genreclf.weights.folder import Weights

PAGE_KEY = "wall_page"  # of the wall's page; any other choice goes back to the first one
NUMBER, TITLE, NEWEST, OLDEST = "Number", "Title", "Newest first", "Oldest first"
SPLIT_LABELS = {"train": "Training", "val": "Validation", "test": "Test"}
_KEPT = "browse_kept"
_EMPTY = {"genres": [], "all_genres": False, "words": "", "in_split": None, "wrong_by": None}


@dataclass(frozen=True)
class Filters:
    """What was chosen; the empty choice lets every film pass.

    Attributes:
        genres: names of genres.
        match_all: a film needs all of them instead of any.
        words: what ``FilmSearch`` shall find: words of the overview or title, or the film's number or id.
        split: ``"train"``, ``"val"``, ``"test"`` or None.
        wrong_by: the weights of a model that gets it wrong, or None.
        order: one of the orders above.
    """

    genres: tuple[str, ...] = ()
    match_all: bool = False
    words: str = ""
    split: str | None = None
    wrong_by: Weights | None = None
    order: str = NUMBER

    @property
    def is_empty(self) -> bool:
        """Whether every film passes."""
        return not (self.genres or self.words.strip() or self.split or self.wrong_by)


def choose(catalogue: Catalogue) -> Filters:
    """The filters' widgets, and what they are set to."""
    st.session_state.update(st.session_state.pop(_KEPT, {}))
    before = _chosen()
    counts = catalogue.labels.sum(axis=0)
    st.pills(
        "Genres",
        [name for name, count in zip(GENRES, counts, strict=True) if count],
        selection_mode="multi",
        key="genres",
        bind="query-params",
        on_change=_first_page,
    )
    several = len(st.session_state.genres) > 1
    st.toggle(
        "Only films that have all of these genres",
        key="all_genres",
        bind="query-params",
        on_change=_first_page,
        disabled=not several,
        help="Off: films that have any of them. Choose two or more genres first.",
    )
    with st.grid(4, min_column_width=150, vertical_alignment="bottom"):
        st.text_input(
            "Words",
            key="words",
            type="search",
            placeholder="such as: detective murder",
            help="Films that have all of these words in their overview"
            + (", title or year" if catalogue.has_titles else "")
            + "; the beginning of a word is enough. A film's number finds it too.",
            bind="query-params",
            on_change=_first_page,
        )
        st.selectbox(
            "Part of the data",
            list(SPLITS),
            index=None,
            placeholder="All films",
            format_func=SPLIT_LABELS.get,
            key="in_split",
            help="Models learn from training films, are tuned on validation films and measured on test films.",
            bind="query-params",
            on_change=_first_page,
        )
        models = data.available_weights(catalogue, on_error=lambda error: None)  # Compare and Evaluate report it
        st.selectbox(
            "Got wrong by",
            list(models),
            index=None,
            placeholder="Any film" if models else "No trained model yet",
            format_func=model_label,
            key="wrong_by",
            help="Films whose most probable genre, by this model, is none of their true ones.",
            bind="query-params",
            on_change=_first_page,
            disabled=not models,
        )
        years = [NEWEST, OLDEST] if catalogue.films["year"].notna().any() else []
        orders = [NUMBER, *([TITLE] if catalogue.has_titles else []), *years]
        st.selectbox("Order", orders, key="order", bind="query-params", on_change=_first_page)
    state = st.session_state
    if PARAMETER in st.query_params and before and before != _chosen():
        # Back from Compare leads to an address without the filters, and that address decided; they were not taken away
        state[_KEPT] = before
        st.rerun()
    return Filters(
        tuple(state.genres),
        state.all_genres and several,
        state.words or "",
        state.in_split,
        models.get(state.wrong_by),
        state.order,
    )


def clear() -> None:
    """Let every film pass again (for a button's ``on_click``)."""
    for key, value in _EMPTY.items():
        st.session_state[key] = value
    _first_page()


def select(catalogue: Catalogue, filters: Filters) -> np.ndarray:
    """Positions of the films that pass, in order.

    Asking for the films a model gets wrong predicts all films, once (see ``genreclf.ui.data.all_predictions``).
    """
    films = catalogue.films
    passes = np.ones(len(catalogue), bool)
    if filters.genres:
        has = catalogue.labels[:, [GENRES.index(name) for name in filters.genres]] == 1
        passes &= has.all(axis=1) if filters.match_all else has.any(axis=1)
    if filters.split:
        passes &= films["split"].to_numpy() == filters.split
    if filters.words.strip():
        passes &= np.isin(np.arange(len(catalogue)), data.film_search(catalogue).find(filters.words))
    if filters.wrong_by:
        best = data.all_predictions(catalogue, filters.wrong_by).argmax(axis=1)
        passes &= catalogue.labels[np.arange(len(catalogue)), best] == 0
    found = films[passes]
    if filters.order == TITLE:
        found = found.sort_values("title", key=lambda titles: titles.str.casefold(), kind="stable")
    elif filters.order in (NEWEST, OLDEST):
        found = found.sort_values("year", ascending=filters.order == OLDEST, kind="stable", na_position="last")
    return found.index.to_numpy()


def notes(catalogue: Catalogue, filters: Filters, positions: np.ndarray) -> dict[int, str]:
    """What the chosen model says of films instead, as Markdown by position."""
    if not filters.wrong_by:
        return {}
    probabilities = data.all_predictions(catalogue, filters.wrong_by)[positions]
    return {
        int(position): f":material/close: says {GENRES[row.argmax()]}, {percent(row.max())}"
        for position, row in zip(positions, probabilities, strict=True)
    }


def _chosen() -> dict[str, Any]:
    return {key: st.session_state[key] for key in (*_EMPTY, "order") if key in st.session_state}


def _first_page() -> None:
    if st.session_state.get(PAGE_KEY, 1) != 1:
        st.session_state[PAGE_KEY] = 1
