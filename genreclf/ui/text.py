"""Text from a data set or a visitor, shown literally: Streamlit interprets Markdown nearly everywhere."""

import re

import streamlit as st

from genreclf.errors import UserError

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$^=&@/])")
_SPECIAL = re.compile(r"(:(?=\S)|\bwww(?=\\\.)|\\@)", re.IGNORECASE)
_WORD_JOINER = "\u2060"  # invisible


def plain(text: str) -> str:
    """Escape a text for Markdown, so that titles, overviews and ids are shown literally.

    Use it wherever text that is not the project's own goes into a label, a heading, a message or ``st.markdown``
    (``st.text`` needs none).
    """
    # backslashes do not stop directives, emoji and bare addresses (":red[x]", ":smile:", "www.x.org"): split them
    return _SPECIAL.sub(rf"\1{_WORD_JOINER}", _MARKDOWN.sub(r"\\\1", text))


def warn(error: UserError) -> None:
    """Show an error's message as a warning."""
    st.warning(plain(str(error)), icon=":material/warning:")
