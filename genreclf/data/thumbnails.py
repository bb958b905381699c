"""Small posters, all of one size, made once per film and cached by the data's digest.

They are JPEGs because Streamlit serves JPEG bytes as they are, but encodes a WebP again each time it is shown.
"""

import io
import os
import textwrap
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from genreclf.data.catalogue import Catalogue
from genreclf.data.posters import PosterError, PosterFile, open_poster
from genreclf.data.prepared import folder_of
from genreclf.files import atomic_path, read_bytes

VERSION = 2  # to be raised when thumbnails change; older ones are then ignored
SIZE = (264, 392)  # pixels: about twice the width on screen, in the shape of most posters
QUALITY = 82
BLANK = (110, 106, 99)  # white text on it has a contrast of 5
CROPPED = (0.58, 0.78)  # width / height of posters that are cropped to this shape; others get margins


def thumbnails(catalogue: Catalogue, film_ids: Sequence[str]) -> list[bytes]:
    """JPEG bytes of films' posters, ``SIZE`` pixels each, in the order of the ids; missing ones are made first.

    A film without a poster, or whose poster went missing or broke after the catalogue was checked, gets a blank tile.
    """
    films = catalogue.films
    places = {film_id: place for place, film_id in enumerate(films["id"])}
    folder = folder_of(catalogue) / f"thumbs-v{VERSION}"

    def make(film_id: str) -> bytes:
        place = places[film_id]
        if catalogue.posters and (poster := catalogue.posters[place]):
            return _thumbnail(folder, poster)
        return _blank(films["title"].iloc[place] or film_id)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # Pillow scales without the GIL
        return list(pool.map(make, film_ids))


def make_thumbnail(poster: Path | bytes | PosterFile) -> bytes:
    """JPEG bytes of one poster, ``SIZE`` pixels.

    Raises:
        PosterError: see ``genreclf.data.posters.open_poster``.
    """
    image = open_poster(poster)
    if CROPPED[0] <= image.width / image.height <= CROPPED[1]:
        tile = ImageOps.fit(image, SIZE, Image.Resampling.LANCZOS)
    else:
        mean = np.asarray(image.resize((1, 1), Image.Resampling.BOX))[0, 0]
        margin = tuple((mean // 3).tolist())
        tile = ImageOps.pad(image, SIZE, Image.Resampling.LANCZOS, color=margin)
    return _encode(tile)


def thumbnail_or_blank(poster: Path | bytes | None, title: str) -> bytes:
    """JPEG bytes of a poster, or of a blank tile with a film's title if it has none that can be used."""
    with suppress(PosterError):
        if poster:
            return make_thumbnail(poster)
    return _encode(blank_tile(title))


def blank_tile(text: str) -> Image.Image:
    """A tile of ``SIZE`` that takes the place of a poster, with a text in plain Latin letters, or none."""
    tile = Image.new("RGB", SIZE, BLANK)
    font = ImageFont.load_default(30)  # has no accents
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    lines = textwrap.wrap(plain, 14, max_lines=6, placeholder="...") if plain.isascii() else []
    place = (SIZE[0] / 2, SIZE[1] / 2)
    ImageDraw.Draw(tile).multiline_text(place, "\n".join(lines), "white", font, anchor="mm", align="center")
    return tile


@lru_cache(maxsize=500)
def _blank(text: str) -> bytes:
    return _encode(blank_tile(text))


def _thumbnail(folder: Path, poster: PosterFile) -> bytes:
    cached = folder / poster.path.with_suffix(".jpg").name
    with suppress(OSError):
        return read_bytes(cached)
    try:
        content = make_thumbnail(poster)
    except PosterError:
        return _encode(Image.new("RGB", SIZE, BLANK))
    with suppress(OSError), atomic_path(cached) as temporary:  # a full disk or a read-only home only costs time
        temporary.write_bytes(content)
    return content


def _encode(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=QUALITY, optimize=True)
    return stream.getvalue()
