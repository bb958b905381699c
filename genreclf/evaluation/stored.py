"""A model's probabilities for a catalogue or one of its splits, cached on disk by data and weights."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from genreclf import paths
from genreclf.data.catalogue import Catalogue
from genreclf.data.prepared import posters_of, predicted_file, prepare
from genreclf.files import cache_array, map_array
from genreclf.models import get_spec
from genreclf.predict.predictor import Predictor, part_rows
from genreclf.weights.folder import Weights

_BLOCK = 1024  # films whose posters (about 200 kB each) are in memory at once


def stored_predictions(catalogue: Catalogue, weights: Weights, split: str = "all") -> np.ndarray | None:
    """The stored or shipped probabilities of a split's films, float32 ``(n, len(weights.genres))``, or None."""
    width = len(weights.genres)
    if catalogue.is_mixed:
        return _by_inputs(catalogue, weights, split, lambda films: stored_predictions(films, weights, split))
    stored = stored_rows(catalogue, split, lambda part: predictions_path(catalogue, weights, part), width)
    if stored is None:
        stored = stored_rows(catalogue, split, lambda _: shipped_path(catalogue, weights), width)
    return None if stored is None or not np.isfinite(stored).all() else np.array(stored)


def stored_rows(
    catalogue: Catalogue, split: str, path_of: Callable[[str], Path], width: int | None = None
) -> np.ndarray | None:
    """Read an array with one row per film of a split, from the file of all films or that of the split.

    ``path_of`` returns the file of a split; ``width`` is the length of a row, if known. The rows are memory-mapped if
    the file contains exactly these; None if no file is complete.
    """
    for part in ("all", split):
        with suppress(OSError, ValueError):
            rows = map_array(path_of(part), (len(catalogue.in_split(part)), width))
            return rows if part == split else rows[catalogue.in_split(split)]
    return None


def catalogue_predictions(
    catalogue: Catalogue, weights: Weights, predictor: Predictor | None = None, split: str = "all"
) -> np.ndarray:
    """Calibrated probabilities for the films of a split, float32 ``(n, len(weights.genres))`` in the catalogue's order.

    They are read from disk if they are stored, else computed and stored. For 6,000 films on two cores this takes about
    10 s with the LSTM and two minutes with EfficientNet. The probabilities of a model's parts are stored too.

    Args:
        catalogue: the films.
        weights: the model's.
        predictor: of these weights, if it is loaded already.
        split: ``"train"``, ``"val"``, ``"test"`` or ``"all"``.

    Raises:
        UserError: the weights are damaged, or the arrays cannot be prepared.
    """
    stored = stored_predictions(catalogue, weights, split)
    if stored is not None:
        return stored
    predictor = predictor or Predictor(weights)
    if catalogue.is_mixed:
        found = _by_inputs(
            catalogue, weights, split, lambda films: catalogue_predictions(films, weights, predictor, split)
        )
        assert found is not None
        return found
    spec, rows = get_spec(weights.model), catalogue.in_split(split)
    blocks: dict[str, list[np.ndarray]] = {}
    for block in [rows] if split == "all" else in_blocks(rows):
        has_input = spec.uses_poster and catalogue.has_posters
        posters = posters_of(catalogue, spec, None if split == "all" else block) if has_input else None
        lacks_overviews = spec.uses_overview and not catalogue.has_overviews
        overviews = None if lacks_overviews else catalogue.films["overview"].iloc[block].tolist()
        predicted = predictor.predict_with_parts(posters, overviews)
        for model, of_model in {weights.model: predicted, **predicted.parts}.items():
            blocks.setdefault(model, []).append(of_model.probabilities)
    used = {weights.model: weights} | {model: part.weights for model, part in predictor.parts.items()}
    for model, all_blocks in blocks.items():
        cache_array(predictions_path(catalogue, used[model], split), np.concatenate(all_blocks))
    return np.concatenate(blocks[weights.model])


def _by_inputs(
    catalogue: Catalogue, weights: Weights, split: str, of_films: Callable[[Catalogue], np.ndarray | None]
) -> np.ndarray | None:
    """Probabilities for a split of a set whose films have different inputs; NaN where the model cannot predict.

    The films with the same inputs are predicted, and their probabilities stored, as a data set of their own, by
    ``of_films``; None where that returns None.
    """
    probabilities = np.full((len(catalogue), len(weights.genres)), np.nan, np.float32)
    for given, rows in catalogue.by_inputs().items():
        films = catalogue.subset(rows)
        positions = films.in_split(split)
        if get_spec(weights.model).can_predict(*given) and len(positions):
            if (found := of_films(films)) is None:
                return None
            probabilities[rows[positions]] = found
    return probabilities[catalogue.in_split(split)]


def part_features(
    catalogue: Catalogue, parts: Mapping[str, Weights], on_batch: Callable[[int], None] | None = None
) -> np.ndarray:
    """The input of a model made of parts for all films, float16 ``(n, width)``, stored like the probabilities.

    ``parts`` are the weights by name; ``on_batch`` is called after every batch of a part with its number of films.
    """
    names = "-".join(f"{model}-{weights.cache_key}" for model, weights in parts.items())
    path = predicted_file(catalogue, "features", names)
    stored = stored_rows(catalogue, "all", lambda _: path)
    if stored is not None:
        return stored
    posters = next(prepare(catalogue, get_spec(model)).posters for model in parts if get_spec(model).uses_poster)
    predictors = {model: Predictor(weights) for model, weights in parts.items()}
    for predictor in predictors.values():
        predictor.on_batch = on_batch
    rows = part_rows(predictors, posters, catalogue.films["overview"].tolist()).astype(np.float16)
    cache_array(path, rows)
    return rows


def in_blocks(rows: np.ndarray) -> list[np.ndarray]:
    """Films in blocks whose posters fit into memory together."""
    return np.array_split(rows, range(_BLOCK, len(rows), _BLOCK))


def shipped_path(catalogue: Catalogue, weights: Weights) -> Path:
    """The file of probabilities that would come with the project; ``python -m tools.predict_sample`` makes those."""
    path = predictions_path(catalogue, weights, "all")
    return paths.SHIPPED_PREDICTIONS / path.relative_to(paths.prepared_dir())


def predictions_path(catalogue: Catalogue, weights: Weights, split: str) -> Path:
    """The file of a model's probabilities for a split."""
    part = "" if split == "all" else f"-{split}"
    return predicted_file(catalogue, "predictions", f"{weights.model}-{weights.cache_key}{part}")
