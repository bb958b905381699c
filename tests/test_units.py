"""Numbers and lists in readable form."""

import pytest

from genreclf.units import duration, first_of, is_unicode, listed, percent, readable, size, typeset


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.1, "under 1 s"), (89, "89 s"), (90, "2 min"), (3600, "60 min"), (7500, "2 h 05 min")],
)
def test_duration(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "1 kB"), (640_200, "640 kB"), (38_400_000, "38 MB"), (2_000_000_000, "2,000 MB")]
)
def test_size(count, text):
    assert size(count) == text


def test_percent():
    assert [percent(share).replace("\u00a0", " ") for share in (0, 0.004, 0.126, 0.999, 1)] == [
        "0 %", "<1 %", "13 %", ">99 %", "100 %",
    ]  # fmt: skip


def test_listed():
    assert [listed(list(words)) for words in ("", "A", "AB", "ABC")] == ["", "A", "A and B", "A, B and C"]
    assert listed(["Crime", "War"], "or") == "Crime or War"


def test_names_are_printed_with_their_odd_characters_escaped():
    assert [readable(name) for name in ("Łódź 7", "a\nb", "\x07", "\udcff")] == ["Łódź 7", r"a\nb", r"\x07", r"\udcff"]
    assert is_unicode("Łódź")
    assert not is_unicode("a\udcff")


def test_of_many_items_the_first_are_named_and_the_others_counted():
    assert first_of(["Drama", "War"], 2) == ["Drama", "War"]
    assert first_of(("Drama", "War", "Western", "Noir"), 2) == ["Drama", "War", "2 more"]


def test_numbers_are_typeset():
    assert typeset("62% of -0.5, 50 % and %s") == "62\u00a0% of −0.5, 50 % and %s"
    assert typeset(r"Catch\-22, scraped from Markdown") == r"Catch\-22, scraped from Markdown"
    assert typeset("tt-100, 2026-11-30, all-in -1") == "tt-100, 2026-11-30, all-in −1"
