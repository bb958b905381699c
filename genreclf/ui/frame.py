"""The frame around every page: the data picker in the sidebar, and errors as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from genreclf.errors import UserError
from genreclf.sources import default_source, list_sources
from genreclf.ui.data import SOURCE_KEY
from genreclf.ui.text import plain


def sidebar() -> None:
    """The data picker, which every page obeys."""
    sources = {source.key: source.label for source in list_sources()}
    with st.sidebar:
        if st.session_state.get(SOURCE_KEY) not in sources:
            st.session_state[SOURCE_KEY] = default_source().key
        st.selectbox(
            "Data set",
            list(sources),
            format_func=lambda key: sources[key],
            key=SOURCE_KEY,
            bind="query-params",
            help="The films that Browse, Train and Compare work on. Fetch the full set on the Browse page.",
        )


@contextmanager
def guarded() -> Iterator[None]:
    """Show what a user can mend as one sentence in place of the page."""
    try:
        yield
    except UserError as error:
        st.error(plain(str(error)), icon=":material/error:")
