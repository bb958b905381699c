"""Files as other people have them: the tables and pictures below a folder, rows of any kind of table, posters by path.

Everything here may come from anyone: folders are read to a bounded depth and number of files, links are followed only
once, only regular files are opened, and a table says where posters are only within limits (see ``PosterIndex``).
"""

import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from genreclf.data.posters import EXTENSIONS
from genreclf.data.table_files import open_table, values_of
from genreclf.data.tables import MAX_COLUMNS, check_columns, open_csv
from genreclf.errors import UserError
from genreclf.files import Unreadable, as_object, is_regular, load_json, open_regular, parse_json
from genreclf.units import is_unicode, readable, size

TABLES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".json")
MAX_DEPTH = 8  # of folders in folders
MAX_FILES = 1_000_000  # that are looked at
REPORTED = 1000  # files between two reports of progress
MAX_JSON_TABLE = 300_000_000  # bytes of a JSON file that is one value; JSON lines may be of any length
MAX_JSON_FILM = 20_000_000  # bytes of a JSON file, or of one of its lines, that is one film
ROWS_AT_ONCE = 256  # of Parquet, whose posters are in memory meanwhile


class Row(NamedTuple):
    """A row of a table: its values as JSON has them (bytes stay bytes), its problem or "", its table, its file's id."""

    values: dict[str, Any]
    problem: str
    table: Path
    key: str = ""


@dataclass(frozen=True)
class Tree:
    """The tables and the pictures (by their extensions) in a folder and its sub-folders, sorted by path."""

    root: Path
    tables: list[Path] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)


def scan(root: Path, depth: int = MAX_DEPTH, report: Callable[[str, int], None] = lambda what, count: None) -> Tree:
    """Find the tables and pictures below a folder; hidden files and what macOS adds to archives are left out.

    Raises:
        UserError: the folder cannot be read, or there are more than ``MAX_FILES`` files.
    """
    tree, seen, waiting, count = Tree(root), set[tuple[int, int]](), [(root, 0)], 0
    while waiting:
        folder, level = waiting.pop()
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:  # a link to a folder that has been read
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                for entry in entries:
                    count += 1
                    if count % REPORTED == 0:
                        report("files", count)
                    if count > MAX_FILES:
                        raise UserError(f"{root} contains more than {MAX_FILES:,} files; name the folder of one set.")
                    if entry.name.startswith((".", "__MACOSX")) or not is_unicode(entry.name):
                        continue
                    path = folder / entry.name
                    suffix = path.suffix.lower()
                    if _is_folder(entry):
                        waiting += [(path, level + 1)] if level < depth else []
                    elif suffix in (*TABLES, *EXTENSIONS) and is_regular(path):
                        (tree.tables if suffix in TABLES else tree.pictures).append(path)
        except OSError as error:
            if folder == root:
                raise UserError(f"{root} cannot be read ({error.strerror or error}); check its name.") from None
    return Tree(root, sorted(tree.tables, key=str), sorted(tree.pictures, key=str))


def _is_folder(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def read_rows(path: Path, wanted: Sequence[str] = ()) -> Iterator[Row]:
    """The rows of a table: CSV, Parquet, JSON or JSON lines by its extension.

    Args:
        path: the file.
        wanted: columns that a header of CSV may have, which helps to recognise it.

    Raises:
        UserError: the file cannot be read, has a column twice or too many columns.
    """
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _parquet_rows(path)
    if suffix in (".json", ".jsonl", ".ndjson"):
        return _json_rows(path)
    return _csv_rows(path, wanted)


def read_objects(paths: Iterable[Path]) -> Iterator[Row]:
    """Films of which each is a JSON file; the file's name is its id. ``plot outline`` stands in for no ``plot``."""
    for path in paths:
        try:
            value = load_json(path, MAX_JSON_FILM)
            problem = "" if isinstance(value, dict) else "file is not a JSON object"
        except (OSError, Unreadable) as error:
            value, problem = {}, f"file {path.name} cannot be read ({error})"
        values = as_object(value)
        if "plot outline" in values and not values.get("plot"):
            values["plot"] = values["plot outline"]
        yield Row(values, problem, path, path.stem)


def _csv_rows(path: Path, wanted: Sequence[str]) -> Iterator[Row]:
    with open_csv(path, wanted) as table:
        for cells, problem in table.rows:
            yield Row(dict(zip(table.columns, cells, strict=True)), problem, path)


def _parquet_rows(path: Path) -> Iterator[Row]:
    with open_table(path, (), ROWS_AT_ONCE) as table:
        names = _class_names((table.metadata or {}).get(b"huggingface", b""))
        for batch, _ in table.batches:
            try:
                columns = [values_of(column, bytes) for column in batch.columns]
            except Exception as error:  # Arrow does not name its exceptions consistently
                reason = readable(" ".join(str(error).split())[:120].rstrip(". "))
                raise UserError(f"{path} cannot be read as Parquet ({reason}); repair or replace it.") from error
            columns = [
                [_named(value, names[column]) for value in values] if column in names else values
                for column, values in zip(table.columns, columns, strict=True)
            ]
            for row in zip(*columns, strict=True):
                yield Row(dict(zip(table.columns, row, strict=True)), "", path)


def _class_names(metadata: bytes) -> dict[str, list[str]]:
    """The names of classes by column, which the library ``datasets`` keeps beside columns of numbers."""
    try:
        features = as_object(as_object(as_object(parse_json(metadata)).get("info")).get("features"))
    except Unreadable:
        return {}
    names = {}
    for column, feature in features.items():
        feature = feature[0] if isinstance(feature, list) and feature else feature
        feature = as_object(feature)
        values = (as_object(feature.get("feature")) or feature).get("names")
        if isinstance(values, list) and all(isinstance(value, str) for value in values):
            names[column] = values
    return names


def _named(value: Any, names: list[str]) -> Any:
    if isinstance(value, list):
        return [_named(each, names) for each in value]
    return names[value] if isinstance(value, int) and 0 <= value < len(names) else value


def _json_rows(path: Path) -> Iterator[Row]:
    try:
        with open_regular(path) as stream:
            start = stream.readline(MAX_JSON_FILM)
            are_lines = path.suffix.lower() != ".json" or (start[:1] == b"{" and _is_json(start))
            if are_lines and (path.suffix.lower() != ".json" or stream.read(1)):
                stream.seek(0)
                yield from _json_lines(stream, path)
                return
        value = load_json(path, MAX_JSON_TABLE)
    except FileNotFoundError:
        raise UserError(f"The file {path} does not exist; check its name.") from None
    except (OSError, Unreadable) as error:
        raise UserError(f"{path} cannot be read as JSON ({error}); repair or replace it.") from None
    keyed: Iterable[tuple[str, Any]] = []
    if isinstance(value, dict):  # {"films": [...]}, or a film's values by its id
        lists = [each for each in value.values() if isinstance(each, list)]
        value, keyed = (lists[0], []) if len(lists) == 1 else (None, value.items())
    for key, film in (("", each) for each in value) if isinstance(value, list) else keyed:
        yield Row(as_object(film), "" if isinstance(film, dict) else "entry is not a JSON object", path, key)


def _json_lines(stream, path: Path) -> Iterator[Row]:
    for number, line in enumerate(iter(lambda: stream.readline(MAX_JSON_FILM + 1), b""), start=1):
        if len(line) > MAX_JSON_FILM:
            raise UserError(f"{path} has more than {size(MAX_JSON_FILM)} in line {number:,}; write one film a line.")
        if line.strip():
            value = parse_json(line.removeprefix(b"\xef\xbb\xbf")) if _is_json(line) else None
            yield Row(as_object(value), "" if isinstance(value, dict) else f"line {number} is not a JSON object", path)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line.removeprefix(b"\xef\xbb\xbf").decode())
        return True
    except (ValueError, RecursionError):
        return False


def sample_of(rows: Iterator[Row], count: int, source: Path) -> tuple[list[str], list[dict[str, Any]]]:
    """The columns that the first rows have, and their values.

    Raises:
        UserError: there are more than ``MAX_COLUMNS`` columns.
    """
    columns: dict[str, None] = {}
    sample = []
    for row in rows:
        columns.update(dict.fromkeys(row.values))
        if len(columns) > MAX_COLUMNS:
            check_columns(list(columns), source)
        sample.append(row.values)
        if len(sample) == count:
            break
    return list(columns), sample


class PosterIndex:
    """Finds posters among the pictures below a folder.

    Args:
        tree: the folder.
        is_trusted: whether a table may name a picture outside the folder; not if it came by an upload.
    """

    def __init__(self, tree: Tree, is_trusted: bool):
        self.is_trusted = is_trusted
        self._paths: dict[str, Path] = {}
        self._names: defaultdict[str, list[Path]] = defaultdict(list)
        for path in sorted(tree.pictures, key=lambda each: (EXTENSIONS.index(each.suffix.lower()), str(each))):
            self._paths.setdefault(str(path).casefold(), path)
            self._names[path.name.casefold()].append(path)
            self._names[path.stem.casefold()].append(path)
        self._folders = Counter(path.parent for path in tree.pictures)

    def at(self, cell: str, folder: Path) -> Path | None:
        """The poster that a table in ``folder`` names; a name without folders is looked for in all of them."""
        if not cell or "\0" in cell:
            return None
        full = os.path.abspath(os.path.join(folder, cell))
        if self.is_trusted and full.lower().endswith(EXTENSIONS) and is_regular(Path(full)) and is_unicode(full):
            return Path(full)
        inside = os.path.normpath(os.path.join(folder, cell.lstrip("/")))
        found = self._names.get(cell.partition("?")[0].rpartition("/")[2].casefold(), ())
        return self._paths.get(inside.casefold()) or (found[0] if len(found) == 1 else None)

    def by_id(self, film_ids: Sequence[str]) -> list[list[Path]]:
        """The pictures whose files are named by films' ids, of each film the best one first.

        A folder counts only if it is called Images or Posters, or half of its pictures or of the films belong
        together: elsewhere a picture 1.jpg is no film's.
        """
        films = Counter(film_id.casefold() for film_id in dict.fromkeys(film_ids))

        def named(film_id: str) -> list[Path]:
            paths = self._names.get(film_id.casefold(), [])
            exact = [path for path in paths if film_id in (path.name, path.stem)]
            others = [path for path in paths if path not in exact] if films[film_id.casefold()] == 1 else []
            return exact + others

        found = [named(film_id) for film_id in film_ids]
        hits = Counter(path.parent for paths in found for path in paths)
        folders = {
            folder
            for folder, count in hits.items()
            if folder.name.casefold() in ("images", "posters") or 2 * count >= min(self._folders[folder], len(film_ids))
        }
        return [[path for path in paths if path.parent in folders] for paths in found]
