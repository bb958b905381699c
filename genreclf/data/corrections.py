"""Corrections of a data set's genres, kept in ``corrections.csv`` below ``GENRECLF_HOME``, never in the data set.

The file has one row per corrected film, the latest last: ``Id``; ``Genre``, the right genres as a JSON list, or empty
if they are not changed; ``Action``; ``Before``, the genres in the table at that time; ``Note``; ``Changed``, when.
The actions are ``edit``, ``accept`` (models doubted the genres, and they were wrong), ``reject`` (they are right) and
``leave out`` (the film is not used). If the table has other genres now than before, a row has no effect.

``load_catalogue`` applies the file. It may be edited by hand: rows that cannot be used are reported, and stay.
"""

import csv
import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
from genreclf.public import at_home
from genreclf.units import listed

if TYPE_CHECKING:
    from genreclf.data.catalogue import Catalogue

COLUMNS = ("Id", "Genre", "Action", "Before", "Note", "Changed")
EDIT, ACCEPT, REJECT, LEAVE_OUT = ACTIONS = ("edit", "accept", "reject", "leave out")
EDITED, CONFIRMED, LEFT_OUT = "genres changed", "genres confirmed", "left out"  # effects
STALE, UNKNOWN = "none: the table has changed since", "none: no such film"
_PATIENCE = 10.0  # seconds to wait for another process that writes the file


@dataclass(frozen=True)
class Correction:
    """What was decided about a film; ``effect`` is known once the correction is applied to the film."""

    id: str
    action: str  # the latest
    genres: tuple[str, ...] = ()  # the right ones; empty if they are not changed
    before: tuple[str, ...] = ()  # those in the table at that time; empty if unknown
    note: str = ""  # where it is from, or why
    changed: str = ""  # when, UTC in ISO format; "" if unknown
    effect: str = ""

    def as_row(self) -> dict[str, str]:
        """The film's row of the file."""
        names = [json.dumps(each, ensure_ascii=False) if each else "" for each in (self.genres, self.before)]
        cells = (self.id, names[0], self.action, names[1], self.note, self.changed)
        return dict(zip(COLUMNS, cells, strict=True))


@dataclass(frozen=True)
class Corrections:
    """Corrections by film id, the latest last, and the rows that cannot be used, each with its id and the reason."""

    rows: dict[str, Correction] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    unusable: list[dict[str, str]] = field(default_factory=list)

    def with_effect(self, *effects: str) -> dict[str, Correction]:
        """Those that have one of these effects."""
        return {film: row for film, row in self.rows.items() if row.effect in effects}

    @property
    def left_out(self) -> dict[str, Correction]:
        """Those of films that are therefore not among the data set's."""
        return self.with_effect(LEFT_OUT)

    @property
    def edited(self) -> dict[str, Correction]:
        """Those of films that have other genres than in the table."""
        return {film: row for film, row in self.with_effect(EDITED, CONFIRMED).items() if row.genres}

    @property
    def decided(self) -> set[str]:
        """The ids of films whose genres somebody has set or confirmed, so that no doubt of models is left."""
        set_by_hand = {film for film, row in self.with_effect(EDITED).items() if row.action == EDIT}
        return {*set_by_hand, *self.with_effect(CONFIRMED)}


def card_facts(*of_sets: Corrections) -> dict[str, Any]:
    """What a model's card says of the corrections of the data that it learned from; empty without any.

    Returns:
        ``edited`` and ``left_out``, numbers of films, and ``sha256`` of the changes.
    """
    edited = sorted((film, *each.genres) for corrections in of_sets for film, each in corrections.edited.items())
    left_out = sorted(film for corrections in of_sets for film in corrections.left_out)
    if not edited and not left_out:
        return {}
    digest = hashlib.sha256(json.dumps([edited, left_out]).encode()).hexdigest()
    return {"edited": len(edited), "left_out": len(left_out), "sha256": digest}


def card_sentence(facts: Mapping[str, Any], beginning: str = "Trained with corrections of the data set") -> str:
    """What ``card_facts`` say, those of a card or of the data set now, as a sentence; "" without any."""
    kinds, counts = {"edited": "with corrected genres", "left_out": "left out"}, Fields(facts).counts()
    parts = [f"{counts[key]:,} film{'s' * (counts[key] != 1)} {kind}" for key, kind in kinds.items() if counts.get(key)]
    return f"{beginning}: {listed(parts)}." if parts else ""


def unused_sentence(corrections: Corrections) -> str:
    """Which corrections of a data set are not used, as a sentence; "" if all are."""
    problems = corrections.problems + [
        (film, row.effect) for film, row in corrections.with_effect(STALE, UNKNOWN).items()
    ]
    if not problems:
        return ""
    film, reason = problems[0]
    if not film and not corrections.rows:
        return f"No corrections of the data set are used: {reason.rstrip('.')}."
    what = "correction of the data set is" if len(problems) == 1 else "corrections of the data set are"
    reason = reason.removeprefix("none: ").rstrip(".")
    first = f"{film[:40]}: {reason}" if film else reason
    return f"{len(problems):,} {what} not used ({first}); 'genreclf data corrections' lists them."


def corrections_state(folder: Path) -> tuple[int, ...]:
    """Numbers that change whenever the corrections of a data set are changed."""
    try:
        status = os.stat(paths.corrections_file(folder))
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def read_corrections(folder: Path) -> Corrections:
    """Read the corrections of a data set; UserError if there are some, but the file cannot be read as a table."""
    path = paths.corrections_file(folder)
    return read_file(path) if path.exists() and path.stat().st_size else Corrections()


def read_file(path: Path) -> Corrections:
    """Read any file of corrections; of its columns only Id and Genre are needed."""
    found = Corrections()
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
                found.problems.append((row["Id"], str(error)))
                # a row of another length than the header must not become one that can be used when it is written again
                found.unusable.append(row | {"Action": problem} if problem else row)
                continue
            if found.rows.pop(correction.id, None):
                found.problems.append((correction.id, "id occurs twice; the last row is used"))
            found.rows[correction.id] = correction
    return found


def _read_row(row: Mapping[str, str], problem: str) -> Correction:
    """A row of the file, or a ``ValueError`` with its problem."""
    if problem or not row["Id"]:
        raise ValueError(problem or "id is empty")
    genres, before = (tuple(dict.fromkeys(parse_genre_list(row.get(name, "")))) for name in ("Genre", "Before"))
    action = row.get("Action", "").replace("_", " ").replace("-", " ").casefold() or EDIT
    if action not in ACTIONS:
        raise ValueError(f"unknown action {action[:40]!r} (write {listed(ACTIONS, 'or')})")
    if not genres and action in (EDIT, ACCEPT):
        raise ValueError("no genre is given")
    return Correction(row["Id"], action, genres, before, row.get("Note", ""), row.get("Changed", ""))


def apply_corrections(catalogue: "Catalogue") -> "Catalogue":
    """The data set with the genres that its corrections say, without the films that are left out.

    Raises:
        UserError: all films are left out.
    """
    try:
        found = read_corrections(catalogue.folder)
    except UserError as error:
        found = Corrections(problems=[("", str(error))])
    if not found.rows and not found.problems:
        return catalogue
    genres, labels = catalogue.films["genres"].tolist(), catalogue.labels.copy()
    positions = {film: position for position, film in enumerate(catalogue.films["id"])}
    for film, row in list(found.rows.items()):
        position, names = positions.get(film), row.genres
        try:
            names = known_genres(names, catalogue.genres)
        except UserError as error:
            found.problems.append((film, str(error).rstrip(".")))
            found.unusable.append(found.rows.pop(film).as_row())
            continue
        if position is None:
            effect = UNKNOWN
        elif row.before and set(row.before) != set(genres[position]):
            effect = STALE  # maybe another film by now: the data set may have been replaced
        elif row.action == LEAVE_OUT:
            effect = LEFT_OUT
        else:
            effect = CONFIRMED if row.action == REJECT else EDITED
            row = dataclasses.replace(row, before=tuple(genres[position]))
            if names:
                genres[position], labels[position] = list(names), np.isin(catalogue.genres, names)
        found.rows[film] = dataclasses.replace(row, genres=names, effect=effect)
    digest = catalogue.digest
    if found.edited:
        digest = hashlib.sha256(f"{digest} {card_facts(found)['sha256']}".encode()).hexdigest()
    films = catalogue.films.assign(genres=genres)
    corrected = dataclasses.replace(catalogue, films=films, labels=labels, digest=digest, corrections=found)
    kept = np.flatnonzero(~films["id"].isin(found.left_out))
    if not len(kept):
        path = paths.corrections_file(catalogue.folder)
        raise UserError(f"All films of {catalogue.folder.name} are left out; remove {path} to have them again.")
    return corrected.subset(kept)


def known_genres(names: Iterable[str], genres: Sequence[str]) -> tuple[str, ...]:
    """Names as a data set writes them, in its order; a UserError names the genre nearest to one that it has not."""
    known = GenreList(genres)
    try:
        return tuple(known.decode(known.encode(names)))
    except ValueError as error:
        raise UserError(f"The data set has no such genre: {error}.") from None


@at_home("Correcting genres")
def correct(
    catalogue: "Catalogue", changes: Mapping[str, Iterable[str]], action: str = EDIT, note: str = ""
) -> list[str]:
    """Correct films' genres; a film that is given those of the table is no longer corrected.

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
    genres = {film: known_genres(names, catalogue.genres) for film, names in changes.items()}
    if without := next((film for film, names in genres.items() if not names), None):
        raise UserError(f"No genre is given for {without}; name one, or leave the film out.")
    table = {film: _in_table(catalogue, film) for film in genres}
    changed = [film for film in genres if set(genres[film]) != set(table[film])]

    def update(rows: dict[str, Correction]) -> None:
        for film in genres:
            rows.pop(film, None)
        rows.update({film: Correction(film, action, genres[film], table[film], note, _now()) for film in changed})

    _update(catalogue.folder, update)
    return changed


@at_home("Correcting genres")
def reject(catalogue: "Catalogue", ids: Iterable[str], note: str = "") -> None:
    """Note that the genres which films have now are right, so that nobody is asked about them again.

    Raises:
        UserError: no such film, or the file cannot be written.
    """
    _decide(catalogue, ids, REJECT, note)


@at_home("Correcting genres")
def leave_out(catalogue: "Catalogue", ids: Iterable[str], reason: str = "") -> None:
    """Leave films out of the data set: of its figures, trainings and evaluations.

    Raises:
        UserError: no such film, or the file cannot be written.
    """
    _decide(catalogue, ids, LEAVE_OUT, reason)


def _decide(catalogue: "Catalogue", ids: Iterable[str], action: str, note: str) -> None:
    table = {film: _in_table(catalogue, film) for film in ids}

    def update(rows: dict[str, Correction]) -> None:
        for film, before in table.items():
            earlier = rows.pop(film, None)
            shown = catalogue.corrections.rows.get(film)
            if action == REJECT and earlier and earlier.genres != (shown.genres if shown else ()):
                raise UserError(f"The genres of {film} have been changed meanwhile; look at them again.")
            is_valid = earlier and (not earlier.before or set(earlier.before) == set(before))
            rows[film] = Correction(film, action, earlier.genres if is_valid else (), before, note, _now())

    _update(catalogue.folder, update)


@at_home("Correcting genres")
def undo(folder: Path, ids: Iterable[str]) -> None:
    """Remove films' corrections, so that the table alone counts again.

    Raises:
        UserError: a film has none, or the file cannot be written. Nothing is changed then.
    """

    def update(rows: dict[str, Correction]) -> None:
        for film in ids:
            if rows.pop(film, None) is None:
                raise UserError(f"There is no correction of {film!r}; 'genreclf data corrections' lists them.")

    _update(folder, update)


def usable_in(catalogue: "Catalogue", given: Corrections) -> Corrections:
    """Corrections from a file, such as a colleague's, without those of other films or genres, which are problems."""
    films = {*catalogue.films["id"], *catalogue.corrections.left_out}
    found = Corrections(problems=list(given.problems))
    for film, row in given.rows.items():
        try:
            if film not in films:
                raise UserError("no film of the data set has this id")
            found.rows[film] = dataclasses.replace(row, genres=known_genres(row.genres, catalogue.genres))
        except UserError as error:
            found.problems.append((film, str(error).rstrip(".")))
    return found


@at_home("Correcting genres")
def merge(folder: Path, given: Corrections) -> None:
    """Add corrections to those of a data set, in place of those of the same films.

    Raises:
        UserError: the file cannot be read or written.
    """
    _update(folder, lambda rows: rows.update(given.rows))


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
