"""Text from a data set or a visitor, shown as it is: Streamlit reads Markdown nearly everywhere."""

import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$^=&@/])")
_SPECIAL = re.compile(r"(:(?=\S)|\bwww(?=\\\.)|\\@)", re.IGNORECASE)
_WORD_JOINER = "\u2060"  # invisible
NO_BREAK_SPACE = "\u00a0"


def plain(text: str) -> str:
    """Escape a text for Markdown, so that titles, overviews and ids show their characters and nothing else.

    Use it wherever text that is not the project's own goes into a label, a heading, a message or ``st.markdown``
    (``st.text`` needs none).
    """
    # backslashes do not stop directives, emoji and bare addresses (":red[x]", ":smile:", "www.x.org"): part them
    return _SPECIAL.sub(rf"\1{_WORD_JOINER}", _MARKDOWN.sub(r"\\\1", text))


def percent(share: float) -> str:
    """A probability for people: ``0.623`` is "62 %", and what rounds to 0 or 100 without being it says so."""
    whole = round(share * 100)
    if whole == 0 and share > 0:
        return f"<1{NO_BREAK_SPACE}%"
    if whole == 100 and share < 1:
        return f">99{NO_BREAK_SPACE}%"
    return f"{whole}{NO_BREAK_SPACE}%"


def listed(words: list[str]) -> str:
    """Words as a list in a sentence: "Drama", "Drama and War", "Drama, War and Western"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
