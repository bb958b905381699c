"""A model's probabilities for a whole catalogue, kept on disk by data and weights."""

from collections.abc import Mapping
from contextlib import suppress

import numpy as np

from genreclf.catalogue import Catalogue
from genreclf.files import atomic_path
from genreclf.genres import NUM_GENRES
from genreclf.models import get_spec
from genreclf.predict import Predictor, part_rows
from genreclf.prepared import folder_of, prepare
from genreclf.weights import Weights


def cached_predictions(catalogue: Catalogue, weights: Weights) -> np.ndarray | None:
    """The probabilities of all films if they were computed before, float32 ``(n, 25)``, else None."""
    path = _path(catalogue, weights)
    try:
        probabilities = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return probabilities if probabilities.shape == (len(catalogue), NUM_GENRES) else None


def predictions(catalogue: Catalogue, weights: Weights, predictor: Predictor | None = None) -> np.ndarray:
    """Calibrated probabilities of all films of a catalogue, float32 ``(n, 25)``, in its order.

    About 10 s for 6,000 films and the LSTM on two cores; afterwards they are read from disk.

    Raises:
        UserError: the weights are damaged, or the arrays cannot be prepared.
    """
    known = cached_predictions(catalogue, weights)
    if known is not None:
        return known
    predictor = predictor or Predictor(weights)
    spec = get_spec(weights.model)
    posters = prepare(catalogue, spec).posters if spec.looks else None
    probabilities = predictor.predict(posters, catalogue.films["overview"].tolist())
    try:
        with atomic_path(_path(catalogue, weights)) as temporary, temporary.open("wb") as stream:
            np.save(stream, probabilities)
    except OSError:
        return probabilities  # a full disk costs time at the next look, not the answer
    return probabilities


def part_features(catalogue: Catalogue, parts: Mapping[str, Weights]) -> np.ndarray:
    """What a model of parts is given of all films, float16 ``(n, width)``, kept on disk as the probabilities are.

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
    rows = part_rows(
        {model: Predictor(weights) for model, weights in parts.items()}, posters, catalogue.films["overview"].tolist()
    ).astype(np.float16)
    with suppress(OSError), atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.save(stream, rows)  # a full disk costs time at the next look
    return rows


def _calibration(weights: Weights) -> str:
    return f"{weights.calibration.scale:.4f}{weights.calibration.shift:+.4f}"


def _path(catalogue: Catalogue, weights: Weights):
    # the card counts too: calibration may be fitted anew on the same numbers
    name = f"{weights.model}-{weights.key[:16]}-{_calibration(weights)}.npy"
    return folder_of(catalogue) / "predictions" / name
