"""What if: a poster cropped or partly hidden, an overview without some words."""

import re
import string
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from PIL import Image

from genreclf.errors import UserError
from genreclf.predict.film import MIN_SIDE

_CHUNK = re.compile(r"\S+", re.ASCII)  # parted where ``genreclf.data.overviews.split_words`` parts words
Box = tuple[float, float, float, float]  # left, top, right, bottom; shares of the width and height, 0..1


class Word(NamedTuple):
    """A word of a text as people read it, without the punctuation around it: ``text[start:end]``."""

    word: str
    start: int
    end: int


def words_of(text: str) -> list[Word]:
    """The words of a text in order; those that ``genreclf.data.overviews.split_words`` gives, but as they are written."""
    words = []
    for start, end in chunks_of(text):
        word = text[start:end].strip(string.punctuation)
        if word:
            start = text.index(word, start)
            words.append(Word(word, start, start + len(word)))
    return words


def chunks_of(text: str) -> list[tuple[int, int]]:
    """Where each run of characters between white space stands, from and to."""
    return [chunk.span() for chunk in _CHUNK.finditer(text)]


def without(text: str, words: Iterable[Word]) -> str:
    """A text without some of its words; the punctuation around them stays."""
    for word in sorted(words, key=lambda word: -word.start):
        text = text[: word.start] + text[word.end :]
    return text


def crop(image: Image.Image, box: Box) -> Image.Image:
    """A part of a poster.

    Args:
        image: the poster.
        box: the part, in shares of the poster's width and height.

    Raises:
        UserError: the box is no part of the poster, or holds fewer than 32 pixels a side.
    """
    left, top, right, bottom = box
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise UserError("The part to keep must lie on the poster; its left and top come before its right and bottom.")
    sides = image.width, image.height, image.width, image.height
    part = image.crop(tuple(round(share * side) for share, side in zip(box, sides, strict=True)))
    if min(part.size) < MIN_SIDE:
        raise UserError(f"This part has only {part.width}×{part.height} pixels; keep {MIN_SIDE}×{MIN_SIDE} or more.")
    return part


def hide(poster: np.ndarray, places: np.ndarray) -> np.ndarray:
    """A poster with some places painted in its mean colour.

    Args:
        poster: uint8 ``(height, width, 3)``.
        places: bool ``(height, width)``.
    """
    hidden = poster.copy()
    hidden[places] = np.rint(poster.mean(axis=(0, 1))).astype(np.uint8)
    return hidden


def hottest(heat: np.ndarray, share: float = 0.25) -> np.ndarray:
    """Which places are of the hottest share of a heatmap, bool of its shape; never one without heat."""
    count = round(share * heat.size)
    places = np.zeros(heat.size, bool)
    places[np.argsort(-heat, axis=None, kind="stable")[:count]] = True
    return places.reshape(heat.shape) & (heat > 0)
