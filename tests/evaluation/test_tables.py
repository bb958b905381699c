"""Someone else's predictions: what is read, what is refused, and how they are judged beside ours."""

import csv
from pathlib import Path

import film_sets
import numpy as np
import pandas as pd
import predicted_sets
import pytest
from prediction_sets import simulated_probabilities

from genreclf.data.catalogue import load_catalogue
from genreclf.errors import UserError
from genreclf.evaluation import predictions as predictions_module
from genreclf.evaluation import tables as module
from genreclf.evaluation.bootstrap import difference
from genreclf.evaluation.predictions import predict_split
from genreclf.evaluation.tables import DEFAULT_THRESHOLD, read_tables
from genreclf.evaluation.thresholds import fit_thresholds
from genreclf.evaluation.wording import films_sentence, scope_sentences
from genreclf.genres import GENRES


@pytest.fixture
def root(catalogue, tmp_path) -> Path:
    """Weights of three models with stored predictions for the test films."""
    return predicted_sets.write_predicted(tmp_path / "weights", catalogue, {"lstm": 0.4, "prior": 0.0, "tfidf": 0.2})


@pytest.fixture
def probabilities(catalogue) -> pd.DataFrame:
    """Probabilities of all 60 films, with their ids as the first column."""
    values = simulated_probabilities(catalogue.labels, 0.5, seed=5).astype(float)
    return pd.DataFrame(values, columns=GENRES).assign(Id=catalogue.films["id"])[["Id", *GENRES]]


@pytest.fixture
def judged(catalogue, root, tmp_path):
    """A function that judges a table, written as a file of this name, on the test films beside ours."""

    def judge(table: pd.DataFrame, name: str = "other.csv", split: str = "test"):
        path = tmp_path / name
        if path.suffix == ".parquet":
            table.to_parquet(path)
        else:
            table.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")
        return predict_split(catalogue, split, choice=root, tables=read_tables(path, catalogue))

    return judge


@pytest.mark.parametrize("name", ["other.csv", "other.tsv", "other.parquet"])
def test_a_table_is_a_model_beside_ours(judged, probabilities, catalogue, name):
    predictions = judged(probabilities.sample(frac=1, random_state=1), name)  # in any order
    assert list(predictions.models) == ["lstm", "prior", "tfidf", "other"]
    other = predictions.of("other")
    expected = probabilities[[*GENRES]].to_numpy(np.float32)
    assert np.allclose(other.probabilities, expected[predictions.rows])
    val = catalogue.in_split("val")
    assert np.array_equal(other.thresholds, fit_thresholds(catalogue.labels[val], expected[val]))
    assert len(predictions) == 8
    report = predictions.summary(["lstm"])
    assert list(report["models"]) == ["lstm", "other"]
    assert list(report["baselines"]) == ["prior", "tfidf"]
    assert (report["genres"], report["missing"], report["left_out"]) == (list(GENRES), {}, {})
    assert "5 validation films" in report["notes"]["other"]
    assert difference(predictions, "other", "prior", "bce", 50).better == "other"
    assert "other" in films_sentence(predictions).split("not known")[0]


def test_without_validation_films_the_threshold_is_a_half(judged, probabilities, catalogue):
    tested = probabilities[catalogue.films["split"] == "test"]
    predictions = judged(tested)
    assert set(predictions.of("other").thresholds) == {DEFAULT_THRESHOLD}
    assert str(DEFAULT_THRESHOLD) in predictions.of("other").note


def test_genres_are_matched_by_what_they_mean_and_lacking_ones_are_not_judged(judged, probabilities, catalogue):
    table = probabilities.rename(columns={"Sci-Fi": "Science Fiction", "Drama": " DRAMA "}).drop(
        columns=["Horror", "War"]
    )
    predictions = judged(table.assign(Title="A film", Votes=7))
    assert predictions.genres == tuple(genre for genre in GENRES if genre not in ("Horror", "War"))
    assert predictions.missing == {"other": ("Horror", "War")}
    labels = pd.DataFrame(catalogue.labels, columns=GENRES)[[*predictions.genres]].iloc[predictions.rows]
    assert np.array_equal(predictions.labels, labels)
    assert labels.any(axis=1).all(), "a film that has only other genres is not judged"
    assert predictions.left_out.get("with none of these genres", 0) == 8 - len(predictions)
    drama = probabilities["Drama"].to_numpy(np.float32)[predictions.rows]
    assert np.allclose(predictions.of("other").probabilities[:, predictions.genres.index("Drama")], drama)
    assert any("Horror" in sentence and "other" in sentence for sentence in scope_sentences(predictions))


def test_our_own_wide_tables_are_one_model_each(judged, probabilities, catalogue):
    wide = pd.DataFrame({"Id": probabilities["Id"]})
    for model in ("lstm", "cnn-small"):
        wide = wide.assign(**{f"{model}_chosen": "Drama"}, **{f"{model}_p_{g}": probabilities[g] for g in GENRES})
    flags = pd.DataFrame(catalogue.labels, columns=GENRES)  # the table's own columns, which are no predictions
    predictions = judged(pd.concat([wide, flags], axis=1))
    assert [name for name in predictions.models if name.startswith("other")] == ["other: LSTM", "other: Small CNN"]
    one = judged(wide[["Id", *(column for column in wide if column.startswith("lstm_"))]], "mine.csv")
    assert np.allclose(one.of("mine").probabilities, probabilities[[*GENRES]].to_numpy()[one.rows])


def test_a_name_is_never_that_of_a_model_nor_used_twice(probabilities, catalogue, root, tmp_path):
    found = []
    for folder, name in (("a", "lstm.csv"), ("b", "LSTM.csv"), ("c", "TF-IDF.csv")):
        (tmp_path / folder).mkdir()
        probabilities.to_csv(tmp_path / folder / name, index=False)
        found += read_tables(tmp_path / folder / name, catalogue)
    predictions = predict_split(catalogue, choice=root, tables=found)
    assert len(predictions.models) == 6
    assert [model.label.startswith(("lstm (", "LSTM (", "TF-IDF (")) for model in predictions.models.values()][3:] == [
        True
    ] * 3


def test_all_models_are_judged_on_the_films_that_a_table_has(catalogue, root, probabilities, tmp_path, monkeypatch):
    tested = catalogue.in_split("test")
    path = tmp_path / "other.csv"
    probabilities.drop(index=tested[:3]).to_csv(path, index=False)
    with pytest.raises(UserError, match="only 5 of the 8 films"):
        predict_split(catalogue, choice=root, tables=read_tables(path, catalogue))
    monkeypatch.setattr(predictions_module, "COMMON_FILMS", 5)
    predictions = predict_split(catalogue, choice=root, tables=read_tables(path, catalogue))
    assert np.array_equal(predictions.rows, tested[3:])
    assert {len(model.probabilities) for model in predictions.models.values()} == {5}
    assert list(predictions.left_out.values()) == [3]
    assert any(sentence.startswith("Left out") and "3 " in sentence for sentence in scope_sentences(predictions))
    probabilities.drop(index=tested).to_csv(path, index=False)
    with pytest.raises(UserError, match="none of the 8 films"):
        predict_split(catalogue, choice=root, tables=read_tables(path, catalogue))


def test_without_any_weights_a_table_is_judged_alone(catalogue, probabilities, tmp_path):
    (tmp_path / "none" / "prior").mkdir(parents=True)
    predicted_sets.write_weights(tmp_path / "few", catalogue, "prior")
    predicted_sets.simulate(catalogue, predicted_sets.read_weights(tmp_path / "few" / "prior"), 0.0)
    probabilities.to_csv(tmp_path / "other.csv", index=False)
    tables = read_tables(tmp_path / "other.csv", catalogue)
    assert list(predict_split(catalogue, choice=tmp_path / "few", tables=tables).models) == ["prior", "other"]


def test_ids_that_pandas_made_floats_and_rows_of_other_films(tmp_path, root):
    films = [film_sets.Film(str(800 + number), film.genres, film.overview, film.jpeg)
             for number, film in enumerate(film_sets.films(12))]  # fmt: skip
    numbered = load_catalogue(film_sets.write_set(tmp_path / "numbered", films))
    table = pd.DataFrame({"id": [*range(800, 812), 5, 6], "Drama": 0.5, "Comedy": 0.25})
    table["id"] = table["id"].astype(float)
    table.to_csv(tmp_path / "other.csv", index=False)
    [read] = read_tables(tmp_path / "other.csv", numbered)
    assert read.ids == tuple(map(str, range(800, 812)))
    assert read.genres == ("Comedy", "Drama")
    assert "2 of its 14 rows" in read.note


def test_a_decimal_comma_is_read(catalogue, tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("Id;Drama;War\ntt0000001;0,25;1,0\n", "utf-8")
    [read] = read_tables(path, catalogue)
    assert read.probabilities.tolist() == [[0.25, 1.0]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([["Id", "Drama"], ["tt0000001", "0.1"], ["tt0000001", "0.1"]], "twice"),
        ([["Id", "Drama"], ["tt0000001", "nan"]], "not a finite number"),
        ([["Id", "Drama"], ["tt0000001", "high"]], "not a finite number"),
        ([["Id", "Drama"], ["tt0000001", ""]], "empty"),
        ([["Id", "Drama"], ["tt0000001", "-2.5"]], "logits"),
        ([["Id", "Drama"], ["tt0000001", "35"]], "percentages"),
        ([["Id", "Drama"], ["tt9999999", "0.5"]], "no film of films"),
        ([["Id", "Drama"]], "no film of films"),
        ([["Id", "Novel"], ["tt0000001", "0.5"]], "no column named like a genre"),
        ([["imdbId", "Drama"], ["tt0000001", "0.5"]], "rename “imdbId” to Id"),
        ([["Id", "Sci-Fi", "Science Fiction"], ["tt0000001", "0.5", "0.5"]], "more than one column for Sci-Fi"),
    ],
)
def test_what_is_no_prediction_is_refused_in_a_sentence(catalogue, tmp_path, rows, message):
    path = tmp_path / "other.csv"
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    with pytest.raises(UserError, match=message) as error:
        read_tables(path, catalogue)
    assert str(error.value).endswith(".")
    assert "other.csv" in str(error.value)


def test_other_files_are_refused(catalogue, tmp_path):
    with pytest.raises(UserError, match="extensions"):
        read_tables(tmp_path / "other.xlsx", catalogue)
    with pytest.raises(UserError, match="does not exist"):
        read_tables(tmp_path / "other.csv", catalogue)


def test_only_films_of_the_set_are_kept_in_memory(catalogue, probabilities, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_ROWS", 7)  # several batches
    more = pd.concat([probabilities.assign(Id=[f"x{n}-{i}" for i in range(60)]) for n in range(20)] + [probabilities])
    more.to_csv(tmp_path / "other.csv", index=False)
    [read] = read_tables(tmp_path / "other.csv", catalogue)
    assert read.probabilities.shape == (60, 25)
    assert np.allclose(read.probabilities, probabilities[[*GENRES]].to_numpy())
