"""Training histories: the curves and facts of the weights in use and of the reports' recipes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from genreclf import paths
from genreclf.files import as_object
from genreclf.models import SPECS, model_label
from genreclf.runs import curves
from genreclf.runs.events import Event
from genreclf.runs.folder import Run, read_events
from genreclf.runs.verdict import Verdict, judge
from genreclf.units import duration
from genreclf.weights.folder import Weights


@dataclass(frozen=True, eq=False)
class History(curves.History):
    """The curves of one training run.

    Attributes:
        label: the name on screen.
        model: the model's name.
        loss: what its loss measures.
    """

    label: str
    model: str
    loss: curves.Loss = field(default_factory=curves.Loss)

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict on the curves, such as overfitting."""
        return judge(self, self.loss)


def reference_histories(weights: Iterable[Weights] = ()) -> list[History]:
    """The reports' recipes, retrained for this project; none if ``assets/reference`` is missing.

    Args:
        weights: if they include base rates for the same films, their loss becomes the loss to beat.
    """
    base_rate_losses = {
        str(each.card.get("data_digest")): as_object(each.card["metrics"].get("val")).get("bce")
        for each in weights
        if each.model == "prior"
    }
    histories = []
    for model in SPECS:
        events = read_events(paths.REFERENCE_RUNS / f"{model}.jsonl")
        run = run_event(events)
        films = as_object(run.get("films"))
        start = {"event": "start", "films": films.get("train"), "val_films": films.get("val"),
                 "base_rate_loss": base_rate_losses.get(str(run.get("data_digest")))}  # fmt: skip
        history = History((), [start, *events], f"{model_label(model)}, report's recipe", model)
        if len(history.epochs):
            histories.append(history)
    return histories


def run_event(events: list[Event]) -> Event:
    """The description of a reference history: model, data digest, films, metrics; empty if it has none."""
    return next((event for event in events if event.get("event") == "run"), {})


def history_of(weights: Weights, label: str = "") -> History | None:
    """The training history of these weights, if it is stored beside them or in a run folder; else None.

    ``label`` is the name on screen if it is not the model's.
    """
    spec = SPECS[weights.model]
    if spec.is_baseline:
        return None
    loss = curves.loss_of(weights.model, weights.card.get("settings") or {})
    for run in (Run(weights.folder), run_of(weights)):
        events = read_events(run.metrics_file) if run else []
        history = History((), events, label or spec.label, weights.model, loss)
        if len(history.epochs):
            return history
    return None


def training_table(weights: Mapping[str, Weights]) -> pd.DataFrame:
    """How models were trained, from their cards, by their names; baselines, which have no epochs, are left out."""
    return pd.DataFrame(
        [_training_row(model_label(name), each) for name, each in weights.items() if not SPECS[each.model].is_baseline]
    )


def _training_row(label: str, weights: Weights) -> dict[str, Any]:
    card, metrics, seconds = weights.card, as_object(weights.card["metrics"]), weights.card.get("seconds")
    return {
        "Model": label,
        "Recipe": card["recipe"],
        "Best epoch": card.get("best_epoch"),
        "Max epochs": as_object(card.get("settings")).get("epochs"),
        "Train films": as_object(card.get("films")).get("train"),
        "Trained for": duration(seconds) if isinstance(seconds, int | float) else None,
        "Val BCE": as_object(metrics.get("val")).get("bce"),
        "Test BCE": as_object(metrics.get("test")).get("bce"),
        "Weights": weights.origin,
    }


def run_of(weights: Weights) -> Run | None:
    """The run that made these weights; None if it is not known, or was deleted."""
    name = str(weights.card.get("run", ""))
    run = Run(paths.runs_dir() / name)
    return run if name.isprintable() and run.id == name and run.model == weights.model else None
