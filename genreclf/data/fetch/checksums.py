"""What the files of the full public set must contain: SHA-256 digests of its table and of its 6,325 posters.

``imdb_posters.sha256.bin`` holds one record a poster, sorted by id: the number in the film's id as four bytes,
big-endian, then the 32 bytes of the SHA-256 of ``Images/<id>.jpg``. It was packed from the lines that
``sha256sum Images/*.jpg`` prints in the posters' repository at the pinned commit, kept for the films of the table::

    for digest, path in map(str.split, lines):  # "deaca2…  Images/tt0084058.jpg"
        packed.write(struct.pack(">I32s", int(path[9:16]), bytes.fromhex(digest)))
"""

import functools
import hashlib
import struct
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

POSTER_DIGESTS_FILE = Path(__file__).with_name("imdb_posters.sha256.bin")
_RECORD = struct.Struct(">I32s")


class FileDigest(NamedTuple):
    """What a file must be: its SHA-256 (32 bytes) and its size in bytes."""

    sha256: bytes
    size: int


TABLE_DIGEST = FileDigest(
    bytes.fromhex("4f69e650c430d5c43fb63e6b4accbed7caf028d2941f3db473d05852b489564e"), size=1_514_175
)


@functools.cache
def poster_digests() -> Mapping[str, bytes]:
    """SHA-256 of every poster of the full set, by film id in ascending order; 6,325 entries."""
    records = _RECORD.iter_unpack(POSTER_DIGESTS_FILE.read_bytes())
    return MappingProxyType({f"tt{number:07d}": digest for number, digest in records})


def has_sha256(path: Path, digest: bytes) -> bool:
    """Whether a file is there, can be read and has this SHA-256 (32 bytes)."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest() == digest
    except OSError:
        return False
