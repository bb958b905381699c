import csv

import film_sets
import pandas as pd
import pytest

from genreclf.errors import UserError
from genreclf.predict import Predictor
from genreclf.tables import predict_table
from genreclf.weights import read_weights


@pytest.fixture(scope="module")
def predictors(trained_weights) -> list[Predictor]:
    return [Predictor(read_weights(trained_weights / model)) for model in ("tfidf", "prior")]


def predicted(tmp_path, predictors, content: str) -> list[dict[str, str]]:
    source, output = tmp_path / "films.csv", tmp_path / "out.csv"
    source.write_text(content, "utf-8")
    predict_table(source, output, predictors)
    with output.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_row_of_the_wrong_length_has_its_reason_and_stops_no_other(tmp_path, predictors):
    rows = predicted(
        tmp_path,
        predictors,
        "Id,Overview,Note\n007,ghost blood,x\ntt2,love kiss,x,one too many\ntt3\ntt4,outlaw ranch,x,,\n",
    )
    assert [row["Id"] for row in rows] == ["007", "tt2", "tt3", "tt4"]
    assert [row["problem"] for row in rows] == ["", "row has 4 cells, the table has 3 columns", "overview is empty", ""]
    assert [bool(row["tfidf_genre_1"]) for row in rows] == [True, False, False, True]
    assert [bool(row["prior_genre_1"]) for row in rows] == [True, False, True, True]
    assert rows[0]["tfidf_genre_1"] == "Horror"


def test_commas_at_every_rows_end_shift_nothing(tmp_path, predictors):
    films = film_sets.films(20)
    plain = predicted(tmp_path, predictors, "Id,Overview\n" + "".join(f'{f.id},"{f.overview}"\n' for f in films))
    trailing = predicted(tmp_path, predictors, "Id,Overview\n" + "".join(f'{f.id},"{f.overview}",\n' for f in films))
    assert trailing == plain
    assert not any(row["problem"] for row in plain)


def test_many_chunks_are_one_table(tmp_path, predictors, monkeypatch):
    films = film_sets.films(25)
    content = "Id,Overview\n" + "".join(f'{film.id},"{film.overview}"\n' for film in films)
    whole = predicted(tmp_path, predictors, content)
    monkeypatch.setattr("genreclf.tables.CHUNK", 7)
    assert predicted(tmp_path, predictors, content) == whole
    source = tmp_path / "films.parquet"
    pd.DataFrame({"Id": [film.id for film in films], "Overview": [film.overview for film in films]}).to_parquet(source)
    predict_table(source, tmp_path / "out.parquet", predictors)
    table = pd.read_parquet(tmp_path / "out.parquet")
    assert table["tfidf_genre_1"].tolist() == [row["tfidf_genre_1"] for row in whole]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "has no row"),
        (b"Id,Overview\n", "has no row"),
        (b"Id,Overview\na,F\xfcr\n", "not UTF-8"),
        (b"Id,Plot\na,b\n", "lacks the column Overview"),
        (b"Id,Overview,Overview\na,b,c\n", "Overview more than once"),
        (b'Id,Overview\na,"' + b"x" * 200_000, "cannot be read as CSV"),
    ],
)
def test_a_table_that_cannot_be_used_is_told_and_leaves_nothing(tmp_path, predictors, content, reason):
    (tmp_path / "films.csv").write_bytes(content)
    with pytest.raises(UserError, match=reason):
        predict_table(tmp_path / "films.csv", tmp_path / "out.csv", predictors)
    assert [path.name for path in tmp_path.iterdir()] == ["films.csv"]
