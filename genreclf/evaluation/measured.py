"""The scoreboard: every model and baseline on one split of one data set."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from genreclf.data.catalogue import Catalogue
from genreclf.evaluation.predictions import SplitPredictions, predict_split
from genreclf.evaluation.stored import catalogue_predictions
from genreclf.models import BASELINES
from genreclf.weights.folder import Weights


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
        choice: which weights (see ``genreclf.weights.folder.find_weights``); baselines come from the same place, so that they
            saw the same films as the models.
        on_progress: called with (models measured, models in all).

    Returns:
        ``{"split", "n", "models": {name: figures}, "baselines": {name: figures}}``, figures as in
        ``genreclf.evaluation.metrics.METRICS``.

    Raises:
        UserError: no film in the split, no such model, or no weights for a model asked for.
    """
    return measured(predict_split(catalogue, split, models, choice, on_progress), models)


def measured(predictions: SplitPredictions, models: list[str] | None = None) -> dict:
    """The same of answers that are there; ``models``: those to be listed first, by default all."""
    figures = predictions.figures()
    return {
        "split": predictions.split,
        "n": len(predictions),
        "models": {name: figures[name] for name in (models or figures) if name not in BASELINES},
        "baselines": {name: figures[name] for name in BASELINES if name in figures},
    }


def wrong_films(catalogue: Catalogue, weights: Weights) -> np.ndarray:
    """Which films a model gets wrong: bool ``(n,)``, its most probable genre is not among the true ones."""
    probabilities = catalogue_predictions(catalogue, weights)
    top = probabilities.argmax(axis=1)
    return catalogue.labels[np.arange(len(catalogue)), top] == 0
