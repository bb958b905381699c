"""Writing files atomically, so that no reader or crash sees half of one, with messages for the user on failure."""

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from genreclf.errors import UserError

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that replaces it when the block succeeds and is removed when it fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` in the block, which writes ``path``, into a sentence for the user.

    Not for blocks that talk to a server: the exceptions of ``requests`` are ``OSError`` too.

    Raises:
        UserError: the disk is full, writing is not allowed, there is a file where a folder is needed, or the like.
    """
    try:
        yield
    except OSError as error:
        raise UserError(_sentence(path, error)) from error


def _sentence(path: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full, so {path} cannot be written; free some space or choose another folder, then retry."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"There is no permission to write {path}; grant it or choose another folder."
    if error.errno in _NO_LOCKS:
        return f"The file system of {path} has no file locks; choose a folder on another disk."
    if isinstance(error, FileExistsError | NotADirectoryError):
        blocking = next((parent for parent in path.parents if parent.is_file()), path)
        return f"{blocking} is a file, but a folder is needed; move it away or choose another folder."
    return f"{path} cannot be written ({error.strerror or error}); choose another folder, or retry."


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A new folder beside ``path`` that replaces it if the block succeeds, and is removed otherwise.

    The old folder is renamed before it is deleted, so nobody reads half of it.
    """
    staging, replaced = (path.with_name(f".{path.name}.{state}") for state in ("new", "old"))
    for leftover in (staging, replaced):  # of a process that was killed
        shutil.rmtree(leftover, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        yield staging
        with suppress(FileNotFoundError):
            path.rename(replaced)
        try:
            staging.rename(path)
        except OSError:
            with suppress(OSError):
                replaced.rename(path)
            raise
    finally:
        for leftover in (staging, replaced):
            shutil.rmtree(leftover, ignore_errors=True)


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file in one step."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def as_object(value: Any) -> dict[str, Any]:
    """A JSON object, or an empty one if the value is anything else: files may have been edited by hand."""
    return value if isinstance(value, dict) else {}


def read_json(path: Path) -> Any | None:
    """A JSON file's value, or None if it is missing or incomplete."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def cache_array(path: Path, array: np.ndarray) -> None:
    """Cache an array on disk; if it cannot be written, it will have to be computed again."""
    with suppress(OSError), atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.save(stream, array)
