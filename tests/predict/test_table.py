import csv
from functools import partial
from types import SimpleNamespace
from typing import ClassVar

import film_sets
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from genreclf.data.posters import poster_array
from genreclf.errors import UserError
from genreclf.genres import GENRES
from genreclf.models import get_spec
from genreclf.predict import predictor as module
from genreclf.predict.film import predict_film
from genreclf.predict.predictor import GenrePrediction, Predictor, top_genres
from genreclf.predict.table import predict_table
from genreclf.weights.folder import read_weights


@pytest.fixture(scope="module")
def predictors(trained_weights) -> list[Predictor]:
    return [Predictor(read_weights(trained_weights / model)) for model in ("tfidf", "prior")]


def predicted(tmp_path, predictors, content: str) -> list[dict[str, str]]:
    source, output = tmp_path / "films.csv", tmp_path / "out.csv"
    source.write_text(content, "utf-8")
    predict_table(source, output, predictors)
    with output.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_row_of_the_wrong_length_is_reported_and_the_others_predicted(tmp_path, predictors):
    rows = predicted(
        tmp_path,
        predictors,
        "Id,Overview,Note\n007,ghost blood,x\ntt2,love kiss,x,surplus\ntt3\ntt4,outlaw ranch,x,,\n",
    )
    assert [row["Id"] for row in rows] == ["007", "tt2", "tt3", "tt4"]
    assert [row["problem"] for row in rows] == ["", "row has 4 cells, the table has 3 columns", "overview is empty", ""]
    assert [bool(row["tfidf_genre_1"]) for row in rows] == [True, False, False, True]
    assert [bool(row["prior_genre_1"]) for row in rows] == [True, False, True, True]
    assert rows[0]["tfidf_genre_1"] == "Horror"


def test_trailing_commas_are_ignored(tmp_path, predictors):
    films = film_sets.films(20)
    plain = predicted(tmp_path, predictors, "Id,Overview\n" + "".join(f'{f.id},"{f.overview}"\n' for f in films))
    trailing = predicted(tmp_path, predictors, "Id,Overview\n" + "".join(f'{f.id},"{f.overview}",\n' for f in films))
    assert trailing == plain
    assert not any(row["problem"] for row in plain)


def test_chunks_are_joined_to_one_table(tmp_path, predictors, monkeypatch):
    films = film_sets.films(25)
    content = "Id,Overview\n" + "".join(f'{film.id},"{film.overview}"\n' for film in films)
    whole = predicted(tmp_path, predictors, content)
    monkeypatch.setattr("genreclf.predict.table.CHUNK", 7)
    assert predicted(tmp_path, predictors, content) == whole
    source = tmp_path / "films.parquet"
    pd.DataFrame({"Id": [film.id for film in films], "Overview": [film.overview for film in films]}).to_parquet(source)
    predict_table(source, tmp_path / "out.parquet", predictors)
    table = pd.read_parquet(tmp_path / "out.parquet")
    assert table["tfidf_genre_1"].tolist() == [row["tfidf_genre_1"] for row in whole]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "has no rows"),
        (b"Id,Overview\n", "has no rows"),
        (b"Id,Overview\na,F\xfcr\n", "not UTF-8"),
        (b"Id,Plot\na,b\n", "has no column Overview"),
        (b"Id,Overview,Overview\na,b,c\n", "Overview more than once"),
        (b'Id,Overview\na,"' + b"x" * 200_000, "cannot be read as CSV"),
    ],
)
def test_an_unusable_table_is_reported_and_no_output_is_left(tmp_path, predictors, content, reason):
    (tmp_path / "films.csv").write_bytes(content)
    with pytest.raises(UserError, match=reason):
        predict_table(tmp_path / "films.csv", tmp_path / "out.csv", predictors)
    assert [path.name for path in tmp_path.iterdir()] == ["films.csv"]


# Rows with a poster, an overview, or both


BY_INPUT = {(True, True): "Action", (True, False): "Drama", (False, True): "War", (False, False): "News"}


class FakePredictor:
    """A predictor whose most probable genre encodes the inputs it got, and whose second one encodes the film."""

    parts: ClassVar = {}

    def __init__(self, model: str):
        self.spec = get_spec(model)
        self.weights = SimpleNamespace(cache_key=model)
        self.calls: list[tuple[str, int]] = []

    def predict_with_parts(self, posters=None, overviews=None, films=None):
        genre = BY_INPUT[posters is not None, overviews is not None]
        for values in (posters, overviews):
            assert values is None or len(values) == films
        assert posters is None or posters.shape == (films, *self.spec.poster_size, 3)
        self.calls.append((genre, films))
        probabilities = np.zeros((films, 25), np.float32)
        probabilities[:, GENRES.index(genre)] = 0.9
        if overviews is not None:
            probabilities[:, GENRES.index("Horror")] = [int(text.split()[-1]) / 100 for text in overviews]
        elif posters is not None:
            probabilities[:, GENRES.index("Horror")] = posters.mean(axis=(1, 2, 3)) / 1000
        return probabilities, {}

    def top(self, probabilities, count=3, fallback_part="") -> list[GenrePrediction]:
        return top_genres(probabilities, np.full(25, 0.5), count)


@pytest.fixture
def mixed_table(tmp_path):
    """A table whose rows have: both inputs, a poster, an overview, neither, both, a broken poster and an overview."""
    (tmp_path / "Images").mkdir()
    for film_id, shade in (("a", 40), ("b", 80), ("e", 120)):
        (tmp_path / "Images" / f"{film_id}.jpg").write_bytes(film_sets.jpeg((shade, shade, shade)))
    (tmp_path / "Images" / "f.jpg").write_bytes(b"404")
    path = tmp_path / "films.csv"
    path.write_text("Id,Overview\na,film 1\nb,\nc,film 3\nd,\ne,film 5\nf,film 6\n")
    return path


def test_each_row_is_predicted_from_its_inputs(mixed_table, tmp_path):
    fusion, poster, prior = FakePredictor("fusion"), FakePredictor("poster"), FakePredictor("prior")
    done, failed = predict_table(mixed_table, tmp_path / "out.csv", [fusion, poster, prior], top=2)
    assert (done, failed) == (6, 4)
    assert sorted(fusion.calls) == [("Action", 2), ("Drama", 1), ("War", 2)]
    assert sorted(poster.calls) == [("Drama", 1), ("Drama", 2)]
    assert sum(films for _, films in prior.calls) == 6
    table = pd.read_csv(tmp_path / "out.csv", keep_default_na=False)
    assert table["Id"].tolist() == list("abcdef")
    assert table["fusion_genre_1"].tolist() == ["Action", "Drama", "War", "", "Action", "War"]
    films = [str(value) for value in table["fusion_probability_2"]]
    assert [films[row] for row in (0, 2, 4, 5)] == ["0.01", "0.03", "0.05", "0.06"]  # each row its own
    assert float(films[1]) == pytest.approx(0.08, abs=0.004)  # the shade of its poster
    assert table["poster_genre_1"].tolist() == ["Drama", "Drama", "", "", "Drama", ""]
    shades = [float(table["poster_probability_2"][row]) for row in (0, 1, 4)]
    assert shades == pytest.approx([0.04, 0.08, 0.12], abs=4e-3)
    assert table["problem"].tolist() == [
        "", "overview is empty", "poster Images/c.jpg is missing",
        "overview is empty; poster Images/d.jpg is missing", "",
        "poster is not a JPEG, PNG or WebP image",
    ]  # fmt: skip


def test_the_fallback_parts_thresholds_are_used(mixed_table, tmp_path):
    fallback_parts = []

    class Recorder(FakePredictor):
        def top(self, probabilities, count=3, fallback_part=""):
            fallback_parts.append(fallback_part)
            return super().top(probabilities, count, fallback_part)

    predict_table(mixed_table, tmp_path / "out.csv", [Recorder("fusion")])
    assert sorted(fallback_parts) == ["", "", "overview", "overview", "poster"]  # the fourth row has no prediction


@pytest.mark.parametrize(("column", "genre"), [("Overview", "War"), ("Id", "Drama")])
def test_one_column_is_enough_for_fusion(mixed_table, tmp_path, column, genre):
    table = pd.read_csv(mixed_table, dtype=str, keep_default_na=False)
    table = table[table["Id"].isin(["a", "e"])][[column]]
    table.to_csv(mixed_table, index=False)
    fusion = FakePredictor("fusion")
    predict_table(mixed_table, tmp_path / "out.csv", [fusion])
    assert fusion.calls == [(genre, 2)]
    with pytest.raises(UserError, match="has no column"):
        predict_table(mixed_table, tmp_path / "o.csv", [fusion, FakePredictor("poster"), FakePredictor("overview")])


def test_if_both_columns_are_missing_both_are_named(tmp_path):
    (tmp_path / "films.csv").write_text("Title\nJaws\n")
    with pytest.raises(UserError, match="has no column Id and Overview"):
        predict_table(tmp_path / "films.csv", tmp_path / "out.csv", [FakePredictor("fusion")])


@pytest.fixture
def network_calls(monkeypatch) -> list[str]:
    """The name of the network for every batch that one processes."""
    calls: list[str] = []
    compiled = module._compiled

    def recording(model, function):
        call = compiled(model, function)
        return lambda batch: calls.append(model.name) or call(batch)

    monkeypatch.setattr(module, "_compiled", recording)
    return calls


def test_fusion_and_its_parts_run_each_network_once(fusion_weights, mixed_table, network_calls, tmp_path):
    models = ("overview", "poster", "fusion")
    together = [Predictor(read_weights(fusion_weights / model)) for model in models]
    table = pd.read_csv(mixed_table, dtype=str, keep_default_na=False)
    table[table["Id"].isin(["a", "e"])].to_csv(mixed_table, index=False)
    predict_table(mixed_table, tmp_path / "out.csv", together)
    assert sorted(network_calls) == sorted(models)
    network_calls.clear()
    image = Image.fromarray(np.full((320, 216, 3), 90, np.uint8))
    film = predict_film(together, partial(poster_array, image), "A ghost haunts the cellar.")
    assert sorted(network_calls) == sorted(models)
    assert [prediction.weights.model for prediction in film] == list(models)
    network_calls.clear()
    (only_poster,) = predict_film(together[1:2], partial(poster_array, image), None)
    assert network_calls == ["poster"]
    without_overview = predict_film(together, partial(poster_array, image), None)
    assert network_calls == ["poster"] * 2, "fusion falls back to its poster part, which is the poster model"
    assert [prediction.fallback_part for prediction in without_overview] == ["", "poster"]
    assert np.allclose(without_overview[0].probabilities, only_poster.probabilities, atol=1e-6)
    output = pd.read_csv(tmp_path / "out.csv")
    for predictor in together:  # the same as each model on its own
        predict_table(mixed_table, tmp_path / "single.csv", [predictor])
        single = pd.read_csv(tmp_path / "single.csv")
        name = f"{predictor.spec.name}_probability_1"
        assert np.allclose(output[name], single[name], atol=1e-3)
