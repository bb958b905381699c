"""Write imported films as a data set, and delete what was unpacked for it."""

import csv
import json
import os
import re
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from genreclf import paths
from genreclf.data.catalogue import DESCRIPTION, IMAGES_NAME, MAX_ID_LENGTH, PLAIN_ID, TABLE_NAME
from genreclf.data.importing.columns import bytes_of
from genreclf.data.importing.read import Import, ascii_of, rows_of, unpacked_again
from genreclf.errors import UserError
from genreclf.files import as_object, atomic_folder, read_json, write_json, writing
from genreclf.public import at_home
from genreclf.units import listed

_RESERVED = ("imdb", "own", "sample")  # keys of other data sets, see ``data.sources``


def discard(films: Import) -> None:
    """Delete what was unpacked of an archive for films that will not be written."""
    if films.scratch is not None:
        shutil.rmtree(films.scratch, ignore_errors=True)


def dataset_folder(source: Path | str, name: str | None = None) -> Path:
    """The folder for a data set of a name, by default that of its source, among the others in ``GENRECLF_HOME``.

    Raises:
        UserError: the name is no plain name of a folder, or that of another data set of genreclf.
    """
    if name is None:
        path = Path(os.path.abspath(os.path.expanduser(source)))
        stem = path.name if path.is_dir() else path.stem
        name = re.sub(r"[^A-Za-z0-9]+", "-", ascii_of(stem)).strip("-")[:MAX_ID_LENGTH] or "films"
        name += "-films" if name in _RESERVED else ""
    if not PLAIN_ID.match(name) or len(name) > MAX_ID_LENGTH or name in _RESERVED:
        taken = f"; {listed(_RESERVED, 'or')} are taken" if name in _RESERVED else ""
        raise UserError(f"{name[:60]!r} cannot name a data set; use letters, digits, - and _{taken}.")
    return paths.data_dir() / name


def description_of(folder: Path) -> dict[str, Any]:
    """What an imported data set says of itself (see ``write_dataset``); empty for any other folder."""
    description = as_object(read_json(folder / DESCRIPTION))
    is_whole = description.get("version") == 1 and (folder / TABLE_NAME).is_file()
    is_pure = is_whole and not {path.name for path in folder.iterdir()} - {TABLE_NAME, DESCRIPTION, IMAGES_NAME}
    return description if is_pure else {}


@at_home("Removing films")
def remove_dataset(folder: Path) -> None:
    """Delete an imported data set, in one step; its source stays as it is.

    Raises:
        UserError: there is no imported data set in this folder, or it cannot be deleted.
    """
    with writing(folder):
        if not folder.is_dir() or folder.is_symlink() or not description_of(folder):
            raise UserError(f"{folder} is no imported data set, or contains other files; delete it yourself.")
        place = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            folder.rename(place / "old")  # nobody reads half of it
        finally:
            shutil.rmtree(place, ignore_errors=True)


@at_home("Adding films")
def write_dataset(films: Import, folder: Path, replace: bool = False) -> Path:
    """Write films as a data set (see ``load_catalogue``), in one step, and delete what was unpacked for it.

    Args:
        films: what ``read_source`` has returned.
        folder: a new or empty folder.
        replace: whether an imported data set that is there may be replaced.

    Raises:
        UserError: there is something else, the source is in this folder, or it cannot be written.
    """
    folder = Path(os.path.abspath(os.path.expanduser(folder)))
    with writing(folder):
        if os.path.lexists(folder) and not (folder.is_dir() and not folder.is_symlink()):
            raise UserError(f"{folder} is not a folder; choose another one, or move it away.")
        if folder.is_dir() and any(folder.iterdir()):
            if not description_of(folder):
                raise UserError(f"{folder} contains files that are no imported data set; choose a new folder.")
            if not replace:
                raise UserError(f"There is a data set in {folder}; choose another name, or say --replace.")
        if Path(os.path.realpath(films.source)).is_relative_to(os.path.realpath(folder)):
            raise UserError(f"{folder} contains the source {films.source}; choose another folder.")
        unpacked_again(films)
        with atomic_folder(folder) as new:
            posters = _own_posters(films, new)
            with (new / TABLE_NAME).open("w", encoding="utf-8", newline="") as stream:
                table = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)  # a path may have a line break
                table.writerow(["Id", "Genre", "Overview", "Title", "Year", "Poster"])
                for film, has_year in zip(films.films.itertuples(), films.films["year"].notna(), strict=True):
                    genres = json.dumps(film.genres, ensure_ascii=False)
                    poster = posters.get(film.id, film.poster)
                    table.writerow([film.id, genres, film.overview, film.title, film.year if has_year else "", poster])
            write_json(new / DESCRIPTION, {
                "version": 1, "name": folder.name, "source": str(films.source), "form": films.form,
                "columns": films.columns, "genres": list(films.genres),
                "imported": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            })  # fmt: skip
    discard(films)
    return folder


def _own_posters(films: Import, folder: Path) -> dict[str, str]:
    """Write the posters that have no file of their own, or one that is unpacked only; their paths by film id."""
    images, written = folder / IMAGES_NAME, {}
    table = films.films
    if films.scratch is not None:
        for film in table[table["poster"] != ""].itertuples():
            images.mkdir(exist_ok=True)
            written[film.id] = f"{IMAGES_NAME}/{film.id}{Path(film.poster).suffix.lower()}"
            try:
                os.link(film.poster, folder / written[film.id])
            except OSError:  # another disk
                shutil.copyfile(film.poster, folder / written[film.id])
    ids = dict(zip(table["row"], table["id"], strict=True)) if table["embedded"].any() else {}
    embedded = dict(zip(table["id"], table["embedded"], strict=True))
    for number, row in enumerate(rows_of(films.tables, films.form) if ids else (), start=1):
        if embedded.get(film_id := ids.get(number, "")):
            content = bytes_of(row.values.get(films.columns["poster"]))
            kind = ".png" if content[:4] == b"\x89PNG" else ".webp" if content[:4] == b"RIFF" else ".jpg"
            images.mkdir(exist_ok=True)
            written[film_id] = f"{IMAGES_NAME}/{film_id}{kind}"
            (folder / written[film_id]).write_bytes(content)
    return written
