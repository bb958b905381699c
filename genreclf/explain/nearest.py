"""The films that a model finds most like another: near in what its last layer before the output tells of them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genreclf.data.catalogue import Catalogue
from genreclf.data.prepared import folder_of, posters_of
from genreclf.errors import UserError
from genreclf.evaluation.stored import part_features, stored_rows
from genreclf.files import keep_array
from genreclf.genres import EPSILON, NUM_GENRES
from genreclf.predict.predictor import Predictor, part_rows
from genreclf.weights.folder import Weights

# What each model's output is worked out from, one vector a film; the poster model has two experts.
LAYERS = {
    "cnn": ("dense_2",), "lstm": ("dense",), "poster": ("trained_faster", "frozen_faster"), "overview": ("features",),
    "fusion": ("poster_norm", "overview_norm"), "cnn-small": ("dense",), "lstm-small": ("lstm",),
}  # fmt: skip


@dataclass(frozen=True)
class Neighbour:
    """A film near another.

    Attributes:
        position: where it stands in the catalogue.
        id: its id.
        similarity: the cosine of the angle between both films' vectors, up to 1.
    """

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
    on_batch: Callable[[int], None] | None = None,
) -> list[Neighbour]:
    """The films of a catalogue, or of a split of it, that are nearest to a film, the nearest first.

    The first time the model looks at all of them, which takes as long as all predictions do: on two cores 10 s for
    6,000 films with the LSTM, five minutes with EfficientNet. Afterwards they are read from disk.

    Args:
        catalogue: where to look.
        weights: the model's.
        film: its position in the catalogue, itself then left out; or its vector from ``film_vector``.
        count: at most so many.
        predictor: of these weights, where it is loaded; used for a film that is not of the split.
        split: ``"train"``, ``"val"``, ``"test"`` or ``"all"``.
        on_batch: called with the films in it after every batch, the first time.

    Raises:
        UserError: the model is a baseline, which has no such layer, or the weights or arrays cannot be used.
    """
    rows = catalogue.in_split(split)
    vectors = film_vectors(catalogue, weights, split, on_batch)
    if isinstance(film, np.ndarray):
        vector, others = film, np.ones(len(rows), bool)
    else:
        others = rows != film
        vector = _of_catalogue(catalogue, weights, film, predictor) if others.all() else vectors[~others][0]
    similarities = np.where(others, vectors.astype(np.float32) @ np.float32(vector), -np.inf)
    order = np.argsort(-similarities, kind="stable")[: min(count, int(others.sum()))]
    ids = catalogue.films["id"]
    return [Neighbour(int(rows[at]), ids[int(rows[at])], min(1.0, float(similarities[at]))) for at in order]


def _of_catalogue(catalogue: Catalogue, weights: Weights, film: int, predictor: Predictor | None) -> np.ndarray:
    """The vector of a film that is not of the split."""
    predictor = predictor or Predictor(weights)
    poster = posters_of(catalogue, predictor.spec, np.array([film]))[0] if predictor.spec.uses_poster else None
    return film_vector(
        predictor, poster, catalogue.films["overview"].iloc[film] if predictor.spec.uses_overview else None
    )


def has_vectors(catalogue: Catalogue, weights: Weights, split: str = "all") -> bool:
    """Whether ``nearest`` need not look at the films any more."""
    return _held(catalogue, weights, split) is not None


def film_vector(predictor: Predictor, poster: np.ndarray | None, overview: str | None) -> np.ndarray:
    """What ``nearest`` compares, of a film from anywhere: float32 ``(width,)`` of length 1.

    Args:
        predictor: of no baseline.
        poster: uint8 ``(height, width, 3)`` in the model's size, for a model that looks.
        overview: a text, for a model that reads; fusion takes both.

    Raises:
        UserError: the model is a baseline, or what it needs is missing.
    """
    _check(predictor.weights)
    return _vectors(predictor, None if poster is None else poster[None], None if overview is None else [overview])[0]


def film_vectors(
    catalogue: Catalogue, weights: Weights, split: str = "all", on_batch: Callable[[int], None] | None = None
) -> np.ndarray:
    """The vectors of the films of a catalogue or a split, float16 ``(n, width)``, each of length 1; kept on disk.

    Args:
        catalogue: the films.
        weights: of no baseline.
        split: ``"train"``, ``"val"``, ``"test"`` or ``"all"``.
        on_batch: called with the films in it after every batch, the first time.

    Raises:
        UserError: as ``nearest``.
    """
    _check(weights)
    held = _held(catalogue, weights, split)
    if held is not None:
        return held
    predictor = Predictor(weights)  # one of its own, so that nobody else's answers are counted
    if predictor.spec.parts and split == "all":  # what a training of fusion starts from, kept for it too
        vectors = _directions(_fused(predictor, part_features(catalogue, weights.parts(), on_batch)))
    else:
        for each in (predictor, *predictor.parts.values()):
            each.on_batch = on_batch
        rows = catalogue.in_split(split)
        wanted = None if split == "all" else rows
        posters = posters_of(catalogue, predictor.spec, wanted) if predictor.spec.uses_poster else None
        vectors = _vectors(predictor, posters, catalogue.films["overview"].iloc[rows].tolist())
    vectors = vectors.astype(np.float16)
    keep_array(_path(catalogue, weights, split), vectors)
    return vectors


def _check(weights: Weights) -> None:
    if weights.model not in LAYERS:
        raise UserError(f"{weights.model} is a baseline, to which no two films are near; choose another model.")


def _held(catalogue: Catalogue, weights: Weights, split: str) -> np.ndarray | None:
    return stored_rows(catalogue, split, lambda held: _path(catalogue, weights, held))


def _path(catalogue: Catalogue, weights: Weights, split: str) -> Path:
    part = "" if split == "all" else f"-{split}"
    return folder_of(catalogue) / "neighbours" / f"{weights.model}-{weights.sha256[:16]}{part}.npy"


def _vectors(predictor: Predictor, posters: np.ndarray | None, overviews: list[str] | None) -> np.ndarray:
    if predictor.spec.parts:
        if posters is None or overviews is None:
            raise UserError(f"The model {predictor.spec.name} compares films by poster and overview; give it both.")
        found = _fused(predictor, part_rows(predictor.parts, posters, overviews))
    else:
        found = [predictor.layer(layer, posters, overviews) for layer in LAYERS[predictor.spec.name]]
    return _directions(found)


def _fused(predictor: Predictor, rows: np.ndarray) -> list[np.ndarray]:
    """Both parts' features as fusion normalises them."""
    found, start = [], 0
    for layer in LAYERS["fusion"]:
        norm = predictor.keras_model.get_layer(layer)
        start, end = start + NUM_GENRES, start + NUM_GENRES + norm.gamma.shape[0]
        found.append(np.asarray(norm(np.asarray(rows[:, start:end], np.float32))))
        start = end
    return found


def _directions(layers: list[np.ndarray]) -> np.ndarray:
    vectors = np.concatenate(layers, axis=1)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), EPSILON)
