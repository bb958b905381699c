"""What the API answers: the genres of films, in the shape of ``genreclf predict --json``, and the models' cards."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from genreclf.data.posters import Size, poster_array
from genreclf.errors import UserError
from genreclf.models import SPECS, find_spec
from genreclf.models.network import structure_of
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
    """A film that was read: its text, its poster in each size that is needed, and what is to be said of them."""

    overview: str | None
    posters: dict[Size, np.ndarray] | None
    notes: tuple[str, ...]

    @property
    def given(self) -> tuple[bool, bool]:
        return self.posters is not None, self.overview is not None


class Engine:
    """Loaded models that answer for films.

    Args:
        predictors: the models.
        limits: of a film and of a request.
    """

    def __init__(self, predictors: Sequence[Predictor], limits: Limits):
        self.predictors = {each.spec.name: each for each in predictors}
        self.limits = limits
        self._words = known_words(each.weights for each in predictors)

    def answer(self, films: Sequence[GivenFilm], models: str | None, top: int) -> list[dict[str, Any]]:
        """Predict the genres of films.

        Args:
            films: one or more.
            models: names, separated by commas; None for all that can answer.
            top: how many genres to list per model.

        Returns:
            for each film, in their order, ``predictions`` and ``notes``, or ``problem``; and its ``id`` if it has one.

        Raises:
            UserError: no such model, or a ``top`` that makes no sense.
        """
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
        overview = posters = None
        try:
            if film.overview is not None:
                found = read_overview(film.overview, self._words, self.limits)
                if found.problem:
                    raise UserError(f"The {found.problem}; describe the plot in a sentence or two, or leave it out.")
                overview, notes = found.text, [*found.notes]
            if film.poster is not None:
                image = read_poster(film.poster, self.limits)
                notes += poster_notes(image)
                sizes = {each.spec.poster_size for each in chosen if each.spec.uses_poster}
                posters = {size: poster_array(image, size) for size in sizes}  # the image would take much more memory
            read = _Film(overview, posters, tuple(notes))
            able = [each for each in chosen if each.spec.can_predict(*read.given)]
            if not any(read.given):
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

        def posters(size: Size) -> np.ndarray:
            return np.stack([film.posters[size] for film in films])

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
                "is_baseline": each.spec.is_baseline, "architecture": _architecture(each),
                "genres": list(each.weights.genres),
                "thresholds": dict(zip(each.weights.genres, each.weights.thresholds.tolist(), strict=True)),
                "weights": each.weights.folder.parent.name, **_known(each.weights.card),
            }
            for each in self.predictors.values()
        ]  # fmt: skip


def _known(card: Mapping[str, Any]) -> dict[str, Any]:
    return {name: card[name] for name in _OF_CARD if name in card}


def _listed(prediction: FilmPrediction, top: int) -> list[dict[str, Any]]:
    return [{**asdict(each), "probability": round(each.probability, 4)} for each in prediction.top(top)]


def _architecture(predictor: Predictor) -> dict[str, Any]:
    """What decides a network's shape, beside its genres; empty for a baseline."""
    spec = predictor.spec
    if spec.is_baseline:
        return {}
    size = {"poster_size": spec.poster_size} if spec.poster_size else {}
    parts = {"parts": list(spec.parts)} if spec.parts else {}
    options = {name: value for name, value in structure_of(spec, predictor.weights.card).items() if name != "genres"}
    return size | parts | options


def loaded(weights: Sequence[Weights]) -> tuple[list[Predictor], list[str]]:
    """The models with these weights, those that can be loaded, and why the others cannot, in sentences."""
    good, problems = [], []
    for each in weights:
        try:
            good.append(Predictor(each))
        except UserError as error:
            problems.append(f"{SPECS[each.model].label} does not answer: {error}")
    return good, problems
