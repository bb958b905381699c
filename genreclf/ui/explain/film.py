"""The film to explain, from the catalogue or from the user."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from typing import Any, TypeVar, cast

import numpy as np
import streamlit as st
from PIL import Image

from genreclf.data.catalogue import Catalogue
from genreclf.data.overviews import has_words
from genreclf.data.posters import Size, poster_array
from genreclf.predict.film import catalogue_image, catalogue_poster
from genreclf.ui import data

F = TypeVar("F", bound=Callable)
CHANGES = "_changes_"  # in the keys of widgets that hold what was made of a film
DISPLAY_HEIGHT = 480  # pixels of a poster on the page, on which a heatmap is laid


@dataclass(frozen=True)
class Film:
    """A film to explain.

    Attributes:
        overview: its text; ``""`` if it has no words.
        cache_key: different for different posters; ``""`` without a poster.
        load_poster: reads the poster in a model's size, uint8 ``(*size, 3)``, bit for bit as for the predictions.
        load_image: opens the poster as an image. Both raise UserError if it is missing or damaged by now.
        genres: the true ones; empty if they are unknown.
        id: in the chosen data set; ``""`` for the user's own film.
    """

    overview: str
    cache_key: str = ""
    load_poster: Callable[[Size], np.ndarray] | None = None
    load_image: Callable[[], Image.Image] | None = None
    genres: tuple[str, ...] = ()
    id: str = ""

    def poster(self, size: Size | None) -> np.ndarray | None:
        """The poster in a model's size, or None if the model uses none (``size`` is None) or the film has none."""
        return self.load_poster(size) if self.load_poster and size else None

    def changed(self, overview: str, image: Image.Image | None) -> "Film":
        """A copy with another overview and, if an image is given, another poster."""
        if image is not None:
            return user_film(image, overview)
        return replace(self, overview=_with_words(overview))

    def display_image(self) -> Image.Image | None:
        """The poster, at most ``DISPLAY_HEIGHT`` high; None without a poster."""
        image = self.load_image() if self.load_image else None
        if image is None or image.height <= DISPLAY_HEIGHT:
            return image
        return image.resize((max(1, round(image.width * DISPLAY_HEIGHT / image.height)), DISPLAY_HEIGHT))


_KEYS = data.CACHE_KEYS | {Film: attrgetter("id", "overview", "cache_key")}
_caches: list[Callable[[], None]] = []  # what clears each of them


def cached(**options: Any) -> Callable[[F], F]:
    """Decorate a function to cache what it computes from a film, weights and a catalogue for this session."""

    def decorate(function: F) -> F:
        found = st.cache_data(scope="session", max_entries=60, hash_funcs=_KEYS, **options)(function)
        _caches.append(found.clear)
        return cast(F, found)

    return decorate


def forget_explanations() -> None:
    """Forget what was computed for this session of any film, and changed in one; for use in callbacks."""
    for clear in _caches:
        clear()
    for key in [key for key in st.session_state if CHANGES in str(key)]:
        del st.session_state[key]


def catalogue_film(catalogue: Catalogue, position: int) -> Film:
    """A film of a catalogue."""
    film = catalogue.films.iloc[position]
    poster = catalogue.poster(film["id"])
    return Film(
        overview=_with_words(film["overview"]),
        cache_key=f"{catalogue.digest} {film['id']}",
        load_poster=partial(catalogue_poster, poster) if poster else None,
        load_image=partial(catalogue_image, poster) if poster else None,
        genres=tuple(film["genres"]),
        id=film["id"],
    )


def user_film(image: Image.Image | None, overview: str | None, cache_key: str = "") -> Film:
    """A film with the user's poster, overview, or both; pass ``image_key(image)`` as ``cache_key`` if it is known."""
    if image is None:
        return Film(_with_words(overview))
    return Film(_with_words(overview), cache_key or image_key(image), partial(poster_array, image), lambda: image)


def image_key(image: Image.Image) -> str:
    """A key for caches that differs for images with different pixels."""
    return hashlib.sha256(image.tobytes() + str(image.size).encode()).hexdigest()


def _with_words(overview: str | None) -> str:
    return overview if has_words(overview) else ""
