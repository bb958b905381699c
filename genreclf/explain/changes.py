"""What-if changes: crop a poster, hide regions of it, or remove words from an overview."""

import re
import string
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from PIL import Image

from genreclf.data.posters import MIN_SIDE
from genreclf.errors import UserError

_TOKEN = re.compile(r"\S+", re.ASCII)  # splits at the same white space as ``genreclf.data.overviews.split_words``
Box = tuple[float, float, float, float]  # left, top, right, bottom as fractions of the width and height, 0..1


class Word(NamedTuple):
    """A word of a text as it is written, without the punctuation around it: ``text[start:end]``."""

    word: str
    start: int
    end: int


def words_of(text: str) -> list[Word]:
    """Split a text into the words of ``genreclf.data.overviews.split_words``, in their original spelling.

    >>> words_of("A 'haunted' house!")[1]
    Word(word='haunted', start=3, end=10)
    """
    words = []
    for start, end in token_spans(text):
        word = text[start:end].strip(string.punctuation)
        if word:
            start = text.index(word, start)
            words.append(Word(word, start, start + len(word)))
    return words


def token_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of every run of characters without white space; each contains at most one word."""
    return [token.span() for token in _TOKEN.finditer(text)]


def remove_words(text: str, words: Iterable[Word]) -> str:
    """Remove some words from a text; the punctuation around them stays.

    >>> remove_words("A haunted house!", words_of("A haunted house!")[2:])
    'A haunted !'
    """
    for word in sorted(words, key=lambda word: -word.start):
        text = text[: word.start] + text[word.end :]
    return text


def crop(image: Image.Image, box: Box) -> Image.Image:
    """Cut a rectangle out of a poster.

    Raises:
        UserError: the rectangle reaches beyond the poster, or is less than 32 pixels wide or high.
    """
    left, top, right, bottom = box
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise UserError("The part to keep must be inside the poster, with left < right and top < bottom.")
    width, height = image.size
    part = image.crop((round(left * width), round(top * height), round(right * width), round(bottom * height)))
    if min(part.size) < MIN_SIDE:
        raise UserError(f"This part has only {part.width}×{part.height} pixels; keep {MIN_SIDE}×{MIN_SIDE} or more.")
    return part


def hide(poster: np.ndarray, region: np.ndarray) -> np.ndarray:
    """Paint a region, bool ``(height, width)``, of a poster, uint8 ``(height, width, 3)``, in its mean colour."""
    hidden = poster.copy()
    hidden[region] = np.rint(poster.mean(axis=(0, 1))).astype(np.uint8)
    return hidden


def hottest(heat: np.ndarray, share: float = 0.25) -> np.ndarray:
    """Mark the pixels with the most heat: bool like ``heat``, at most ``share`` (0..1) of them, all above 0."""
    count = round(share * heat.size)
    region = np.zeros(heat.size, bool)
    region[np.argsort(-heat, axis=None, kind="stable")[:count]] = True
    return region.reshape(heat.shape) & (heat > 0)
