"""The sample's table: consistent columns, all genres, overviews that a model can learn from."""

import csv
import re
import shutil
from collections import Counter

import pytest

from genreclf.data.splits import split_of
from genreclf.errors import UserError
from genreclf.genres import GENRES, GenreList, parse_genre_list
from tools.draw_sample import TABLE, derive, read_films
from tools.draw_sample.table import COLUMNS, slug

with open(TABLE, newline="", encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))
FILMS = read_films()


def words(text):
    return " " + " ".join(re.findall(r"\w+", text.lower())) + " "


def test_columns_are_those_of_the_full_set_with_title_and_year_at_the_end():
    assert tuple(ROWS[0]) == COLUMNS
    assert ("Id", "Genre", *GENRES, "Overview", "Title", "Year") == COLUMNS


def test_there_are_a_thousand_films_each_once_and_enough_to_test_on():
    assert len(ROWS) >= 1000
    for column in ("Id", "Overview"):
        assert len({row[column] for row in ROWS}) == len(ROWS)
    assert len({(row["Title"], row["Year"]) for row in ROWS}) == len(ROWS)
    assert sum(split_of(row["Id"]) == "test" for row in ROWS) >= 100


def test_rows_agree_with_themselves():
    for row in ROWS:
        names = parse_genre_list(row["Genre"])
        flags = [int(row[name]) for name in GENRES]
        assert sorted(names) == GenreList().decode(flags), row["Id"]
        assert set(flags) <= {0, 1}, row["Id"]
        assert 1 <= len(names) == len(set(names)) <= 3, row["Id"]


def test_ids_are_plain_and_years_plausible():
    for row in ROWS:
        assert row["Id"] == slug(row["Title"], int(row["Year"]))
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*-\d{4}", row["Id"]), row["Id"]
        assert int(row["Year"]) in range(1895, 2026), row["Id"]
        assert row["Title"] == row["Title"].strip(), row["Id"]
        assert row["Title"], row["Id"]


def test_overviews_are_of_the_right_length_and_do_not_contain_the_title():
    for film in FILMS:
        assert 15 <= len(film.overview.split()) <= 40, film.id
        assert words(film.title) not in words(film.overview), film.id
        assert re.fullmatch(r"[A-Z0-9](?!.*  ).*\.", film.overview), film.id


def test_every_genre_occurs_and_frequencies_are_skewed_as_in_the_full_set():
    counts = Counter(genre for film in FILMS for genre in film.genres)
    assert all(counts[genre] >= 12 for genre in GENRES if genre != "N/A")
    assert 0.44 <= counts["Drama"] / len(FILMS) <= 0.6
    assert 0.33 <= counts["Comedy"] / len(FILMS) <= 0.48
    assert [genre for genre, _ in counts.most_common(2)] == ["Drama", "Comedy"]


def test_films_come_from_all_decades():
    decades = Counter(film.year // 10 * 10 for film in FILMS)
    assert all(decades[decade] >= 8 for decade in range(1920, 2021, 10))


def test_slugs_are_plain():
    assert slug("Amélie", 2001) == "amelie-2001"
    assert slug("8½", 1963) == "8-1-2-1963"
    assert slug("Singin' in the Rain", 1952) == "singin-in-the-rain-1952"
    assert slug("Thelma & Louise", 1991) == "thelma-and-louise-1991"


def test_deriving_again_changes_nothing(tmp_path):
    copy = shutil.copy(TABLE, tmp_path / TABLE.name)
    assert derive(copy) == len(ROWS)
    assert copy.read_bytes() == TABLE.read_bytes()


def test_deriving_fills_what_is_missing_and_keeps_an_id(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("Id,Genre,Overview,Title,Year\n,\"['War']\",A.,Kanał,1957\nkept-1,\"['Drama']\",B.,Renamed,1990\n")
    derive(table)
    with open(table, newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert (first["War"], first["Drama"], second["Drama"]) == ("1", "0", "1")
    assert second["Id"] == "kept-1"
    assert first["Id"].endswith("-1957")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Id,Genre,Overview,Title\nx,[],A.,B\n", "no column 'Year'"),
        ("Id,Genre,Overview,Title,Year\nx,[Drama,A.,B,1990\n", "bad row"),
        ("Id,Genre,Overview,Title,Year\nx,\"['Noir']\",A.,B,1990\n", "unknown genre 'Noir'"),
    ],
)
def test_a_bad_table_is_named(tmp_path, text, reason):
    table = tmp_path / "table.csv"
    table.write_text(text)
    with pytest.raises(UserError, match=reason):
        derive(table)


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        read_films(tmp_path / "none.csv")
