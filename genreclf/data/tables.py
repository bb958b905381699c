"""Tables of films as people have them: CSV files with their delimiters and encodings, columns under similar names."""

import csv
import difflib
import re
import shlex
import unicodedata
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from genreclf.errors import UserError
from genreclf.units import listed

DELIMITERS = (",", ";", "\t", "|")
MAX_COLUMNS = 10_000
MAX_CELL = 100_000_000  # characters; a longer cell is a quote that was never closed
_BOMS = {
    b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16",
}  # fmt: skip
_OTHER_FILES = {b"PK\x03\x04": "an Excel workbook or a zip archive", b"\xd0\xcf\x11\xe0": "an Excel workbook",
                b"\x1f\x8b": "a gzip archive", b"PAR1": "a Parquet file"}  # fmt: skip
_OTHER_TEXTS = {"{": "JSON", "[": "JSON", "<": "a web page or XML"}  # by their first character
_SIMILAR = {  # names that others give to a column, which are suggested but not taken without asking
    "Id": ("imdbid", "tmdbid", "filmid", "movieid", "imdb", "tconst", "identifier", "filename"),
    "Overview": ("plot", "description", "summary", "synopsis", "storyline", "logline", "text", "story"),
    "Genre": ("genres", "categories", "category", "labels", "label", "tags"),
}
_UNSPLIT = re.compile(r"[^\w\s.()'#/-]|\s\s")  # in a header whose delimiter is none of ours
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")  # of a name: imdb and Id of imdbId
# of the last line of a cell: its quote ends the cell before blanks, or a backslash before it shows that it is text
_CLOSED = re.compile(r'[^"]*(?:""[^"]*)*(?:(?<=\\)"|(?<!\\)" +(?:$|\W))')
_END = "\0END\0"  # follows the last line: if it lands in a cell, that cell's quote was never closed


@dataclass(frozen=True)
class CsvTable:
    """An open CSV table.

    Attributes:
        columns: the names in the header, as they are; one without a name is "".
        delimiter: the character between its cells.
        encoding: Python's name, ``"utf-8-sig"`` for UTF-8 with a byte order mark.
        rows: the rows that have not been read yet, each with as many cells as there are columns (missing ones at the
            end are ""), and a problem, "" or why the row cannot be read. Blank lines are not rows. It raises UserError
            if the rest of the file cannot be read.
    """

    columns: list[str]
    delimiter: str
    encoding: str
    rows: Iterator[tuple[list[str], str]]


@contextmanager
def open_csv(path: Path, wanted: Sequence[str] = ()) -> Iterator[CsvTable]:
    """Open a CSV table and read its header; the rows are streamed.

    The encoding is UTF-8, or what a byte order mark says. The delimiter is a comma, semicolon, tab or bar, whichever
    the header shows, or what Excel's ``sep=`` line names. Blank lines and ``#`` comments above the header are skipped.

    Args:
        path: the file.
        wanted: columns that the header should have, which helps to recognise it.

    Raises:
        UserError: there is no such file, it is something else than CSV, or has no header, a column twice, or more than
            ``MAX_COLUMNS`` columns.
    """
    check_regular(path)
    csv.field_size_limit(MAX_CELL)
    with _sentences(path):
        with path.open("rb") as binary:
            start = binary.read(4)
        if kind := next((kind for magic, kind in _OTHER_FILES.items() if start.startswith(magic)), None):
            raise UserError(f"{path} is {kind}, not CSV; save the table as CSV, or give the file its usual extension.")
        encoding = next((name for bom, name in _BOMS.items() if start.startswith(bom)), "utf-8")
        stream = path.open(encoding=encoding, newline="")
    with stream:
        yield _open(stream, path, encoding, wanted)


def check_regular(path: Path) -> None:
    """Raise UserError unless a path is a regular file: opening a pipe or device could block for ever."""
    if path.is_file():
        return
    if path.is_dir():
        raise UserError(f"{path} is a folder; name a file in it.")
    if path.exists():
        raise UserError(f"{path} is not a regular file; save its content to a file and name that.")
    raise UserError(f"The file {path} does not exist; check its name.")


def check_columns(columns: Sequence[str], source: Path) -> None:
    """Raise UserError if there are more than ``MAX_COLUMNS`` columns, or two of the same name."""
    if len(columns) > MAX_COLUMNS:
        raise UserError(
            f"{source} has {len(columns):,} columns, more than {MAX_COLUMNS:,}; keep only those that you need."
        )
    name, count = max(Counter(name for name in columns if name).items(), key=lambda item: item[1], default=("", 0))
    if count > 1:
        raise UserError(
            f"{source} has the column {name} more than once ({count} times); keep one, or rename the others."
        )


def find_column(columns: Sequence[str], wanted: str, source: Path) -> str | None:
    """The column of a name: exactly, or else ignoring case, blanks and punctuation (``" ID"`` for ``Id``).

    Raises:
        UserError: several columns match equally well.
    """
    if wanted in columns:
        return wanted
    matches = [name for name in columns if plain_name(name) == plain_name(wanted)]
    if len(matches) > 1:
        names = listed([f"“{name}”" for name in matches])
        raise UserError(f"{source} has the column {wanted} more than once ({names}); keep one.")
    return matches[0] if matches else None


def plain_name(name: str) -> str:
    """A name without what people vary: its letters and digits in lower case."""
    return "".join(character for character in unicodedata.normalize("NFKC", name).casefold() if character.isalnum())


def similar_column(columns: Sequence[str], wanted: str) -> str | None:
    """The column that probably means ``wanted`` under another name (``imdbId`` for ``Id``), or None."""
    columns = columns[:MAX_COLUMNS]
    words = {name: {plain_name(name), *map(str.casefold, _WORDS.findall(name))} for name in columns if plain_name(name)}
    for known in (plain_name(wanted), *_SIMILAR.get(wanted, ())):
        if matches := [name for name in words if known in words[name]]:
            return min(matches, key=len)
    plain = {plain_name(name): name for name in words}
    close = difflib.get_close_matches(plain_name(wanted), plain, n=1, cutoff=0.75)
    return plain[close[0]] if close else None


def missing_columns(
    columns: Sequence[str], missing: Sequence[str], source: Path, options: Mapping[str, str] | None = None
) -> str:
    """A sentence, without its full stop, that a table lacks columns, and which of its columns may be meant.

    Args:
        columns: those of the table.
        missing: the names that it lacks, at least one.
        source: the table.
        options: by missing name, the option of the command line that names another column for it.
    """
    what = f"{source} has no column {listed(list(missing), 'or')}"
    if len(columns) == 1 and _UNSPLIT.search(columns[0]):
        return f"{what}, only one column “{columns[0][:80]}”; separate its columns by commas, semicolons or tabs"
    similar = {name: similar_column(columns, name) for name in missing}
    if any(similar.values()):
        remedies = []
        for name, column in similar.items():
            option = (options or {}).get(name)
            remedy = f"rename “{column}” to {name}" if column else f"add {name}"
            remedies.append(f"{remedy}, or say {option} {shlex.quote(column)}" if column and option else remedy)
        return f"{what}; {', and '.join(remedies)}"
    shown = ", ".join(f"“{name[:40]}”" for name in columns[:8]) + (", …" if len(columns) > 8 else "")
    only = f", only {shown}" if shown else ""
    return f"{what}{only}; add {'them' if len(missing) > 1 else 'it'}"


def _open(stream, path: Path, encoding: str, wanted: Sequence[str]) -> CsvTable:
    """Read the header of a text stream; the rows come from the same stream."""
    with _sentences(path):
        number, line, delimiter = 0, "", ""
        for number, line in enumerate(stream, start=1):
            if number == 1 and (named := re.fullmatch(r'"?sep=(.)"?\s*', line, re.IGNORECASE)):
                delimiter = named[1]
            elif not _is_prelude(line, wanted):
                break
        else:
            raise UserError(f"{path} is empty: it has no rows, and no header such as Id,Overview; name another table.")
        if "\0" in line:
            raise UserError(f"{path} is not UTF-8 text; save it as “CSV UTF-8”.")
        kind = _OTHER_TEXTS.get(line.lstrip(" \t\ufeff")[:1])
        if kind and not any(_matches(line, each, wanted) for each in DELIMITERS):
            raise UserError(f"{path} is {kind}, not CSV; save the table as CSV with a header such as Id,Overview.")
        delimiter = delimiter or _delimiter(line, wanted)
        reader = csv.reader(chain([line], stream, [_END]), delimiter=delimiter)
        columns = next(reader)
        _check_closed(columns, path, number)
    check_columns(columns, path)
    rows = _rows(chain(stream, [_END]), len(columns), delimiter, path, number + reader.line_num)
    return CsvTable(columns, delimiter, encoding, rows)


def _rows(
    stream: Iterator[str], width: int, delimiter: str, path: Path, number: int
) -> Iterator[tuple[list[str], str]]:
    """The rows of a stream of lines, the first of which has this number in the file."""
    with _sentences(path):
        for cells, lines in _records(stream, width, delimiter):
            if cells == [_END]:
                return
            _check_closed(cells, path, number)
            number += lines
            problem = ""
            if len(cells) != width:
                if not cells:
                    continue
                is_unsplit = len(cells) == 1 and any(each in cells[0] for each in DELIMITERS)
                if is_unsplit or any(cell.strip() for cell in cells[width:]):
                    problem = f"row has {len(cells)} cell{'s' * (len(cells) > 1)}, the table has {width} columns"
                cells = (cells + [""] * width)[:width]
            yield cells, problem


def _records(stream: Iterator[str], width: int, delimiter: str) -> Iterator[tuple[list[str], int]]:
    """The cells of each row, and its number of lines.

    A quote that begins a cell but does not end one is text, as in IMDb's tables, which quote nothing: otherwise the
    cell would go on to the next quote of the file, and the rows between them would be lost without a word.
    """
    pending: deque[str] = deque()
    taken: list[str] = []

    def lines() -> Iterator[str]:
        while (line := pending.popleft() if pending else next(stream, None)) is not None:
            taken.append(line)
            yield line

    reader = csv.reader(lines(), delimiter=delimiter, strict=True)  # strict: an error if text follows a closing quote
    while True:
        taken.clear()
        try:
            cells, is_text = next(reader, None), False
        except csv.Error as error:
            if not any(each in str(error) for each in ("expected after", "unexpected end")):
                raise
            cells = next(csv.reader(taken, delimiter=delimiter))
            is_text = len(taken) > 1 and not cells[-1].endswith(_END) and not _CLOSED.match(taken[-1])
            is_text = is_text or (len(taken) == 1 and (delimiter == "\t" or len(cells) != width))
        are_rows = len(taken) > 1 < width and delimiter == "\t" and '"\t' not in taken[0]
        are_rows = are_rows and all(line.count("\t") == width - 1 for line in taken if line != _END)
        if is_text or are_rows:
            literal = next(csv.reader(taken[:1], delimiter=delimiter, quoting=csv.QUOTE_NONE))
            if len(literal) == width or (len(taken) > 1 and len(literal) > width):
                cells = literal
                pending.extendleft(reversed(taken[1:]))
                del taken[1:]
                reader = csv.reader(lines(), delimiter=delimiter, strict=True)  # the other may have come to the end
        if cells is None:
            return
        yield cells, len(taken)


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    """Turn the errors of reading CSV into sentences."""
    try:
        yield
    except UnicodeError:
        raise UserError(
            f"{path} is not UTF-8 text; save it as UTF-8 (in Excel: “CSV UTF-8”), or convert it with iconv."
        ) from None
    except csv.Error as error:
        reason = "a cell is too long, probably because a quote was never closed" if "limit" in str(error) else error
        raise UserError(f"{path} cannot be read as CSV ({reason}); repair or replace it.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}); check the file.") from error


def _check_closed(cells: list[str], path: Path, line: int) -> None:
    if cells and cells[-1].endswith(_END):
        raise UserError(
            f"{path} cannot be read as CSV (a quote opened in line {line:,} or below is never closed); close it."
        )


def _is_prelude(line: str, wanted: Sequence[str]) -> bool:
    """Whether a line above the header is blank or a comment; "#" may also be the name of a column."""
    if not line.startswith("#"):
        return not line.strip(" \t\r\n\ufeff" + "".join(DELIMITERS))
    return not any(_matches(line.lstrip("#"), delimiter, wanted) for delimiter in DELIMITERS)


def _delimiter(header: str, wanted: Sequence[str]) -> str:
    """The delimiter that finds the most of the wanted columns, then the most columns; the comma if none does."""
    return max(DELIMITERS, key=lambda each: (_matches(header, each, wanted), len(_cells(header, each))))


def _matches(header: str, delimiter: str, wanted: Sequence[str]) -> int:
    names = {plain_name(cell) for cell in _cells(header, delimiter)}
    return sum(plain_name(name) in names for name in wanted)


def _cells(header: str, delimiter: str) -> list[str]:
    return next(csv.reader([header], delimiter=delimiter), [])
