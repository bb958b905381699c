"""``genreclf predict`` with the poster model, the overview model and Fusion, in this process."""

import json
import shutil

import film_sets
import pandas as pd
import pytest


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
    assert table["problem"].tolist() == ["overview is empty", "poster file is missing"]
