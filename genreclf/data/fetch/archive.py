"""Posters out of a zip file that came from outside: each one checked, none placed by the archive's own say."""

import hashlib
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from genreclf.data.fetch.disk import require_room, writing
from genreclf.data.fetch.download import stop_if

MEMBER_LIMIT = 20_000_000  # bytes of one unpacked poster; the largest of the full set is far below
TOTAL_LIMIT = 2_000_000_000  # bytes of all of them
_POSTER = re.compile(r"(?:[^/]+/)*Images/([^/]+)\.jpg")
# What zipfile raises on damaged or encrypted members.
_DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError)


class UnfitArchive(Exception):
    """Nothing may be taken from the archive; the text says why, to go on from "The archive …"."""


class Extraction(NamedTuple):
    """What became of the wanted posters, by film id."""

    written: list[str]
    wrong: list[str]  # in the archive, but damaged or with other contents; not kept
    absent: list[str]  # not in the archive


def extract_posters(
    archive: Path,
    images: Path,
    wanted: Mapping[str, bytes],
    scratch: Path,
    *,
    on_poster: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Extraction:
    """Write the wanted posters of a zip file, ``…/Images/<id>.jpg`` in it, to ``images/<id>.jpg``.

    One member is in memory at a time. A poster appears under its name only whole and with the right digest; others
    are reported, and the rest goes on.

    Args:
        wanted: SHA-256 (32 bytes) of the posters to write, by film id.
        scratch: a path on the same disk for the poster being written.
        on_poster: called after each member that was looked at with the number looked at.

    Raises:
        UnfitArchive: the file is no zip file, has a member that points out of its folder or is not a plain file, or
            would unpack to more than the limits; nothing was written.
        UserError: the disk does not take the posters.
        FetchStopped: ``should_stop`` returned true; the posters written so far stay.
    """
    result = Extraction([], [], [])
    try:
        opened = zipfile.ZipFile(archive)
    except _DAMAGED as error:
        raise UnfitArchive(f"is damaged or not a zip file ({error})") from error
    with opened:
        members = _members(opened, wanted)
        require_room(images, sum(member.file_size for member in members.values()))
        result.absent.extend(film for film in wanted if film not in members)
        in_file_order = sorted(members.items(), key=lambda item: item[1].header_offset)
        for count, (film, member) in enumerate(in_file_order, 1):
            stop_if(should_stop)
            content = _content(opened, member)
            if content is None or hashlib.sha256(content).digest() != wanted[film]:
                result.wrong.append(film)
            else:
                target = images / f"{film}.jpg"
                with writing(target):
                    scratch.write_bytes(content)
                    os.replace(scratch, target)
                result.written.append(film)
            if on_poster:
                on_poster(count)
    return result


def _members(opened: zipfile.ZipFile, wanted: Mapping[str, bytes]) -> dict[str, zipfile.ZipInfo]:
    """The member of each wanted poster, after every member of the archive was found harmless."""
    members = {}
    for member in opened.infolist():
        name = member.orig_filename  # before zipfile cleans it up
        kind = stat.S_IFMT(member.external_attr >> 16)
        if name.startswith("/") or ".." in name.split("/") or re.search(r"[\\\0]|^[A-Za-z]:", name):
            raise UnfitArchive(f"has a member, {name!r}, that points out of its folder")
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise UnfitArchive(f"has a member, {name!r}, that is a link or a device, not a plain file")
        poster = _POSTER.fullmatch(name)
        if poster and poster[1] in wanted:
            members[poster[1]] = member
    for member in members.values():
        if member.file_size > MEMBER_LIMIT:
            raise UnfitArchive(
                f"has a member, {member.filename!r}, of {member.file_size:,} bytes, too many for a poster"
            )
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # zipfile unpacks the others without a bound on memory
            raise UnfitArchive(f"has a member, {member.filename!r}, that is neither stored nor deflated")
    total = sum(member.file_size for member in members.values())
    if total > TOTAL_LIMIT:
        raise UnfitArchive(f"unpacks to {total:,} bytes of posters, far above the real ones")
    return members


def _content(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes | None:
    """A member's bytes, never more than the limit; None when the archive is damaged there."""
    try:
        with opened.open(member) as file:
            return file.read(MEMBER_LIMIT + 1)
    except _DAMAGED:
        return None
