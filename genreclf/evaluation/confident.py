"""The films for which a model is most confident, right or wrong, and the labels that several models doubt."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from genreclf.errors import UserError
from genreclf.evaluation.counts import ratio
from genreclf.evaluation.metrics import MIN_FILMS
from genreclf.evaluation.poster_vs_overview import top1_correct
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.genres import GENRES
from genreclf.models import get_spec


def confident_hits(predictions: SplitPredictions, model: str, count: int = 12) -> pd.DataFrame:
    """The films whose most probable genre is true, the most confident first.

    Returns:
        at most ``count`` rows: columns ``position`` (in the split), ``id`` (of the film), ``genre`` (the most probable
        one), ``probability`` (calibrated).

    Raises:
        UserError: no predictions of the model.
    """
    return _most_confident(predictions, model, top1_correct(predictions, model), count)


def confident_errors(predictions: SplitPredictions, model: str, count: int = 12) -> pd.DataFrame:
    """The films whose most probable genre is false, the most confident first; see ``confident_hits``."""
    return _most_confident(predictions, model, ~top1_correct(predictions, model), count)


def label_issues(predictions: SplitPredictions, count: int = 12, models: Sequence[str] | None = None) -> pd.DataFrame:
    """The film-genre pairs whose labels the models doubt most: likely errors, or films unlike others of their genre.

    After confident learning (Northcutt et al. 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels"):
    each genre has two reference levels, a model's average confidence in films that have it, and its average confidence
    in the absence of the genre for the others. A model considers a label wrong where its confidence in the other label
    reaches that label's level while its confidence in the given label stays below its own; the doubt is the sum of both
    distances. Where no model is ever confident of a genre, the level is low and doubts are small: they come last. With
    fewer than ``MIN_FILMS`` films of a genre the level is a matter of chance and may be close to 0, so that no film is
    said to lack this genre.

    A pair is listed where a poster model and a text model both consider its label wrong, ordered by the mean doubt of
    all models. Models are more confident about films that they were trained on: few labels of train are doubted.

    Args:
        predictions: for a split.
        count: the most pairs to list.
        models: whose doubts count; by default all except baselines and models made of others.

    Returns:
        columns ``position`` (in the split), ``id`` (of the film), ``genre``, ``label`` (1: the film is labelled with
        the genre), ``probability`` (of the genre, averaged over the models), ``models`` (the labels of the models that
        consider the film's label wrong, separated by commas).

    Raises:
        UserError: no predictions of a model, or the models use only posters or only overviews.
    """
    found = [predictions.of(name) for name in (_independent(predictions) if models is None else models)]
    uses_poster = np.array([get_spec(model.model).uses_poster for model in found], bool)
    uses_overview = np.array([get_spec(model.model).uses_overview for model in found], bool)
    if not uses_poster.any() or not uses_overview.any():
        raise UserError("Labels are doubted by a poster model and a text model together; choose one of each.")
    true = predictions.labels.astype(bool)
    probabilities = np.stack([model.probabilities.astype(np.float64) for model in found])
    doubt, wrong = (np.stack(parts) for parts in zip(*(_doubt(true, each) for each in probabilities), strict=True))
    films, genres = np.nonzero(wrong[uses_poster].any(axis=0) & wrong[uses_overview].any(axis=0))
    order = np.argsort(-doubt.mean(axis=0)[films, genres], kind="stable")[:count]
    films, genres = films[order], genres[order]
    table = _rows(predictions, films, genres)
    table["label"] = predictions.labels[films, genres].astype(int)
    table["probability"] = probabilities.mean(axis=0)[films, genres]
    names = np.array([model.label for model in found])
    table["models"] = [", ".join(names[against]) for against in wrong[:, films, genres].T]
    return table


def _doubt(true: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How much a model doubts each label, float ``(n, 25)``, and whether it considers it wrong, bool ``(n, 25)``.

    A genre with fewer than ``MIN_FILMS`` films is never considered missing.
    """
    films = true.sum(axis=0)
    level = ratio((probabilities * true).sum(axis=0), films)  # NaN, and no doubt, for a genre of no film or of all
    level_of_others = ratio(((1 - probabilities) * ~true).sum(axis=0), (~true).sum(axis=0))
    with_genre, without = probabilities - level, 1 - probabilities - level_of_others
    given, other = np.where(true, with_genre, without), np.where(true, without, with_genre)
    return other - given, (other >= 0) & (given < 0) & (true | (films >= MIN_FILMS))


def _independent(predictions: SplitPredictions) -> list[str]:
    return [name for name in predictions.models if not get_spec(name).is_baseline and not get_spec(name).parts]


def _most_confident(predictions: SplitPredictions, model: str, among: np.ndarray, count: int) -> pd.DataFrame:
    probabilities = predictions.of(model).probabilities
    films = np.flatnonzero(among)
    films = films[np.argsort(-probabilities[films].max(axis=1), kind="stable")[:count]]
    table = _rows(predictions, films, probabilities[films].argmax(axis=1))
    return table.assign(probability=probabilities[films].max(axis=1).astype(np.float64))


def _rows(predictions: SplitPredictions, films: np.ndarray, genres: np.ndarray) -> pd.DataFrame:
    ids = predictions.catalogue.films["id"].to_numpy()[predictions.rows[films]]
    return pd.DataFrame({"position": films, "id": ids, "genre": np.array(GENRES)[genres]})
