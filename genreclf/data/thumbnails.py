"""Small posters for walls of them: made once for each film, kept by the data's digest, all of one size.

They are JPEG because Streamlit passes JPEG bytes on as they are and encodes any WebP anew at every look.
"""

import io
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from genreclf.data.catalogue import Catalogue
from genreclf.data.posters import PosterError, open_poster
from genreclf.data.prepared import folder_of
from genreclf.files import atomic_path

VERSION = 1  # raise it when thumbnails change; older ones are then left behind
SIZE = (264, 392)  # pixels: about twice the width a wall gives a poster, in the shape most posters have
QUALITY = 82
NEAR_ENOUGH = (0.58, 0.78)  # width : height of posters that are cropped to the shape; others get margins


def thumbnails(catalogue: Catalogue, film_ids: Sequence[str]) -> list[bytes]:
    """JPEG bytes of films' posters, ``SIZE`` pixels each, in the order of the ids; missing ones are made first.

    A poster that has vanished or broken since the catalogue was checked becomes a blank tile, and is tried again.
    """
    folder = thumbnail_folder(catalogue)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # Pillow scales without the GIL
        return list(pool.map(lambda film_id: _thumbnail(folder, catalogue.poster_path(film_id)), film_ids))


def thumbnail_folder(catalogue: Catalogue) -> Path:
    """Where a data set's thumbnails lie."""
    return folder_of(catalogue) / f"thumbs-v{VERSION}"


def make_thumbnail(poster: Path) -> bytes:
    """JPEG bytes of one poster file, ``SIZE`` pixels.

    Raises:
        PosterError: see ``genreclf.data.posters.open_poster``.
    """
    image = open_poster(poster, near=max(SIZE))
    low, high = NEAR_ENOUGH
    if low <= image.width / image.height <= high:
        tile = ImageOps.fit(image, SIZE, Image.Resampling.LANCZOS)
    else:
        mean = np.asarray(image.resize((1, 1), Image.Resampling.BOX))[0, 0]
        margin = tuple((mean // 3).tolist())
        tile = ImageOps.pad(image, SIZE, Image.Resampling.LANCZOS, color=margin)
    return _encode(tile)


def _thumbnail(folder: Path, poster: Path) -> bytes:
    kept = folder / poster.name
    try:
        return kept.read_bytes()
    except OSError:
        pass
    try:
        content = make_thumbnail(poster)
    except PosterError:
        return _encode(Image.new("RGB", SIZE, (128, 124, 116)))
    try:
        with atomic_path(kept) as temporary:
            temporary.write_bytes(content)
    except OSError:
        return content  # a full or read-only home costs time at the next look, not the poster
    return content


def _encode(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=QUALITY, optimize=True)
    return stream.getvalue()
