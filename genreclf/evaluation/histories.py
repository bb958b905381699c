"""How models came to be: the training curves of the weights that answer and of the reports' recipes."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from genreclf import paths
from genreclf.errors import UserError
from genreclf.models import SPECS, model_label
from genreclf.runs import curves
from genreclf.runs.folder import Run, find_run, read_events
from genreclf.runs.verdict import Verdict, judge
from genreclf.weights.folder import Weights


@dataclass(frozen=True)
class History:
    """The curves of one training.

    Attributes:
        label: what people call what was trained.
        model: the family's name.
        events: as in a run's ``metrics.jsonl``.
        comparable: whether its loss can be held against the base rates'.
    """

    label: str
    model: str
    events: list[dict[str, Any]]
    comparable: bool = True

    @cached_property
    def epochs(self) -> pd.DataFrame:
        """One row a finished epoch (see ``genreclf.runs.curves.by_epoch``)."""
        return curves.by_epoch(self.events)

    @cached_property
    def facts(self) -> curves.Facts:
        """The best epoch and what else the events say."""
        return curves.facts(self.events)

    @cached_property
    def verdict(self) -> Verdict:
        """What the curves say, overfitting among it."""
        return judge(self.events, self.comparable)


def reference_histories(weights: Iterable[Weights] = ()) -> list[History]:
    """The reports' recipes, run anew for this project; none where ``assets/reference`` is not there.

    Args:
        weights: where base rates learnt from the same films are among them, they are what there is to beat.
    """
    base_rates = {
        str(one.card.get("data_digest")): (one.card["metrics"].get("val") or {}).get("bce")
        for one in weights
        if one.model == "prior"
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
    """What a reference history says of itself: model, data digest, films, metrics; empty where it says nothing."""
    return next((event for event in events if event.get("event") == "run"), {})


def history_of(weights: Weights) -> History | None:
    """The training of these weights, where its curves were kept beside them or in a run folder; else None."""
    spec = SPECS[weights.model]
    if spec.is_baseline:
        return None
    for run in (Run(weights.folder), _run_of(weights)):
        events = read_events(run.metrics_file) if run else []
        if any(event.get("event") == "epoch" for event in events):
            comparable = not spec.softmax and not (weights.card.get("settings") or {}).get("label_smoothing")
            return History(spec.label, weights.model, events, comparable)
    return None


def _run_of(weights: Weights) -> Run | None:
    name = str(weights.card.get("run", ""))
    try:
        run = find_run(name)
    except UserError:
        return None
    return run if run.id == name and run.model == weights.model else None
