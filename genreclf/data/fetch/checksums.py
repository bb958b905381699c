"""The expected contents of the full public set: the SHA-256 digests of its table and its 6,325 posters.

``imdb_posters.sha256.bin`` has one record per poster, sorted by id: the number in the film's id as four bytes,
big-endian, then the 32 bytes of the SHA-256 of ``Images/<id>.jpg``. It was packed from the lines that
``sha256sum Images/*.jpg`` prints in the posters' repository at the pinned commit, for the films of the table::

    for digest, path in map(str.split, lines):  # "deaca2…  Images/tt0084058.jpg"
        packed.write(struct.pack(">I32s", int(path[9:16]), bytes.fromhex(digest)))
"""

import functools
import hashlib
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Contents(NamedTuple):
    """The files of a complete set; each digest is a SHA-256 of 32 bytes."""

    posters: Mapping[str, bytes]  # digests by film id
    table: bytes
    table_size: int  # bytes


@functools.cache
def imdb_contents() -> Contents:
    """The files of the full public set, its posters sorted by film id."""
    records = struct.iter_unpack(">I32s", Path(__file__).with_name("imdb_posters.sha256.bin").read_bytes())
    table = bytes.fromhex("4f69e650c430d5c43fb63e6b4accbed7caf028d2941f3db473d05852b489564e")
    return Contents({f"tt{number:07d}": digest for number, digest in records}, table, 1_514_175)


def has_sha256(path: Path, digest: bytes) -> bool:
    """Whether a file exists, can be read and has this SHA-256 (32 bytes)."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest() == digest
    except OSError:
        return False
