"""A data set on disk: load it, check every row and poster, and give it a digest.

The layout is ``IMDB_overview_genres.csv`` beside ``Images/<Id>.jpg``; a set may lack all overviews or all posters. A
row with a problem is reported with its id and the reason, and left out; it never stops the others.

An imported set (``genreclf.data.importing``) has its posters' paths in a column ``Poster``, and its films may lack a
poster or an overview.
"""

import dataclasses
import hashlib
import json
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain, islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genreclf import paths
from genreclf.data.corrections import Corrections, apply_corrections, card_facts
from genreclf.data.overviews import clean_text, has_words, overview_problem
from genreclf.data.posters import (
    PICTURES,
    Look,
    PosterError,
    PosterFile,
    look_of,
    missing_poster,
    open_poster,
    poster_names,
    read_poster_file,
)
from genreclf.data.splits import SPLITS, split_of
from genreclf.data.tables import check_columns, find_column, missing_columns, open_csv, plain_name, similar_column
from genreclf.data.twins import count_twins, is_stub, twin_groups
from genreclf.errors import UserError
from genreclf.files import as_object, read_json, write_json
from genreclf.genres import GENRES, MAX_GENRES, GenreList, genre_key, genre_list, label_of, parse_genre_list
from genreclf.units import listed

if TYPE_CHECKING:  # importing pandas would triple the time it takes to import genreclf
    import pandas as pd

TABLE_NAME = "IMDB_overview_genres.csv"
IMAGES_NAME = "Images"
DESCRIPTION = "dataset.json"  # of an imported set: where it is from, and its genres in order
COLUMNS = ("Id", "Genre", "Overview", "Title", "Year", "Poster")
NO_GENRES = {"adult", "video", "seen", "watched", "favourite", "favorite"}  # columns of yes and no that mean others
FLAGS = dict.fromkeys(("1", "true", "t", "yes", "y"), True) | dict.fromkeys(("0", "false", "f", "no", "n"), False)
_MAX_CACHE = 1_000_000_000  # bytes; a checked poster takes 200
CHECK_VERSION = 4  # to be raised when a check changes, so that cached results are not used
PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*\Z")
MAX_ID_LENGTH = 120
_BOTH = tuple(product((True, False), repeat=2))
SNIFFED = 200  # rows that show which columns are genres


@dataclass(frozen=True)
class Problem:
    """A row that was left out: the film's id as in the table, and the reason."""

    id: str
    problem: str


def problem_groups(problems: Iterable[Problem]) -> list[tuple[str, list[str]]]:
    """The problems without what differs from film to film, the most frequent first, and the ids of their films."""
    groups: dict[str, list[str]] = {}
    for problem in problems:
        kind = problem.problem.replace(problem.id, "<Id>") if problem.id else problem.problem
        kind = re.sub(r"(?<=genre list )(['\"]).*\1(?= is not)", "…", kind)
        groups.setdefault(re.sub(r"[0-9][0-9,.]*", "N", kind), []).append(problem.id)
    return sorted(groups.items(), key=lambda group: -len(group[1]))


@dataclass(frozen=True)
class Catalogue:
    """The usable films of a data set.

    Attributes:
        folder: the folder it was loaded from.
        films: one row per film in the table's order, columns ``id``, ``title`` ("" if unknown), ``year`` (nullable
            integer), ``overview`` ("" in a set without overviews), ``genres`` (list of names), ``split``; the index
            is 0..n-1.
        labels: uint8 ``(n, len(genres))``, multi-hot.
        problems: the rows left out.
        digest: SHA-256 (hex) of ids, labels, overviews and posters; equal data has the same digest on every machine.
        posters: the films' poster files, in order, None for a film without one; empty for a set without posters.
        other_names: how many films use another name for a label, by name and label: ``("Science Fiction", "Sci-Fi")``.
        warnings: the films of an imported set whose poster or overview cannot be used; they stay without it.
        genres: the data set's genres, in the order of the columns of ``labels``.
        unusable_overviews: why no overview in the table can be used, such as "overview is not in English"; or "".
        corrections: of these films' genres, by the user (see ``data.corrections``).
        table_digest: the digest of all usable films of the table without corrections. It says which data set this is:
            models that learned from it, whatever its corrections were then, have it in their card.
        inputs_digest: like ``digest``, but corrected genres do not change it; what is computed from overviews and
            posters is stored by it.
    """

    folder: Path
    films: "pd.DataFrame"
    labels: np.ndarray
    problems: tuple[Problem, ...]
    digest: str
    posters: tuple[PosterFile | None, ...]
    other_names: Mapping[tuple[str, str], int] = field(default_factory=dict)
    unusable_overviews: str = ""
    genres: tuple[str, ...] = GENRES
    warnings: tuple[Problem, ...] = ()
    corrections: Corrections = field(default_factory=Corrections)
    table_digest: str = ""
    inputs_digest: str = ""

    def __post_init__(self) -> None:
        for name in ("table_digest", "inputs_digest"):
            object.__setattr__(self, name, getattr(self, name) or self.digest)

    def __len__(self) -> int:
        return len(self.films)

    @cached_property
    def twins(self) -> np.ndarray:
        """Groups of films with the same poster or nearly the same overview (see ``data.twins``), int ``(n,)``."""
        hashes = [poster.sha256 if poster else "" for poster in self.posters] or [""] * len(self)
        return _twin_groups(tuple(self.films["overview"]), tuple(hashes))

    @property
    def has_posters(self) -> bool:
        """Whether films have posters: all of them, none, or in an imported set some."""
        return bool(self.posters)

    @cached_property
    def has_overviews(self) -> bool:
        """Whether films have overviews: all of them, none, or in an imported set some."""
        return bool((self.films["overview"] != "").any())

    @property
    def is_sample(self) -> bool:
        """Whether this is the embedded sample."""
        return os.path.realpath(self.folder) == os.path.realpath(paths.SAMPLE)

    @property
    def has_titles(self) -> bool:
        """Whether any film has a title."""
        return bool((self.films["title"] != "").any())

    def poster(self, film_id: str) -> PosterFile | None:
        """The poster of a film as it was checked, or None (UserError if no film has this id)."""
        return self.posters[self.position(film_id)] if self.posters else None

    def labels_of(self, genres: Sequence[str]) -> np.ndarray:
        """The labels of some of the genres, such as those that a model knows: uint8 ``(n, len(genres))``."""
        return self.labels[:, [self.genres.index(genre) for genre in genres]]

    def by_inputs(self) -> dict[tuple[bool, bool], np.ndarray]:
        """Positions of the films by whether they have a poster, and an overview."""
        posters = np.array([poster is not None for poster in self.posters] or [False] * len(self))
        overviews = (self.films["overview"] != "").to_numpy()
        given = {(one, two): np.flatnonzero((posters == one) & (overviews == two)) for one, two in _BOTH}
        return {inputs: rows for inputs, rows in given.items() if len(rows)}

    @cached_property
    def is_mixed(self) -> bool:
        """Whether some films lack an input that others have."""
        return len(self.by_inputs()) > 1

    def with_inputs(self, poster: bool, overview: bool) -> "Catalogue":
        """The films that have what a model needs: a poster, an overview, or both; itself if all films do.

        In a set where some films lack a poster and others an overview, this is what a model is trained on and models
        are compared on.
        """
        has = np.ones(len(self), bool)
        if poster and self.posters:
            has &= [each is not None for each in self.posters]
        if overview and self.has_overviews:
            has &= (self.films["overview"] != "").to_numpy()
        return self.subset(np.flatnonzero(has))

    def subset(self, rows: np.ndarray) -> "Catalogue":
        """Some of these films, in their order; itself if ``rows`` are all of them."""
        if len(rows) == len(self):
            return self
        posters = tuple(self.posters[row] for row in rows) if self.posters else ()
        return dataclasses.replace(
            self,
            films=self.films.iloc[rows].reset_index(drop=True),
            labels=self.labels[rows],
            posters=posters if any(posters) else (),
            digest=_joined(self.digest, np.asarray(rows).tolist()),
            inputs_digest=_joined(self.inputs_digest, np.asarray(rows).tolist()),
        )

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
            "posters": sum(poster is not None for poster in self.posters),
            "genres": {name: int(count) for name, count in zip(self.genres, counts, strict=True)},
            "splits": {name: int(splits.get(name, 0)) for name in SPLITS},
            "problems": [{"id": problem.id, "problem": problem.problem} for problem in self.problems],
            "digest": self.digest,
            "corrections": card_facts(self.corrections),
            "overviews": int((self.films["overview"] != "").sum()),
            "other_names": [
                {"name": name, "genre": label, "films": count} for (name, label), count in self.other_names.items()
            ],
        }

    def doubts(self) -> dict:
        """What ``data info --json`` adds: the number of ``stubs`` and of ``twins`` (see ``data.twins``)."""
        return {"stubs": sum(map(is_stub, self.films["overview"])), "twins": self.leaks()}

    def leaks(self) -> dict[str, int]:
        """How many films have a twin, and how many of them in another split (see ``data.twins.count_twins``)."""
        return count_twins(self.twins, self.films["split"].to_numpy())

    def with_training_films(self, further: "Catalogue") -> "Catalogue":
        """These films and, in the train split, those of another set whose ids are not among them.

        They have posters if both sets do, and keep this one's folder.
        """
        import pandas as pd

        has_posters = self.has_posters and further.has_posters
        new = np.flatnonzero(~further.films["id"].isin({*self.films["id"], *self.corrections.left_out}))
        films = pd.concat([self.films, further.films.iloc[new].assign(split="train")], ignore_index=True)
        return dataclasses.replace(
            self,
            films=films,
            labels=np.concatenate([self.labels, further.labels[new]]),
            posters=(*self.posters, *(further.posters[row] for row in new)) if has_posters else (),
            digest=_joined(self.digest, further.digest),
            inputs_digest=_joined(self.inputs_digest, further.inputs_digest),
        )

    def lacks(self, uses_poster: bool, uses_overview: bool) -> str:
        """What a model of these inputs lacks here: ``"posters"``, ``"overviews"``, or ``""``."""
        if uses_poster and not self.has_posters:
            return "posters"
        return "overviews" if uses_overview and not self.has_overviews else ""


_twin_groups = lru_cache(maxsize=2)(twin_groups)  # it takes seconds, and corrected genres change nothing


def _joined(digest: str, of_what: object) -> str:
    """The digest of something that was made of a data set and of something else."""
    return hashlib.sha256(f"{digest} {of_what}".encode()).hexdigest()


def load_catalogue(folder: Path | str, on_progress: Callable[[int, int], None] | None = None) -> Catalogue:
    """Load a data-set folder (see ``load_table``) and apply the user's corrections (see ``data.corrections``).

    Raises:
        UserError: it cannot be loaded, or all films are left out.

    Example:
        >>> from genreclf import load_catalogue
        >>> len(load_catalogue("assets/sample"))
        1149
    """
    return apply_corrections(load_table(folder, on_progress))


def load_table(folder: Path | str, on_progress: Callable[[int, int], None] | None = None) -> Catalogue:
    """Load and check a data-set folder as it is, without the user's corrections.

    Checking the posters takes seconds for thousands of films, so the results are cached (under
    ``GENRECLF_HOME/prepared``) until a poster's size or modification time changes.

    Args:
        folder: the data set.
        on_progress: called with (posters checked, all posters to check).

    Raises:
        UserError: the folder, its table or a column is missing, the table cannot be read, or no film is usable.
    """
    import pandas as pd

    folder = Path(folder)
    table = _read_table(folder)
    _whole_ids(folder, table.rows)
    has_posters = _has_posters(folder, table.rows)
    overviews = [text for cells, _ in table.rows if (text := cells.get("Overview", "").strip())]
    has_overviews = any(map(has_words, overviews))
    unusable = overview_problem(overviews[0]) if overviews and not has_overviews else ""
    if table.rows and not has_posters and not has_overviews:
        reason = f" (of the first film, the {unusable})" if unusable else ""
        raise UserError(
            f"{folder} has neither overviews{reason} nor posters; add English overviews to its table in the column "
            f"Overview, or put posters there as {IMAGES_NAME}/<Id>.jpg."
        )

    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    for cells, problem in table.rows:
        try:
            rows.append(_read_row(cells, problem, seen, table, has_overviews))
            seen.add(rows[-1]["id"])
        except ValueError as error:
            rows.append({"id": cells["Id"].strip(), "problem": str(error)})
    if has_posters:
        _add_posters(folder, [row for row in rows if "problem" not in row], on_progress)
    problems = tuple(Problem(row["id"], row["problem"]) for row in rows if "problem" in row)
    usable = [row for row in rows if "problem" not in row]
    if not usable:
        first = f" (first problem: {problems[0].id}: {problems[0].problem})" if problems else ""
        raise UserError(f"{folder} has no usable film{first}; see its table {TABLE_NAME} and its posters.")

    content, other_names = hashlib.sha256(), Counter[tuple[str, str]]()
    for row in usable:
        poster = row.get("poster")
        values = [row["id"], row["genres"], row["overview"], poster.sha256 if poster else ""]
        content.update(json.dumps(values).encode() + b"\n")
        other_names.update(row["other_names"])
    if table.genres.names != GENRES:
        content.update(json.dumps(table.genres.names).encode())
    films = pd.DataFrame(usable, columns=["id", "title", "year", "overview", "genres", "split"])
    films["year"] = films["year"].astype("Int64")
    posters = tuple(row.get("poster") for row in usable)
    return Catalogue(
        folder, films, np.array([row["labels"] for row in usable]), problems, content.hexdigest(),
        posters if any(posters) else (), dict(other_names.most_common()), unusable, table.genres.names,
        tuple(Problem(row["id"], row["warning"]) for row in usable if row.get("warning")),
    )  # fmt: skip


@dataclass(frozen=True)
class _Table:
    """A data set's table.

    Attributes:
        rows: of each row the cells by the names in ``COLUMNS`` and of the genres' columns, and "" or its problem;
            optional columns that the table lacks are missing.
        genres: the data set's.
        flags: the genres that have a column of 0 and 1: all or none.
        is_imported: whether films may lack a poster or an overview.
    """

    rows: list[tuple[dict[str, str], str]]
    genres: GenreList
    flags: tuple[str, ...]
    is_imported: bool


def _read_table(folder: Path) -> _Table:
    path = folder / TABLE_NAME
    if not path.is_file():
        raise UserError(_no_table(folder))
    with open_csv(path, (*COLUMNS, *GENRES)) as table:
        names = {name: column for name in COLUMNS if (column := find_column(table.columns, name, path)) is not None}
        if "Genre" not in names and (plural := find_column(table.columns, "Genres", path)) is not None:
            names["Genre"] = plural
        places = {name: table.columns.index(column) for name, column in names.items()}
        first = list(islice(table.rows, SNIFFED))
        yes_or_no = {
            name: place
            for place, name in enumerate(table.columns)
            if place not in places.values() and plain_name(name) not in NO_GENRES and _are_flags(first, place)
        }
        candidates = {name.strip(): place for name, place in yes_or_no.items()}
        if len(candidates) < len(yes_or_no):
            check_columns([name.strip() for name in yes_or_no], path)
        places = candidates | places
        others, hint = [column for column in table.columns if column not in names.values()], ""
        missing = [name for name in ("Id", "Genre") if name not in names and not (name == "Genre" and candidates)]
        if "Overview" not in names and similar_column(others, "Overview"):
            missing.append("Overview")  # this set has overviews, and they should not be ignored
            hint = " (or remove that column, if it holds no overviews)"
        if missing:
            raise UserError(f"{missing_columns(table.columns, missing, path)}{hint}.")
        rows = [
            ({name: cells[at] for name, at in places.items()}, problem) for cells, problem in chain(first, table.rows)
        ]

    of_films: list[list[str]] = []
    for cells, _ in rows if "Genre" in names else ():
        with suppress(ValueError):  # reported with the row
            of_films.append(parse_genre_list(cells["Genre"]))
    flags = _genre_columns(candidates, rows, of_films if "Genre" in names else None)
    described = as_object(read_json(folder / DESCRIPTION)).get("genres")
    if flags:
        genres = GenreList() if {*map(plain_name, flags)} == {*map(plain_name, GENRES)} else GenreList(flags)
        renamed = {name: genres.find(name) or name for name in places}
        rows = [({renamed[name]: cell for name, cell in cells.items()}, problem) for cells, problem in rows]
    elif isinstance(described, list) and described and all(isinstance(name, str) and name for name in described):
        genres = GenreList(list(dict.fromkeys(described)))
    else:
        genres = genre_list(of_films)
    if (count := len(genres.names)) > MAX_GENRES:
        raise UserError(
            f"{path} has {count:,} genres, more than {MAX_GENRES}; keep the {MAX_GENRES} most frequent, or make sure "
            "that its column Genre holds genres."
        )
    return _Table(rows, genres, genres.names if flags else (), "Poster" in names)


def _are_flags(rows: list[tuple[list[str], str]], place: int) -> bool:
    """Whether most cells of a column are 0 or 1, or yes or no, in any of the usual forms."""
    return 2 * sum(_flag(cells[place]) is not None for cells, _ in rows) > len(rows)


def _genre_columns(
    candidates: Mapping[str, int], rows: list[tuple[dict[str, str], str]], of_films: list[list[str]] | None
) -> list[str]:
    """Those columns of 0 and 1 that are genres, in the table's order.

    Beside a column ``Genre``, they are called like genres in it, or like those of the reports, or no film has them.
    """
    if of_films is None:
        return list(candidates)
    named = {genre_key(name) for names in of_films for name in names}
    columns = [
        name
        for name in candidates
        if genre_key(name) in named or label_of(name) or not any(_flag(cells[name]) for cells, _ in rows)
    ]
    found = {*map(genre_key, columns)}
    most = [key for key in named if key in found]
    return columns if 2 * len(most) > len(named) else []


def _no_table(folder: Path) -> str:
    """Why there is no table where it should be, and what to do."""
    if folder.is_file():
        is_table = folder.suffix.lower() in (".csv", ".tsv", ".txt")
        rename = "" if folder.name == TABLE_NAME else f"rename it to {TABLE_NAME} and "
        remedy = f"{rename}name the folder that contains it: {folder.absolute().parent}" if is_table else (
            f"name a folder that contains the table of films, as CSV, under the name {TABLE_NAME}"
        )  # fmt: skip
        return f"{folder} is a file, not a data-set folder; {remedy}."
    if not folder.is_dir():
        return f"The data folder {folder} does not exist; name a folder that contains {TABLE_NAME}."
    lacks = f"{folder} contains no {TABLE_NAME}"
    entries = sorted(folder.iterdir())
    tables = [entry.name for entry in entries if entry.suffix.lower() in (".csv", ".tsv", ".txt") and entry.is_file()]
    others = [entry.name for entry in entries if entry.suffix.lower() in (".parquet", ".xlsx", ".xls", ".json", ".ods")]
    inner = [entry for entry in entries if (entry / TABLE_NAME).is_file()]
    if inner:
        return f"{lacks}, but its folder {inner[0].name} does; name {inner[0]}."
    if tables:
        return f"{lacks}, but {listed(tables[:3])}; rename the table of films to {TABLE_NAME}."
    if others:
        return f"{lacks}, but {listed(others[:3])}; save the table of films as CSV under the name {TABLE_NAME}."
    return f"{lacks}; name a data-set folder, or get one with 'data fetch'."


def _has_posters(folder: Path, table: list[tuple[dict[str, str], str]]) -> bool:
    """Whether the set has posters; UserError if they are somewhere else than where they belong."""
    if table and "Poster" in table[0][0]:
        return any(cells["Poster"].strip() for cells, _ in table)
    images = folder / IMAGES_NAME
    if images.is_dir():
        return any(not name.startswith(".") for name in os.listdir(images))
    if os.path.lexists(images):
        kind = "a link to a folder that is not there" if images.is_symlink() and not images.exists() else "not a folder"
        raise UserError(f"{images} is {kind}; put the posters there as {IMAGES_NAME}/<Id>.jpg, or remove it.")
    film_ids = {cells["Id"].strip() for cells, _ in table}
    for other in (folder, *(entry for entry in sorted(folder.iterdir()) if entry.is_dir())):
        with suppress(OSError):
            if any((stem in film_ids or f"{stem}.{suffix}" in film_ids) and f".{suffix.lower()}" in PICTURES
                   for stem, _, suffix in (name.rpartition(".") for name in os.listdir(other))):  # fmt: skip
                remedy = "move them there" if other == folder else f"rename {other.name} to {IMAGES_NAME}"
                raise UserError(f"{folder} has no folder {IMAGES_NAME}, but posters in {other}; {remedy}.")
    return False


def _whole_ids(folder: Path, table: list[tuple[dict[str, str], str]]) -> None:
    """Turn ids such as 862.0, which pandas makes of a column of numbers with a gap, into 862, if all are like that."""
    film_ids = [cells["Id"].strip() for cells, _ in table]
    given = [film_id for film_id in film_ids if film_id]
    if not given or not all(re.fullmatch(r"[0-9]+\.0+", film_id) for film_id in given):
        return
    if not any((folder / IMAGES_NAME).glob(f"{given[0]}.*")):
        for cells, _ in table:
            cells["Id"] = cells["Id"].strip().split(".")[0]


def _read_row(row: dict[str, str], problem: str, seen: set[str], table: _Table, has_overviews: bool) -> dict[str, Any]:
    """A film's values from a row of the table, or a ``ValueError`` with its problem; ``seen`` are earlier ids."""
    if problem:
        raise ValueError(problem)
    film_id, year = row["Id"].strip(), row.get("Year", "").strip().removesuffix(".0")
    if not film_id:
        raise ValueError("id is empty")
    if len(film_id) > MAX_ID_LENGTH or not PLAIN_ID.match(film_id):
        raise ValueError("id is not a plain file name (letters, digits, - and _)")
    if film_id in seen:
        raise ValueError("id occurs twice in the table; the first row is used")
    names = parse_genre_list(row["Genre"]) if "Genre" in row else []
    labels = table.genres.encode(names)
    if "Genre" in row and not labels.any():
        raise ValueError("no genre is given")
    if table.flags:
        flags = np.array([_checked_flag(name, row[name]) for name in table.flags], np.uint8)
        if "Genre" not in row and not flags.any():
            raise ValueError("no genre is given")
        if "Genre" in row and not np.array_equal(flags, labels):
            raise ValueError("genre list and genre columns disagree")
        labels = flags
    overview, warning = " ".join(clean_text(row.get("Overview", "")).split()) if has_overviews else "", ""
    if has_overviews and (reason := overview_problem(overview)):
        if not table.is_imported:
            raise ValueError(reason)
        overview, warning = "", reason if overview else ""
    return {
        "id": film_id,
        "title": row.get("Title", "").strip(),
        "year": int(year) if re.fullmatch("[0-9]{4}", year) else None,
        "overview": overview,
        "genres": table.genres.decode(labels),
        "split": split_of(film_id),
        "labels": labels,
        "other_names": {
            (name, label) for name in names if (label := str(table.genres.find(name))).casefold() != name.casefold()
        },
        "poster_path": row.get("Poster", "").strip() if table.is_imported else None,
        "warning": warning,
    }


def _checked_flag(genre: str, cell: str) -> bool:
    """Whether a film has a genre, from the cell in the genre's column."""
    flag = _flag(cell)
    if flag is None:
        raise ValueError(f"the genre column {genre} contains {cell[:20]!r}, something other than 0 or 1")
    return flag


@lru_cache(maxsize=1000)  # of few different cells
def _flag(cell: str) -> bool | None:
    return FLAGS.get(re.sub(r"\.0+$", "", cell.strip()).casefold())


def data_state(folder: Path) -> str:
    """A text that changes whenever the table or a poster of a data set is changed, replaced, added or removed.

    It takes about 20 ms for 6,000 films, since no file is read.
    """
    with suppress(OSError):
        table = _file_state(os.stat(folder / TABLE_NAME))
        states = [sorted(_poster_files(images).items()) for images in _poster_folders(folder, *table)]
        described = _file_state(os.stat(path)) if os.path.exists(path := folder / DESCRIPTION) else None
        return hashlib.sha256(repr([table, described, states]).encode()).hexdigest()
    return ""


@lru_cache(maxsize=64)
def _poster_folders(folder: Path, *_table_state: int) -> tuple[Path, ...]:
    """The folders with a data set's posters, read once for each state of its table."""
    with suppress(UserError), open_csv(folder / TABLE_NAME, COLUMNS) as table:
        if (column := find_column(table.columns, "Poster", folder)) is not None:
            at = table.columns.index(column)
            posters = {os.path.dirname(cells[at].strip()) for cells, _ in table.rows if cells[at].strip()}
            return tuple(sorted(folder / parent for parent in posters))
    return (folder / IMAGES_NAME,)


def _poster_files(images: Path) -> dict[str, list[int]]:
    """The state of each file in a folder, by name; there are none if there is no folder."""
    states: dict[str, list[int]] = {}
    if not images.is_dir():
        return states
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


def _add_posters(folder: Path, rows: list[dict[str, Any]], on_progress: Callable[[int, int], None] | None) -> None:
    """Give each film its ``poster``, a checked ``PosterFile``, or the ``problem`` with it; in an imported set a
    ``warning`` if it has an overview."""
    images = folder / IMAGES_NAME
    if rows and rows[0]["poster_path"] is not None:
        files = {row["id"]: os.path.join(folder, row["poster_path"]) if row["poster_path"] else "" for row in rows}
        states = {
            parent: _poster_files(Path(parent)) for parent in {*map(os.path.dirname, filter(None, files.values()))}
        }
        found = {path: state for path in files.values()
                 if (state := states.get(os.path.dirname(path), {}).get(os.path.basename(path)))}  # fmt: skip
    else:
        found = {os.path.join(images, name): state for name, state in _poster_files(images).items()}
        paths_of = ((row["id"], (os.path.join(images, name) for name in poster_names(row["id"]))) for row in rows)
        files = {film_id: next((path for path in candidates if path in found), "") for film_id, candidates in paths_of}
    checks = _checks(folder, {path: found[path] for path in files.values() if path in found}, on_progress)
    for row in rows:
        path = files[row["id"]]
        if path in checks:
            check = checks[path]
            problem = check.get("problem")
            look = Look(*check["look"]) if problem is None else None
            row["poster"] = PosterFile(Path(path), check["sha256"], look) if look else None
        else:
            problem = str(missing_poster(images, row["id"]))
            if row["poster_path"] is not None:
                problem = f"poster {row['poster_path']} is missing" if path else "neither a poster nor an overview"
        if row["poster_path"] is None or not row["overview"]:
            row |= {} if problem is None else {"problem": problem}
        elif path and problem is not None:
            row["warning"] = problem


def _checks(
    folder: Path, states: Mapping[str, list[int]], on_progress: Callable[[int, int], None] | None
) -> dict[str, dict[str, Any]]:
    """The check of each poster by its path, from the cache for files that have not changed."""
    cache = paths.prepared_dir() / f"checks-{hashlib.sha256(os.path.realpath(folder).encode()).hexdigest()[:16]}.json"
    cached = as_object(read_json(cache, _MAX_CACHE))
    known = as_object(cached.get("posters")) if cached.get("version") == CHECK_VERSION else {}
    checks = {path: check for path, state in states.items() if _is_check(check := known.get(path), state)}

    to_do = [path for path in states if path not in checks]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # Pillow decodes and hashlib hashes without the GIL
        results = pool.map(lambda path: _check_poster(Path(path), states[path]), to_do)
        for done, (path, check) in enumerate(zip(to_do, results, strict=True), start=1):
            checks[path] = check
            if on_progress and (done % 64 == 0 or done == len(to_do)):
                on_progress(done, len(to_do))
    if to_do:
        with suppress(OSError):  # a full disk or a read-only home costs time at the next start, not the data
            write_json(cache, {"version": CHECK_VERSION, "posters": checks})
    return checks


def _check_poster(path: Path, state: list[int]) -> dict[str, Any]:
    try:
        content = read_poster_file(path)
        look = look_of(open_poster(content))
        return {"stat": state, "sha256": hashlib.sha256(content).hexdigest(), "look": look}
    except PosterError as error:
        return {"stat": state, "problem": str(error)}


def _is_check(check: Any, state: list[int]) -> bool:
    """Whether a value from the cache is the check of a file in this state."""
    result = as_object(check)
    if result.get("stat") != state:
        return False
    if "problem" in result:
        return isinstance(result["problem"], str)
    look = result.get("look")
    is_look = isinstance(look, list) and len(look) == 4 and all(isinstance(value, int | float) for value in look)
    return is_look and bool(re.fullmatch("[0-9a-f]{64}", str(result.get("sha256"))))
