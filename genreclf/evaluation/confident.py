"""A model's most confident correct and wrong predictions, and the labels that the models doubt."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from genreclf.errors import UserError
from genreclf.evaluation.counts import ratio
from genreclf.evaluation.metrics import MIN_FILMS
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.models import SPECS


def confident_hits(predictions: SplitPredictions, model: str, count: int = 12) -> pd.DataFrame:
    """The films whose most probable genre is true, the most confident first.

    Returns:
        at most ``count`` rows: columns ``position`` (in the split), ``id`` (of the film), ``genre`` (the most probable
        one), ``probability`` (calibrated).
    """
    return _most_confident(predictions, model, True, count)


def confident_errors(predictions: SplitPredictions, model: str, count: int = 12) -> pd.DataFrame:
    """The films whose most probable genre is false, the most confident first; see ``confident_hits``."""
    return _most_confident(predictions, model, False, count)


def label_issues(predictions: SplitPredictions, count: int = 12, models: Sequence[str] | None = None) -> pd.DataFrame:
    """The film-genre pairs whose labels the models doubt most: likely errors, or films unlike others of their genre.

    After confident learning (Northcutt et al. 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels"):
    each genre has two reference levels, a model's mean probability of the genre for films that have it, and its mean
    probability of the opposite for the others. A model considers a label wrong if the probability of the opposite label
    reaches that label's level while the probability of the given label is below its own level; the doubt is the sum of
    both distances. For a genre that no model recognises well, the level is low and doubts are small, so they come last.
    With fewer than ``MIN_FILMS`` films of a genre the level is mostly noise and may be close to 0, so the genre is
    never considered missing.

    A pair is listed if a poster model and a text model both consider its label wrong, ordered by the mean doubt of all
    models. Models are more confident about films that they were trained on, so few labels of train are doubted.

    At most ``count`` pairs are listed, and by default all weights in use count except baselines and models made of
    others.

    Returns:
        columns ``position`` (in the split), ``id`` (of the film), ``genre``, ``label`` (1: the film is labelled with
        the genre), ``probability`` (of the genre, averaged over the models), ``models`` (the labels of the models that
        consider the film's label wrong, separated by commas).

    Raises:
        UserError: the models use only posters or only overviews, or one has no predictions.
    """
    if models is None:
        in_use = [SPECS[name] for name in predictions.models if name in SPECS]
        models = [spec.name for spec in in_use if not spec.is_baseline and not spec.parts]
    selected = [predictions.of(name) for name in models]
    uses_poster = np.array([each.spec is not None and each.spec.uses_poster for each in selected], bool)
    uses_overview = np.array([each.spec is not None and each.spec.uses_overview for each in selected], bool)
    if not uses_poster.any() or not uses_overview.any():
        raise UserError("Doubtful labels need a poster model and a text model; choose one of each.")
    true = predictions.labels.astype(bool)
    probabilities = np.stack([model.probabilities.astype(np.float64) for model in selected])
    doubt, wrong = map(np.stack, zip(*(_doubt(true, each) for each in probabilities), strict=True))
    films, genres = np.nonzero(wrong[uses_poster].any(axis=0) & wrong[uses_overview].any(axis=0))
    order = np.argsort(-doubt.mean(axis=0)[films, genres], kind="stable")[:count]
    films, genres = films[order], genres[order]
    table = _rows(predictions, films, genres)
    table["label"] = predictions.labels[films, genres].astype(int)
    table["probability"] = probabilities.mean(axis=0)[films, genres]
    names = np.array([model.label for model in selected])
    table["models"] = [", ".join(names[doubting]) for doubting in wrong[:, films, genres].T]
    return table


def _doubt(true: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A model's doubt about each label, float ``(n, genres)``, and whether it considers the label wrong, bool."""
    films = true.sum(axis=0)
    level = ratio((probabilities * true).sum(axis=0), films)  # NaN (so no doubt) for a genre of no film or of all
    level_of_absence = ratio(((1 - probabilities) * ~true).sum(axis=0), (~true).sum(axis=0))
    presence, absence = probabilities - level, 1 - probabilities - level_of_absence
    given, opposite = np.where(true, presence, absence), np.where(true, absence, presence)
    return opposite - given, (opposite >= 0) & (given < 0) & (true | (films >= MIN_FILMS))


def _most_confident(predictions: SplitPredictions, model: str, is_right: bool, count: int) -> pd.DataFrame:
    genres, correct = predictions.top1(model)
    confidence = predictions.of(model).probabilities.max(axis=1).astype(np.float64)
    films = np.flatnonzero(correct == is_right)
    films = films[np.argsort(-confidence[films], kind="stable")[:count]]
    return _rows(predictions, films, genres[films]).assign(probability=confidence[films])


def _rows(predictions: SplitPredictions, films: np.ndarray, genres: np.ndarray) -> pd.DataFrame:
    ids = predictions.catalogue.films["id"].to_numpy()[predictions.rows[films]]
    return pd.DataFrame({"position": films, "id": ids, "genre": np.array(predictions.genres)[genres]})
