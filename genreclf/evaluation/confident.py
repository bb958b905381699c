"""The films that a model is surest of, right and wrong, and the labels that all models together doubt."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from genreclf.errors import UserError
from genreclf.evaluation.metrics import MIN_FILMS
from genreclf.evaluation.poster_vs_overview import top1_correct
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.genres import GENRES
from genreclf.models import get_spec


def confident_hits(predictions: SplitPredictions, model: str, count: int = 12) -> pd.DataFrame:
    """The films whose most probable genre is true, the surest first.

    Returns:
        at most ``count`` lines: columns ``position`` (in the split), ``id`` (of the film), ``genre`` (the most probable
        one), ``probability`` (calibrated).

    Raises:
        UserError: no answers of the model.
    """
    return _surest(predictions, model, top1_correct(predictions, model), count)


def confident_errors(predictions: SplitPredictions, model: str, count: int = 12) -> pd.DataFrame:
    """The films whose most probable genre is false, the surest first; see ``confident_hits``."""
    return _surest(predictions, model, ~top1_correct(predictions, model), count)


def label_issues(predictions: SplitPredictions, count: int = 12, models: Sequence[str] | None = None) -> pd.DataFrame:
    """The film-genre pairs whose label the models together doubt most: likely errors, or films unlike their genre.

    In the manner of confident learning (Northcutt et al. 2021, "Confident Learning: Estimating Uncertainty in Dataset
    Labels"): each genre has two marks, how sure a model is on average of the films that have it, and how sure it is on
    average of the others that they have not. A model takes a label for wrong where it reaches the mark of the other
    label and not that of the given one; its doubt is the sum of both distances. Where no model is ever sure of a genre
    its mark is low and its doubts are small: they come last. Of a genre of fewer than ``MIN_FILMS`` films the mark is
    chance, and may be next to nothing, so that no film is said to lack it.

    A pair is listed where a model that looks and one that reads both take its label for wrong, ordered by the mean
    doubt of all models. Models are surer of films that they were trained on: few labels of train are doubted.

    Args:
        answers: of a split.
        count: how many pairs at most.
        models: whose doubts count; by default all that stand on their own: no baseline, and none made of others.

    Returns:
        columns ``position`` (in the split), ``id`` (of the film), ``genre``, ``label`` (1: the film is said to have
        the genre), ``probability`` (of the genre, the mean over the models), ``models`` (what people call those that
        take the label for wrong, separated by commas).

    Raises:
        UserError: no answers of a model, or the models only look or only read.
    """
    told = [predictions.of(name) for name in (_on_their_own(predictions) if models is None else models)]
    uses_poster = np.array([get_spec(one.model).uses_poster for one in told], bool)
    uses_overview = np.array([get_spec(one.model).uses_overview for one in told], bool)
    if not uses_poster.any() or not uses_overview.any():
        raise UserError("Labels are doubted by a poster model and a text model together; choose one of each.")
    truth = predictions.labels.astype(bool)
    probabilities = np.stack([one.probabilities.astype(np.float64) for one in told])
    doubt, wrong = (np.stack(parts) for parts in zip(*(_doubt(truth, one) for one in probabilities), strict=True))
    films, genres = np.nonzero(wrong[uses_poster].any(axis=0) & wrong[uses_overview].any(axis=0))
    order = np.argsort(-doubt.mean(axis=0)[films, genres], kind="stable")[:count]
    films, genres = films[order], genres[order]
    table = _lines(predictions, films, genres)
    table["label"] = predictions.labels[films, genres].astype(int)
    table["probability"] = probabilities.mean(axis=0)[films, genres]
    labels = np.array([one.label for one in told])
    table["models"] = [", ".join(labels[against]) for against in wrong[:, films, genres].T]
    return table


def _doubt(truth: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How much one model doubts each label, float ``(n, 25)``, and whether it takes it for wrong, bool ``(n, 25)``.

    A genre is missing nowhere that has fewer than ``MIN_FILMS`` films.
    """
    films, others = truth.sum(axis=0), (~truth).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):  # a genre of no film, or of all: no mark, and no doubt
        cache_key = (probabilities * truth).sum(axis=0) / films
        mark_of_others = ((1 - probabilities) * ~truth).sum(axis=0) / others
    given = np.where(truth, probabilities - cache_key, 1 - probabilities - mark_of_others)
    other = np.where(truth, 1 - probabilities - mark_of_others, probabilities - cache_key)
    return other - given, (other >= 0) & (given < 0) & (truth | (films >= MIN_FILMS))


def _on_their_own(predictions: SplitPredictions) -> list[str]:
    return [name for name in predictions.models if not get_spec(name).is_baseline and not get_spec(name).parts]


def _surest(predictions: SplitPredictions, model: str, among: np.ndarray, count: int) -> pd.DataFrame:
    probabilities = predictions.of(model).probabilities
    films = np.flatnonzero(among)
    films = films[np.argsort(-probabilities[films].max(axis=1), kind="stable")[:count]]
    table = _lines(predictions, films, probabilities[films].argmax(axis=1))
    table["probability"] = probabilities[films].max(axis=1).astype(np.float64)
    return table


def _lines(predictions: SplitPredictions, films: np.ndarray, genres: np.ndarray) -> pd.DataFrame:
    ids = predictions.catalogue.films["id"].to_numpy()[predictions.rows[films]]
    return pd.DataFrame({"position": films, "id": ids, "genre": np.array(GENRES)[genres]})
