"""Text that is shown literally."""

import pytest
from app_pages import as_read
from odd_texts import ODD_TEXTS, shown

from genreclf.ui.text import plain


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_escaping_changes_no_character_and_leaves_one_line(text):
    escaped = plain(text)
    assert "\n" not in escaped
    assert as_read(escaped).strip() == shown(text).replace("\\", "")


@pytest.mark.parametrize("text", ["*a*", "-> x", ":red[x]", "<b>", "# one", "1. one", "www.x.example", "a@b.example"])
def test_what_markdown_reads_is_escaped(text):
    assert plain(text) != text


def test_plain_words_stay():
    assert plain("A film, “quoted”; it's é") == "A film, “quoted”; it's é"
