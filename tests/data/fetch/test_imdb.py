"""The download of the full set: what it fetches, keeps and refuses, with a small archive in the same layout."""

import errno
import os
import re
import shutil
import threading
from pathlib import Path

import pytest
from fetching import CSV, FILMS, POSTERS, TABLE, WHOLE, fetch_error, packed

from genreclf.data.catalogue import TABLE_NAME
from genreclf.data.fetch import checksums, download, imdb
from genreclf.data.fetch.download import FetchStopped
from genreclf.data.fetch.imdb import FetchProgress, is_complete


def test_the_table_and_its_posters_are_downloaded(place):
    report = place.fetch()
    assert place.files() == WHOLE
    assert place.complete()
    assert {film: (place.dest / f"Images/{film}.jpg").read_bytes() for film in FILMS} == POSTERS
    assert (report.folder, report.films, report.written, report.kept) == (place.dest, 10, 10, 0)
    assert not (place.dest / ".partial").exists()
    last = {event.stage: event for event in place.progress}
    assert last["table"] == FetchProgress("table", len(TABLE), len(TABLE), "bytes")
    size = len(place.posters.content)
    assert last["posters"] == FetchProgress("posters", size, size, "bytes")
    assert last["extract"] == FetchProgress("extract", 10, 10, "files")
    assert last["check"] == FetchProgress("check", 10, 10, "files")


def test_the_default_destination_is_the_data_folder(place, monkeypatch, tmp_path):
    monkeypatch.setenv("GENRECLF_HOME", str(tmp_path / "home"))
    place.dest = None
    assert place.fetch().folder == tmp_path / "home" / "data" / "imdb"


@pytest.mark.parametrize("top", ["", "mirror/", "a/b/"])
def test_any_top_folder_is_accepted(place, top):
    place.posters = packed(top=top)
    assert place.fetch().written == 10


def test_a_second_fetch_downloads_nothing(place):
    place.fetch()
    before = len(place.server.requests)
    report = place.fetch()
    assert (report.films, report.written, report.kept) == (10, 0, 10)
    assert len(place.server.requests) == before


def test_deleted_and_damaged_files_are_restored_and_the_rest_is_kept(place):
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
    assert len(place.requests(CSV)) == 1
    assert place.complete()


def test_a_changed_table_is_replaced_and_kept_as_old(place):
    place.fetch()
    (place.dest / TABLE_NAME).write_bytes(b"edited")
    assert place.fetch().written == 0
    assert (place.dest / TABLE_NAME).read_bytes() == TABLE
    assert (place.dest / f"{TABLE_NAME}.old").read_bytes() == b"edited"
    assert len(place.requests()) == 1


def test_another_data_set_is_not_overwritten(place):
    (place.dest / "Images").mkdir(parents=True)
    (place.dest / TABLE_NAME).write_bytes(b"Id,Genre,Overview\n")
    (place.dest / f"Images/{FILMS[0]}.jpg").write_bytes(b"resized")
    fetch_error(place, "another data set; choose")
    assert place.server.requests == []
    assert (place.dest / f"Images/{FILMS[0]}.jpg").read_bytes() == b"resized"


# Disks and folders that cannot be written to


def test_the_disk_is_too_small(place, monkeypatch):
    usage = shutil.disk_usage(place.dest.anchor)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: usage._replace(free=download.MARGIN + 100_000))
    fetch_error(place, "has 17 MB left but 18 MB are needed; free some space or choose another folder")
    assert "posters" not in {event.stage for event in place.progress}


def test_the_disk_fills_up_while_downloading(place, monkeypatch):
    path_open = Path.open

    def full(path, mode="r", **options):
        if path.name == "posters.zip.part" and mode == "ab":
            raise OSError(errno.ENOSPC, "No space left on device")
        return path_open(path, mode, **options)

    monkeypatch.setattr(Path, "open", full)
    fetch_error(place, "The disk is full.*free some space")


def test_the_disk_fills_up_while_extracting(place, monkeypatch):
    write_bytes = Path.write_bytes

    def full(path, content):
        if path.name == "poster.tmp" and (place.dest / f"Images/{FILMS[4]}.jpg").exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_bytes(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        fetch_error(place, "The disk is full.*free some space")
    assert len(list(place.dest.glob("Images/*.jpg"))) == 5
    assert place.fetch().written == 5
    assert len(place.requests()) == 1


def test_no_permission(place, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refused)  # tests may run as root, whom modes do not stop
    fetch_error(place, "no permission to write .*choose another folder")


@pytest.mark.parametrize("below", [".", "deep/er"])
def test_a_file_where_the_folder_should_be(place, tmp_path, below):
    (tmp_path / "file").write_bytes(b"mine")
    place.dest = tmp_path / "file" / below
    fetch_error(place, f"{re.escape(str(tmp_path / 'file'))} is a file, but a folder is needed")


# Stopping, and two downloads at once


def test_a_stop_keeps_what_has_arrived(place):
    stop = threading.Event()

    def on_progress(event: FetchProgress) -> None:
        if event.stage == "posters" and event.done > 100_000:
            stop.set()

    with pytest.raises(FetchStopped, match="run it again to continue"):
        place.fetch(on_progress=on_progress, should_stop=stop.is_set)
    place.fetch(should_stop=lambda: False)
    assert [request.status for request in place.requests()] == [200, 206]
    assert place.complete()


def test_stop_while_extracting(place):
    with pytest.raises(FetchStopped):
        place.fetch(should_stop=lambda: any(event.stage == "extract" and event.done == 4 for event in place.progress))
    assert len(list(place.dest.glob("Images/*.jpg"))) == 4
    assert place.fetch().written == 6
    assert len(place.requests()) == 1


def test_stop_while_waiting_for_another_attempt(place, monkeypatch):
    monkeypatch.setattr(download, "BACKOFF", 60.0)
    place.table.statuses = [503] * 9
    with pytest.raises(FetchStopped):
        place.fetch(should_stop=lambda: bool(place.server.requests))


def test_a_second_fetch_to_the_same_folder_is_refused(place):
    refusals = []

    def on_progress(event: FetchProgress) -> None:
        if event.stage == "posters" and not refusals:
            refusals.append(fetch_error(place, "Another process is downloading", on_progress=None))

    place.fetch(on_progress=on_progress)
    assert len(refusals) == 1
    assert place.complete()


def test_the_lock_file_of_a_process_that_died_is_no_obstacle(place):
    place.dest.mkdir(parents=True)
    (place.dest / ".partial.lock").touch()
    place.fetch()
    assert place.files() == WHOLE


# The digests that come with the project


def test_shipped_digests():
    digests = checksums.imdb_contents().posters
    assert len(digests) == 6325
    assert list(digests) == sorted(digests)
    assert all(re.fullmatch(r"tt\d{7}", film) and len(digest) == 32 for film, digest in digests.items())
    assert digests["tt0084058"].hex() == "deaca24f0c7737b1aca6433449adbd48c1c0255a925318e9a02e7833ca5d3d66"
    assert digests["tt0085121"].hex() == "f8ec79b8aea5e8c822598f10eb2323b5e8ae6f69533eb24497d256cbf1153719"


def test_default_addresses_are_pinned_to_commits():
    assert all(re.search(r"/[0-9a-f]{40}[./]", url) for url in (imdb.POSTERS_URL, imdb.TABLE_URL))


def test_a_missing_or_empty_folder_is_not_complete(tmp_path):
    assert not is_complete(tmp_path / "none")
    assert not is_complete(tmp_path)
