"""Arrays prepared from a catalogue and cached by its inputs, so that a second training run starts at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from genreclf import paths
from genreclf.data.catalogue import Catalogue
from genreclf.data.overviews import PieceEncoder, fit_encoder
from genreclf.data.posters import PosterError, Size, load_posters, poster_batches
from genreclf.errors import UserError
from genreclf.files import atomic_path, load_arrays, map_array, writing
from genreclf.genres import GENRES

_MAX_TOKENS = 4_000_000_000  # bytes: token ids of several million films
VERSION = 3  # to be raised when the meaning of the arrays changes; older ones are then ignored


class Inputs(Protocol):
    """The inputs that a model uses; a ``genreclf.models.ModelSpec`` is one.

    Attributes:
        poster_size: height and width of its posters, pixels; None for a model without posters.
        tokens: ``"words"``, ``"pieces"``, or None for a model without token ids.
    """

    @property
    def poster_size(self) -> Size | None: ...

    @property
    def tokens(self) -> str | None: ...


@dataclass(frozen=True)
class Prepared:
    """A catalogue as the arrays that a model uses, in the catalogue's order; posters are memory-mapped from disk.

    Attributes:
        posters: uint8 ``(n, height, width, 3)`` in the model's size; None for a model without posters.
        tokens: int32 ``(n, longest)``, right-padded with 0, ids of words or word pieces; None for a model without
            tokens.
        labels: uint8 ``(n, genres)``, multi-hot.
        splits: array of ``"train"``, ``"val"``, ``"test"``, ``(n,)``.
        overviews: list of n strings.
        vocabulary: words by id, most frequent first, counted on the train split only; None for other tokens.
        digest, genres: the catalogue's.
        features: float16 ``(n, width)``, the input of a model made of parts (see ``genreclf.models.fusion``).
    """

    posters: np.ndarray | None
    tokens: np.ndarray | None
    labels: np.ndarray
    splits: np.ndarray
    overviews: list[str]
    vocabulary: list[str] | None
    digest: str
    genres: tuple[str, ...] = GENRES
    features: np.ndarray | None = None

    def rows(self, split: str) -> np.ndarray:
        """Positions of a split's films, int ``(n,)``, ascending."""
        return np.flatnonzero(self.splits == split)


def folder_of(catalogue: Catalogue) -> Path:
    """The folder for everything that is prepared from this data."""
    return paths.prepared_dir() / catalogue.inputs_digest[:16]


def predicted_file(catalogue: Catalogue, kind: str, name: str) -> Path:
    """The file of what a model made of the prepared arrays; older ones are ignored once the arrays change."""
    return folder_of(catalogue) / kind / f"{name}-v{VERSION}.npy"


def is_prepared(catalogue: Catalogue, spec: Inputs) -> bool:
    """Whether all inputs of this model have been prepared."""
    return all(_path(catalogue, inputs).is_file() for inputs in (spec.poster_size, spec.tokens) if inputs)


def prepare(catalogue: Catalogue, spec: Inputs, on_progress: Callable[[int, int], None] | None = None) -> Prepared:
    """Load a catalogue's arrays for a model, preparing them first if needed.

    Raises:
        UserError: they cannot be written, the train split is empty, or none of its overviews contains a word,
            or the set lacks an input of the model.
    """
    if not len(catalogue.in_split("train")):
        raise UserError(f"{catalogue.folder.name} has no film in its train split; use a larger data set.")
    if lacking := catalogue.lacks(bool(spec.poster_size), bool(spec.tokens)):
        raise UserError(f"{catalogue.folder.name} has no {lacking}, which this model needs; choose another model.")
    posters = _load_posters(catalogue, spec.poster_size, on_progress) if spec.poster_size else None
    tokens, vocabulary = _load_tokens(catalogue, spec.tokens) if spec.tokens else (None, None)
    return Prepared(
        posters=posters,
        tokens=tokens,
        labels=catalogue.labels,
        splits=catalogue.films["split"].to_numpy(),
        overviews=catalogue.films["overview"].tolist(),
        vocabulary=vocabulary,
        digest=catalogue.digest,
        genres=catalogue.genres,
    )


def posters_of(catalogue: Catalogue, spec: Inputs, rows: np.ndarray | None = None) -> np.ndarray:
    """Posters in a model's size, uint8 ``(n, *size, 3)``: all of them, or some without preparing the others.

    Raises:
        UserError: see ``prepare``.
    """
    if rows is None or is_prepared(catalogue, spec):
        posters = prepare(catalogue, spec).posters
        return posters if rows is None else posters[rows]
    with _checked_posters(catalogue):
        return load_posters([catalogue.posters[row] for row in rows], spec.poster_size)


def _path(catalogue: Catalogue, inputs: Size | str) -> Path:
    """The file of the posters in a size, or of one kind of tokens."""
    name = f"{inputs}.npz" if isinstance(inputs, str) else f"posters-{inputs[0]}x{inputs[1]}.npy"
    return folder_of(catalogue) / f"arrays-v{VERSION}" / name


def _load_posters(
    catalogue: Catalogue, size: Size, on_progress: Callable[[int, int], None] | None = None
) -> np.ndarray:
    path = _path(catalogue, size)
    if not path.is_file():
        header = {"descr": "|u1", "fortran_order": False, "shape": (len(catalogue), *size, 3)}
        # Straight to disk: large posters of many films would not fit into memory.
        with _checked_posters(catalogue), writing(path), atomic_path(path) as temporary, temporary.open("wb") as stream:
            np.lib.format.write_array_header_1_0(stream, header)
            for batch in poster_batches(catalogue.posters, size, on_progress):
                stream.write(batch.tobytes())
    with _undamaged(path):
        return map_array(path, (len(catalogue), *size, 3), "u")


def _load_tokens(catalogue: Catalogue, kind: str) -> tuple[np.ndarray, list[str] | None]:
    """Token ids, and the vocabulary if they are ids of words."""
    path = _path(catalogue, kind)
    if not path.is_file():
        overviews = catalogue.films["overview"].tolist()
        if kind == "words":
            encoder = fit_encoder([overviews[position] for position in catalogue.in_split("train")])
            if len(encoder.vocabulary) < 3:  # padding, unknown, and no word
                name = catalogue.folder.name
                raise UserError(f"No overview in {name}'s train split contains a word; correct its table.")
            arrays = {"tokens": encoder(overviews), "vocabulary": np.array(encoder.vocabulary)}
        else:
            arrays = {"tokens": PieceEncoder()(overviews)}
        with writing(path), atomic_path(path) as temporary, temporary.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
    with _undamaged(path):
        stored = load_arrays(path, _MAX_TOKENS)
        if stored["tokens"].dtype != np.int32 or stored["tokens"].shape[:-1] != (len(catalogue),):
            raise ValueError("it is of other films")
        return stored["tokens"], stored["vocabulary"].tolist() if kind == "words" else None


@contextmanager
def _checked_posters(catalogue: Catalogue) -> Iterator[None]:
    try:
        yield
    except PosterError as error:
        raise UserError(f"A poster of {catalogue.folder} changed after it was checked ({error}); try again.") from None


@contextmanager
def _undamaged(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError) as error:
        path.unlink(missing_ok=True)
        raise UserError(f"The prepared data in {path} was damaged and has been removed; try again.") from error
