"""The frame around every page: the router's hand-over, the data picker in the sidebar, and errors as sentences."""

import runpy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st

from genreclf import paths
from genreclf.data.sources import default_source, list_sources
from genreclf.errors import UserError
from genreclf.ui.data import SOURCE_KEY, choose_source
from genreclf.ui.text import plain

_routed: ContextVar[bool] = ContextVar("routed", default=False)  # whether the router is running the page


def run(main: Callable[[], None]) -> None:
    """Draw a page; the last line of every page's file.

    On a fresh server Streamlit runs the file of a deep link itself, without the router, because there is a folder
    ``pages/``. Then the router is run, which comes back here.
    """
    if _routed.get():
        main()
    else:
        runpy.run_path(str(paths.PROJECT / "streamlit_app.py"))


@contextmanager
def routing() -> Iterator[None]:
    """Let ``run`` draw the page, and show what a user can mend as one sentence in its place."""
    token = _routed.set(True)
    try:
        yield
    except UserError as error:
        st.error(plain(str(error)), icon=":material/error:")
    finally:
        _routed.reset(token)


def sidebar() -> None:
    """The data picker, which every page obeys."""
    sources = {source.key: source.label for source in list_sources()}
    wanted = st.query_params.get(SOURCE_KEY)  # not bound: a bound selectbox would write its label, not the key
    if wanted in sources:
        st.session_state[SOURCE_KEY] = wanted
    elif st.session_state.get(SOURCE_KEY) not in sources:
        st.session_state[SOURCE_KEY] = default_source().key
    with st.sidebar:
        st.selectbox(
            "Data set",
            list(sources),
            format_func=lambda key: sources[key],
            key=SOURCE_KEY,
            on_change=lambda: choose_source(st.session_state[SOURCE_KEY]),
            help="The films for Browse, Train, Compare and Evaluate. The Browse page can fetch the full set.",
        )
    if st.session_state[SOURCE_KEY] != default_source().key:  # another page's address starts without it
        st.query_params[SOURCE_KEY] = st.session_state[SOURCE_KEY]


def show_tabs(views: Mapping[str, Callable[[], None]], key: str) -> None:
    """Draw views under tabs named after them; only the open one is computed, and the address names it."""
    tabs = st.tabs(list(views), key=key, on_change="rerun", bind="query-params")
    for tab, view in zip(tabs, views.values(), strict=True):
        if tab.open:
            with tab:
                view()
