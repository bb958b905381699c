"""The fetch of the full set, against a small archive of the same layout on a server that misbehaves."""

import errno
import hashlib
import io
import os
import random
import re
import shutil
import stat
import struct
import threading
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from archive_server import ArchiveServer, Asked, Served, serving
from PIL import Image

from genreclf.errors import UserError
from genreclf.sources import archive, checksums, disk, download, imdb
from genreclf.sources.checksums import FileDigest
from genreclf.sources.imdb import FetchProgress, FetchReport, FetchStopped, fetch, is_complete

FILMS = [f"tt{number:07d}" for number in range(84058, 84068)]
ZIP, CSV = "/posters/archive/0f2c.zip", "/table.csv"


def noisy_jpeg(film: str) -> bytes:
    """About 50 kB that do not compress, so that archives span several reads."""
    noise = random.Random(film).randbytes(180 * 180 * 3)
    file = io.BytesIO()
    Image.frombytes("RGB", (180, 180), noise).save(file, "JPEG", quality=98)
    return file.getvalue()


POSTERS = {film: noisy_jpeg(film) for film in FILMS}
DIGESTS = {film: hashlib.sha256(content).digest() for film, content in POSTERS.items()}
TABLE = b"Id,Genre,Overview\n" + b"".join(b'%s,"[\'Drama\']","A film, told."\n' % film.encode() for film in FILMS)


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
    """A folder to fetch to and the server to fetch from."""

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
                "poster_digests": DIGESTS,
                "table_digest": FileDigest(hashlib.sha256(TABLE).digest(), len(TABLE)),
                "on_progress": self.progress.append,
                **options,
            },
        )

    def asked(self, path: str = ZIP) -> list[Asked]:
        return [asked for asked in self.server.asked if asked.path == path]

    def complete(self) -> bool:
        return is_complete(
            self.dest, poster_digests=DIGESTS, table_digest=FileDigest(hashlib.sha256(TABLE).digest(), len(TABLE))
        )

    def files(self) -> set[str]:
        return {str(path.relative_to(self.dest)) for path in self.dest.rglob("*") if path.is_file()}


WHOLE = {imdb.TABLE, *(f"Images/{film}.jpg" for film in FILMS)}


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", (1.0, 1.0))
    monkeypatch.setattr(download, "BACKOFF", 0.01)
    monkeypatch.setattr(download, "RETRIES", 2)
    with serving() as server:
        server.files = {ZIP: Served(packed()), CSV: Served(TABLE, etag=None)}
        yield Place(tmp_path / "home" / "imdb", server)


def fails(place: Place, says: str, **options) -> str:
    """The one sentence a fetch ends with."""
    with pytest.raises(UserError, match=says) as caught:
        place.fetch(**options)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_brings_the_table_and_its_posters(place):
    report = place.fetch()
    assert place.files() == WHOLE
    assert place.complete()
    assert {film: (place.dest / f"Images/{film}.jpg").read_bytes() for film in FILMS} == POSTERS
    assert (report.folder, report.films, report.posters, report.written, report.kept) == (place.dest, 10, 10, 10, 0)
    assert not (place.dest / ".partial").exists()
    last = {event.stage: event for event in place.progress}
    assert last["table"] == FetchProgress("table", len(TABLE), len(TABLE), "bytes")
    size = len(place.posters.content)
    assert last["posters"] == FetchProgress("posters", size, size, "bytes")
    assert last["extract"] == FetchProgress("extract", 10, 10, "files")
    assert last["check"] == FetchProgress("check", 10, 10, "files")


def test_goes_to_the_data_folder_by_default(place, monkeypatch, tmp_path):
    monkeypatch.setenv("GENRECLF_HOME", str(tmp_path / "home"))
    place.dest = None
    assert place.fetch().folder == tmp_path / "home" / "data" / "imdb"


@pytest.mark.parametrize("top", ["", "mirror/", "a/b/"])
def test_takes_any_top_folder(place, top):
    place.posters = packed(top=top)
    assert place.fetch().written == 10


def test_second_fetch_downloads_nothing(place):
    place.fetch()
    before = len(place.server.asked)
    report = place.fetch()
    assert (report.films, report.written, report.kept) == (10, 0, 10)
    assert len(place.server.asked) == before


def test_brings_back_what_was_deleted_or_damaged_and_keeps_the_rest(place):
    place.fetch()
    deleted, damaged, kept = (place.dest / f"Images/{film}.jpg" for film in FILMS[:3])
    deleted.unlink()
    damaged.write_bytes(b"torn")
    os.utime(kept, (1, 1))
    assert not place.complete()
    report = place.fetch()
    assert (report.written, report.kept) == (2, 8)
    assert damaged.read_bytes() == POSTERS[FILMS[1]]
    assert kept.stat().st_mtime == 1
    assert len(place.asked(CSV)) == 1
    assert place.complete()


def test_replaces_a_changed_table_and_keeps_it_aside(place):
    place.fetch()
    (place.dest / imdb.TABLE).write_bytes(b"edited")
    assert place.fetch().written == 0
    assert (place.dest / imdb.TABLE).read_bytes() == TABLE
    assert (place.dest / f"{imdb.TABLE}.old").read_bytes() == b"edited"
    assert len(place.asked()) == 1


def test_leaves_another_data_set_alone(place):
    (place.dest / "Images").mkdir(parents=True)
    (place.dest / imdb.TABLE).write_bytes(b"Id,Genre,Overview\n")
    (place.dest / f"Images/{FILMS[0]}.jpg").write_bytes(b"resized")
    fails(place, "another data set; choose")
    assert place.server.asked == []
    assert (place.dest / f"Images/{FILMS[0]}.jpg").read_bytes() == b"resized"


# Transfers that break off


def interrupt(place: Place, after: int) -> None:
    """A first call that ends with part of the archive."""
    place.posters.drops = [after, 0, 0]
    fails(place, "keeps failing .*run it again to continue")
    assert not place.complete()
    place.server.asked.clear()


def test_second_call_continues_where_the_first_broke_off(place):
    size = len(place.posters.content)
    interrupt(place, 200_000)
    place.fetch()
    (asked,) = place.asked()
    start = int(asked.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    assert start == 200_000 // download.CHUNK * download.CHUNK  # the piece under way is lost
    assert asked.headers["If-Range"] == '"one"'
    assert (asked.status, asked.sent) == (206, size - start)
    assert place.asked(CSV) == []
    assert place.complete()


def test_continues_within_one_call(place):
    place.posters.drops = [200_000, 100_000]
    place.fetch()
    assert [asked.status for asked in place.asked()] == [200, 206, 206]
    assert place.complete()


def test_progress_makes_attempts_count_from_one_again(place, monkeypatch):
    monkeypatch.setattr(download, "PROGRESS", 50_000)
    place.posters.drops = [70_000] * 5
    place.fetch()
    assert len(place.asked()) == 6


def test_starts_over_without_range_support(place):
    place.posters.ranges = False
    place.posters.drops = [200_000]
    place.fetch()
    assert [(asked.status, "Range" in asked.headers) for asked in place.asked()] == [(200, False), (200, True)]
    assert place.complete()


def test_starts_over_when_the_file_changed(place):
    interrupt(place, 200_000)
    place.server.files[ZIP] = Served(packed(top="other/"), etag='"two"')
    place.fetch()
    assert [asked.status for asked in place.asked()] == [200]
    assert place.complete()


def test_starts_over_when_a_weakly_tagged_file_changed(place):
    place.posters.etag = 'W/"one"'
    interrupt(place, 200_000)
    place.server.files[ZIP] = Served(packed(top="other/"), etag='W/"two"')
    place.fetch()
    assert "If-Range" not in place.asked()[0].headers
    assert [asked.status for asked in place.asked()] == [206, 200]
    assert place.complete()


def test_starts_over_when_the_range_cannot_be_met(place):
    interrupt(place, 400_000)
    place.server.files[ZIP] = Served(packed()[:300_000], length="chunked")  # shorter than what is there
    fails(place, "damaged or not a zip file")
    assert [asked.status for asked in place.asked()] == [416, 200]


def test_nothing_follows_a_part_that_is_whole(place):
    """The server never named the size, and the last call broke off just before the part was put in place."""
    place.posters.length = "chunked"
    size = len(place.posters.content)
    with pytest.raises(FetchStopped):
        place.fetch(
            should_stop=lambda: any(event.stage == "posters" and event.done == size for event in place.progress)
        )
    place.fetch()
    assert [asked.status for asked in place.asked()] == [200, 416]
    assert place.complete()


def test_another_address_starts_over(place):
    interrupt(place, 200_000)
    place.server.files["/mirror.zip"] = Served(packed(top="mirror/"))
    place.fetch(posters_url=place.server.url("/mirror.zip"))
    assert [asked.status for asked in place.asked("/mirror.zip")] == [200]
    assert place.complete()


def test_chunked_archive_without_a_size(place):
    place.posters.length = "chunked"
    place.posters.drops = [200_000]
    place.fetch()
    assert [asked.status for asked in place.asked()] == [200, 206]
    first = next(event for event in place.progress if event.stage == "posters")
    assert first.total is None
    assert place.complete()


@pytest.mark.parametrize("status", [500, 503, 429])
def test_tries_again_after_a_passing_error(place, status):
    place.posters.statuses = [status, status]
    place.fetch()
    assert len(place.asked()) == 3


def test_gives_up_after_a_few_errors(place):
    place.posters.statuses = [503] * 9
    fails(place, "the posters .*503 Service Unavailable")
    assert len(place.asked()) == 3


def test_a_slow_server_is_a_timeout(place, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", (1.0, 0.05))
    monkeypatch.setattr(download, "RETRIES", 1)
    place.table.delay = 0.2
    fails(place, "did not answer in time")


# Files that are not what they should be


def test_a_truncated_archive_is_removed(place):
    place.server.files[ZIP] = Served(packed()[:-1000], length="close")
    fails(place, "damaged or not a zip file .*run the fetch again or use another address")
    assert place.files() == {f".partial/{imdb.TABLE}"}
    place.posters = packed()
    place.fetch()
    assert place.complete()


def test_a_page_instead_of_an_archive(place):
    place.posters = b"<html>Sign in</html>"
    fails(place, "damaged or not a zip file")


def test_one_wrong_poster_leaves_the_others(place):
    place.posters = packed({**POSTERS, FILMS[3]: noisy_jpeg("other")})
    sentence = fails(place, f"Images/{FILMS[3]}.jpg is damaged or not as expected; .*run the fetch again")
    assert place.server.url(ZIP) in sentence
    assert place.files() == WHOLE - {imdb.TABLE, f"Images/{FILMS[3]}.jpg"} | {f".partial/{imdb.TABLE}"}
    place.posters = packed()
    assert place.fetch().written == 1


def test_wrong_and_missing_posters_are_counted(place):
    torn = {film: noisy_jpeg("other") for film in FILMS[4:6]}
    place.posters = packed({**{film: POSTERS[film] for film in FILMS[:8]}, **torn})
    fails(place, f"Images/{FILMS[4]}.jpg and 3 more of the posters are damaged or not as expected or missing")


def test_a_bit_that_flipped_in_a_member(place):
    content = bytearray(packed())
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        member = opened.getinfo(f"Movies-Poster_Dataset-0f2c/Images/{FILMS[2]}.jpg")
    content[member.header_offset + 10_000] ^= 1
    place.posters = bytes(content)
    fails(place, f"Images/{FILMS[2]}.jpg is damaged")
    assert len([name for name in place.files() if name.startswith("Images/")]) == 9


@pytest.mark.parametrize("content", [TABLE.replace(b"told", b"sold"), TABLE[:-9], b""])
def test_a_wrong_table(place, content):
    place.table.content = content
    fails(place, "is not the table it should be .*use another address")
    assert place.files() == set()
    assert place.asked() == []


def test_a_table_that_is_far_too_long(place):
    place.table.content = TABLE * 3
    fails(place, "sends more than")
    place.server.files[CSV] = Served(TABLE * 300, length="chunked")
    fails(place, "sends more than")


@pytest.mark.parametrize(
    "name",
    [
        "../escaped.jpg",
        "top/../../escaped.jpg",
        "top/Images/../../../escaped.jpg",
        "/tmp/escaped.jpg",
        "..\\escaped.jpg",
        "top\\Images\\escaped.jpg",
        "C:/escaped.jpg",
        "c:escaped.jpg",
        "top/Images/..",
    ],
)
def test_an_archive_that_climbs_out_is_refused_as_a_whole(place, tmp_path, name):
    place.posters = packed(extra={name: POSTERS[FILMS[0]]})
    fails(place, "points out of its folder; run the fetch again or use another address")
    assert place.files() == {f".partial/{imdb.TABLE}"}
    assert {path.name for path in tmp_path.iterdir()} == {"home"}
    assert list(tmp_path.rglob("escaped*")) == []


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_are_refused(place, kind):
    link = zipfile.ZipInfo(f"top/Images/{FILMS[0]}.jpg")
    link.create_system, link.external_attr = 3, (kind | 0o777) << 16
    file = io.BytesIO(packed({}))
    with zipfile.ZipFile(file, "a") as opened:
        opened.writestr(link, "/etc/passwd")
    place.posters = file.getvalue()
    fails(place, "is a link or a device")
    assert place.files() == {f".partial/{imdb.TABLE}"}


def test_posters_that_unpack_to_too_much(place, monkeypatch):
    place.posters = packed({**POSTERS, FILMS[0]: bytes(archive.MEMBER_LIMIT + 1)})
    fails(place, "20,000,001 bytes, too many for a poster")
    monkeypatch.setattr(archive, "TOTAL_LIMIT", 100_000)
    place.posters = packed()
    fails(place, "of posters, far above")
    assert place.files() == {f".partial/{imdb.TABLE}"}


def test_a_member_that_lies_about_its_size(place):
    """A deflate bomb under a small declared size is read no further than that size."""
    content = packed({**POSTERS, FILMS[0]: bytes(50_000_000)})
    content = content.replace(struct.pack("<L", 50_000_000), struct.pack("<L", 1000))
    place.posters = content
    fails(place, f"Images/{FILMS[0]}.jpg is damaged")


def test_only_bounded_compression_is_unpacked(place):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as opened:
        opened.writestr(f"Images/{FILMS[0]}.jpg", POSTERS[FILMS[0]])
    place.posters = file.getvalue()
    fails(place, "neither stored nor deflated")


# Places and addresses that do not work


def test_a_file_that_is_not_there(place):
    url = place.server.url("/moved.zip")
    assert url in fails(place, "404 Not Found.*check the address or use another", posters_url=url)
    assert len(place.asked("/moved.zip")) == 1


def test_nobody_listens(place):
    with serving() as other:
        url = other.url(ZIP)
    fails(place, "127.0.0.1:.* does not take connections; check the internet connection", table_url=url)


def test_a_name_that_does_not_resolve(place):
    fails(place, "no-such-host.invalid cannot be found; check the internet", table_url="http://no-such-host.invalid/t")


@pytest.mark.parametrize(
    "url", ["table.csv", "ftp://host/table.csv", "http://", "http://[::1/", "file:///etc/passwd", ""]
)
def test_an_address_that_is_none(place, url):
    fails(place, "is not a web address; use one that starts with http", table_url=url)


def test_the_disk_is_too_small(place, monkeypatch):
    usage = shutil.disk_usage(place.dest.anchor)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: usage._replace(free=disk.MARGIN + 100_000))
    fails(place, "has 17 MB left and 18 MB are needed; free some space or choose another folder")
    assert "posters" not in {event.stage for event in place.progress}


def test_the_disk_fills_up_while_downloading(place, monkeypatch):
    def full(part, chunk):
        with disk.writing(part.path):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download._Part, "append", full)
    fails(place, "The disk is full.*free some space")


def test_the_disk_fills_up_while_extracting(place, monkeypatch):
    write_bytes = Path.write_bytes

    def full(path, content):
        if path.name == "poster.tmp" and (place.dest / f"Images/{FILMS[4]}.jpg").exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_bytes(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        fails(place, "The disk is full.*free some space")
    assert len(list(place.dest.glob("Images/*.jpg"))) == 5
    assert place.fetch().written == 5
    assert len(place.asked()) == 1


def test_no_permission(place, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refused)  # tests may run as root, whom modes do not stop
    fails(place, "no permission to write .*choose another folder")


@pytest.mark.parametrize("below", [".", "deep/er"])
def test_a_file_where_the_folder_should_be(place, tmp_path, below):
    (tmp_path / "file").write_bytes(b"mine")
    place.dest = tmp_path / "file" / below
    fails(place, f"{re.escape(str(tmp_path / 'file'))} is a file, where a folder is needed")


# Stopping, and two at once


def test_stop_keeps_what_arrived(place):
    stop = threading.Event()

    def on_progress(event: FetchProgress) -> None:
        if event.stage == "posters" and event.done > 100_000:
            stop.set()

    with pytest.raises(FetchStopped, match="run it again and it continues"):
        place.fetch(on_progress=on_progress, should_stop=stop.is_set)
    place.fetch(should_stop=lambda: False)
    assert [asked.status for asked in place.asked()] == [200, 206]
    assert place.complete()


def test_stop_while_extracting(place):
    with pytest.raises(FetchStopped):
        place.fetch(should_stop=lambda: any(event.stage == "extract" and event.done == 4 for event in place.progress))
    assert len(list(place.dest.glob("Images/*.jpg"))) == 4
    assert place.fetch().written == 6
    assert len(place.asked()) == 1


def test_stop_while_waiting_for_another_attempt(place, monkeypatch):
    monkeypatch.setattr(download, "BACKOFF", 60.0)
    place.table.statuses = [503] * 9
    with pytest.raises(FetchStopped):
        place.fetch(should_stop=lambda: bool(place.server.asked))


@pytest.mark.skipif(disk.fcntl is None, reason="the platform has no file locks")
def test_a_second_fetch_to_the_same_folder_is_refused(place):
    refusals = []

    def on_progress(event: FetchProgress) -> None:
        if event.stage == "posters" and not refusals:
            refusals.append(fails(place, "being fetched by another process", on_progress=None))

    place.fetch(on_progress=on_progress)
    assert len(refusals) == 1
    assert place.complete()


def test_a_lock_left_by_a_process_that_died_is_no_obstacle(place):
    (place.dest / ".partial").mkdir(parents=True)
    (place.dest / ".partial" / "lock").touch()
    place.fetch()
    assert place.files() == WHOLE


# The shipped facts


def test_shipped_digests():
    digests = checksums.poster_digests()
    assert len(digests) == 6325
    assert list(digests) == sorted(digests)
    assert all(re.fullmatch(r"tt\d{7}", film) and len(digest) == 32 for film, digest in digests.items())
    assert digests["tt0084058"].hex() == "deaca24f0c7737b1aca6433449adbd48c1c0255a925318e9a02e7833ca5d3d66"
    assert digests["tt0085121"].hex() == "f8ec79b8aea5e8c822598f10eb2323b5e8ae6f69533eb24497d256cbf1153719"


def test_default_addresses_are_pinned_to_commits():
    assert all(re.search(r"/[0-9a-f]{40}[./]", url) for url in (imdb.POSTERS_URL, imdb.TABLE_URL))


def test_is_complete_of_no_folder(tmp_path):
    assert not is_complete(tmp_path / "none")
    assert not is_complete(tmp_path)
