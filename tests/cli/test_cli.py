"""The command line, run as a user runs it: in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time

import film_sets
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from genreclf import paths
from genreclf.cli import main
from genreclf.evaluation.metrics import METRICS
from genreclf.genres import GENRES


def genreclf(*arguments, timeout=180, cwd=None):
    """Run ``python -m genreclf`` and return the finished process."""
    return subprocess.run(
        [sys.executable, "-m", "genreclf", *map(str, arguments)],
        capture_output=True, text=True, timeout=timeout, env={**os.environ, "PYTHONPATH": str(paths.PROJECT)}, cwd=cwd,
    )  # fmt: skip


def ok(*arguments, **options):
    """Run a command that must succeed; what it printed on stdout."""
    done = genreclf(*arguments, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(*arguments, **options):
    """Run a command that must be refused with one line; that line."""
    done = genreclf(*arguments, **options)
    return the_line(done.returncode, done.stdout, done.stderr)


def the_line(status, stdout, stderr):
    """The one line of a refusal."""
    assert status == 2, stdout + stderr
    assert stdout == ""
    lines = stderr.strip().splitlines()
    assert len(lines) == 1, stderr
    assert "Traceback" not in stderr
    return lines[0]


@pytest.fixture
def refused_here(monkeypatch, capsys):
    """``refused`` without a process of its own, which takes a second or two each."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["genreclf", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return the_line(end.value.code, *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory, shared_film_folder):
    """A home folder where the baselines were trained and promoted on the synthetic set, and the runs' ids."""
    home = tmp_path_factory.mktemp("trained-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENRECLF_HOME", str(home))
        for model in ("prior", "tfidf"):
            ok("train", model, "--data", shared_film_folder)
        runs = json.loads(ok("runs", "--json"))
        for run in runs:
            ok("runs", "promote", run["id"])
    return home, runs


@pytest.fixture
def in_trained(trained, monkeypatch):
    """Work in that home."""
    monkeypatch.setenv("GENRECLF_HOME", str(trained[0]))
    return trained[0]


@pytest.mark.parametrize(
    "command",
    [(), ("data",), ("data", "info"), ("data", "fetch"), ("train",), ("runs",), ("runs", "stop"), ("runs", "promote"),
     ("runs", "ship"), ("runs", "reset"), ("runs", "show"), ("evaluate",), ("predict",), ("export",)],
)  # fmt: skip
def test_every_command_has_help(command):
    from typer.testing import CliRunner

    from genreclf.cli.app import app

    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_data_info_json(shared_film_folder):
    info = json.loads(ok("data", "info", "--data", shared_film_folder, "--json"))
    assert set(info) == {"films", "posters", "genres", "splits", "problems", "digest"}
    assert list(info["genres"]) == list(GENRES)
    assert sum(info["splits"].values()) == info["films"] == info["posters"]
    assert info["problems"] == []
    assert len(info["digest"]) == 64


def test_data_info_lists_every_damaged_row(damaged_folder):
    info = json.loads(ok("data", "info", "--data", damaged_folder.folder, "--json"))
    assert len(info["problems"]) >= 10
    text = ok("data", "info", "--data", damaged_folder.folder)
    for problem in info["problems"]:
        assert problem["problem"].split()[0] in text


def test_the_data_folder_may_come_from_the_environment(film_folder, monkeypatch):
    monkeypatch.setenv("GENRECLF_DATA", str(film_folder))
    assert json.loads(ok("data", "info", "--json"))["films"] > 0


def test_refusals_are_one_line(tmp_path, film_folder, refused_here):
    assert "does not exist" in refused("data", "info", "--data", tmp_path / "nowhere")
    assert "no model 'resnet'" in refused_here("train", "resnet", "--data", film_folder)
    assert "must be true or false" in refused_here("train", "cnn", "--data", film_folder, "--set", "augment=7")
    assert "no split 'dev'" in refused_here("evaluate", "--data", film_folder, "--split", "dev")
    assert "empty" in refused_here("predict", "--overview", "  ")
    assert all(option in refused_here("predict") for option in ("--poster", "--overview", "--input"))
    assert "not a JPEG" in refused_here(
        "predict", "--poster", film_folder / "IMDB_overview_genres.csv", "--models", "cnn"
    )
    assert "not a run id" in refused_here("runs", "stop", "../../etc")
    assert "no set of weights" in refused_here("runs", "reset", "cnn", "--set", "../..")
    assert "--run-dir" in refused_here("train", "cnn", "--resume")


def test_a_wrong_call_is_one_line_too(refused_here):
    assert "Missing argument 'model'" in refused_here("train")
    assert "No such command 'dance'" in refused("dance")
    assert "--top" in refused_here("predict", "--overview", "A war", "--top", 99)
    assert ok("--version").startswith("genreclf ")


def test_the_settings_of_a_model_are_listed(in_trained):
    text = ok("train", "poster", "--set", "frozen_blocks=4", "--list-settings")
    rows = {line.split()[0]: line.split()[1] for line in text.splitlines() if line[:1].isalpha()}
    assert {"epochs", "augment", "frozen_blocks", "backbone"} <= set(rows)
    assert rows["frozen_blocks"] == "4"
    assert "word_dropout" not in rows, "it does not apply to posters"
    assert len(json.loads(ok("runs", "--json"))) == 2, "nothing is trained"


def test_a_traceback_comes_only_on_request(tmp_path):
    done = genreclf("--debug", "data", "info", "--data", tmp_path / "nowhere")
    assert done.returncode != 0
    assert "Traceback" in done.stderr


def test_runs_are_listed_newest_first(in_trained):
    runs = json.loads(ok("runs", "--json"))
    assert [run["model"] for run in runs] == ["tfidf", "prior"]
    assert {run["status"] for run in runs} == {"completed"}
    assert "tfidf" in ok("runs")
    assert "val_loss" in ok("runs", "show", runs[0]["id"])


def test_evaluate_measures_the_baselines(in_trained, shared_film_folder):
    weights = in_trained / "weights" / "imdb"
    report = json.loads(ok("evaluate", "--data", shared_film_folder, "--split", "val", "--weights", weights, "--json"))
    assert (report["split"], report["models"]) == ("val", {})
    assert set(report["baselines"]) == {"prior", "tfidf"}
    for figures in report["baselines"].values():
        assert set(figures) == set(METRICS)
        assert all(value >= 0 for value in figures.values())
    assert report["baselines"]["tfidf"]["bce"] < report["baselines"]["prior"]["bce"]
    assert "TF-IDF (baseline)" in ok("evaluate", "--data", shared_film_folder, "--weights", weights)


def test_evaluate_writes_a_report(in_trained, shared_film_folder, tmp_path):
    file = tmp_path / "new" / "report.html"
    arguments = ("evaluate", "--data", shared_film_folder, "--weights", in_trained / "weights" / "imdb")
    done = genreclf(*arguments, "--report", file, "--json")
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)["baselines"]["tfidf"]["bce"]
    assert f"Report written to {file}" in done.stderr
    page = file.read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert f">{measured:.3f}<" in page
    (tmp_path / "file").write_text("no folder")
    assert "cannot be written" in refused(*arguments, "--report", tmp_path / "file" / "report.html")


def test_predict_an_overview(in_trained):
    arguments = ("predict", "--overview", "A sheriff hunts an outlaw across the frontier", "--models", "tfidf,prior")
    predictions = json.loads(ok(*arguments, "--top", 4, "--json"))["predictions"]
    assert set(predictions) == {"tfidf", "prior"}
    items = predictions["tfidf"]
    assert items[0]["genre"] == "Western"
    assert len(items) == 4
    assert set(items[0]) == {"genre", "probability", "chosen"}
    assert sorted((item["probability"] for item in items), reverse=True) == [item["probability"] for item in items]
    assert "Western" in ok(*arguments)


def test_a_model_without_its_input_is_refused(in_trained):
    assert "needs the film's overview" in refused("predict", "--poster", poster_of(in_trained), "--models", "tfidf")


def test_a_poster_is_opened_as_in_the_app(in_trained, tmp_path):
    (tmp_path / "icon.png").write_bytes(film_sets.encoded(Image.new("RGB", (8, 8)), "PNG"))
    assert "icon.png: This poster has only 8×8 pixels" in refused("predict", "--poster", tmp_path / "icon.png")


def poster_of(folder):
    """Some poster in a folder."""
    path = folder / "poster.jpg"
    path.write_bytes(film_sets.jpeg())
    return path


@pytest.mark.parametrize(("source", "target"), [("csv", "parquet"), ("parquet", "csv")])
def test_predict_a_table(in_trained, tmp_path, source, target):
    films = pd.DataFrame(
        {
            "Id": ["a", "b", "c"],
            "Overview": ["A ghost haunts the cellar", "", "A wedding prank"],
            "Note": ["1", "2", "3"],
        }
    )
    path, result = tmp_path / f"films.{source}", tmp_path / f"scored.{target}"
    films.to_csv(path, index=False) if source == "csv" else films.to_parquet(path)
    text = ok("predict", "--input", path, "--output", result, "--models", "tfidf,prior")
    assert "3 rows" in text
    assert "1 of them" in text
    scored = pd.read_csv(result, keep_default_na=False) if target == "csv" else pd.read_parquet(result)
    assert scored["Id"].tolist() == ["a", "b", "c"]
    assert scored["Note"].astype(str).tolist() == ["1", "2", "3"]
    assert scored["tfidf_genre_1"].tolist()[0] == "Horror"
    assert scored["problem"].tolist() == ["", "overview is empty", ""]
    assert scored["tfidf_genre_1"].fillna("").tolist()[1] == ""
    assert all(scored["prior_genre_1"])


def test_a_table_that_cannot_be_scored_is_refused(in_trained, tmp_path):
    path = tmp_path / "films.csv"
    path.write_text("Id\na\n")
    assert "has no column Overview" in refused(
        "predict", "--input", path, "--output", tmp_path / "o.csv", "--models", "tfidf"
    )
    assert not (tmp_path / "o.csv").exists()
    assert "ending" in refused("predict", "--input", path, "--output", tmp_path / "o.txt", "--models", "tfidf")
    assert "does not exist" in refused(
        "predict", "--input", tmp_path / "no.csv", "--output", tmp_path / "o.csv", "--models", "tfidf"
    )


def test_train_stop_and_resume_a_network(film_folder, home):
    """A training in the terminal: interrupted with Ctrl-C it stops gracefully, and goes on where it was."""
    folder = home / "runs" / "my-run"
    arguments = [
        "train",
        "cnn-small",
        "--data",
        film_folder,
        "--epochs",
        "400",
        "--set",
        "patience=400",
        "--run-dir",
        folder,
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "genreclf", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(paths.PROJECT)}, start_new_session=True,
        # tests that run in a shell's background inherit that Ctrl-C is ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    deadline = time.monotonic() + 90
    while "val_loss" not in (folder / "metrics.jsonl").read_text() if (folder / "metrics.jsonl").exists() else True:
        assert time.monotonic() < deadline, process.stderr.read() if process.poll() is not None else "no epoch"
        time.sleep(0.2)
    os.kill(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "--resume" in stderr
    stopped = json.loads((folder / "exit.json").read_text())
    assert stopped["outcome"] == "stopped"
    assert "not empty" in refused(*arguments)

    config = json.loads((folder / "config.json").read_text())
    done = [
        json.loads(line)["epoch"] for line in (folder / "metrics.jsonl").read_text().splitlines() if "val_loss" in line
    ]
    config["recipe"]["epochs"] = done[-1] + 2  # a shorter way to the end
    (folder / "config.json").write_text(json.dumps(config))
    text = ok("train", "cnn-small", "--resume")  # the last interrupted one
    assert "completed" in text
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    epochs = [json.loads(line)["epoch"] for line in lines if '"epoch"' in line and "val_loss" in line]
    assert epochs == list(range(1, done[-1] + 3))  # each once
    card = json.loads((folder / "card.json").read_text())
    assert card["model"] == "cnn-small"
    assert np.isfinite(card["metrics"]["test"]["bce"])

    pixels = json.loads(ok("predict", "--poster", poster_of(film_folder), "--weights", folder, "--json"))
    assert set(pixels["predictions"]) == {"cnn-small"}

    exported = film_folder / "exported"
    ok("export", "cnn-small", "--weights", folder, "--format", "saved_model", "--output", exported)
    assert (exported / "saved_model.pb").is_file()
