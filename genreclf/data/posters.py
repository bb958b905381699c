"""Posters: from files and uploads to arrays.

Pillow opens them, with limits, because a poster may come from anyone. TensorFlow turns pixels into a model's input, the
same way for training, evaluation and uploads: ``parse_image`` and ``img_process`` of report A.
"""

import io
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    import tensorflow as tf

Size = tuple[int, int]  # height and width, pixels
REPORT_SIZE: Size = (64, 64)  # of the reports' CNN input
MAX_PIXELS = 40_000_000  # a decoded poster of this size takes 120 MB
MAX_BYTES = 20_000_000
UPLOAD_FORMATS = ("JPEG", "PNG", "WEBP")
BATCH = 64  # posters decoded and scaled together


class PosterError(ValueError):
    """A poster cannot be used; the message says why and can be listed as a data set's problem."""


def open_poster(source: Path | bytes, formats: Sequence[str] = ("JPEG",), near: int | None = None) -> Image.Image:
    """Open a poster as an RGB image; refuse files that are not images, too large or broken.

    Args:
        source: a file or its bytes.
        formats: the accepted formats as Pillow names them; the content counts, not the file's name.
        near: the side in pixels, if a small version is enough. JPEGs are then decoded at 1/1, 1/2, 1/4 or 1/8 of their
            size, whichever is just larger, which is several times faster.

    Raises:
        PosterError: the poster is missing, in another format, broken, or above ``MAX_BYTES`` or ``MAX_PIXELS``.
    """
    try:
        size = len(source) if isinstance(source, bytes) else os.stat(source).st_size
    except OSError:
        raise PosterError("poster file is missing") from None
    if size > MAX_BYTES:
        raise PosterError(f"poster is {size / 1e6:.0f} MB, more than {MAX_BYTES / 1e6:.0f} MB")
    try:
        opened = io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb")  # noqa: SIM115 (closed below)
        with opened as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about large images; the limit below is stricter
            image: Image.Image = Image.open(stream, formats=tuple(formats))
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise PosterError(f"poster has {width}×{height} pixels, more than {MAX_PIXELS / 1e6:.0f} million")
            if near:
                image.draft("RGB", (near, near))
            if image.mode.startswith("I"):  # 16-bit grey, which Pillow would clip at 255
                image = image.point(lambda value: value / 257).convert("L")
            if image.has_transparency_data:  # the background is white, whatever colour is hidden under it
                image = image.convert("RGBA")
                return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
            return image.convert("RGB")
    except PosterError:
        raise
    except Image.UnidentifiedImageError:
        raise PosterError(f"poster is not a {' or '.join(formats)} image") from None
    except Image.DecompressionBombError:
        raise PosterError(f"poster has far more than {MAX_PIXELS / 1e6:.0f} million pixels") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise PosterError(f"poster cannot be decoded ({error})") from None


def parse_image(path: "tf.Tensor") -> "tf.Tensor":
    """Read and decode one JPEG file: a string tensor to uint8 ``(height, width, 3)`` (report A)."""
    import tensorflow as tf

    return tf.io.decode_jpeg(tf.io.read_file(path), channels=3)


def img_process(image: "tf.Tensor", size: Size = REPORT_SIZE) -> "tf.Tensor":
    """Scale a poster to a model's input: any ``(height, width, 3)`` in 0..255 to float32 ``(*size, 3)`` in 0..1.

    As in report A, but with antialiasing: without it, two thirds of the pixels of a 220 px poster are never used.
    """
    import tensorflow as tf

    resized = tf.image.resize(tf.cast(image, tf.float32), size, antialias=True)
    return tf.ensure_shape(resized / 255.0, (*size, 3))


def poster_array(image: Image.Image, size: Size = REPORT_SIZE) -> np.ndarray:
    """An opened poster as uint8 ``(*size, 3)``, scaled by ``img_process``."""
    return to_uint8(img_process(np.asarray(image), size).numpy())


def to_uint8(pixels: np.ndarray) -> np.ndarray:
    """Floats in 0..1 to uint8 in 0..255, rounded."""
    return np.clip(np.rint(pixels * 255.0), 0, 255).astype(np.uint8)


def load_posters(
    paths: Sequence[Path], size: Size = REPORT_SIZE, on_progress: Callable[[int, int], None] | None = None
) -> np.ndarray:
    """Decode and scale many JPEG posters on all cores.

    Args:
        paths: the files, already checked (see ``open_poster``).
        size: height and width of the result, pixels.
        on_progress: called with (done, total) after every batch.

    Returns:
        uint8 ``(len(paths), *size, 3)``.

    Raises:
        PosterError: a file has become missing or broken.
    """
    return np.concatenate([np.empty((0, *size, 3), np.uint8), *poster_batches(paths, size, on_progress)])


def poster_batches(
    paths: Sequence[Path], size: Size, on_progress: Callable[[int, int], None] | None = None
) -> Iterator[np.ndarray]:
    """Decode posters like ``load_posters``, but yield them in batches, so that not all are in memory at once."""
    import tensorflow as tf

    def decode(path: "tf.Tensor") -> "tf.Tensor":
        return tf.cast(tf.round(img_process(parse_image(path), size) * 255.0), tf.uint8)

    if not len(paths):
        return
    names = tf.data.Dataset.from_tensor_slices([str(path) for path in paths])
    batches = names.map(decode, num_parallel_calls=tf.data.AUTOTUNE).batch(BATCH).prefetch(tf.data.AUTOTUNE)
    done = 0
    try:
        for batch in batches.as_numpy_iterator():
            yield batch
            done += len(batch)
            if on_progress:
                on_progress(done, len(paths))
    except tf.errors.OpError as error:
        for path in paths[done : done + BATCH]:  # TensorFlow does not say which file it was
            try:
                open_poster(path)
            except PosterError as problem:
                raise PosterError(f"{path.name}: {problem}") from None
        raise PosterError(f"a poster cannot be decoded ({error})") from None
