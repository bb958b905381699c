"""``genreclf predict`` with models that look closely, read well, or do both; in this process."""

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


def answers(called: tuple[int, str, str]) -> dict[str, list[dict]]:
    code, out, err = called
    assert code == 0, err
    return json.loads(out)["predictions"]


def test_whatever_is_given_of_a_film_fusion_answers(predict, poster):
    text = "A ghost haunts the cellar."
    looked = answers(predict("--poster", poster, "--json"))
    read = answers(predict("--overview", text, "--json"))
    both = answers(predict("--poster", poster, "--overview", text, "--json"))
    assert set(looked) == {"fusion", "poster"}
    assert set(read) == {"fusion", "overview"}
    assert set(both) == {"fusion", "poster", "overview"}
    assert looked["fusion"] == looked["poster"] == both["poster"]  # thresholds, too
    assert read["fusion"] == read["overview"] == both["overview"]
    assert both["fusion"] not in (both["poster"], both["overview"])


def test_its_label_is_what_people_read(predict, poster):
    code, out, _ = predict("--poster", poster, "--models", "fusion,poster")
    assert code == 0
    assert "Fusion" in out
    assert "EfficientNet" in out


def test_a_model_without_its_input_is_refused_in_a_line(predict, poster):
    code, out, err = predict("--poster", poster, "--models", "overview,fusion")
    assert (code, out) == (2, "")
    assert "overview needs the film's overview; add --overview" in err


def test_what_a_terminal_gives_that_is_no_text_is_read_all_the_same(predict):
    heard = predict("--overview", "A ghost \udcff haunts", "--models", "overview", "--json")
    assert set(answers(heard)) == {"overview"}


def test_parts_that_are_gone_are_told_in_a_line(predict, poster, fusion_weights, tmp_path):
    fallback_part = tmp_path / "alone" / "fusion"
    shutil.copytree(fusion_weights / "fusion", fallback_part, ignore=shutil.ignore_patterns("parts"))
    code, out, err = predict("--poster", poster, weights=fallback_part)
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
