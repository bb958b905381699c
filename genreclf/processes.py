"""Processes that outlive the one that starts them, for training and downloads; and this one's memory."""

import ctypes
import os
import platform
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from genreclf import paths

children: list[subprocess.Popen] = []  # the processes started here that had not ended when last checked


def start_detached(module: str, *arguments: str, log: Path, **variables: str) -> subprocess.Popen:
    """Run ``python -m <module>`` in a new session, with its output appended to ``log``.

    Closing the app or the terminal does not end it.
    """
    with log.open("ab") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**environment(), **variables, "PYTHONUNBUFFERED": "1"},
        )
    children.append(process)
    return process


def environment() -> dict[str, str]:
    """This process's variables, for another one that imports genreclf."""
    python_path = os.pathsep.join(filter(None, [str(paths.PROJECT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": python_path}


def reap() -> None:
    """Release the children that have ended, so that none stays a zombie."""
    children[:] = [child for child in children if child.poll() is None]


_ARENAS, _MMAP_THRESHOLD = -8, -3  # parameters of glibc's ``mallopt``


def keep_memory_small() -> None:
    """Let glibc return memory to the system early: an app that serves for weeks would keep what its peaks took."""
    if platform.system() == "Linux":
        with suppress(OSError, AttributeError):  # another C library
            library = ctypes.CDLL(None)
            library.mallopt(_ARENAS, 2)  # not one per thread
            library.mallopt(_MMAP_THRESHOLD, 4_000_000)  # bytes; glibc raises it otherwise up to 32 MB


def release_memory() -> None:
    """Return what was used and freed to the system; glibc keeps it otherwise, up to 150 MB for a network."""
    if platform.system() == "Linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
