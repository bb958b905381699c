"""File locks between processes: who trains, who fetches, who starts the next run.

The operating system drops a lock when its process ends, however it ends, so a lock says whether a process lives where
a process id would not: a zombie still has one.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

POLL_SECONDS = 0.02


@contextmanager
def hold_lock(path: Path, patience: float = 0.0) -> Iterator[bool]:
    """Hold a file's lock during the block.

    Args:
        path: the lock file, created with its folder where needed; it stays afterwards.
        patience: seconds to wait while somebody else holds it. A trainer needs a little, because ``is_locked`` holds
            the lock for a moment.

    Yields:
        whether the lock is ours; False where another process or thread kept it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, timeout=max(patience, 0.0), poll_interval=POLL_SECONDS, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def is_locked(path: Path) -> bool:
    """Whether some process holds the lock of this file."""
    if not path.is_file():
        return False
    with suppress(OSError), hold_lock(path) as free:  # a folder that may not be written to holds no trainer of ours
        return not free
    return False
