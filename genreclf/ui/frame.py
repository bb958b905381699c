"""The frame around every page: routing, the data picker in the sidebar, and error messages."""

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

    Because there is a folder ``pages/``, a fresh server runs the file of a deep link itself, without the router. Then
    the router is run, which returns here.
    """
    if _routed.get():
        main()
    else:
        runpy.run_path(str(paths.PROJECT / "streamlit_app.py"))


@contextmanager
def routing() -> Iterator[None]:
    """Let ``run`` draw the page; an error that the user can fix is shown in its place."""
    token = _routed.set(True)
    try:
        yield
    except UserError as error:
        st.error(plain(str(error)), icon=":material/error:")
    finally:
        _routed.reset(token)


def sidebar() -> None:
    """Draw the data picker, whose choice all pages use."""
    sources = {source.key: source.label for source in list_sources()}
    default, requested = default_source().key, st.query_params.get(SOURCE_KEY)
    if requested in sources:  # not bound to the widget: a selectbox would write its label, not the key
        st.session_state[SOURCE_KEY] = requested
    elif st.session_state.get(SOURCE_KEY) not in sources:
        st.session_state[SOURCE_KEY] = default
    st.sidebar.selectbox("Data set", list(sources), format_func=sources.__getitem__, key=SOURCE_KEY,
                         on_change=lambda: choose_source(st.session_state[SOURCE_KEY]),
                         help="The films for Browse, Train, Compare and Evaluate. The full set can be fetched on "
                              "Browse.")  # fmt: skip
    if st.session_state[SOURCE_KEY] != default:  # a page opened from another one starts without parameters
        st.query_params[SOURCE_KEY] = st.session_state[SOURCE_KEY]


def show_tabs(views: Mapping[str, Callable[[], None]], key: str) -> None:
    """Draw views in tabs with their names; only the open one is computed, and the address contains its name."""
    tabs = st.tabs(list(views), key=key, on_change="rerun", bind="query-params")
    for tab, view in zip(tabs, views.values(), strict=True):
        if tab.open:
            with tab:
                view()
