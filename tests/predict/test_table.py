import csv
import json
import os
import threading
import time
import tracemalloc
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import film_sets
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from predicted_tables import predict_rows

from genreclf.data import posters
from genreclf.data.catalogue import TABLE_NAME
from genreclf.data.overviews import split_words
from genreclf.data.posters import poster_array
from genreclf.data.table_files import cells_of
from genreclf.errors import UserError
from genreclf.genres import GENRES
from genreclf.models import get_spec
from genreclf.models.network import GENRES as PROBABILITIES
from genreclf.models.network import Network
from genreclf.predict.film import predict_film
from genreclf.predict.predictor import Predictions, Predictor
from genreclf.predict.table import plan_table, predict_table
from genreclf.weights.folder import read_weights


@pytest.fixture(scope="module")
def predictors(trained_weights) -> list[Predictor]:
    return [Predictor(read_weights(trained_weights / model)) for model in ("tfidf", "prior")]


def predicted(tmp_path, predictors, content: str) -> list[dict[str, str]]:
    source, output = tmp_path / "films.csv", tmp_path / "out.csv"
    source.write_text(content, "utf-8")
    predict_rows(source, output, predictors)
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
    predict_rows(source, tmp_path / "out.parquet", predictors)
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
        (b"id,ID ,Overview\na,b,c\n", "Id more than once"),
        (b"Id,Overview,problem\na,b,c\n", "column problem of its own"),
        (b"Id,Overview,tfidf_chosen\na,b,c\n", "column tfidf_chosen of its own"),
        (b"Id,Overview," + b",".join(b"c%d" % number for number in range(100_000)), "100,002 columns"),
    ],
)
def test_an_unusable_table_is_reported_and_no_output_is_left(tmp_path, predictors, content, reason):
    (tmp_path / "films.csv").write_bytes(content)
    with pytest.raises(UserError, match=reason):
        predict_rows(tmp_path / "films.csv", tmp_path / "out.csv", predictors)
    assert [path.name for path in tmp_path.iterdir()] == ["films.csv"]


# Rows with a poster, an overview, or both


BY_INPUT = {(True, True): "Action", (True, False): "Drama", (False, True): "War", (False, False): "News"}


class FakePredictor:
    """A predictor whose most probable genre encodes the inputs it got, and whose second one encodes the film."""

    parts: ClassVar = {}

    def __init__(self, model: str):
        self.spec = get_spec(model)
        self.weights = SimpleNamespace(model="prior", cache_key=model, thresholds_for=self.thresholds_for)
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
        return Predictions(probabilities, np.zeros(films, bool))

    def thresholds_for(self, fallback_part: str) -> np.ndarray:
        return np.full(25, {"": 0.5, "overview": 0.05}.get(fallback_part, 0.95))


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
    done, failed = predict_rows(mixed_table, tmp_path / "out.csv", [fusion, poster, prior], top=2)
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
    predict_rows(mixed_table, tmp_path / "out.csv", [FakePredictor("fusion")])
    table = pd.read_csv(tmp_path / "out.csv", keep_default_na=False)
    assert table["fusion_chosen"].tolist() == ["Action", "", "War", "", "Action", "War|Horror"]


@pytest.mark.parametrize(("column", "genre"), [("Overview", "War"), ("Id", "Drama")])
def test_one_column_is_enough_for_fusion(mixed_table, tmp_path, column, genre):
    table = pd.read_csv(mixed_table, dtype=str, keep_default_na=False)
    table = table[table["Id"].isin(["a", "e"])][[column]]
    table.to_csv(mixed_table, index=False)
    fusion = FakePredictor("fusion")
    predict_rows(mixed_table, tmp_path / "out.csv", [fusion])
    assert fusion.calls == [(genre, 2)]
    with pytest.raises(UserError, match="has no column"):
        predict_rows(mixed_table, tmp_path / "o.csv", [fusion, FakePredictor("poster"), FakePredictor("overview")])


def test_if_both_columns_are_missing_both_are_named(tmp_path):
    (tmp_path / "films.csv").write_text("Title\nJaws\n")
    with pytest.raises(UserError, match="has no column Id or Overview"):
        predict_rows(tmp_path / "films.csv", tmp_path / "out.csv", [FakePredictor("fusion")])


@pytest.fixture
def network_calls(monkeypatch) -> list[str]:
    """The name of the network for every film that one processes."""
    calls: list[str] = []
    run = Network.__call__

    def recording(network, inputs, outputs=(PROBABILITIES,)):
        calls.extend([network.name] * len(inputs))
        return run(network, inputs, outputs)

    monkeypatch.setattr(Network, "__call__", recording)
    return calls


def test_fusion_and_its_parts_run_each_network_once(fusion_weights, mixed_table, network_calls, tmp_path):
    models = ("overview", "poster", "fusion")
    together = [Predictor(read_weights(fusion_weights / model)) for model in models]
    table = pd.read_csv(mixed_table, dtype=str, keep_default_na=False)
    table[table["Id"].isin(["a", "e"])].to_csv(mixed_table, index=False)
    predict_rows(mixed_table, tmp_path / "out.csv", together)
    assert sorted(network_calls) == sorted(models * 2), "two films"
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
        predict_rows(mixed_table, tmp_path / "single.csv", [predictor])
        single = pd.read_csv(tmp_path / "single.csv")
        name = f"{predictor.spec.name}_probability_1"
        assert np.allclose(output[name], single[name], atol=1e-3)


# Tables as people have them


class Counting(FakePredictor):
    """A predictor that remembers the overviews it got and puts the film's number of words into a probability."""

    def __init__(self, model: str):
        super().__init__(model)
        self.read: list[str] = []

    def predict_with_parts(self, posters=None, overviews=None, films=None):
        self.read += overviews or []
        probabilities = np.zeros((films, 25), np.float32)
        probabilities[:, 0] = [len(text.split()) / 300 for text in overviews] if overviews else 0.1
        return Predictions(probabilities, np.zeros(films, bool))


PLOT = "A sheriff hunts the outlaw who burned his town."


def scored(tmp_path, table, *models: str, output="out.csv", delimiter=",", **options) -> tuple[pd.DataFrame, list[str]]:
    """The output for a table (a data frame, an Arrow table or the text of a CSV file), and the overviews read."""
    if isinstance(table, str):
        source = tmp_path / "films.csv"
        source.write_text(table, "utf-8")
    else:
        source = tmp_path / "films.parquet"
        pq.write_table(table if isinstance(table, pa.Table) else pa.Table.from_pandas(table), source)
    predictors = [Counting(model) for model in models or ("lstm",)]
    predict_rows(source, tmp_path / output, predictors, **options)
    if output.endswith("parquet"):
        return pd.read_parquet(tmp_path / output), predictors[0].read
    frame = pd.read_csv(tmp_path / output, sep=delimiter, dtype=str, keep_default_na=False)
    return frame, predictors[0].read


@pytest.mark.parametrize("head", ["id;overview", " ID ;OVERVIEW", "\ufeffId;Overview"])
def test_columns_are_found_whatever_their_case_and_blanks(mixed_table, tmp_path, head):
    table, read = scored(tmp_path, f"{head}\na;{PLOT}\n", "fusion", delimiter=";", posters=tmp_path / "Images")
    assert read == [PLOT]
    assert table["problem"].tolist() == [""]
    assert (tmp_path / "out.csv").read_bytes().decode().startswith(head)


@pytest.mark.parametrize(("column", "option"), [("imdbId", "--id-column"), ("film_id", "--id-column")])
@pytest.mark.parametrize("models", [["fusion"], ["poster"], ["prior", "fusion"]])
def test_what_is_given_is_used_or_refused(mixed_table, tmp_path, column, option, models):
    source, posters = mixed_table, tmp_path / "Images"
    source.write_text(f"{column},Overview\na,{PLOT}\n")
    for folder in (posters, None):  # beside the table, it is found without being given
        with pytest.raises(UserError, match=f"rename “{column}” to Id, or say {option} {column}"):
            plan_table(source, tmp_path / "out.csv", models, folder)
    plan = plan_table(source, tmp_path / "out.csv", models, posters, id_column=column)
    assert (plan.id, plan.posters) == (column, posters)
    with pytest.raises(UserError, match="--posters is given, but lstm and prior cannot use posters"):
        plan_table(source, tmp_path / "out.csv", ["lstm", "prior"], posters)
    with pytest.raises(UserError, match="--id-column nosuch"):
        plan_table(source, tmp_path / "out.csv", models, posters, id_column="nosuch")
    source.write_text(f"Title,Overview\na,{PLOT}\n")
    with pytest.raises(UserError, match="no column Id"):
        plan_table(source, tmp_path / "out.csv", ["fusion"], posters)
    assert "overviews only" in plan_table(source, tmp_path / "out.csv", ["fusion"]).remarks[0]


def test_another_column_may_be_the_overview(tmp_path):
    text = f"tt,Plot,Id,Overview\n1,{PLOT},2,none\n"
    table, read = scored(tmp_path, text, overview_column="plot", id_column="tt")
    assert read == [PLOT]
    assert table.columns.tolist()[:4] == ["tt", "Plot", "Id", "Overview"]
    table, read = scored(tmp_path, f"Title, year;Plot\nJaws, 1975;{PLOT}\n", delimiter=";", overview_column="plot")
    assert (read, table.columns[0]) == ([PLOT], "Title, year")
    with pytest.raises(UserError, match="rename “Plot” to Overview, or say --overview-column Plot"):
        scored(tmp_path, f"Id,Plot\n1,{PLOT}\n")


def test_of_all_models_those_without_their_input_are_left_out(mixed_table, tmp_path):
    models = ["cnn", "lstm", "fusion", "prior"]
    source, output = mixed_table, tmp_path / "out.csv"
    everything = plan_table(source, output, models, only_usable=True)
    assert (list(everything.models), everything.remarks) == (models, ())
    source.write_text(f"Overview\n{PLOT}\n")
    plan = plan_table(source, output, models, only_usable=True)
    assert plan.models == ("lstm", "fusion", "prior")
    assert "CNN is left out, because the table has no column Id" in plan.remarks[0]
    source.write_text("Id\na\n")
    assert plan_table(source, output, models, only_usable=True).models == ("cnn", "fusion", "prior")
    source.write_text("imdbId,Overview\na,b\n")
    with pytest.raises(UserError, match="--id-column imdbId"):
        plan_table(source, output, models, only_usable=True)
    source.write_text("Title\na\n")
    with pytest.raises(UserError, match="no column Id or Overview"):
        plan_table(source, output, models, only_usable=True)


def test_models_of_posters_need_a_folder_of_posters(tmp_path):
    source, output = tmp_path / "films.csv", tmp_path / "out.csv"
    source.write_text("Id\na\n")
    for models in (["cnn"], ["fusion"], ["prior", "poster"]):
        with pytest.raises(UserError, match=r"posters, but there is no folder .*Images; .* --posters"):
            plan_table(source, output, models)
    with pytest.raises(
        UserError, match=r"no column Overview.*without it: cnn, poster, and name the folder .* --posters"
    ):
        plan_table(source, output, ["cnn", "lstm", "fusion"], only_usable=True)
    source.write_text("Title\na\n")
    with pytest.raises(UserError, match=r"no column Overview, only “Title”; add it\.$"):  # posters need an Id
        plan_table(source, output, ["lstm"])
    source.write_text(f"Id,Overview\na,{PLOT}\n")
    assert plan_table(source, output, ["fusion"]).posters is None


def test_columns_that_are_not_ours_pass_through(tmp_path):
    table = pa.table({
        "Overview": [PLOT], "genres": [["Sci-Fi", "Thriller"]], "cast": [[{"id": 1, "name": "O'x"}]],
        "released": pa.array([253_402_300_800], pa.timestamp("s")), "n": pa.array([None], pa.int64()),
        "Note": pa.array(["x"]).dictionary_encode(),
    })  # fmt: skip
    scored(tmp_path, table, output="out.parquet")
    before, after = (pq.read_table(tmp_path / name) for name in ("films.parquet", "out.parquet"))
    assert after.select(before.schema.names).equals(before)
    written, _ = scored(tmp_path, table)
    assert json.loads(written["cast"][0]) == [{"id": 1, "name": "O'x"}]
    text, _ = scored(tmp_path, f'Overview,x,"a;b"\n{PLOT},007," 1.50 "\n')
    assert text.loc[0, ["x", "a;b"]].tolist() == ["007", " 1.50 "]


def test_the_index_of_pandas_is_used_and_kept(mixed_table, tmp_path):
    frame = pd.DataFrame({"Overview": ["film 1", "film 2"]}, pd.Index(["a", "gone"], name="Id"))
    for output in ("out.parquet", "out.csv"):
        table, _ = scored(tmp_path, frame, "fusion", posters=tmp_path / "Images", output=output)
        assert table["Id"].tolist() == ["a", "gone"]
        assert table["problem"].tolist() == ["", "poster Images/gone.jpg is missing"]


IDS = {
    "float": pa.array([862.0, None]), "int": pa.array([862, None]), "bytes": pa.array([b"862", None]),
    "category": pa.array(["862", None]).dictionary_encode(), "large": pa.array(["862.0", None], pa.large_string()),
    "view": pa.array([" 862", None], pa.string_view()), "file": pa.array(["862.jpg", None]),
}  # fmt: skip


@pytest.mark.parametrize("kind", IDS)
def test_an_id_of_any_type_finds_its_poster(mixed_table, tmp_path, kind):
    (tmp_path / "Images" / "a.jpg").rename(tmp_path / "Images" / "862.jpg")
    ids = IDS[kind]
    table, _ = scored(tmp_path, pa.table({"Id": ids}), "poster", output="out.parquet")
    assert table["problem"].tolist() == ["", "id is empty"]
    assert pq.read_table(tmp_path / "out.parquet")["Id"].combine_chunks() == ids
    table, _ = scored(tmp_path, pa.table({"Id": ids}), "poster")
    assert table["Id"].tolist() == [cells_of(ids)[0], ""]


OVERVIEWS = [
    (pa.array([["A ghost.", "A house."], ["A ghost."], [], None, ["N/A"]]), ["A ghost. A house.", "A ghost."]),
    (pa.array([b"Caf\xc3\xa9 noir", b"\xff", None]), ["Café noir"]),
    (pa.array(["A ghost.", "A ghost.", "nan"]).dictionary_encode(), ["A ghost."] * 2),
    (pa.array(["A ghost."], pa.string_view()), ["A ghost."]),
    (pa.array([b"A ghost.", b"caf\xe9"]).view(pa.string()), ["A ghost."]),
    (pa.array([1.5, None]), []),
    (pa.array([{"text": "A ghost."}]), []),
    (pa.array(["['A ghost.', 'A house.']", '["A ghost."]', "[sic] A ghost", r"['In C:\dir']"]),
     ["A ghost. A house.", "A ghost.", "[sic] A ghost", r"In C:\dir"]),
]  # fmt: skip


@pytest.mark.parametrize(("column", "read"), OVERVIEWS, ids=lambda value: str(getattr(value, "type", "")))
def test_overviews_of_any_type_are_read_or_named(tmp_path, column, read):
    table, seen = scored(tmp_path, pa.table({"Overview": column}))
    assert sorted(seen) == sorted(read)
    assert sum(problem == "" for problem in table["problem"]) == len(read)
    assert all(problem.startswith("overview is ") for problem in table["problem"] if problem)


def test_a_text_that_says_nothing_falls_back_to_the_poster(mixed_table, tmp_path):
    texts = [
        "... !!!",
        "nan",
        "N/A",
        "No overview found.",
        "🎬👻",
        "一个年轻人爱上了一个女人。",
        PLOT,
        "Krieg",
        "word " * 300,
    ]
    rows = "".join(f"a,{text}\n" for text in texts)
    table, read = scored(tmp_path, f"Id,Overview\n{rows}", "fusion", "lstm", vocabulary={"word", *split_words(PLOT)})
    assert len(read) == 3
    assert table["fusion_genre_1"].ne("").all()
    assert table["lstm_genre_1"].ne("").tolist() == [False] * 6 + [True] * 3
    assert [bool(problem) for problem in table["problem"]] == [True] * 6 + [False] * 3
    notes = dict(zip(texts, table["note"], strict=True))
    assert "none of these words" in notes["Krieg"]
    assert "first 200" in notes[texts[-1]]
    assert notes[PLOT] == notes["nan"] == ""
    assert max(len(text.split()) for text in read) == 200


def test_huge_texts_are_bounded(tmp_path):
    table, read = scored(tmp_path, f"Id,Overview\n1,{'word ' * 200_000}\n2,{'x' * 1_000_000}\n3,{PLOT}\n")
    assert max(map(len, read)) <= 20_000
    assert "more than" in table["note"][0]
    assert table["problem"].tolist() == ["", "", ""]


def test_wide_adds_every_probability_unrounded(tmp_path):
    table, _ = scored(tmp_path, f"Overview\n{PLOT}\nn/a\n", "lstm", "prior", wide=True, top=1, output="out.parquet")
    assert [f"prior_p_{genre}" for genre in GENRES] == [name for name in table.columns if name.startswith("prior_p_")]
    assert table["lstm_p_Action"][0] == np.float32(9 / 300)
    assert table["lstm_p_Drama"].isna().tolist() == [False, True]
    assert table.columns[-2:].tolist() == ["note", "problem"]


def test_an_earlier_prediction_is_replaced_as_a_whole(tmp_path):
    first, _ = scored(tmp_path, f"Id,Overview,note\n1,{PLOT}\n", "lstm", "prior", top=2, wide=True)
    assert first["note"].tolist() == [""]
    assert "genreclf_note" in first.columns
    text = (tmp_path / "out.csv").read_text()
    again, _ = scored(tmp_path, text, "lstm", output="again.csv")
    fresh, _ = scored(tmp_path, f"Id,Overview,note\n1,{PLOT}\n", "lstm")
    assert again.equals(fresh)
    plan = plan_table(tmp_path / "out.csv", tmp_path / "again.csv", ["cnn-small"], tmp_path)
    assert len(plan.replaced) == len(fresh.columns) - 3
    assert "lstm" in plan.remarks[0]
    scored(tmp_path, f"Overview,x\n{PLOT},1\n", "overview")
    plots = (tmp_path / "out.csv").read_text().replace("Overview,", "Title,", 1)
    with pytest.raises(UserError, match="only “Title”, “x”"):  # overview_genre_1 is no overview
        scored(tmp_path, plots, "overview")
    with pytest.raises(UserError, match=r"column (lstm_\w+|problem) of its own"):
        scored(tmp_path, text.replace("lstm_genre_1", "mine"), "lstm")


def test_only_regular_files_are_read_and_written(mixed_table, tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "link.csv").symlink_to(mixed_table)
    (tmp_path / "folder.csv").mkdir()
    for source, output, reason in (
        ("pipe.csv", "o.csv", "not a regular file"), ("folder.csv", "o.csv", "is a folder"),
        ("films.csv", "pipe.csv", "not a regular file"), ("films.csv", "folder.csv", "is a folder"),
        ("films.csv", "link.csv", "would replace the input"), ("films.csv", "films.csv", "would replace the input"),
        ("films.csv", "films.csv/o.csv", "is a file, but a folder is needed"), ("films.csv", "o.txt", "extension"),
    ):  # fmt: skip
        with pytest.raises(UserError, match=reason):
            predict_rows(tmp_path / source, tmp_path / output, [Counting("lstm")])
    with pytest.raises(UserError, match="is not a folder"):
        predict_rows(mixed_table, tmp_path / "o.csv", [Counting("cnn")], posters=mixed_table)
    predict_rows(mixed_table, tmp_path / "new" / "o.csv", [Counting("lstm")])
    assert (tmp_path / "new" / "o.csv").is_file()


def test_no_temporary_file_is_left(mixed_table, tmp_path):
    output = tmp_path / "out" / "o.csv"
    predict_rows(mixed_table, output, [Counting("lstm")])
    old, mine = output.with_name(".o.csv.abcdefgh.csv"), output.with_name(".o.csv.mine.csv")
    for path in (old, mine):
        path.write_text("half")
        os.utime(path, (0, 0))
    for error in (KeyboardInterrupt, SystemExit, UserError):

        class Failing(Counting):
            def predict_with_parts(self, *_, error=error, **__):
                raise error

        with pytest.raises(error):
            predict_rows(mixed_table, output, [Failing("lstm")])
        assert sorted(output.parent.iterdir()) == sorted([mine, output])


# Many rows


def long_table(tmp_path, rows: int, extension: str = "csv"):
    """Write a table whose rows repeat seven films with posters."""
    folder = film_sets.write_set(tmp_path / "long", film_sets.films(7))
    table = pd.concat([pd.read_csv(folder / TABLE_NAME, dtype=str)] * -(-rows // 7))[:rows]
    path = folder / f"films.{extension}"
    table.to_csv(path, index=False) if extension == "csv" else table.to_parquet(path, row_group_size=100)
    return path


def test_the_next_posters_are_loaded_while_the_models_predict(tmp_path, monkeypatch):
    monkeypatch.setattr("genreclf.predict.table.CHUNK", 7)
    loaded: list[Path] = []
    monkeypatch.setattr(
        "genreclf.predict.table.open_poster", lambda path: loaded.append(path) or posters.open_poster(path)
    )
    seen: list[int] = []  # posters loaded in the course of each prediction

    class Waiting(FakePredictor):
        def predict_with_parts(self, *inputs, **options):
            deadline = time.monotonic() + 10
            while len(loaded) < min(7 * (len(seen) + 2), 42) and time.monotonic() < deadline:
                time.sleep(0.001)
            time.sleep(0.01)
            seen.append(len(loaded))
            return super().predict_with_parts(*inputs, **options)

    assert predict_rows(long_table(tmp_path, 42), tmp_path / "out.csv", [Waiting("cnn")]) == (42, 0)
    assert seen == [14, 21, 28, 35, 42, 42], "those of one more chunk, and no more"


@pytest.mark.parametrize("extension", ["csv", "parquet"])
def test_memory_does_not_grow_with_the_number_of_rows(tmp_path, monkeypatch, extension):
    monkeypatch.setattr("genreclf.predict.table.CHUNK", 20)
    monkeypatch.setattr("genreclf.data.table_files.ROWS_AT_ONCE", 40)

    def peak(rows: int) -> float:
        """In MB, Python's and Arrow's."""
        source = long_table(tmp_path / str(rows), rows, extension)
        models = ("lstm", "cnn", "poster")
        plan = plan_table(source, tmp_path / f"out.{extension}", models, source.parent / "Images")
        arrow: list[int] = []
        tracemalloc.start()
        predict_table(plan, [Counting(model) for model in models], lambda _: arrow.append(pa.total_allocated_bytes()))
        traced = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return (traced + max(arrow)) / 1e6

    peak(20)  # what is imported stays
    few, many = peak(80), peak(400)
    assert many < few + 1
    assert few < 2 * 20 * 320 * 216 * 3 / 1e6 + 4, "posters of two chunks, once each"


def test_an_interruption_ends_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("genreclf.predict.table.CHUNK", 10)
    monkeypatch.setattr("genreclf.predict.table.open_poster", lambda path: time.sleep(0.2) or posters.open_poster(path))

    class Interrupted(FakePredictor):
        def predict_with_parts(self, *_, **__):
            began.append(time.monotonic())
            raise KeyboardInterrupt

    began: list[float] = []
    source, threads = long_table(tmp_path, 20), threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        predict_rows(source, tmp_path / "out.csv", [Interrupted("cnn")])
    assert time.monotonic() - began[0] < 0.7, "ten posters were waiting"
    assert threading.active_count() == threads
    assert not list(tmp_path.glob("*out*"))


def test_a_table_that_changed_after_it_was_planned_is_refused(tmp_path):
    source = long_table(tmp_path, 7)
    plan = plan_table(source, tmp_path / "out.csv", ["lstm"])
    source.write_text(source.read_text().replace("Overview", "Plot"))
    with pytest.raises(UserError, match="changed"):
        predict_table(plan, [Counting("lstm")])
    with pytest.raises(ValueError, match="cnn"):
        predict_table(plan, [Counting("cnn")])
