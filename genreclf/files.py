"""Writing files so that a reader, or a crash, never sees half of one."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends well, and vanishes when it does not."""
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


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file in one step."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")


def as_object(value: Any) -> dict[str, Any]:
    """A JSON object, or an empty one in place of what is none: files may have been changed by hand."""
    return value if isinstance(value, dict) else {}


def read_json(path: Path) -> Any | None:
    """A JSON file's value, or None where it is missing or not (yet) whole."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def keep_array(path: Path, array: np.ndarray) -> None:
    """Keep an array for a later look; where it cannot be written, that look costs time, not this one its answer."""
    with suppress(OSError), atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.save(stream, array)
