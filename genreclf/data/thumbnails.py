"""Small posters, all of one size, made once per film and cached by the data's digest.

They are JPEGs because Streamlit serves JPEG bytes as they are, but encodes a WebP again each time it is shown.
"""

import io
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from genreclf.data.catalogue import Catalogue
from genreclf.data.posters import PosterError, PosterFile, open_poster
from genreclf.data.prepared import folder_of
from genreclf.files import atomic_path

VERSION = 2  # to be raised when thumbnails change; older ones are then ignored
SIZE = (264, 392)  # pixels: about twice the width on screen, in the shape of most posters
QUALITY = 82
CROPPED = (0.58, 0.78)  # width / height of posters that are cropped to this shape; others get margins


def thumbnails(catalogue: Catalogue, film_ids: Sequence[str]) -> list[bytes]:
    """JPEG bytes of films' posters, ``SIZE`` pixels each, in the order of the ids; missing ones are made first.

    A poster that went missing or broke after the catalogue was checked becomes a blank tile, which is not cached.
    """
    folder = folder_of(catalogue) / f"thumbs-v{VERSION}"
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # Pillow scales without the GIL
        return list(pool.map(lambda film_id: _thumbnail(folder, catalogue.poster(film_id)), film_ids))


def make_thumbnail(poster: Path | PosterFile) -> bytes:
    """JPEG bytes of one poster file, ``SIZE`` pixels.

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


def _thumbnail(folder: Path, poster: PosterFile) -> bytes:
    cached = folder / poster.path.with_suffix(".jpg").name
    with suppress(OSError):
        return cached.read_bytes()
    try:
        content = make_thumbnail(poster)
    except PosterError:
        return _encode(Image.new("RGB", SIZE, (128, 124, 116)))
    with suppress(OSError), atomic_path(cached) as temporary:  # a full disk or a read-only home only costs time
        temporary.write_bytes(content)
    return content


def _encode(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=QUALITY, optimize=True)
    return stream.getvalue()
