import os
from pathlib import Path

import pytest

from genreclf.data.tables import MAX_COLUMNS, find_column, missing_columns, open_csv, similar_column
from genreclf.errors import UserError

WANTED = ("Id", "Overview")


def read(path: Path, content: str | bytes) -> tuple[list[str], list[tuple[list[str], str]]]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with open_csv(path, WANTED) as table:
        return table.columns, list(table.rows)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "films.csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "above", ["", "sep={}\n", '"sep={}"\r\n', "\n  \n", "# exported, by me; today\n\n", "{0}{0}\n"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_delimiter_and_encoding_are_found(path, delimiter, above, encoding):
    header = delimiter.join(["Id", '"Overview, long; really"', "Overview"])
    row = delimiter.join(["1", "x", '"é, b; c|d\te\nf"'])
    text = f"{above.format(delimiter)}{header}\n{row}\n"
    columns, rows = read(path, text.encode(encoding))
    assert columns == ["Id", "Overview, long; really", "Overview"]
    assert rows == [(["1", "x", "é, b; c|d\te\nf"], "")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(path, end):
    assert read(path, end.join(["Id,Overview", "1,a", "", "2,b"]))[1] == [(["1", "a"], ""), (["2", "b"], "")]


def test_a_number_sign_may_name_a_column(path):
    assert read(path, "#,Id,Overview\n1,a,b\n")[0] == ["#", "Id", "Overview"]


def test_a_header_of_one_column_has_a_comma(path):
    assert read(path, "Overview\nlove; war\n") == (["Overview"], [(["love; war"], "")])


def test_the_wanted_columns_decide_between_delimiters(path):
    assert read(path, "Title, year;Overview\nJaws, 1975;A shark\n")[1] == [(["Jaws, 1975", "A shark"], "")]


def test_rows_of_another_length(path):
    rows = read(path, "Id,Overview,\n1\n2,a,,,\n3,a,b,c\n4;a\n")[1]
    assert [cells for cells, _ in rows] == [["1", "", ""], ["2", "a", ""], ["3", "a", "b"], ["4;a", "", ""]]
    assert [problem for _, problem in rows] == [
        "", "", "row has 4 cells, the table has 3 columns", "row has 1 cell, the table has 3 columns"
    ]  # fmt: skip


def test_cells_of_any_length_and_nul_bytes_are_read(path):
    [(cells, problem)] = read(path, f"Id,Overview\n1,{'x' * 1_000_000}\0\n")[1]
    assert (len(cells[1]), problem) == (1_000_001, "")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("following", ["x", 'B "and" C', '"B" and C', '"B C"'])
def test_a_quote_that_begins_a_cell_without_ending_one_does_not_swallow_rows(path, delimiter, following):
    lines = ["Id|Title|Overview", '1|"A|a', f"2|{following}|b", '3|"D|c', '4|E|"d\ne"', '5|"F" G|e']
    rows = read(path, "\n".join(lines).replace("|", delimiter))[1]
    assert [(cells[0], cells[2], problem) for cells, problem in rows] == [
        ("1", "a", ""), ("2", "b", ""), ("3", "c", ""), ("4", "d\ne", ""), ("5", "e", "")
    ]  # fmt: skip
    assert rows[0][0][1] == '"A'


def test_a_quote_that_ends_a_cell_of_a_later_row_does_not_swallow_rows_of_tsv(path):
    rows = read(
        path,
        'Id\tTitle\tOverview\n1\t"A\ta\n2\tB\tb\n3\tC"\tc\n4\tD\t"d\ne"\n6\t"F\tF\nF"\tf\n5\t"E\tF"\te\n7\t"G\tg\n8\tH\th\n',
    )[1]
    assert [cells for cells, _ in rows] == [
        ["1", '"A', "a"], ["2", "B", "b"], ["3", 'C"', "c"], ["4", "D", "d\ne"], ["6", "F\tF\nF", "f"],
        ["5", "E\tF", "e"], ["7", '"G', "g"], ["8", "H", "h"],
    ]  # fmt: skip


def test_a_row_with_such_a_quote_and_too_many_cells_has_a_problem(path):
    rows = read(path, 'Id,Overview\n1,"a, b\n2,"c" d\n3,e\n')[1]
    assert [(cells[0], bool(problem)) for cells, problem in rows] == [("1", True), ("2", False), ("3", False)]


@pytest.mark.parametrize("cell", ['"a\nb" ', '"a, b" ', '"a\n\\"b\\" c"', '"a, \n\\"b\\" c"', '"a ""b\n"" c"'])
def test_a_cell_of_several_lines_stays_one_whatever_follows_its_quote(path, cell):
    assert [cells[0] for cells, _ in read(path, f"Id,Overview\n1,{cell}\n2,c\n")[1]] == ["1", "2"]


def test_a_quote_that_is_never_closed_is_named(path):
    with pytest.raises(UserError, match=r"quote opened in line 4"):
        read(path, 'Id,Overview\n1,"a\nb"\n2,"never closed\n3,c\n')
    with pytest.raises(UserError, match=r"quote opened in line 2"):
        read(path, '# x\n"Id,Overview\n1,a\n')


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        ("Id,Overview\n1,für\n".encode("latin-1"), "not UTF-8"),
        ("für,Overview\n1,a\n".encode("latin-1"), "not UTF-8"),
        ("Id,Overview\n1,a\n".encode("utf-16-le"), "not UTF-8"),
        ("Id,Overview\n1,a\n".encode("utf-16")[:-1], "not UTF-8"),
        (b'{"Id": 1, "Overview": "a"}\n', "is JSON"),
        (b'[\n {"Id": 1}\n]', "is JSON"),
        (b"<!DOCTYPE html>\n<html>404</html>", "web page"),
        (b"PK\x03\x04rest", "Excel workbook or a zip"),
        (b"PAR1rest", "Parquet"),
        (b"Id,Overview,Note,Note\n", "column Note more than once"),
        (b",".join(b"c%d" % number for number in range(MAX_COLUMNS + 1)), "10,001 columns"),
    ],
)
def test_what_is_no_table_is_refused(path, content, reason):
    with pytest.raises(UserError, match=reason):
        read(path, content)


def test_only_regular_files_are_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for name, reason in (("pipe.csv", "not a regular file"), ("none.csv", "does not exist"), (".", "is a folder")):
        with pytest.raises(UserError, match=reason), open_csv(tmp_path / name):
            pass


@pytest.mark.parametrize("name", ["Id", "id", "ID ", " iD", "\ufeffId", "i_d", "Id:"])
def test_a_column_is_found_whatever_its_case_and_blanks(name):
    assert find_column(["Title", name], "Id", Path("t.csv")) == name


def test_the_exact_column_wins_and_two_similar_ones_are_refused():
    assert find_column(["id", "Id", "ID"], "Id", Path("t.csv")) == "Id"
    assert find_column(["Title"], "Id", Path("t.csv")) is None
    with pytest.raises(UserError, match="Id more than once"):
        find_column(["id", "ID "], "Id", Path("t.csv"))


@pytest.mark.parametrize("header", ["Id^Title^Overview", "Id   Overview", "Id::Title::Overview"])
def test_columns_that_are_not_separated_are_not_suggested_as_one(path, header):
    columns = read(path, f"{header}\n1,a\n")[0]
    sentence = missing_columns(columns, ["Overview"], path, {"Overview": "--column"})
    assert "separate its columns" in sentence
    assert "--column" not in sentence


@pytest.mark.parametrize(
    ("columns", "wanted", "similar"),
    [
        (["video", "imdb_rating", "imdbId"], "Id", "imdbId"),
        (["movie_id", "title"], "Id", "movie_id"),
        (["tconst"], "Id", "tconst"),
        (["filmid"], "Id", "filmid"),
        (["keywords", "Plot"], "Overview", "Plot"),
        (["Movie description"], "Overview", "Movie description"),
        (["overview_en", "plot"], "Overview", "overview_en"),
        (["Plot (English)"], "Overview", "Plot (English)"),
        (["Overveiw"], "Overview", "Overveiw"),
        (["genres"], "Genre", "genres"),
        (["title", "video", "year", ""], "Id", None),
    ],
)
def test_a_similar_column_is_suggested(columns, wanted, similar):
    assert similar_column(columns, wanted) == similar
    sentence = missing_columns(columns, [wanted], Path("t.csv"), {wanted: "--column"})
    assert wanted in sentence
    if similar:
        assert f"rename “{similar}”" in sentence
        assert "--column" in sentence
