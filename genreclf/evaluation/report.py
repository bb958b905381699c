"""The scoreboard: every model and baseline on one split of one data set."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from genreclf.catalogue import Catalogue
from genreclf.errors import UserError
from genreclf.evaluation.metrics import evaluate_probabilities
from genreclf.evaluation.predictions import predictions
from genreclf.models import BASELINES, list_models
from genreclf.weights import Weights, find_weights, weights_set_for


def evaluate(
    catalogue: Catalogue,
    split: str = "test",
    models: list[str] | None = None,
    choice: str | Path | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict:
    """Measure models and baselines.

    Args:
        catalogue: the data.
        split: ``"train"``, ``"val"``, ``"test"`` or ``"all"``.
        models: names; by default all that have weights. The baselines are measured beside them always.
        choice: which weights (see ``genreclf.weights.find_weights``); baselines come from the same place, so that they
            saw the same films as the models.
        on_progress: called with (models measured, models in all).

    Returns:
        ``{"split", "n", "models": {name: figures}, "baselines": {name: figures}}``, figures as in
        ``genreclf.evaluation.metrics.METRICS``.

    Raises:
        UserError: no film in the split, no such model, or no weights for a model asked for.
    """
    rows = catalogue.in_split(split)
    if not len(rows):
        raise UserError(f"{catalogue.folder.name} has no film in its {split} split; choose another split or more data.")
    weights_set = weights_set_for(catalogue)
    wanted = [name for name in (models or list_models()) if name not in BASELINES]
    found: dict[str, Weights] = {}
    for name in [*wanted, *BASELINES]:
        weights = find_weights(name, weights_set, choice)
        if weights is not None:
            found[name] = weights
        elif models and name in models:
            raise UserError(f"There are no weights for {name}; train it ('train {name}') and promote the run.")
    labels = catalogue.labels[rows]
    figures = {}
    for name, weights in found.items():
        if on_progress:
            on_progress(len(figures), len(found))
        figures[name] = evaluate_probabilities(labels, predictions(catalogue, weights, split=split), weights.thresholds)
    return {
        "split": split,
        "n": len(rows),
        "models": {name: figures[name] for name in wanted if name in figures},
        "baselines": {name: figures[name] for name in BASELINES if name in figures},
    }


def wrong_films(catalogue: Catalogue, weights: Weights) -> np.ndarray:
    """Which films a model gets wrong: bool ``(n,)``, its most probable genre is not among the true ones."""
    probabilities = predictions(catalogue, weights)
    top = probabilities.argmax(axis=1)
    return catalogue.labels[np.arange(len(catalogue)), top] == 0
