"""A run as one zip file: to archive it, to share it, or to use its weights elsewhere (``--weights FOLDER``)."""

import hashlib
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from genreclf.errors import UserError
from genreclf.files import as_object, atomic_path, read_json
from genreclf.runs import notes
from genreclf.runs.folder import Run
from genreclf.weights.folder import BASELINE_WEIGHTS, CARD, PARTS, VOCABULARY

_INCOMPRESSIBLE = (".h5", ".npz")  # weights hardly get smaller


def write_zip(run: Run, target: Path | IO[bytes]) -> None:
    """Pack a run into a folder of its name, members in a fixed order; a run that still trains may be packed too.

    The zip file contains the config, notes, outcome, metrics, log, TensorBoard's curves, vocabulary, best weights with
    their card and, for fusion, its parts, so that the unpacked folder is a weights folder. It omits ``lock``, ``stop``,
    ``reserve`` and ``progress.json``, which concern a trainer on this machine, and ``backup/``, the state to resume
    from, which is the largest part by far.

    Links are not followed, so nothing from outside the folder gets in. While the run trains, the last line of the
    metrics may be torn, which every reader skips, and the card is packed only if it describes the packed weights.

    Args:
        run: any run, whether it has started or not.
        target: a file to create (nobody ever sees half of it), or a seekable stream to write to.

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
        raise UserError(f"Cannot write {target} ({error.strerror}); choose another place.") from error


def packed_size(run: Run) -> int:
    """An upper estimate of the size of the zip file, in bytes."""
    return sum(file.stat().st_size for name in (*_members(run), CARD) if _is_plain(file := run.folder / name))


def _write(run: Run, stream: IO[bytes]) -> None:
    with zipfile.ZipFile(stream, "w") as archive:
        digests = {name: _add(archive, run, name) for name in _members(run)}
        card = as_object(read_json(run.folder / CARD))
        digest = digests.get(str(card.get("weights_file")))
        if digest and digest == card.get("weights_sha256"):
            _add(archive, run, CARD)


def _members(run: Run) -> Iterator[str]:
    """Names relative to the run's folder, except the card's; not all of the files need exist."""
    yield from (run.config_file.name, notes.FILE, run.exit_file.name, "data.json")
    yield from sorted(file.name for file in run.folder.glob("metrics*.jsonl"))  # a restarted run has older ones
    yield run.log_file.name
    for folder in (run.tensorboard_dir, run.folder / PARTS):
        if not folder.is_symlink():
            yield from sorted(file.relative_to(run.folder).as_posix() for file in folder.rglob("*"))
    yield from (VOCABULARY, run.best_weights_file.name, BASELINE_WEIGHTS)


def _is_plain(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()


def _add(archive: zipfile.ZipFile, run: Run, name: str) -> str | None:
    """Pack a file and return its SHA-256, or None where it is missing or no plain file."""
    file = run.folder / name
    if not _is_plain(file):
        return None
    with suppress(FileNotFoundError), file.open("rb") as source:  # replaced files stay readable through the handle
        entry = zipfile.ZipInfo.from_file(file, f"{run.id}/{name}", strict_timestamps=False)
        entry.compress_type = zipfile.ZIP_STORED if name.endswith(_INCOMPRESSIBLE) else zipfile.ZIP_DEFLATED
        digest = hashlib.file_digest(source, "sha256").hexdigest()
        source.seek(0)
        with archive.open(entry, "w") as packed:
            shutil.copyfileobj(source, packed)
        return digest
    return None
