"""The full public set: 6,325 films, brought from two public repositories to a folder and checked file by file.

A fetch can be stopped or break off at any point and goes on from there when it is called again: downloads stay in
``<folder>/.partial`` until the set is whole, posters appear only with the right digest, and the table comes last, so
that a folder with a table is a complete one.
"""

import csv
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from genreclf import paths
from genreclf.data.fetch import checksums, disk
from genreclf.data.fetch.archive import UnfitArchive, extract_posters
from genreclf.data.fetch.checksums import TABLE_DIGEST, FileDigest, has_sha256
from genreclf.data.fetch.download import FetchStopped, download, stop_if
from genreclf.errors import UserError

__all__ = ["POSTERS_URL", "TABLE_URL", "FetchProgress", "FetchReport", "FetchStopped", "fetch", "is_complete"]

POSTERS_URL = "https://github.com/laxmimerit/Movies-Poster_Dataset/archive/0f2cea5ba255a8197cd749135080c93c3c931d48.zip"
TABLE_URL = (
    "https://raw.githubusercontent.com/Rabia-Akhtr/Multimodal-imdb-genre-classification/"
    "24ea10818ef8906cd06124c5e2cab975ec739c30/IMDB_overview_genres.csv"
)
TABLE = "IMDB_overview_genres.csv"
IMAGES = "Images"
LOCK = "lock"
POSTERS_BYTES = 263_000_000  # about, of GitHub's zip, whose size GitHub often does not say
POSTERS_LIMIT = 1_000_000_000  # bytes; a mirror may pack other files with the posters


@dataclass(frozen=True)
class FetchProgress:
    """How far one stage of a fetch is: "table" and "posters" count bytes, "check" and "extract" count files.

    ``total`` is None when unknown, and an estimate where the server names no size for the posters.
    """

    stage: str
    done: int
    total: int | None
    unit: str


@dataclass(frozen=True)
class FetchReport:
    """What a fetch that succeeded did; ``written`` and ``kept`` (was in place already) add up to ``posters``."""

    folder: Path
    films: int  # rows of the table
    posters: int
    written: int
    kept: int
    seconds: float


def fetch(
    dest: Path | None = None,
    *,
    posters_url: str = POSTERS_URL,
    table_url: str = TABLE_URL,
    on_progress: Callable[[FetchProgress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    poster_digests: Mapping[str, bytes] | None = None,
    table_digest: FileDigest | None = None,
) -> FetchReport:
    """Bring the full set to a folder, or what the folder lacks of it; nothing is downloaded when nothing lacks.

    Files in place are hashed first. A poster with other contents is replaced, and so is a table, which is kept as
    ``IMDB_overview_genres.csv.old``.

    Args:
        dest: the folder, made where needed; by default ``imdb`` in ``paths.data_dir()``.
        posters_url: a zip file with ``Images/<id>.jpg``, under a top folder of any name.
        table_url: the table.
        on_progress: called often, from the calling thread.
        should_stop: asked often; true ends the fetch with ``FetchStopped``.
        poster_digests: SHA-256 (32 bytes) by film id of another set than the public one, with ``table_digest``.

    Raises:
        UserError: the fetch did not succeed; its sentence says what to do. What was fetched is kept, except for
            files, downloads included, that proved wrong.
        FetchStopped: ``should_stop`` returned true.
    """
    started = time.monotonic()
    folder = paths.data_dir() / "imdb" if dest is None else Path(dest).expanduser()
    job = _Fetch(folder, poster_digests, table_digest, on_progress, should_stop)
    absent = job.check()
    written = 0
    if absent or not job.table_in_place():
        partial = folder / ".partial"
        busy = f"{folder} is being fetched by another process; wait for it to end or choose another folder."
        try:
            with disk.locked(partial / LOCK, busy):
                absent = job.still(absent)  # another process may have worked between the check and the lock
                job.get_table(table_url, partial)
                job.get_posters(posters_url, partial, absent)
                job.install_table(partial)
                written = len(absent)
        finally:
            with suppress(OSError):  # holds a part to go on from, or another process's lock
                partial.rmdir()
    posters = len(job.digests)
    return FetchReport(folder, job.films(), posters, written, posters - written, time.monotonic() - started)


def is_complete(
    folder: Path,
    *,
    poster_digests: Mapping[str, bytes] | None = None,
    table_digest: FileDigest | None = None,
) -> bool:
    """Whether a folder holds the full set, by the names of its files and the table's size; no file is read.

    Args:
        folder: a folder, which need not exist.
        poster_digests: the posters of another set than the public one, with ``table_digest``.
    """
    digests = checksums.poster_digests() if poster_digests is None else poster_digests
    try:
        if (folder / TABLE).stat().st_size != (table_digest or TABLE_DIGEST).size:
            return False
        names = set(os.listdir(folder / IMAGES))
    except OSError:
        return False
    return all(f"{film}.jpg" in names for film in digests)


class _Fetch:
    """The steps of one fetch into one folder."""

    def __init__(
        self,
        folder: Path,
        digests: Mapping[str, bytes] | None,
        table_digest: FileDigest | None,
        on_progress: Callable[[FetchProgress], None] | None,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        self.table, self.images = folder / TABLE, folder / IMAGES
        self.digests = checksums.poster_digests() if digests is None else digests
        self.table_digest = table_digest or TABLE_DIGEST
        self.on_progress, self.should_stop = on_progress, should_stop

    def report(self, stage: str, done: int, total: int | None, unit: str) -> None:
        if self.on_progress:
            self.on_progress(FetchProgress(stage, done, total, unit))

    def table_in_place(self) -> bool:
        return has_sha256(self.table, self.table_digest.sha256)

    def check(self) -> list[str]:
        """The films whose poster is not in place.

        Raises:
            UserError: the folder holds another data set, which a fetch would overwrite.
        """
        absent = []
        for done, (film, digest) in enumerate(self.digests.items(), 1):
            stop_if(self.should_stop)
            if not has_sha256(self.images / f"{film}.jpg", digest):
                absent.append(film)
            self.report("check", done, len(self.digests), "files")
        if len(absent) == len(self.digests) and self.table.exists() and not self.table_in_place():
            raise UserError(f"{self.table.parent} holds another data set; choose an empty or a new folder.")
        return absent

    def still(self, absent: list[str]) -> list[str]:
        return [film for film in absent if not has_sha256(self.images / f"{film}.jpg", self.digests[film])]

    def get_table(self, url: str, partial: Path) -> None:
        """Have the right table in place or in ``partial``."""
        target = partial / TABLE
        if self.table_in_place() or has_sha256(target, self.table_digest.sha256):
            return
        size = self.table_digest.size
        download(
            url,
            target,
            what="the table",
            limit=size,
            hint=size,
            on_bytes=lambda done, total: self.report("table", done, total, "bytes"),
            should_stop=self.should_stop,
        )
        if not has_sha256(target, self.table_digest.sha256):
            found = target.stat().st_size
            target.unlink()
            raise UserError(
                f"{url} is not the table it should be (it has {found:,} bytes of {size:,}, or others); "
                "run the fetch again or use another address for the table."
            )

    def get_posters(self, url: str, partial: Path, absent: list[str]) -> None:
        """Put the absent posters in place."""
        if not absent:
            return
        archive = partial / "posters.zip"
        share = len(absent) / len(self.digests)
        if not archive.exists():
            download(
                url,
                archive,
                what="the posters",
                limit=POSTERS_LIMIT,
                hint=POSTERS_BYTES if url == POSTERS_URL else None,
                unpacked=share,  # JPEGs hardly shrink in a zip file
                on_bytes=lambda done, total: self.report("posters", done, total, "bytes"),
                should_stop=self.should_stop,
            )
        with disk.writing(self.images):
            self.images.mkdir(exist_ok=True)
        in_place = len(self.digests) - len(absent)
        try:
            result = extract_posters(
                archive,
                self.images,
                {film: self.digests[film] for film in absent},
                partial / "poster.tmp",
                on_poster=lambda count: self.report("extract", in_place + count, len(self.digests), "files"),
                should_stop=self.should_stop,
            )
        except UnfitArchive as reason:
            archive.unlink()  # the next fetch must not meet it again
            raise UserError(
                f"The archive of posters from {url} {reason}; "
                "run the fetch again or use another address for the posters."
            ) from reason
        archive.unlink()
        if result.wrong or result.absent:
            raise UserError(_shortfall(url, result.wrong, result.absent))

    def install_table(self, partial: Path) -> None:
        """Make the set whole, and remove what was only needed on the way."""
        with disk.writing(self.table):
            if not self.table_in_place():
                if self.table.exists():
                    os.replace(self.table, self.table.with_name(TABLE + ".old"))
                os.replace(partial / TABLE, self.table)
            for leftover in partial.iterdir():
                if leftover.name != LOCK:
                    leftover.unlink()

    def films(self) -> int:
        with self.table.open(encoding="utf-8", newline="") as file:
            return sum(1 for _ in csv.reader(file)) - 1


def _shortfall(url: str, wrong: list[str], absent: list[str]) -> str:
    first, others = f"{IMAGES}/{min(wrong or absent)}.jpg", len(wrong) + len(absent) - 1
    which = f"{first} and {others:,} more of the posters" if others else first
    what = " or ".join(["damaged or not as expected"] * bool(wrong) + ["missing"] * bool(absent))
    return (
        f"In the archive from {url}, {which} {'are' if others else 'is'} {what}; the rest is in place: "
        "run the fetch again or use another address for the posters."
    )
