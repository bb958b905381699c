"""Predictions of models that were never trained, for tests of evaluations."""

from pathlib import Path

import numpy as np
import pandas as pd

from genreclf.data.catalogue import Catalogue
from genreclf.data.posters import PosterFile
from genreclf.evaluation.predictions import SplitPredictions, predictions_of
from genreclf.genres import GENRES
from genreclf.models import SPECS
from genreclf.weights.folder import Weights

# six films by hand: whether they have a genre, and its probabilities
TRUTH = np.array([1, 0, 1, 1, 0, 0])
PROBABILITIES = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.1], np.float32)


def padded(rows) -> np.ndarray:
    """Rows of the first few genres, the others zero, ``(n, 25)``."""
    return np.pad(np.asarray(rows, np.float32), ((0, 0), (0, 25 - len(rows[0]))))


def weights(model: str, thresholds=0.5, scale: float = 1.0, shift: float = 0.0) -> Weights:
    """Weights that consist only of a card."""
    card = {
        "genres": list(GENRES),
        "thresholds": np.broadcast_to(thresholds, 25).tolist(),
        "calibration": {"scale": scale, "shift": shift},
        "weights_sha256": model,
    }
    return Weights(Path(model), model, card, "chosen")


def split_predictions(labels, thresholds=0.5, **probabilities) -> SplitPredictions:
    """Predictions of models (by name, ``_`` for ``-``) for test films, each preceded by a training film."""
    labels = np.asarray(labels).astype(np.uint8)
    rows = np.arange(len(labels)) * 2 + 1
    everything = np.zeros((2 * len(labels), 25), np.uint8)
    everything[rows] = labels
    films = pd.DataFrame(
        {
            "id": [f"tt{number:07d}" for number in range(len(everything))],
            "overview": "A quiet film.",
            "genres": [[GENRES[at] for at in np.flatnonzero(row)] for row in everything],
            "split": ["train", "test"] * len(labels),
        }
    )
    arrays = {name.replace("_", "-"): np.asarray(each, np.float32) for name, each in probabilities.items()}
    models = {name: predictions_of(weights(name, thresholds), arrays[name]) for name in SPECS if name in arrays}
    posters = tuple(PosterFile(Path("films", "Images", f"{film_id}.jpg"), film_id) for film_id in films["id"])
    catalogue = Catalogue(Path("films"), films, everything, (), "digest", posters)
    return SplitPredictions(catalogue, "test", rows, labels, models, catalogue.genres)


def simulated_probabilities(labels: np.ndarray, skill: float, seed: int = 0) -> np.ndarray:
    """Probabilities between random (``skill`` 0) and the labels themselves (1), float32 ``(n, 25)``."""
    rng = np.random.default_rng([seed, 1]).random(labels.shape)  # other numbers than those that made the labels
    return (skill * labels + (1 - skill) * rng).clip(0.001, 0.999).astype(np.float32)


def random_labels(films: int, seed: int = 0) -> np.ndarray:
    """Labels of rare and frequent genres, three genres without a film, uint8 ``(films, 25)``."""
    labels = np.random.default_rng(seed).random((films, 25)) < np.linspace(0.03, 0.5, 25)
    labels[:, [6, 16, 20]] = False
    return labels.astype(np.uint8)
