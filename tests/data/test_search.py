"""Searching films by number, id, title and words."""

import film_sets
import pytest

from genreclf.data.catalogue import load_catalogue
from genreclf.data.search import FilmSearch, snippet


@pytest.fixture
def search(tmp_path) -> FilmSearch:
    def film(film_id: str, title: str, year: str, overview: str) -> film_sets.Film:
        return film_sets.Film(film_id, ["Drama"], overview, film_sets.jpeg(), {"Title": title, "Year": year})

    rows = [
        film("tt0000010", "Amélie", "2001", "A shy waitress decides to change the lives of those around her."),
        film("tt0000011", "The War of the Roses", "1989", "A couple fights over a house."),
        film("tt0000012", "", "", "Two soldiers at war share a house with a waitress."),
        film("tt0000013", "War Horse", "2011", "A horse is sold to the cavalry; 3 men search for it."),
    ]
    return FilmSearch(load_catalogue(film_sets.write_set(tmp_path / "titled", rows, ("Title", "Year"))))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("waitress", [0, 2]),
        ("  WAITRESS, house ", [2]),
        ("amelie", [0]),
        ("Amélie 2001", [0]),
        ("war", [3, 1, 2]),  # title starts with it, title has it, overview has it
        ("tt0000012", [2]),
        ("TT0000012", [2]),
        ("film 2", [1]),
        ("#4", [3]),
        ("3", [2, 3]),  # the third film, and one with a 3 in its overview
        ("film 99", []),
        ("waitr", [0, 2]),
        ("aitress", []),
        ("", []),
        (" ?! ", []),
    ],
)
def test_films_are_found_by_number_id_title_and_words(search, query, found):
    assert search.find(query) == found


def test_a_snippet_shows_what_was_found():
    overview = "word " * 40 + "and at last the treasure is found " + "word " * 40
    part = snippet(overview, "treasure")
    assert "treasure" in part
    assert part.startswith("…")
    assert part.endswith("…")
    assert len(part) < 110
    assert snippet("A short one.", "short") == "A short one."
    assert snippet("A (very) short one.", "(very") == "A (very) short one."
