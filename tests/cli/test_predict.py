"""``genreclf predict`` with the poster model, the overview model and Fusion, in this process."""

import json
import os
import shutil
import subprocess
import sys
import time

import film_sets
import pandas as pd
import pytest

import genreclf
from genreclf import paths
from genreclf.predict.film import UNFAMILIAR


@pytest.fixture
def predict(call, fusion_weights):
    """Runs ``predict`` with the trained weights (see ``call``)."""

    def run(*arguments: object, weights=fusion_weights) -> tuple[int, str, str]:
        return call("predict", *arguments, "--weights", weights)

    return run


@pytest.fixture
def poster(tmp_path):
    path = tmp_path / "poster.jpg"
    path.write_bytes(film_sets.jpeg((15, 20, 15)))
    return path


def predictions(called: tuple[int, str, str]) -> dict[str, list[dict]]:
    code, out, err = called
    assert code == 0, err
    return json.loads(out)["predictions"]


def test_fusion_predicts_from_any_input(predict, poster):
    text = "A ghost haunts the cellar."
    from_poster = predictions(predict("--poster", poster, "--json"))
    from_overview = predictions(predict("--overview", text, "--json"))
    both = predictions(predict("--poster", poster, "--overview", text, "--json"))
    assert set(from_poster) == {"fusion", "poster"}
    assert set(from_overview) == {"fusion", "overview"}
    assert set(both) == {"fusion", "poster", "overview"}
    assert from_poster["fusion"] == from_poster["poster"] == both["poster"]  # thresholds, too
    assert from_overview["fusion"] == from_overview["overview"] == both["overview"]
    assert both["fusion"] not in (both["poster"], both["overview"])


def test_the_table_shows_the_models_labels(predict, poster):
    code, out, _ = predict("--poster", poster, "--models", "fusion,poster")
    assert code == 0
    assert "Fusion" in out
    assert "EfficientNet" in out


def test_a_model_without_its_input_is_rejected(predict, poster):
    code, out, err = predict("--poster", poster, "--models", "overview,fusion")
    assert (code, out) == (2, "")
    assert "overview needs the film's overview; add --overview" in err


def test_bytes_that_are_not_text_are_accepted(predict):
    called = predict("--overview", "A ghost \udcff haunts", "--models", "overview", "--json")
    assert set(predictions(called)) == {"overview"}


def test_missing_parts_are_reported(predict, poster, fusion_weights, tmp_path):
    folder = tmp_path / "alone" / "fusion"
    shutil.copytree(fusion_weights / "fusion", folder, ignore=shutil.ignore_patterns("parts"))
    code, out, err = predict("--poster", poster, weights=folder)
    assert (code, out) == (2, "")
    [line] = err.strip().splitlines()
    assert "weights of poster that are neither in it nor beside it" in line


def test_a_table_of_films(predict, tmp_path, poster):
    (tmp_path / "Images").mkdir()
    shutil.copyfile(poster, tmp_path / "Images" / "a.jpg")
    pd.DataFrame({"Id": ["a", "b"], "Overview": ["", "Love and war."]}).to_csv(tmp_path / "films.csv", index=False)
    code, _, err = predict("--input", tmp_path / "films.csv", "--output", tmp_path / "out.csv")
    assert code == 0, err
    table = pd.read_csv(tmp_path / "out.csv", dtype=str, keep_default_na=False)
    for row, (part, other) in enumerate((("poster", "overview"), ("overview", "poster"))):
        for column in ("genre_1", "probability_1", "chosen"):
            assert table[f"fusion_{column}"][row] == table[f"{part}_{column}"][row]
            assert table[f"{other}_{column}"][row] == ""
    assert table["problem"].tolist() == ["overview is empty", "poster Images/b.jpg is missing"]


@pytest.fixture
def predict_text(call, trained_weights):
    """Runs ``predict`` with TF-IDF and the base rates, which need no TensorFlow."""

    def run(*arguments: object) -> tuple[int, str, str]:
        return call("predict", *arguments, "--weights", trained_weights)

    return run


@pytest.mark.parametrize(
    "text", ["", "... !!!", "nan", "N/A", "No overview found.", "🎬👻", "一个年轻人爱上了一个女人。"]
)
def test_a_text_that_says_nothing_is_refused(predict_text, poster, text):
    for given in ((), ("--poster", poster)):
        code, out, err = predict_text("--overview", text, *given)
        assert (code, out) == (2, "")
        [line] = err.strip().splitlines()
        assert "overview" in line
        assert "leave out --overview" in line


def test_notes_are_printed_and_in_the_json(predict_text):
    code, out, err = predict_text("--overview", "Love.", "--models", "tfidf", "--json")
    printed = json.loads(out)
    assert code == 0
    assert set(printed["predictions"]) == {"tfidf"}
    assert printed["notes"]
    assert err.strip().splitlines() == printed["notes"]
    plot = "A ghost haunts the dark cellar of the old house."
    code, out, err = predict_text("--overview", plot, "--models", "tfidf", "--json")
    assert json.loads(out)["notes"] == []
    assert err == ""


def test_a_poster_unlike_those_of_the_training_is_noted(predict, poster, fusion_weights, tmp_path):
    root = shutil.copytree(fusion_weights, tmp_path / "imdb")
    for card in root.glob("**/poster/card.json"):  # fusion has a copy of its own
        card.write_text(json.dumps(json.loads(card.read_text()) | {"familiarity": {"weights": [0] * 120, "bias": 1}}))
    for arguments in (("--poster", poster), ("--poster", poster, "--overview", "A ghost haunts the cellar.")):
        code, out, _ = predict(*arguments, "--json", weights=root)
        assert code == 0
        assert UNFAMILIAR in json.loads(out)["notes"]
        assert UNFAMILIAR not in json.loads(predict(*arguments, "--json")[1])["notes"]
    (tmp_path / "Images").mkdir()
    shutil.copy(poster, tmp_path / "Images" / "a.jpg")
    (tmp_path / "films.csv").write_text("Id,Overview\na,A ghost haunts the cellar.\nb,A ghost haunts the cellar.\n")
    code, *_ = predict("--input", tmp_path / "films.csv", "--posters", tmp_path / "Images",
                       "--output", tmp_path / "out.csv", weights=root)  # fmt: skip
    assert code == 0
    notes = pd.read_csv(tmp_path / "out.csv", keep_default_na=False)["note"]
    assert [UNFAMILIAR in note for note in notes] == [True, False]


def test_damaged_weights_of_another_model_do_not_matter(call, trained_weights, tmp_path):
    weights = tmp_path / "weights"
    shutil.copytree(trained_weights / "tfidf", weights / "tfidf")
    for model, content in (("lstm", "[1]"), ("overview", (trained_weights / "tfidf" / "card.json").read_text())):
        (weights / model).mkdir()
        (weights / model / "card.json").write_text(content)
        (weights / model / "vocabulary.txt").write_bytes(b"\xff")
    code, _, err = call("predict", "--overview", "A ghost haunts.", "--models", "tfidf", "--weights", weights)
    assert code == 0, err


def test_models_have_the_apps_names_too(predict_text, call):
    plot = "A ghost haunts the dark cellar of the old house."
    named = predict_text("--overview", plot, "--models", "TF-IDF, base rates,tfidf", "--json")
    assert named == predict_text("--overview", plot, "--models", "tfidf,prior", "--json")
    for command in (["predict", "--overview", plot, "--models", "Efficentnet"], ["train", "Efficentnet"],
                    ["export", "Efficentnet", "--output", "x"], ["evaluate", "--models", "efficientnets"],
                    ["runs", "reset", "Efficentnet"]):  # fmt: skip
        code, _, err = call(*command)
        assert code == 2
        assert "did you mean poster, EfficientNet" in err


def test_a_table_is_refused_before_models_are_loaded(predict, tmp_path, monkeypatch):
    monkeypatch.setattr(genreclf, "Predictor", None)
    source, output = tmp_path / "films.csv", tmp_path / "out.csv"
    source.write_text("imdbId,Overview\na,A ghost.\n")
    (tmp_path / "Images").mkdir()
    for given, reason in (
        (("--models", "poster"), "--id-column imdbId"),
        (("--models", "MiniLM", "--posters", tmp_path / "Images"), "--posters is given"),
        (("--overview-column", "plot"), "--overview-column plot"),
    ):
        code, out, err = predict("--input", source, "--output", output, *given)
        assert (code, out) == (2, "")
        assert reason in err
    assert not output.exists()
    code, _, err = predict("--overview", "A ghost.", "--wide")
    assert code == 2
    assert "--wide is for tables" in err


def test_options_of_tables(predict_text, tmp_path):
    source, output = tmp_path / "films.csv", tmp_path / "out.parquet"
    source.write_text("imdbId;Plot\n7;A ghost haunts the dark cellar of the old house.\n")
    called = predict_text("--input", source, "--output", output, "--id-column", "imdbId", "--overview-column", "Plot",
                          "--wide", "--top", 1, "--models", "tfidf", "--json")  # fmt: skip
    code, out, err = called
    assert code == 0, err
    assert json.loads(out) == {"rows": 1, "problems": 0, "output": str(output)}
    table = pd.read_parquet(output)
    assert table.columns[:2].tolist() == ["imdbId", "Plot"]
    assert table["tfidf_p_N/A"].notna().all()


def test_a_stopped_prediction_leaves_no_temporary_file(tmp_path, trained_weights):
    source, output = tmp_path / "films.csv", tmp_path / "out" / "scored.csv"
    source.write_text("Overview\n" + "A ghost haunts the cellar.\n" * 100_000)
    command = [sys.executable, "-m", "genreclf", "predict", "--input", str(source), "--output", str(output),
               "--models", "prior", "--weights", str(trained_weights)]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(paths.PROJECT)}
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment) as process:
        until = time.monotonic() + 60
        while not list(output.parent.glob(".scored.csv.*")) and time.monotonic() < until:
            time.sleep(0.02)
        process.terminate()
        assert process.wait() == 143
    assert list(output.parent.iterdir()) == []
