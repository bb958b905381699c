"""Choosing one film of a catalogue: by search, by number, step by step, at random, or by address (``?film=<id>``)."""

import random

import streamlit as st

from genreclf.data.catalogue import Catalogue
from genreclf.data.search import snippet
from genreclf.errors import UserError
from genreclf.ui import data
from genreclf.ui.text import plain

PARAMETER = "film"
_SHOWN = "compare_shown"  # session: (digest, id) of the film shown last
_SEARCH = "compare_search"
_NUMBER = "compare_number"
MATCHES = 8


def pick_film(catalogue: Catalogue) -> int:
    """Draw the picker; returns the position of the film to show."""
    position, problem = _wanted(catalogue)
    st.session_state[_SHOWN] = (catalogue.digest, catalogue.films["id"].iloc[position])
    st.session_state[_NUMBER] = position + 1
    count = len(catalogue)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(
            "Find a film",
            key=_SEARCH,
            type="search",
            live="300ms",
            placeholder="Title, words, or id" if catalogue.has_titles else "Words, or an id",
            help="The beginnings of words will do: of the title where there is one, of the overview. Or the film's id.",
            width="stretch",
        )
        st.number_input(
            f"Film number (of {count:,})", 1, count, key=_NUMBER, on_change=_go_to_number, args=(catalogue,), width=170
        )
    with st.container(horizontal=True, gap="small"):
        _step("Previous", ":material/chevron_left:", catalogue, position - 1)
        _step("Next", ":material/chevron_right:", catalogue, position + 1)
        st.button("Random film", key="compare_random", icon=":material/shuffle:", on_click=_go_random,
                  args=(catalogue, "all"), help="Any film of the data set.")  # fmt: skip
        if len(catalogue.in_split("test")):
            st.button("Random test film", key="compare_random_test", icon=":material/visibility_off:",
                      on_click=_go_random, args=(catalogue, "test"),
                      help="A film that no model has learnt from: the fair comparison.")  # fmt: skip
    _matches(catalogue, st.session_state[_SEARCH])
    if problem:
        st.error(plain(problem), icon=":material/error:")
        st.page_link("pages/browse.py", label="Browse the films", icon=":material/grid_view:")
    return position


def _wanted(catalogue: Catalogue) -> tuple[int, str | None]:
    """The film the address asks for, or the one shown last, or the first that no model has seen; and what is wrong."""
    asked = st.query_params.get(PARAMETER)
    digest, shown = st.session_state.get(_SHOWN, (None, None))
    same_data = digest == catalogue.digest
    if asked:
        try:
            return catalogue.position(asked), None
        except UserError:
            if asked != shown or same_data:
                name = asked if len(asked) <= 60 else asked[:60] + "…"
                return _default(catalogue), (
                    f"No film of this data set has the id “{name}”. Search for one, choose another data set, or look "
                    "through the films on Browse."
                )
            del st.query_params[PARAMETER]  # the data set was changed under the address of its film
    if same_data:
        return catalogue.position(shown), None
    return _default(catalogue), None


def _default(catalogue: Catalogue) -> int:
    unseen = catalogue.in_split("test")
    return int(unseen[0]) if len(unseen) else 0


def _matches(catalogue: Catalogue, query: str) -> None:
    if not query.strip():
        return
    found = data.film_search(catalogue).find(query)
    if not found:
        st.caption("No film matches. Try fewer words, or the beginning of a word.")
        return
    more = f"; the first {MATCHES} are here, another word narrows them down" if len(found) > MATCHES else ""
    with st.container(border=True, gap=None):
        st.caption(f"{len(found):,} film{'s match' if len(found) > 1 else ' matches'}{more}.")
        for position in found[:MATCHES]:
            film = catalogue.films.iloc[position]
            name = plain(catalogue.display_name(position))
            st.button(f"**{name}** · {plain(snippet(film['overview'], query))}", key=f"compare_match_{film['id']}",
                      type="tertiary", on_click=_go, args=(film["id"],), wrap=True)  # fmt: skip


def _step(label: str, icon: str, catalogue: Catalogue, position: int) -> None:
    inside = 0 <= position < len(catalogue)
    film_id = catalogue.films["id"].iloc[position] if inside else ""
    st.button(label, key=f"compare_{label.lower()}", icon=icon, disabled=not inside, on_click=_go, args=(film_id,))


def _go(film_id: str) -> None:
    st.query_params[PARAMETER] = film_id
    st.session_state[_SEARCH] = ""


def _go_to_number(catalogue: Catalogue) -> None:
    number = st.session_state[_NUMBER]
    if number is not None:  # the browser keeps it within bounds; a crafted message need not
        _go(catalogue.films["id"].iloc[min(max(int(number), 1), len(catalogue)) - 1])


def _go_random(catalogue: Catalogue, split: str) -> None:
    _go(catalogue.films["id"].iloc[int(random.choice(catalogue.in_split(split)))])
