"""Bars with a name and a value, drawn as HTML: they appear with the page, before a chart library is loaded."""

from collections.abc import Iterable
from html import escape

import streamlit as st

from genreclf.ui import look


def show_bars(rows: Iterable[tuple[str, float, str, bool]], colour: str) -> None:
    """Draw one bar per row.

    Args:
        rows: each a name, the bar's length in 0..1, what it stands for in words, and whether to tick it off.
        colour: of the bars.
    """
    tick = f' <b style="color: {look.colours().verdict(True)}" title="a true genre">✓</b>'
    cells = [
        f'<span>{escape(name)}</span><i><i style="width: {100 * share:.1f}%; background: {colour}"></i></i>'
        f"<span>{escape(value)}{tick if ticked else ''}</span>"
        for name, share, value, ticked in rows
    ]
    st.html(f'<div class="bars">{"".join(cells)}</div>')
