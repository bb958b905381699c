"""The film whose answers are explained: what the views of the section ask of it, from a catalogue or a visitor."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from PIL import Image

from genreclf.data.catalogue import Catalogue
from genreclf.data.overviews import split_words
from genreclf.data.posters import Size, poster_array
from genreclf.predict.film import catalogue_image, catalogue_poster

SHOWN_HEIGHT = 480  # pixels of a poster on the page; what a heatmap is laid over


@dataclass(frozen=True)
class Film:
    """A film and what is known of it.

    Attributes:
        overview: its text; "" where it has no word in it.
        mark: differs for different posters, for caches; "" where there is none.
        scaled: gives the poster in a model's size, uint8 ``(*size, 3)``, to the bit as for the answers.
        opened: gives the poster as an image (UserError where it is gone or broken by now, as of ``scaled``).
        genres: the true ones; none where nobody knows.
        id: in the data set that is chosen, or "" for a film that is not from it.
    """

    overview: str
    cache_key: str = ""
    scaled: Callable[[Size], np.ndarray] | None = None
    opened: Callable[[], Image.Image] | None = None
    genres: tuple[str, ...] = ()
    id: str = ""

    def poster(self, size: Size | None) -> np.ndarray | None:
        """The poster in a model's size, or None where it looks at none (``size`` is None) or there is none."""
        return self.scaled(size) if self.scaled and size else None

    def changed(self, overview: str, image: Image.Image | None) -> "Film":
        """This film with another overview and, where one is given, another poster."""
        if image is not None:
            return given_film(image, overview)
        return replace(self, overview=_text(overview))

    def picture(self) -> Image.Image | None:
        """The poster as it is shown, at most ``SHOWN_HEIGHT`` high; None where there is none."""
        image = self.opened() if self.opened else None
        if image is None or image.height <= SHOWN_HEIGHT:
            return image
        return image.resize((max(1, round(image.width * SHOWN_HEIGHT / image.height)), SHOWN_HEIGHT))


def catalogue_film(catalogue: Catalogue, position: int) -> Film:
    """A film of the data set that is chosen."""
    film = catalogue.films.iloc[position]
    path = catalogue.poster_path(film["id"])
    return Film(
        overview=_text(film["overview"]),
        cache_key=f"{catalogue.digest} {film['id']}",
        scaled=partial(catalogue_poster, path),
        opened=partial(catalogue_image, path),
        genres=tuple(film["genres"]),
        id=film["id"],
    )


def given_film(image: Image.Image | None, overview: str | None, cache_key: str = "") -> Film:
    """A visitor's poster, overview, or both; ``cache_key`` is ``mark_of(image)`` where that is known already."""
    if image is None:
        return Film(_text(overview))
    return Film(_text(overview), cache_key or cache_key_of(image), partial(poster_array, image), lambda: image)


def cache_key_of(image: Image.Image) -> str:
    """Differs for images with different pixels."""
    return hashlib.sha256(image.tobytes() + str(image.size).encode()).hexdigest()


def _text(overview: str | None) -> str:
    return overview if overview and split_words(overview) else ""
