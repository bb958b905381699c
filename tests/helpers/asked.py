"""Models that were asked about a data set and never trained: their weights folders, and their answers on disk."""

from pathlib import Path

import numpy as np
import weight_sets
from prediction_sets import simulated_probabilities

from genreclf.data.catalogue import Catalogue
from genreclf.evaluation.stored import predictions_path
from genreclf.models import SPECS, get_spec
from genreclf.weights.folder import Weights, read_weights

SKILLS = {"prior": 0.0, "tfidf": 0.3, "cnn": 0.1, "lstm": 0.35, "poster": 0.3, "overview": 0.45, "fusion": 0.6}


def write_weights(root: Path, catalogue: Catalogue, model: str, **card) -> Weights:
    """A weights folder of a model: a card that looks like a trained one's, and numbers that nobody can read."""
    folder = root / model
    folder.mkdir(parents=True)
    numbers = "model.npz" if get_spec(model).is_baseline else "model.weights.h5"
    (folder / numbers).write_bytes(model.encode())
    facts = {
        "data": "films",
        "data_digest": catalogue.digest,
        "films": {"train": 47, "val": 5, "test": 8},
        "thresholds": [0.4] * 25,
        "calibration": {"method": "platt", "scale": 0.9, "shift": 0.1},
        "metrics": {"val": {"bce": 0.21}, "test": {"bce": 0.22}},
        "settings": {"epochs": 10},
        "best_epoch": 7,
        "seconds": 120.0,
        "run": "elsewhere",
    }
    return read_weights(weight_sets.write_card(folder, model, numbers, **(facts | card)))


def answer(catalogue: Catalogue, weights: Weights, skill: float, split: str = "test") -> None:
    """Keep answers on disk, as if the model had been asked."""
    seed = list(SPECS).index(weights.model)
    keep(catalogue, weights, simulated_probabilities(catalogue.labels[catalogue.in_split(split)], skill, seed), split)


def keep(catalogue: Catalogue, weights: Weights, probabilities: np.ndarray, split: str = "test") -> None:
    """Keep these answers, float32 ``(n, 25)``."""
    path = predictions_path(catalogue, weights, split)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, probabilities)


def write_answered(root: Path, catalogue: Catalogue, skills=None, splits=("test", "val")) -> Path:
    """A set of weights whose models have answered; ``skills`` by model, 0..1. Gives the set's folder."""
    for model, skill in (skills or SKILLS).items():
        weights = write_weights(root, catalogue, model)
        for split in splits:
            answer(catalogue, weights, skill, split)
    return root
