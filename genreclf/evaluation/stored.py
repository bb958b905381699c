"""A model's probabilities for a whole catalogue or a split of it, kept on disk by data and weights."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from genreclf.data.catalogue import Catalogue
from genreclf.data.prepared import folder_of, posters_of, prepare
from genreclf.files import keep_array
from genreclf.genres import NUM_GENRES
from genreclf.models import get_spec
from genreclf.predict.predictor import Predictor, part_rows
from genreclf.weights.folder import Weights

_BLOCK = 1024  # films of a split whose posters, about 200 kB each, are in memory at once; those of all stay on disk


def stored_predictions(catalogue: Catalogue, weights: Weights, split: str = "all") -> np.ndarray | None:
    """The probabilities of a split's films if they were computed before, float32 ``(n, 25)``, else None."""
    kept = stored_rows(catalogue, split, lambda held: _path(catalogue, weights, held), NUM_GENRES)
    return None if kept is None else np.array(kept)


def stored_rows(
    catalogue: Catalogue, split: str, path_of: Callable[[str], Path], width: int | None = None
) -> np.ndarray | None:
    """An array with a row for each film of a split, cut out of the one of all films or kept for the split alone.

    Args:
        catalogue: the films.
        split: ``"train"``, ``"val"``, ``"test"`` or ``"all"``.
        path_of: the file of a split.
        width: of a row, where it is known.

    Returns:
        the rows, left on disk where the file holds no others; None where no file is whole.
    """
    for held in ("all", split):
        with suppress(OSError, ValueError, EOFError):
            rows = np.load(path_of(held), mmap_mode="r", allow_pickle=False)
            if rows.ndim == 2 and rows.shape == (len(catalogue.in_split(held)), width or rows.shape[1]):
                return rows if held == split else rows[catalogue.in_split(split)]
    return None


def catalogue_predictions(
    catalogue: Catalogue, weights: Weights, predictor: Predictor | None = None, split: str = "all"
) -> np.ndarray:
    """Calibrated probabilities of all films of a catalogue, or of a split, float32 ``(n, 25)``, in its order.

    For 6,000 films on two cores about 10 s with the LSTM, two minutes with EfficientNet; afterwards they are read from
    disk.

    Args:
        catalogue: the films.
        weights: the model's; of a model of parts, its parts' answers are kept, too.
        predictor: of these weights, where it is loaded.
        split: ``"train"``, ``"val"``, ``"test"`` or ``"all"``.

    Raises:
        UserError: the weights are damaged, or the arrays cannot be prepared.
    """
    known = stored_predictions(catalogue, weights, split)
    if known is not None:
        return known
    predictor = predictor or Predictor(weights)
    spec, rows = get_spec(weights.model), catalogue.in_split(split)
    told: dict[str, list[np.ndarray]] = {}
    for block in [rows] if split == "all" else np.array_split(rows, range(_BLOCK, len(rows), _BLOCK)):
        posters = posters_of(catalogue, spec, None if split == "all" else block) if spec.uses_poster else None
        overviews = catalogue.films["overview"].iloc[block].tolist()
        predictions, of_parts = predictor.predict_with_parts(posters, overviews) if spec.parts else (
            predictor.predict(posters, overviews), {}
        )  # fmt: skip
        for name, of_part in ({weights.model: predictions} | of_parts).items():
            told.setdefault(name, []).append(of_part)
    asked = {weights.model: weights} | {name: part.weights for name, part in predictor.parts.items()}
    for name, blocks in told.items():  # who asks a part next has its answers already
        keep_array(_path(catalogue, asked[name], split), np.concatenate(blocks))
    return np.concatenate(told[weights.model])


def part_features(
    catalogue: Catalogue, parts: Mapping[str, Weights], on_batch: Callable[[int], None] | None = None
) -> np.ndarray:
    """What a model of parts is given of all films, float16 ``(n, width)``, kept on disk as the probabilities are.

    Args:
        catalogue: the films.
        parts: the weights of each part, by name.
        on_batch: called with the films in it after every batch of a part.

    Raises:
        UserError: see ``catalogue_predictions``.
    """
    marks = "-".join(f"{model}-{weights.cache_key}" for model, weights in parts.items())
    path = folder_of(catalogue) / "features" / f"{marks}.npy"
    known = stored_rows(catalogue, "all", lambda _: path)
    if known is not None:
        return known
    posters = next(prepare(catalogue, get_spec(model)).posters for model in parts if get_spec(model).uses_poster)
    predictors = {model: Predictor(weights) for model, weights in parts.items()}
    for predictor in predictors.values():
        predictor.on_batch = on_batch
    rows = part_rows(predictors, posters, catalogue.films["overview"].tolist()).astype(np.float16)
    keep_array(path, rows)
    return rows


def _path(catalogue: Catalogue, weights: Weights, split: str) -> Path:
    part = "" if split == "all" else f"-{split}"
    return folder_of(catalogue) / "predictions" / f"{weights.model}-{weights.cache_key}{part}.npy"
