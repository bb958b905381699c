"""The scoreboard: trained weights, baselines and published results side by side. Nothing here needs TensorFlow."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from genreclf import paths
from genreclf.evaluation.counts import ratio
from genreclf.evaluation.histories import run_event
from genreclf.evaluation.metrics import LOWER_IS_BETTER, METRICS
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.files import as_object
from genreclf.models import SPECS, model_label
from genreclf.runs.curves import reference_curve
from genreclf.runs.events import Event, read_events
from genreclf.weights.card import CARD, stored_card
from genreclf.weights.folder import Weights

BASE_RATE_BCE = 0.231  # of predicting the base rates for every film, on the reports' split
REPORTED_BCE = {"cnn": 0.2453, "lstm": 0.2254}  # report A's lowest validation loss
PUBLIC_BCE = {"cnn": 0.225, "lstm": 0.212}  # the best of 18 public notebooks with the same models and data
SCORES = ("bce", "micro_f1", "macro_f1", "map", "top1", "top3_recall")  # the metrics of a short scoreboard
_ON_VAL = ", validation"  # ends the name of a report's recipe that is not measured on the test films
OTHER_FILMS = "†"  # after the name of a reference that was measured on other films
OTHER_FILMS_NOTE = f"{OTHER_FILMS} Measured on other validation films of the same data set, so only roughly comparable."


@dataclass(frozen=True)
class Score:
    """A row of the scoreboard.

    Attributes:
        label: the row's name.
        model: its name among the predictions, which determines the colour.
        kind: ``"baseline"``, ``"reference"``, ``"ours"``, or ``"other"`` for someone else's model.
        metrics: the known metrics, name → value.
        weights: the weights that were measured; none for a reference.
        source: where a reference's metrics come from, in words.
    """

    label: str
    model: str
    kind: str
    metrics: dict[str, float] = field(default_factory=dict)
    weights: Weights | None = None
    source: str = ""


def scoreboard(weights: Iterable[Weights]) -> list[Score]:
    """The test metrics on the cards of trained weights, with the reports' and other published results; best BCE first.

    Weights without test metrics are left out.
    """
    weights = list(weights)
    scores = _published_scores() + _retrained_scores(weights)
    for each in weights:
        if measured := each.card["metrics"].get("test"):
            metrics = {name: float(measured[name]) for name in SCORES if name in measured}
            scores.append(Score(SPECS[each.model].label, each.model, _kind(each), metrics, each))
    return sorted(scores, key=lambda score: score.metrics["bce"])


def split_scoreboard(predictions: SplitPredictions, metrics: dict[str, dict[str, float]] | None = None) -> list[Score]:
    """The scores of all predictions for a split and of comparable references; ``metrics`` if already computed."""
    models = predictions.models.items()
    metrics = metrics or predictions.metrics()
    ours = [Score(each.label, name, _kind(each.weights), metrics[name], each.weights) for name, each in models]
    return [*ours, *references(predictions)]


def references(predictions: SplitPredictions) -> list[Score]:
    """Published results to compare with; none unless the films are those of the public data set.

    For the reports' recipes, retrained for this project and measured on val and test, all metrics are known. The
    reports do not calibrate, so their BCE is the uncalibrated one. For all others only the lowest validation loss is
    known, on other films of the same set; their names end in ``OTHER_FILMS``.
    """
    cards = (paths.SHIPPED_WEIGHTS / "imdb").glob(f"*/{CARD}")  # their films are those of the public data set
    if predictions.catalogue.digest not in {stored_card(card).get("data_digest") for card in cards}:
        return []
    by_label = {
        score.label: replace(score, label=f"{score.label.removesuffix(_ON_VAL)} {OTHER_FILMS}")
        for score in scoreboard(())
    }
    for model in SPECS:
        run = run_event(read_events(paths.REFERENCE_RUNS / f"{model}.jsonl"))
        if run.get("data_digest") == predictions.catalogue.digest and (
            score := _retrained_score(model, run, predictions.split, "these films")
        ):
            by_label.pop(f"{score.label}{_ON_VAL}", None)
            by_label[score.label] = score
    return list(by_label.values())


def _retrained_score(model: str, run: Event, split: str, films: str) -> Score | None:
    """The score of a report's recipe on a split, from the description of its history; None if it was not measured."""
    measured = as_object(as_object(run.get("metrics")).get(split))
    if not measured:
        return None
    measured = {**measured, "bce": measured.get("bce_uncalibrated", measured.get("bce"))}
    metrics = {name: float(measured[name]) for name in METRICS if measured.get(name) is not None}
    source = (
        f"the report's recipe, retrained for this project and measured on {films}, without calibration, as in the "
        "report, but with thresholds fitted on validation films"
    )
    return Score(f"{model_label(model)}, report's recipe", model, "reference", metrics, source=source)


def score_table(
    scores: Iterable[Score], metric: str = "bce", intervals: Mapping[str, tuple[float, float]] | None = None
) -> pd.DataFrame:
    """The scoreboard as a table, the best in one metric first and scores without it last.

    Args:
        scores: models, baselines and references.
        metric: one of ``genreclf.evaluation.metrics.METRICS``.
        intervals: its confidence interval by model, for all but references; adds the columns ``from`` and ``to``.

    Returns:
        columns ``Model``, ``Kind``, the metric, its interval, then all other metrics by name; NaN if unknown.
    """
    rows = []
    for score in scores:
        row = {"Model": score.label, "Kind": score.kind, metric: score.metrics.get(metric)}
        if intervals is not None:
            row["from"], row["to"] = interval_of(score, intervals) or (None, None)
        rows.append(row | {name: score.metrics.get(name) for name in METRICS if name != metric})
    table = pd.DataFrame(rows)
    table[table.columns[2:]] = table[table.columns[2:]].astype(float)
    return table.sort_values(metric, ascending=metric in LOWER_IS_BETTER, kind="stable", ignore_index=True)


def interval_of(score: Score, intervals: Mapping[str, tuple[float, float]]) -> tuple[float, float] | None:
    """A score's confidence interval, from those by model; None for a reference, whose interval is unknown."""
    return None if score.kind == "reference" else intervals.get(score.model)


def hardest_genres(scores: Iterable[Score]) -> pd.DataFrame:
    """The genres with the lowest F1 of each of our models according to their cards; models in the order of the scores.

    Returns:
        columns ``model`` (its label), ``genre``, ``f1``, ``precision``, ``recall``, ``films`` (test films of the
        genre), each model's lowest F1 first; empty if no card lists any.
    """
    columns = ["genre", "f1", "precision", "recall", "films"]
    rows = []
    for score in scores:
        weakest = score.weights.card.get("weakest") if score.kind == "ours" and score.weights else None
        for genre in weakest if isinstance(weakest, list) else []:
            rows.append({"model": score.label} | {name: as_object(genre).get(name) for name in columns})
    return pd.DataFrame(rows, columns=["model", *columns])


def bce_to_beat(scores: Iterable[Score]) -> float:
    """The BCE of the base rates if they are among these scores, else the published one."""
    return next((score.metrics["bce"] for score in scores if score.model == "prior"), BASE_RATE_BCE)


def sources(scores: Iterable[Score]) -> dict[str, list[str]]:
    """Where the references' metrics come from: source → the labels of its scores."""
    by_source: dict[str, list[str]] = {}
    for score in scores:
        if score.source:
            by_source.setdefault(score.source, []).append(score.label)
    return by_source


def _kind(weights: Weights | None) -> str:
    if weights is None:
        return "other"
    return "baseline" if SPECS[weights.model].is_baseline else "ours"


def _published_scores() -> list[Score]:
    """The results published in the reports and in public notebooks."""
    report = f"the lowest validation loss in the report; the base rates have {BASE_RATE_BCE} on these films"
    public = "the lowest validation loss among 18 public notebooks with the same networks and data"
    return [
        Score(f"{SPECS[model].label}, {where}", model, "reference", {"bce": value}, source=source)
        for where, values, source in (("in the report", REPORTED_BCE, report), ("best public copy", PUBLIC_BCE, public))
        for model, value in values.items()
    ]


def _retrained_scores(weights: Iterable[Weights]) -> list[Score]:
    """The results of the reports' recipes retrained for this project, if their histories exist.

    They are those on the test films of these weights; where these are other films, those of the best epoch on val.
    """
    digests = {each.card.get("data_digest") for each in weights}
    prior = next((each.card["metrics"].get("val") for each in weights if each.model == "prior"), None)
    source = "the report's recipe, retrained for this project, at its lowest validation loss"
    source += f"; the base rates have {prior['bce']:.3f} on these films" if prior else ""
    scores = []
    for model in REPORTED_BCE:
        run = run_event(read_events(paths.REFERENCE_RUNS / f"{model}.jsonl"))
        if run.get("data_digest") in digests and (score := _retrained_score(model, run, "test", "the test films")):
            metrics = {name: score.metrics[name] for name in SCORES if name in score.metrics}
            scores.append(replace(score, metrics=metrics))
        elif (curve := reference_curve(model)) is not None:
            best = curve.loc[curve["loss"].idxmin()]
            f1 = ratio(2 * best["precision"] * best["recall"], best["precision"] + best["recall"])
            metrics = {"bce": float(best["loss"])} | ({} if np.isnan(f1) else {"micro_f1": float(f1)})
            label = f"{model_label(model)}, report's recipe{_ON_VAL}"
            scores.append(Score(label, model, "reference", metrics, source=source))
    return scores
