"""The frame around every page: routing, the data picker in the sidebar, and error messages."""

import runpy
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.navigation.page import Page

from genreclf import paths, public
from genreclf.data.sources import default_source, list_sources
from genreclf.errors import UserError
from genreclf.ui import streamlit_patches
from genreclf.ui.data import SOURCE_KEY, choose_source
from genreclf.ui.text import one_line, plain
from genreclf.units import listed

NAME = "genreclf"
HOMEPAGE = "https://github.com/genreclf/genreclf#readme"
ICON = paths.PROJECT / "assets" / "icon.png"
PRESENT = "present"  # session and query parameter: whether presenter mode is on
_PAGE, _VISIT = "frame_page", "frame_visit"  # session: the page shown last, and what lasts as long as it is shown
_routed: ContextVar[bool] = ContextVar("routed", default=False)  # whether the router is running the page


def run(main: Callable[[], None]) -> None:
    """Draw a page; the last line of every page's file.

    Because there is a folder ``pages/``, a fresh server runs the file of a deep link itself, without the router. Then
    the router is run, which returns here.
    """
    if _routed.get():
        main()
    else:
        runpy.run_path(str(paths.PROJECT / "streamlit_app.py"), run_name="__main__")


def head(page: Page) -> None:
    """Set the page's title in the browser and load what its look and its history need."""
    name_page("" if page.url_path == "" else page.title)
    if st.session_state.get(_PAGE) != page.url_path:
        st.session_state[_PAGE], st.session_state[_VISIT] = page.url_path, {}
        streamlit_patches.forget_uploads()
    here = Path(__file__).parent
    st.html(here / "page.css")
    if (requested := st.query_params.get(PRESENT)) is not None:
        st.session_state[PRESENT] = requested not in ("", "0", "false")
    st.set_page_config(initial_sidebar_state="collapsed" if is_presenting() else "auto")  # now, whatever its name
    if is_presenting():
        st.html(here / "present.css")
        st.button("Leave presenter mode", key="present_leave", icon=":material/close:", on_click=present, args=(False,))
    with st.sidebar:
        st.html(here / "page.html", unsafe_allow_javascript=True)
        if public.is_public():
            st.html(f'<span data-idle-minutes="{public.limits().idle_minutes:g}"></span>')  # for page.html


def is_presenting() -> bool:
    """Whether the page is projected: large type, no sidebar, arrow keys (see ``present.css`` and ``page.html``)."""
    return bool(st.session_state.get(PRESENT))


def present(on: bool) -> None:
    """Switch presenter mode on or off for this session and its address; to be called in callbacks."""
    st.session_state[PRESENT] = on
    if on:
        st.query_params[PRESENT] = "1"
    else:
        st.query_params.pop(PRESENT, None)


def visit(name: str) -> dict[str, Any]:
    """A dictionary that lasts until the visitor leaves the page."""
    return st.session_state.setdefault(_VISIT, {}).setdefault(name, {})


def name_page(name: str) -> None:
    """Set the title of the browser's tab, "" for the project's name alone."""
    st.set_page_config(page_title=f"{one_line(name)} · {NAME}" if name else NAME)


def is_local() -> bool:
    """Whether the visitor may name files of the machine that the app runs on: at home, not where it is public."""
    return not public.is_public() and st.context.ip_address is None


def show_at_home(what: str) -> None:
    """Say on a public server what is only possible on a visitor's own computer, and how to get it there.

    Args:
        what: the beginning of a sentence, such as "Adding films".
    """
    st.info(
        f"{what} is switched off here because this server is open to everyone. Run genreclf "
        f"[on your own computer]({HOMEPAGE}) to do it; two commands are enough.",
        icon=":material/public:",
    )


def link_to_training(label: str) -> None:
    """Draw a link to the page where a model can be trained; in public, where to go for that instead."""
    if public.is_public():
        st.caption(
            f"This server is open to everyone and trains nothing. [On your own computer]({HOMEPAGE}), you can train a "
            "model."
        )
    else:
        st.page_link("pages/train.py", label=label, icon=":material/model_training:")


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
    """Draw the data picker, whose choice all pages use, and the switch for presenter mode."""
    sources = {source.key: source.label for source in list_sources()}
    default, requested = default_source().key, st.query_params.get(SOURCE_KEY)
    shown = st.session_state.get(SOURCE_KEY)
    check_address(SOURCE_KEY, sources, "data set",
                  f"“{sources[shown if shown in sources else default]}” is shown instead")  # fmt: skip
    if requested in sources:  # not bound to the widget: a selectbox would write its label, not the key
        st.session_state[SOURCE_KEY] = requested
    elif st.session_state.get(SOURCE_KEY) not in sources:
        st.session_state[SOURCE_KEY] = default
    st.sidebar.selectbox("Data set", list(sources), format_func=sources.__getitem__, key=SOURCE_KEY,
                         on_change=lambda: choose_source(st.session_state[SOURCE_KEY]),
                         help="The films for Browse, Train, Compare and Evaluate."
                              + ("" if public.is_public() else " The full set can be fetched on Browse."))  # fmt: skip
    if st.session_state[SOURCE_KEY] != default:  # a page opened from another one starts without parameters
        st.query_params[SOURCE_KEY] = st.session_state[SOURCE_KEY]
    st.sidebar.toggle("Presenter mode", key=PRESENT, on_change=lambda: present(st.session_state[PRESENT]),
                      help="Large type for a projector, and this bar folded. The arrow keys go to the next and the "
                           "previous step of the lesson, or film on Compare.")  # fmt: skip
    if is_presenting():
        st.query_params[PRESENT] = "1"


def check_address(
    parameter: str,
    known: Collection[str],
    what: str,
    instead: str = "it is ignored",
    values: Sequence[str] | None = None,
) -> None:
    """Say which values of a parameter of the address do not exist; Streamlit ignores them without a word.

    To be called before the widget that is bound to the parameter. The message stays until the widget changes or the
    visitor leaves the page.

    Args:
        parameter: the parameter's name, and the key of its widget.
        known: the values that exist, as the address spells them.
        what: a noun for a value, such as "data set".
        instead: what happens instead, a clause.
        values: the values in the address, if they are not simply the parameter's.
    """
    notes, now = visit("address"), st.session_state.get(parameter)
    given = st.query_params.get_all(parameter) if values is None else values
    if unknown := [value if len(value) <= 60 else f"{value[:60]}…" for value in given if value and value not in known]:
        named, verb = listed([f"“{value}”" for value in unknown]), "does" if len(unknown) == 1 else "do"
        notes[parameter] = [f"The address names the {what} {named}, which {verb} not exist here: {instead}."]
    elif parameter in notes and (any(given) or notes[parameter][1:] not in ([], [now])):
        del notes[parameter]
    elif parameter in notes:
        notes[parameter][1:] = [now]  # the widget has its value since the run that drew it
    if parameter in notes:
        st.warning(plain(notes[parameter][0]), icon=":material/link_off:")


def show_tabs(views: Mapping[str, Callable[[], None]], key: str) -> None:
    """Draw views in tabs with their names; only the open one is computed, and the address contains its name."""
    check_address(key, views, key)
    tabs = st.tabs(list(views), key=key, on_change="rerun", bind="query-params")
    for tab, view in zip(tabs, views.values(), strict=True):
        if tab.open:
            with tab:
                view()
