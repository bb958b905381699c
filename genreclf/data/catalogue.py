"""A data set on disk: load it, check every row and poster, and give it a digest.

The layout is ``IMDB_overview_genres.csv`` beside ``Images/<Id>.jpg``. A row with a problem is reported with its id and
the reason, and left out; it never stops the others.
"""

import csv
import hashlib
import json
import os
import re
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genreclf import paths
from genreclf.data.posters import PosterError, PosterFile, missing_poster, open_poster, poster_names, read_poster_file
from genreclf.data.splits import SPLITS, split_of
from genreclf.errors import UserError
from genreclf.files import as_object, read_json, write_json
from genreclf.genres import GENRES, genre_names, multi_hot, parse_genre_list

if TYPE_CHECKING:  # importing pandas would triple the time it takes to import genreclf
    import pandas as pd

TABLE_NAME = "IMDB_overview_genres.csv"
IMAGES_NAME = "Images"
REQUIRED_COLUMNS = ("Id", "Genre", "Overview")
CHECK_VERSION = 2  # to be raised when a check changes, so that cached results are not used
PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*\Z")
MAX_ID_LENGTH = 120


@dataclass(frozen=True)
class Problem:
    """A row that was left out: the film's id as in the table, and the reason."""

    id: str
    problem: str


@dataclass(frozen=True)
class Catalogue:
    """The usable films of a data set.

    Attributes:
        folder: the folder it was loaded from.
        films: one row per film in the table's order, columns ``id``, ``title`` ("" if unknown), ``year`` (nullable
            integer), ``overview``, ``genres`` (list of names), ``split``; the index is 0..n-1.
        labels: uint8 ``(n, 25)``, multi-hot.
        problems: the rows left out.
        digest: SHA-256 (hex) of ids, labels, overviews and posters; equal data has the same digest on every machine.
        posters: the films' poster files, in order.
    """

    folder: Path
    films: "pd.DataFrame"
    labels: np.ndarray
    problems: tuple[Problem, ...]
    digest: str
    posters: tuple[PosterFile, ...]

    def __len__(self) -> int:
        return len(self.films)

    @property
    def is_sample(self) -> bool:
        """Whether this is the embedded sample."""
        return self.folder.resolve() == paths.SAMPLE.resolve()

    @property
    def has_titles(self) -> bool:
        """Whether any film has a title."""
        return bool((self.films["title"] != "").any())

    def poster_path(self, film_id: str) -> Path:
        """The poster file of a film (UserError if no film has this id)."""
        return self.poster(film_id).path

    def poster(self, film_id: str) -> PosterFile:
        """The poster of a film as it was checked (UserError if no film has this id)."""
        return self.posters[self.position(film_id)]

    def poster_paths(self) -> list[Path]:
        """The poster files of all films, in order."""
        return [poster.path for poster in self.posters]

    def in_split(self, split: str) -> np.ndarray:
        """Positions of the films of ``"train"``, ``"val"``, ``"test"`` or ``"all"``, int ``(n,)``, ascending.

        Raises:
            UserError: there is no such split.
        """
        if split == "all":
            return np.arange(len(self))
        if split not in SPLITS:
            raise UserError(f"There is no split {split!r}; choose all, train, val or test.")
        return np.flatnonzero(self.films["split"].to_numpy() == split)

    def position(self, film_id: str) -> int:
        """A film's position in the catalogue.

        Raises:
            UserError: no film has this id.
        """
        positions = np.flatnonzero(self.films["id"].to_numpy() == film_id)
        if not len(positions):
            raise UserError(f"No film in {self.folder.name} has the id {film_id!r}; see the Browse page for valid ids.")
        return int(positions[0])

    def display_name(self, position: int) -> str:
        """A film's name on screen: its title and year if known, else its number and id."""
        film = self.films.iloc[position]
        if film["title"]:
            return f"{film['title']} ({film['year']})" if film.notna()["year"] else film["title"]
        return f"Film {position + 1} · {film['id']}"

    def info(self) -> dict:
        """The summary that ``data info --json`` prints."""
        counts = self.labels.sum(axis=0, dtype=int)
        splits = self.films["split"].value_counts()
        return {
            "films": len(self),
            "posters": len(self),
            "genres": {name: int(count) for name, count in zip(GENRES, counts, strict=True)},
            "splits": {name: int(splits.get(name, 0)) for name in SPLITS},
            "problems": [{"id": problem.id, "problem": problem.problem} for problem in self.problems],
            "digest": self.digest,
        }


def load_catalogue(folder: Path | str, on_progress: Callable[[int, int], None] | None = None) -> Catalogue:
    """Load and check a data-set folder.

    Checking the posters takes seconds for thousands of films, so the results are cached (under
    ``GENRECLF_HOME/prepared``) until a poster's size or modification time changes.

    Args:
        folder: the data set.
        on_progress: called with (posters checked, all posters to check).

    Raises:
        UserError: the folder, its table or a column is missing, the table cannot be read, or no film is usable.

    Example:
        >>> from genreclf import load_catalogue
        >>> len(load_catalogue("assets/sample"))
        400
    """
    import pandas as pd

    folder = Path(folder)
    table = _read_table(folder)
    images = folder / IMAGES_NAME
    if not images.is_dir():
        raise UserError(f"{folder} has no folder {IMAGES_NAME}; put the posters there as {IMAGES_NAME}/<Id>.jpg.")

    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    for row in table:
        try:
            rows.append(_read_row(row, seen))
            seen.add(rows[-1]["id"])
        except ValueError as error:
            rows.append({"id": row["Id"].strip(), "problem": str(error)})
    checks = _check_posters(images, [row["id"] for row in rows if "problem" not in row], on_progress)
    for row in rows:
        if "problem" not in row:
            row.update(checks[row["id"]])
    problems = tuple(Problem(row["id"], row["problem"]) for row in rows if "problem" in row)
    usable = [row for row in rows if "problem" not in row]
    if not usable:
        first = f" (first problem: {problems[0].id}: {problems[0].problem})" if problems else ""
        raise UserError(f"{folder} has no usable film{first}; see its table {TABLE_NAME} and its posters.")

    content = hashlib.sha256()
    for row in usable:
        values = [row["id"], row["genres"], row["overview"], row["poster"].sha256]
        content.update(json.dumps(values).encode() + b"\n")
    films = pd.DataFrame(usable, columns=["id", "title", "year", "overview", "genres", "split"])
    films["year"] = films["year"].astype("Int64")
    labels, posters = np.array([row["labels"] for row in usable]), tuple(row["poster"] for row in usable)
    return Catalogue(folder, films, labels, problems, content.hexdigest(), posters)


def _read_table(folder: Path) -> list[dict[str | None, Any]]:
    """Read the table as text and check its columns: one dict per row, the cells by column.

    A cell that is missing at the end of a row is empty; cells beyond the last column are a list under None.
    """
    path = folder / TABLE_NAME
    if not folder.is_dir():
        raise UserError(f"The data folder {folder} does not exist; name a folder that contains {TABLE_NAME}.")
    if not path.is_file():
        raise UserError(f"{folder} contains no {TABLE_NAME}; name a data-set folder, or get one with 'data fetch'.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, restval="")
            columns, rows = list(reader.fieldnames or ()), list(reader)
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8 text; save it as a CSV file in UTF-8.") from None
    except (csv.Error, OSError) as error:
        raise UserError(f"{path} cannot be read as CSV ({error}); repair or replace it.") from None
    if not columns:
        raise UserError(f"{path} is empty, or its first line is; it needs the columns {', '.join(REQUIRED_COLUMNS)}.")
    missing = [name for name in REQUIRED_COLUMNS if name not in columns]
    if any(name in columns for name in GENRES):  # the 0/1 columns are optional, but either all or none must be there
        missing += [name for name in GENRES if name not in columns]
    if missing:
        raise UserError(f"{path} lacks the column{'s'[: len(missing) > 1]} {', '.join(missing)}; add what is missing.")
    repeated = [name for name in (*REQUIRED_COLUMNS, *GENRES, "Title", "Year") if columns.count(name) > 1]
    if repeated:
        raise UserError(f"{path} has the column {repeated[0]} {columns.count(repeated[0])} times; keep one.")
    return rows


def _read_row(row: dict[str | None, Any], seen: set[str]) -> dict[str, Any]:
    """A film's values from a row of the table, or a ``ValueError`` with its problem; ``seen`` are earlier ids."""
    surplus = row.get(None, [])
    if any(cell.strip() for cell in surplus):
        columns = len(row) - 1
        raise ValueError(f"row has {columns + len(surplus)} cells, the table has {columns} columns")
    film_id, year = row["Id"].strip(), row.get("Year", "").strip().removesuffix(".0")
    if not film_id:
        raise ValueError("id is empty")
    if len(film_id) > MAX_ID_LENGTH or not PLAIN_ID.match(film_id):
        raise ValueError("id is not a plain file name (letters, digits, - and _)")
    if film_id in seen:
        raise ValueError("id occurs twice in the table; the first row is used")
    labels = multi_hot(parse_genre_list(row["Genre"]))
    if not labels.any():
        raise ValueError("no genre is given")
    if GENRES[0] in row:
        flags = np.array([row[name].strip().removesuffix(".0") for name in GENRES])
        if not np.isin(flags, ("0", "1")).all():
            raise ValueError("a genre column contains something other than 0 or 1")
        if not np.array_equal(flags == "1", labels == 1):
            raise ValueError("genre list and genre columns disagree")
    overview = " ".join(row["Overview"].split())
    if not overview:
        raise ValueError("overview is empty")
    return {
        "id": film_id,
        "title": row.get("Title", "").strip(),
        "year": int(year) if re.fullmatch("[0-9]{4}", year) else None,
        "overview": overview,
        "genres": genre_names(labels),
        "split": split_of(film_id),
        "labels": labels,
    }


def data_state(folder: Path) -> str:
    """A text that changes whenever the table or a poster of a data set is changed, replaced, added or removed.

    It takes about 20 ms for 6,000 films, since no file is read.
    """
    with suppress(OSError):
        state = [_file_state(os.stat(folder / TABLE_NAME)), sorted(_poster_files(folder / IMAGES_NAME).items())]
        return hashlib.sha256(repr(state).encode()).hexdigest()
    return ""


def _poster_files(images: Path) -> dict[str, list[int]]:
    """The state of each file in a folder, by name."""
    states = {}
    with os.scandir(images) as entries:
        for entry in entries:
            with suppress(OSError):  # a dangling link
                status = entry.stat()
                if not stat.S_ISDIR(status.st_mode):
                    states[entry.name] = _file_state(status)
    return states


def _file_state(status: os.stat_result) -> list[int]:
    """Numbers that change when a file does: a copied file may keep its modification time, but not its change time."""
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _check_posters(
    images: Path, film_ids: list[str], on_progress: Callable[[int, int], None] | None
) -> dict[str, dict[str, Any]]:
    """``{"poster": PosterFile}`` or ``{"problem": reason}`` by film, from the cache for files that have not changed."""
    cache = paths.prepared_dir() / f"checks-{hashlib.sha256(str(images.resolve()).encode()).hexdigest()[:16]}.json"
    cached = as_object(read_json(cache))
    known = as_object(cached.get("posters")) if cached.get("version") == CHECK_VERSION else {}

    states = _poster_files(images)
    found = {film_id: next((name for name in poster_names(film_id) if name in states), None) for film_id in film_ids}
    names = [name for name in found.values() if name]
    checks = {name: check for name in names if _is_check(check := known.get(name), states[name])}

    to_do = [name for name in names if name not in checks]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # Pillow decodes and hashlib hashes without the GIL
        results = pool.map(lambda name: _check_poster(images / name, states[name]), to_do)
        for done, (name, check) in enumerate(zip(to_do, results, strict=True), start=1):
            checks[name] = check
            if on_progress and (done % 64 == 0 or done == len(to_do)):
                on_progress(done, len(to_do))
    if to_do:
        with suppress(OSError):  # a full disk or a read-only home costs time at the next start, not the data
            write_json(cache, {"version": CHECK_VERSION, "posters": checks})
    return {film_id: _checked(images, film_id, name, checks) for film_id, name in found.items()}


def _check_poster(path: Path, state: list[int]) -> dict[str, Any]:
    try:
        content = read_poster_file(path)
        open_poster(content)
        return {"stat": state, "sha256": hashlib.sha256(content).hexdigest()}
    except PosterError as error:
        return {"stat": state, "problem": str(error)}


def _is_check(check: Any, state: list[int]) -> bool:
    """Whether a value from the cache is the check of a file in this state."""
    result = as_object(check)
    if result.get("stat") != state:
        return False
    if "problem" in result:
        return isinstance(result["problem"], str)
    return bool(re.fullmatch("[0-9a-f]{64}", str(result.get("sha256"))))


def _checked(images: Path, film_id: str, name: str | None, checks: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if name is None:
        return {"problem": str(missing_poster(images, film_id))}
    check = checks[name]
    return (
        {"problem": check["problem"]} if "problem" in check else {"poster": PosterFile(images / name, check["sha256"])}
    )
