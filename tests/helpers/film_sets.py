"""Small data sets in the layout that genreclf reads: intact sets, and one with every kind of damage."""

import csv
import io
import json
import random
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from genreclf.data.catalogue import DESCRIPTION, IMAGES_NAME, TABLE_NAME
from genreclf.genres import GENRES

COLUMNS = ["Id", "Genre", *GENRES, "Overview"]
COLOURS = {
    "Action": (190, 40, 30), "Comedy": (240, 210, 60), "Drama": (70, 90, 130), "Horror": (15, 20, 15),
    "Romance": (235, 130, 170), "Western": (200, 120, 40),
}  # fmt: skip
WORDS = {
    "Action": "chase explosion gun agent bomb fight", "Comedy": "laugh wedding prank roommate silly party",
    "Drama": "family loss father truth marriage grief", "Horror": "ghost blood haunted scream night cellar",
    "Romance": "love kiss heart letter summer dance", "Western": "sheriff outlaw ranch saloon horse frontier",
}  # fmt: skip
PLACES = ("town", "city", "village", "island", "school", "house")


@dataclass(frozen=True)
class Film:
    """One row of the table and its poster; ``jpeg`` is None if the poster is to be missing."""

    id: str
    genres: Sequence[str]
    overview: str
    jpeg: bytes | None
    cells: dict[str, str] = field(default_factory=dict)  # columns to add or change


def jpeg(colour: tuple = (90, 90, 90), size: tuple[int, int] = (60, 90), seed: int = 0, **options) -> bytes:
    """A poster of one colour with a few specks."""
    image = Image.new("RGB", size, colour)
    rng = random.Random(seed)
    for _ in range(40):
        image.putpixel((rng.randrange(size[0]), rng.randrange(size[1])), (255, 255, 255))
    return encoded(image, **options)


def encoded(image: Image.Image, kind: str = "JPEG", **options) -> bytes:
    """An image as the bytes of a file."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def with_size(content: bytes, width: int, height: int) -> bytes:
    """A JPEG whose header claims another size."""
    frame = content.index(b"\xff\xc0")  # start of frame: marker, length (2), precision (1), height (2), width (2)
    return content[: frame + 5] + struct.pack(">HH", height, width) + content[frame + 9 :]


def film(number: int) -> Film:
    """The film tt<number>: its genres follow from the number, its colour and words from its genres."""
    rng = random.Random(number)
    names = list(COLOURS)
    first = names[number % len(names)]
    genres = [first] + ([names[(number // len(names)) % len(names)]] if number % 3 == 0 else [])
    genres = sorted(set(genres))
    colour = tuple(min(255, max(0, value + rng.randrange(-12, 13))) for value in COLOURS[first])
    words = [word for name in genres for word in rng.sample(WORDS[name].split(), 3)]
    filler = rng.sample(PLACES, 2) + ["stranger"] * rng.randrange(0, 14)
    overview = f"In a {filler[0]}, {' and '.join(words)} meet a {' '.join(filler[1:])}."
    return Film(f"tt{number:07d}", genres, overview, jpeg(colour, seed=number))


def films(count: int = 60) -> list[Film]:
    """Films from tt0000001 on; the first 60 are split into 47 for training, 5 for validation and 8 for testing."""
    return [film(number) for number in range(1, count + 1)]


def write_set(folder: Path, rows: Iterable[Film], extra_columns: Sequence[str] = (), without: str = "") -> Path:
    """Write a data set: the table, and a poster for each film that has one; ``without`` "posters" or "overviews"."""
    (folder / IMAGES_NAME).mkdir(parents=True, exist_ok=True)
    with (folder / TABLE_NAME).open("w", encoding="utf-8", newline="") as stream:
        columns = [*COLUMNS, *extra_columns]
        if without == "overviews":
            columns.remove("Overview")
        table = csv.DictWriter(stream, columns, extrasaction="ignore")
        table.writeheader()
        for row in rows:
            flags = {name: str(int(name in row.genres)) for name in GENRES}
            cells = {"Id": row.id, "Genre": str(list(row.genres)), "Overview": row.overview}
            table.writerow({**cells, **flags, **row.cells})
            if row.jpeg is not None and without != "posters":
                (folder / IMAGES_NAME / f"{row.id}.jpg").write_bytes(row.jpeg)
    return folder


OWN_GENRES = ("Heist", "Rom-Com", "Slow Burn", "Slasher", "Science Fiction", "Spaghetti Western")


def write_own(folder: Path, count: int = 60, without_poster: int = 5, without_overview: int = 11) -> Path:
    """Write an imported set with six genres of its own, some films without a poster and others without an overview."""
    (folder / "posters").mkdir(parents=True)
    own = dict(zip(COLOURS, OWN_GENRES, strict=True))
    with (folder / TABLE_NAME).open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["Id", "Genre", "Overview", "Poster"])
        for number in range(1, count + 1):
            row, poster = film(number), ""
            if number % without_poster:
                poster = f"posters/{number}.png"
                with Image.open(io.BytesIO(row.jpeg)) as image:
                    (folder / poster).write_bytes(encoded(image, "PNG"))
            overview = row.overview if number % without_overview else ""
            table.writerow([row.id, json.dumps([own[name] for name in row.genres]), overview, poster])
    (folder / DESCRIPTION).write_text(json.dumps({"version": 1, "name": "Own films", "genres": OWN_GENRES}))
    return folder


@dataclass(frozen=True)
class DamagedSet:
    """A data set with damage of every kind.

    Attributes:
        folder: where its files are.
        good: ids of the intact rows, in order.
        problems: (id, part of the reason) of the damaged rows, in order.
    """

    folder: Path
    good: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]


def write_damaged(folder: Path, good: int = 12) -> DamagedSet:
    """Write good films with damaged ones between them; an id that leads out of the folder finds a real poster there."""
    whole = jpeg()
    noise = Image.frombytes("RGB", (120, 160), random.Random(0).randbytes(120 * 160 * 3))

    def bad(film_id: str, reason: str, jpeg: bytes | None = whole, **changes) -> tuple[Film, str]:
        given = {"genres": ["Drama"], "overview": "A quiet film.", "cells": {}, **changes}
        return Film(film_id, given["genres"], given["overview"], jpeg, given["cells"]), reason

    damaged = [
        bad("bad-missing", "missing", jpeg=None),
        bad("bad-truncated", "cannot be decoded", jpeg=encoded(noise)[:4000]),
        bad("bad-gif", "not a JPEG", jpeg=encoded(noise, "GIF")),
        bad("bad-text", "web page", jpeg=b"<html>404 Not Found</html>"),
        bad("bad-zero", "is empty", jpeg=b""),
        bad("bad-giant", "pixels", jpeg=with_size(whole, 60_000, 60_000)),
        bad("bad-overview", "overview is empty", overview="  \n "),
        bad("bad-genre", "unknown genre 'Telenovela'", genres=["Telenovela"]),
        bad("bad-list", "not a list of names", cells={"Genre": "['Drama', "}),
        bad("bad-code", "not a list of names", cells={"Genre": "__import__('os').getcwd()"}),
        bad("bad-none", "no genre", genres=[]),
        bad("bad-flag", "other than 0 or 1", cells={"War": "maybe"}),
        bad("bad-blank-flag", "other than 0 or 1", cells={"War": ""}),
        bad("bad-disagree", "disagree", cells={"War": "1"}),
        bad("tt0000001", "twice"),
        bad("../outside", "plain file name", jpeg=None),
        bad(str(folder / "outside"), "plain file name", jpeg=None),
        bad("", "id is empty", jpeg=None),
    ]  # fmt: skip
    fine = films(good)
    rows: list[Film] = []
    for number, row in enumerate(fine):  # a damaged film after each good film
        rows += [row, *(bad_row for bad_row, _ in damaged[number : number + 1])]
    rows += [bad_row for bad_row, _ in damaged[good:]]
    rows = [row if row.id != "tt0000001" or row.genres != ["Drama"] else Film(row.id, row.genres, row.overview, None)
            for row in rows]  # fmt: skip  # the second row of an id has no poster of its own to write
    write_set(folder, rows)
    (folder / "outside.jpg").write_bytes(whole)
    return DamagedSet(folder, tuple(row.id for row in fine), tuple((bad_row.id, reason) for bad_row, reason in damaged))
