"""Nearest films: those whose activations in a model's last layer before the output are most similar."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from genreclf.data.catalogue import Catalogue
from genreclf.data.prepared import posters_of, predicted_file
from genreclf.errors import UserError
from genreclf.evaluation.stored import part_features, stored_rows
from genreclf.files import cache_array
from genreclf.genres import EPSILON
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import Weights


class Neighbour(NamedTuple):
    """A similar film: its position in the catalogue, its id, and the cosine similarity of the vectors, at most 1."""

    position: int
    id: str
    similarity: float


def nearest(
    catalogue: Catalogue,
    weights: Weights,
    film: int | np.ndarray,
    count: int = 5,
    predictor: Predictor | None = None,
    split: str = "all",
) -> list[Neighbour]:
    """Find the films of a catalogue or split that are most similar to a film, the most similar first.

    The first call computes the vectors of all films, which takes as long as predicting them: for 6,000 films on two
    cores some seconds with the LSTM, two minutes with EfficientNet. Later calls read them from disk.

    Args:
        catalogue: the films to search.
        weights: of the model.
        film: its position in the catalogue, which is then left out of the result; or its vector (``film_vector``).
        count: the largest number of films.
        predictor: of these weights, if it is already loaded; needed only for a film outside the split.
        split: ``"train"``, ``"val"``, ``"test"`` or ``"all"``.

    Raises:
        UserError: the model is a baseline, which has no such layer, or the weights or arrays are unusable.
    """
    rows, ids = catalogue.in_split(split), catalogue.films["id"]
    vectors = film_vectors(catalogue, weights, split)
    others = np.ones(len(rows), bool)
    if isinstance(film, np.ndarray):
        vector = film
    elif (others := rows != film).all():
        predictor = predictor or Predictor(weights)
        poster = posters_of(catalogue, predictor.spec, np.array([film]))[0] if predictor.spec.uses_poster else None
        vector = film_vector(predictor, poster, catalogue.films["overview"].iloc[film])
    else:
        vector = vectors[~others][0]
    similarities = np.where(others, vectors.astype(np.float32) @ np.float32(vector), -np.inf)
    order = np.argsort(-similarities, kind="stable")[: min(count, int(others.sum()))]
    return [Neighbour(int(rows[at]), ids[int(rows[at])], min(1.0, float(similarities[at]))) for at in order]


def film_vector(predictor: Predictor, poster: np.ndarray | None, overview: str | None) -> np.ndarray:
    """Compute the vector of any film for ``nearest``, float32 ``(width,)`` with length 1.

    Args:
        predictor: not of a baseline.
        poster: uint8 ``(height, width, 3)`` in the model's size, for a model that uses posters.
        overview: a text, for a model that uses overviews; fusion needs both.

    Raises:
        UserError: the model is a baseline, or an input is missing.
    """
    if predictor.parts and (poster is None or overview is None):
        raise UserError(f"The model {predictor.spec.name} compares posters and overviews together; provide both.")
    return _vectors(predictor, None if poster is None else poster[None], None if overview is None else [overview])[0]


def film_vectors(
    catalogue: Catalogue, weights: Weights, split: str = "all", on_batch: Callable[[int], None] | None = None
) -> np.ndarray:
    """Compute the vectors of a split's films, float16 ``(n, width)`` with rows of length 1, or read them from disk.

    ``on_batch`` is called with the number of films after every batch; see ``nearest`` for the rest.
    """
    stored = stored_vectors(catalogue, weights, split)
    if stored is not None:
        return stored
    predictor = Predictor(weights)  # not a shared one, so that ``on_batch`` counts no other predictions
    if predictor.spec.parts and split == "all":  # stored for a later training of fusion, too
        vectors = _vectors(predictor, part_features(catalogue, weights.parts(), on_batch), None)
    else:
        for each in (predictor, *predictor.parts.values()):
            each.on_batch = on_batch
        rows = catalogue.in_split(split)
        wanted = None if split == "all" else rows  # None: read all posters in one piece
        posters = posters_of(catalogue, predictor.spec, wanted) if predictor.spec.uses_poster else None
        vectors = _vectors(predictor, posters, catalogue.films["overview"].iloc[rows].tolist())
    vectors = vectors.astype(np.float16)
    cache_array(_path(catalogue, weights, split), vectors)
    return vectors


def stored_vectors(catalogue: Catalogue, weights: Weights, split: str = "all") -> np.ndarray | None:
    """Read the vectors that ``film_vectors`` stored, or return None if there are none."""
    return stored_rows(catalogue, split, lambda stored_split: _path(catalogue, weights, stored_split))


def _path(catalogue: Catalogue, weights: Weights, split: str) -> Path:
    suffix = "" if split == "all" else f"-{split}"
    return predicted_file(catalogue, "neighbours", f"{weights.model}-{weights.sha256[:16]}{suffix}")


def _vectors(predictor: Predictor, posters: np.ndarray | None, overviews: list[str] | None) -> np.ndarray:
    spec = predictor.spec
    if spec.is_baseline:
        raise UserError(f"{spec.name} is a baseline without hidden layers to compare; choose another model.")
    vectors = np.concatenate(predictor.layers(spec.layers, posters, overviews), axis=1)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), EPSILON)
