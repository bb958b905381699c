"""The predictions of all models for a split, from which all tables and charts of an evaluation are computed."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genreclf.data.catalogue import Catalogue
from genreclf.data.overviews import has_words
from genreclf.data.twins import with_twin
from genreclf.errors import UserError
from genreclf.evaluation.histories import run_of
from genreclf.evaluation.metrics import FEW_FILMS, bce, evaluate_probabilities
from genreclf.evaluation.stored import catalogue_predictions
from genreclf.models import BASELINES, SPECS, ModelSpec, get_spec, left_out, list_models, model_label
from genreclf.runs.folder import Run, Status
from genreclf.runs.notes import read_notes
from genreclf.units import listed
from genreclf.weights.folder import Weights, find_weights, read_weights, weights_set_for

if TYPE_CHECKING:
    from genreclf.evaluation.tables import PredictionTable

COMMON_FILMS = 20  # a table that lacks films of the split must have at least this many of them
WITHOUT_GENRES = "with none of these genres"  # why films are left out


@dataclass(frozen=True)
class ModelPredictions:
    """Predictions of the weights in use, of a run, or of someone else's model.

    Attributes:
        name: that of the model, such as ``"lstm"``, for the weights in use; else the label on screen.
        genres: the genres that it knows, in the order of the columns.
        probabilities: calibrated, float32 ``(n, len(genres))`` in 0..1; NaN for a film that someone else left out.
        thresholds: one per genre, fitted on validation films, float64 ``(len(genres),)``.
        cache_key: changes with the probabilities and thresholds of a split.
        weights: the model's; None for someone else's.
        fallback_part: the part that predicted all films, which lack an input (see ``ModelSpec.fallback_part``), or "".
        source: the run's id or the table's name; "" for the weights in use.
        note: what else there is to know, as sentences; or "".
    """

    name: str
    genres: tuple[str, ...]
    probabilities: np.ndarray
    thresholds: np.ndarray
    cache_key: str
    weights: Weights | None = None
    fallback_part: str = ""
    source: str = ""
    note: str = ""

    @property
    def label(self) -> str:
        """The name on screen, such as "LSTM"."""
        return model_label(self.name)

    @property
    def spec(self) -> ModelSpec | None:
        """The properties of the model; None for someone else's."""
        return get_spec(self.weights.model) if self.weights else None

    @property
    def chosen(self) -> np.ndarray:
        """Where a genre's probability reaches its threshold: bool ``(n, len(genres))``."""
        return self.probabilities >= self.thresholds

    def only(self, genres: Sequence[str], films: np.ndarray) -> "ModelPredictions":
        """These predictions for some of its genres and, by position, some of the films."""
        columns = [self.genres.index(genre) for genre in genres]
        return replace(self, genres=tuple(genres), probabilities=self.probabilities[films][:, columns],
                       thresholds=self.thresholds[columns])  # fmt: skip


def predictions_of(
    weights: Weights, probabilities: np.ndarray, fallback_part: str = "", name: str = "", source: str = ""
) -> ModelPredictions:
    """The predictions of weights, with their genres and thresholds; ``name`` if they are not those in use."""
    thresholds = weights.thresholds_for(fallback_part)
    name = name or weights.model
    return ModelPredictions(
        name, weights.genres, probabilities, thresholds, weights.cache_key, weights, fallback_part, source
    )


@dataclass(frozen=True)
class SplitPredictions:
    """Predictions of models and baselines for the same films and genres (see ``judge``).

    A film's *position* here and in all functions on these predictions is its place among these films, 0..n-1;
    ``rows[position]`` is its place in the catalogue.

    Attributes:
        catalogue: the data.
        split: ``"train"``, ``"val"``, ``"test"`` or ``"all"``.
        rows: the films in the catalogue, int ``(n,)``.
        labels: 0/1, uint8 ``(n, len(genres))``.
        models: by name, in the order of ``genreclf.models.SPECS``; the baselines come last, then runs and tables.
        genres: those of the data set that every model knows, in the set's order.
        missing: by name, the genres of the data set that a model does not know, also of models that are left out.
        left_out: the number of the split's films that are left out, by the reason: "without a poster".
    """

    catalogue: Catalogue
    split: str
    rows: np.ndarray
    labels: np.ndarray
    models: dict[str, ModelPredictions]
    genres: tuple[str, ...]
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def of(self, model: str) -> ModelPredictions:
        """A model's predictions; raises UserError if there are none."""
        if model not in self.models:
            raise UserError(f"There are no predictions of {model!r} here; choose one of {', '.join(self.models)}.")
        return self.models[model]

    def uncalibrated(self, model: str) -> np.ndarray | None:
        """A model's probabilities before calibration, float32 ``(n, len(genres))``; None for someone else's.

        Where an overview has no words, fusion returns its poster part's prediction, to which fusion's own calibration
        was not applied, so it is not undone; likewise where there is no poster.
        """
        ours = self.of(model)
        if ours.weights is None:
            return None
        spec, calibrated, part = get_spec(ours.weights.model), ours.probabilities, ours.fallback_part
        raw = (ours.weights.parts()[part] if part else ours.weights).calibration.undo(calibrated)
        if part or not spec.parts:
            return raw
        overviews, posters = self.catalogue.films["overview"].iloc[self.rows], self.catalogue.posters
        has_poster = [bool(posters) and posters[row] is not None for row in self.rows]
        is_fallback = np.array([
            bool(spec.fallback_part(*given)) for given in zip(has_poster, map(has_words, overviews), strict=True)
        ])  # fmt: skip
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
        return [
            name
            for name, model in self.models.items()
            if model.weights and is_trained_on(model.weights, self.catalogue)
        ]

    @property
    def trained_on_all(self) -> list[str]:
        """The models that were trained on all of these films, whatever their split, as further films, by name."""
        digest = self.catalogue.table_digest
        return [name for name, model in self.models.items()
                if model.weights and model.weights.card.get("further_digest") == digest]  # fmt: skip

    @property
    def genre_support(self) -> tuple[int, int]:
        """How many genres the averages over genres rest on, those that a film has, and how many of these have fewer
        films than ``genreclf.evaluation.metrics.FEW_FILMS``."""
        films = self.labels.sum(axis=0, dtype=int)
        return int((films > 0).sum()), int(((films > 0) & (films < FEW_FILMS)).sum())

    def with_twin_in_train(self) -> np.ndarray:
        """Which films of val or test have a twin in train (see ``genreclf.data.twins``), bool ``(n,)``."""
        if self.split not in ("val", "test"):
            return np.zeros(len(self), bool)
        return with_twin(self.catalogue.twins, self.rows, self.catalogue.in_split("train"))

    def twins(self) -> dict:
        """How many films of val or test have a twin in train, and the BCE without them of models trained there.

        What someone else's model was trained on is not known, so it is among them.

        Returns:
            ``{"in_train": count, "bce_without": {model: bce}}``, the latter empty if there are no such films or models,
            or no others.
        """
        seen = self.with_twin_in_train()
        others = [name for name, model in self.models.items() if model.weights is None]
        ours = [*self.trained_here, *others] if 0 < seen.sum() < len(self) else []
        scores = {name: bce(self.labels[~seen], self.of(name).probabilities[~seen]) for name in ours}
        return {"in_train": int(seen.sum()), "bce_without": scores}

    def summary(self, models: list[str] | None = None) -> dict:
        """All metrics as ``genreclf evaluate --json`` prints them, of some models (default: all) and all baselines.

        Runs and tables count as models, and are always among them.
        """
        metrics, (support, few) = self.metrics(), self.genre_support
        return {
            "split": self.split,
            "n": len(self),
            "models": {
                name: scores for name, scores in metrics.items()
                if name not in BASELINES and (not models or name in models or name not in SPECS)
            },
            "baselines": {name: metrics[name] for name in BASELINES if name in metrics},
            "twins": self.twins(),
            "genres": list(self.genres),
            "missing": {name: list(genres) for name, genres in self.missing.items()},
            "left_out": dict(self.left_out),
            "macro": {"genres": support, "few_films": few},
            "notes": {name: model.note for name, model in self.models.items() if model.note},
        }  # fmt: skip

    def top1(self, model: str) -> tuple[np.ndarray, np.ndarray]:
        """Each film's most probable genre according to a model, int ``(n,)``, and whether the film has it, bool."""
        best = self.of(model).probabilities.argmax(axis=1)
        return best, self.labels[np.arange(len(self)), best] == 1


def is_trained_on(weights: Weights, catalogue: Catalogue) -> bool:
    """Whether weights were trained on the train split of a data set.

    Its labels may have been corrected since, or its table edited: a film's split follows from its id.
    """
    if weights.card.get("data_digest") == catalogue.table_digest:
        return True
    data = run.config.data if (run := run_of(weights)) else None
    return data is not None and os.path.realpath(data) == os.path.realpath(catalogue.folder)


def comparable_films(catalogue: Catalogue, specs: Iterable[ModelSpec]) -> Catalogue:
    """The films of a set that have what each of some models needs; all of them, if each needs only one of two."""
    specs = list(specs)
    return catalogue.with_inputs(
        any(not spec.can_predict(False, True) for spec in specs),
        any(not spec.can_predict(True, False) for spec in specs),
    )


def can_predict_all(spec: ModelSpec, catalogue: Catalogue) -> bool:
    """Whether each film of a set has what a model needs."""
    return bool(spec.parts) or spec.can_predict(
        catalogue.has_posters and None not in catalogue.posters, bool((catalogue.films["overview"] != "").all())
    )


def judge(
    catalogue: Catalogue,
    split: str,
    models: Iterable[ModelPredictions],
    whole: Catalogue | None = None,
    aside: Mapping[str, Weights] | None = None,
) -> SplitPredictions:
    """Put predictions for a split side by side: on the genres that all of the models know, and on the films that have
    one of these (if they are several) and that all of them predicted.

    Args:
        catalogue: the data.
        split: ``"train"``, ``"val"``, ``"test"`` or ``"all"``.
        models: predictions for all of the split's films, NaN where someone else left one out.
        whole: the catalogue with the films that lack an input of a model.
        aside: by name, weights that are left out because of their genres (see ``left_aside``).

    Raises:
        UserError: there is no such genre or film, or fewer than ``COMMON_FILMS`` films remain where someone left some
            out.
    """
    models, rows, total = list(models), catalogue.in_split(split), len((whole or catalogue).in_split(split))
    known = {each.name: each.genres for each in models} | {name: each.genres for name, each in (aside or {}).items()}
    missing = {name: tuple(genre for genre in catalogue.genres if genre not in own) for name, own in known.items()}
    models = [each for each in models if each.genres]  # a table of another data set may have none
    genres = tuple(genre for genre in catalogue.genres if all(genre in each.genres for each in models))
    if not genres:
        raise UserError(
            f"{listed([each.label for each in models])} have no genre of {catalogue.folder.name} in common."
        )
    counts = {"without the input that a model needs": total - len(rows)}
    kept = np.ones(len(rows), bool)
    for each in models:
        if each.weights is None:
            has_row = ~np.isnan(each.probabilities).any(axis=1)
            counts[f"without predictions in “{each.label}”"] = int((~has_row).sum())
            kept &= has_row
    if not kept.all() and kept.sum() < COMMON_FILMS:
        lacking = [f"“{each.label}”" for each in models if counts.get(f"without predictions in “{each.label}”")]
        has = f"only {kept.sum()}" if kept.any() else "none"
        raise UserError(
            f"{listed(lacking)} {'has' if len(lacking) == 1 else 'have'} predictions of {has} of the {len(rows):,} "
            f"films ({split}); add the others, at least {min(COMMON_FILMS, len(rows))}."
        )
    labels = catalogue.labels_of(genres)[rows]
    if 1 < len(genres) < len(catalogue.genres):
        has_genre = labels.any(axis=1)
        counts[WITHOUT_GENRES] = int((kept & ~has_genre).sum())
        kept &= has_genre
        if not kept.any():
            raise UserError(f"No film ({split}) has a genre that all models know ({listed(genres)}).")
    films = np.flatnonzero(kept)
    if len(films) < len(rows) or any(each.genres != genres for each in models):
        models = [each.only(genres, films) for each in models]
    return SplitPredictions(
        catalogue,
        split,
        rows[films],
        labels[films],
        {each.name: each for each in models},
        genres,
        {name: unknown for name, unknown in missing.items() if unknown},
        {reason: count for reason, count in counts.items() if count},
    )


def left_aside(weights: Mapping[str, Weights], genres: Sequence[str], all_genres: bool) -> dict[str, Weights]:
    """Those of some weights, by name, that are not to be measured on films of these genres: they know none.

    With ``all_genres`` also those in use that know only some, if a model that is no baseline was trained on all.
    """
    has_own = any(not SPECS[each.model].is_baseline and each.genres == tuple(genres) for each in weights.values())
    return {
        name: each for name, each in weights.items()
        if not each.genres or (all_genres and has_own and name in SPECS and each.genres != tuple(genres))
    }  # fmt: skip


def run_name(run: Run, zone: tzinfo | None = None) -> str:
    """How a run is called beside the weights in use: its name, or its model and when it was queued."""
    return read_notes(run).name or f"{model_label(run.model)} · {run.created.astimezone(zone):%Y-%m-%d %H:%M}"


def has_weights(run: Run) -> bool:
    """Whether a run has ended with evaluated weights."""
    return run.status() in (Status.COMPLETED, Status.STOPPED) and bool(run.card.get("metrics"))


def run_weights(run: Run) -> Weights:
    """The best weights of a run; UserError if it has not ended with any."""
    if not has_weights(run):
        raise UserError(f"Run {run.id} has no evaluated weights ({run.status()}); choose a run that ended with some.")
    return read_weights(run.folder)


def unique_name(name: str, taken: Iterable[str]) -> str:
    """A name that is no model's and none of those taken."""
    reserved = {other.casefold() for other in (*SPECS, *map(model_label, SPECS), *taken)}
    candidates = chain([name or "table"], (f"{name or 'table'} ({number})" for number in count(2)))
    return next(each for each in candidates if each.casefold() not in reserved)


def predict_split(
    catalogue: Catalogue,
    split: str = "test",
    models: list[str] | None = None,
    choice: str | Path | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    runs: Sequence[Run] = (),
    tables: "Sequence[PredictionTable]" = (),
) -> SplitPredictions:
    """Predict the genres of a split's films with models and baselines; stored predictions are read from disk.

    Args:
        catalogue: the data.
        split: ``"train"``, ``"val"``, ``"test"`` or ``"all"``.
        models: names; by default all that have weights, but only those that know all genres of the set if one that was
            trained on it does. The baselines are always included.
        choice: which weights (see ``genreclf.weights.folder.find_weights``); baselines come from the same place, so
            that they saw the same films as the models.
        on_progress: called with (finished models, all models).
        runs: further ones, whose weights need not be in use.
        tables: someone else's predictions.

    Raises:
        UserError: no film in the split, no such model, or no weights for a model in ``models``, or the films lack its
            input; or ``judge`` finds nothing in common. Other models that need the missing input are left out.
    """
    weights_set = weights_set_for(catalogue.folder, catalogue.genres)
    in_use = [*(models or list_models()), *BASELINES]
    if not len(catalogue.in_split(split)):
        raise UserError(f"{catalogue.folder.name} has no film in its {split} split; choose another split or more data.")
    found = {name: find_weights(name, weights_set, choice) for name in in_use}
    if missing := [name for name in models or [] if found[name] is None]:
        raise UserError(f"There are no weights for {missing[0]}; train it ('train {missing[0]}') and promote the run.")
    given = (catalogue.has_posters, catalogue.has_overviews)
    if unusable := [name for name in models or [] if not SPECS[name].can_predict(*given)]:
        raise UserError(f"{unusable[0]} cannot be chosen. {left_out(catalogue)}")
    # in the order of SPECS: fusion comes before its parts, whose predictions it stores too
    used = {
        name: weights.answering(catalogue.genres)
        for name, spec in SPECS.items() if spec.can_predict(*given) and (weights := found.get(name))
    }  # fmt: skip
    run_ids = {}
    for run in runs:
        name = unique_name(run_name(run), used)
        used[name], run_ids[name] = run_weights(run).answering(catalogue.genres), run.id
    aside = left_aside(used, catalogue.genres, models is None)
    used = {name: weights for name, weights in used.items() if name not in aside}
    needed = [SPECS[each.model] for name, each in used.items() if name in (models or ()) or name not in BASELINES]
    films = comparable_films(catalogue, needed or [SPECS[each.model] for each in used.values()])
    if not len(films.in_split(split)):
        raise UserError(
            f"No film ({split}) of {catalogue.folder.name} has both a poster and an overview; choose models of one."
        )
    used = {name: weights for name, weights in used.items() if can_predict_all(SPECS[weights.model], films)}
    if not used and not tables:
        raise UserError(
            "There are no weights for these films and their genres: train a model on them, then use it with 'genreclf "
            f"runs promote ID'. {left_out(catalogue)}".rstrip()
        )
    predictions: list[ModelPredictions] = []
    for name, weights in used.items():
        if on_progress:
            on_progress(len(predictions), len(used))
        probabilities = catalogue_predictions(films, weights, split=split)
        part = SPECS[weights.model].fallback_part(films.has_posters, films.has_overviews)
        predictions.append(predictions_of(weights, probabilities, part, name, run_ids.get(name, "")))
    for table in tables:
        predictions.append(table.judged_on(films, split, [each.name for each in predictions]))
    return judge(films, split, predictions, catalogue, aside)
