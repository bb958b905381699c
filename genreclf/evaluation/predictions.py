"""A model's probabilities for a whole catalogue or a split of it, kept on disk by data and weights."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from genreclf.catalogue import Catalogue
from genreclf.files import atomic_path
from genreclf.genres import NUM_GENRES
from genreclf.models import get_spec
from genreclf.predict import Predictor, part_rows
from genreclf.prepared import folder_of, posters_of, prepare
from genreclf.weights import Weights


def cached_predictions(catalogue: Catalogue, weights: Weights, split: str = "all") -> np.ndarray | None:
    """The probabilities of a split's films if they were computed before, float32 ``(n, 25)``, else None."""
    rows = catalogue.in_split(split)
    for held in ("all", split):
        with suppress(OSError, ValueError, EOFError):
            probabilities = np.load(_path(catalogue, weights, held), allow_pickle=False)
            if probabilities.shape == (len(catalogue.in_split(held)), NUM_GENRES):
                return probabilities[rows] if held == "all" else probabilities
    return None


def predictions(
    catalogue: Catalogue, weights: Weights, predictor: Predictor | None = None, split: str = "all"
) -> np.ndarray:
    """Calibrated probabilities of all films of a catalogue, or of a split, float32 ``(n, 25)``, in its order.

    For 6,000 films on two cores about 10 s with the LSTM, two minutes with EfficientNet; afterwards they are read from
    disk.

    Raises:
        UserError: the weights are damaged, or the arrays cannot be prepared.
    """
    known = cached_predictions(catalogue, weights, split)
    if known is not None:
        return known
    predictor = predictor or Predictor(weights)
    spec, rows = get_spec(weights.model), catalogue.in_split(split)
    posters = posters_of(catalogue, spec, None if split == "all" else rows) if spec.looks else None
    overviews = [catalogue.films["overview"].iloc[row] for row in rows]
    if spec.parts:
        probabilities, of_parts = predictor.predict_with_parts(posters, overviews)
        for name, told in of_parts.items():  # who asks them next has their answers already
            _keep(told, _path(catalogue, predictor.parts[name].weights, split))
    else:
        probabilities = predictor.predict(posters, overviews)
    _keep(probabilities, _path(catalogue, weights, split))
    return probabilities


def part_features(
    catalogue: Catalogue, parts: Mapping[str, Weights], on_batch: Callable[[int], None] | None = None
) -> np.ndarray:
    """What a model of parts is given of all films, float16 ``(n, width)``, kept on disk as the probabilities are.

    Args:
        catalogue: the films.
        parts: the weights of each part, by name.
        on_batch: called with the films in it after every batch of a part.

    Raises:
        UserError: see ``predictions``.
    """
    marks = "-".join(f"{model}-{weights.key[:16]}-{_calibration(weights)}" for model, weights in parts.items())
    path = folder_of(catalogue) / "features" / f"{marks}.npy"
    try:
        known = np.load(path, mmap_mode="r", allow_pickle=False)
        if len(known) == len(catalogue):
            return known
    except (OSError, ValueError, EOFError):
        pass  # made anew below
    posters = next(prepare(catalogue, get_spec(model)).posters for model in parts if get_spec(model).looks)
    predictors = {model: Predictor(weights) for model, weights in parts.items()}
    for predictor in predictors.values():
        predictor.on_batch = on_batch
    rows = part_rows(predictors, posters, catalogue.films["overview"].tolist()).astype(np.float16)
    with suppress(OSError), atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.save(stream, rows)  # a full disk costs time at the next look
    return rows


def _keep(probabilities: np.ndarray, path: Path) -> None:
    with suppress(OSError), atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.save(stream, probabilities)  # a full disk costs time at the next look, not the answer


def _calibration(weights: Weights) -> str:
    return f"{weights.calibration.scale:.4f}{weights.calibration.shift:+.4f}"


def _path(catalogue: Catalogue, weights: Weights, split: str) -> Path:
    # the card counts too: calibration may be fitted anew on the same numbers
    part = "" if split == "all" else f"-{split}"
    name = f"{weights.model}-{weights.key[:16]}-{_calibration(weights)}{part}.npy"
    return folder_of(catalogue) / "predictions" / name
