"""The frame around every page: the data picker in the sidebar, and errors as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from genreclf.data.sources import default_source, list_sources
from genreclf.errors import UserError
from genreclf.ui.data import SOURCE_KEY, choose_source
from genreclf.ui.text import plain


def sidebar() -> None:
    """The data picker, which every page obeys."""
    sources = {source.key: source.label for source in list_sources()}
    asked = st.query_params.get(SOURCE_KEY)  # not bound: a bound selectbox would write its label, not the key
    if asked in sources:
        st.session_state[SOURCE_KEY] = asked
    elif st.session_state.get(SOURCE_KEY) not in sources:
        st.session_state[SOURCE_KEY] = default_source().key
    with st.sidebar:
        st.selectbox(
            "Data set",
            list(sources),
            format_func=lambda key: sources[key],
            key=SOURCE_KEY,
            on_change=lambda: choose_source(st.session_state[SOURCE_KEY]),
            help="The films that Browse, Train and Compare work on. Fetch the full set on the Browse page.",
        )
    if st.session_state[SOURCE_KEY] != default_source().key:  # another page's address starts without it
        st.query_params[SOURCE_KEY] = st.session_state[SOURCE_KEY]


@contextmanager
def guarded() -> Iterator[None]:
    """Show what a user can mend as one sentence in place of the page."""
    try:
        yield
    except UserError as error:
        st.error(plain(str(error)), icon=":material/error:")
