"""Files from zip archives that may come from anyone: an archive does not decide where and how much is written."""

import hashlib
import os
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from genreclf.data.fetch.download import require_room, stop_if
from genreclf.files import writing

MEMBER_LIMIT = 20_000_000  # bytes of one unpacked poster; the largest of the full set is far smaller
TOTAL_LIMIT = 2_000_000_000  # bytes of all posters
UNPACKED_LIMIT = 20_000_000_000  # bytes of all files of a user's archive; MM-IMDb has 9 GB
UNPACKED_FILES = 500_000
UNPACKED_RATIO, UNPACKED_SMALL = 100, 1_000_000  # times its own bytes, or at least of so many; text has a tenth
_POSTER = re.compile(r"(?:[^/]+/)*Images/([^/]+)\.jpg")
# What zipfile raises for damaged or encrypted members.
_DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError)


class BadArchive(Exception):
    """The archive cannot be used; the message is the predicate of a sentence that begins "The archive …"."""


def extract_posters(
    archive: Path,
    images: Path,
    wanted: Mapping[str, bytes],
    *,
    on_poster: Callable[[int], None],
    should_stop: Callable[[], bool] | None = None,
) -> dict[str, str]:
    """Write the wanted posters of a zip file, ``…/Images/<id>.jpg`` in it, to ``images/<id>.jpg``.

    Only one poster at a time is in memory. Its file appears once it is complete and has the right digest.

    Args:
        archive: the zip file, on the same disk as ``images``.
        wanted: SHA-256 (32 bytes) of the posters to write, by film id.
        on_poster: called after each poster that was read, with the number of posters read so far.

    Returns:
        What is wrong with the posters that were not written, by film id.

    Raises:
        BadArchive: the file is not a zip file, has a member that points outside its folder or is not a plain file, or
            would unpack to more than the limits.
        UserError: the posters cannot be written.
        FetchStopped: ``should_stop`` returned true; the posters written so far stay.
    """
    scratch = archive.with_name("poster.tmp")
    try:
        opened = zipfile.ZipFile(archive)
    except _DAMAGED as error:
        raise BadArchive(f"is damaged or not a zip file ({error})") from error
    with opened:
        members = _members(opened, wanted)
        require_room(images, sum(member.file_size for member in members.values()))
        problems = {film: "missing" for film in wanted if film not in members}
        in_file_order = sorted(members.items(), key=lambda item: item[1].header_offset)
        for count, (film, member) in enumerate(in_file_order, 1):
            stop_if(should_stop)
            try:
                with opened.open(member) as file:
                    content = file.read(MEMBER_LIMIT + 1)
            except _DAMAGED:
                content = b""
            if hashlib.sha256(content).digest() == wanted[film]:
                target = images / f"{film}.jpg"
                with writing(target):
                    scratch.write_bytes(content)
                    os.replace(scratch, target)
            else:
                problems[film] = "damaged or not as expected"
            on_poster(count)
    return problems


def _members(opened: zipfile.ZipFile, wanted: Mapping[str, bytes]) -> dict[str, zipfile.ZipInfo]:
    """The member of each wanted poster, after checking that every member of the archive is harmless."""
    members = {}
    for member in opened.infolist():
        poster = _POSTER.fullmatch(_checked_name(member))
        if poster and poster[1] in wanted:
            members[poster[1]] = member
    for member in members.values():
        if member.file_size > MEMBER_LIMIT:
            raise BadArchive(f"has a member, {member.filename!r}, of {member.file_size:,} bytes, too many for a poster")
        _check_method(member)
    total = sum(member.file_size for member in members.values())
    if total > TOTAL_LIMIT:
        raise BadArchive(f"unpacks to {total:,} bytes of posters, far more than the real ones")
    return members


def _checked_name(member: zipfile.ZipInfo) -> str:
    """The name of a member, which must be a plain file or folder inside the archive's own."""
    name = member.orig_filename  # before zipfile cleans it up
    kind = stat.S_IFMT(member.external_attr >> 16)
    if name.startswith("/") or ".." in name.split("/") or re.search(r"[\\\0]|^[A-Za-z]:", name):
        raise BadArchive(f"has a member, {name!r}, that points outside its folder")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise BadArchive(f"has a member, {name!r}, that is a link or a device, not a plain file")
    return name


def _check_method(member: zipfile.ZipInfo) -> None:
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # zipfile unpacks other methods with unlimited memory
        raise BadArchive(f"has a member, {member.filename!r}, that is neither stored nor deflated")


def unpack(archive: Path, folder: Path, suffixes: Sequence[str], most: int = UNPACKED_LIMIT) -> None:
    """Write the members of a zip file that end in one of ``suffixes``, ``most`` bytes, below an existing folder.

    Raises:
        BadArchive: as for ``extract_posters``, or a member is damaged or has a password.
        UserError: there is not enough room, or the files cannot be written.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [
                member
                for member in opened.infolist()
                if _checked_name(member).lower().endswith(tuple(suffixes))
                and not any(part.startswith((".", "__MACOSX")) for part in member.filename.split("/"))
            ]
            total = sum(member.file_size for member in members)
            if len(members) > UNPACKED_FILES or total > most:
                raise BadArchive(f"unpacks to {len(members):,} files of {total / 1e9:,.1f} GB, too many")
            if total > UNPACKED_RATIO * max(archive.stat().st_size, UNPACKED_SMALL):
                raise BadArchive(f"unpacks to {total:,} bytes, far more than tables and posters do")
            require_room(folder, total)
            for member in members:
                _check_method(member)
                with opened.open(member) as source, writing(folder):
                    target = folder / member.filename
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with target.open("wb") as stream:
                        shutil.copyfileobj(source, stream)
    except _DAMAGED as error:
        raise BadArchive(f"is damaged, has a password, or is not a zip file ({error})") from error
