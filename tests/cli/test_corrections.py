"""``genreclf data corrections``: listing, correcting, undoing, exporting and importing."""

import json

import pytest

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.errors import UserError

FIRST, SECOND = "tt0000001", "tt0000002"


@pytest.fixture
def ok(call, film_folder, monkeypatch):
    """Run a command on the 60 films that must succeed, and return its stdout."""
    monkeypatch.setenv("GENRECLF_DATA", str(film_folder))

    def run(*arguments: object) -> str:
        code, out, err = call("data", "corrections", *arguments)
        assert code == 0, err
        return out

    return run


@pytest.fixture
def rejected(call, ok):
    """Run a command that must be rejected, and return the one line that it prints."""

    def run(*arguments: object) -> str:
        code, out, err = call("data", "corrections", *arguments)
        assert (code, out) == (2, ""), out + err
        [line] = err.strip().splitlines()
        return line

    return run


def test_corrections_are_made_listed_and_undone(ok, film_folder):
    assert "edit" in ok()
    assert "Drama, War" in ok("edit", FIRST, "drama|WAR", "--note", "seen it")
    ok("confirm", SECOND)
    ok("leave-out", "tt0000003", "tt0000004", "--reason", "trailers")
    listed = json.loads(ok("--json"))["corrections"]
    assert {row["id"] for row in listed} == {FIRST, SECOND, "tt0000003", "tt0000004"}
    table = ok()
    assert all(word in table for word in (FIRST, "seen it", "trailers", "Drama, War"))
    assert len(load_catalogue(film_folder)) == 58
    ok("undo", FIRST, SECOND, "tt0000003", "tt0000004")
    assert json.loads(ok("--json")) == {"corrections": [], "problems": []}


def test_info_says_how_many(call, ok):
    ok("edit", FIRST, "War")
    _, out, _ = call("data", "info", "--json")
    assert json.loads(out)["corrections"]["edited"] == 1
    assert "1 film with corrected genres" in call("data", "info")[1]


def test_corrections_are_exported_and_imported(ok, tmp_path, film_folder):
    ok("edit", FIRST, "War")
    ok("export", tmp_path / "corrections.csv")
    ok("undo", FIRST)
    assert "Nothing was changed" in ok("import", tmp_path / "corrections.csv", "--dry-run")
    assert not load_catalogue(film_folder).corrections.rows
    assert json.loads(ok("import", tmp_path / "corrections.csv", "--json"))["corrections"] == [FIRST]
    assert set(load_catalogue(film_folder).corrections.rows) == {FIRST}


def test_films_that_are_all_left_out_can_be_put_back(ok, film_folder):
    ids = load_catalogue(film_folder).films["id"].tolist()
    ok("leave-out", *ids)
    with pytest.raises(UserError):
        load_catalogue(film_folder)
    ok("undo", *ids)
    assert len(load_catalogue(film_folder)) == len(ids)


def test_label_studio_there_and_back(ok, tmp_path, film_folder):
    file = tmp_path / "tasks.json"
    ok("export", file, FIRST, SECOND, "--format", "label-studio")
    assert "<Choices" in file.with_suffix(".xml").read_text("utf-8")
    tasks = json.loads(file.read_text("utf-8"))
    assert [task["data"]["film"] for task in tasks] == [FIRST, SECOND]
    for task in tasks:
        [prediction] = task.pop("predictions")
        task["annotations"] = [{**prediction, "completed_by": 1, "was_cancelled": False}]
    tasks[0]["annotations"][0]["result"][0]["value"]["choices"] = ["War"]
    file.write_text(json.dumps(tasks), "utf-8")
    assert "1 changed, 1 confirmed" in ok("import", file, "--dry-run")
    assert not load_catalogue(film_folder).corrections.rows
    done = json.loads(ok("import", file, "--json"))
    assert (done["changed"], done["confirmed"]) == ({FIRST: ["War"]}, [SECOND])
    assert load_catalogue(film_folder).films["genres"].iloc[0] == ["War"]


def test_a_run_says_what_it_was_corrected_by(call, ok, film_folder):
    from genreclf.runs.queue import new_run
    from genreclf.training.fit import train

    ok("edit", FIRST, "War")
    run = new_run("prior", film_folder)
    train(run)
    code, out, _ = call("runs", "show", run.id)
    assert code == 0
    assert "1 film with corrected genres" in out


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (("edit", FIRST, "Westen"), "Western"),
        (("edit", "nosuch", "War"), "nosuch"),
        (("edit", FIRST, ""), FIRST),
        (("edit", FIRST, "['War'"), "War"),
        (("undo", FIRST), FIRST),
        (("leave-out", "nosuch"), "nosuch"),
        (("export", "x.csv"), "no corrections"),
        (("export", "x.json", "--format", "excel"), "label-studio"),
        (("export", "/dev/null"), "exists"),
        (("import", "nosuch.json"), "nosuch.json"),
        (("import", "nosuch.csv"), "nosuch.csv"),
        (("--data", ".", "undo", FIRST), "behind"),
    ],
)
def test_bad_input_is_one_sentence(rejected, command, named):
    assert named in rejected(*command)


def test_an_odd_import_is_one_sentence(rejected, tmp_path):
    for name, content in {"a.json": "{}", "b.json": "[", "c.csv": "x\n1"}.items():
        (tmp_path / name).write_text(content, "utf-8")
        assert rejected("import", tmp_path / name)


def test_nothing_is_written_outside_home(ok, film_folder, home):
    before = sorted(film_folder.rglob("*"))
    ok("edit", FIRST, "War")
    assert sorted(film_folder.rglob("*")) == before
    assert paths.corrections_file(film_folder).is_relative_to(home)
