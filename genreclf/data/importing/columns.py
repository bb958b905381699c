"""Which columns of anyone's table are the fields of a film, and the values of these fields."""

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

from genreclf.data.catalogue import FLAGS, NO_GENRES
from genreclf.data.overviews import clean_text
from genreclf.data.tables import plain_name
from genreclf.errors import UserError
from genreclf.genres import parse_genre_list
from genreclf.units import listed, readable

FIELDS = ("id", "genres", "overview", "title", "year", "poster")
NAMES = {  # of columns, as ``plain_name`` gives them; the first that is there and has fitting values is taken
    "genres": ("genres", "genre", "genrelist", "genrenames", "categories", "category", "labels", "label", "class",
               "listedin", "mood", "moods"),
    "overview": ("overview", "plot", "plotsummary", "plotsynopsis", "plotoutline", "synopsis", "description",
                 "summary", "storyline", "logline", "fulltext", "text", "story"),
    "title": ("title", "movietitle", "filmtitle", "seriestitle", "primarytitle", "originaltitle", "moviename", "name",
              "movie", "film"),
    "year": ("year", "releaseyear", "yearofrelease", "startyear", "releasedate", "releasedyear", "released",
             "datepublished", "date"),
    "poster": ("posterpath", "posterfile", "filename", "imagepath", "imagefile", "poster", "image", "img", "picture",
               "file", "path", "posterurl", "posterlink", "imageurl"),
    "id": ("id", "imdbid", "movieid", "filmid", "tmdbid", "tconst", "imdbtitleid", "showid", "identifier", "uid"),
}  # fmt: skip
_LAST_WORDS = {  # of other names: "Movie Plot" is an overview, plot_keywords is none
    "genres": ("genres", "genre"), "overview": ("overview", "plot", "synopsis", "summary", "description"),
    "year": ("year",), "poster": ("poster", "posters"),
}  # fmt: skip
_NUMBERED = re.compile(r"(?:main|primary|secondary|tertiary|first|second|third)?genre(?:[0-9]{0,2})")  # one of several
_NO_GENRES = NO_GENRES | {"train", "val", "valid", "test", "split", "index"}
_AUTHOR = re.compile(r"::[^:]{1,100}$")  # at the end of IMDb's plots


class ColumnError(UserError):
    """A table whose columns, as they were guessed or mapped, do not give films; others may.

    Attributes:
        columns: all columns of the table; none if the source has no table.
        used: by field its column; several for ``genres``, separated by commas.
    """

    columns: tuple[str, ...] = ()
    used: dict[str, str] = {}  # noqa: RUF012

    @property
    def reason(self) -> str:
        """What is wrong, without the remedy on the command line."""
        return str(self).rpartition("; ")[0]


def guess_columns(columns: Sequence[str], sample: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The columns of each field, by their names and the first rows; none or one, for genres also many 0/1 columns."""
    fields: dict[str, list[str]] = {field: [] for field in FIELDS}
    by_name = {plain_name(column): column for column in reversed(columns)}
    for field, names in NAMES.items():
        candidates = [by_name[name] for name in names if name in by_name]
        candidates += [column for column in columns if _last_word(column) in _LAST_WORDS.get(field, ())]
        taken = {name for used in fields.values() for name in used}
        candidates = [column for column in dict.fromkeys(candidates) if column not in taken]
        fitting = [column for column in candidates if _fits(field, [row.get(column) for row in sample])]
        if field == "poster":  # addresses on the web, about which there will be a note
            fitting += candidates
        fields[field] = fitting[:1]
    if not fields["genres"] or _NUMBERED.fullmatch(plain_name(fields["genres"][0])):
        cells = {name: [row.get(name) for row in sample] for name in columns if _NUMBERED.fullmatch(plain_name(name))}
        fitting = [name for name, values in cells.items() if _fits("genres", values)]
        empty = [name for name, values in cells.items() if not any(text_of(value).strip() for value in values)]
        fields["genres"] = [name for name in cells if name in fitting or (fitting and name in empty)]
    return fields | {"genres": fields["genres"] or flag_columns(columns, sample, fields)}


def flag_columns(
    columns: Sequence[str], sample: Sequence[Mapping[str, Any]], fields: Mapping[str, Sequence[str]]
) -> list[str]:
    """The columns of zeros and ones that may be genres beside the columns of ``fields``, if there are two or more."""
    used = {name for names in fields.values() for name in names}
    flags = [
        name
        for name in columns
        if name.strip() and name not in used and plain_name(name) not in _NO_GENRES
        and not re.match(r"(is|has)(_|[A-Z])", name) and all(flag_of(row.get(name)) is not None for row in sample)
    ]  # fmt: skip
    return flags if len(flags) > 1 else []


def are_flags(columns: Sequence[str], sample: Sequence[Mapping[str, Any]]) -> bool:
    """Whether several columns of genres contain zeros and ones, not names."""
    cells = [cell for row in sample for cell in map(row.get, columns) if text_of(cell).strip()]
    return len(columns) > 1 and 2 * sum(flag_of(cell) is not None for cell in cells) >= len(cells)


def mapped_columns(mapping: Mapping[str, str], columns: Sequence[str], table: Path) -> dict[str, list[str]]:
    """The columns that a user has named, by field (see ``read_source``).

    Raises:
        UserError: a column is not there; the ones that are spelt like it are named.
    """
    fields = {}
    by_name = {plain_name(column)[:80]: column for column in reversed(columns)}
    for field, text in mapping.items():
        names = [text] if text in columns or field != "genres" else [name.strip() for name in text.split(",")]
        fields[field] = [name if name in columns else by_name.get(plain_name(name)[:80], "") for name in names if name]
        if "" not in fields[field]:
            continue
        name = names[fields[field].index("")]
        near = [shown([by_name[key]]) for key in difflib.get_close_matches(plain_name(name)[:80], by_name, 3, 0.6)]
        hint = f"did you mean {listed(near, 'or')}?" if near else f"it has {shown(columns)}."
        raise ColumnError(f"{table} has no column “{name[:60]}” to map to {field}; {hint}")
    return fields


def shown(names: Sequence[str]) -> str:
    """A few of many names, in quotation marks."""
    return ", ".join(f"“{readable(name[:40])}”" for name in names[:12]) + (", …" if len(names) > 12 else "")


def _last_word(column: str) -> str:
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+", column)
    return words[-1].lower() if words else ""


def _fits(field: str, values: Sequence[Any]) -> bool:
    """Whether values, of which some may be missing, can be those of a field."""
    if field == "poster":
        return any("://" not in (text_of(value) or "://") or bytes_of(value) for value in values)
    if field != "genres":
        return any(text_of(value).strip() for value in values)
    given, good = 0, 0
    for value in values:
        with suppress(ValueError):
            given += value not in (None, "", [])
            good += bool(names_of(value))
    return good > 0 and 2 * good >= given


def text_of(value: Any) -> str:
    """A value of JSON as text: of a list the longest text, of a picture in a table the name of its file."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return _AUTHOR.sub("", max(map(text_of, value), key=len, default=""))
    if isinstance(value, dict):
        return value["path"] if isinstance(value.get("path"), str) else ""
    if value is None or isinstance(value, bytes):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def line_of(value: Any, most: int) -> str:
    """A value as one line of at most ``most`` characters, without HTML and control characters."""
    return " ".join(clean_text(text_of(value)[:most]).split())


def bytes_of(value: Any) -> bytes:
    """A picture that is stored in a table, alone or as ``{"bytes", "path"}``; b"" if there is none."""
    value = value.get("bytes") if isinstance(value, dict) else value
    return value if isinstance(value, bytes) else b""


def names_of(value: Any) -> list[str]:
    """The genres that a value names; ValueError if it is something else than names."""
    text = json.dumps(value) if isinstance(value, list | dict) else text_of(value)
    return list(dict.fromkeys(line_of(name, 100) for name in parse_genre_list(text)))


def names_in(values: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    """The genres that columns such as genre1 and genre2 name; ValueError if one contains something else."""
    return list(dict.fromkeys(name for column in columns for name in names_of(values.get(column))))


def unfit_genres(columns: Sequence[str], sample: Sequence[Mapping[str, Any]]) -> str:
    """What is in the column that is called like genres but has none, as the middle of a sentence; or ""."""
    named = (name for known in NAMES["genres"] for name in columns if plain_name(name) == known)
    numbered = (name for name in columns if _NUMBERED.fullmatch(plain_name(name)))
    for column in chain(named, numbered):
        if cell := next(filter(None, (text_of(row.get(column)).strip() for row in sample)), ""):
            return f"a column {shown([column])}, but it contains {cell[:40]!r}, not names such as Drama|War"
    return ""


def flag_of(value: Any) -> bool | None:
    """Whether a cell is 0 or 1, in any of the usual forms; None if it is neither."""
    return FLAGS.get(re.sub(r"\.0+$", "", text_of(value)[:20].strip()).casefold())


def flagged(values: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    """The genres whose columns contain a 1; ValueError if one contains neither 0 nor 1."""
    genres = []
    for column in columns:
        flag = flag_of(values.get(column))
        if flag is None:
            raise ValueError(f"genre column {column[:40]} contains {text_of(values.get(column))[:20]!r}, not 0 or 1")
        if flag:
            genres.append(line_of(column, 100))
    return genres
