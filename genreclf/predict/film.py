"""Predictions for one film: check an uploaded poster and a typed overview, and pass them to the models."""

import json
import struct
import warnings
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from genreclf import paths
from genreclf.data.catalogue import IMAGES_NAME
from genreclf.data.overviews import MAX_LENGTH, has_words, split_words
from genreclf.data.posters import UPLOAD_FORMATS, PosterError, Size, img_process, open_poster, parse_image, to_uint8
from genreclf.errors import UserError
from genreclf.genres import GENRES
from genreclf.models import SPECS
from genreclf.predict.predictor import GenrePrediction, Predictor, predict_all, top_genres
from genreclf.units import percent
from genreclf.weights.folder import Weights

EXAMPLES = paths.PROJECT / "assets" / "examples"
DECODED_SIDE = 512  # pixels: large JPEGs are decoded at the next scale above, enough for display and for every model
MAX_SIDE = 1000  # pixels of an opened poster: twice its size on the page, three times any model's input
MIN_SIDE = 32  # pixels; half of the smallest model's input
MIN_KNOWN_WORDS = 3
MIN_WORDS_FOR_LANGUAGE = 6  # with fewer words, the share of unknown ones says nothing about the language
MAX_UNKNOWN_SHARE = 0.5  # of the words; English overviews stay below .4, other languages are above .7
MAX_CHARACTERS = 20_000  # of a typed text; the rest is ignored. 200 words are about 1,200 characters


@dataclass(frozen=True)
class Overview:
    """A typed overview, cut to ``MAX_LENGTH`` words, and warnings for the user."""

    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Example:
    """A worked example: its title, what it demonstrates, an overview, and a poster of the sample."""

    key: str
    name: str
    what: str
    overview: str
    poster: Path


@dataclass(frozen=True)
class FilmPrediction:
    """A model's prediction for one film: calibrated probabilities, float32 ``(25,)``.

    ``fallback_part`` is ``"poster"`` or ``"overview"`` if a model of both predicted from that input only, else ``""``.
    """

    weights: Weights
    probabilities: np.ndarray
    fallback_part: str = ""

    @property
    def label(self) -> str:
        """The model's label, for display."""
        return SPECS[self.weights.model].label

    def top(self, count: int = 3) -> list[GenrePrediction]:
        """The most probable genres, the most probable first."""
        return top_genres(self.probabilities, self.weights.thresholds_for(self.fallback_part), count)

    def chosen(self) -> list[str]:
        """The genres whose probability reaches their threshold, the most probable first."""
        return [prediction.genre for prediction in self.top(len(GENRES)) if prediction.chosen]

    def threshold(self, genre: str) -> float:
        """The lowest probability at which the model picks a genre."""
        return float(self.weights.thresholds_for(self.fallback_part)[GENRES.index(genre)])


def read_poster(content: bytes | Path) -> Image.Image:
    """Open an uploaded poster upright, in RGB and ``shrunk``; files that are too large are refused before decoding.

    Args:
        content: the uploaded bytes, or a file.

    Raises:
        UserError: the file is not a JPEG, PNG or WebP image, damaged, too large or too small.
    """
    try:
        image = _upright(open_poster(content, UPLOAD_FORMATS, near=DECODED_SIDE))
    except PosterError as error:
        reason = str(error).replace("JPEG or PNG or WEBP", "JPEG, PNG or WebP")
        raise UserError(f"This {reason}; choose another file.") from error
    if min(image.size) < MIN_SIDE:
        width, height = image.size
        raise UserError(f"This poster has only {width}×{height} pixels; choose one of {MIN_SIDE}×{MIN_SIDE} or more.")
    return shrunk(image)


def shrunk(image: Image.Image) -> Image.Image:
    """Reduce an image to at most ``MAX_SIDE`` pixels in width and height; smaller ones are returned unchanged."""
    scale = MAX_SIDE / max(image.size)
    if scale >= 1:
        return image
    # a very narrow image keeps enough pixels to be usable
    width, height = (max(min(side, MIN_SIDE), round(scale * side)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3)


def poster_notes(image: Image.Image) -> tuple[str, ...]:
    """Warnings about an opened poster, in sentences."""
    if image.width > image.height:
        return ("This picture is wider than it is tall; the models have only seen upright posters.",)
    return ()


def read_overview(text: str, vocabulary: Collection[str] | None = None) -> Overview | None:
    """Cut a typed overview to the length that models read, and compare its words with a model's vocabulary, if any.

    Returns:
        None for a text without words.
    """
    typed = text[:MAX_CHARACTERS].split()
    kept = " ".join(typed[:MAX_LENGTH])
    words = split_words(kept)
    if not words:
        return None
    notes = []
    if len(typed) > MAX_LENGTH:
        notes.append(f"The overview has {len(typed):,} words; the models read only the first {MAX_LENGTH}.")
    if vocabulary is not None:
        known = sum(word in vocabulary for word in words)
        unknown_share = 1 - known / len(words)
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


def catalogue_poster(path: Path, size: Size) -> np.ndarray:
    """Read a catalogue's poster as uint8 ``(*size, 3)``, exactly as in training and evaluation.

    Raises:
        UserError: it is missing or damaged, though it was fine when the catalogue was loaded.
    """
    import tensorflow as tf

    try:
        return to_uint8(img_process(parse_image(str(path)), size).numpy())
    except tf.errors.OpError:
        catalogue_image(path)  # raises a more specific error, if Pillow cannot open it either
        raise _changed(path, "it cannot be decoded") from None


def catalogue_image(path: Path) -> Image.Image:
    """Open a catalogue's poster for display, ``shrunk``; raises UserError like ``catalogue_poster``."""
    try:
        return shrunk(open_poster(path, near=DECODED_SIDE))
    except PosterError as error:
        raise _changed(path, str(error)) from None


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
        overview: the overview's text, or None.
    """
    if poster is None and overview is None:
        return []
    predictors = list(predictors)
    posters = None if poster is None else (lambda size: poster(size)[None])
    probabilities = predict_all(predictors, posters, None if overview is None else [overview], films=1)
    given = (poster is not None, has_words(overview))
    return [
        FilmPrediction(each.weights, probabilities[each.spec.name][0], each.spec.fallback_part(*given))
        for each in predictors
        if each.spec.name in probabilities
    ]


def _upright(image: Image.Image) -> Image.Image:
    """Rotate an image by its EXIF orientation; one with damaged EXIF data stays as it is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about truncated EXIF data
            return ImageOps.exif_transpose(image)
    except (SyntaxError, ValueError, TypeError, KeyError, struct.error):
        return image


def _changed(path: Path, reason: str) -> UserError:
    return UserError(f"The poster {path.name} changed since it was checked ({reason}); restore the file.")
