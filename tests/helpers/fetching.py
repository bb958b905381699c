"""A small set in the layout of the full one, the folder it is downloaded to and the server it comes from."""

import hashlib
import io
import random
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from archive_server import ArchiveServer, Request, Served
from PIL import Image

from genreclf.data.catalogue import TABLE_NAME
from genreclf.data.fetch.checksums import Contents
from genreclf.data.fetch.imdb import FetchProgress, FetchReport, fetch, is_complete
from genreclf.errors import UserError

FILMS = [f"tt{number:07d}" for number in range(84058, 84068)]
ZIP, CSV = "/posters/archive/0f2c.zip", "/table.csv"


def noisy_jpeg(film: str) -> bytes:
    """About 50 kB that do not compress, so that archives span several reads."""
    noise = random.Random(film).randbytes(180 * 180 * 3)
    file = io.BytesIO()
    Image.frombytes("RGB", (180, 180), noise).save(file, "JPEG", quality=98)
    return file.getvalue()


POSTERS = {film: noisy_jpeg(film) for film in FILMS}
TABLE = b"Id,Genre,Overview\n" + b"".join(b'%s,"[\'Drama\']","A quiet film."\n' % film.encode() for film in FILMS)
CONTENTS = Contents(
    {film: hashlib.sha256(content).digest() for film, content in POSTERS.items()},
    hashlib.sha256(TABLE).digest(),
    len(TABLE),
)


def packed(
    posters: dict[str, bytes] = POSTERS, top: str = "Movies-Poster_Dataset-0f2c/", extra: dict | None = None
) -> bytes:
    """A zip file as GitHub makes it: one top folder, other files beside the posters."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        if top:
            opened.writestr(top, b"")
        opened.writestr(f"{top}README.md", b"Posters")
        opened.writestr(f"{top}Images/tt9999999.jpg", b"of no film in the table")
        for film, content in posters.items():
            opened.writestr(f"{top}Images/{film}.jpg", content)
        for name, content in (extra or {}).items():
            opened.writestr(name, content)
    return file.getvalue()


@dataclass
class Place:
    """A folder to download to and the server to download from."""

    dest: Path
    server: ArchiveServer
    progress: list[FetchProgress] = field(default_factory=list)

    @property
    def posters(self) -> Served:
        return self.server.files[ZIP]

    @posters.setter
    def posters(self, content: bytes) -> None:
        self.server.files[ZIP] = Served(content)

    @property
    def table(self) -> Served:
        return self.server.files[CSV]

    def fetch(self, **options) -> FetchReport:
        return fetch(
            self.dest,
            **{
                "posters_url": self.server.url(ZIP),
                "table_url": self.server.url(CSV),
                "contents": CONTENTS,
                "on_progress": self.progress.append,
                **options,
            },
        )

    def requests(self, path: str = ZIP) -> list[Request]:
        return [request for request in self.server.requests if request.path == path]

    def complete(self) -> bool:
        return is_complete(self.dest, CONTENTS)

    def files(self) -> set[str]:
        return {str(path.relative_to(self.dest)) for path in self.dest.rglob("*") if path.is_file()}


WHOLE = {TABLE_NAME, *(f"Images/{film}.jpg" for film in FILMS)}


def fetch_error(place: Place, match: str, **options) -> str:
    """The sentence that a failing fetch ends with."""
    with pytest.raises(UserError, match=match) as caught:
        place.fetch(**options)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence
