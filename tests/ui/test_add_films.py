"""Add films: every source by clicks, what is shown of it, what is wrong with it, and the removal of what was added."""

import csv
import gc
import io
import os
import zipfile
from pathlib import Path

import film_sets
import foreign_sets
import pytest
from app_pages import open_address, page_text
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.data.importing import FORMS, description_of
from genreclf.locks import hold_lock
from genreclf.runs.queue import new_run
from genreclf.ui.add_films import draft as drafts
from genreclf.ui.add_films import source

PAGE = "pages/add-films.py"
COUNT = 24


@pytest.fixture(autouse=True)
def at_home(monkeypatch) -> None:
    """The visitor's browser is on the machine of the app."""
    monkeypatch.setattr(ContextProxy, "ip_address", None)


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch) -> Path:
    """The system's folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(drafts.tempfile, "tempdir", str(folder))
    return folder


def table(**changes: str) -> bytes:
    """A table of films with genres of their own; ``changes`` rename its columns."""
    columns = {name: name for name in ("movieId", "genres", "plot", "title", "file_name")} | changes
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(columns.values())
    for film in film_sets.films(COUNT):
        names = dict(zip(film_sets.COLOURS, film_sets.OWN_GENRES, strict=True))
        genres = "|".join(names[genre] for genre in film.genres)
        writer.writerow([film.id, genres, film.overview, f"The film {film.id}", f"{film.id}.png"])
    return stream.getvalue().encode()


def posters() -> dict[str, bytes]:
    return {f"{film.id}.png": film.jpeg for film in film_sets.films(COUNT)}


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder with a table and posters."""
    place = tmp_path / "my films"
    place.mkdir()
    (place / "movies.csv").write_bytes(table())
    for name, content in posters().items():
        (place / name).write_bytes(content)
    return place


def read_path(path: Path | str, page: AppTest | None = None) -> AppTest:
    page = page or open_address(PAGE)
    page.text_input(key="add_path").set_value(str(path))
    page.get_by_key("add_read").click().run()
    assert not page.exception
    return page


def upload(files: dict[str, bytes]) -> AppTest:
    page = open_address(PAGE)
    page.get_by_key("add_way").set_value("Upload").run()
    page.file_uploader[0].set_value([(name, content, "") for name, content in files.items()])
    page.run().get_by_key("add_read").click().run()
    assert not page.exception
    return page


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def figures(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def add(page: AppTest) -> AppTest:
    page.get_by_key("add_films").click().run()
    assert not page.exception
    return page


def files_below(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_is_shown_and_becomes_the_chosen_data_set(folder):
    before = files_below(folder)
    page = read_path(folder)
    assert figures(page) == {"Films": "24", "Posters": "24", "Overviews": "24", "Genres": "6"}
    assert page.get_by_key("add_column_overview").value == "plot"
    assert len(page.get("image")) == 10
    assert "Spaghetti Western" in page_text(page)
    assert not list(paths.data_dir().glob("*")), "nothing is written before the films are added"
    add(page)
    assert page.query_params["data"] == "my-films"
    page.switch_page("pages/add-films.py").run()
    assert page.selectbox(key="data").value == "my-films"
    added = load_catalogue(paths.data_dir() / "my-films")
    assert (len(added), set(added.genres)) == (COUNT, set(film_sets.OWN_GENRES))
    assert added.posters[0].path.parent == folder, "posters stay where they are"
    assert files_below(folder) == before


def test_another_column_is_read_at_once_and_can_be_taken_back(folder):
    page = read_path(folder)
    page.get_by_key("add_column_overview").set_value("").run()
    assert figures(page)["Overviews"] == "0"
    page.get_by_key("add_column_genres").set_value("title").run()
    assert len(page.error) == 1 or figures(page)["Genres"] == "24"
    page.get_by_key("add_column_genres").set_value("genres").run()
    page.get_by_key("add_column_overview").set_value("plot").run()
    assert not page.error
    assert figures(page)["Overviews"] == "24"


def test_a_table_without_a_known_column_of_genres_asks_for_one(tmp_path):
    (tmp_path / "odd.csv").write_bytes(table(genres="kinds"))
    page = read_path(tmp_path / "odd.csv")
    assert len(page.error) == 1
    assert "--map" not in page.error[0].value
    page.get_by_key("add_column_genres").set_value("kinds").run()
    assert not page.error
    assert figures(page)["Genres"] == "6"


def test_columns_of_0_and_1_can_be_chosen(tmp_path):
    names = ("Night", "Day", "Dusk")
    rows = [[f"f{number}", f"A story about {number} friends", *(int(number % 3 == at) for at in range(3))]
            for number in range(12)]  # fmt: skip
    with (tmp_path / "flags.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([["id", "plot", *names], *rows])
    page = read_path(tmp_path / "flags.csv")
    assert page.multiselect(key="add_flags").value == list(names)
    page.multiselect(key="add_flags").set_value(["Night", "Day"]).run()
    assert figures(page) | {"Films": "8", "Genres": "2"} == figures(page)
    assert any("4 rows left out" in expander.label for expander in page.expander)


@pytest.mark.parametrize("is_archive", [True, False])
def test_an_upload_is_kept_only_once_it_is_added(is_archive, temporary):
    files = {"movies.csv": table(), **posters()}
    page = upload(
        {"mine.zip": zipped({f"a/{name}": content for name, content in files.items()})} if is_archive else files
    )
    name = "mine" if is_archive else "movies"
    assert figures(page)["Posters"] == "24"
    assert not paths.data_dir().exists()
    assert files_below(temporary)
    add(page)
    added = load_catalogue(paths.data_dir() / name)
    assert len(added) == COUNT
    assert all(poster.path.is_relative_to(paths.data_dir() / name) for poster in added.posters)
    assert description_of(added.folder)["source"] == ("mine.zip" if is_archive else "movies.csv")
    gc.collect()
    assert not files_below(temporary)


def test_an_upload_that_is_given_up_is_deleted(temporary):
    page = upload({"movies.csv": table()})
    assert files_below(temporary)
    page.get_by_key("add_back").click().run()
    gc.collect()
    assert not list(temporary.iterdir())


@pytest.mark.parametrize(
    "files",
    [
        {"broken.zip": b"PK\3\4 no archive"},
        {"two.zip": zipped({"movies.csv": table()}), "posters.zip": zipped({})},
        {"notes.csv": b""},
        {"only.png": film_sets.jpeg()},
        {"bomb.zip": zipped({"movies.csv": b"0" * 200})[:-30]},
    ],
)  # fmt: skip
def test_an_upload_that_cannot_be_read_is_one_sentence_in_place(files, temporary):
    page = upload(files)
    assert len(page.error) == 1
    assert str(temporary) not in page_text(page)
    assert page.get_by_key("add_read").disabled is False, "the files are still there"


def test_uploads_are_bounded_and_their_names_are_no_paths(temporary, monkeypatch):
    monkeypatch.setattr(drafts, "FILES", 3)
    page = open_address(PAGE)
    page.get_by_key("add_way").set_value("Upload").run()
    names = ["../../evil.csv", ".hidden.csv", "movies.csv", "a.png", "b.png"]
    page.file_uploader[0].set_value([(name, table(), "") for name in names]).run()
    assert len(page.warning) == 2
    assert sorted(path.name for path in files_below(temporary)) == ["a.png", "evil.csv", "movies.csv"]


@pytest.mark.parametrize("path", ["", "/nowhere/at/all", "/dev/zero", "films.docx", "a\0b", "~nobody/films"])
def test_a_path_without_films_is_one_sentence_and_stays_as_typed(path):
    page = read_path(path)
    assert len(page.error) == 1
    assert page.text_input(key="add_path").value == path


def test_a_folder_of_too_many_files_ends_in_time(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "LOOKING_SECONDS", -1)
    for number in range(1001):
        (tmp_path / f"{number}.txt").touch()
    page = read_path(tmp_path)
    assert len(page.error) == 1


def test_nothing_is_added_on_a_public_server(monkeypatch):
    monkeypatch.setenv("GENRECLF_PUBLIC", "1")
    page = open_address(PAGE)
    assert [each.key for each in page.text_input] == ["glossary_filter"]
    assert not page.file_uploader
    assert len(page.info) == 1


def test_a_taken_name_is_said_and_another_source_gets_another_name(folder, tmp_path):
    add(read_path(folder))
    page = read_path(folder)
    assert page.text_input(key="add_name").value == "my-films"
    assert len(page.warning) == 1, "the same source replaces its set"
    page.text_input(key="add_name").set_value("../up").run()
    assert len(page.error) == 1
    assert page.get_by_key("add_films").disabled
    page.text_input(key="add_name").set_value("sample").run()
    assert len(page.error) == 1
    other = tmp_path / "other" / "my films.csv"
    other.parent.mkdir()
    other.write_bytes(table())
    page = read_path(other)
    assert page.text_input(key="add_name").value == "my-films-2"
    assert not page.warning
    upload_again = upload({"my films.csv": table()})
    assert upload_again.text_input(key="add_name").value == "my-films-2", "an upload may be another one of that name"


def test_a_source_that_changed_is_read_again_with_the_same_columns(folder):
    page = read_path(folder)
    page.get_by_key("add_column_overview").set_value("title").run()
    add(page)
    lines = (folder / "movies.csv").read_bytes().splitlines(keepends=True)
    (folder / "movies.csv").write_bytes(b"".join(lines[:13]))
    page = open_address(PAGE)
    page.get_by_key("again_my-films").click().run()
    assert page.get_by_key("add_column_overview").value == "title"
    add(page)
    assert len(load_catalogue(paths.data_dir() / "my-films")) == 12


def test_a_removed_set_leaves_its_source_and_its_runs(folder):
    before = files_below(folder)
    page = add(read_path(folder))
    run = new_run("tfidf", paths.data_dir() / "my-films")
    run.finish("completed")
    page.get_by_key("remove_current").click().run()
    page.get_by_key("remove_yes").click().run()
    assert not page.exception
    assert page.selectbox(key="data").value == "sample"
    assert not list(paths.data_dir().iterdir())
    assert run.config_file.is_file()
    assert files_below(folder) == before


def test_a_set_that_is_being_trained_on_stays(folder):
    page = add(read_path(folder))
    run = new_run("tfidf", paths.data_dir() / "my-films")
    with hold_lock(run.lock_file):
        run.check_in("training")
        page.get_by_key("remove_current").click().run()
        page.get_by_key("remove_yes").click().run()
        assert run.id in page.session_state["add_remove_problem"]
    assert (paths.data_dir() / "my-films").is_dir()


def test_only_what_was_added_here_can_be_removed(shared_film_folder, home):
    fetched = paths.data_dir() / "fetched"
    fetched.parent.mkdir(parents=True)
    os.symlink(shared_film_folder, fetched)
    (paths.data_dir() / "mixed").mkdir()
    film_sets.write_own(paths.data_dir() / "mixed" / "inner")
    for name in ("fetched", "sample"):
        page = open_address(PAGE, data=name)
        assert not [button for button in page.button if (button.key or "").startswith("remove")]


def test_a_set_removed_elsewhere_is_replaced_by_the_default_one(folder):
    page = add(read_path(folder))
    other = open_address("pages/browse.py", data="my-films")
    page.get_by_key("remove_current").click().run()
    page.get_by_key("remove_yes").click().run()
    other.run()
    assert not other.exception
    assert other.selectbox(key="data").value == "sample"


def test_two_visitors_read_the_same_archive_without_disturbing_each_other(tmp_path):
    (tmp_path / "films.zip").write_bytes(zipped({"movies.csv": table(), **posters()}))
    one, two = read_path(tmp_path / "films.zip"), read_path(tmp_path / "films.zip")
    one.get_by_key("add_back").click().run()
    gc.collect()
    add(two)
    assert load_catalogue(paths.data_dir() / "films").has_posters


@pytest.mark.parametrize("form", foreign_sets.WRITERS)
def test_every_form_is_shown_and_added(form, tmp_path):
    page = read_path(foreign_sets.WRITERS[form](tmp_path / "films"))
    assert FORMS[form] in page_text(page)
    count = int(figures(page)["Films"])
    assert len(page.get("image")) == min(count, 10)
    add(page)
    (added,) = paths.data_dir().glob("[!.]*")
    assert (len(load_catalogue(added)), description_of(added)["form"]) == (count, form)
