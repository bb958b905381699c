"""Films from elsewhere: every form that people have, what is guessed, what is mapped, and what hostile files do."""

import csv
import json
import os
import random
import time
import zipfile
from pathlib import Path

import foreign_sets
import pytest
from foreign_sets import COUNT, names, plot, poster, put, table

from genreclf import load_catalogue, paths
from genreclf.data.fetch import archive
from genreclf.data.importing import (
    ColumnError,
    dataset_folder,
    description_of,
    discard,
    files,
    guess_columns,
    plain_id,
    read,
    read_source,
    remove_dataset,
    write,
    write_dataset,
)
from genreclf.data.posters import open_poster
from genreclf.errors import UserError
from genreclf.files import read_json

INPUTS = {"reports": "both", "tmdb": "overviews", "table": "posters", "flags": "overviews", "mm-imdb": "both",
          "folders": "posters", "huggingface": "both", "parquet": "both", "json": "overviews"}  # fmt: skip


@pytest.fixture(params=foreign_sets.WRITERS)
def foreign_set(request, tmp_path) -> tuple[str, Path]:
    return request.param, foreign_sets.WRITERS[request.param](tmp_path / "source")


def zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as opened:
        for path in sorted(folder.rglob("*")):
            opened.write(path, path.relative_to(folder.parent))
    return target


def films_csv(folder: Path, rows=None, columns=("id", "genres", "overview")) -> Path:
    rows = rows or [[number, "|".join(names(number)), plot(number)] for number in range(1, COUNT + 1)]
    return table(folder / "films.csv", columns, rows)


def written(films, folder: Path) -> list[dict[str, str]]:
    with (write_dataset(films, folder) / "IMDB_overview_genres.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


# Forms


def test_every_form_is_recognised_and_loads_as_a_data_set(foreign_set, tmp_path):
    form, source = foreign_set
    films = read_source(source)
    assert (films.form, len(films.films)) == (form, COUNT)
    assert films.posters >= (10 if INPUTS[form] != "overviews" else 0)
    assert films.overviews == (0 if INPUTS[form] == "posters" else COUNT)
    assert len(films.preview()) == 10
    json.dumps(films.summary())
    catalogue = load_catalogue(write_dataset(films, tmp_path / "set"))
    assert catalogue.films["id"].tolist() == films.films["id"].tolist()
    assert catalogue.genres == films.genres
    assert catalogue.films["genres"].tolist() == films.films["genres"].tolist()
    assert sum(map(bool, catalogue.posters)) == films.posters
    assert (catalogue.films["overview"] != "").sum() == films.overviews
    assert catalogue.problems == ()


def test_every_form_in_a_zip_archive_is_the_same_set_with_its_own_posters(foreign_set, tmp_path, home):
    form, source = foreign_set
    direct = read_source(source)
    films = read_source(zipped(source, tmp_path / "films.zip"))
    assert films.form == form
    assert films.films["id"].tolist() == direct.films["id"].tolist()
    assert films.problems == direct.problems
    rows = written(films, tmp_path / "set")
    assert all(row["Poster"].startswith("Images/") for row in rows if row["Poster"])
    assert sum(bool(row["Poster"]) for row in rows) == direct.posters
    assert not any((home / "imports").iterdir())  # what was unpacked is gone
    assert len(load_catalogue(tmp_path / "set")) == COUNT


def test_tmdb_reads_float_ids_years_and_leaves_out_shifted_rows(tmp_path):
    films = read_source(foreign_sets.tmdb(tmp_path / "source"))
    assert films.columns["id"] == "id"
    first = films.films.iloc[0]
    assert (first["id"], first["title"], first["year"], first["genres"]) == ("801", "Film 1", 1991, names(1))
    assert {problem.id for problem in films.problems} == {"999", "1997-08-20", "2012-09-29", "2014-01-01"}
    assert "Carousel Productions" not in films.genres
    assert films.films.set_index("id").loc["802", "poster"].endswith("wARt2.jpg")
    assert films.posters == 1


def test_movielens_titles_contain_years_and_posters_are_found_by_id(tmp_path):
    films = read_source(foreign_sets.movielens(tmp_path / "source"))
    fifth = films.films.set_index("id").loc["5"]
    assert (fifth["title"], fifth["year"]) == ("Film 5", 1985)
    assert fifth["poster"].endswith("MLP-20M/5.PNG")
    assert [problem.id for problem in films.problems] == ["99"]


def test_columns_of_zeros_and_ones_give_the_order_and_are_no_genres_without_films(tmp_path):
    films = read_source(foreign_sets.flags(tmp_path / "source"))
    assert films.genres == ("Comedy", "Drama", "Horror", "Romance", "Science Fiction")
    assert any("Opera" in note for note in films.notes)
    assert "is_remake" not in films.columns["genres"]


def test_mmimdb_takes_the_longest_plot_and_the_outline_where_there_is_none(tmp_path):
    films = read_source(foreign_sets.mmimdb(tmp_path / "source")).films.set_index("id")
    assert films.loc["0000001", "overview"] == f"{plot(1)} And so it goes on."
    assert films.loc["0000004", "overview"] == "An outline."
    assert films.loc["0000007", "poster"] == ""


def test_a_film_in_several_folders_has_several_genres(tmp_path):
    films = read_source(foreign_sets.folders(tmp_path / "source"))
    by_id = films.films.set_index("id")["genres"]
    assert set(by_id["p006"]) == {"Comedy", "Drama"}
    assert set(by_id["p002"]) == {"Drama", "Romance"}  # by its bytes
    assert any("division" in note for note in films.notes)


def test_counters_in_folders_are_different_films(tmp_path):
    for number in range(12):
        put(tmp_path / "source" / ("Horror", "Comedy")[number % 2] / f"{number // 2}.jpg", poster(number))
    films = read_source(tmp_path / "source")
    assert len(films.films) == len(set(films.films["id"])) == 12
    assert films.genre_counts() == {"Comedy": 6, "Horror": 6}
    assert any("different" in note for note in films.notes)


def test_equal_file_names_in_parts_are_different_films(tmp_path):
    for part in ("train", "test"):
        lines = [json.dumps({"file_name": f"{number}.jpg", "label": names(number)[0]}) for number in range(4)]
        put(tmp_path / "source" / part / "metadata.jsonl", "\n".join(lines))
        for number in range(4):
            put(tmp_path / "source" / part / f"{number}.jpg", poster(number + 4 * (part == "test")))
    films = read_source(tmp_path / "source").films
    assert sorted(films["id"]) == ["0", "1", "2", "3", "train-0", "train-1", "train-2", "train-3"]
    assert all(Path(row.poster).parent.name == ("train" if "-" in row.id else "test") for row in films.itertuples())


def test_pictures_inside_parquet_are_written_beside_the_table(tmp_path):
    films = read_source(foreign_sets.parquet(tmp_path / "source"))
    rows = written(films, tmp_path / "set")
    assert [row["Poster"] for row in rows[:2]] == ["Images/p1.jpg", "Images/p2.jpg"]
    assert (tmp_path / "set" / "Images" / "p9.jpg").read_bytes() == poster(9)
    assert films.films["genres"].tolist()[0] == names(1)  # from the numbers of classes


def test_posters_are_not_copied(tmp_path):
    source = foreign_sets.movielens(tmp_path / "source")
    rows = written(read_source(source), tmp_path / "set")
    assert sorted(path.name for path in (tmp_path / "set").iterdir()) == ["IMDB_overview_genres.csv", "dataset.json"]
    assert Path(rows[0]["Poster"]).is_relative_to(source)


def test_dataset_json_says_where_it_is_from(tmp_path):
    folder = write_dataset(read_source(foreign_sets.movielens(tmp_path / "source")), tmp_path / "my-set")
    description = read_json(folder / "dataset.json")
    assert description.pop("imported").endswith("Z")
    assert description == {
        "version": 1, "name": "my-set", "source": str(tmp_path / "source"), "form": "table",
        "columns": {"id": "movieId", "genres": "genres", "title": "title"},
        "genres": ["Drama", "Horror", "Comedy", "Science Fiction", "Romance"],
    }  # fmt: skip


# Columns


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["imdbId", "Imdb Link", "Title", "IMDB Score", "Genre", "Poster"],
         {"id": "imdbId", "title": "Title", "genres": "Genre", "poster": "Poster"}),
        (["Release Year", "Title", "Origin/Ethnicity", "Director", "Cast", "Genre", "Wiki Page", "Plot"],
         {"year": "Release Year", "title": "Title", "genres": "Genre", "overview": "Plot"}),
        (["imdb_id", "title", "plot_synopsis", "tags", "split", "genres"],
         {"id": "imdb_id", "title": "title", "overview": "plot_synopsis", "genres": "genres"}),
        (["movie_title", "title_year", "plot_keywords", "genres", "movie_imdb_link"],
         {"title": "movie_title", "year": "title_year", "genres": "genres"}),
    ],
)  # fmt: skip
def test_columns_of_known_sets_are_guessed(columns, expected):
    sample = [{column: "Drama" for column in columns}] * 3
    assert {field: used[0] for field, used in guess_columns(columns, sample).items() if used} == expected


def test_a_column_whose_values_are_no_names_is_no_column_of_genres():
    sample = [{"genres": "[28, 12]", "category": "Drama"}, {"genres": "[18]", "category": "Horror"}]
    assert guess_columns(["genres", "category"], sample)["genres"] == ["category"]


@pytest.mark.parametrize(
    ("columns", "used"),
    [
        (["genre1", "genre2"], ["genre1", "genre2"]),
        (["Genre", "Genre_2", "Genre_3"], ["Genre", "Genre_2", "Genre_3"]),  # the third one is empty
        (["primary_genre", "secondary_genre"], ["primary_genre", "secondary_genre"]),
        (["primary_genre", "genres"], ["genres"]),  # these are all
    ],
)
def test_several_columns_of_genres_are_read_together(tmp_path, columns, used):
    rows = [[number, plot(number), "Drama", "War" if number % 2 else "Drama", ""][: 2 + len(columns)]
            for number in range(1, 9)]  # fmt: skip
    films = read_source(films_csv(tmp_path, rows, ["id", "overview", *columns]))
    assert films.columns["genres"] == ",".join(used)
    assert films.genre_counts()["War"] == 4


def test_a_row_for_each_genre_of_a_film_is_one_film(tmp_path):
    rows = [[number, genre, plot(number)] for number in range(1, 9) for genre in ("Drama", "War")]
    films = read_source(films_csv(tmp_path, [*rows, [1, "Horror", "Another film with this id, about a ghost."]]))
    assert films.genre_counts() == {"Drama": 8, "War": 8}
    assert [problem.id for problem in films.problems] == ["1"]
    assert any("8 rows" in note for note in films.notes)


def test_a_column_called_like_genres_is_named_if_it_has_none(tmp_path):
    with pytest.raises(UserError, match=r"“label”.*'0'"):
        read_source(films_csv(tmp_path, [[number, "0", plot(number)] for number in range(9)], ["id", "label", "plot"]))


def test_tables_that_are_not_read_are_named(tmp_path):
    films_csv(tmp_path, [[number, "Drama|War"] for number in range(1, 9)], ["id", "genres"])
    (tmp_path / "plots.csv").write_text("id,overview\n1,A film.\n")
    for number in range(1, 9):
        put(tmp_path / "posters" / f"{number}.jpg", poster(number))
    assert any("plots.csv" in note for note in read_source(tmp_path).notes)


def test_a_poster_of_another_case_is_no_other_films(tmp_path):
    films_csv(tmp_path, [["Abc", "Drama", plot(1)], ["abc", "War", plot(2)], ["DEF", "War", plot(3)]])
    for number, name in enumerate(["Abc", "def"]):
        put(tmp_path / "Images" / f"{name}.jpg", poster(number))
    films = read_source(tmp_path)
    assert [os.path.basename(path) for path in films.films["poster"]] == ["Abc.jpg", "", "def.jpg"]


def test_pictures_of_a_films_name_in_several_folders_are_told(tmp_path):
    films_csv(tmp_path, [[f"f{number}", "Drama|War", plot(number)] for number in range(1, 9)])
    for number in range(1, 9):
        for folder in ("a", "b"):
            put(tmp_path / folder / f"f{number}.jpg", poster(number))
    assert any("several folders" in note for note in read_source(tmp_path).notes)


def test_mapping_overrules_what_was_guessed(tmp_path):
    rows = [[number, "x", plot(number), "|".join(names(number)), f"Second {plot(number)}"] for number in range(1, 9)]
    path = films_csv(tmp_path, rows, ["id", "genre", "overview", "kinds", "tagline"])
    films = read_source(path, {"genres": "kinds", "overview": "Tagline", "id": ""})
    assert films.films["overview"].str.startswith("Second").all()
    assert films.films["id"].tolist()[:2] == ["row1", "row2"]
    assert "Drama" in films.genres


def test_mapping_genres_to_several_columns_means_zeros_and_ones(tmp_path):
    rows = [[number, plot(number), number % 2, int(number % 3 == 0), 1] for number in range(1, 9)]
    path = films_csv(tmp_path, rows, ["id", "overview", "Action", "Drama", "seen"])
    films = read_source(path, {"genres": "Drama, Action"})
    assert films.genres == ("Drama", "Action")
    assert [problem.id for problem in films.problems] == ["2", "4", "8"]


@pytest.mark.parametrize(
    ("mapping", "part"),
    [({"overview": "plott"}, "“plot_text”"), ({"genres": "Action,Dramma"}, "“Dramma”"), ({"mood": "x"}, "mood")],
)
def test_mapping_to_a_column_that_is_not_there_names_near_ones(tmp_path, mapping, part):
    path = films_csv(tmp_path, [[1, "Drama", "A film.", 1]], ["id", "genres", "plot_text", "Action"])
    with pytest.raises(UserError, match=part):
        read_source(path, mapping)


def test_spellings_of_a_genre_are_united_and_counted(tmp_path):
    rows = [[number, genre, plot(number)] for number, genre in enumerate(
        ["Science Fiction", "Science Fiction", "sci-fi", " Drama ", "drama|Drama", "Drama"])]  # fmt: skip
    films = read_source(films_csv(tmp_path, rows))
    assert films.genre_counts() == {"Science Fiction": 3, "Drama": 3}
    assert any("'sci-fi'" in note for note in films.notes)


def test_ids_become_plain_names_always_the_same(tmp_path):
    rows = [
        [name, "Drama" if name else "Horror|Drama", "A film."] for name in ("Amélie (2001)", "../up", "a/b", "a b", "")
    ]
    films = read_source(films_csv(tmp_path, rows)).films["id"].tolist()
    assert films[0] == plain_id("Amélie (2001)")
    assert films[0].startswith("Amelie-2001-")
    assert len(set(films)) == 5
    assert films[4] == "row5"
    assert plain_id("x" * 500) == plain_id("x" * 500) != plain_id("x" * 501)


def test_films_without_poster_or_overview_stay_and_without_both_are_reported(tmp_path):
    rows = [[1, "Drama", "A film."], [2, "Horror", ""], [3, "Drama", "N/A"], [4, "Drama", "No overview found."],
            [4, "Drama", "x y"], [5, "", "A film."], [6, "['Drama'", "A film."], [4, "Horror", "Again."]]  # fmt: skip
    put(tmp_path / "Images" / "2.JPEG", poster(2))
    films = read_source(films_csv(tmp_path, rows))
    assert films.films["id"].tolist() == ["1", "2", "4"]
    problems = dict.fromkeys((problem.id, problem.problem) for problem in films.problems)
    assert [film_id for film_id, _ in problems] == ["5", "6", "3", "4", "4"]
    assert films.summary()["left_out"] == 5
    assert any("placeholder" in note for note in films.notes)


def test_a_picture_by_number_elsewhere_is_no_films_poster(tmp_path):
    path = films_csv(tmp_path)
    put(tmp_path / "holiday" / "1.jpg", poster(1))
    for number in range(100, 120):
        put(tmp_path / "holiday" / f"{number}.jpg", poster(number))
    assert read_source(path).posters == 0


@pytest.mark.parametrize("count", [1, 501])
def test_too_few_or_too_many_genres_are_refused_with_a_remedy(tmp_path, count):
    rows = [[number, f"Kind {number % count}", plot(number)] for number in range(max(count, 10))]
    with pytest.raises(UserError, match="--map genres="):
        read_source(films_csv(tmp_path, rows))


# Writing


def test_an_existing_set_is_replaced_only_if_asked_and_other_folders_never(tmp_path):
    films = read_source(films_csv(tmp_path / "source"))
    folder = write_dataset(films, tmp_path / "set")
    with pytest.raises(UserError, match="--replace"):
        write_dataset(films, folder)
    write_dataset(films, folder, replace=True)
    put(folder / "notes.txt", "precious")
    with pytest.raises(UserError, match="no imported data set"):
        write_dataset(films, folder, replace=True)
    put(tmp_path / "mine" / "thesis.txt", "precious")
    for replace in (False, True):
        with pytest.raises(UserError, match="mine"):
            write_dataset(films, tmp_path / "mine", replace=replace)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "precious"
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(UserError, match="not a folder"):
        write_dataset(films, tmp_path / "link", replace=True)


def test_a_set_is_not_replaced_by_films_that_are_in_it(tmp_path):
    folder = write_dataset(read_source(films_csv(tmp_path / "source")), tmp_path / "set")
    with pytest.raises(UserError, match="contains the source"):
        write_dataset(read_source(folder), folder, replace=True)


def test_a_failure_leaves_what_was_there(tmp_path, monkeypatch):
    films = read_source(films_csv(tmp_path / "source"))
    folder = write_dataset(films, tmp_path / "set")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    monkeypatch.setattr(write, "write_json", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(UserError, match="full"):
        write_dataset(films, folder, replace=True)
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["", "..", "a/b", "sample", "imdb", "own", ".hidden", "x" * 200, "a\0b"])
def test_names_of_sets_are_plain(name):
    with pytest.raises(UserError, match="cannot name"):
        dataset_folder("films.csv", name)


def test_the_name_follows_from_the_source(tmp_path, home):
    assert dataset_folder("/x/The Movies (2017).csv") == home / "data" / "The-Movies-2017"
    assert dataset_folder("/x/imdb.zip") == home / "data" / "imdb-films"
    (tmp_path / "v1.2").mkdir()
    assert dataset_folder(tmp_path / "v1.2").name == "v1-2"


# Hostile sources


def test_a_table_from_an_archive_names_no_picture_outside(tmp_path):
    secret = put(tmp_path / "secret.jpg", poster(1))
    rows = [[1, "Drama", "A film.", str(secret)], [2, "Horror", "A film.", "../../../../secret.jpg"],
            [3, "Horror", "A film.", "inside.jpg"], [4, "Drama", "A film.", "a\\..\\..\\secret.jpg"]]  # fmt: skip
    folder = films_csv(tmp_path / "source", rows, ["id", "genres", "overview", "poster"]).parent
    put(folder / "inside.jpg", poster(3))
    films = read_source(zipped(folder, tmp_path / "films.zip"))
    assert films.films["id"][films.films["poster"] != ""].tolist() == ["3"]
    assert any("not inside" in note for note in films.notes)
    discard(films)
    local = read_source(folder)  # one's own table may
    assert local.films["id"][local.films["poster"] != ""].tolist() == ["1", "3", "4"]
    uploaded = read_source(folder, is_upload=True)
    assert uploaded.posters == 1
    assert written(uploaded, tmp_path / "set")[2]["Poster"] == "Images/3.jpg"
    assert not folder.exists()


@pytest.mark.parametrize("name", ["../up.csv", "/etc/up.csv", "a/../../up.csv", "c:\\up.csv"])
def test_an_archive_writes_nothing_outside(tmp_path, home, name):
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as opened:
        opened.writestr(name, "id,genres,overview\n1,Drama,x\n")
    with pytest.raises(UserError, match=r"bad\.zip has a member"):
        read_source(tmp_path / "bad.zip")
    assert not [path for path in home.rglob("*") if path.is_file()]


def test_an_archive_that_unpacks_to_far_too_much_is_refused(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("films.csv", b"0" * 200_000_000)
    with pytest.raises(UserError, match="far more"):
        read_source(tmp_path / "bomb.zip")
    monkeypatch.setattr(archive, "UNPACKED_FILES", 3)
    with pytest.raises(UserError, match="too many"):
        read_source(zipped(foreign_sets.mmimdb(tmp_path / "many"), tmp_path / "many.zip"))


def test_archives_that_are_damaged_or_have_links_are_refused(tmp_path):
    good = zipped(foreign_sets.reports(tmp_path / "source"), tmp_path / "films.zip")
    with pytest.raises(UserError, match="damaged"):
        read_source(put(tmp_path / "cut.zip", good.read_bytes()[:-100]))
    with pytest.raises(UserError, match="damaged"):
        read_source(put(tmp_path / "no.zip", "no archive"))
    content = bytearray(good.read_bytes())
    content[2000:2100] = random.Random(0).randbytes(100)
    with pytest.raises(UserError, match="damaged"):
        read_source(put(tmp_path / "rotten.zip", bytes(content)))
    link = zipfile.ZipInfo("films.csv")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as opened:
        opened.writestr(link, "/etc/passwd")
    with pytest.raises(UserError, match="link"):
        read_source(tmp_path / "link.zip")


def test_two_imports_of_one_archive_do_not_disturb_each_other(tmp_path, home):
    archive = zipped(foreign_sets.huggingface(tmp_path / "source"), tmp_path / "films.zip")
    one, two, three = (read_source(archive) for _ in range(3))
    discard(three)
    sets = [load_catalogue(write_dataset(films, tmp_path / name)) for films, name in ((one, "one"), (two, "two"))]
    assert sets[0].digest == sets[1].digest
    other = read_source(archive)
    discard(other)
    archive.unlink()
    with pytest.raises(UserError, match="since it was read"):
        write_dataset(other, tmp_path / "three")


def test_what_was_unpacked_and_forgotten_is_deleted_after_a_day(tmp_path, home):
    first = zipped(foreign_sets.json_array(tmp_path / "one"), tmp_path / "one.zip")
    left = read_source(first).scratch
    assert read_source(first).scratch == left  # unpacked once
    os.utime(left, (time.time() - 90_000,) * 2)
    films = read_source(zipped(foreign_sets.flags(tmp_path / "two"), tmp_path / "two.zip"))
    assert [path.name for path in (home / "imports").iterdir()] == [films.scratch.name]


def hostile_sources(folder: Path) -> dict[str, Path]:
    deep = "[" * 50_000
    rows = "\n".join(f'{{"id": {number}, "genres": ["Drama"], "overview": "x y"}}' for number in range(9))
    os.mkfifo(folder / "fifo.csv")
    os.mkfifo(folder / "fifo.zip")
    (folder / "loop").mkdir()
    (folder / "loop" / "again").symlink_to(folder / "loop")
    (folder / "loop" / "self").symlink_to(folder / "loop" / "self")
    (folder / "empty").mkdir()
    return {
        "missing": folder / "missing.csv",
        "fifo": folder / "fifo.csv",
        "fifo zip": folder / "fifo.zip",
        "loop": folder / "loop",
        "empty folder": folder / "empty",
        "empty": put(folder / "empty.csv", ""),
        "header": put(folder / "header.csv", "id,genres,overview\n"),
        "excel": put(folder / "films.xlsx", "PK\3\4"),
        "deep": put(folder / "deep.json", deep),
        "deep lines": put(folder / "deep.jsonl", f"{deep}\n{deep}\n"),
        "deep cell": put(folder / "cell.csv", f"id,genres,overview\n1,{deep},x\n"),
        "columns": put(folder / "columns.csv", ",".join(map(str, range(100_000))) + "\n1\n"),
        "keys": put(folder / "keys.jsonl", json.dumps({str(number): 1 for number in range(100_000)})),
        "binary": put(folder / "binary.csv", random.Random(0).randbytes(100_000)),
        "json numbers": put(folder / "numbers.json", "[1, 2, 3]"),
        "json text": put(folder / "text.json", '"films"'),
        "half": put(folder / "half.json", rows[:50]),
        "no parquet": put(folder / "films.parquet", "PAR1 no PAR1"),
        "one genre": put(folder / "one.jsonl", rows),
        "surrogate": put(folder / "surrogate.jsonl", '{"id": "\\ud800", "genres": "Drama"}'),
        "nul": Path(f"{folder}/a\0b.csv"),
        "bytes": Path(os.fsdecode(os.fsencode(folder) + b"/\xff.csv")),
        "no genres": put(folder / "words.csv", "id,text\n1,x\n"),
        "huge cell": put(folder / "huge.csv", f'id,genres,overview\n1,"{"Drama|" * 100_000}",x y\n'),
        "unclosed": put(folder / "unclosed.csv", 'id,genres,overview\n1,"Drama,x\n2,Drama,y\n'),
    }


def test_hostile_sources_are_refused_in_one_sentence(tmp_path):
    (tmp_path / "hostile").mkdir()
    for name, source in hostile_sources(tmp_path / "hostile").items():
        start = time.monotonic()
        with pytest.raises(UserError) as error:
            read_source(source)
        message = str(error.value)
        assert "\n" not in message, name
        assert message.isprintable(), name
        assert len(message) < 600, name
        assert time.monotonic() - start < 10, name


def test_a_million_files_and_rows_end_in_a_sentence(tmp_path, monkeypatch):
    path = films_csv(tmp_path)
    monkeypatch.setattr(files, "MAX_FILES", 3)
    for number in range(5):
        put(tmp_path / f"{number}.jpg", poster(number))
    with pytest.raises(UserError, match="more than 3"):
        read_source(tmp_path)
    assert len(read_source(path).films) == COUNT  # a table alone does without
    monkeypatch.setattr(read, "MAX_FILMS", 3)
    with pytest.raises(UserError, match="more than 3"):
        read_source(path)


def test_hostile_cells_do_no_harm(tmp_path):
    rows = [["\x1b[31m1", "Drama", "A film.\0\x07", "http://example.org/a.jpg", "a" * 100_000, "0" * 5000],
            ["<b>2</b>", "Horror", "x " * 100_000, "\0", "Film", "1e999"],
            ["\x1b[31m3", "Drama|\x1b[0mHorror", "A film.", "", "", ""]]  # fmt: skip
    films = read_source(films_csv(tmp_path, rows, ["id", "genres", "overview", "poster", "title", "year"]))
    shown = json.dumps(films.summary(), ensure_ascii=False)
    assert shown.isprintable()
    assert films.films["title"].str.len().max() <= 300
    assert films.films["overview"].str.len().max() <= 20_000
    assert any("web" in note for note in films.notes)
    assert len(load_catalogue(write_dataset(films, tmp_path / "set"))) == 2


@pytest.mark.slow
def test_45000_films_are_read_and_written_in_seconds(tmp_path):
    rows = [[number, str([{"id": 18, "name": name} for name in names(number)]), plot(number % 50), f"/p{number}.jpg"]
            for number in range(45_000)]  # fmt: skip
    path = films_csv(tmp_path, rows, ["id", "genres", "overview", "poster_path"])
    start = time.process_time()
    write_dataset(read_source(path), tmp_path / "set")
    assert time.process_time() - start < 20  # 4 seconds on an idle core


def test_posters_of_archives_are_whole(tmp_path):
    films = read_source(zipped(foreign_sets.huggingface(tmp_path / "source"), tmp_path / "films.zip"))
    folder = write_dataset(films, paths.data_dir() / "films")
    assert open_poster(folder / "Images" / "p9.webp").size == (60, 90)
    assert (folder / "Images" / "p9.webp").stat().st_nlink == 1


# For the app


def test_columns_that_do_not_fit_are_told_with_all_others(tmp_path):
    path = films_csv(tmp_path, columns=("id", "feeling", "overview"))
    with pytest.raises(ColumnError) as error:
        read_source(path)
    assert (error.value.columns, error.value.used) == (
        ("id", "feeling", "overview"),
        {"id": "id", "overview": "overview"},
    )
    assert "--map" not in error.value.reason
    films = read_source(path, {"genres": "feeling"})
    assert films.table_columns == ("id", "feeling", "overview")
    with pytest.raises(ColumnError) as error:
        read_source(path, {"genres": "id"})
    assert error.value.used["genres"] == "id"


@pytest.mark.parametrize("what", ["files", "rows"])
def test_progress_is_reported_and_can_end_the_reading(tmp_path, monkeypatch, what):
    monkeypatch.setattr(files, "REPORTED", 2)
    monkeypatch.setattr(read, "_REPORTED", 2)
    source = foreign_sets.WRITERS["huggingface"](tmp_path / "source")
    counts = []

    def report(name: str, count: int) -> None:
        counts.append((name, count))
        if name == what:
            raise UserError("enough")

    with pytest.raises(UserError, match="enough"):
        read_source(source, on_progress=report)
    assert counts[-1][0] == what


def test_a_removed_set_is_gone_and_others_cannot_be_removed(tmp_path):
    source = foreign_sets.WRITERS["huggingface"](tmp_path / "source")
    folder = write_dataset(read_source(source), tmp_path / "set")
    assert description_of(folder)["source"] == str(source)
    put(folder / "notes.txt", "mine")
    (tmp_path / "link").symlink_to(folder)
    for other in (folder, tmp_path / "link", source, tmp_path / "nothing"):
        with pytest.raises(UserError):
            remove_dataset(other)
    (folder / "notes.txt").unlink()
    remove_dataset(folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "source"]
    assert len(read_source(source).films) == COUNT
