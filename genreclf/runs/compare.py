"""Runs in tables: one per row, or side by side with their settings, scores and curves."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genreclf.data.sources import list_sources
from genreclf.errors import UserError
from genreclf.fields import Fields
from genreclf.files import as_object
from genreclf.models import BASELINES, SPECS, model_label
from genreclf.recipes.settings import SETTINGS, setting_label
from genreclf.runs import curves
from genreclf.runs.folder import Run, Status
from genreclf.runs.notes import Notes, read_notes
from genreclf.runs.records import Config
from genreclf.units import duration

if TYPE_CHECKING:
    import pandas as pd

METRICS = (*curves.METRICS, "learning_rate")
SCORE_NAMES = {"bce": "BCE", "micro_f1": "micro-F1", "macro_f1": "macro-F1", "map": "mAP", "top1": "top-1"}
MAX_POINTS = 250  # of one curve
_SPLITS = {"val": "Validation", "test": "Test"}
_LABELS = {
    "data": "Data set",
    "films": "Training films",
    "data_digest": "Digest of the films",
    "corrections": "Corrections",
}  # not settings


@dataclass(frozen=True)
class Summary:
    """A run at one moment."""

    run: Run
    config: Config  # what was to be trained
    reason: str  # why it ended, if it has
    status: Status
    notes: Notes  # its name and note, if any
    model: str  # the model's name
    recipe: str  # "tuned recipe", "reference recipe, 2 settings changed", "baseline" and so on
    planned: int | None  # the maximum number of epochs; None where the config lacks it
    facts: curves.Facts  # epochs, best loss, seconds and so on, from its events
    scores: dict[str, dict[str, float]]  # scores of the best weights, {"val": {"bce": …}, "test": {…}}
    created: datetime  # when it was queued, in UTC
    data: str  # the name of its data set

    @property
    def title(self) -> str:
        """The run's name, or its model and recipe; several runs may share it."""
        return self.notes.name or f"{model_label(self.model)}, {self.recipe}"


def summarise(run: Run) -> Summary:
    """Read a run's folder; any of its files may be missing or damaged."""
    return summarise_all([run])[0]


def summarise_all(runs: Iterable[Run]) -> list[Summary]:
    """Read the folders of several runs, and the names of the data sets once."""
    labels = {Path(os.path.realpath(source.folder)): source.label for source in list_sources()}
    return [_summarise(run, labels) for run in runs]


def _summarise(run: Run, labels: dict[Path, str]) -> Summary:
    config, ended = run.config, run.exit
    return Summary(
        run=run,
        config=config,
        reason=ended.reason,
        status=run.status(),
        notes=read_notes(run),
        model=config.model,
        recipe=_recipe(config),
        planned=config.epochs,
        facts=curves.facts_of(run.metrics_file),
        scores=ended.metrics,
        created=run.created,
        data="" if config.data is None else labels.get(config.data) or config.data.name,
    )


def _recipe(config: Config) -> str:
    if config.model in BASELINES:
        return "baseline"
    changed = len(config.changes)
    changes = f", {changed} setting{'s' * (changed != 1)} changed" if changed else ""
    return f"{config.recipe_name or 'unknown'} recipe{changes}"


@dataclass(frozen=True)
class Line:
    """One setting or score of several runs."""

    key: str  # such as "learning_rate", "model_options.dense_dropout" or "test_bce"
    label: str  # its name on screen
    values: tuple[Any, ...]  # one per run, None where it has none
    best: tuple[int, ...] = ()  # positions of the best values; empty where they cannot be ranked
    differs: bool = True  # whether the runs differ in it; runs of models that lack the setting do not count

    def texts(self, mark: str) -> list[str]:
        """The values as texts, the best ones preceded by a mark."""
        return [f"{mark * (i in self.best)}{as_text(self.key, value)}" for i, value in enumerate(self.values)]


@dataclass(frozen=True)
class ComparedRun:
    """A run that is compared with others, read once."""

    run: Run
    summary: Summary
    history: curves.History
    card: dict[str, Any]

    @property
    def recipe(self) -> dict[str, Any]:
        """Its settings."""
        return self.summary.config.settings

    @cached_property
    def curve(self) -> "pd.DataFrame":
        """One row per finished epoch (see ``curves.by_epoch``), thinned out if there are very many."""
        epochs = self.history.epochs
        step = -(-len(epochs) // MAX_POINTS)
        return epochs if step <= 1 else epochs[(epochs["epoch"] % step == 0) | (epochs.index == len(epochs) - 1)]

    @property
    def loss(self) -> str:
        """The kind of loss of its curve; losses of different kinds cannot be compared."""
        is_softmax = self.summary.model in SPECS and SPECS[self.summary.model].softmax
        kind = f"{'categorical' if is_softmax else 'binary'} cross-entropy"
        smoothing = self.recipe.get("label_smoothing")
        return f"{kind}, labels smoothed by {smoothing:g}" if smoothing else kind

    @property
    def to_beat(self) -> float | None:
        """The base rates' loss, where the run's own can be compared with it."""
        comparable = curves.loss_of(self.summary.model, self.recipe).comparable
        return self.summary.facts.base_rate_loss if comparable else None

    @property
    def digest(self) -> str | None:
        """Digest of its films; None before they are prepared."""
        return self.run.films.digest or self.card.get("data_digest") or None

    @property
    def device(self) -> str | None:
        """The device it was trained on."""
        devices = [event.get("device") for event in self.history.events if event.get("event") == "start"]
        return (devices[-1] if devices else None) or self.card.get("device")


def read(run: Run) -> ComparedRun:
    """Read everything of a run that can be compared."""
    return ComparedRun(run, summarise(run), curves.history(run.metrics_file), run.card)


def read_all(runs: Iterable[Run]) -> list[ComparedRun]:
    """Read several runs.

    Raises:
        UserError: there are fewer than two different runs.
    """
    different = list({os.path.realpath(run.folder): run for run in runs}.values())
    if len(different) < 2:
        raise UserError("Name two different runs or more; 'genreclf runs' lists them.")
    return [read(run) for run in different]


def settings(compared: list[ComparedRun]) -> list[Line]:
    """One line per setting: model, films, seed, the recipe's fields and its ``model_options``.

    A baseline has no settings but its films.
    """
    columns = [_settings_of(run) for run in compared]
    models = [run.summary.model for run in compared]
    lines = []
    for key in dict.fromkeys(key for column in columns for key in column):
        values = tuple(column.get(key) for column in columns)
        known = [value for value in values if value is not None]
        lacking = {model for model, value in zip(models, values, strict=True) if value is None}
        # where one run of a model has a setting and another lacks it, they differ
        is_partial = any(model in lacking for model, value in zip(models, values, strict=True) if value is not None)
        differs = any(value != known[0] for value in known) or is_partial
        lines.append(Line(key, _LABELS.get(key) or setting_label(key), values, differs=differs))
    return lines


def scores(compared: list[ComparedRun]) -> list[Line]:
    """One line per score that any run has, with the best value marked where the runs can be compared in it."""
    facts = [run.summary.facts for run in compared]
    same_films, same_loss = _same_films(compared), len({run.loss for run in compared}) == 1
    lines = [
        Line("epochs", "Epochs finished", tuple(known.epochs for known in facts)),
        Line("best_epoch", "Best epoch", tuple(known.best_epoch for known in facts)),
        _ranked(
            "best_val_loss", "Best validation loss", [known.best_loss for known in facts],
            min if same_films and same_loss else None,
        ),
    ]  # fmt: skip
    for split, split_label in _SPLITS.items():
        for score, name in SCORE_NAMES.items():
            values = [run.summary.scores.get(split, {}).get(score) for run in compared]
            best = (min if score == "bce" else max) if same_films else None
            lines.append(_ranked(f"{split}_{score}", f"{split_label} {name}", values, best))
    lines.append(Line("seconds", "Trained for", tuple(known.seconds or None for known in facts)))
    lines.append(Line("device", "Device", tuple(run.device for run in compared)))
    return [line for line in lines if any(value is not None for value in line.values)]


def cautions(compared: list[ComparedRun]) -> list[str]:
    """Reasons why runs cannot be compared, or not yet, in sentences."""
    sentences = []
    same_films = _same_films(compared)
    if not same_films:
        same_table = len({run.card.get("data_digest") for run in compared}) == 1 and compared[0].card
        sentences.append(
            "Genres were corrected or films left out between these runs, so neither losses nor scores can be compared; "
            "Evaluate measures each, once promoted, on the genres as they are now."
            if same_table
            else "The runs used different films, so neither losses nor scores can be compared."
        )
    if len({run.loss for run in compared}) > 1:
        sentences.append(
            "The losses are different measures (categorical or binary cross-entropy, smoothed labels or not) and "
            f"cannot be compared{'; the scores of the final evaluation can' if same_films else ''}."
        )
    if any(run.summary.status.is_active for run in compared):
        sentences.append("Not all runs have ended; their scores are those so far.")
    return sentences


def metrics_of(compared: list[ComparedRun]) -> list[str]:
    """Those of ``METRICS`` that at least one of the runs has."""
    return [name for name in METRICS if any(run.curve[validation_column(name)].notna().any() for run in compared)]


def validation_column(metric: str) -> str:
    """The column of ``ComparedRun.curve`` for one of ``METRICS``: on the validation films, or the learning rate."""
    return metric if metric == "learning_rate" else f"val_{metric}"


def as_text(key: str, value: Any) -> str:
    """A setting's value or a score as text."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if key == "seconds":
        return duration(value)
    if isinstance(value, float):
        is_score = key.startswith(("best_val_loss", *(f"{split}_" for split in _SPLITS)))
        return f"{value:.4f}" if is_score else f"{value:g}"
    return str(value)


def _same_films(compared: list[ComparedRun]) -> bool:
    digests = {run.digest for run in compared}
    return len(digests if None not in digests else {run.summary.config.data for run in compared}) == 1


def _ranked(key: str, label: str, values: list[float | None], best: Callable[..., float] | None) -> Line:
    known = [value for value in values if value is not None]
    if best is None or len(known) < 2:
        return Line(key, label, tuple(values))
    top = best(known)
    return Line(key, label, tuple(values), tuple(i for i, value in enumerate(values) if value == top))


def _corrections(facts: dict[str, Any]) -> str:
    """What ``genreclf.data.corrections.card_facts`` say, in a cell: "2 edited, 1 left out (3f9a…)"."""
    counts, digest = Fields(facts).counts(), Fields(facts).text("sha256")[:4]
    return f"{counts.get('edited', 0)} edited, {counts.get('left_out', 0)} left out ({digest}…)" if facts else "none"


def _settings_of(run: ComparedRun) -> dict[str, Any]:
    """A run's settings by key, without nesting."""
    summary = run.summary
    basics = {
        "model": model_label(summary.model),
        "recipe": summary.recipe.split(",")[0].removesuffix(" recipe"),
        "data": summary.data,
        "films": summary.facts.films,
        "data_digest": run.digest and run.digest[:8],
        "corrections": run.digest and _corrections(run.run.films.corrections),
        "seed": summary.config.seed,
    }
    if summary.model in BASELINES:
        return basics
    recipe = dict(run.recipe)
    options = as_object(recipe.pop("model_options", None))
    if recipe and not recipe.get("teacher"):  # an older run had no such setting
        recipe["teacher"] = "none"
        for name in ("teacher_weight", "teacher_epoch"):
            recipe.pop(name, None)
    elif recipe:
        recipe["teacher"] = model_label(str(recipe["teacher"]))
        recipe.setdefault("teacher_epoch", SETTINGS["teacher_epoch"].default)  # as in an older run
    values = {name: "off" if value is None else value for name, value in recipe.items()}
    return basics | values | {f"model_options.{name}": value for name, value in options.items()}
