"""Text from a data set or a visitor, shown as it is: Streamlit reads Markdown nearly everywhere."""

import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$^=&@/])")
_WORD_JOINER = "\u2060"  # invisible


def plain(text: str) -> str:
    """Escape a text for Markdown, so that titles, overviews and ids show their characters and nothing else.

    Use it wherever text that is not the project's own goes into a label, a heading or ``st.markdown``.
    """
    # a backslash does not stop directives and emoji (":red[x]", ":smile:"), so the colon is kept from its word
    return _MARKDOWN.sub(r"\\\1", text).replace(":", f":{_WORD_JOINER}")
