"""Choosing one film of a catalogue: by search, by number, step by step, at random, or by address (``?film=<id>``)."""

import random
from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from genreclf.data.catalogue import Catalogue
from genreclf.data.search import searched, snippet
from genreclf.errors import UserError
from genreclf.evaluation.stored import stored_predictions
from genreclf.ui import data
from genreclf.ui.results import DEFAULT_MODELS
from genreclf.ui.text import plain
from genreclf.units import listed
from genreclf.weights.folder import Weights

PARAMETER = "film"
MATCHES = 8
_SHOWN = "compare_shown"  # session: (digest of the table, id) of the film shown last
_TESTED = "compare_tested"  # session: whether the visitor has asked for a random test film
_SEARCH, _NUMBER = "compare_search", "compare_number"


def pick_film(catalogue: Catalogue, available: Mapping[str, Weights]) -> int:
    """Draw the picker; returns the position of the film to show. ``available`` are the weights by model."""
    position, problem = _requested(catalogue, available)
    ids, count = catalogue.films["id"].to_numpy(), len(catalogue)
    st.session_state[_SHOWN] = (catalogue.table_digest, ids[position])
    if PARAMETER not in st.query_params:  # so that the browser's Back finds this film again
        st.query_params[PARAMETER] = ids[position]
    st.session_state[_NUMBER] = position + 1
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        where = [name for name in searched(catalogue) if name != "year"]
        hint = listed(["title"] * ("title" in where) + ["words"] * ("overview" in where) + ["id"], "or")
        st.text_input("Find a film", key=_SEARCH, type="search", live="300ms", width="stretch", persist_state="session",
                      placeholder=hint[0].upper() + hint[1:],
                      help=f"Words, or the beginnings of words, from the {listed([*where, 'id'], 'or')}.")  # fmt: skip
        st.number_input(f"Film number (of {count:,})", 1, count, key=_NUMBER, width=160,
                        on_change=_go_to_number, args=(catalogue,))  # fmt: skip
        test = ids[catalogue.in_split("test")]
        with st.container(horizontal=True, gap="small", width="content", key="compare_steps"):
            _button("Previous", "chevron_left", ids[max(0, position - 1) : position])
            _button("Next", "chevron_right", ids[position + 1 : position + 2])
            _button("Random film", "shuffle", ids[ids != ids[position]], "Any other film of the data set.")
            if len(test):
                st.button("Random test film", key="compare_random_test", icon=":material/visibility_off:",
                          help="Another film of the test split, on which no model of this data set was trained.",
                          disabled=not (test != ids[position]).any(), on_click=_go_to_test_film,
                          args=(catalogue, available, position))  # fmt: skip
    _matches(catalogue, st.session_state[_SEARCH])
    if problem:
        st.error(plain(problem), icon=":material/error:")
        st.page_link("pages/browse.py", label="Browse the films", icon=":material/grid_view:")
    return position


def telling_films(catalogue: Catalogue, available: Mapping[str, Weights]) -> np.ndarray:
    """The test films that show best what fusion is for: their positions, by stored predictions only.

    On them the models' most probable genres differ, and fusion's is a true one; where fusion also picks exactly the
    true genres of some of them, only those. All test films if the predictions are not stored.
    """
    test = catalogue.in_split("test")
    rows = {model: stored_predictions(catalogue, available[model], "test") for model in DEFAULT_MODELS
            if model in available}  # fmt: skip
    known = {model: probabilities for model, probabilities in rows.items() if probabilities is not None}
    genres = {available[model].genres for model in known}
    if "fusion" not in known or len(known) < 2 or not len(test) or len(genres) > 1:
        return test
    true = catalogue.labels_of(*genres)[test].astype(bool)
    top = {model: probabilities.argmax(axis=1) for model, probabilities in known.items()}
    right = true[np.arange(len(test)), top["fusion"]]
    differ = np.any([each != top["fusion"] for each in top.values()], axis=0)
    exact = ((known["fusion"] >= available["fusion"].thresholds) == true).all(axis=1)
    return next((test[films] for films in (right & differ & exact, right & differ) if films.any()), test)


def _requested(catalogue: Catalogue, available: Mapping[str, Weights]) -> tuple[int, str | None]:
    """The film in the address, or the one shown last, or a telling one; and what is wrong with the address."""
    film_id = st.query_params.get(PARAMETER)
    digest, shown = st.session_state.get(_SHOWN, (None, None))
    if film_id:
        try:
            return catalogue.position(film_id), None
        except UserError:
            if film_id != shown or (digest == catalogue.table_digest and film_id not in catalogue.corrections.left_out):
                name = film_id if len(film_id) <= 60 else film_id[:60] + "…"
                return _first(catalogue, available), (
                    f"No film of this data set has the id “{name}”. Search for a film, choose another data set, or "
                    "look through the films on Browse."
                )
            del st.query_params[PARAMETER]  # the visitor chose another data set, which lacks the film in the address
    is_here = digest == catalogue.table_digest and shown not in catalogue.corrections.left_out
    return (catalogue.position(shown) if is_here else _first(catalogue, available)), None


def _first(catalogue: Catalogue, available: Mapping[str, Weights]) -> int:
    return int(next(iter(telling_films(catalogue, available)), 0))


def _matches(catalogue: Catalogue, query: str) -> None:
    if not query.strip():
        return
    found = data.film_search(catalogue).find(query)
    if not found:
        st.caption("No film matches. Try fewer words, or only the beginning of a word.")
        return
    more = f" Here are the first {MATCHES}; add a word to narrow the search." if len(found) > MATCHES else ""
    with st.container(border=True, gap=None):
        st.caption(f"{len(found):,} film{'s match' if len(found) > 1 else ' matches'}.{more}")
        for position in found[:MATCHES]:
            film = catalogue.films.iloc[position]
            name = plain(catalogue.display_name(position))
            st.button(f"**{name}** · {plain(snippet(film['overview'], query))}", key=f"compare_match_{film['id']}",
                      type="tertiary", on_click=_go_to_one_of, args=([film["id"]],), wrap=True)  # fmt: skip


def _button(label: str, icon: str, film_ids: Sequence[str], help: str | None = None) -> None:
    """A button that leads to one of these films, chosen at random; disabled without any."""
    key = f"compare_{label.lower().removesuffix(' film').replace(' ', '_')}"
    st.button(label, key=key, icon=f":material/{icon}:", help=help, disabled=not len(film_ids),
              on_click=_go_to_one_of, args=(film_ids,))  # fmt: skip


def _go_to_one_of(film_ids: Sequence[str]) -> None:
    st.query_params[PARAMETER] = random.choice(film_ids)
    st.session_state[_SEARCH] = ""


def _go_to_test_film(catalogue: Catalogue, available: Mapping[str, Weights], position: int) -> None:
    """Go to another test film, for the first time in a session to a telling one if there is another."""
    test = catalogue.in_split("test")
    films = test if st.session_state.get(_TESTED) else telling_films(catalogue, available)
    others = films[films != position] if (films != position).any() else test[test != position]
    st.session_state[_TESTED] = True
    _go_to_one_of(catalogue.films["id"].to_numpy()[others])


def _go_to_number(catalogue: Catalogue) -> None:
    number = st.session_state[_NUMBER]
    if number is not None:  # the browser keeps it within bounds; a crafted message need not
        _go_to_one_of([catalogue.films["id"].iloc[min(max(int(number), 1), len(catalogue)) - 1]])
