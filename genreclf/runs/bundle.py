"""A run as one zip file: to archive it, to share it, or to use its weights elsewhere (``--weights FOLDER``)."""

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from genreclf.errors import UserError
from genreclf.files import atomic_path, open_regular, writing
from genreclf.public import at_home
from genreclf.runs.folder import Run
from genreclf.weights.folder import BASELINE_WEIGHTS, FITTED_BASELINES, PARTS, VOCABULARY

_INCOMPRESSIBLE = (".h5", ".npz")  # weights can hardly be compressed


@at_home("Packing a run, which has paths of this machine,")
def write_zip(run: Run, target: Path | IO[bytes]) -> None:
    """Pack a run as a folder with its name, members in a fixed order; a run that is still training may be packed too.

    The zip file contains the config, notes, outcome, metrics, log, TensorBoard's curves, vocabulary, best weights with
    their card and, for fusion, its parts, so that the unpacked folder is a weights folder. It omits ``lock``, ``stop``,
    ``reserve`` and ``progress.json``, which concern a trainer on this machine, and ``backup/``, the state to resume
    from, which is the largest part by far.

    Links are not followed, so nothing outside the folder is packed. While the run trains, the last line of the
    metrics may be torn, which every reader skips, and the card is packed only if it describes the packed weights.

    Args:
        run: any run, whether it has started or not.
        target: a file to create (it appears only when complete), or a seekable stream to write to.

    Raises:
        UserError: the run is gone, or the file cannot be written.
    """
    if not run.config:
        damage = run.config.damage
        raise UserError(f"Run {run.id} is gone or damaged (config.json: {damage}); there is nothing to pack.")
    if not isinstance(target, Path):
        _write(run, target)
        return
    with writing(target), atomic_path(target) as temporary, temporary.open("wb") as stream:
        _write(run, stream)


def packed_size(run: Run) -> int:
    """An upper estimate of the size of the zip file, in bytes."""
    return sum(file.stat().st_size for file in (*_members(run), run.card_file) if _is_plain(file))


def _write(run: Run, stream: IO[bytes]) -> None:
    digests = {}
    with zipfile.ZipFile(stream, "w") as archive:
        for file in filter(_is_plain, _members(run)):
            with suppress(FileNotFoundError):  # deleted meanwhile
                digests[file] = _add(archive, file, run)
        card = run.card
        digest = digests.get(run.folder / str(card.get("weights_file")))
        if digest and digest == card.get("weights_sha256"):
            _add(archive, run.card_file, run)


def _members(run: Run) -> Iterator[Path]:
    """The files to pack, except the card; not all of them need exist."""
    yield from (run.config_file, run.notes_file, run.exit_file, run.films_file)
    yield from sorted(run.folder.glob("metrics*.jsonl"))  # a restarted run has older ones
    yield run.log_file
    for folder in (run.tensorboard_dir, run.folder / PARTS, run.folder / FITTED_BASELINES):
        if not folder.is_symlink():
            yield from sorted(folder.rglob("*"))
    yield from (run.folder / VOCABULARY, run.best_weights_file, run.folder / BASELINE_WEIGHTS)


def _is_plain(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()


def _add(archive: zipfile.ZipFile, file: Path, run: Run) -> str:
    """Pack a file and return the SHA-256 of what was packed: a trainer may replace the file meanwhile."""
    name = f"{run.id}/{file.relative_to(run.folder).as_posix()}"
    entry = zipfile.ZipInfo.from_file(file, name, strict_timestamps=False)
    with open_regular(file) as stream:
        content = stream.read()
    method = zipfile.ZIP_STORED if name.endswith(_INCOMPRESSIBLE) else zipfile.ZIP_DEFLATED
    archive.writestr(entry, content, method)
    return hashlib.sha256(content).hexdigest()
