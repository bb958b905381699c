"""Reading only regular files of a bounded size, and writing atomically, so that no reader or crash sees half a file."""

import errno
import fcntl
import hashlib
import io
import json
import math
import os
import re
import shutil
import stat
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from genreclf.errors import UserError
from genreclf.units import size

_ODD_HEADER = (SyntaxError, RuntimeError, RecursionError, MemoryError, TypeError, KeyError, EOFError, OverflowError)
MAX_JSON = 2_000_000  # bytes of a JSON file, unless its reader expects more

_MOMENT = 1.0  # seconds
_ATTEMPTS = 20
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


@contextmanager
def atomic_path(path: Path, locked: bool = False) -> Iterator[Path]:
    """A temporary path beside ``path`` that replaces it when the block succeeds and is removed when it fails.

    With ``locked``, it is known to be in use for ``remove_leftovers``; not for HDF5, which locks the file itself.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    temporary = Path(name)
    try:
        with suppress(OSError):  # a file system without locks
            if locked:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield temporary
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    finally:
        os.close(handle)
        temporary.unlink(missing_ok=True)


def remove_leftovers(path: Path) -> None:
    """Remove what ``atomic_path``, ``locked``, left beside ``path`` in processes that were killed."""
    pattern = re.compile(re.escape(f".{path.name}.") + "[a-z0-9_]{8}" + re.escape(path.suffix))
    leftovers = [each for each in path.parent.iterdir() if pattern.fullmatch(each.name)] if path.parent.is_dir() else []
    for leftover in leftovers:
        with suppress(OSError):  # it is in use, gone, or its file system has no locks
            is_new = time.time() - leftover.lstat().st_mtime < _MOMENT  # perhaps not locked yet
            if is_new or leftover.is_symlink() or not leftover.is_file():
                continue
            with leftover.open("rb") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                leftover.unlink()


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

    The old folder is renamed before it is deleted, so nobody reads half of it. Any number of processes may replace a
    folder at once; the last one wins. What a killed one left is removed by the next.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in path.parent.glob(f".{path.name}.*"):
        _remove_leftover_folder(leftover)
    place = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    handle = os.open(place, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # it is in use until this process ends
        (place / "new").mkdir()
        yield place / "new"
        _replace_folder(path, place)
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(handle)


def _replace_folder(path: Path, place: Path) -> None:
    """Put ``place / "new"`` at a path, and what was there into ``place``."""
    for attempt in range(_ATTEMPTS):
        replaced = place / f"old-{attempt}"
        with suppress(FileNotFoundError):
            path.rename(replaced)
        try:
            (place / "new").rename(path)
            return
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST) and attempt < _ATTEMPTS - 1:
                continue  # another process was faster
            with suppress(OSError):
                replaced.rename(path)
            raise


def _remove_leftover_folder(leftover: Path) -> None:
    with suppress(OSError):  # it is in use, gone, or no folder
        if time.time() - leftover.lstat().st_mtime < _MOMENT:  # perhaps not locked yet
            return
        handle = os.open(leftover, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(leftover, ignore_errors=True)
        finally:
            os.close(handle)


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file in one step."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")


def open_regular(path: Path) -> IO[bytes]:
    """Open a file for reading in binary; only a regular one, because reading a pipe or a device may wait for ever.

    Raises:
        OSError: there is no such file, it cannot be read, or it is not a regular file.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    try:
        _require_regular(os.stat(path).st_mode)  # opening alone may do something to a device
        stream = open(path, "rb", opener=lambda name, _: os.open(name, flags))  # noqa: SIM115 (the caller closes it)
    except ValueError as error:  # the path contains a NUL
        raise OSError(errno.EINVAL, str(error)) from error
    try:
        _require_regular(os.fstat(stream.fileno()).st_mode)
    except OSError:
        stream.close()
        raise
    return stream


def _require_regular(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is not a regular file")


def is_regular(path: Path) -> bool:
    """Whether there is a regular file at a path; False instead of an exception, whatever the path."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def read_bytes(path: Path, most: int = MAX_JSON) -> bytes:
    """The content of a regular file.

    Raises:
        OSError: as for ``open_regular``, or it has more than ``most`` bytes.
    """
    with open_regular(path) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it is larger than {size(most)}")
    return content


def sha256_of(path: Path) -> str:
    """The SHA-256 of a regular file, hex."""
    with open_regular(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]


def as_object(value: Any) -> dict[str, Any]:
    """A JSON object, or an empty one if the value is anything else: files may have been edited by hand."""
    return value if isinstance(value, dict) else {}


class Unreadable(ValueError):
    """A file exists but its content cannot be used; the message is a clause, such as "it is not JSON"."""


def load_json(path: Path, most: int = MAX_JSON) -> Any:
    """A JSON file's value.

    Raises:
        FileNotFoundError: there is none.
        Unreadable: it is no regular file, cannot be read, has more than ``most`` bytes, or is not JSON of Unicode text.
    """
    try:
        content = read_bytes(path, most)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error
    return parse_json(content)


def parse_json(content: bytes) -> Any:
    """The value of JSON in UTF-8.

    Raises:
        Unreadable: it is not JSON, nested too deeply, or contains text that is not Unicode (half of a surrogate pair).
    """
    try:
        value = json.loads(content.decode("utf-8"))
        if b"\\u" in content:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        return value
    except RecursionError as error:
        raise Unreadable("it is nested too deeply") from error
    except UnicodeError as error:
        raise Unreadable("its text is not valid Unicode") from error
    except ValueError as error:
        raise Unreadable("it is not complete JSON" if content.strip() else "it is empty") from error


def read_json(path: Path, most: int = MAX_JSON) -> Any | None:
    """A JSON file's value, or None where ``load_json`` raises."""
    try:
        return load_json(path, most)
    except (FileNotFoundError, Unreadable):
        return None


def load_arrays(path: Path, most: int) -> dict[str, np.ndarray]:
    """The arrays in an ``.npz`` file; sizes are checked before anything is unpacked, and nothing is unpickled.

    Args:
        path: the file.
        most: the largest sum of their sizes, in bytes.

    Raises:
        OSError: as for ``open_regular``.
        ValueError: it is not such a file, it is damaged, or the arrays are larger than ``most``.
    """
    arrays = {}
    try:
        with open_regular(path) as stream, zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > most:
                raise ValueError(f"its arrays are larger than {size(most)}")
            for member in members:
                arrays[member.filename.removesuffix(".npy")] = _parse_array(archive.read(member))
    except (zipfile.BadZipFile, zlib.error, *_ODD_HEADER) as error:
        raise ValueError(f"it is no complete .npz file ({error})") from error
    return arrays


def _parse_array(content: bytes) -> np.ndarray:
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, is_fortran, dtype = read_header(stream)
    count, start = math.prod(shape), stream.tell()
    if dtype.hasobject:
        raise ValueError("an array has objects of Python")
    if count * dtype.itemsize > len(content) - start:
        raise ValueError("an array is shorter than it says")
    return np.frombuffer(content, dtype, count, start).reshape(shape, order="F" if is_fortran else "C")


def map_array(path: Path, shape: tuple[int | None, ...], kind: str = "f") -> np.ndarray:
    """A stored ``.npy`` array, memory-mapped, so that only what is used is read.

    Args:
        path: a regular file.
        shape: its shape; None for any length.
        kind: NumPy's letter for the kind of its numbers: ``"f"`` floats, ``"u"`` unsigned, ``"i"`` signed.

    Raises:
        OSError, ValueError: there is none, it is damaged, or of another shape or kind.
    """
    if not is_regular(path):
        raise FileNotFoundError(errno.ENOENT, "there is no such file", str(path))
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except _ODD_HEADER as error:
        raise ValueError(f"it is no .npy file ({error})") from error
    fits = len(array.shape) == len(shape) and all(b in (a, None) for a, b in zip(array.shape, shape, strict=True))
    if array.dtype.kind != kind or not fits:
        raise ValueError(f"it contains {array.dtype} {array.shape}")
    return array


def cache_array(path: Path, array: np.ndarray) -> None:
    """Cache an array on disk; if it cannot be written, it will have to be computed again."""
    with suppress(OSError), atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.save(stream, array)
