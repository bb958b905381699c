"""The glossary on every page, and single terms where a page uses them.

All of it is in popovers, which the browser opens and closes by itself: they stay open when a page runs again, and
opening one runs nothing. Only typing into the filter runs something, and that is not the page.
"""

import base64
import html
import re
from collections.abc import Iterable

import streamlit as st

from genreclf import glossary
from genreclf.glossary import Term
from genreclf.glossary.pictures import HEIGHT, WIDTH
from genreclf.ui.text import plain

_ICON = ":material/menu_book:"


def sidebar() -> None:
    """Draw the button that opens the glossary from any page."""
    with st.sidebar.popover("Glossary", icon=_ICON, key="glossary", width="stretch"):
        _panel("glossary_filter")


def terms(names: Iterable[str], key: str) -> None:
    """Draw a row of terms, each of which opens, and the whole glossary behind them.

    Args:
        names: terms of ``genreclf.glossary``.
        key: of the row.
    """
    with st.container(horizontal=True, gap="small", key=key):
        for name in names:
            with st.popover(name, type="tertiary", key=f"{key}_{name}"):
                st.html(_list([glossary.TERMS[name]]))
        with st.popover("Glossary", type="tertiary", icon=_ICON, key=f"{key}_all"):
            _panel(f"{key}_filter")


@st.fragment
def _panel(key: str) -> None:
    """All terms, or those that a visitor looks for; ``key`` is that of the filter."""
    text = st.text_input("Find a term", key=key, placeholder="Find a term", label_visibility="collapsed",
                         icon=":material/search:", max_chars=60)  # fmt: skip
    if found := glossary.search(text or ""):
        st.html(_list(found))
    else:
        st.caption(f"The glossary has nothing about “{plain(text)}”.")


def _list(found: Iterable[Term]) -> str:
    """Terms as a list of definitions."""
    return f'<dl style="margin:0;padding:0;display:grid;gap:1.25rem">{"".join(map(_entry, found))}</dl>'


def _entry(term: Term) -> str:
    picture = f'<dd style="margin:0.5rem 0 0">{_picture(term.picture())}</dd>' if term.picture else ""
    name, sentence = html.escape(term.name), html.escape(term.sentence)
    return f'<div><dt style="font-weight:600">{name}</dt><dd style="margin:0">{sentence}</dd>{picture}</div>'


def _picture(svg: str) -> str:
    """A picture as a mask of the text's colour: Streamlit removes SVG from a page, and an image knows no theme."""
    data = base64.b64encode(svg.encode()).decode()
    (alt,) = re.findall('aria-label="(.*?)"', svg)
    return (
        f'<div role="img" aria-label="{alt}" style="aspect-ratio:{WIDTH}/{HEIGHT};max-width:20rem;'
        f'background:currentColor;mask:url(data:image/svg+xml;base64,{data}) left/contain no-repeat"></div>'
    )
