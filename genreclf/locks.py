"""File locks between processes: only one may train, download or start the next run.

The operating system releases a lock when its process ends, however it ends. A lock therefore shows whether a process
lives; a process id would not, because a zombie still has one.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from genreclf.files import open_regular, writing

POLL_SECONDS = 0.02


@contextmanager
def hold_lock(path: Path, patience: float = 0.0) -> Iterator[bool]:
    """Hold a file's lock during the block.

    Args:
        path: the lock file, created with its folder if needed and not deleted afterwards; only its holder may do that.
        patience: seconds to wait for another holder. A trainer needs a little, because ``is_locked`` holds the lock
            for a moment.

    Yields:
        whether the lock is ours; False if another process or thread holds it.

    Raises:
        UserError: the lock file cannot be written, or its file system has no locks.
    """
    lock = FileLock(
        path, timeout=max(patience, 0.0), poll_interval=POLL_SECONDS, thread_local=False, fallback_to_soft=False
    )
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(Timeout):
            lock.acquire()
    try:
        yield lock.is_locked
    finally:
        lock.release()


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock of this file; it is only read, so a deleted folder does not reappear.

    Several processes may check at once without seeing each other: they share the lock for that moment.
    """
    try:
        with open_regular(path) as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # no such file, or a file system without locks
        return False
    return False
