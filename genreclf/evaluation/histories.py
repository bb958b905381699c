"""How models were trained: the curves and facts of the weights in use and of the reports' recipes."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from genreclf import paths
from genreclf.errors import UserError
from genreclf.files import as_object
from genreclf.models import SPECS, model_label
from genreclf.runs import curves
from genreclf.runs.folder import Run, find_run, read_events
from genreclf.runs.verdict import Verdict, judge
from genreclf.units import duration
from genreclf.weights.folder import Weights


@dataclass(frozen=True)
class History:
    """The curves of one training.

    Attributes:
        label: the name of what was trained, for people.
        model: the model's name.
        events: as in a run's ``metrics.jsonl``.
        comparable: whether its loss can be compared with that of the base rates.
    """

    label: str
    model: str
    events: list[dict[str, Any]]
    comparable: bool = True

    @cached_property
    def tables(self) -> curves.History:
        """The events as tables."""
        return curves.History((), self.events)

    @property
    def epochs(self) -> pd.DataFrame:
        """One row per finished epoch (see ``genreclf.runs.curves.by_epoch``)."""
        return self.tables.epochs

    @property
    def facts(self) -> curves.Facts:
        """The best epoch and other facts from the events."""
        return self.tables.facts

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict on the curves, such as overfitting."""
        return judge(self.tables, self.comparable)


def reference_histories(weights: Iterable[Weights] = ()) -> list[History]:
    """The reports' recipes, retrained for this project; none if ``assets/reference`` is missing.

    Args:
        weights: if base rates of the same films are among them, their loss is the one to beat.
    """
    base_rates = {
        str(each.card.get("data_digest")): (each.card["metrics"].get("val") or {}).get("bce")
        for each in weights
        if each.model == "prior"
    }
    found = []
    for model in SPECS:
        events = read_events(paths.REFERENCE_RUNS / f"{model}.jsonl")
        run = run_event(events)
        films = run.get("films") or {}
        start = {"event": "start", "films": films.get("train"), "val_films": films.get("val"),
                 "base_rate_loss": base_rates.get(str(run.get("data_digest")))}  # fmt: skip
        if any(event.get("event") == "epoch" for event in events):
            found.append(History(f"{model_label(model)}, report's recipe", model, [start, *events]))
    return found


def run_event(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The description of a reference history: model, data digest, films, metrics; empty if it has none."""
    return next((event for event in events if event.get("event") == "run"), {})


def history_of(weights: Weights) -> History | None:
    """The training of these weights, if its curves were stored beside them or in a run folder; else None."""
    spec = SPECS[weights.model]
    if spec.is_baseline:
        return None
    for run in (Run(weights.folder), _run_of(weights)):
        events = read_events(run.metrics_file) if run else []
        if any(event.get("event") == "epoch" for event in events):
            comparable = not spec.softmax and not (weights.card.get("settings") or {}).get("label_smoothing")
            return History(spec.label, weights.model, events, comparable)
    return None


def training_table(weights: Iterable[Weights]) -> pd.DataFrame:
    """How models were trained, from their cards; baselines, which have no epochs, are left out."""
    rows = []
    for each in weights:
        if SPECS[each.model].is_baseline:
            continue
        card, metrics, seconds = each.card, as_object(each.card["metrics"]), each.card.get("seconds")
        rows.append(
            {
                "Model": SPECS[each.model].label,
                "Recipe": card["recipe"],
                "Best epoch": card.get("best_epoch"),
                "of epochs": as_object(card.get("settings")).get("epochs"),
                "Train films": as_object(card.get("films")).get("train"),
                "Trained for": duration(seconds) if isinstance(seconds, int | float) else None,
                "Val BCE": as_object(metrics.get("val")).get("bce"),
                "Test BCE": as_object(metrics.get("test")).get("bce"),
                "Weights": each.origin,
            }
        )
    return pd.DataFrame(rows)


def _run_of(weights: Weights) -> Run | None:
    name = str(weights.card.get("run", ""))
    try:
        run = find_run(name)
    except UserError:
        return None
    return run if run.id == name and run.model == weights.model else None
