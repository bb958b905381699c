"""What a visitor gives, an uploaded poster or a typed overview, checked and put to the models; one film at a time."""

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
from genreclf.data.overviews import MAX_LENGTH, split_words
from genreclf.data.posters import UPLOAD_FORMATS, PosterError, Size, img_process, open_poster, parse_image, to_uint8
from genreclf.errors import UserError
from genreclf.genres import GENRES
from genreclf.models import SPECS
from genreclf.predict.predictor import GenrePrediction, Predictor
from genreclf.weights.folder import Weights

EXAMPLES = paths.PROJECT / "assets" / "examples"
NEAR = 512  # pixels: a large JPEG is decoded at the nearest scale above, enough to show it and for every model
MAX_SIDE = 1000  # pixels of an opened poster: twice what is shown of it, three times what any model looks at
MIN_SIDE = 32  # pixels; half of what the smallest model looks at
MIN_KNOWN_WORDS = 3
A_SENTENCE = 6  # words from which their share says something about the language
MANY_UNKNOWN = 0.5  # share of words; English overviews stay below .4, other languages are above .7
MAX_CHARACTERS = 20_000  # of typed text that are looked at; 200 words are about 1,200


@dataclass(frozen=True)
class Overview:
    """A typed overview as the models read it.

    Attributes:
        text: at most ``MAX_LENGTH`` words.
        words: how many words were typed.
        notes: what the visitor should know about it, sentences.
    """

    text: str
    words: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Example:
    """A worked example: what it shows (``name``, ``what``), an overview, and the file of a poster from the sample."""

    key: str
    name: str
    what: str
    overview: str
    poster: Path


@dataclass(frozen=True)
class Answer:
    """What one model says about one film.

    Attributes:
        weights: whose answer it is.
        probabilities: calibrated, float32 ``(25,)``.
        alone: ``"poster"`` or ``"overview"`` where a model that takes both had only that to go by, else ``""``.
    """

    weights: Weights
    probabilities: np.ndarray
    fallback_part: str = ""

    @property
    def label(self) -> str:
        """What people call the model."""
        return SPECS[self.weights.model].label

    def top(self, count: int = 3) -> list[GenrePrediction]:
        """The most probable genres, best first."""
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        chosen = self.probabilities >= self.weights.thresholds_for(self.fallback_part)
        return [GenrePrediction(GENRES[at], float(self.probabilities[at]), bool(chosen[at])) for at in order]

    def chosen(self) -> list[str]:
        """The genres whose probability reaches their threshold, most probable first."""
        return [prediction.genre for prediction in self.top(len(GENRES)) if prediction.chosen]

    def threshold(self, genre: str) -> float:
        """The probability from which the model chooses a genre."""
        return float(self.weights.thresholds_for(self.fallback_part)[GENRES.index(genre)])


def read_poster(content: bytes | Path) -> Image.Image:
    """A visitor's poster, upright, in RGB and ``shrunk``; what is too large is refused before it is decoded.

    Args:
        content: what was uploaded, or a file.

    Raises:
        UserError: it is no JPEG, PNG or WebP image, broken, too large or too small.
    """
    try:
        image = _upright(open_poster(content, UPLOAD_FORMATS, near=NEAR))
    except PosterError as error:
        reason = str(error).replace("JPEG or PNG or WEBP", "JPEG, PNG or WebP")
        raise UserError(f"This {reason}; choose another file.") from error
    if min(image.size) < MIN_SIDE:
        width, height = image.size
        raise UserError(f"This poster has only {width}×{height} pixels; choose one of {MIN_SIDE}×{MIN_SIDE} or more.")
    return shrunk(image)


def shrunk(image: Image.Image) -> Image.Image:
    """An image with at most ``MAX_SIDE`` pixels a side; one within that is returned as it is."""
    scale = MAX_SIDE / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(min(side, MIN_SIDE), round(scale * side)) for side in image.size)  # a ribbon stays usable
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3)


def poster_notes(image: Image.Image) -> tuple[str, ...]:
    """What a visitor should know about an opened poster, sentences."""
    if image.width > image.height:
        return ("This picture is wider than tall; the models have only seen upright posters.",)
    return ()


def read_overview(text: str, vocabulary: Collection[str] | None = None) -> Overview | None:
    """A typed overview, cut where the models stop reading; None where there is no word in it.

    Args:
        text: anything.
        vocabulary: the words a model knows, or None where no model has a list of them.
    """
    typed = text[:MAX_CHARACTERS].split()
    if not split_words(" ".join(typed)):
        return None
    kept = " ".join(typed[:MAX_LENGTH])
    notes = []
    if len(typed) > MAX_LENGTH:
        notes.append(f"The overview has {len(typed):,} words; the models read the first {MAX_LENGTH}.")
    words = split_words(kept)
    if vocabulary is not None:
        unknown = sum(word not in vocabulary for word in words)
        known = len(words) - unknown
        if len(words) >= A_SENTENCE and unknown / len(words) >= MANY_UNKNOWN:
            notes.append(
                f"The overviews that the models learnt from lack {100 * unknown / len(words):.0f} % of these words. "
                "They are in English; is this one in English?"
            )
        elif known < MIN_KNOWN_WORDS:
            which = {0: "none of these words", 1: "only 1 of these words"}.get(known, f"only {known} of these words")
            notes.append(
                f"The overviews that the models learnt from hold {which}: too little to go by. "
                "Write a sentence or two about the plot."
            )
    elif len(words) < MIN_KNOWN_WORDS:
        notes.append("This overview is very short: too little to go by. Write a sentence or two about the plot.")
    return Overview(kept, len(typed), tuple(notes))


def catalogue_poster(path: Path, size: Size) -> np.ndarray:
    """A poster of a catalogue as uint8 ``(*size, 3)``, to the bit as in training and evaluation.

    Raises:
        UserError: it is gone or broken, though it was neither when the catalogue was loaded.
    """
    import tensorflow as tf

    try:
        return to_uint8(img_process(parse_image(str(path)), size).numpy())
    except tf.errors.OpError:
        catalogue_image(path)  # which says what is wrong with it
        raise _changed(path, "it cannot be decoded") from None


def catalogue_image(path: Path) -> Image.Image:
    """A poster of a catalogue as it is shown, ``shrunk``.

    Raises:
        UserError: see ``catalogue_poster``.
    """
    try:
        return shrunk(open_poster(path, near=NEAR))
    except PosterError as error:
        raise _changed(path, str(error)) from None


def load_examples() -> dict[str, Example]:
    """The worked examples by key, from ``assets/examples/examples.json``."""
    entries = json.loads((EXAMPLES / "examples.json").read_text("utf-8"))
    posters = paths.SAMPLE / IMAGES_NAME
    return {entry["key"]: Example(**{**entry, "poster": posters / f"{entry['poster']}.jpg"}) for entry in entries}


def predict_film(
    predictors: Iterable[Predictor], poster: Callable[[Size], np.ndarray] | None, overview: str | None
) -> list[Answer]:
    """Ask the models about one film; those that need what is not given are left out.

    Args:
        predictors: the models.
        poster: gives the poster in a model's size as uint8 ``(*size, 3)``, by ``catalogue_poster`` or
            ``genreclf.data.posters.poster_array``.
        overview: its text.
    """
    if poster is None and overview is None:
        return []
    answers = []
    for predictor in predictors:
        spec = predictor.spec
        if not spec.can_answer(poster is not None, overview is not None):
            continue
        posters = poster(spec.poster_size)[None] if poster and spec.uses_poster else None
        overviews = [overview] if overview is not None and spec.uses_overview else None
        fallback_part = spec.fallback_part(poster is not None, bool(overview and split_words(overview)))
        answers.append(Answer(predictor.weights, predictor.predict(posters, overviews, films=1)[0], fallback_part))
    return answers


def _upright(image: Image.Image) -> Image.Image:
    """An image turned as its camera says; one whose EXIF data is damaged stays as it is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about EXIF data that is cut off
            return ImageOps.exif_transpose(image)
    except (SyntaxError, ValueError, TypeError, KeyError, struct.error):
        return image


def _changed(path: Path, reason: str) -> UserError:
    return UserError(f"The poster {path.name} changed since it was checked ({reason}); restore the file.")
