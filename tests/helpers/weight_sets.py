"""Weights of any model, without training it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from genreclf.files import sha256_of, write_json
from genreclf.genres import GENRES
from genreclf.models import SPECS, create_model, get_spec
from genreclf.models.baselines import Prior
from genreclf.weights.folder import BASELINE_WEIGHTS, CARD, KERAS_WEIGHTS, write_vocabulary


def write_card(folder: Path, model: str, weights_file: str, **changes) -> Path:
    """Write a card for a weights file in the folder; ``changes`` replace its entries, None removes one."""
    card = {
        "model": model,
        "recipe": "tuned",
        "genres": list(GENRES),
        "weights_file": weights_file,
        "weights_sha256": sha256_of(folder / weights_file),
        "calibration": {"method": "platt", "scale": 1.0, "shift": 0.0},
        "thresholds": [0.5] * 25,
        "metrics": {},
        "parts": dict.fromkeys(get_spec(model).parts, "0" * 64) if model in SPECS else {},
        **changes,
    }
    write_json(folder / CARD, {name: value for name, value in card.items() if value is not None})
    return folder


def write_prior(folder: Path, **changes) -> Path:
    """Write the smallest possible weights, those of the base rates."""
    folder.mkdir(parents=True)
    Prior(np.linspace(0.01, 0.9, 25)).save(folder / BASELINE_WEIGHTS)
    return write_card(folder, "prior", BASELINE_WEIGHTS, **changes)


def write_untrained(folder: Path, model: str, vocabulary: Sequence[str] = (), **changes) -> Path:
    """Write a Keras model's initial weights, from a fixed seed."""
    import keras

    keras.utils.set_random_seed(7)
    folder.mkdir(parents=True)
    create_model(model).save_weights(folder / KERAS_WEIGHTS)
    if vocabulary:
        write_vocabulary(folder, ["", "[UNK]", *vocabulary])
    return write_card(folder, model, KERAS_WEIGHTS, **changes)
