"""Wrong and damaged files: none is kept, and nothing is written outside the folder."""

import io
import stat
import struct
import zipfile

import pytest
from archive_server import Served
from fetching import CSV, FILMS, POSTERS, TABLE, WHOLE, ZIP, fetch_error, noisy_jpeg, packed

from genreclf.data.catalogue import TABLE_NAME
from genreclf.data.fetch import archive


def test_a_truncated_archive_is_removed(place):
    place.server.files[ZIP] = Served(packed()[:-1000], length="close")
    fetch_error(place, "damaged or not a zip file .*run the download again or use another address")
    assert place.files() == {f".partial/{TABLE_NAME}"}
    place.posters = packed()
    place.fetch()
    assert place.complete()


def test_a_page_instead_of_an_archive(place):
    place.posters = b"<html>Sign in</html>"
    fetch_error(place, "damaged or not a zip file")


def test_one_wrong_poster_leaves_the_others(place):
    place.posters = packed({**POSTERS, FILMS[3]: noisy_jpeg("other")})
    sentence = fetch_error(place, f"Images/{FILMS[3]}.jpg is damaged or not as expected; .*run the download again")
    assert place.server.url(ZIP) in sentence
    assert place.files() == WHOLE - {TABLE_NAME, f"Images/{FILMS[3]}.jpg"} | {f".partial/{TABLE_NAME}"}
    place.posters = packed()
    assert place.fetch().written == 1


def test_wrong_and_missing_posters_are_counted(place):
    torn = {film: noisy_jpeg("other") for film in FILMS[4:6]}
    place.posters = packed({**{film: POSTERS[film] for film in FILMS[:8]}, **torn})
    fetch_error(place, f"Images/{FILMS[4]}.jpg is damaged or not as expected .*3 more are damaged or missing")


def test_a_flipped_bit_in_a_member(place):
    content = bytearray(packed())
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        member = opened.getinfo(f"Movies-Poster_Dataset-0f2c/Images/{FILMS[2]}.jpg")
    content[member.header_offset + 10_000] ^= 1
    place.posters = bytes(content)
    fetch_error(place, f"Images/{FILMS[2]}.jpg is damaged")
    assert len([name for name in place.files() if name.startswith("Images/")]) == 9


@pytest.mark.parametrize("content", [TABLE.replace(b"quiet", b"quite"), TABLE[:-9], b""])
def test_a_wrong_table(place, content):
    place.table.content = content
    fetch_error(place, "is not the expected table .*use another address")
    assert place.files() == set()
    assert place.requests() == []


def test_a_table_that_is_far_too_long(place):
    place.table.content = TABLE * 3
    fetch_error(place, "sends more than")
    place.server.files[CSV] = Served(TABLE * 300, length="chunked")
    fetch_error(place, "sends more than")


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
def test_an_archive_with_a_path_outside_the_folder_is_refused_as_a_whole(place, tmp_path, name):
    place.posters = packed(extra={name: POSTERS[FILMS[0]]})
    fetch_error(place, "points outside its folder; run the download again or use another address")
    assert place.files() == {f".partial/{TABLE_NAME}"}
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
    fetch_error(place, "is a link or a device")
    assert place.files() == {f".partial/{TABLE_NAME}"}


def test_posters_that_unpack_to_too_much(place, monkeypatch):
    place.posters = packed({**POSTERS, FILMS[0]: bytes(archive.MEMBER_LIMIT + 1)})
    fetch_error(place, "20,000,001 bytes, too many for a poster")
    monkeypatch.setattr(archive, "TOTAL_LIMIT", 100_000)
    place.posters = packed()
    fetch_error(place, "of posters, far more")
    assert place.files() == {f".partial/{TABLE_NAME}"}


def test_a_member_with_a_false_size(place):
    """A deflate bomb under a small declared size is read no further than that size."""
    content = packed({**POSTERS, FILMS[0]: bytes(50_000_000)})
    content = content.replace(struct.pack("<L", 50_000_000), struct.pack("<L", 1000))
    place.posters = content
    fetch_error(place, f"Images/{FILMS[0]}.jpg is damaged")


def test_only_bounded_compression_is_unpacked(place):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as opened:
        opened.writestr(f"Images/{FILMS[0]}.jpg", POSTERS[FILMS[0]])
    place.posters = file.getvalue()
    fetch_error(place, "neither stored nor deflated")
