"""Arrays prepared from a catalogue, kept by its digest, so that a second training starts at once."""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genreclf import paths
from genreclf.catalogue import Catalogue, load_catalogue
from genreclf.errors import UserError
from genreclf.files import read_json
from genreclf.overviews import fit_encoder
from genreclf.posters import POSTER_SIZE, PosterError, load_posters

VERSION = 1  # raise it when the arrays' meaning changes; older ones are then made anew


@dataclass(frozen=True)
class Prepared:
    """A catalogue as arrays, in the catalogue's order, memory-mapped from disk.

    Attributes:
        posters: uint8 ``(n, 64, 64, 3)``.
        tokens: int32 ``(n, longest)``, ids of ``vocabulary``, right-padded with 0.
        labels: uint8 ``(n, 25)``, multi-hot.
        splits: array of ``"train"``, ``"val"``, ``"test"``, ``(n,)``.
        overviews: list of n strings.
        vocabulary: words by id, most frequent first, counted on the train split only.
        digest: the catalogue's.
    """

    posters: np.ndarray
    tokens: np.ndarray
    labels: np.ndarray
    splits: np.ndarray
    overviews: list[str]
    vocabulary: list[str]
    digest: str

    def rows(self, split: str) -> np.ndarray:
        """Positions of a split's films."""
        return np.flatnonzero(self.splits == split)


def folder_of(catalogue: Catalogue) -> Path:
    """Where what is prepared from this data lies."""
    return paths.prepared_dir() / catalogue.digest[:16]


def is_prepared(catalogue: Catalogue) -> bool:
    """Whether the arrays are there already."""
    return (_arrays_of(catalogue) / "meta.json").is_file()


def prepare(catalogue: Catalogue, on_progress: Callable[[int, int], None] | None = None) -> Prepared:
    """Load the prepared arrays of a catalogue, making them first where they are missing (TensorFlow is then imported).

    Raises:
        UserError: they cannot be written, or the train split is empty.
    """
    arrays = _arrays_of(catalogue)
    if not is_prepared(catalogue):
        _make(catalogue, arrays, on_progress)
    meta = read_json(arrays / "meta.json")
    try:
        return Prepared(
            posters=np.load(arrays / "posters.npy", mmap_mode="r", allow_pickle=False),
            tokens=np.load(arrays / "tokens.npy", mmap_mode="r", allow_pickle=False),
            labels=catalogue.labels,
            splits=catalogue.films["split"].to_numpy(),
            overviews=catalogue.films["overview"].tolist(),
            vocabulary=meta["vocabulary"],
            digest=catalogue.digest,
        )
    except (OSError, ValueError, TypeError, KeyError, EOFError) as error:
        shutil.rmtree(arrays, ignore_errors=True)
        raise UserError(f"The prepared arrays in {arrays} were damaged and are now removed; try again.") from error


def _arrays_of(catalogue: Catalogue) -> Path:
    return folder_of(catalogue) / f"arrays-v{VERSION}"


def _make(catalogue: Catalogue, arrays: Path, on_progress: Callable[[int, int], None] | None) -> None:
    train = catalogue.in_split("train")
    if not len(train):
        raise UserError(f"{catalogue.folder.name} has no film in its train split; a larger data set is needed.")
    overviews = catalogue.films["overview"].tolist()
    try:
        arrays.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".arrays-", dir=arrays.parent))
        try:
            np.save(temporary / "posters.npy", load_posters(catalogue.poster_paths(), POSTER_SIZE, on_progress))
            encoder = fit_encoder([overviews[position] for position in train])
            if len(encoder.vocabulary) < 3:  # padding, unknown, and no word
                raise UserError(f"No overview in {catalogue.folder.name}'s train split holds a word; mend its table.")
            np.save(temporary / "tokens.npy", encoder(overviews))
            meta = {"digest": catalogue.digest, "vocabulary": encoder.vocabulary}
            (temporary / "meta.json").write_text(json.dumps(meta), "utf-8")
            if arrays.is_dir() and not (arrays / "meta.json").is_file():  # half deleted by hand
                shutil.rmtree(arrays)
            try:
                temporary.replace(arrays)  # all files appear at once; a second maker's copy is as good
            except OSError:
                if not (arrays / "meta.json").is_file():
                    raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except PosterError as error:
        raise UserError(f"A poster of {catalogue.folder} changed since it was checked ({error}); try again.") from None
    except OSError as error:
        raise UserError(
            f"Cannot write prepared data to {arrays.parent} ({error.strerror}); free or change it."
        ) from error


def main(folder: Path) -> int:
    """Prepare a data-set folder: ``python -m genreclf.prepared FOLDER``, for trainers that do without TensorFlow."""
    try:
        prepare(load_catalogue(folder))
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
    sys.exit(main(Path(sys.argv[1])))
