"""Runs side by side: their settings, their scores and their curves."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from genreclf.errors import UserError
from genreclf.files import as_object, read_json
from genreclf.models import BASELINES, SPECS, model_label
from genreclf.recipes.settings import setting_label
from genreclf.runs import curves
from genreclf.runs.folder import Run
from genreclf.runs.summary import Summary, summarise

FIGURES = (*curves.FIGURES, "learning_rate")  # of an epoch
MEASURED = {"bce": "BCE", "micro_f1": "micro-F1", "macro_f1": "macro-F1", "map": "mAP", "top1": "top-1"}
MAX_POINTS = 250  # of one curve
_SPLITS = {"val": "Validation", "test": "Test"}
_LABELS = {  # of what is no setting
    "data": "Data set",
    "films": "Training films",
    "data_digest": "Digest of the films",
}


@dataclass(frozen=True)
class Line:
    """One setting or score of several runs.

    Attributes:
        key: such as ``"learning_rate"``, ``"model_options.dense_dropout"`` or ``"test_bce"``.
        label: the same for people.
        values: one per run, None where it has none.
        best: positions of the best values; empty where they cannot be ranked.
        differs: whether the runs differ in it; a setting that a model or baseline lacks does not count.
    """

    key: str
    label: str
    values: tuple[Any, ...]
    best: tuple[int, ...] = ()
    differs: bool = True


@dataclass(frozen=True)
class Compared:
    """A run that is compared with others, read once."""

    run: Run
    summary: Summary
    config: dict[str, Any]
    history: curves.History
    card: dict[str, Any]

    @cached_property
    def curve(self) -> pd.DataFrame:
        """One row a finished epoch (see ``curves.by_epoch``), some left out where there are very many."""
        epochs = self.history.epochs
        step = -(-len(epochs) // MAX_POINTS)
        return epochs if step <= 1 else epochs[(epochs["epoch"] % step == 0) | (epochs.index == len(epochs) - 1)]

    @property
    def loss(self) -> str:
        """Which loss its curve shows; losses of different names cannot be compared."""
        if self.summary.model in SPECS and SPECS[self.summary.model].softmax:
            kind = "categorical cross-entropy"
        else:
            kind = "binary cross-entropy"
        smoothing = _recipe(self.config).get("label_smoothing")
        return f"{kind}, labels smoothed by {smoothing:g}" if smoothing else kind

    @property
    def to_beat(self) -> float | None:
        """The base rates' loss, where the run's own can be compared with it."""
        comparable = self.summary.model in SPECS and curves.comparable_with_base_rates(self.config)
        return self.summary.facts.base_rate_loss if comparable else None

    @property
    def digest(self) -> str | None:
        """Digest of its films; None before they are prepared."""
        seen = as_object(read_json(self.run.folder / "data.json")).get("digest") or self.card.get("data_digest")
        return str(seen) if seen else None


def read(run: Run) -> Compared:
    """Read everything of a run that can be compared."""
    history = curves.history(run.metrics_file)
    return Compared(run, summarise(run), run.config, history, as_object(read_json(run.card_file)))


def read_all(runs: Iterable[Run]) -> list[Compared]:
    """Read several runs.

    Raises:
        UserError: they are fewer than two different runs.
    """
    different = list({run.folder.resolve(): run for run in runs}.values())
    if len(different) < 2:
        raise UserError("Name two different runs or more; 'genreclf runs' lists them.")
    return [read(run) for run in different]


def settings(compared: list[Compared]) -> list[Line]:
    """One line per setting: model, films, seed, the recipe's fields and its ``model_options``.

    A baseline has no settings but its films.
    """
    flat = [_flat(one) for one in compared]
    keys = dict.fromkeys(key for one in flat for key in one)
    models = [one.summary.model for one in compared]
    lines = {key: tuple(one.get(key) for one in flat) for key in keys}
    return [Line(key, _label(key), values, differs=_differ(values, models)) for key, values in lines.items()]


def scores(compared: list[Compared]) -> list[Line]:
    """One line per score, with the best value marked where the runs can be compared in it."""
    facts = [one.summary.facts for one in compared]
    same_films = _same_films(compared)
    lines = [
        Line("epochs", "Epochs finished", tuple(known.epochs for known in facts)),
        Line("best_epoch", "Best epoch", tuple(known.best_epoch for known in facts)),
        _ranked(
            "best_val_loss", "Best validation loss", [known.best_loss for known in facts],
            min if same_films and len({one.loss for one in compared}) == 1 else None,
        ),
    ]  # fmt: skip
    for split, words in _SPLITS.items():
        for figure, name in MEASURED.items():
            values = [one.summary.measured.get(split, {}).get(figure) for one in compared]
            best = (min if figure == "bce" else max) if same_films else None
            lines.append(_ranked(f"{split}_{figure}", f"{words} {name}", values, best))
    lines.append(Line("seconds", "Trained for", tuple(known.seconds or None for known in facts)))
    lines.append(Line("device", "Device", tuple(_device(one) for one in compared)))
    return lines


def cautions(compared: list[Compared]) -> list[str]:
    """Sentences to read before one run is called better than another."""
    sentences = []
    same_films = _same_films(compared)
    if not same_films:
        sentences.append("The runs used different films, so neither losses nor scores can be compared.")
    if len({one.loss for one in compared}) > 1:
        sentences.append(
            "The losses are different measures (categorical or binary cross-entropy, smoothed labels or not) and "
            f"cannot be compared{'; the scores of the final evaluation can' if same_films else ''}."
        )
    if any(one.summary.status.is_active for one in compared):
        sentences.append("Not all runs have ended; their scores are those so far.")
    return sentences


def figures_of(compared: list[Compared]) -> list[str]:
    """Which of ``FIGURES`` any of the runs has."""
    return [name for name in FIGURES if any(one.curve[validated(name)].notna().any() for one in compared)]


def validated(figure: str) -> str:
    """The column of a run's ``curve`` to compare: on the validation films, if the figure is measured on films."""
    return figure if figure == "learning_rate" else f"val_{figure}"


def as_text(key: str, value: Any) -> str:
    """A setting's value or a score for people."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if key == "seconds":
        return f"{value:.0f} s"
    if isinstance(value, float):
        is_score = key == "best_val_loss" or key.startswith(tuple(f"{split}_" for split in _SPLITS))
        return f"{value:.4f}" if is_score else f"{value:g}"
    return str(value)


def _differ(values: tuple[Any, ...], models: list[str]) -> bool:
    known = [value for value in values if value is not None]
    if any(value != known[0] for value in known):
        return True
    without = {model for model, value in zip(models, values, strict=True) if value is None}
    return any(model in without for model, value in zip(models, values, strict=True) if value is not None)


def _same_films(compared: list[Compared]) -> bool:
    digests = {one.digest for one in compared}
    return len(digests if None not in digests else {one.config.get("data") for one in compared}) == 1


def _ranked(key: str, label: str, values: list[float | None], best: Callable[..., float] | None) -> Line:
    known = [value for value in values if value is not None]
    if best is None or len(known) < 2:
        return Line(key, label, tuple(values))
    wanted = best(known)
    return Line(key, label, tuple(values), tuple(i for i, value in enumerate(values) if value == wanted))


def _flat(one: Compared) -> dict[str, Any]:
    config = one.config
    asked = {
        "model": model_label(one.summary.model),
        "recipe": one.summary.recipe.split(",")[0].removesuffix(" recipe"),
        "data": one.summary.data,
        "films": one.summary.facts.films,
        "data_digest": one.digest and one.digest[:8],
        "seed": config.get("seed"),
    }
    if one.summary.model in BASELINES:
        return asked
    recipe = dict(_recipe(config))
    options = as_object(recipe.pop("model_options", None))
    if recipe and not recipe.get("teacher"):  # an older run had no such setting
        recipe["teacher"] = "none"
        recipe.pop("teacher_weight", None)
    elif recipe:
        recipe["teacher"] = model_label(str(recipe["teacher"]))
    flat = {name: "off" if value is None else value for name, value in recipe.items()}
    return asked | flat | {f"model_options.{name}": value for name, value in options.items()}


def _label(key: str) -> str:
    return _LABELS.get(key) or setting_label(key)


def _device(one: Compared) -> str | None:
    starts = [event for event in one.history.events if event.get("event") == "start"]
    return (starts[-1].get("device") if starts else None) or one.card.get("device")


def _recipe(config: dict[str, Any]) -> dict[str, Any]:
    return as_object(config.get("recipe"))
