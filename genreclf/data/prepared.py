"""Arrays prepared from a catalogue, kept by its digest, so that a second training starts at once."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from zipfile import BadZipFile

import numpy as np

from genreclf import paths
from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.data.overviews import Encoder, PieceEncoder, fit_encoder
from genreclf.data.posters import PosterError, load_posters, poster_batches
from genreclf.errors import UserError
from genreclf.files import atomic_path

VERSION = 2  # raise it when the arrays' meaning changes; older ones are then made anew


class Inputs(Protocol):
    """What a model takes of a film, as a ``genreclf.models.ModelSpec`` says it.

    Attributes:
        poster_size: height and width of its posters, pixels; None for a model without posters.
        tokens: ``"words"``, ``"pieces"``, or None for a model without token ids.
    """

    @property
    def poster_size(self) -> tuple[int, int] | None: ...

    @property
    def tokens(self) -> str | None: ...


@dataclass(frozen=True)
class Posters:
    """The inputs of a model that takes posters only."""

    poster_size: tuple[int, int] | None
    tokens: str | None = None


@dataclass(frozen=True)
class Prepared:
    """A catalogue as a model takes it, in the catalogue's order; large arrays are memory-mapped from disk.

    Attributes:
        posters: uint8 ``(n, height, width, 3)`` in the model's size; None for a model that looks at none.
        tokens: int32 ``(n, longest)``, right-padded with 0, ids of words or of word pieces; None for a model that does
            not read tokens.
        labels: uint8 ``(n, 25)``, multi-hot.
        splits: array of ``"train"``, ``"val"``, ``"test"``, ``(n,)``.
        overviews: list of n strings.
        vocabulary: words by id, most frequent first, counted on the train split only; None for other tokens.
        digest: the catalogue's.
        features: float16 ``(n, width)``, what a model is given that is made of parts (see ``genreclf.models.fusion``).
    """

    posters: np.ndarray | None
    tokens: np.ndarray | None
    labels: np.ndarray
    splits: np.ndarray
    overviews: list[str]
    vocabulary: list[str] | None
    digest: str
    features: np.ndarray | None = None

    def rows(self, split: str) -> np.ndarray:
        """Positions of a split's films."""
        return np.flatnonzero(self.splits == split)


def folder_of(catalogue: Catalogue) -> Path:
    """Where what is prepared from this data lies."""
    return paths.prepared_dir() / catalogue.digest[:16]


def is_prepared(catalogue: Catalogue, spec: Inputs) -> bool:
    """Whether what this model takes is there already."""
    return all(path.is_file() for path in _files(catalogue, spec))


def prepare(catalogue: Catalogue, spec: Inputs, on_progress: Callable[[int, int], None] | None = None) -> Prepared:
    """Load what a model takes of a catalogue, making it first where it is missing (TensorFlow is imported for posters).

    Raises:
        UserError: it cannot be written, the train split is empty, or no overview of it holds a word.
    """
    if not len(catalogue.in_split("train")):
        raise UserError(f"{catalogue.folder.name} has no film in its train split; a larger data set is needed.")
    overviews = catalogue.films["overview"].tolist()
    posters = tokens = vocabulary = None
    try:
        if spec.poster_size:
            path = _posters_file(catalogue, spec)
            if not path.is_file():
                _save_posters(path, catalogue, spec, on_progress)
            posters = np.load(path, mmap_mode="r", allow_pickle=False)
        if spec.tokens == "words":
            path = _arrays_of(catalogue) / "words.npz"
            if not path.is_file():
                encoder = _fit_words(catalogue, overviews)
                _save(path, tokens=encoder(overviews), vocabulary=np.array(encoder.vocabulary))
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
                tokens, vocabulary = stored["tokens"], stored["vocabulary"].tolist()
        elif spec.tokens == "pieces":
            path = _arrays_of(catalogue) / "pieces.npz"
            if not path.is_file():
                _save(path, tokens=PieceEncoder()(overviews))
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
                tokens = stored["tokens"]
    except PosterError as error:
        raise _changed(catalogue, error) from None
    except _Unwritable as error:
        raise UserError(f"Cannot write prepared data to {path.parent} ({error}); free or change it.") from error
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        path.unlink(missing_ok=True)
        raise UserError(f"The prepared data in {path} was damaged and is now removed; try again.") from error
    return Prepared(
        posters=posters,
        tokens=tokens,
        labels=catalogue.labels,
        splits=catalogue.films["split"].to_numpy(),
        overviews=overviews,
        vocabulary=vocabulary,
        digest=catalogue.digest,
    )


def posters_of(catalogue: Catalogue, spec: Inputs, rows: np.ndarray | None = None) -> np.ndarray:
    """Posters as a model takes them, uint8 ``(n, *size, 3)``: all, prepared, or some without preparing the others.

    Raises:
        UserError: see ``prepare``.
    """
    if rows is None or is_prepared(catalogue, spec):
        posters = prepare(catalogue, spec).posters
        return posters if rows is None else posters[rows]
    try:
        files = catalogue.poster_paths()
        return load_posters([files[row] for row in rows], spec.poster_size)
    except PosterError as error:
        raise _changed(catalogue, error) from None


def _changed(catalogue: Catalogue, error: PosterError) -> UserError:
    return UserError(f"A poster of {catalogue.folder} changed since it was checked ({error}); try again.")


class _Unwritable(Exception):
    """What was made could not be written."""


def _arrays_of(catalogue: Catalogue) -> Path:
    return folder_of(catalogue) / f"arrays-v{VERSION}"


def _posters_file(catalogue: Catalogue, spec: Inputs) -> Path:
    height, width = spec.poster_size
    return _arrays_of(catalogue) / f"posters-{height}x{width}.npy"


def _files(catalogue: Catalogue, spec: Inputs) -> list[Path]:
    files = [_posters_file(catalogue, spec)] if spec.poster_size else []
    return files + ([_arrays_of(catalogue) / f"{spec.tokens}.npz"] if spec.tokens else [])


def _fit_words(catalogue: Catalogue, overviews: list[str]) -> Encoder:
    encoder = fit_encoder([overviews[position] for position in catalogue.in_split("train")])
    if len(encoder.vocabulary) < 3:  # padding, unknown, and no word
        raise UserError(f"No overview in {catalogue.folder.name}'s train split holds a word; mend its table.")
    return encoder


def _save_posters(
    path: Path, catalogue: Catalogue, spec: Inputs, on_progress: Callable[[int, int], None] | None
) -> None:
    """Decode all posters straight to disk: large ones of many films would not fit into memory."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (len(catalogue), *spec.poster_size, 3)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as temporary, temporary.open("wb") as stream:
            np.lib.format.write_array_header_1_0(stream, header)
            for batch in poster_batches(catalogue.poster_paths(), spec.poster_size, on_progress):
                stream.write(batch.tobytes())
    except OSError as error:
        raise _Unwritable(error.strerror or str(error)) from error


def _save(path: Path, **arrays: np.ndarray) -> None:
    """Write arrays by name (``.npz``); the file appears whole."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as temporary, temporary.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
    except OSError as error:
        raise _Unwritable(error.strerror or str(error)) from error


def main(folder: Path, height: int, width: int) -> int:
    """Prepare posters for a trainer without TensorFlow: ``python -m genreclf.data.prepared FOLDER HEIGHT WIDTH``."""
    try:
        prepare(load_catalogue(folder), Posters((height, width)))
    except ImportError:
        print(
            "Posters are decoded with TensorFlow, which is not installed here; install it, or bring the folder "
            f"prepared/ of GENRECLF_HOME from where {folder.name} was trained on before."
        )
        return 2
    except UserError as error:
        print(error)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
