"""``genreclf data import``: from a source to a set that ``data info`` reads, in this process and as commands."""

import json
import subprocess
import sys

import foreign_sets
import pytest

from genreclf import paths


def genreclf(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "genreclf", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=paths.PROJECT, timeout=120)


@pytest.mark.parametrize("form", ["tmdb", "mm-imdb"])
def test_a_foreign_set_becomes_a_data_set(form, tmp_path, home):
    source = foreign_sets.WRITERS[form](tmp_path / "My films")
    imported = genreclf("data", "import", source)
    assert imported.returncode == 0, imported.stderr
    assert "poster" in imported.stdout
    assert "Science Fiction" in imported.stdout
    folder = home / "data" / "My-films"
    assert f"--data {folder}" in imported.stdout
    info = genreclf("data", "info", "--data", folder, "--json")
    assert info.returncode == 0, info.stderr
    assert json.loads(info.stdout)["films"] == foreign_sets.COUNT


def test_dry_run_writes_nothing_and_json_has_what_the_text_shows(call, tmp_path, home):
    source = foreign_sets.movielens(tmp_path / "films")
    code, out, err = call("data", "import", source, "--dry-run", "--json")
    assert (code, err) == (0, "")
    summary = json.loads(out)
    assert (summary["films"], summary["posters"], summary["folder"]) == (12, 12, None)
    assert summary["columns"]["genres"] == "genres"
    assert summary["problems"] == [{"problem": "no genre is given", "rows": 1, "examples": ["99"]}]
    assert not any(home.iterdir())


def test_map_to_name_and_replace(call, tmp_path, home):
    source = foreign_sets.tmdb(tmp_path / "films")
    assert (
        call("data", "import", source, "--name", "mine", "--map", "overview=", "--map", "title=original_title")[0] == 2
    )
    assert call("data", "import", source, "--name", "mine", "--map", "id=imdb_id")[0] == 0
    assert (home / "data" / "mine" / "dataset.json").is_file()
    code, _, err = call("data", "import", source, "--name", "mine")
    assert (code, "--replace" in err) == (2, True)
    assert call("data", "import", source, "--name", "mine", "--replace")[0] == 0
    assert call("data", "import", source, "--to", tmp_path / "other")[0] == 0


@pytest.mark.parametrize("options", [["--map", "overview"], ["--map", "plot=x"], ["--name", "../x"],
                                     ["--name", "x", "--to", "y"], ["--map", "overview=plott"]])  # fmt: skip
def test_wrong_options_are_one_line(call, tmp_path, home, options):
    code, out, err = call("data", "import", foreign_sets.flags(tmp_path / "films"), *options)
    assert (code, out, len(err.strip().splitlines())) == (2, "", 1)
    assert not any(home.iterdir())
