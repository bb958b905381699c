"""The fetch of the full set: what it brings, keeps and refuses, against a small archive of the same layout."""

import errno
import os
import re
import shutil
import threading
from pathlib import Path

import pytest
from fetching import CSV, FILMS, POSTERS, TABLE, WHOLE, fails, packed

from genreclf.data.fetch import checksums, disk, download, imdb
from genreclf.data.fetch.imdb import FetchProgress, FetchStopped, is_complete


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


# Disks and folders that do not take it


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
