"""Texts that mean something to Markdown, HTML or Streamlit; run by Streamlit, a page that shows all of them."""

import re
import unicodedata

import streamlit as st

from genreclf.ui.text import plain

ODD_TEXTS = (
    # Streamlit's arrows and signs, which it replaces where they stand alone
    "Love -> War", "-> x", "<- y", "<-> z", "1 >= 2", "a != b", "a <= b", "a -- b", "--", "...", ":-> x", "a --> b",
    "~= 3",
    # blocks
    "1. One", "1) One", "- item", "+ plus", "* star", "# one", "> quote", "    code", "```fence```", "~~~", "---",
    "***",    "| a | b |\n|---|---|\n| 1 | 2 |", "Title\n===", "Title\n---", "[a]: http://x.example",
    "x[^1]\n\n[^1]: a note",
    "Term\n: definition", "a\tb", "a\x0bb", "a\x00b", "- [ ] task",
    # marks, directives, icons and emoji
    "**b** _i_ ~~s~~", "`code`", "a\\b", "end\\", "C:\\dir\\*", ":smile:", ":material/home:", ":streamlit:", ":red[x]",
    ":blue-badge[x]", ":help[x]", "a::b:", ":::note", "::x[y]{z}", "$x^2$", "$$x$$",
    # HTML and links
    "&amp;", "&lt;b&gt;", "&#65;", "<b>bold</b>", "<!-- c -->", "<script>alert(1)</script>", "http://evil.example/?a=b&c",
    "WWW.evil.example", "a@b.example", "mailto:a@b.example", "<http://e.example>", "[x](http://e.example)",
    "![x](y.png)",
    # nothing special
    "“Quotes” 'x' & 50 %", "日本語のタイトル", "Two: a film, it's é",
)  # fmt: skip


def shown(text: str) -> str:
    """A text as a browser shows it in a line."""
    line = re.sub(r"\s+", " ", text)
    return "".join(each for each in line if unicodedata.category(each) != "Cc").strip()


def page() -> None:
    """Draw each text in every kind of place that reads Markdown, in the order of ``ODD_TEXTS``."""
    for place, text in enumerate(map(plain, ODD_TEXTS)):
        with st.container(key=f"text-{place}"):
            st.header(text, anchor=False)
            st.button(text, key=f"button-{place}")
            st.caption(text)
            st.warning(text)
            st.markdown(f":green-badge[{text}]")
            st.page_link("https://example.org", label=text)
    st.pills("Pills", ODD_TEXTS, format_func=plain, key="pills")
    st.table([{"text": plain(text)} for text in ODD_TEXTS])


if __name__ == "__main__":
    page()
