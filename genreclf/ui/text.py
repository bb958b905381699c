"""Text from a data set or a visitor, shown literally: Streamlit interprets Markdown nearly everywhere."""

import re
import unicodedata
from collections.abc import Sequence

import streamlit as st

from genreclf.errors import UserError
from genreclf.public import is_public, without_paths

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$^=&@/:])")
# What Streamlit replaces after parsing, when backslashes are gone: ":smile:", ":red[x]", bare addresses ("www.x.org",
# "a@b.org", "http://x.org") and the arrows and signs "->", "<-", "--", ">=", "<=", "~=". An element around one of the
# characters keeps it from seeing them.
_REPLACED = re.compile(r"(?::(?=\S)|(?<=www)\.|@|[-<>~](?=[-=>]))", re.IGNORECASE)
_ELEMENT = ":color[{}]"  # a span without any style
_WHITESPACE = re.compile(r"\s+")


def plain(text: str) -> str:
    """Escape a text for Markdown, so that titles, overviews and ids are shown literally, on one line.

    Use it wherever text that is not the project's own goes into a label, a heading, a message or ``st.markdown``
    (``st.text`` needs none). In public, a path of the machine is only its last name.
    """
    line = one_line(without_paths(text) if is_public() else text)
    parts, at = [], 0
    for found in _REPLACED.finditer(line):
        parts += [_escaped(line[at : found.start()]), _ELEMENT.format(_escaped(found.group()))]
        at = found.end()
    return "".join([*parts, _escaped(line[at:])])


def one_line(text: str) -> str:
    """A text as a browser shows it in a line: runs of whitespace are one space, control characters are left out."""
    return "".join(each for each in _WHITESPACE.sub(" ", text) if unicodedata.category(each) != "Cc")


def warn(error: UserError) -> None:
    """Show an error's message as a warning."""
    st.warning(plain(str(error)), icon=":material/warning:")


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)


def show_true_genres(genres: Sequence[str], key: str, label: str = "") -> None:
    """Draw a film's true genres as green badges, after a label if given."""
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key=key):
        if label:
            st.markdown(f"**{label}**", width="content")
        for genre in genres:
            st.markdown(f":green-badge[:material/check: {plain(genre)}]", width="content")
