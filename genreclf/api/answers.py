"""What the API answers: the genres of films, in the shape of ``genreclf predict --json``, and the models' cards."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from genreclf.data.posters import Size, poster_array
from genreclf.errors import UserError
from genreclf.models import SPECS, find_spec
from genreclf.predict.film import UNFAMILIAR, FilmPrediction, poster_notes, read_overview, read_poster
from genreclf.predict.predictor import Predictor, predict_all
from genreclf.public import Limits
from genreclf.weights.folder import Weights, known_words

_OF_CARD = ("what", "recipe", "films", "metrics", "seed", "trained", "versions", "runtime", "parameters", "best_epoch",
            "weights_sha256")  # fmt: skip


@dataclass(frozen=True)
class GivenFilm:
    """A film as it was given: its id, its overview, and its poster as the bytes of a file; both may be missing."""

    id: str | None = None
    overview: str | None = None
    poster: bytes | None = None


@dataclass(frozen=True)
class _Film:
    """A film that was read: its text, its poster, and what is to be said of them."""

    overview: str | None
    poster: Image.Image | None
    notes: tuple[str, ...]

    @property
    def given(self) -> tuple[bool, bool]:
        return self.poster is not None, self.overview is not None


class Engine:
    """Loaded models that answer for films.

    Args:
        weights: of the models, each with its network loaded from now on.
        limits: of a film and of a request.

    Raises:
        UserError: weights are damaged.
    """

    def __init__(self, weights: Sequence[Weights], limits: Limits):
        self.predictors = {each.model: Predictor(each) for each in weights}
        self.limits = limits
        self._words = known_words(weights)

    def answer(self, films: Sequence[GivenFilm], models: str | None, top: int) -> list[dict[str, Any]]:
        """Predict the genres of films.

        Args:
            films: at most ``limits.films``.
            models: names, separated by commas; None for all that can answer.
            top: how many genres to list per model.

        Returns:
            for each film, in their order, ``predictions`` and ``notes``, or ``problem``; and its ``id`` if it has one.

        Raises:
            UserError: no film, too many, no such model, or a ``top`` that makes no sense.
        """
        if not films or len(films) > self.limits.films:
            raise UserError(f"There are {len(films):,} films; give from 1 to {self.limits.films} in one request.")
        chosen = self._chosen(models)
        most = max(len(each.weights.genres) for each in chosen)
        if not 1 <= top <= most:
            raise UserError(f"top is {top}; give a number from 1 to {most}.")
        read: list[_Film | str] = [self._read(film, chosen, models) for film in films]
        answers: dict[int, dict[str, Any]] = {}
        for given in {each.given for each in read if isinstance(each, _Film)}:
            places = [place for place, each in enumerate(read) if isinstance(each, _Film) and each.given == given]
            alike = [each for each in read if isinstance(each, _Film) and each.given == given]
            answers |= dict(zip(places, self._predict(chosen, alike, top), strict=True))
        return [
            ({} if film.id is None else {"id": film.id})
            | (answers[place] if place in answers else {"problem": str(read[place])})
            for place, film in enumerate(films)
        ]

    def _chosen(self, models: str | None) -> list[Predictor]:
        """The predictors of the models that are named; UserError if one is unknown or not loaded."""
        if models is None:
            return list(self.predictors.values())
        names = list(dict.fromkeys(find_spec(name).name for name in models.split(",") if name.strip()))
        if missing := [name for name in names if name not in self.predictors] or ([] if names else [models]):
            raise UserError(f"The model {missing[0]!r} does not answer here; choose from {', '.join(self.predictors)}.")
        return [self.predictors[name] for name in names]

    def _read(self, film: GivenFilm, chosen: Sequence[Predictor], models: str | None) -> _Film | str:
        """A film as the models read it, or why it cannot be used."""
        notes: list[str] = []
        overview = poster = None
        try:
            if film.overview is not None:
                if len(film.overview) > self.limits.characters:
                    raise UserError(
                        f"The overview has {len(film.overview):,} characters; shorten it to {self.limits.characters:,}."
                    )
                found = read_overview(film.overview, self._words)
                if found.problem:
                    raise UserError(f"The {found.problem}; describe the plot in a sentence or two, or leave it out.")
                overview, notes = found.text, [*found.notes]
            if film.poster is not None:
                poster = read_poster(film.poster, self.limits)
                notes += poster_notes(poster)
            read = _Film(overview, poster, tuple(notes))
            able = [each for each in chosen if each.spec.can_predict(*read.given)]
            if not (read.poster or read.overview):
                raise UserError("There is neither an overview nor a poster; give one of them.")
            if models is not None and len(able) < len(chosen):
                unable = next(each.spec for each in chosen if each not in able)
                raise UserError(
                    f"The model {unable.name} needs the film's {unable.input}; give it, or leave the model out."
                )
            if not able:
                raise UserError("No model that answers here can use this alone; give an overview and a poster.")
        except UserError as error:
            return str(error)
        return read

    def _predict(self, chosen: Sequence[Predictor], films: Sequence[_Film], top: int) -> list[dict[str, Any]]:
        """Predict films that have the same inputs."""
        has_poster, has_overview = films[0].given

        @cache
        def posters(size: Size) -> np.ndarray:
            return np.stack([poster_array(film.poster, size) for film in films])

        overviews = [film.overview for film in films] if has_overview else None
        found = predict_all(chosen, posters if has_poster else None, overviews, len(films))
        answers = []
        for place, film in enumerate(films):
            predictions = [
                FilmPrediction(each.weights, found[each.spec.name].probabilities[place],
                               each.spec.fallback_part(*film.given), bool(found[each.spec.name].unfamiliar[place]))
                for each in chosen if each.spec.name in found
            ]  # fmt: skip
            notes = [*film.notes, *([UNFAMILIAR] if any(each.unfamiliar for each in predictions) else [])]
            answers.append(
                {"predictions": {each.weights.model: _listed(each, top) for each in predictions}, "notes": notes}
            )
        return answers

    def cards(self) -> list[dict[str, Any]]:
        """What is known of each model: its inputs, its genres with their thresholds, how it was trained, its scores."""
        return [
            {
                "model": each.spec.name, "label": each.spec.label, "input": each.spec.input,
                "is_baseline": each.spec.is_baseline, "genres": list(each.weights.genres),
                "thresholds": dict(zip(each.weights.genres, each.weights.thresholds.tolist(), strict=True)),
                "weights": each.weights.folder.parent.name, **_known(each.weights.card),
            }
            for each in self.predictors.values()
        ]  # fmt: skip


def _known(card: Mapping[str, Any]) -> dict[str, Any]:
    return {name: card[name] for name in _OF_CARD if name in card}


def _listed(prediction: FilmPrediction, top: int) -> list[dict[str, Any]]:
    return [{**asdict(each), "probability": round(each.probability, 4)} for each in prediction.top(top)]


def loadable(weights: Sequence[Weights]) -> tuple[list[Weights], list[str]]:
    """Those of the weights that can be loaded, and why the others cannot, in sentences."""
    good, problems = [], []
    for each in weights:
        try:
            Predictor(each)
        except UserError as error:
            problems.append(f"{SPECS[each.model].label} does not answer: {error}")
        else:
            good.append(each)
    return good, problems
