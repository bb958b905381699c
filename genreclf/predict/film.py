"""Predictions for one film: check an uploaded poster and a typed overview, and pass them to the models."""

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from genreclf import paths
from genreclf.data.catalogue import IMAGES_NAME
from genreclf.data.overviews import (
    MAX_CHARACTERS,
    MAX_LENGTH,
    clean_text,
    has_words,
    overview_problem,
    split_words,
)
from genreclf.data.posters import PosterError, PosterFile, Size, open_poster, poster_array
from genreclf.errors import UserError
from genreclf.models import SPECS
from genreclf.predict.predictor import GenrePrediction, Predictor, predict_all, top_genres
from genreclf.public import LIMITS, Limits, is_public
from genreclf.units import percent
from genreclf.weights.folder import Weights

EXAMPLES = paths.PROJECT / "assets" / "examples"
UNFAMILIAR = "This poster looks unlike those that the models learned from: expect more mistakes."
MIN_KNOWN_WORDS = 3
MIN_WORDS_FOR_LANGUAGE = 6  # with fewer words, the share of unknown ones says nothing about the language
MAX_UNKNOWN_SHARE = 0.5  # of the words; English overviews stay below .4, other languages are above .7


@dataclass(frozen=True)
class Overview:
    """A typed overview, cut to ``MAX_LENGTH`` words, and warnings for the user; or why it says nothing.

    ``problem`` is a clause (see ``genreclf.data.overviews.overview_problem``), and ``text`` is then "".
    """

    text: str
    notes: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Example:
    """A worked example: its title, what it demonstrates, an overview, and a poster of the sample.

    ``top`` holds what ``what`` claims: by model, the genre that the shipped weights find most probable.
    """

    key: str
    name: str
    what: str
    overview: str
    poster: Path
    top: dict[str, str]


@dataclass(frozen=True)
class FilmPrediction:
    """A model's prediction for one film: calibrated probabilities, float32 ``(genres,)``.

    ``fallback_part`` is ``"poster"`` or ``"overview"`` if a model of both predicted from that input only, else ``""``;
    ``unfamiliar`` is whether the poster is unlike those that the model learned from.
    """

    weights: Weights
    probabilities: np.ndarray
    fallback_part: str = ""
    unfamiliar: bool = False

    @property
    def label(self) -> str:
        """The model's label, for display."""
        return SPECS[self.weights.model].label

    def top(self, count: int | None = 3) -> list[GenrePrediction]:
        """The most probable genres, the most probable first; None for all."""
        return top_genres(
            self.weights.genres, self.probabilities, self.weights.thresholds_for(self.fallback_part), count
        )

    def chosen(self) -> list[str]:
        """The genres whose probability reaches their threshold, the most probable first."""
        return [prediction.genre for prediction in self.top(None) if prediction.chosen]

    def threshold(self, genre: str) -> float:
        """The lowest probability at which the model picks a genre."""
        return float(self.weights.thresholds_for(self.fallback_part)[self.weights.genres.index(genre)])


def read_poster(content: bytes | Path, limits: Limits | None = None) -> Image.Image:
    """Open an uploaded poster as any other (see ``open_poster``).

    Args:
        content: the file.
        limits: of the server that it was uploaded to; by default none but in public, where they are ``public.LIMITS``.

    Raises:
        UserError: the file is not a JPEG, PNG or WebP image, damaged, or beyond a limit.
    """
    limits = limits or (LIMITS if is_public() else None)
    try:
        return open_poster(content, limits.upload_bytes, limits.upload_pixels) if limits else open_poster(content)
    except PosterError as error:
        raise UserError(f"This {error}; choose another file.") from error


def poster_notes(image: Image.Image) -> tuple[str, ...]:
    """Warnings about an opened poster, in sentences."""
    if image.width > image.height:
        return ("This picture is wider than it is tall; the models have mostly seen upright posters.",)
    return ()


def read_overview(text: str, vocabulary: Collection[str] | None = None, limits: Limits | None = None) -> Overview:
    """Read an overview for the models, without markup and cut to the length that they read, with notes for the user.

    Args:
        text: of any length; only the first ``MAX_CHARACTERS`` are read.
        vocabulary: a model's words, with which those of the overview are compared.
        limits: of the server that it was sent to (see ``read_poster``); a longer text is a problem.
    """
    limits = limits or (LIMITS if is_public() else None)
    if limits and len(text) > limits.characters:
        return Overview("", problem=f"overview has {len(text):,} characters, more than {limits.characters:,}")
    beginning = clean_text(text[:MAX_CHARACTERS])
    typed = beginning.split()
    kept = " ".join(typed[:MAX_LENGTH])
    if problem := overview_problem(kept):
        return Overview("", problem=problem)
    words, notes = split_words(kept), []
    if len(typed) > MAX_LENGTH:
        more = "more than " if len(text) > MAX_CHARACTERS else ""
        notes.append(f"The overview has {more}{len(typed):,} words; the models read only the first {MAX_LENGTH}.")
    if vocabulary is not None:
        known = sum(word in vocabulary for word in words)
        unknown_share = 1 - known / max(len(words), 1)
        if len(words) >= MIN_WORDS_FOR_LANGUAGE and unknown_share >= MAX_UNKNOWN_SHARE:
            notes.append(
                f"{percent(unknown_share)} of these words never occur in the overviews the models learned from. "
                "Is this text in English?"
            )
        elif known < MIN_KNOWN_WORDS:
            count, evidence = (f"only {known}", "little") if known else ("none", "nothing")
            notes.append(
                f"The overviews the models learned from contain {count} of these words, so the models have {evidence} "
                "to go on. Write a sentence or two about the plot."
            )
    elif len(words) < MIN_KNOWN_WORDS:
        notes.append("This overview is too short to say much. Write a sentence or two about the plot.")
    return Overview(kept, tuple(notes))


def catalogue_image(poster: PosterFile) -> Image.Image:
    """Open a catalogue's poster.

    Raises:
        UserError: the file is not as it was when the catalogue was loaded.
    """
    try:
        return open_poster(poster)
    except PosterError as error:
        raise UserError(
            f"The poster {poster.path.name} changed after it was checked ({error}); reload the page to read it again."
        ) from None


def catalogue_poster(poster: PosterFile, size: Size) -> np.ndarray:
    """Read a catalogue's poster as uint8 ``(*size, 3)``; raises UserError like ``catalogue_image``."""
    return poster_array(catalogue_image(poster), size)


def load_examples() -> dict[str, Example]:
    """Read the worked examples, by key, from ``assets/examples/examples.json``."""
    posters = paths.SAMPLE / IMAGES_NAME
    entries = json.loads((EXAMPLES / "examples.json").read_text("utf-8"))
    return {entry["key"]: Example(**{**entry, "poster": posters / f"{entry['poster']}.jpg"}) for entry in entries}


def predict_film(
    predictors: Iterable[Predictor], poster: Callable[[Size], np.ndarray] | None, overview: str | None
) -> list[FilmPrediction]:
    """Predict the genres of one film with several models; those that need a missing input are left out.

    Args:
        predictors: the models.
        poster: returns the poster in a model's size, uint8 ``(*size, 3)``, or None without a poster: a partial
            ``catalogue_poster`` or ``genreclf.data.posters.poster_array``.
        overview: the overview's text, or None; one that says nothing is missing, too.
    """
    if not has_words(overview):
        overview = None
    if poster is None and overview is None:
        return []
    predictors = list(predictors)
    posters = None if poster is None else (lambda size: poster(size)[None])
    predictions = predict_all(predictors, posters, None if overview is None else [overview], films=1)
    given = (poster is not None, overview is not None)
    return [
        FilmPrediction(each.weights, found.probabilities[0], each.spec.fallback_part(*given), bool(found.unfamiliar[0]))
        for each in predictors
        if (found := predictions.get(each.spec.name))
    ]
