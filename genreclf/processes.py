"""Processes that outlive the one that starts them, for training and downloads."""

import os
import subprocess
import sys
from pathlib import Path

from genreclf import paths

children: list[subprocess.Popen] = []  # the processes started here that had not ended when last checked


def start_detached(module: str, *arguments: str, log: Path, **environment: str) -> subprocess.Popen:
    """Run ``python -m <module>`` in a new session, with its output appended to ``log``.

    Closing the app or the terminal does not end it.
    """
    python_path = os.pathsep.join(filter(None, [str(paths.PROJECT), os.environ.get("PYTHONPATH")]))
    with log.open("ab") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **environment, "PYTHONUNBUFFERED": "1", "PYTHONPATH": python_path},
        )
    children.append(process)
    return process


def reap() -> None:
    """Release the children that have ended, so that none stays a zombie."""
    children[:] = [child for child in children if child.poll() is None]
