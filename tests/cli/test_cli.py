"""The command line as users run it, as a separate process."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import film_sets
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from genreclf import paths
from genreclf.cli import main
from genreclf.evaluation.metrics import METRICS
from genreclf.genres import GENRES
from genreclf.runs.folder import Status, list_runs


def genreclf(*arguments, timeout=180, cwd=None):
    """Run ``python -m genreclf`` and return the finished process."""
    return subprocess.run(
        [sys.executable, "-m", "genreclf", *map(str, arguments)],
        capture_output=True, text=True, timeout=timeout, env={**os.environ, "PYTHONPATH": str(paths.PROJECT)}, cwd=cwd,
    )  # fmt: skip


def ok(*arguments, **options):
    """Run a command that must succeed, and return its stdout."""
    done = genreclf(*arguments, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rejected(*arguments, **options):
    """Run a command that must be rejected, and return the one line that it prints."""
    done = genreclf(*arguments, **options)
    return error_line(done.returncode, done.stdout, done.stderr)


def error_line(status, stdout, stderr):
    """The one line that a rejected command prints."""
    assert status == 2, stdout + stderr
    assert stdout == ""
    lines = stderr.strip().splitlines()
    assert len(lines) == 1, stderr
    assert "Traceback" not in stderr
    return lines[0]


@pytest.fixture
def rejected_here(monkeypatch, capsys):
    """``rejected`` in this process, which saves a second or two."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["genreclf", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return error_line(end.value.code, *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory, shared_film_folder):
    """A home folder with baselines that were trained on the synthetic set and promoted, and their runs."""
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
    """Use that home folder."""
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
    assert set(info) > {"films", "posters", "genres", "splits", "problems", "digest"}
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


def test_data_info_counts_what_is_doubtful_and_groups_many_problems(tmp_path, call):
    films = film_sets.films(50)
    unknown = [film_sets.Film(f"bad{number}", ["Film-Noir"], film.overview, None) for number, film in enumerate(films)]
    again = [replace(film, id=f"again{number}") for number, film in enumerate(films)]
    sequel = film_sets.Film("sequel", ["Sci-Fi"], "The sequel of", film_sets.jpeg(), {"Genre": "['Science Fiction']"})
    folder = film_sets.write_set(tmp_path / "films", [*films, *unknown, *again, sequel])
    code, text, _ = call("data", "info", "--data", folder)
    assert code == 0
    assert "50 rows left out" in text
    assert sum("Film-Noir" in line for line in text.splitlines()) == 1
    assert "1 film: genre 'Science Fiction' read as Sci-Fi" in text
    assert "1 overview stops" in text
    info = json.loads(call("data", "info", "--data", folder, "--json")[1])
    assert len(info["problems"]) == 50
    assert info["stubs"] == 1
    health = {finding["kind"]: finding for finding in info["health"]}
    assert health["overviews_cut_off"]["films"] == ["sequel"]
    assert len(health["test_films_with_twins_in_training"]["leave_out"]) == info["twins"]["test_in_train"]
    assert all(finding["message"] in text and finding["effect"] in text for finding in info["health"])
    assert info["twins"]["films"] == 100
    assert f"{info['twins']['test_in_train']} of {info['splits']['test']} test films share" in text


@pytest.mark.parametrize(("missing", "kept"), [("posters", "overviews"), ("overviews", "posters")])
def test_data_info_says_what_a_set_lacks(tmp_path, call, missing, kept):
    folder = film_sets.write_set(tmp_path / "films", film_sets.films(12), without=missing)
    assert f"12 films with {kept}, without {missing}" in call("data", "info", "--data", folder)[1]
    info = json.loads(call("data", "info", "--data", folder, "--json")[1])
    assert (info[kept], info[missing]) == (12, 0)


def test_the_data_folder_may_come_from_the_environment(film_folder, monkeypatch):
    monkeypatch.setenv("GENRECLF_DATA", str(film_folder))
    assert json.loads(ok("data", "info", "--json"))["films"] > 0


def test_bad_input_is_rejected_in_one_line(tmp_path, film_folder, rejected_here):
    assert "does not exist" in rejected("data", "info", "--data", tmp_path / "nowhere")
    assert "no model 'resnet'" in rejected_here("train", "resnet", "--data", film_folder)
    assert "must be true or false" in rejected_here("train", "cnn", "--data", film_folder, "--set", "augment=7")
    assert "no split 'dev'" in rejected_here("evaluate", "--data", film_folder, "--split", "dev")
    assert "empty" in rejected_here("predict", "--overview", "  ")
    assert all(option in rejected_here("predict") for option in ("--poster", "--overview", "--input"))
    assert "not a JPEG" in rejected_here(
        "predict", "--poster", film_folder / "IMDB_overview_genres.csv", "--models", "cnn"
    )
    assert "No run matches" in rejected_here("runs", "stop", "../../etc")
    assert "no set of weights" in rejected_here("runs", "reset", "cnn", "--set", "../..")
    assert "--run-dir" in rejected_here("train", "cnn", "--resume")
    assert "no model 'cnn,lstm'" in rejected_here("export", "cnn,lstm", "--output", tmp_path / "model")


def test_a_model_is_not_queued_for_films_without_its_input(tmp_path, rejected_here):
    films = film_sets.write_set(tmp_path / "films", film_sets.films(12), without="overviews")
    assert "learns from overviews" in rejected_here("train", "lstm", "--data", films)
    assert list_runs() == []
    assert "no overviews" in rejected_here("evaluate", "--data", films, "--models", "lstm")


def test_wrong_arguments_are_rejected_in_one_line(rejected_here):
    assert "Missing argument 'model'" in rejected_here("train")
    assert "No such command 'dance'" in rejected("dance")
    assert "--top" in rejected_here("predict", "--overview", "A war", "--top", 99)
    assert ok("--version").startswith("genreclf ")


@pytest.mark.parametrize(("model", "setting"), [("lstm-small", "corruptions=0.5"), ("cnn-small", "word_dropout=0.5")])
def test_a_setting_without_effect_is_refused(model, setting):
    done = genreclf("train", model, "--data", paths.SAMPLE, "--set", setting)
    assert done.returncode == 2
    assert f"no effect on {model}" in done.stderr
    assert not list_runs()


def test_the_settings_of_a_model_are_listed(in_trained):
    text = ok("train", "poster", "--set", "frozen_blocks=4", "--list-settings")
    rows = {line.split()[0]: line.split()[1] for line in text.splitlines() if line[:1].isalpha()}
    assert {"epochs", "augment", "frozen_blocks", "backbone"} <= set(rows)
    assert rows["frozen_blocks"] == "4"
    assert "word_dropout" not in rows, "it does not apply to posters"
    assert not set("`*") & set(text), "a terminal shows no Markdown"
    assert len(json.loads(ok("runs", "--json"))) == 2, "nothing is trained"


def test_a_traceback_is_printed_only_with_debug(tmp_path):
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
    for scores in report["baselines"].values():
        assert set(scores) == set(METRICS)
        assert all(value >= 0 for value in scores.values())
    assert report["baselines"]["tfidf"]["bce"] < report["baselines"]["prior"]["bce"]
    assert "TF-IDF (baseline)" in ok("evaluate", "--data", shared_film_folder, "--weights", weights)


def test_evaluate_measures_someone_elses_predictions_and_runs(in_trained, shared_film_folder, tmp_path, call):
    weights = in_trained / "weights" / "imdb"
    arguments = ("evaluate", "--data", shared_film_folder, "--weights", weights)
    wide = tmp_path / "mine.parquet"
    code, _, err = call("predict", "--input", shared_film_folder / "IMDB_overview_genres.csv", "--output", wide,
                        "--models", "tfidf", "--weights", weights, "--wide")  # fmt: skip
    assert code == 0, err
    run = next(run for run in list_runs() if run.model == "tfidf")
    if not run.exit:
        run.finish(Status.COMPLETED)
    code, out, err = call(*arguments, "--predictions", wide, "--run", run.id, "--json")
    assert code == 0, err
    report = json.loads(out)
    assert list(report["models"])[-1] == "mine"
    assert len(report["models"]) == 2
    for scores in report["models"].values():
        assert scores["bce"] == pytest.approx(report["baselines"]["tfidf"]["bce"], abs=1e-3)
    assert report["genres"] == list(GENRES)
    assert report["missing"] == {}
    assert "“mine”: thresholds fitted" in err
    table = pd.read_parquet(wide)
    table["tfidf_p_Drama"] += 7
    table.to_csv(tmp_path / "logits.csv", index=False)
    code, out, err = call(*arguments, "--predictions", tmp_path / "logits.csv")
    assert "tfidf_p_Drama" in error_line(code, out, err)
    assert "No run matches" in error_line(*call(*arguments, "--run", "nothing"))


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
    done = genreclf(*arguments, "--report", tmp_path / "file" / "report.html")
    assert done.returncode == 2
    assert "a folder is needed" in done.stderr.splitlines()[-1]  # on a slow machine, progress comes first


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


def test_a_model_without_its_input_is_rejected(in_trained):
    assert "needs the film's overview" in rejected("predict", "--poster", poster_of(in_trained), "--models", "tfidf")


def test_a_poster_is_opened_as_in_the_app(in_trained, tmp_path):
    (tmp_path / "icon.png").write_bytes(film_sets.encoded(Image.new("RGB", (8, 8)), "PNG"))
    assert "icon.png: This poster has only 8×8 pixels" in rejected("predict", "--poster", tmp_path / "icon.png")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert "pipe.jpg: This poster cannot be read (it is not a regular file)" in rejected(
        "predict", "--poster", tmp_path / "pipe.jpg"
    )


def poster_of(folder):
    """Write a poster into a folder."""
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


def test_an_unusable_table_is_rejected(in_trained, tmp_path):
    path = tmp_path / "films.csv"
    path.write_text("Id\na\n")
    assert "has no column Overview" in rejected(
        "predict", "--input", path, "--output", tmp_path / "o.csv", "--models", "tfidf"
    )
    assert not (tmp_path / "o.csv").exists()
    assert "extension" in rejected("predict", "--input", path, "--output", tmp_path / "o.txt", "--models", "tfidf")
    assert "does not exist" in rejected(
        "predict", "--input", tmp_path / "no.csv", "--output", tmp_path / "o.csv", "--models", "tfidf"
    )


def test_train_stop_and_resume_a_network(film_folder, home):
    """A training in the terminal stops gracefully on Ctrl-C, and can be continued."""
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
        # a shell's background jobs ignore Ctrl-C, and tests run in one inherit that
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
    assert "not empty" in rejected(*arguments)

    config = json.loads((folder / "config.json").read_text())
    done = [
        json.loads(line)["epoch"] for line in (folder / "metrics.jsonl").read_text().splitlines() if "val_loss" in line
    ]
    config["recipe"]["epochs"] = done[-1] + 2  # to end sooner
    (folder / "config.json").write_text(json.dumps(config))
    text = ok("train", "cnn-small", "--resume")  # the last interrupted run
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
