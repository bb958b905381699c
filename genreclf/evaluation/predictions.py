"""The predictions of all models for a split, from which all tables and charts of an evaluation are computed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genreclf.data.catalogue import Catalogue
from genreclf.data.overviews import has_words
from genreclf.data.twins import with_twin
from genreclf.errors import UserError
from genreclf.evaluation.metrics import bce, evaluate_probabilities
from genreclf.evaluation.stored import catalogue_predictions
from genreclf.models import BASELINES, SPECS, get_spec, left_out, list_models
from genreclf.weights.folder import Weights, find_weights, weights_set_for


@dataclass(frozen=True)
class ModelPredictions:
    """One model's predictions.

    Attributes:
        weights: the model's.
        probabilities: calibrated, float32 ``(n, 25)`` in 0..1.
        fallback_part: the part that predicted all films, which lack an input (see ``ModelSpec.fallback_part``), or "".
    """

    weights: Weights
    probabilities: np.ndarray
    fallback_part: str = ""

    @property
    def model(self) -> str:
        """The model's name, such as ``"lstm"``."""
        return self.weights.model

    @property
    def label(self) -> str:
        """The model's name on screen, such as "LSTM"."""
        return get_spec(self.model).label

    @property
    def thresholds(self) -> np.ndarray:
        """One per genre, fitted on validation films, float64 ``(25,)``."""
        return self.weights.thresholds_for(self.fallback_part)

    @property
    def chosen(self) -> np.ndarray:
        """Where a genre's probability reaches its threshold: bool ``(n, 25)``."""
        return self.probabilities >= self.thresholds


@dataclass(frozen=True)
class SplitPredictions:
    """Predictions of models and baselines for the same films.

    A film's *position* here and in all functions on these predictions is its place in the split, 0..n-1;
    ``rows[position]`` is its place in the catalogue.

    Attributes:
        catalogue: the data.
        split: ``"train"``, ``"val"``, ``"test"`` or ``"all"``.
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
        """A model's predictions; raises UserError if there are none."""
        if model not in self.models:
            raise UserError(f"There are no predictions of {model!r} here; choose one of {', '.join(self.models)}.")
        return self.models[model]

    def uncalibrated(self, model: str) -> np.ndarray:
        """A model's probabilities before calibration, float32 ``(n, 25)``.

        Where an overview has no words, fusion returns its poster part's prediction, to which fusion's own calibration
        was not applied, so it is not undone.
        """
        spec, ours = get_spec(model), self.of(model)
        calibrated, part = ours.probabilities, ours.fallback_part
        raw = (ours.weights.parts()[part] if part else ours.weights).calibration.undo(calibrated)
        if part or not spec.parts:
            return raw
        overviews = self.catalogue.films["overview"].iloc[self.rows]
        is_fallback = np.array([bool(spec.fallback_part(True, has_words(overview))) for overview in overviews])
        return np.where(is_fallback[:, None], calibrated, raw)

    def metrics(self) -> dict[str, dict[str, float]]:
        """The ``genreclf.evaluation.metrics.METRICS`` of every model, by name."""
        return {
            name: evaluate_probabilities(self.labels, model.probabilities, model.thresholds)
            for name, model in self.models.items()
        }

    @property
    def trained_here(self) -> list[str]:
        """The models that were trained on the train split of these films, by name."""
        digest = self.catalogue.table_digest
        return [name for name, model in self.models.items() if model.weights.card.get("data_digest") == digest]

    def with_twin_in_train(self) -> np.ndarray:
        """Which films of val or test have a twin in train (see ``genreclf.data.twins``), bool ``(n,)``."""
        if self.split not in ("val", "test"):
            return np.zeros(len(self), bool)
        return with_twin(self.catalogue.twins, self.rows, self.catalogue.in_split("train"))

    def twins(self) -> dict:
        """How many films of val or test have a twin in train, and the BCE without them of models trained there.

        Returns:
            ``{"in_train": count, "bce_without": {model: bce}}``, the latter empty if there are no such films or models,
            or no others.
        """
        seen = self.with_twin_in_train()
        ours = self.trained_here if 0 < seen.sum() < len(self) else []
        scores = {name: bce(self.labels[~seen], self.of(name).probabilities[~seen]) for name in ours}
        return {"in_train": int(seen.sum()), "bce_without": scores}

    def summary(self, models: list[str] | None = None) -> dict:
        """All metrics as ``genreclf evaluate --json`` prints them, of some models (default: all) and all baselines."""
        metrics = self.metrics()
        return {
            "split": self.split,
            "n": len(self),
            "models": {name: metrics[name] for name in (models or metrics) if name not in BASELINES},
            "baselines": {name: metrics[name] for name in BASELINES if name in metrics},
            "twins": self.twins(),
        }

    def top1(self, model: str) -> tuple[np.ndarray, np.ndarray]:
        """Each film's most probable genre according to a model, int ``(n,)``, and whether the film has it, bool."""
        best = self.of(model).probabilities.argmax(axis=1)
        return best, self.labels[np.arange(len(self)), best] == 1


def predict_split(
    catalogue: Catalogue,
    split: str = "test",
    models: list[str] | None = None,
    choice: str | Path | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> SplitPredictions:
    """Predict the genres of a split's films with models and baselines; stored predictions are read from disk.

    Args:
        catalogue: the data.
        split: ``"train"``, ``"val"``, ``"test"`` or ``"all"``.
        models: names; by default all that have weights. The baselines are always included.
        choice: which weights (see ``genreclf.weights.folder.find_weights``); baselines come from the same place, so
            that they saw the same films as the models.
        on_progress: called with (finished models, all models).

    Raises:
        UserError: no film in the split, no such model, or no weights for a model in ``models``, or the films lack its
            input. Other models that need the missing input are left out.
    """
    rows, weights_set = catalogue.in_split(split), weights_set_for(catalogue.folder)
    if not len(rows):
        raise UserError(f"{catalogue.folder.name} has no film in its {split} split; choose another split or more data.")
    weights_by_name = {
        name: find_weights(name, weights_set, choice) for name in [*(models or list_models()), *BASELINES]
    }
    if missing := [name for name in models or [] if weights_by_name[name] is None]:
        raise UserError(f"There are no weights for {missing[0]}; train it ('train {missing[0]}') and promote the run.")
    given = (catalogue.has_posters, catalogue.has_overviews)
    if unusable := [name for name in models or [] if not SPECS[name].can_predict(*given)]:
        raise UserError(f"{unusable[0]} cannot be chosen. {left_out(catalogue)}")
    # in the order of SPECS: fusion comes before its parts, whose predictions it stores too
    names = [name for name, spec in SPECS.items() if spec.can_predict(*given)]
    all_weights = [weights for weights in map(weights_by_name.get, names) if weights]
    if not all_weights:
        raise UserError(f"There are no trained weights for these films; train a model. {left_out(catalogue)}".rstrip())
    predictions: dict[str, ModelPredictions] = {}
    for weights in all_weights:
        if on_progress:
            on_progress(len(predictions), len(all_weights))
        probabilities = catalogue_predictions(catalogue, weights, split=split)
        predictions[weights.model] = ModelPredictions(
            weights, probabilities, SPECS[weights.model].fallback_part(*given)
        )
    return SplitPredictions(catalogue, split, rows, catalogue.labels[rows], predictions)
