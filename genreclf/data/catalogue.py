"""A data set on disk: load it, check every row and poster, and give it a digest.

The layout is ``IMDB_overview_genres.csv`` beside ``Images/<Id>.jpg``. A row with a problem is reported with its id and
the reason, and left out; it never stops the others.
"""

import csv
import hashlib
import json
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genreclf import paths
from genreclf.data.posters import MAX_BYTES, PosterError, open_poster
from genreclf.data.splits import SPLITS, split_of
from genreclf.errors import UserError
from genreclf.files import write_json
from genreclf.genres import GENRES, genre_names, multi_hot, parse_genre_list

TABLE_NAME = "IMDB_overview_genres.csv"
IMAGES_NAME = "Images"
REQUIRED_COLUMNS = ("Id", "Genre", "Overview")
CHECK_VERSION = 1  # raise it when a check changes, so that remembered results are not used
PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*\Z")
MAX_ID_LENGTH = 120


@dataclass(frozen=True)
class Problem:
    """A row that was left out: the film's id as the table has it, and the reason."""

    id: str
    problem: str


@dataclass(frozen=True)
class Catalogue:
    """The usable films of a data set.

    Attributes:
        folder: where it lies.
        films: one row a film in the table's order, columns ``id``, ``title`` ("" where unknown), ``year`` (nullable
            integer), ``overview``, ``genres`` (list of names), ``split``; the index is 0..n-1.
        labels: uint8 ``(n, 25)``, multi-hot.
        problems: the rows left out.
        digest: SHA-256 (hex) of ids, labels, overviews and posters; equal data has an equal digest anywhere.
    """

    folder: Path
    films: pd.DataFrame
    labels: np.ndarray
    problems: tuple[Problem, ...]
    digest: str

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
        """The poster file of a film."""
        return self.folder / IMAGES_NAME / f"{film_id}.jpg"

    def poster_paths(self) -> list[Path]:
        """The poster files of all films, in order."""
        return [self.poster_path(film_id) for film_id in self.films["id"]]

    def in_split(self, split: str) -> np.ndarray:
        """Positions of the films of ``"train"``, ``"val"``, ``"test"`` or ``"all"``.

        Raises:
            UserError: another word.
        """
        if split == "all":
            return np.arange(len(self))
        if split not in SPLITS:
            raise UserError(f"There is no split {split!r}; choose all, train, val or test.")
        return np.flatnonzero(self.films["split"].to_numpy() == split)

    def position(self, film_id: str) -> int:
        """Where a film stands in the catalogue.

        Raises:
            UserError: no film has this id.
        """
        found = np.flatnonzero(self.films["id"].to_numpy() == film_id)
        if not len(found):
            raise UserError(f"No film in {self.folder.name} has the id {film_id!r}; Browse lists the ids there are.")
        return int(found[0])

    def display_name(self, position: int) -> str:
        """How people call a film: its title and year where known, else its number and id."""
        film = self.films.iloc[position]
        if film["title"]:
            return f"{film['title']} ({film['year']})" if pd.notna(film["year"]) else film["title"]
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

    The posters' checks take seconds for thousands of films, so their results are remembered (under
    ``GENRECLF_HOME/prepared``) until a poster's size or time of change differs.

    Args:
        folder: the data set.
        on_progress: called with (posters checked, posters in all).

    Raises:
        UserError: the folder, its table or a column is missing, the table cannot be read, or no film is usable.

    Example:
        >>> from genreclf import load_catalogue
        >>> len(load_catalogue("assets/sample"))
        400
    """
    folder = Path(folder)
    table = read_table(folder)
    images = folder / IMAGES_NAME
    if not images.is_dir():
        raise UserError(f"{folder} has no folder {IMAGES_NAME}; put the posters there as {IMAGES_NAME}/<Id>.jpg.")

    rows, problems = _check_rows(table)
    checks = _check_posters(images, [row["id"] for row in rows], on_progress)
    usable, labels = [], []
    content = hashlib.sha256()
    for row in rows:
        check = checks[row["id"]]
        if "problem" in check:
            problems.append((row["order"], Problem(row["id"], check["problem"])))
            continue
        usable.append(row)
        labels.append(row["labels"])
        line = [row["id"], genre_names(row["labels"]), row["overview"], check["sha256"]]
        content.update(json.dumps(line).encode() + b"\n")
    problems.sort(key=lambda pair: pair[0])
    sentences = tuple(problem for _, problem in problems)
    if not usable:
        first = f" (first problem: {sentences[0].id}: {sentences[0].problem})" if sentences else ""
        raise UserError(f"{folder} has no usable film{first}; see its table {TABLE_NAME} and its posters.")

    films = pd.DataFrame(
        {
            "id": [row["id"] for row in usable],
            "title": [row["title"] for row in usable],
            "year": pd.array([row["year"] for row in usable], dtype="Int64"),
            "overview": [row["overview"] for row in usable],
            "genres": [genre_names(row["labels"]) for row in usable],
            "split": [split_of(row["id"]) for row in usable],
        }
    )
    return Catalogue(folder, films, np.array(labels, np.uint8), sentences, content.hexdigest())


def read_table(folder: Path) -> list[dict[str | None, Any]]:
    """Read the table of a data set as text, with its columns checked: one dict a row, the cells by column.

    A cell that is missing at a row's end is empty; cells beyond the last column stand as a list under None.

    Raises:
        UserError: the folder or table is missing, is not a CSV file in UTF-8, or lacks a column.
    """
    path = folder / TABLE_NAME
    if not folder.is_dir():
        raise UserError(f"The data folder {folder} does not exist; name a folder that holds {TABLE_NAME}.")
    if not path.is_file():
        raise UserError(f"{folder} holds no {TABLE_NAME}; name a data-set folder, or fetch one with 'data fetch'.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, restval="")
            columns, rows = list(reader.fieldnames or ()), list(reader)
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8 text; save it as a CSV file in UTF-8.") from None
    except (csv.Error, OSError) as error:
        raise UserError(f"{path} cannot be read as CSV ({error}); mend or replace it.") from None
    if not columns:
        raise UserError(f"{path} is empty, or its first line is; it needs the columns {', '.join(REQUIRED_COLUMNS)}.")
    missing = [name for name in REQUIRED_COLUMNS if name not in columns]
    if any(name in columns for name in GENRES):  # the 0/1 columns are optional, but not half of them
        missing += [name for name in GENRES if name not in columns]
    if missing:
        raise UserError(f"{path} lacks the column{'s'[: len(missing) > 1]} {', '.join(missing)}; add what is missing.")
    double = [name for name in (*REQUIRED_COLUMNS, *GENRES, "Title", "Year") if columns.count(name) > 1]
    if double:
        raise UserError(f"{path} has the column {double[0]} {columns.count(double[0])} times; keep one.")
    return rows


def _check_rows(table: list[dict[str | None, Any]]) -> tuple[list[dict], list[tuple[int, Problem]]]:
    """Split the table into usable rows and problems, posters not yet looked at."""
    rows: list[dict] = []
    problems: list[tuple[int, Problem]] = []
    seen: set[str] = set()
    for order, row in enumerate(table):
        film_id, overview = row["Id"].strip(), " ".join(row["Overview"].split())
        try:
            labels = _check_row(row, film_id, overview, seen)
        except ValueError as error:
            problems.append((order, Problem(film_id, str(error))))
            continue
        seen.add(film_id)
        year = row.get("Year", "").strip().removesuffix(".0")
        rows.append(
            {
                "order": order,
                "id": film_id,
                "labels": labels,
                "overview": overview,
                "title": row.get("Title", "").strip(),
                "year": int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None,
            }
        )
    return rows, problems


def _check_row(row: dict[str | None, Any], film_id: str, overview: str, seen: set[str]) -> np.ndarray:
    surplus = row.get(None, [])
    if any(cell.strip() for cell in surplus):
        columns = len(row) - 1
        raise ValueError(f"row has {columns + len(surplus)} cells, the table has {columns} columns")
    if not film_id:
        raise ValueError("id is empty")
    if len(film_id) > MAX_ID_LENGTH or not PLAIN_ID.match(film_id):
        raise ValueError("id is not a plain file name (letters, digits, - and _)")
    if film_id in seen:
        raise ValueError("id stands in the table twice; the first row is used")
    names = parse_genre_list(row["Genre"])
    if not names:
        raise ValueError("no genre is given")
    labels = multi_hot(names)
    if GENRES[0] in row:
        listed = np.array([row[name].strip().removesuffix(".0") for name in GENRES])
        if not np.isin(listed, ("0", "1")).all():
            raise ValueError("a genre column holds something other than 0 or 1")
        if not np.array_equal(listed == "1", labels == 1):
            raise ValueError("genre list and genre columns disagree")
    if not overview:
        raise ValueError("overview is empty")
    return labels


def _check_posters(
    images: Path, film_ids: list[str], on_progress: Callable[[int, int], None] | None
) -> dict[str, dict[str, str]]:
    """``{"sha256"}`` or ``{"problem"}`` for each film's poster, from memory where the file has not changed."""
    place = hashlib.sha256(str(images.resolve()).encode()).hexdigest()[:16]
    memory = paths.prepared_dir() / f"checks-{place}.json"
    known: dict[str, dict] = {}
    if memory.is_file():
        try:
            remembered = json.loads(memory.read_text("utf-8"))
            known = remembered["posters"] if remembered["version"] == CHECK_VERSION else {}
        except (ValueError, KeyError, TypeError, OSError):
            known = {}  # damaged memory: check again, and write it anew

    stats = {}
    with os.scandir(images) as entries:
        for entry in entries:
            try:
                stat = entry.stat()
            except OSError:
                continue  # a dangling link counts as missing below
            if entry.is_file():
                stats[entry.name] = [stat.st_size, stat.st_mtime_ns]

    checks: dict[str, dict] = {}
    to_do = []
    for film_id in film_ids:
        state = stats.get(f"{film_id}.jpg")
        if state is None:
            checks[film_id] = {"problem": f"poster {IMAGES_NAME}/{film_id}.jpg is missing"}
        elif film_id in known and known[film_id].get("stat") == state:
            checks[film_id] = known[film_id]
        else:
            to_do.append((film_id, state))

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # Pillow decodes and hashlib hashes without the GIL
        results = pool.map(lambda job: _check_poster(images / f"{job[0]}.jpg", job[1]), to_do)
        for done, ((film_id, _), check) in enumerate(zip(to_do, results, strict=True), start=1):
            checks[film_id] = check
            if on_progress and (done % 64 == 0 or done == len(to_do)):
                on_progress(done, len(to_do))
    if to_do:
        kept = {film_id: check for film_id, check in checks.items() if "stat" in check}
        try:
            write_json(memory, {"version": CHECK_VERSION, "posters": kept})
        except OSError:
            return checks  # a full or read-only home costs time at the next start, not the data
    return checks


def _check_poster(path: Path, stat: list[int]) -> dict:
    try:
        if stat[0] > MAX_BYTES:
            raise PosterError(f"poster is {stat[0] / 1e6:.0f} MB, more than {MAX_BYTES / 1e6:.0f} MB")
        content = path.read_bytes()
        open_poster(content, near=64)
    except (PosterError, OSError) as error:
        return {"stat": stat, "problem": str(error)}
    return {"stat": stat, "sha256": hashlib.sha256(content).hexdigest()}
