"""The folder a data set is fetched to: what can go wrong with it, as sentences, and the lock on it."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from genreclf.errors import UserError

try:
    import fcntl
except ImportError:  # Windows: two fetches at once are then the user's to avoid
    fcntl = None

MARGIN = 16 * 2**20  # bytes to leave free, for the file system's own needs


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` of the block, which writes ``path``, into one sentence.

    Not for blocks that talk to a server: the exceptions of ``requests`` are ``OSError`` too.

    Raises:
        UserError: the disk is full, writing is not allowed, a file stands where a folder should, or the like.
    """
    try:
        yield
    except OSError as error:
        raise UserError(_sentence(path, error)) from error


def require_room(folder: Path, needed: int) -> None:
    """Check that ``needed`` bytes fit on the disk of an existing folder.

    Raises:
        UserError: they do not.
    """
    free = shutil.disk_usage(folder).free
    if free < needed + MARGIN:
        raise UserError(
            f"The disk of {folder} has {free / 1e6:,.0f} MB left and {(needed + MARGIN) / 1e6:,.0f} MB are needed; "
            "free some space or choose another folder."
        )


@contextmanager
def locked(path: Path, busy: str) -> Iterator[None]:
    """Hold a lock file, made with its folder where needed and removed afterwards, while the block runs.

    Without effect where the platform or the file system knows no locks.

    Raises:
        UserError: another process, or another thread, holds it: the text is ``busy``.
    """
    handle = _acquire(path, busy)
    try:
        yield
    finally:
        with suppress(OSError):  # Windows does not remove an open file
            path.unlink()  # before it is let go: the next holder must not find it half gone
        handle.close()


def _acquire(path: Path, busy: str) -> IO[bytes]:
    for _ in range(100):
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                handle = path.open("wb")
            except FileNotFoundError:
                continue  # a holder that just ended removed the folder between the two calls
        if fcntl is None:
            return handle
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            raise UserError(busy) from None
        except OSError:  # a file system without locks, as some network ones are
            return handle
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle.fileno()), path.stat()):
                return handle
        handle.close()  # the file locked is the one its last holder removed: take a new one
    raise UserError(busy)


def _sentence(path: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"The disk is full, {path} cannot be written; free some space or choose another folder, and run it again."
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"There is no permission to write {path}; allow it or choose another folder."
    if isinstance(error, FileExistsError | NotADirectoryError):
        blocking = next((str(place) for place in path.parents if os.path.isfile(place)), path)
        return f"{blocking} is a file, where a folder is needed; move it away or choose another folder."
    return f"{path} cannot be written ({error.strerror or error}); choose another folder, or run it again."
