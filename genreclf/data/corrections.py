"""Corrections of a data set's genres, kept in ``corrections.csv`` below ``GENRECLF_HOME``, never in the data set.

The file has one row for each corrected film, the latest last, with the columns

- ``Id``;
- ``Genre``: the corrected genres as a JSON list, or empty if they are not changed;
- ``Action``: ``edit``, ``accept`` (models doubted the genres, and they were wrong), ``reject`` (models doubted the
  genres, but they are right), or ``leave out`` (the film is not used);
- ``Before``: the genres in the table at that time. If the table has other genres now, the row has no effect;
- ``Note``; and ``Changed``: when, in UTC.

``load_catalogue`` applies the file. It may be edited by hand: rows that cannot be used are reported.
"""

import csv
import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genreclf import paths
from genreclf.data.tables import find_column, missing_columns, open_csv
from genreclf.errors import UserError
from genreclf.fields import Fields
from genreclf.files import atomic_path, writing
from genreclf.genres import GenreList, parse_genre_list
from genreclf.locks import hold_lock
from genreclf.units import listed

if TYPE_CHECKING:
    from genreclf.data.catalogue import Catalogue

COLUMNS = ("Id", "Genre", "Action", "Before", "Note", "Changed")
EDIT, ACCEPT, REJECT, LEAVE_OUT = ACTIONS = ("edit", "accept", "reject", "leave out")
_PATIENCE = 10.0  # seconds to wait for another process that writes the file


@dataclass(frozen=True)
class Correction:
    """What was decided about a film.

    Attributes:
        id: the film's.
        action: one of ``ACTIONS``, the latest.
        genres: its corrected genres; empty if they are not changed.
        before: its genres in the table at that time; empty if unknown.
        note: where the correction is from, or why.
        changed: when, as text in ISO format; "" if unknown.
    """

    id: str
    action: str
    genres: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    note: str = ""
    changed: str = ""

    def as_row(self) -> dict[str, str]:
        """The film's row of the file."""
        genres, before = (
            json.dumps(names, ensure_ascii=False) if names else "" for names in (self.genres, self.before)
        )
        return dict(zip(COLUMNS, (self.id, genres, self.action, before, self.note, self.changed), strict=True))


@dataclass(frozen=True)
class Corrections:
    """The corrections of a loaded data set, by the films' ids.

    Attributes:
        edited: those that change a film's genres.
        left_out: those that leave out a film, which is then none of the data set's films.
        rejected: those that say that a film's genres are right.
        stale: those without effect, since the table has other genres for the film than at that time.
        unknown: those of ids that no usable film of the table has.
        problems: rows that cannot be used: the id as in the file, and the reason.
    """

    edited: Mapping[str, Correction] = dataclasses.field(default_factory=dict)
    left_out: Mapping[str, Correction] = dataclasses.field(default_factory=dict)
    rejected: Mapping[str, Correction] = dataclasses.field(default_factory=dict)
    stale: Mapping[str, Correction] = dataclasses.field(default_factory=dict)
    unknown: Mapping[str, Correction] = dataclasses.field(default_factory=dict)
    problems: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return len({*self.edited, *self.left_out, *self.rejected, *self.stale, *self.unknown})

    def states(self) -> dict[str, tuple[Correction, str]]:
        """All corrections by id with what they do now, in words; the latest first."""
        kinds = {
            "genres confirmed": self.rejected, "genres changed": self.edited, "left out": self.left_out,
            "without effect: the table has changed": self.stale, "without effect: no such film": self.unknown,
        }  # fmt: skip
        found = {film: (each, kind) for kind, group in kinds.items() for film, each in group.items()}
        return dict(sorted(found.items(), key=lambda item: item[1][0].changed, reverse=True))


def card_facts(*of_sets: Corrections) -> dict[str, Any]:
    """What a model's card says of the corrections of the data that it learned from; empty without any.

    Returns:
        ``edited`` and ``left_out``, numbers of films, and ``sha256`` of the changes themselves.
    """
    edited = sorted((film, *each.genres) for each_set in of_sets for film, each in each_set.edited.items())
    left_out = sorted(film for each_set in of_sets for film in each_set.left_out)
    if not edited and not left_out:
        return {}
    digest = hashlib.sha256(json.dumps([edited, left_out]).encode()).hexdigest()
    return {"edited": len(edited), "left_out": len(left_out), "sha256": digest}


def card_sentence(facts: Mapping[str, Any]) -> str:
    """What a card's ``card_facts`` say, as a sentence; "" without any."""
    counts = Fields(facts).counts()
    named = [(counts.get("edited", 0), "with corrected genres"), (counts.get("left_out", 0), "left out")]
    parts = [f"{count:,} film{'s' * (count != 1)} {what}" for count, what in named if count]
    return f"Trained with corrections of the data set: {listed(parts)}." if parts else ""


def corrections_in_short(facts: Mapping[str, Any]) -> str:
    """A card's ``card_facts`` in a cell of a table: "2 edited, 1 left out (3f9a…)", or "none"."""
    counts = Fields(facts).counts()
    digest = Fields(facts).text("sha256")[:4]
    return f"{counts.get('edited', 0)} edited, {counts.get('left_out', 0)} left out ({digest}…)" if digest else "none"


@dataclass(frozen=True)
class CorrectionsFile:
    """A file of corrections.

    Attributes:
        rows: the corrections by id, the latest last.
        problems: the rows that cannot be used, each with its id and the reason.
        unusable: these rows themselves, which stay in the file.
    """

    rows: dict[str, Correction]
    problems: list[tuple[str, str]]
    unusable: list[dict[str, str]]


def read_corrections(folder: Path) -> CorrectionsFile:
    """Read the corrections of a data set; UserError if there are some, but the file cannot be read as a table."""
    path = paths.corrections_file(folder)
    return read_file(path) if path.exists() and path.stat().st_size else CorrectionsFile({}, [], [])


def read_file(path: Path) -> CorrectionsFile:
    """Read any file of corrections; of its columns only Id and Genre are needed."""
    found: dict[str, Correction] = {}
    problems: list[tuple[str, str]] = []
    unusable: list[dict[str, str]] = []
    with open_csv(path, COLUMNS) as table:
        names = {name: find_column(table.columns, name, path) for name in COLUMNS}
        if missing := [name for name in COLUMNS[:2] if names[name] is None]:
            raise UserError(f"{missing_columns(table.columns, missing, path)}.")
        places = {name: table.columns.index(column) for name, column in names.items() if column is not None}
        for cells, problem in table.rows:
            row = {name: cells[place].strip() for name, place in places.items()}
            try:
                correction = _read_row(row, problem)
            except ValueError as error:
                problems.append((row["Id"], str(error)))
                unusable.append(row)
                continue
            if found.pop(correction.id, None):
                problems.append((correction.id, "id occurs twice; the last row is used"))
            found[correction.id] = correction
    return CorrectionsFile(found, problems, unusable)


def _read_row(row: Mapping[str, str], problem: str) -> Correction:
    """A row of the file, or a ``ValueError`` with its problem."""
    if problem:
        raise ValueError(problem)
    if not row["Id"]:
        raise ValueError("id is empty")
    genres, before = (tuple(dict.fromkeys(parse_genre_list(row.get(name, "")))) for name in ("Genre", "Before"))
    action = row.get("Action", "").replace("_", " ").replace("-", " ").casefold() or EDIT
    if action not in ACTIONS:
        raise ValueError(f"unknown action {action[:40]!r} (write {listed(ACTIONS, 'or')})")
    if not genres and action in (EDIT, ACCEPT):
        raise ValueError("no genre is given")
    return Correction(row["Id"], action, genres, before, row.get("Note", ""), row.get("Changed", ""))


def apply_corrections(catalogue: "Catalogue") -> "Catalogue":
    """The same films with the genres that their corrections say, without those that are left out.

    Raises:
        UserError: all films are left out.
    """
    try:
        stored = read_corrections(catalogue.folder)
    except UserError as error:
        stored = CorrectionsFile({}, [("", str(error))], [])
    if not stored.rows and not stored.problems:
        return catalogue
    problems = stored.problems
    positions = {film: position for position, film in enumerate(catalogue.films["id"])}
    genres, labels = catalogue.films["genres"].tolist(), catalogue.labels.copy()
    groups: dict[str, dict[str, Correction]] = {
        field.name: {} for field in dataclasses.fields(Corrections) if field.name != "problems"
    }
    for film, row in stored.rows.items():
        if film not in positions:
            groups["unknown"][film] = row
            continue
        position = positions[film]
        if row.action == LEAVE_OUT:
            groups["left_out"][film] = row
            continue
        if row.before and set(row.before) != set(genres[position]):
            groups["stale"][film] = row
            continue
        try:
            row = dataclasses.replace(
                row, genres=known_genres(row.genres, catalogue.genres), before=tuple(genres[position])
            )
        except UserError as error:
            problems.append((film, str(error).rstrip(".")))
            continue
        if row.genres:
            groups["edited"][film] = row
            genres[position], labels[position] = list(row.genres), np.isin(catalogue.genres, row.genres)
        if row.action == REJECT:
            groups["rejected"][film] = row
    corrections = Corrections(**groups, problems=tuple(problems))
    digest = catalogue.digest
    if corrections.edited:
        digest = hashlib.sha256(f"{digest} {card_facts(corrections)['sha256']}".encode()).hexdigest()
    corrected = dataclasses.replace(
        catalogue, films=catalogue.films.assign(genres=genres), labels=labels, digest=digest, corrections=corrections
    )
    kept = np.flatnonzero(~catalogue.films["id"].isin(corrections.left_out))
    if not len(kept):
        raise UserError(
            f"All films of {catalogue.folder.name} are left out; remove {paths.corrections_file(catalogue.folder)}."
        )
    return corrected.subset(kept)


def known_genres(names: Iterable[str], genres: Sequence[str]) -> tuple[str, ...]:
    """Names as a data set writes them, in its order; a UserError names the genre nearest to one that it has not."""
    known = GenreList(genres)
    try:
        return tuple(known.decode(known.encode(names)))
    except ValueError as error:
        raise UserError(f"The data set has no such genre: {error}.") from None


def correct(
    catalogue: "Catalogue", changes: Mapping[str, Iterable[str]], action: str = EDIT, note: str = ""
) -> list[str]:
    """Correct films' genres; where they are those of the table, the film is no longer corrected.

    Args:
        catalogue: the data set as it is loaded, with its corrections.
        changes: the right genres by film id, in any spelling that ``known_genres`` knows.
        action: ``EDIT`` or ``ACCEPT``.
        note: where the correction is from, or why.

    Returns:
        the ids of the films whose genres differ from the table's now.

    Raises:
        UserError: no such film or genre, no genre, or the file cannot be written. Nothing is changed then.
    """
    before = {film: _in_table(catalogue, film) for film in changes}
    genres = {film: known_genres(names, catalogue.genres) for film, names in changes.items()}
    if without := next((film for film, names in genres.items() if not names), None):
        raise UserError(f"No genre is given for {without}; name one, or leave the film out.")
    changed = [film for film in genres if set(genres[film]) != set(before[film])]

    def update(rows: dict[str, Correction]) -> None:
        for film in genres:
            rows.pop(film, None)
            if film in changed:
                rows[film] = Correction(film, action, genres[film], before[film], note, _now())

    _update(catalogue.folder, update)
    return changed


def reject(catalogue: "Catalogue", ids: Iterable[str], note: str = "") -> None:
    """Note that the genres which films have now are right, so that nobody is asked about them again.

    Raises:
        UserError: no such film, or the file cannot be written.
    """
    _decide(catalogue, ids, REJECT, note)


def leave_out(catalogue: "Catalogue", ids: Iterable[str], reason: str = "") -> None:
    """Leave films out of the data set: of its figures, trainings and evaluations.

    Raises:
        UserError: no such film, or the file cannot be written.
    """
    _decide(catalogue, ids, LEAVE_OUT, reason)


def _decide(catalogue: "Catalogue", ids: Iterable[str], action: str, note: str) -> None:
    before = {film: _in_table(catalogue, film) for film in ids}

    def update(rows: dict[str, Correction]) -> None:
        for film, table in before.items():
            earlier = rows.pop(film, None)
            genres = earlier.genres if earlier and film not in catalogue.corrections.stale else ()
            rows[film] = Correction(film, action, genres, table, note, _now())

    _update(catalogue.folder, update)


def undo(folder: Path, ids: Iterable[str]) -> None:
    """Remove films' corrections, so that the table alone counts again.

    Raises:
        UserError: a film has none, or the file cannot be written. Nothing is changed then.
    """

    def update(rows: dict[str, Correction]) -> None:
        for film in ids:
            if film not in rows:
                raise UserError(f"There is no correction of {film!r}; 'genreclf data corrections' lists them.")
            del rows[film]

    _update(folder, update)


def merge(catalogue: "Catalogue", source: Path, dry_run: bool = False) -> tuple[list[str], list[tuple[str, str]]]:
    """Add the corrections in a file of the same form, such as a colleague's; they replace those of the same films.

    Returns:
        the ids of the films, and the rows that cannot be used with their reason.

    Raises:
        UserError: one of the files cannot be read or written.
    """
    given = read_file(source)
    problems = given.problems
    films = {*catalogue.films["id"], *catalogue.corrections.left_out}
    usable = {}
    for film, row in given.rows.items():
        try:
            if film not in films:
                raise UserError("no film has this id")
            usable[film] = dataclasses.replace(row, genres=known_genres(row.genres, catalogue.genres))
        except UserError as error:
            problems.append((film, str(error).rstrip(".")))
    if usable and not dry_run:
        _update(catalogue.folder, lambda rows: [rows.pop(film, None) for film in usable] and rows.update(usable))
    return list(usable), problems


def _in_table(catalogue: "Catalogue", film: str) -> tuple[str, ...]:
    """A film's genres in the table; UserError if there is no such film."""
    if film in catalogue.corrections.left_out:
        raise UserError(f"{film} is left out; first undo that ('genreclf data corrections undo {film}').")
    edited = catalogue.corrections.edited.get(film)
    return tuple(edited.before if edited else catalogue.films["genres"].iloc[catalogue.position(film)])


def _update(folder: Path, update: Callable[[dict[str, Correction]], object]) -> None:
    """Change the file; other processes that do so wait."""
    path = paths.corrections_file(folder)
    with hold_lock(path.with_suffix(".lock"), _PATIENCE) as acquired:
        if not acquired:
            raise UserError(f"Another process is changing {path}; try again.")
        stored = read_corrections(folder)
        update(stored.rows)
        with writing(path), atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
            table = csv.DictWriter(stream, COLUMNS)
            table.writeheader()
            table.writerows([*stored.unusable, *(row.as_row() for row in stored.rows.values())])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
