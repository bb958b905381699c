"""What all models say of one split's films, gathered once; the evaluation's tables and charts are made of it."""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genreclf.data.catalogue import Catalogue
from genreclf.errors import UserError
from genreclf.evaluation.metrics import evaluate_probabilities
from genreclf.evaluation.stored import catalogue_predictions
from genreclf.genres import GENRES
from genreclf.models import BASELINES, SPECS, get_spec, list_models
from genreclf.weights.folder import Weights, find_weights, weights_set_for


@dataclass(frozen=True)
class ModelPredictions:
    """What one model says.

    Attributes:
        weights: what answered.
        probabilities: calibrated, float32 ``(n, 25)`` in 0..1.
    """

    weights: Weights
    probabilities: np.ndarray

    @property
    def model(self) -> str:
        """The family's name."""
        return self.weights.model

    @property
    def label(self) -> str:
        """What people call it."""
        return get_spec(self.model).label

    @property
    def thresholds(self) -> np.ndarray:
        """Per genre, as fitted on val, float64 ``(25,)``."""
        return self.weights.thresholds

    @property
    def chosen(self) -> np.ndarray:
        """The genres that it chooses: its probability reaches the threshold, bool ``(n, 25)``."""
        return self.probabilities >= self.thresholds


@dataclass(frozen=True)
class SplitPredictions:
    """What models and baselines say of the same films.

    A film's *position* here and wherever these answers are used is its place in the split, 0..n-1; ``rows[position]``
    is its place in the catalogue.

    Attributes:
        catalogue: the data.
        split: which of its splits.
        rows: the split's films in the catalogue, int ``(n,)``.
        labels: 0/1, uint8 ``(n, 25)``.
        models: by name, in the order of ``genreclf.models.SPECS``; the baselines come last.
    """

    catalogue: Catalogue
    split: str
    rows: np.ndarray
    labels: np.ndarray
    models: dict[str, ModelPredictions]

    def __len__(self) -> int:
        return len(self.rows)

    def of(self, model: str) -> ModelPredictions:
        """A model's answers by its name.

        Raises:
            UserError: it was not asked.
        """
        if model not in self.models:
            raise UserError(f"There are no answers of {model!r} here; choose one of {', '.join(self.models)}.")
        return self.models[model]

    def figures(self) -> dict[str, dict[str, float]]:
        """The figures of ``genreclf.evaluation.metrics.METRICS`` of every model, by its name."""
        return {
            name: evaluate_probabilities(self.labels, told.probabilities, told.thresholds)
            for name, told in self.models.items()
        }

    def best_guess(self, model: str, position: int) -> tuple[str, bool]:
        """The genre that a model thinks most probable for a film of the split, and whether the film has it."""
        best = int(self.of(model).probabilities[position].argmax())
        return GENRES[best], bool(self.labels[position, best])


def predict_split(
    catalogue: Catalogue,
    split: str = "test",
    models: list[str] | None = None,
    choice: str | Path | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> SplitPredictions:
    """Ask models and baselines about the films of a split; what was asked before is read from disk.

    Args:
        catalogue: the data.
        split: ``"train"``, ``"val"``, ``"test"`` or ``"all"``.
        models: names; by default all that have weights. The baselines are asked beside them always.
        choice: which weights (see ``genreclf.weights.folder.find_weights``); baselines come from the same place, so that they
            saw the same films as the models.
        on_progress: called with (models that answered, models in all).

    Raises:
        UserError: no film in the split, no such model, or no weights for a model asked for.
    """
    rows = catalogue.in_split(split)
    if not len(rows):
        raise UserError(f"{catalogue.folder.name} has no film in its {split} split; choose another split or more data.")
    found = _weights(weights_set_for(catalogue), models, choice)
    predictions: dict[str, ModelPredictions] = {}
    for name, weights in found.items():  # fusion before its parts, whose answers it brings along
        if on_progress:
            on_progress(len(predictions), len(found))
        predictions[name] = ModelPredictions(weights, catalogue_predictions(catalogue, weights, split=split))
    return SplitPredictions(catalogue, split, rows, catalogue.labels[rows], predictions)


def covered_by_fusion(weights: Collection[Weights]) -> set[str]:
    """The models that need not be asked, as one of the others is made of them and is told their answers.

    See ``genreclf.evaluation.predictions.catalogue_predictions``: ask these last, and they are known.
    """
    parts = set()
    for one in weights:
        with suppress(UserError):  # parts that are gone are told of where the model is asked
            parts |= {part.cache_key for part in one.parts().values()}
    return {one.model for one in weights if one.cache_key in parts}


def _weights(weights_set: str, models: list[str] | None, choice: str | Path | None) -> dict[str, Weights]:
    """The weights that answer, by model, in the order of ``SPECS``."""
    found: dict[str, Weights] = {}
    for name in [*(models or list_models()), *BASELINES]:
        weights = find_weights(name, weights_set, choice)
        if weights is not None:
            found[name] = weights
        elif models and name in models:
            raise UserError(f"There are no weights for {name}; train it ('train {name}') and promote the run.")
    return {name: found[name] for name in SPECS if name in found}
