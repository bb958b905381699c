"""The numbers behind the charts of a data set, and the scoreboard of the models. Nothing here needs TensorFlow."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from genreclf.data.catalogue import Catalogue
from genreclf.data.overviews import count_words, split_words
from genreclf.data.splits import SPLITS
from genreclf.files import as_object
from genreclf.genres import GENRES
from genreclf.models import SPECS, get_spec
from genreclf.runs.curves import reference_curve
from genreclf.weights.folder import Weights

BASE_RATE_BCE = 0.231  # of always answering with the base rates, on the reports' split
REPORTED_BCE = {"cnn": 0.2453, "lstm": 0.2254}  # report A's lowest validation loss
PUBLIC_BCE = {"cnn": 0.225, "lstm": 0.212}  # the best of 18 public notebooks with the same models and data
SCORES = ("bce", "micro_f1", "macro_f1", "map", "top1", "top3_recall")  # the figures a scoreboard shows


def genre_counts(catalogue: Catalogue) -> pd.DataFrame:
    """How many films each genre has in each split: index genre (the most frequent first), columns the splits.

    Genres without a film are kept, last.
    """
    splits = catalogue.films["split"].to_numpy()
    counts = {split: catalogue.labels[splits == split].sum(axis=0, dtype=int) for split in SPLITS}
    table = pd.DataFrame(counts, index=pd.Index(GENRES, name="genre"))
    return table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]


def genres_together(catalogue: Catalogue) -> pd.DataFrame:
    """Which share of the films of one genre (row) also has another (column), 0..1; the most frequent genres first.

    Genres without a film are left out; the diagonal is NaN, as every film of a genre has that genre.
    """
    labels = catalogue.labels.astype(int)
    present = np.flatnonzero(labels.any(axis=0))
    present = present[np.argsort(-labels[:, present].sum(axis=0), kind="stable")]
    together = labels[:, present].T @ labels[:, present]
    shares = together / np.diag(together)[:, None]
    np.fill_diagonal(shares, np.nan)
    names = [GENRES[index] for index in present]
    return pd.DataFrame(shares, index=names, columns=names)


def overview_lengths(catalogue: Catalogue) -> np.ndarray:
    """Words in each film's overview, as the models count them, int ``(n,)``."""
    return np.array([len(split_words(overview)) for overview in catalogue.films["overview"]], int)


def first_words(catalogue: Catalogue, count: int = 200) -> pd.DataFrame:
    """The vocabulary's first words, counted on the train split only: columns ``word``, ``times``; index rank from 1."""
    overviews = catalogue.films["overview"].to_numpy()[catalogue.in_split("train")]
    table = pd.DataFrame(count_words(overviews)[:count], columns=["word", "times"])
    table.index = pd.RangeIndex(1, len(table) + 1, name="rank")
    return table


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
