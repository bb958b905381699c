"""Read films from a file, a folder or an archive of any known form."""

import dataclasses
import hashlib
import os
import re
import shutil
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from genreclf import paths
from genreclf.data.catalogue import (
    MAX_ID_LENGTH,
    PLAIN_ID,
    TABLE_NAME,
    Problem,
    problem_groups,
)
from genreclf.data.fetch.archive import BadArchive, unpack
from genreclf.data.importing import files
from genreclf.data.importing.columns import (
    FIELDS,
    NAMES,
    ColumnError,
    are_flags,
    bytes_of,
    flag_columns,
    flagged,
    guess_columns,
    line_of,
    mapped_columns,
    names_in,
    shown,
    text_of,
    unfit_genres,
)
from genreclf.data.importing.files import PosterIndex, Row, Tree
from genreclf.data.overviews import MAX_CHARACTERS, overview_problem
from genreclf.data.posters import EXTENSIONS, MAX_BYTES
from genreclf.data.tables import check_regular
from genreclf.errors import UserError
from genreclf.files import atomic_folder, sha256_of, writing
from genreclf.genres import MAX_GENRES, genre_key, label_of
from genreclf.public import at_home
from genreclf.units import is_unicode, listed

if TYPE_CHECKING:
    import pandas as pd

FORMS = {
    "reports": "the layout of the reports",
    "tmdb": "film metadata of TMDB or Kaggle",
    "mm-imdb": "a folder with a JSON file for each film, like MM-IMDb",
    "huggingface": "a table beside its pictures, as on Hugging Face",
    "folders": "a folder of posters for each genre",
    "flags": "a table with a 0/1 column for each genre",
    "table": "a table with a column of genres",
    "parquet": "Parquet",
    "json": "JSON",
}
MIN_GENRES = 2
MAX_FILMS = 1_000_000
SAMPLE_ROWS = 200  # from which columns are guessed
PREVIEW = 10
MAX_LISTED = 10  # spellings of genres, and so on, in notes
_NEAR_DEPTH = 3  # of folders beside a table in which posters are looked for
_REPORTED = 500  # rows between two reports of progress
_KEPT = 86_400  # seconds for which an unpacked archive that nobody imports is kept
_SPLITS = {"train", "training", "val", "valid", "validation", "dev", "test", "testing"}
_SPLITS_NOTE = "The source's own division into training and test is not used: each film's id decides."
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TITLE_YEAR = re.compile(r"\s*\(((?:18|19|20)[0-9]{2})\)\s*$")
_YEAR = re.compile(r"(?<![0-9])((?:18|19|20)[0-9]{2})(?![0-9])")


@dataclass(frozen=True)
class Import:
    """The films of a source, before they are written.

    Attributes:
        source: the file or folder that was named.
        form: one of ``FORMS``.
        columns: by field, the source's column that it is read from; several for ``genres``, separated by commas.
        films: columns ``id``, ``title``, ``year`` (nullable), ``overview`` (or ""), ``genres`` (list of names),
            ``poster`` (path, or ""), ``row`` (in the source) and ``embedded`` (whether the row itself contains the
            poster); the index is 0..n-1.
        genres: all genres: in the order of the source's 0/1 columns if it has them, else the most frequent first.
        problems: the rows left out.
        notes: sentences about what was read otherwise than it is written.
        tables: the files that the rows came from.
        scratch: where an archive was unpacked, else None.
        table_columns: all columns of the table, of which ``columns`` are some.
    """

    source: Path
    form: str
    columns: dict[str, str]
    films: "pd.DataFrame"
    genres: tuple[str, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    tables: tuple[Path, ...]
    scratch: Path | None = None
    table_columns: tuple[str, ...] = ()

    @property
    def posters(self) -> int:
        """How many films have a poster."""
        return int(((self.films["poster"] != "") | self.films["embedded"]).sum())

    @property
    def overviews(self) -> int:
        """How many films have an overview."""
        return int((self.films["overview"] != "").sum())

    def genre_counts(self) -> dict[str, int]:
        """How many films each genre has, in the order of ``genres``."""
        counts = Counter(chain.from_iterable(self.films["genres"]))
        return {name: counts[name] for name in self.genres}

    def preview(self) -> list[dict[str, Any]]:
        """The first films as they will be, with shortened overviews."""
        shown = self.films.head(PREVIEW).astype({"year": object}).to_dict("records")
        return [
            {key: film[key] for key in ("id", "title", "genres")}
            | {"year": film["year"] if isinstance(film["year"], int) else None, "overview": film["overview"][:100],
               "poster": bool(film["poster"] or film["embedded"])}
            for film in shown
        ]  # fmt: skip

    def summary(self) -> dict[str, Any]:
        """What ``data import --json`` prints: counts, the first films, and the problems grouped by their reason."""
        groups = problem_groups(self.problems)[:100]
        return {
            "source": str(self.source), "form": self.form, "columns": self.columns, "films": len(self.films),
            "overviews": self.overviews, "posters": self.posters, "genres": self.genre_counts(),
            "preview": self.preview(), "notes": list(self.notes), "left_out": len(self.problems),
            "problems": [{"problem": kind, "rows": len(ids), "examples": ids[:5]} for kind, ids in groups],
        }  # fmt: skip


@at_home("Adding films")
def read_source(
    path: Path | str,
    mapping: Mapping[str, str] | None = None,
    is_upload: bool = False,
    on_progress: Callable[[str, int], None] | None = None,
) -> Import:
    """Read films in any of ``FORMS``.

    Of several plots of a film the longest is taken, as by the authors of MM-IMDb: models read the first 200 words, and
    only long plots have as many.

    Args:
        path: a file, a folder, or a zip archive of one, which is unpacked below ``GENRECLF_HOME`` until the films are
            written or ``discard`` is called.
        mapping: by field (one of ``FIELDS``) the column to read it from; "" for none, and for ``genres`` also several,
            separated by commas, which then are 0/1 columns.
        is_upload: whether a folder contains what somebody has uploaded: its table may name no poster outside, and it
            is deleted when the films have been written.
        on_progress: called with ``"files"`` or ``"rows"`` and how many of them have been looked at; a ``UserError``
            that it raises ends the reading.

    Raises:
        ColumnError: a column is not there, no film can be used, or there are not between ``MIN_GENRES`` and
            ``MAX_GENRES`` genres.
        UserError: the source cannot be read or has no form that is known.
    """
    source, report = Path(os.path.abspath(os.path.expanduser(path))), on_progress or (lambda what, count: None)
    if "\0" in str(source) or not is_unicode(str(source)):
        raise UserError(f"{str(source)!r} is not Unicode text; rename the file or folder.")
    if unknown := [name for name in mapping or {} if name not in FIELDS]:
        raise UserError(f"There is no field {unknown[0]!r} to map; the fields are {listed(FIELDS)}.")
    if source.is_dir() or source.suffix.lower() != ".zip":
        return _read(source, source, mapping or {}, source if is_upload else None, report)
    check_regular(source)
    scratch = _unpacked(source)
    try:
        return _read(source, scratch, mapping or {}, scratch, report)
    except UserError as error:
        error.args = (str(error).replace(str(scratch), str(source)),)
        raise


def _unpacked(archive: Path) -> Path:
    """The folder into which an archive is unpacked; unpacked ones that nobody has imported for a day are deleted."""
    scratch = paths.home() / "imports"
    with writing(scratch):
        scratch.mkdir(parents=True, exist_ok=True)
        for old in scratch.iterdir():
            if time.time() - old.lstat().st_mtime > _KEPT:
                shutil.rmtree(old, ignore_errors=True)
        folder = scratch / sha256_of(archive)[:16]
        if not folder.is_dir():
            with atomic_folder(folder) as new:
                try:
                    unpack(archive, new, (*files.TABLES, *EXTENSIONS))
                except BadArchive as reason:
                    raise UserError(f"The archive {archive} {reason}; make it anew, or unpack it yourself.") from None
        return folder


def unpacked_again(films: Import) -> None:
    """Unpack an archive again if that is gone, such as after another import of the same one.

    Raises:
        UserError: it is no longer the same archive.
    """
    if films.scratch is None or films.scratch.is_dir():
        return
    if not films.source.is_file() or _unpacked(films.source) != films.scratch:
        raise UserError(f"{films.source} has been changed or removed since it was read; read it again.")


def _read(
    source: Path, folder: Path, mapping: Mapping[str, str], scratch: Path | None, report: Callable[[str, int], None]
) -> Import:
    """Read a file or folder; ``scratch`` is the folder if it comes from an archive or an upload."""
    if folder.is_dir():
        tree = files.scan(folder, report=report)
        (form, tables), is_far = _choose(tree, mapping, report), False
        unread = sorted({*tree.tables} - {*tables}) if form != "mm-imdb" else []
    else:
        check_regular(folder)
        if folder.suffix.lower() not in (*files.TABLES, ".txt"):
            kinds = listed(files.TABLES, "or")
            raise UserError(f"{folder} is none of {kinds}, no folder and no .zip; save the table as one of these.")
        tree, form, tables, unread, is_far = Tree(folder.parent), "", [folder], [], True
        with suppress(UserError):  # the table is in a folder of a million files
            tree = files.scan(folder.parent, _NEAR_DEPTH, report)
            is_far = False
    if form == "folders":
        if mapping:
            raise UserError(f"{folder} has no table, so there is no column to map; leave out --map.")
        records, problems, notes = _read_folders(tree, report)
        notes += _unread(unread, folder)
        return _finished(source, form, {}, records, problems, notes, [], [], scratch)
    columns, sample = files.sample_of(rows_of(tables, form), SAMPLE_ROWS, tables[0])
    if not sample:
        raise UserError(f"{tables[0]} has no rows; name a table of films.")
    fields = guess_columns(columns, sample)
    try:
        fields |= mapped_columns(mapping, columns, tables[0])
        if not fields["genres"]:
            has = unfit_genres(columns, sample) or f"no column of genres among {shown(columns)}"
            raise ColumnError(
                f"{tables[0]} has {has}; say --map genres=COLUMN, or --map genres=Action,Drama for 0/1 columns."
            )
        flags = fields["genres"] if are_flags(fields["genres"], sample) else []
        form = form or _form_of(tables[0], fields, sample, bool(flags))
        records, problems, notes = _read_films(rows_of(tables, form), fields, bool(flags), source, report)
        _find_posters(records, PosterIndex(tree, is_trusted=scratch is None), notes)
        if is_far:
            notes.append("Posters were not looked for: the folder with the table contains too many files.")
        notes += _unread(unread, folder)
        if len(tables) > 1 and form != "mm-imdb":
            notes.append(f"{len(tables)} tables with the same columns were read as one.")
        parts = [str(table.relative_to(tree.root)).lower() for table in tables]
        if any(_SPLITS & {*re.split(r"[^a-z]+", part)} for part in parts):
            notes.append(_SPLITS_NOTE)
        flags = flags or flag_columns(columns, sample, fields)
        films = _finished(source, form, _used(fields), records, problems, notes, tables, flags, scratch)
    except ColumnError as error:
        error.columns, error.used = tuple(columns), _used(fields)
        raise
    return dataclasses.replace(films, table_columns=tuple(columns))


def _unread(tables: Sequence[Path], folder: Path) -> list[str]:
    """A note on the tables in a folder beside the one that is read."""
    if not tables:
        return []
    names, more = [str(table.relative_to(folder)) for table in tables[:3]], len(tables) - 3
    names += [f"{more:,} others"] if more > 0 else []
    return [f"Only one table is read, not {listed(names, 'or')}: name another one, or join them, if it has the films."]


def _used(fields: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {field: ",".join(names) for field, names in fields.items() if names}


def rows_of(tables: Sequence[Path], form: str) -> Iterator[Row]:
    if form == "mm-imdb":
        return files.read_objects(tables)
    wanted = [*chain.from_iterable(NAMES.values())]
    return chain.from_iterable(files.read_rows(table, wanted) for table in tables)


def _choose(tree: Tree, mapping: Mapping[str, str], report: Callable[[str, int], None]) -> tuple[str, list[Path]]:
    """The form of a folder and the tables to read: those with a column of genres and the most other fields."""
    if own := [table for table in tree.tables if table.name == TABLE_NAME]:
        return "reports", [min(own, key=lambda path: (len(path.parts), path))]
    pictures = {path.with_suffix("") for path in tree.pictures}
    by_folder = defaultdict(list)
    for table in tree.tables:
        if table.suffix.lower() == ".json":
            by_folder[table.parent].append(table)
    for objects in sorted(by_folder.values(), key=len, reverse=True):
        is_first = len(objects) > 10 and not next(files.read_objects(objects)).problem
        if is_first or any(table.with_suffix("") in pictures for table in objects):
            return "mm-imdb", objects
    groups: dict[tuple[str, ...], list[Path]] = {}
    scores: dict[tuple[str, ...], tuple[int, ...]] = {}
    reasons = []
    for table in tree.tables[:200]:
        report("files", len(tree.tables) + len(tree.pictures))
        try:
            columns, sample = files.sample_of(rows_of([table], ""), SAMPLE_ROWS, table)
        except UserError as error:
            reasons.append(str(error))
            continue
        groups.setdefault(key := tuple(columns), []).append(table)
        fields = guess_columns(columns, sample)
        named = {*mapping.values(), *mapping.get("genres", "").split(",")}
        scores[key] = (len(named & {*columns}), bool(fields["genres"]), table.stem.lower() == "metadata",
                       sum(map(bool, fields.values())))  # fmt: skip
    best = max(groups, key=lambda key: (scores[key], sum(table.stat().st_size for table in groups[key])), default=())
    names = {path.parent.name.casefold() for path in tree.pictures} - _SPLITS - {"images", "posters"}
    if len(names) > 1 and not any(scores.get(best, ())[:2]):
        return "folders", []
    if best in groups:
        return "", groups[best]
    raise UserError(reasons[0] if reasons else (
        f"{tree.root} contains no table of films ({', '.join(files.TABLES)}) and no folders of posters named by "
        "genres; name the folder that does."
    ))  # fmt: skip


def _form_of(
    table: Path, fields: Mapping[str, Sequence[str]], sample: Sequence[Mapping[str, Any]], has_flags: bool
) -> str:
    suffix = table.suffix.lower()
    if table.name == TABLE_NAME:
        return "reports"
    if table.stem.lower() == "metadata" and fields["poster"]:
        return "huggingface"
    if suffix in (".parquet", ".json", ".jsonl", ".ndjson"):
        return "parquet" if suffix == ".parquet" else "json"
    if has_flags:
        return "flags"
    return "tmdb" if any(text_of(row.get(fields["genres"][0])).startswith("[{") for row in sample) else "table"


def _read_films(
    rows: Iterator[Row], fields: Mapping[str, Sequence[str]], has_flags: bool, source: Path,
    report: Callable[[str, int], None],
) -> tuple[list[dict[str, Any]], list[Problem], list[str]]:  # fmt: skip
    """The films with usable genres, the problems of the others, and notes; ``poster`` is what the table says."""
    one = {field: names[0] if names else "" for field, names in fields.items()}
    records: list[dict[str, Any]] = []
    problems: list[Problem] = []
    unusable: Counter[str] = Counter()
    for number, row in enumerate(rows, start=1):
        if number % _REPORTED == 0:
            report("rows", number)
        if number > MAX_FILMS:
            raise UserError(f"{source} has more than {MAX_FILMS:,} rows; split it.")
        value = {field: row.values.get(column) for field, column in one.items()}
        poster = text_of(value["poster"]).replace("\\", "/")
        given = re.sub(r"^([0-9]+)\.0+$", r"\1", line_of(value["id"], 1000))
        film_id = given or row.key or _stem(poster) or f"row{number}"
        try:
            if row.problem:
                raise ValueError(row.problem)
            genres = (flagged if has_flags else names_in)(row.values, fields["genres"])
            if not genres:
                raise ValueError("no genre is given")
        except ValueError as error:
            problems.append(Problem(film_id[:80], str(error)))
            continue
        overview, title = line_of(value["overview"], MAX_CHARACTERS), line_of(value["title"], 300)
        if overview and (reason := overview_problem(overview)):
            unusable[reason.partition(" (")[0]] += 1
            overview = ""
        year = _YEAR.search(text_of(value["year"])[:100]) or _TITLE_YEAR.search(title)
        records.append({
            "id": film_id, "title": _TITLE_YEAR.sub("", title) or title, "year": int(year[1]) if year else None,
            "overview": overview, "genres": genres, "poster": poster, "row": number, "folder": row.table.parent,
            "embedded": 0 < len(bytes_of(value["poster"])) <= MAX_BYTES, "is_given": bool(given),
        })  # fmt: skip
    notes = [
        f"The {'overview of 1 film is' if count == 1 else f'overviews of {count:,} films are'} not used: {reason}."
        for reason, count in unusable.most_common()
    ]
    shifted = [record["id"] for record in records if _DATE.fullmatch(record["id"])]
    if 2 * len(shifted) < len(records):  # as in three rows of Kaggle's movies_metadata.csv
        problems += [Problem(film_id, "id is a date: the row's cells are shifted") for film_id in shifted]
        records = [record for record in records if not _DATE.fullmatch(record["id"])]
    if records and not any(record["is_given"] for record in records):
        what = "numbers of the rows" if records[0]["id"] == f"row{records[0]['row']}" else "names of the posters' files"
        notes.append(f"There is no column of ids, so the {what} are the ids.")
    return records, problems, notes


def _stem(file_name: str) -> str:
    """The name of a poster's file, without folders, extension and what follows ``?`` in an address."""
    path = PurePosixPath(file_name.partition("?")[0])
    return path.stem if path.suffix.lower() in EXTENSIONS else path.name


def _find_posters(records: list[dict[str, Any]], posters: PosterIndex, notes: list[str]) -> None:
    """Replace what the table says by the poster's path, else by that of the film's id; note those that are missing."""
    by_id = posters.by_id([record["id"] for record in records])
    missing: Counter[bool] = Counter()
    several = []
    for record, others in zip(records, by_id, strict=True):
        cell = record["poster"]
        path = None if record["embedded"] else posters.at(cell, record["folder"])
        if not path and others and not record["embedded"]:
            path = others[0]
            several += [record["id"]] if len({other.parent for other in others}) > 1 else []
        record["poster"] = str(path or "")
        if cell and not path and not record["embedded"]:
            missing["://" in cell] += 1
    if missing[True]:
        notes.append(f"{missing[True]:,} films have a poster on the web; nothing is downloaded.")
    if missing[False]:
        notes.append(
            f"{missing[False]:,} films name a poster that is not there, not inside the source, or in several folders."
        )
    if several:
        notes.append(
            f"{len(several):,} films, such as {several[0][:40]}, have pictures of their name in several folders; the "
            "first one is taken."
        )


def _read_folders(
    tree: Tree, report: Callable[[str, int], None]
) -> tuple[list[dict[str, Any]], list[Problem], list[str]]:
    """Films in a folder for each genre; those of the same bytes, or the same name, in several are one film.

    Names that mostly belong to different pictures are counters (``1.jpg`` in every folder), which say nothing.
    """
    parts = {path: path.relative_to(tree.root).parts[:-1] for path in tree.pictures}
    has_splits = any(part.casefold() in _SPLITS for each in parts.values() for part in each)
    parts = {path: tuple(part for part in each if part.casefold() not in _SPLITS) for path, each in parts.items()}
    while len({each[:1] for each in parts.values()}) == 1 and all(len(each) > 1 for each in parts.values()):
        parts = {path: each[1:] for path, each in parts.items()}  # a folder around all
    try:
        sizes = {path: path.stat().st_size for path in tree.pictures}
        shared = Counter(sizes.values())
        digests = {path: sha256_of(path) if shared[size] > 1 else str(path) for path, size in sizes.items()}
    except OSError as error:
        raise UserError(f"A picture in {tree.root} cannot be read ({error.strerror}); check the folder.") from None
    by_name = defaultdict(set)
    for path in tree.pictures:
        by_name[path.stem.casefold()].add((digests[path], parts[path]))
    repeated = [{digest for digest, _ in files} for files in by_name.values() if len(files) > 1]
    different = sum(len(each) > 1 for each in repeated)
    are_counters = 2 * different > len(repeated)
    films: dict[str, dict[str, Any]] = {}  # by digest, and by name
    problems = []
    for row, path in enumerate(tree.pictures, start=1):
        if row % _REPORTED == 0:
            report("rows", row)
        if not parts[path]:
            problems.append(Problem(path.stem, "poster is in no folder of a genre"))
            continue
        genre = line_of(parts[path][0].replace("_", " "), 100)
        keys = [digests[path], *([] if are_counters else [f"name {path.stem.casefold()}"])]
        film = next((films[key] for key in keys if key in films), None) or {
            "id": path.stem, "title": "", "year": None, "overview": "", "genres": [], "poster": str(path), "row": row,
            "folder": Path(genre), "embedded": False, "is_given": False,
        }  # fmt: skip
        films.update(dict.fromkeys(keys, film))
        film["genres"].append(genre)
    notes = [_SPLITS_NOTE] if has_splits else []
    if different and are_counters:
        notes.append(f"{different:,} names of files belong to different pictures; these are different films.")
    return [*{film["row"]: film for film in films.values()}.values()], problems, notes


def _finished(
    source: Path, form: str, columns: dict[str, str], records: list[dict[str, Any]], problems: list[Problem],
    notes: list[str], tables: Sequence[Path], flags: Sequence[str], scratch: Path | None,
) -> Import:  # fmt: skip
    """Give films plain ids, drop those that cannot be used, and unite the spellings of genres."""
    import pandas as pd

    films: dict[str, dict[str, Any]] = {}
    changed = repeated = 0
    for record in records:
        film_id = plain_id(record["id"])
        changed += film_id != record["id"]
        if not record["is_given"]:  # names of files may occur in several folders
            others = (film_id, plain_id(f"{record['folder'].name}-{film_id}"), f"{film_id}-{record['row']}")
            film_id = next((each for each in others if each not in films), film_id)
        if not (record["overview"] or record["poster"] or record["embedded"]):
            problems.append(Problem(record["id"][:80], "film has neither an overview nor a poster"))
        elif film_id in films and _is_same(films[film_id], record):  # a row for each genre of a film
            films[film_id]["genres"] = [*dict.fromkeys([*films[film_id]["genres"], *record["genres"]])]
            repeated += 1
        elif film_id in films:
            problems.append(Problem(record["id"][:80], "id occurs twice; the first row is used"))
        else:
            films[film_id] = record | {"id": film_id}
    if repeated:
        notes.append(f"{repeated:,} rows repeat a film with other genres; it has all of these.")
    if changed:
        notes.append(f"{changed:,} ids that are no plain names of files were made so.")
    if not films:
        first = f" (first problem: {problems[0].id}: {problems[0].problem})" if problems else ""
        raise ColumnError(f"{source} has no film that can be used{first}; name its columns with --map FIELD=COLUMN.")
    genres, spellings = _genres(films.values(), flags, notes)
    if not MIN_GENRES <= len(genres) <= MAX_GENRES:
        raise ColumnError(
            f"{source} has {len(genres):,} genre{'s' * (len(genres) != 1)} ({shown(genres[:5])}), not {MIN_GENRES} to "
            f"{MAX_GENRES}; are these genres? Name another column with --map genres=COLUMN."
        )
    order = {name: place for place, name in enumerate(genres)}
    for film in films.values():
        film["genres"] = sorted({spellings[genre_key(name)] for name in film["genres"]}, key=order.__getitem__)
    names = ["id", "title", "year", "overview", "genres", "poster", "row", "embedded"]
    table = pd.DataFrame(films.values(), columns=names)
    table["year"] = table["year"].astype("Int64")
    return Import(source, form, columns, table, tuple(genres), tuple(problems), tuple(notes), tuple(tables), scratch)


def _is_same(film: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """Whether two rows of the same id differ in nothing but their genres."""
    what = ("title", "year", "overview", "poster", "embedded")
    return {*film["genres"]} != {*record["genres"]} and all(film[name] == record[name] for name in what)


def _genres(
    films: Iterable[Mapping[str, Any]], flags: Sequence[str], notes: list[str]
) -> tuple[list[str], dict[str, str]]:
    """The genres of films in order, and the spelling of each by ``genre_key``: the most frequent one.

    The order is that of the 0/1 columns, if each genre has one; a column without films is kept if it is one of the
    reports' labels.
    """
    counts = Counter(name for film in films for name in film["genres"])
    totals: Counter[str] = Counter()
    spellings: dict[str, str] = {}
    for name, count in counts.most_common():
        totals[genre_key(name)] += count
        spellings.setdefault(genre_key(name), name)
    others = [name for name in counts if spellings[genre_key(name)] != name]
    for name in others[:MAX_LISTED]:
        films_of = f"{counts[name]:,} film{'s' * (counts[name] != 1)}"
        notes.append(f"{films_of}: genre {name!r} read as {spellings[genre_key(name)]!r}.")
    if len(others) > MAX_LISTED:
        notes.append(f"{len(others) - MAX_LISTED:,} more spellings of genres were united.")
    by_column = {genre_key(name): spellings.get(genre_key(name), name) for name in flags}
    if not flags or not spellings.keys() <= by_column.keys():
        return [spellings[key] for key, _ in totals.most_common()], spellings
    genres = [name for key, name in by_column.items() if key in spellings or label_of(name)]
    if empty := [name for name in by_column.values() if name not in genres]:
        notes.append(f"Columns without films are no genres: {shown(empty)}.")
    return genres, spellings


def plain_id(text: str) -> str:
    """An id as a plain name of a file: itself, or else its letters and digits with a hash, unique and always the same.

    >>> plain_id("tt0086425"), plain_id("Amélie (2001)")
    ('tt0086425', 'Amelie-2001-c275b729')
    """
    if PLAIN_ID.match(text) and len(text) <= MAX_ID_LENGTH:
        return text
    plain = re.sub(r"[^A-Za-z0-9]+", "-", ascii_of(text))[:80].strip("-")
    composed = unicodedata.normalize("NFC", text)  # macOS takes the accents of file names apart
    return "-".join(filter(None, [plain, hashlib.sha256(composed.encode("utf-8", "replace")).hexdigest()[:8]]))


def ascii_of(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
