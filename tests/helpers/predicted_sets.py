"""Weights folders and stored predictions of models that were never trained, for a data set."""

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
    """Write a weights folder: a card like that of a trained model, and numbers that cannot be loaded."""
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


def simulate(catalogue: Catalogue, weights: Weights, skill: float, split: str = "test") -> None:
    """Store predictions of a given skill, 0..1, on disk, as if the model had made them."""
    seed = list(SPECS).index(weights.model)
    store(catalogue, weights, simulated_probabilities(catalogue.labels[catalogue.in_split(split)], skill, seed), split)


def store(catalogue: Catalogue, weights: Weights, probabilities: np.ndarray, split: str = "test") -> None:
    """Store these predictions, float32 ``(n, 25)``, on disk."""
    path = predictions_path(catalogue, weights, split)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, probabilities)


def write_predicted(root: Path, catalogue: Catalogue, skills=None, splits=("test", "val")) -> Path:
    """Write a set of weights with stored predictions and return its folder; ``skills`` by model, 0..1."""
    for model, skill in (skills or SKILLS).items():
        weights = write_weights(root, catalogue, model)
        for split in splits:
            simulate(catalogue, weights, skill, split)
    return root
