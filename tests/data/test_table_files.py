"""Columns of every type, read and written as they are."""

import csv
import datetime
import decimal
import json
import uuid
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from genreclf.data import table_files
from genreclf.data.table_files import cells_of, open_table, values_of, write_table
from genreclf.errors import UserError
from genreclf.genres import parse_genre_list

YEAR_10000 = 253_402_300_800  # seconds since 1970
DAY = datetime.date(2024, 2, 29)
VALUES = {
    "int": pa.array([1, None, 3], pa.int8()),
    "float": pa.array([862.0, float("nan"), None]),
    "short float": pa.array([0.1, None, 1e10], pa.float32()),
    "bool": pa.array([True, None, False]),
    "text": pa.array(["a\rb", "", None]),
    "large text": pa.array(["a", "ü\0", None], pa.large_string()),
    "text view": pa.array(["a", "b", None], pa.string_view()),
    "category": pa.array(["x", None, "y"]).dictionary_encode(),
    "bytes": pa.array([b"caf\xc3\xa9", b"\xff", None]),
    "decimal": pa.array([decimal.Decimal("1.20"), None, decimal.Decimal("-3.00")], pa.decimal128(10, 2)),
    "date": pa.array([DAY, None, DAY]),
    "far date": pa.array([4_000_000, None, 0], pa.date32()),
    "far time": pa.array([YEAR_10000 * 10**6 + 5, None, 0], pa.timestamp("us")),
    "time zone": pa.array([YEAR_10000 * 1000, None, 0], pa.timestamp("ms", "Europe/Berlin")),
    "nanoseconds": pa.array([1, None, 10**18], pa.timestamp("ns")),
    "duration": pa.array([1, None, 2], pa.duration("s")),
    "clock": pa.array([datetime.time(12, 30), None, datetime.time(0)], pa.time64("us")),
    "list": pa.array([["Sci-Fi", "O'x"], None, []]),
    "far list": pa.array([[YEAR_10000], None, []], pa.list_(pa.timestamp("s"))),
    "pair": pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int64(), 2)),
    "struct": pa.array([{"id": 1, "name": "Action"}, None, {"id": None, "name": "ü"}]),
    "structs": pa.array([[{"id": 28, "name": "Action"}, {"id": 35, "name": "Comedy"}], None, []]),
    "map": pa.array([[("a", 1), ("b", None)], None, []], pa.map_(pa.string(), pa.int64())),
    "nothing": pa.nulls(3),
    "uuid": pa.array([uuid.UUID(int=1).bytes, None, uuid.UUID(int=2).bytes], pa.uuid()),
}


def copied(source: Path, target: Path, rows: int = 2) -> list[str]:
    """Copy a table in small batches; the problems of its rows."""
    problems: list[str] = []

    def batches(table):
        for batch, reasons in table.batches:
            problems.extend(reasons)
            yield batch

    with open_table(source, ("Id",), rows) as table:
        write_table(target, batches(table), target.suffix, table)
    return problems


def test_parquet_keeps_every_type_and_value(tmp_path):
    table = pa.table(VALUES).replace_schema_metadata({"origin": "here"})
    pq.write_table(table, tmp_path / "a.parquet")
    before = pq.read_table(tmp_path / "a.parquet")
    assert copied(tmp_path / "a.parquet", tmp_path / "b.parquet") == ["", "", ""]
    after = pq.read_table(tmp_path / "b.parquet")
    assert after.schema.equals(before.schema, check_metadata=True)
    for name in before.schema.names:
        assert repr(values_of(after[name].combine_chunks())) == repr(values_of(before[name].combine_chunks())), name


def test_every_type_becomes_a_cell(tmp_path):
    pq.write_table(pa.table(VALUES), tmp_path / "a.parquet")
    copied(tmp_path / "a.parquet", tmp_path / "b.csv")
    with (tmp_path / "b.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    cells = {name: [row[name] for row in rows] for name in VALUES}
    assert cells["float"] == ["862.0", "", ""]
    assert cells["short float"] == ["0.1", "", "1e+10"]
    assert cells["text"] == ["a\rb", "", ""]
    assert cells["large text"][1] == "ü\0"
    assert cells["category"] == ["x", "", "y"]
    assert cells["bytes"] == ["café", "/w==", ""]
    assert cells["decimal"] == ["1.20", "", "-3.00"]
    assert cells["date"][0] == "2024-02-29"
    assert cells["far date"][0].startswith("12921-")
    assert cells["far time"] == ["10000-01-01 00:00:00.000005", "", "1970-01-01 00:00:00"]
    assert cells["time zone"][0].startswith("10000-01-01 01:00:00+01")
    assert cells["nanoseconds"][0] == "1970-01-01 00:00:00.000000001"
    assert cells["uuid"][0] == str(uuid.UUID(int=1))
    assert parse_genre_list(cells["list"][0]) == json.loads(cells["list"][0]) == ["Sci-Fi", "O'x"]
    assert cells["list"][1:] == ["", "[]"]
    assert json.loads(cells["far list"][0]) == ["10000-01-01 00:00:00"]
    assert json.loads(cells["pair"][2]) == [3, 4]
    assert json.loads(cells["struct"][2]) == {"id": None, "name": "ü"}
    assert json.loads(cells["structs"][0])[1] == {"id": 35, "name": "Comedy"}
    assert json.loads(cells["map"][0]) == {"a": 1, "b": None}
    assert all(
        row == "" for name in VALUES for row in [cells[name][1]] if name not in ("large text", "text view", "bytes")
    )


def test_slices_have_their_own_values():
    for name, array in VALUES.items():
        assert repr(values_of(array[2:])) == repr(values_of(array)[2:]), name
        assert cells_of(array[1:2]) == cells_of(array)[1:2], name


@pytest.mark.parametrize("index", [pd.Index(["t1", "t2"], name="Id"), pd.Index([7, 9]), pd.RangeIndex(2)])
def test_the_index_of_pandas_is_a_column_if_it_has_a_name(tmp_path, index):
    frame = pd.DataFrame({"Overview": ["a", "b"], "n": pd.array([1, None], "Int64")}, index)
    frame.to_parquet(tmp_path / "a.parquet")
    copied(tmp_path / "a.parquet", tmp_path / "b.parquet")
    read = pd.read_parquet(tmp_path / "b.parquet")
    if index.name:
        assert read["Id"].tolist() == ["t1", "t2"]
        assert read.index.tolist() == [0, 1]
    else:
        assert read.equals(frame)
    assert read["n"].dtype == "Int64"


def test_categories_may_differ_between_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(table_files, "ROWS_AT_ONCE", 5)
    pd.DataFrame(
        {"Id": [f"t{n}" for n in range(40)], "c": pd.Categorical([f"c{n % 7}" for n in range(40)])}
    ).to_parquet(tmp_path / "a.parquet", row_group_size=11)
    copied(tmp_path / "a.parquet", tmp_path / "b.parquet", rows=3)
    assert pd.read_parquet(tmp_path / "b.parquet").equals(pd.read_parquet(tmp_path / "a.parquet"))


@pytest.mark.parametrize("extension", [".csv", ".parquet"])
def test_batches_of_long_texts_have_fewer_rows(tmp_path, monkeypatch, extension):
    monkeypatch.setattr(table_files, "BYTES_AT_ONCE", 1000)
    texts = [chr(97 + number) * 300 for number in range(20)]
    pd.DataFrame({"Overview": texts}).to_csv(tmp_path / "a.csv", index=False)
    pd.DataFrame({"Overview": texts}).to_parquet(tmp_path / "a.parquet", use_dictionary=False)
    with open_table(tmp_path / f"a{extension}", (), 512) as table:
        batches = [batch for batch, _ in table.batches]
    assert max(map(len, batches)) <= 4
    assert [text for batch in batches for text in batch.column(0).to_pylist()] == texts


def test_timestamps_of_old_files_reach_beyond_2262(tmp_path):
    table = pa.table({"t": pa.array([YEAR_10000 - 1], pa.timestamp("s"))})
    pq.write_table(table, tmp_path / "a.parquet", use_deprecated_int96_timestamps=True)
    copied(tmp_path / "a.parquet", tmp_path / "b.csv")
    assert "9999-12-31 23:59:59" in (tmp_path / "b.csv").read_text()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_keeps_text_delimiter_and_byte_order_mark(tmp_path, delimiter, encoding):
    rows = [["Id", "n", ""], ["007", "1.50", ""], ["NaN", "é\n\"'", "\0"]]
    with (tmp_path / "a.csv").open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(rows)
    copied(tmp_path / "a.csv", tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_bytes() == (tmp_path / "a.csv").read_bytes()


def test_csv_becomes_parquet_as_text(tmp_path):
    (tmp_path / "a.csv").write_text("Id,,\n007,1,2\n8,,\n")
    copied(tmp_path / "a.csv", tmp_path / "b.parquet")
    assert pq.read_table(tmp_path / "b.parquet").to_pydict() == {
        "Id": ["007", "8"], "column 2": ["1", ""], "column 3": ["2", ""],
    }  # fmt: skip


def test_what_is_no_parquet_is_refused(tmp_path):
    whole = tmp_path / "a.parquet"
    pq.write_table(pa.table({"Id": [f"t{number}" for number in range(9000)]}), whole)
    content = whole.read_bytes()
    damaged = {"empty": b"", "text": b"Id,Overview\n1,a\n", "cut": content[:-30], "holed": content[:99] + bytes(20000)}
    damaged["holed"] += content[len(damaged["holed"]) :]
    for name, bytes_ in damaged.items():
        (tmp_path / f"{name}.parquet").write_bytes(bytes_)
        with pytest.raises(UserError, match="cannot be read as Parquet"):
            copied(tmp_path / f"{name}.parquet", tmp_path / "b.csv")
    pq.write_table(pa.Table.from_arrays([pa.array([1])] * 2, ["Id", "Id"]), whole)
    with pytest.raises(UserError, match="Id more than once"):
        copied(whole, tmp_path / "b.csv")
