"""File locks between processes: who trains, who downloads, who starts the next run.

The operating system releases a lock when its process ends, however it ends. A lock therefore shows whether a process
lives; a process id would not, because a zombie still has one.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from genreclf.errors import UserError
from genreclf.files import writing

POLL_SECONDS = 0.02


@contextmanager
def hold_lock(path: Path, patience: float = 0.0) -> Iterator[bool]:
    """Hold a file's lock during the block.

    Args:
        path: the lock file, created with its folder if needed; it stays afterwards. Only its holder may delete it.
        patience: seconds to wait for another holder. A trainer needs a little, because ``is_locked`` holds the lock
            for a moment.

    Yields:
        whether the lock is ours; False if another process or thread holds it.

    Raises:
        UserError: the lock file cannot be written, or its file system has no locks.
    """
    lock = FileLock(path, timeout=max(patience, 0.0), poll_interval=POLL_SECONDS, thread_local=False)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(Timeout):
            lock.acquire()
    try:
        yield lock.is_locked
    finally:
        lock.release()


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock of this file; False in folders that cannot be written to."""
    if not path.is_file():
        return False
    with suppress(UserError), hold_lock(path) as is_free:
        return not is_free
    return False
