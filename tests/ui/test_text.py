"""Text that is shown literally."""

import pytest

from genreclf.ui.text import plain


@pytest.mark.parametrize(
    "text",
    ["*a* _b_", "[x](http://evil.example)", "$5 or $6", ":red[x]", ":smile:", "<b>x</b>", "# one", "www.evil.example",
     "a@b.example", "`code`", "![x](y.png)", "1. one", "| a |"],
)  # fmt: skip
def test_markdown_is_escaped(text):
    escaped = plain(text)
    assert escaped != text
    assert escaped.replace("\\", "").replace("\u2060", "") == text


def test_plain_words_stay():
    assert plain("Two: a film, “quoted”; it's é") == "Two: a film, “quoted”; it's é"
