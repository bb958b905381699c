"""The scoreboard: trained weights, baselines and the figures of others, side by side. Nothing here needs TensorFlow."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from genreclf.files import as_object
from genreclf.models import SPECS, get_spec
from genreclf.runs.curves import reference_curve
from genreclf.weights.folder import Weights

BASE_RATE_BCE = 0.231  # of always answering with the base rates, on the reports' split
REPORTED_BCE = {"cnn": 0.2453, "lstm": 0.2254}  # report A's lowest validation loss
PUBLIC_BCE = {"cnn": 0.225, "lstm": 0.212}  # the best of 18 public notebooks with the same models and data
SCORES = ("bce", "micro_f1", "macro_f1", "map", "top1", "top3_recall")  # the figures a scoreboard shows


@dataclass(frozen=True)
class Score:
    """One line of the scoreboard.

    Attributes:
        label: what people read.
        model: the family, which gives it its colour.
        kind: ``"baseline"``, ``"reference"`` or ``"ours"``.
        figures: what is known of ``SCORES``.
        weights: what was measured on its test films, of a baseline or one of ours.
        source: where the figures of a reference come from, in words.
    """

    label: str
    model: str
    kind: str
    figures: dict[str, float] = field(default_factory=dict)
    weights: Weights | None = None
    source: str = ""


def scoreboard(weights: Iterable[Weights]) -> list[Score]:
    """Trained weights on their test films, with the reports' and other public figures among them; the best first.

    Weights that were never measured on a test film are left out.
    """
    weights = list(weights)
    scores = [*_stated_scores(), *_retrained_scores(weights)]
    for one in weights:
        spec, measured = get_spec(one.model), one.card["metrics"].get("test")
        if measured:
            figures = {name: float(measured[name]) for name in SCORES if name in measured}
            scores.append(Score(spec.label, one.model, "baseline" if spec.is_baseline else "ours", figures, one))
    return sorted(scores, key=lambda score: score.figures["bce"])


def hardest_genres(scores: Iterable[Score]) -> pd.DataFrame:
    """What each of our models is worst at, as their cards say; the models in the order of the scores.

    Returns:
        columns ``model`` (its label), ``genre``, ``f1``, ``precision``, ``recall``, ``films`` (test films of the
        genre), the lowest F1 of a model first; empty where no card says it.
    """
    columns = ["genre", "f1", "precision", "recall", "films"]
    rows = []
    for score in scores:
        if score.kind == "ours" and score.weights:
            found = score.weights.card.get("weakest")
            found = [as_object(one) for one in found] if isinstance(found, list) else []
            rows += [{"model": score.label} | {name: one.get(name) for name in columns} for one in found]
    return pd.DataFrame(rows, columns=["model", *columns])


def bce_to_beat(scores: Iterable[Score]) -> float:
    """The BCE of the constant answer among these scores, or the known one where it was not measured."""
    return next((score.figures["bce"] for score in scores if score.model == "prior"), BASE_RATE_BCE)


def _stated_scores() -> list[Score]:
    """What others state of their networks."""
    report = f"the lowest validation loss that a report states; the constant answer has {BASE_RATE_BCE} on such films"
    public = "the lowest validation loss among 18 public notebooks with the same networks and data"
    return [
        Score(f"{SPECS[model].label}, {whose}", model, "reference", {"bce": value}, source=source)
        for whose, stated, source in (("in the report", REPORTED_BCE, report), ("best public copy", PUBLIC_BCE, public))
        for model, value in stated.items()
    ]


def _retrained_scores(weights: list[Weights]) -> list[Score]:
    """What the reports' recipes came to when this project ran them, where their histories are there."""
    prior = next((one.card["metrics"].get("val") for one in weights if one.model == "prior"), None)
    source = "the report's recipe, run anew for this project, at its lowest validation loss"
    source += f"; the constant answer has {prior['bce']:.3f} on these films" if prior else ""
    scores = []
    for model in REPORTED_BCE:
        curve = reference_curve(model)
        if curve is None:
            continue
        best = curve.loc[curve["loss"].idxmin()]
        figures, precision, recall = {"bce": float(best["loss"])}, float(best["precision"]), float(best["recall"])
        if precision + recall > 0:
            figures["micro_f1"] = 2 * precision * recall / (precision + recall)
        scores.append(Score(f"{SPECS[model].label}, report's recipe", model, "reference", figures, source=source))
    return scores
