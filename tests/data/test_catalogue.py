import ast
import csv
import json
import os
import re
import shutil
from pathlib import Path

import film_sets
import numpy as np
import pytest

from genreclf import paths
from genreclf.data import catalogue as module
from genreclf.data import posters
from genreclf.data.catalogue import TABLE_NAME, Catalogue, load_catalogue
from genreclf.data.splits import split_of
from genreclf.errors import UserError
from genreclf.genres import GENRES
from genreclf.predict.film import read_overview


def rewrite(folder, change) -> None:
    """Change the table's lines; ``change`` takes and returns a list of lists of cells."""
    path = folder / TABLE_NAME
    with path.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.reader(stream))
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(change(lines))


# What is loaded


def test_films_in_the_tables_order(catalogue, shared_film_folder):
    made = film_sets.films()
    assert len(catalogue) == 60
    assert catalogue.problems == ()
    assert catalogue.films["id"].tolist() == [film.id for film in made]
    assert catalogue.films["overview"].tolist() == [film.overview for film in made]
    assert catalogue.films["genres"].tolist() == [film.genres for film in made]
    assert catalogue.films["split"].tolist() == [split_of(film.id) for film in made]
    assert (catalogue.labels.dtype, catalogue.labels.shape) == (np.uint8, (60, 25))
    for film, labels in zip(made, catalogue.labels, strict=True):
        assert [GENRES[index] for index in np.flatnonzero(labels)] == film.genres
    assert catalogue.posters[3].path == shared_film_folder / "Images" / "tt0000004.jpg"
    assert catalogue.posters[3].path.is_file()


def test_info_is_what_the_command_line_prints(catalogue):
    info = catalogue.info()
    assert list(info)[:6] == ["films", "posters", "genres", "splits", "problems", "digest"]
    assert (info["films"], info["posters"], info["overviews"], info["problems"]) == (60, 60, 60, [])
    assert info["splits"] == {"train": 47, "val": 5, "test": 8}
    assert list(info["genres"]) == list(GENRES)
    assert info["genres"]["Drama"] == sum("Drama" in film.genres for film in film_sets.films())
    assert info["genres"]["News"] == 0
    json.dumps(info)


def test_positions_by_split_and_by_id(catalogue):
    parts = [catalogue.in_split(split) for split in ("train", "val", "test")]
    assert sorted(np.concatenate(parts)) == list(range(60))
    assert catalogue.in_split("all").tolist() == list(range(60))
    assert catalogue.position("tt0000004") == 3
    with pytest.raises(UserError, match="tt9"):
        catalogue.position("tt9")
    with pytest.raises(UserError, match="'dev'"):
        catalogue.in_split("dev")


def test_titles_and_years_are_optional(tmp_path):
    cells = [
        {"Title": " Alien ", "Year": "1979"}, {"Title": "Heat", "Year": "1995.0"}, {"Title": "Kes", "Year": "soon"},
        {"Title": "", "Year": "1950"},
    ]  # fmt: skip
    films = [film_sets.Film(film.id, film.genres, film.overview, film.jpeg, extra)
             for film, extra in zip(film_sets.films(4), cells, strict=True)]  # fmt: skip
    titled = load_catalogue(film_sets.write_set(tmp_path / "titled", films, ("Title", "Year")))
    assert titled.has_titles
    names = [titled.display_name(position) for position in range(4)]
    assert names == ["Alien (1979)", "Heat (1995)", "Kes", "Film 4 · tt0000004"]
    assert titled.films["year"].dtype == "Int64"


def test_films_without_titles_are_called_by_number_and_id(catalogue):
    assert not catalogue.has_titles
    assert catalogue.display_name(9) == "Film 10 · tt0000010"


def test_the_sample_is_recognised_by_its_folder(catalogue, monkeypatch):
    assert not catalogue.is_sample
    monkeypatch.setattr(paths, "SAMPLE", catalogue.folder / ".." / catalogue.folder.name)
    assert catalogue.is_sample


# Problems


def test_every_damaged_row_is_reported_and_no_other_is_left_out(damaged_folder):
    loaded = load_catalogue(damaged_folder.folder)
    assert tuple(loaded.films["id"]) == damaged_folder.good
    assert [problem.id for problem in loaded.problems] == [film_id for film_id, _ in damaged_folder.problems]
    for problem, (film_id, reason) in zip(loaded.problems, damaged_folder.problems, strict=True):
        assert reason in problem.problem, film_id
        assert "\n" not in problem.problem
        assert len(problem.problem) < 200
    assert loaded.info()["problems"][0] == {
        "id": "bad-missing",
        "problem": "poster Images/bad-missing.jpg is missing",
    }


def test_cached_checks_report_the_same_problems(damaged_folder):
    first, second = load_catalogue(damaged_folder.folder), load_catalogue(damaged_folder.folder)
    assert first.problems == second.problems
    assert first.digest == second.digest


@pytest.mark.parametrize(
    ("film_id", "fine"),
    [
        ("tt0086425", True), ("metropolis-1927", True), ("a", True), ("7", True), ("v1.2", True), ("x" * 120, True),
        ("x" * 121, False), ("..", False), (".hidden", False), ("a/b", False), ("a\\b", False), ("a b", False),
        ("a..b", False), ("a.", False), ("ä", False), ("a\0b", False), ("a\nb", False), ("-rf", False),
        ("%2e%2e", False), ("C:x", False), ("~", False),
    ],
)  # fmt: skip
def test_an_id_is_a_plain_file_name(tmp_path, film_id, fine):
    films = film_sets.films(2)
    odd = film_sets.Film(film_id, ["Drama"], "A film.", film_sets.jpeg() if fine else None)
    loaded = load_catalogue(film_sets.write_set(tmp_path / "set", [*films, odd]))
    assert len(loaded) == (3 if fine else 2)
    assert [problem.problem for problem in loaded.problems] == (
        [] if fine else ["id is not a plain file name (letters, digits, - and _)"]
    )


def test_a_poster_that_is_a_folder_or_a_dangling_link_is_missing(film_folder):
    images = film_folder / "Images"
    for number in (3, 4):
        (images / f"tt000000{number}.jpg").unlink()
    (images / "tt0000003.jpg").mkdir()
    (images / "tt0000004.jpg").symlink_to(images / "nowhere.jpg")
    problems = load_catalogue(film_folder).problems
    assert [(problem.id, "missing" in problem.problem) for problem in problems] == [
        ("tt0000003", True),
        ("tt0000004", True),
    ]


def test_a_poster_too_large_to_read_is_refused(film_folder, monkeypatch):
    monkeypatch.setattr(posters, "MAX_BYTES", 2_000_000)
    with (film_folder / "Images" / "tt0000003.jpg").open("r+b") as stream:
        stream.truncate(3_000_000)
    (problem,) = load_catalogue(film_folder).problems
    assert problem.problem == "poster is 3 MB, more than 2 MB"


def test_a_row_of_the_wrong_length_does_not_stop_the_others(film_folder):
    def change(lines):
        lines[2].append("an extra cell")
        lines[3] = lines[3][:-1]
        lines[4].append("  ")  # what spreadsheets leave behind
        return lines

    rewrite(film_folder, change)
    loaded = load_catalogue(film_folder)
    assert len(loaded) == 58
    assert [(problem.id, problem.problem) for problem in loaded.problems] == [
        ("tt0000002", "row has 29 cells, the table has 28 columns"),
        ("tt0000003", "overview is empty"),
    ]


def test_an_open_quote_is_reported_instead_of_swallowing_rows(film_folder):
    path = film_folder / TABLE_NAME
    path.write_bytes(path.read_bytes().rstrip() + b"\r\ntt0000099,\"['Drama'],0,0\r\ntt0000100,['Drama'],0,0\r\n")
    with pytest.raises(UserError, match="quote"):
        load_catalogue(film_folder)


# Tables that cannot be used at all


def header(*columns) -> bytes:
    return ",".join(columns).encode() + b"\r\n"


BROKEN_TABLES = {
    "empty": (lambda whole: b"", "is empty"),
    "blank": (lambda whole: b"\n\n", "is empty"),
    "header": (lambda whole: whole.split(b"\r\n")[0] + b"\r\n", "no usable film"),
    "latin-1": (lambda whole: whole.replace(b"In a", "Für".encode("latin-1"), 1), "not UTF-8"),
    "utf-16 without its mark": (lambda whole: whole.decode().encode("utf-16-le"), "not UTF-8"),
    "a picture": (lambda whole: film_sets.jpeg(), "not UTF-8"),
    "no table": (lambda whole: b"Just a line.\nAnother line.\n", "Id or Genre"),
    "other names": (lambda whole: whole.replace(b"Overview", b"Plot", 1), "rename “Plot” to Overview"),
    "an id by another name": (lambda whole: whole.replace(b"Id", b"imdbId", 1), "rename “imdbId” to Id"),
    "a column twice": (lambda whole: header("Id", "Genre", "Overview", "Id") + b"a,['War'],x,b", "column Id .*2 times"),
    "a huge cell": (lambda whole: whole + b'x,"' + b"y" * 200_000, "cannot be read as CSV"),
}


@pytest.mark.parametrize("kind", BROKEN_TABLES)
def test_a_broken_table_is_reported_in_one_sentence(film_folder, kind):
    change, reason = BROKEN_TABLES[kind]
    path = film_folder / TABLE_NAME
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(UserError, match=reason) as caught:
        load_catalogue(film_folder)
    assert "\n" not in str(caught.value)


def test_missing_parts_are_named(tmp_path, film_folder):
    with pytest.raises(UserError, match="nowhere does not exist"):
        load_catalogue(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"contains no IMDB_overview_genres\.csv, but its folder films does"):
        load_catalogue(tmp_path)
    with pytest.raises(UserError, match=r"contains no IMDB_overview_genres\.csv; .*data fetch"):
        load_catalogue(film_folder / "Images")
    for poster in (film_folder / "Images").iterdir():
        poster.rename(poster.with_name(f"poster-{poster.name}"))
    with pytest.raises(UserError, match=r"no usable film \(first problem: tt0000001: poster .* is missing\)"):
        load_catalogue(film_folder)


@pytest.mark.parametrize("name", ["films.csv", "Films.CSV", "data.tsv", "films.parquet", "films.xlsx"])
def test_a_table_by_another_name_is_named_with_the_remedy(film_folder, name):
    (film_folder / TABLE_NAME).rename(film_folder / name)
    with pytest.raises(UserError, match=f"{name}.*{TABLE_NAME}"):
        load_catalogue(film_folder)


def test_a_table_instead_of_its_folder_is_answered_with_the_folder(film_folder):
    with pytest.raises(UserError, match=f"name the folder that contains it: {film_folder}") as caught:
        load_catalogue(film_folder / TABLE_NAME)
    assert "rename" not in str(caught.value)
    with pytest.raises(UserError, match=f"rename it to {TABLE_NAME}"):
        load_catalogue((film_folder / TABLE_NAME).rename(film_folder / "films.csv"))


@pytest.mark.parametrize("name", ["images", "posters"])
def test_posters_in_another_folder_are_not_ignored(film_folder, name):
    (film_folder / "Images").rename(film_folder / name)
    with pytest.raises(UserError, match=f"rename {name} to Images"):
        load_catalogue(film_folder)
    (film_folder / name).rename(film_folder / "Images")
    assert len(load_catalogue(film_folder)) == 60


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("nowhere")], ids=["file", "dangling link"])
def test_posters_that_should_be_there_are_not_ignored(film_folder, make):
    shutil.rmtree(film_folder / "Images")
    make(film_folder / "Images")
    with pytest.raises(UserError, match=r"Images is .*; put the posters there"):
        load_catalogue(film_folder)


def test_a_poster_with_another_extension_is_named(film_folder):
    posters = sorted((film_folder / "Images").iterdir())
    posters[0].rename(posters[0].with_suffix(".gif"))
    posters[1].write_bytes(b"\r\n<!DOCTYPE html><html>404</html>")
    posters[2].write_bytes(b"")
    reasons = [problem.problem for problem in load_catalogue(film_folder).problems]
    assert f"Images/{posters[0].stem}.gif has none of the extensions" in reasons[0]
    assert reasons[1:] == ["poster is a web page, not an image", "poster file is empty"]


def test_other_pictures_beside_the_table_are_no_posters(film_folder):
    (film_folder / "Images").rename(film_folder / "elsewhere")
    shutil.move(film_folder / "elsewhere", film_folder.parent / "elsewhere")
    (film_folder / "plots").mkdir()
    (film_folder / "plots" / "figure.png").write_bytes(b"")
    assert not load_catalogue(film_folder).has_posters


def test_whole_numbers_that_became_fractions_are_ids_of_posters(tmp_path):
    films = [film_sets.Film(str(number), film.genres, film.overview, film.jpeg) for number, film in
             enumerate(film_sets.films(5), start=862)]  # fmt: skip
    folder = film_sets.write_set(tmp_path / "films", films)
    known = load_catalogue(folder)
    column(folder, "Id", lambda cell: f"{cell}.0")
    assert load_catalogue(folder).digest == known.digest
    assert load_catalogue(folder).films["id"].tolist() == ["862", "863", "864", "865", "866"]


def column(folder, name: str, change) -> None:
    """Change a column's cells; ``change`` takes and returns a cell. Without it, the column is removed."""

    def cells(lines):
        at = lines[0].index(name)
        if change is None:
            return [line[:at] + line[at + 1 :] for line in lines]
        return [lines[0], *([*line[:at], change(line[at]), *line[at + 1 :]] for line in lines[1:])]

    rewrite(folder, cells)


@pytest.mark.parametrize("change", [None, lambda cell: " ", lambda cell: "N/A"])
def test_a_set_without_overviews_is_opened(catalogue, film_folder, change):
    column(film_folder, "Overview", change)
    loaded = load_catalogue(film_folder)
    assert (len(loaded), loaded.problems, loaded.has_posters, loaded.has_overviews) == (60, (), True, False)
    assert loaded.info()["overviews"] == 0
    assert set(loaded.films["overview"]) == {""}
    assert loaded.digest != catalogue.digest
    assert loaded.lacks(True, True) == loaded.lacks(False, True) == "overviews"
    assert loaded.lacks(True, False) == ""


@pytest.mark.parametrize("folder_is_left", [False, True])
def test_a_set_without_posters_is_opened(film_folder, folder_is_left):
    shutil.rmtree(film_folder / "Images")
    if folder_is_left:
        (film_folder / "Images").mkdir()
        (film_folder / "Images" / ".DS_Store").touch()
    loaded = load_catalogue(film_folder)
    assert (len(loaded), loaded.problems, loaded.has_posters, loaded.has_overviews) == (60, (), False, True)
    assert loaded.info()["posters"] == 0
    assert loaded.lacks(True, True) == "posters"


def test_overviews_that_cannot_be_used_are_not_dropped_without_a_word(film_folder):
    column(film_folder, "Overview", lambda cell: "彼は去る。")
    loaded = load_catalogue(film_folder)
    assert not loaded.has_overviews
    assert "not in English" in loaded.unusable_overviews
    column(film_folder, "Overview", None)
    assert load_catalogue(film_folder).unusable_overviews == ""


def test_a_set_without_posters_and_overviews_is_refused(film_folder):
    shutil.rmtree(film_folder / "Images")
    column(film_folder, "Overview", None)
    with pytest.raises(UserError, match="neither overviews nor posters"):
        load_catalogue(film_folder)


@pytest.mark.parametrize(
    "text", ["<p>A&nbsp;ghost</p>  sees\n a &lt;b&gt; man.", "['A ghost.', 'A man.']", "A\0 ghost"]
)
def test_overviews_are_read_as_typed_ones(film_folder, text):
    column(film_folder, "Overview", lambda _: text)
    assert set(load_catalogue(film_folder).films["overview"]) == {read_overview(text).text}


def test_a_film_without_overview_in_a_set_with_overviews_is_a_problem(film_folder):
    column(film_folder, "Overview", lambda cell: cell if "chase" in cell else "nan" if "laugh" in cell else "")
    loaded = load_catalogue(film_folder)
    assert loaded.has_overviews
    assert 0 < len(loaded) < 60
    assert all("overview is" in problem.problem for problem in loaded.problems)


# Genres and columns as people have them


@pytest.mark.parametrize(
    "write",
    [
        json.dumps, "|".join, ", ".join, "; ".join, " / ".join, " ".join,
        lambda names: f"[{' '.join(map(repr, names))}]",
        lambda names: str([name.lower() for name in names]),
        lambda names: json.dumps([{"id": number, "name": f" {name} "} for number, name in enumerate(names)]),
        lambda names: str([{"id": number, "name": name} for number, name in enumerate(names)]),
    ],
)  # fmt: skip
def test_genres_in_any_usual_form_are_the_same_films(catalogue, film_folder, write):
    column(film_folder, "Genre", lambda cell: write(ast.literal_eval(cell)))
    loaded = load_catalogue(film_folder)
    assert (loaded.problems, loaded.other_names) == ((), {})
    assert loaded.digest == catalogue.digest


def test_other_names_of_a_genre_are_counted_and_unknown_ones_reported(tmp_path):
    genres = [
        "['Science Fiction', 'Drama']",
        "Science Fiction",
        "scifi",
        " sci-fi ",
        "Drama, Film-Noir",
        "Dramma",
        "N/A",
    ]
    rows = [f'f{number},"{cell}",A man.' for number, cell in enumerate(genres)]
    (tmp_path / TABLE_NAME).write_text("\n".join(["Id,Genre,Overview", *rows]))
    loaded = load_catalogue(tmp_path)
    assert loaded.films["genres"].tolist() == [["Drama", "Sci-Fi"], ["Sci-Fi"], ["Sci-Fi"], ["Sci-Fi"], ["N/A"]]
    assert loaded.other_names == {("Science Fiction", "Sci-Fi"): 2, ("scifi", "Sci-Fi"): 1}
    assert loaded.info()["other_names"][0] == {"name": "Science Fiction", "genre": "Sci-Fi", "films": 2}
    assert [problem.id for problem in loaded.problems] == ["f4", "f5"]  # never half a label
    assert "'Film-Noir'" in loaded.problems[0].problem
    assert "Drama" in loaded.problems[1].problem


@pytest.mark.parametrize(
    ("yes", "no"), [("1.0", "0.0"), ("TRUE", "FALSE"), ("true", "false"), ("yes", "No"), (" 1", "0 "), ("1.00", "0.00")]
)
def test_genre_columns_as_spreadsheets_write_them(catalogue, film_folder, yes, no):
    def change(lines):
        return [
            lines[0],
            *([*line[:2], *(yes if cell == "1" else no for cell in line[2:27]), line[27]] for line in lines[1:]),
        ]

    rewrite(film_folder, change)
    assert load_catalogue(film_folder).digest == catalogue.digest
    column(film_folder, "Genre", None)
    assert load_catalogue(film_folder).digest == catalogue.digest  # the columns alone say it


def test_columns_are_found_by_similar_names(catalogue, film_folder):
    rewrite(film_folder, lambda lines: [[f" {name.lower().replace('-', ' ')} " for name in lines[0]], *lines[1:]])
    assert load_catalogue(film_folder).digest == catalogue.digest
    rewrite(film_folder, lambda lines: [["ID", "genres", *lines[0][2:]], *lines[1:]])
    assert load_catalogue(film_folder).digest == catalogue.digest


def test_a_column_that_is_called_like_a_genre_by_chance_is_ignored(tmp_path):
    (tmp_path / TABLE_NAME).write_text("Id,Genre,Overview,short,news\na,Drama,A man.,A,yes\n")
    assert load_catalogue(tmp_path).films["genres"].tolist() == [["Drama"]]


def test_other_valid_forms_of_the_table(tmp_path):
    folder = film_sets.write_set(tmp_path / "set", film_sets.films(1))
    known = load_catalogue(folder)
    whole = (folder / TABLE_NAME).read_bytes()
    rest = b"tt0000001,['Comedy']," + film_sets.films(1)[0].overview.encode().replace(b",", b"") + b"\n"
    for content in (
        b"\xef\xbb\xbf" + whole,  # with a byte order mark, as spreadsheets write
        whole.replace(b"\r\n", b"\n"),
        whole.replace(b",0", b",0.0").replace(b",1", b",1.0"),  # as pandas writes after a merge
        whole.rstrip(),
        whole + b"\r\n\r\n",
        whole.decode().encode("utf-16"),
        b"sep=,\r\n" + whole,
    ):
        (folder / TABLE_NAME).write_bytes(content)
        loaded = load_catalogue(folder)
        assert (loaded.problems, loaded.digest) == ((), known.digest)
    (folder / TABLE_NAME).write_bytes(header("Genre", "Id", "Overview") + b"['Comedy'],tt0000001,A man.\n")
    assert load_catalogue(folder).films["genres"].tolist() == [["Comedy"]]  # the 0/1 columns are optional
    (folder / TABLE_NAME).write_bytes(header("Id", "Genre", "Overview") + rest)
    assert len(load_catalogue(folder)) == 1


# The digest


def test_equal_data_has_the_same_digest_in_any_folder(catalogue, film_folder, home):
    assert load_catalogue(film_folder).digest == catalogue.digest
    rewrite(film_folder, lambda lines: [[*line, "Note" if number == 0 else "x"] for number, line in enumerate(lines)])
    (film_folder / "Images" / "unused.jpg").write_bytes(b"not in the table")
    assert load_catalogue(film_folder).digest == catalogue.digest


@pytest.mark.parametrize("part", ["poster", "overview", "label", "order", "fewer"])
def test_changed_data_has_another_digest(catalogue, film_folder, part):
    def change(lines):
        if part == "overview":
            lines[5][-1] += " Again."
        if part == "label":
            lines[5][1], lines[5][2:27] = "['War']", ["1" if name == "War" else "0" for name in GENRES]
        if part == "order":
            lines[5], lines[6] = lines[6], lines[5]
        return lines[:-1] if part == "fewer" else lines

    rewrite(film_folder, change)
    if part == "poster":
        (film_folder / "Images" / "tt0000005.jpg").write_bytes(film_sets.jpeg((1, 2, 3)))
    loaded = load_catalogue(film_folder)
    assert loaded.problems == ()
    assert loaded.digest != catalogue.digest


# The cache of checks


@pytest.fixture
def checked(monkeypatch) -> list[str]:
    """The names of the posters that are checked."""
    names, check = [], module._check_poster
    monkeypatch.setattr(module, "_check_poster", lambda path, stat: names.append(path.name) or check(path, stat))
    return names


def load(folder, checked) -> tuple[Catalogue, list[str]]:
    checked.clear()
    return load_catalogue(folder), sorted(checked)


def test_a_poster_is_checked_again_only_when_it_changed(film_folder, checked):
    first, names = load(film_folder, checked)
    assert len(names) == 60
    assert load(film_folder, checked)[1] == []
    path = film_folder / "Images" / "tt0000009.jpg"
    path.write_bytes(film_sets.jpeg((9, 9, 9)))
    os.utime(path, ns=(1, 1))
    changed, names = load(film_folder, checked)
    assert names == ["tt0000009.jpg"]
    assert changed.digest != first.digest


@pytest.mark.parametrize("damage", [b"", b'{"version": 1, "pos', b"[]", b'{"version": 0, "posters": {}}', b"\xff"])
def test_a_damaged_cache_is_rebuilt(film_folder, home, checked, damage):
    first, _ = load(film_folder, checked)
    (cache,) = (home / "prepared").glob("checks-*.json")
    cache.write_bytes(damage)
    again, names = load(film_folder, checked)
    assert len(names) == 60
    assert again.digest == first.digest
    assert load(film_folder, checked)[1] == []


def test_a_home_that_cannot_be_written_only_costs_time(film_folder, tmp_path, monkeypatch, catalogue):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("GENRECLF_HOME", str(tmp_path / "file" / "home"))
    assert load_catalogue(film_folder).digest == catalogue.digest


def test_progress_ends_at_the_number_of_posters(film_folder):
    seen = []
    load_catalogue(film_folder, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (60, 60)


ODD_VALUES = (None, True, 0, -1.5, 10**400, "", "text", [], {}, [[]], {"stat": None}, {"stat": {}, "sha256": 5})


def test_an_odd_cache_of_checks_is_ignored(tmp_path):
    film_folder = film_sets.write_set(tmp_path / "few", film_sets.films(2))
    loaded = load_catalogue(film_folder)
    (cache,) = paths.prepared_dir().glob("checks-*.json")
    whole = json.loads(cache.read_text())
    name, check = next(iter(whole["posters"].items()))
    odd = [json.dumps(value) for value in ODD_VALUES]
    odd += ["", "{", "[" * 200_000, '{"a":' * 200_000, "\0", "NaN", '{"version": NaN, "posters": {}}']
    for value in ODD_VALUES:
        odd += [json.dumps({**whole, key: value}) for key in whole]
        odd += [json.dumps({**whole, "posters": {**whole["posters"], name: value}})]
        odd += [json.dumps({**whole, "posters": {**whole["posters"], name: {**check, key: value}}}) for key in check]
        odd += [json.dumps({**whole, "posters": {**whole["posters"], name: {"stat": check["stat"], "problem": value}}})]
    for content in odd:
        cache.write_text(content)
        again = load_catalogue(film_folder)
        if again.digest != loaded.digest:  # a text is taken for a problem, and nothing else is
            (problem,) = again.problems
            assert problem.problem in ("", "text")
    cache.unlink()
    cache.mkdir()
    assert load_catalogue(film_folder).digest == loaded.digest
    cache.rmdir()
    cache.write_bytes(b"\xff\xfe\x00")
    assert load_catalogue(film_folder).digest == loaded.digest


def test_the_folder_of_a_table_given_in_its_place_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("films.csv").write_text("Id,Genre\n")
    with pytest.raises(UserError, match=re.escape(f"the folder that contains it: {tmp_path}.")):
        load_catalogue(Path("films.csv"))


# Genres of its own, and imported sets
# ------------------------------------


@pytest.fixture
def own(tmp_path):
    return film_sets.write_own(tmp_path / "own")


def test_an_imported_set_keeps_films_without_a_poster_or_an_overview(own):
    loaded = load_catalogue(own)
    assert loaded.genres == film_sets.OWN_GENRES
    assert loaded.labels.shape == (59, 6)
    assert [problem.id for problem in loaded.problems] == ["tt0000055"]  # it has neither
    counts = {inputs: len(rows) for inputs, rows in loaded.by_inputs().items()}
    assert counts == {(True, True): 44, (True, False): 4, (False, True): 11}
    assert loaded.is_mixed
    info = loaded.info()
    assert (info["films"], info["posters"], info["overviews"]) == (59, 48, 55)
    assert list(info["genres"]) == list(film_sets.OWN_GENRES)

    with_posters = loaded.with_inputs(poster=True, overview=False)
    assert len(with_posters) == 48
    assert all(with_posters.posters)
    assert not with_posters.with_inputs(poster=True, overview=True).is_mixed
    assert with_posters.digest not in (loaded.digest, loaded.with_inputs(False, True).digest)
    assert loaded.with_inputs(False, False) is loaded


def test_a_poster_that_cannot_be_used_costs_an_imported_film_only_the_poster(own):
    (own / "posters" / "1.png").write_bytes(b"no picture")
    (own / "posters" / "11.png").unlink()  # of the film without an overview
    loaded = load_catalogue(own)
    assert [warning.id for warning in loaded.warnings] == ["tt0000001"]
    assert loaded.poster("tt0000001") is None
    assert {problem.id for problem in loaded.problems} == {"tt0000011", "tt0000055"}


def test_the_state_of_an_imported_set_follows_its_posters_and_its_description(own):
    states = [module.data_state(own)]
    for change in (
        lambda: (own / "posters" / "2.png").write_bytes(film_sets.jpeg()),
        lambda: (own / "posters" / "3.png").unlink(),
        lambda: (own / module.DESCRIPTION).write_text("{}"),
        lambda: (own / TABLE_NAME).write_text((own / TABLE_NAME).read_text() + "\n"),
    ):
        change()
        states.append(module.data_state(own))
    assert len(set(states)) == len(states)


@pytest.mark.parametrize("listed", [True, False])
def test_genres_of_columns_of_any_names_are_those_of_the_set(tmp_path, listed):
    rows = ["a,Noir|Anime,1,1,0,yes,A man.", "b,Anime,0,1,0,no,A man.", "c,Noir,1,0,0,no,A man."]
    lines = ["Id,Genre,Noir,Anime,Isekai,Adult,Overview", *rows]
    if not listed:
        lines = [",".join(line.split(",")[:1] + line.split(",")[2:]) for line in lines]
    (tmp_path / TABLE_NAME).write_text("\n".join(lines))
    loaded = load_catalogue(tmp_path)
    assert loaded.genres == ("Noir", "Anime", "Isekai")
    assert loaded.labels.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_more_genres_than_a_model_can_tell_apart_are_refused(tmp_path):
    rows = [f"f{number},Genre {number},A man." for number in range(501)]
    (tmp_path / TABLE_NAME).write_text("\n".join(["Id,Genre,Overview", *rows]))
    with pytest.raises(UserError, match="501 genres"):
        load_catalogue(tmp_path)
    (tmp_path / TABLE_NAME).write_text("\n".join(["Id,Genre,Overview", *rows[:500]]))
    assert load_catalogue(tmp_path).labels.shape == (500, 500)


def test_two_genre_columns_that_differ_in_blanks_are_refused(tmp_path):
    """Only one of them would count."""
    rows = [f"f{number},{number % 2},{1 - number % 2},A quiet film number {number}." for number in range(9)]
    (tmp_path / "IMDB_overview_genres.csv").write_text("\n".join(["Id,Noir, Noir,Overview", *rows]))
    with pytest.raises(UserError, match="Noir more than once"):
        load_catalogue(tmp_path)
