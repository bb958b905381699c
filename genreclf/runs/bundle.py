"""A run as one zip file: to keep it, to hand it on, or to use its weights elsewhere (``--weights FOLDER``)."""

import hashlib
import os
import stat
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from genreclf.errors import UserError
from genreclf.files import atomic_path, read_json
from genreclf.runs import notes
from genreclf.runs.folder import Run
from genreclf.weights.folder import BASELINE_WEIGHTS, CARD, PARTS, VOCABULARY

_PACKED_ALREADY = (".h5", ".npz")  # numbers hardly get smaller


def write_zip(run: Run, target: Path | IO[bytes]) -> None:
    """Pack a run into a folder of its name, members in a fixed order; a run at work may be packed too.

    In it: config, notes, how it ended, metrics, log, TensorBoard's curves, vocabulary, best weights and their card, and
    those of the parts of fusion, so that the unpacked folder is a weights folder. Not in it: ``lock``, ``stop``,
    ``reserve`` and ``progress.json``, which are about a trainer on this machine, and ``backup/``, the state to go on
    from, the largest part by far.

    A link is never followed, so that nothing from outside the folder gets in. What a trainer writes meanwhile is cut
    off where the file ended when it was opened: at worst the metrics' last line is torn, which every reader passes
    over. The card goes in only if it describes the very weights that are packed, which a resumed run's does not until
    it has ended.

    Args:
        run: any run that was begun or queued.
        target: a file to make (half of it is never seen), or a stream to write to.

    Raises:
        UserError: the run is gone, or the file cannot be written.
    """
    if not run.config_file.is_file():
        raise UserError(f"Run {run.id} is gone or damaged (it has no config.json); there is nothing to pack.")
    if not isinstance(target, Path):
        _write(run, target)
        return
    try:
        with atomic_path(target) as temporary, temporary.open("wb") as stream:
            _write(run, stream)
    except OSError as error:
        raise UserError(f"Cannot write {target} ({error.strerror}); name another place.") from error


def packed_size(run: Run) -> int:
    """About how large the file becomes, in bytes."""
    files = (run.folder / name for name in (*_members(run), CARD))
    return sum(file.stat().st_size for file in files if file.is_file() and not file.is_symlink())


def _write(run: Run, stream: IO[bytes]) -> None:
    digests = {}
    with zipfile.ZipFile(stream, "w") as archive:
        for name in _members(run):
            digests[name] = _add(archive, run, name)
        if _has_card_of(run, digests):
            _add(archive, run, CARD)


def _members(run: Run) -> Iterator[str]:
    """Names of what is packed as it is, relative to the run's folder; not all of them need be there."""
    yield from (run.config_file.name, notes.FILE, run.exit_file.name, "data.json")
    yield from sorted(file.name for file in run.folder.glob("metrics*.jsonl"))  # older ones of a run begun anew
    yield run.log_file.name
    for start in (run.tensorboard_dir, run.folder / PARTS):
        yield from _below(run, start)
    yield from (VOCABULARY, run.best_weights_file.name, BASELINE_WEIGHTS)


def _below(run: Run, start: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(start):  # follows no link to a folder, but to its start
        if Path(folder).is_symlink():
            return
        folders.sort()
        yield from ((Path(folder) / file).relative_to(run.folder).as_posix() for file in sorted(files))


def _add(archive: zipfile.ZipFile, run: Run, name: str) -> str | None:
    """Pack a file as far as it goes now; its SHA-256, or None where it is missing or no plain file."""
    source = _open(run.folder / name)
    if source is None:
        return None
    digest = hashlib.sha256()
    with source:
        known = os.fstat(source.fileno())
        entry, left = _entry(run, name, known.st_mtime), known.st_size
        entry.file_size = left
        with archive.open(entry, "w") as packed:
            while left and (block := source.read(min(left, 1 << 20))):
                digest.update(block)
                packed.write(block)
                left -= len(block)
    return digest.hexdigest()


def _has_card_of(run: Run, digests: dict[str, str | None]) -> bool:
    """Whether there is a card, and it is of the weights with this digest; a trainer changes it no more then."""
    card = read_json(run.folder / CARD)
    try:
        return digests[card["weights_file"]] == card["weights_sha256"]
    except (KeyError, TypeError):
        return False


def _open(path: Path) -> IO[bytes] | None:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)  # a pipe would keep us waiting
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        return None
    return os.fdopen(handle, "rb")


def _entry(run: Run, name: str, changed: float) -> zipfile.ZipInfo:
    when = min(max(time.localtime(changed)[:6], (1980, 1, 1, 0, 0, 0)), (2107, 12, 31, 23, 59, 58))  # all a zip knows
    entry = zipfile.ZipInfo(f"{run.id}/{name}", when)
    entry.external_attr = 0o644 << 16
    entry.compress_type = zipfile.ZIP_STORED if name.endswith(_PACKED_ALREADY) else zipfile.ZIP_DEFLATED
    return entry
