"""The full public set: 6,325 films, downloaded from two public repositories and checked file by file.

A fetch can be stopped or fail at any point and continues when it is called again: downloads stay in
``<folder>/.partial`` until the set is complete, posters appear only with the right digest, and the table comes last, so
that a folder with a table is a complete one.
"""

import csv
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from genreclf import paths
from genreclf.data.catalogue import IMAGES_NAME, TABLE_NAME
from genreclf.data.fetch.archive import BadArchive, extract_posters
from genreclf.data.fetch.checksums import Contents, has_sha256, imdb_contents
from genreclf.data.fetch.download import download, stop_if
from genreclf.errors import UserError
from genreclf.files import writing
from genreclf.locks import hold_lock
from genreclf.public import at_home

POSTERS_URL = "https://github.com/laxmimerit/Movies-Poster_Dataset/archive/0f2cea5ba255a8197cd749135080c93c3c931d48.zip"
TABLE_URL = (
    "https://raw.githubusercontent.com/Rabia-Akhtr/Multimodal-imdb-genre-classification/"
    "24ea10818ef8906cd06124c5e2cab975ec739c30/IMDB_overview_genres.csv"
)
POSTERS_BYTES = 263_000_000  # approximate, of GitHub's zip file, whose size GitHub often does not report
POSTERS_LIMIT = 1_000_000_000  # bytes; a mirror may pack other files with the posters


@dataclass(frozen=True)
class FetchProgress:
    """The progress of one stage of a fetch."""

    stage: str = "start"  # then "check", "table", "posters" and "extract"
    done: int = 0
    total: int | None = None  # an estimate if the server does not report the size, None if unknown
    unit: str = "files"  # or "bytes"

    @property
    def share(self) -> float:
        """The share of the stage that is done, 0..1; 0 if the total is unknown."""
        return min(self.done / self.total, 1.0) if self.total else 0.0


@dataclass(frozen=True)
class FetchReport:
    """The result of a successful fetch: rows of the table, posters written, and posters that were there already."""

    folder: Path
    films: int
    written: int
    kept: int


@at_home("Downloading the full set")
def fetch(
    dest: Path | None = None,
    *,
    posters_url: str = POSTERS_URL,
    table_url: str = TABLE_URL,
    on_progress: Callable[[FetchProgress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    contents: Contents | None = None,
) -> FetchReport:
    """Download the files of the full set that a folder lacks.

    Existing files are hashed first. A poster with other contents is replaced, and so is the table, which is kept as
    ``IMDB_overview_genres.csv.old``.

    Args:
        dest: the folder, created if needed; by default ``imdb`` in ``paths.data_dir()``.
        posters_url: a zip file with ``Images/<id>.jpg``, under a top folder of any name.
        table_url: the table.
        on_progress: called often, from the calling thread.
        should_stop: called often; true ends the fetch with ``FetchStopped``.
        contents: the files of another set than the full one.

    Raises:
        UserError: the fetch failed; the message says what to do. What was fetched is kept, except for files and
            downloads with wrong contents.
        FetchStopped: ``should_stop`` returned true.
    """
    folder = paths.data_dir() / "imdb" if dest is None else Path(os.path.expanduser(dest))
    job = _Fetch(folder, contents or imdb_contents(), on_progress, should_stop)
    absent = job.check()
    if absent or not job.has_table():
        absent = job.fetch(absent, posters_url, table_url)
    with (folder / TABLE_NAME).open(encoding="utf-8", newline="") as file:
        films = sum(1 for _ in csv.reader(file)) - 1
    return FetchReport(folder, films, len(absent), len(job.contents.posters) - len(absent))


def is_complete(folder: Path, contents: Contents | None = None) -> bool:
    """Whether a folder has all files of the full set (or of ``contents``), judged by names and the table's size."""
    contents = contents or imdb_contents()
    try:
        size, names = (folder / TABLE_NAME).stat().st_size, set(os.listdir(folder / IMAGES_NAME))
    except OSError:
        return False
    return size == contents.table_size and all(f"{film}.jpg" in names for film in contents.posters)


@dataclass(frozen=True)
class _Fetch:
    """The steps of one fetch into one folder."""

    folder: Path
    contents: Contents
    on_progress: Callable[[FetchProgress], None] | None
    should_stop: Callable[[], bool] | None

    def report(self, stage: str, unit: str, done: int, total: int | None) -> None:
        if self.on_progress:
            self.on_progress(FetchProgress(stage, done, total, unit))

    def poster(self, film: str) -> Path:
        return self.folder / IMAGES_NAME / f"{film}.jpg"

    def has_table(self) -> bool:
        return has_sha256(self.folder / TABLE_NAME, self.contents.table)

    def check(self) -> list[str]:
        """The films whose poster is missing or wrong; raises UserError if the folder contains another data set."""
        absent = []
        count = len(self.contents.posters)
        for done, (film, digest) in enumerate(self.contents.posters.items(), 1):
            stop_if(self.should_stop)
            if not has_sha256(self.poster(film), digest):
                absent.append(film)
            self.report("check", "files", done, count)
        if len(absent) == count and (self.folder / TABLE_NAME).exists() and not self.has_table():
            raise UserError(f"{self.folder} contains another data set; choose an empty or a new folder.")
        return absent

    def fetch(self, absent: list[str], posters_url: str, table_url: str) -> list[str]:
        """Download and install what is missing; returns the films whose poster was written."""
        partial_folder, lock = self.folder / ".partial", self.folder / ".partial.lock"
        with hold_lock(lock) as is_ours:
            if not is_ours:
                raise UserError(
                    f"Another process is downloading to {self.folder}; wait for it to end or choose another folder."
                )
            try:
                with writing(partial_folder):
                    partial_folder.mkdir(exist_ok=True)
                # another process may have worked between the check and the lock
                absent = [film for film in absent if not has_sha256(self.poster(film), self.contents.posters[film])]
                self.fetch_table(table_url, partial_folder / TABLE_NAME)
                if absent:
                    self.fetch_posters(posters_url, partial_folder / "posters.zip", absent)
                self.install_table(partial_folder)
            finally:
                for remove in (partial_folder.rmdir, lock.unlink):
                    with suppress(OSError):  # a partial download is in it, or Windows still has a file open
                        remove()
        return absent

    def fetch_table(self, url: str, target: Path) -> None:
        """Download the table to ``target``, unless the right one is there or already installed."""
        if self.has_table() or has_sha256(target, self.contents.table):
            return
        size = self.contents.table_size
        report = partial(self.report, "table", "bytes")
        download(
            url, target, what="the table", limit=size, estimate=size, on_bytes=report, should_stop=self.should_stop
        )
        if not has_sha256(target, self.contents.table):
            received = target.stat().st_size
            target.unlink()
            raise UserError(
                f"{url} is not the expected table (it has {received:,} bytes of {size:,}, or other contents); "
                "run the download again or use another address for the table."
            )

    def fetch_posters(self, url: str, archive: Path, absent: list[str]) -> None:
        """Download and unpack the absent posters."""
        count = len(self.contents.posters)
        if not archive.exists():
            download(
                url,
                archive,
                what="the posters",
                limit=POSTERS_LIMIT,
                estimate=POSTERS_BYTES if url == POSTERS_URL else None,
                unpacked=len(absent) / count,  # JPEGs hardly shrink in a zip file
                on_bytes=partial(self.report, "posters", "bytes"),
                should_stop=self.should_stop,
            )
        images = self.folder / IMAGES_NAME
        with writing(images):
            images.mkdir(exist_ok=True)
        remedy = "run the download again or use another address for the posters."
        try:
            problems = extract_posters(
                archive,
                images,
                {film: self.contents.posters[film] for film in absent},
                on_poster=lambda done: self.report("extract", "files", count - len(absent) + done, count),
                should_stop=self.should_stop,
            )
        except BadArchive as reason:
            archive.unlink()  # the next fetch must not read it again
            raise UserError(f"The archive of posters from {url} {reason}; {remedy}") from reason
        archive.unlink()
        if problems:
            film, problem = min(problems.items(), key=lambda item: (item[1] == "missing", item[0]))
            others = f" (and {len(problems) - 1:,} more are damaged or missing)" if len(problems) > 1 else ""
            raise UserError(
                f"In the archive from {url}, {IMAGES_NAME}/{film}.jpg is {problem}{others}; all other posters are in "
                f"place: {remedy}"
            )

    def install_table(self, partial_folder: Path) -> None:
        """Install the table, which completes the set, and remove the partial downloads."""
        table = self.folder / TABLE_NAME
        with writing(table):
            if not self.has_table():
                if table.exists():
                    os.replace(table, table.with_name(f"{TABLE_NAME}.old"))
                os.replace(partial_folder / TABLE_NAME, table)
            for leftover in partial_folder.iterdir():
                leftover.unlink()
