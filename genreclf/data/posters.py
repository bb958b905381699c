"""Posters: from files and uploads to arrays, in one way everywhere, so that all models see the same pixels.

The check of a data set, training, evaluation, tables, uploads, explanations and thumbnails all use ``open_poster``: one
decoder (Pillow) with one set of limits, because a poster may come from anyone.
"""

import hashlib
import io
import os
import re
import stat
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from itertools import count, product
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from PIL import Image

from genreclf.files import open_regular

T = TypeVar("T")
Size = tuple[int, int]  # height and width, pixels
REPORT_SIZE: Size = (64, 64)  # of the reports' CNN input
FORMATS = ("JPEG", "PNG", "WEBP")
EXTENSIONS = (".jpg", ".jpeg", ".jfif", ".png", ".webp")  # in the order in which a film's poster is looked for
PICTURES = (*EXTENSIONS, ".jpe", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic")  # which people have as posters
MAX_BYTES = 20_000_000
MAX_PIXELS = 25_000_000  # a camera's picture of a poster, or a scan at 150 dpi; opening it takes up to 160 MB
MAX_PIXELS_COSTLY = MAX_PIXELS // 2  # of a WebP or a JPEG in several scans, which take about twice the memory
MIN_SIDE = 32  # pixels; half of the smallest model's input
MAX_RATIO = 8  # of the longer to the shorter side; real posters stay below 3
MAX_SCANS = 50  # of a JPEG; encoders write about ten, and each takes as long as the whole of a simple one
MAX_PARTS = 10_000  # segments of a JPEG or chunks of a PNG, which Pillow reads in Python; real files have up to 2,500
MAX_SIDE = 1000  # pixels of an opened poster: twice its size on the page, three times any model's input
BATCH = 64  # posters decoded and scaled together
_LARGE = 8_000_000  # pixels; larger posters are decoded one at a time, to bound the memory
_STRIP = 256  # rows converted together, to bound the memory
_READ_AHEAD = bytes(16)  # more than libjpeg reads beyond the last pixel
_MARKER = re.compile(rb"\xff([^\x00\xff])", re.DOTALL)
_AFTER_SCAN = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])", re.DOTALL)  # restart markers are part of a scan
_TURNS = {  # by EXIF orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
_EXTENSIONS = tuple(  # in all cases: .jpg, .JPG, .JPg, ...
    extension
    for lower in EXTENSIONS
    for extension in dict.fromkeys([lower, *map("".join, product(*zip(lower.upper(), lower, strict=True)))])
)
_INCOMPLETE = "its data are incomplete"
_one_large = threading.Lock()


class PosterError(ValueError):
    """A poster cannot be used; the message says why and can be listed as a data set's problem."""


class Look(NamedTuple):
    """What a glance at an opened poster shows: its size in pixels, and two figures in 0..255.

    ``contrast`` is the standard deviation of some hundred pixels, near 0 for a blank picture;
    ``colour`` is the mean difference between a pixel's largest and smallest channel, near 0 for black and white.
    """

    width: int
    height: int
    contrast: float
    colour: float


class PosterFile(NamedTuple):
    """A poster as it was checked: its file, the SHA-256 (hex) of its bytes, and its look."""

    path: Path
    sha256: str
    look: Look | None = None


def find_poster(folder: Path, film_id: str) -> Path | None:
    """The poster of a film: the first of ``<id>.jpg``, ``.jpeg``, ``.jfif``, ``.png`` and ``.webp``, in any case."""
    for name in poster_names(film_id):
        path = folder / name
        try:
            if not stat.S_ISDIR(path.stat().st_mode):
                return path
        except (OSError, ValueError):
            continue
    return None


def poster_names(film_id: str) -> Iterator[str]:
    """The names that a film's poster may have, the preferred ones first: each extension in lower case, then others."""
    return (each + extension for each in _file_ids(film_id) for extension in _EXTENSIONS)


def missing_poster(folder: Path, film_id: str) -> PosterError:
    """The error for a film without a poster; it names the file that was looked for, or that has another extension."""
    name = folder.absolute().name  # that of "." is empty
    for other in PICTURES[len(EXTENSIONS) :]:
        if os.path.isfile(folder / f"{film_id}{other}"):
            extensions = ", ".join(EXTENSIONS)
            return PosterError(f"poster {name}/{film_id}{other} has none of the extensions {extensions}")
    return PosterError(f"poster {name}/{_file_ids(film_id)[-1]}{EXTENSIONS[0]} is missing")


def _file_ids(film_id: str) -> list[str]:
    """An id as its poster's file has it: spreadsheets make 862.0 of 862, and some tables have the file's name as id."""
    if re.fullmatch(r"[0-9]+\.0+", film_id) or film_id.lower().endswith(EXTENSIONS):
        return [film_id, film_id.rpartition(".")[0]]
    return [film_id]


def read_poster_file(path: Path) -> bytes:
    """Read a poster's bytes.

    Raises:
        PosterError: it is missing, not a regular file (or a link to one), unreadable, or larger than ``MAX_BYTES``.
    """
    try:
        with open_regular(path) as stream:
            size = os.fstat(stream.fileno()).st_size
            _check_bytes(size)
            content = stream.read(size + 1)  # of MAX_BYTES, a buffer of this size would be made
            if len(content) > size:  # it has grown since
                content += stream.read(MAX_BYTES)
    except FileNotFoundError:
        raise PosterError("poster file is missing") from None
    except OSError as error:
        raise PosterError(f"poster cannot be read ({error.strerror or error})") from None
    _check_bytes(len(content))
    return content


def open_poster(
    source: Path | bytes | PosterFile, most_bytes: int | None = None, most_pixels: int = MAX_PIXELS
) -> Image.Image:
    """Open a JPEG, PNG or WebP poster, in RGB, upright, and at most ``MAX_SIDE`` pixels in width and height.

    The file's content counts, not its name. Transparent pixels become white.

    Args:
        source: a file, its bytes, or a file that must not have changed since it was checked.
        most_bytes: of a source that is bytes; ``MAX_BYTES`` by default.
        most_pixels: at most; half as many of what takes twice the memory (``MAX_PIXELS_COSTLY``).

    Raises:
        PosterError: the poster is missing, no regular file, in another format, damaged, beyond a limit (``most_bytes``,
            ``most_pixels``, ``MIN_SIDE``, ``MAX_RATIO``, ``MAX_SCANS``), or it has changed.
    """
    if isinstance(source, bytes):
        _check_bytes(len(source), most_bytes)
        content = source
    else:
        path, sha256 = source[:2] if isinstance(source, PosterFile) else (source, "")
        content = read_poster_file(path)
        if sha256 and hashlib.sha256(content).hexdigest() != sha256:
            raise PosterError("file was replaced or edited")
    try:
        with _ignored_warnings():
            return _decode(content, most_pixels)
    except PosterError:
        raise
    except Image.UnidentifiedImageError:
        raise PosterError("poster is not a JPEG, PNG or WebP image") from None
    except Image.DecompressionBombError:
        raise PosterError(f"poster has far more than {most_pixels / 1e6:.0f} million pixels") from None
    except MemoryError:
        raise PosterError("poster needs more memory than there is") from None
    except Exception as error:  # Pillow raises nearly anything for damaged files
        reason = " ".join(str(error).split())[:100] if isinstance(error, OSError | SyntaxError | ValueError) else ""
        reason = _INCOMPLETE if "truncated" in reason else reason or "it is damaged"
        raise PosterError(f"poster cannot be decoded ({reason})") from None


def look_of(image: Image.Image) -> Look:
    """The look of an opened poster."""
    pixels = np.asarray(image.resize((12, 16), Image.Resampling.NEAREST)).reshape(-1, 3)
    contrast, colour = pixels.std(axis=0).max(), (pixels.max(axis=1) - pixels.min(axis=1)).mean()
    return Look(*image.size, round(float(contrast), 1), round(float(colour), 1))


def poster_array(image: Image.Image, size: Size = REPORT_SIZE) -> np.ndarray:
    """Scale an RGB image to a model's input, uint8 ``(*size, 3)``.

    Bilinear with antialiasing: without it, two thirds of the pixels of a 220 px poster would never be used. Computed in
    floats and rounded once, like ``tf.image.resize(antialias=True)``.
    """
    height, width = size
    scaled = np.empty((height, width, 3), np.uint8)
    for channel, pixels in enumerate(image.split()):
        floats = pixels.convert("F").resize((width, height), Image.Resampling.BILINEAR)
        scaled[..., channel] = np.rint(np.asarray(floats))
    return scaled


def load_posters(
    posters: Sequence[Path | PosterFile],
    size: Size = REPORT_SIZE,
    on_progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Decode and scale many posters on all cores.

    Args:
        posters: the files, see ``open_poster``.
        size: height and width of the result, pixels.
        on_progress: called with (done, total) after every batch.

    Returns:
        uint8 ``(len(posters), *size, 3)``.

    Raises:
        PosterError: a poster cannot be used (see ``open_poster``); the message begins with the file's name.
    """
    return np.concatenate([np.empty((0, *size, 3), np.uint8), *poster_batches(posters, size, on_progress)])


def poster_batches(
    posters: Sequence[Path | PosterFile], size: Size, on_progress: Callable[[int, int], None] | None = None
) -> Iterator[np.ndarray]:
    """Decode posters like ``load_posters``, but yield them in batches, so that not all are in memory at once."""

    def load(poster: Path | PosterFile) -> np.ndarray:
        try:
            return poster_array(open_poster(poster), size)
        except PosterError as error:
            path = poster.path if isinstance(poster, PosterFile) else poster
            raise PosterError(f"{path.name}: {error}") from None

    with decoders() as pool:
        starts = range(0, len(posters), BATCH)
        for start, arrays in zip(
            starts, one_ahead(pool.map(load, posters[at : at + BATCH]) for at in starts), strict=True
        ):
            batch = np.stack(list(arrays))
            yield batch
            if on_progress:
                on_progress(start + len(batch), len(posters))


@contextmanager
def decoders() -> Iterator[Executor]:
    """Threads on all cores to open and scale posters, which Pillow does without the GIL.

    At the end of the block, or at an error, what has not begun is dropped.
    """
    pool = ThreadPoolExecutor(os.cpu_count() or 1)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def one_ahead(items: Iterable[T]) -> Iterator[T]:
    """The items, each when the next has been made: what that has begun in other threads goes on meanwhile."""
    waiting: deque[T] = deque()
    for item in items:
        waiting.append(item)
        if len(waiting) > 1:
            yield waiting.popleft()
    yield from waiting


def _check_bytes(count: int, most: int | None = None) -> None:
    most = MAX_BYTES if most is None else most
    if count > most:
        raise PosterError(f"poster is {count / 1e6:.0f} MB, more than {most / 1e6:.0f} MB")


def _decode(content: bytes, most_pixels: int) -> Image.Image:
    costly = ""
    if not content:
        raise PosterError("poster file is empty")
    if content[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":  # what a download gives for a missing file
        raise PosterError("poster is a web page, not an image")
    if content[:2] == b"\xff\xd8":
        content, scans = _checked_jpeg(content)
        costly = "a JPEG in several scans" if scans > 1 else ""
    elif content[:4] == b"\x89PNG":
        _check_chunks(content)
    image = Image.open(io.BytesIO(content), formats=FORMATS)
    width, height = image.size
    if image.format == "WEBP":
        costly = "a WebP"
    if width * height > most_pixels:
        raise PosterError(f"poster has {width}×{height} pixels, more than {most_pixels / 1e6:.0f} million")
    if costly and width * height > (most := min(MAX_PIXELS_COSTLY, most_pixels // 2)):
        limit = most / 1e6
        raise PosterError(f"poster has {width}×{height} pixels, more than {limit:.1f} million for {costly}")
    if min(width, height) < MIN_SIDE:
        raise PosterError(f"poster has only {width}×{height} pixels, fewer than {MIN_SIDE} on a side")
    if max(width, height) > MAX_RATIO * min(width, height):
        raise PosterError(f"poster has {width}×{height} pixels, one side more than {MAX_RATIO} times the other")
    with _one_large if width * height * (2 if costly else 1) > _LARGE else nullcontext():
        image.load()
        poster = _shrunk(_rgb(image))
    orientation = _orientation(image)
    return poster.transpose(_TURNS[orientation]) if orientation in _TURNS else poster


def _checked_jpeg(content: bytes) -> tuple[bytes, int]:
    """A JPEG as Pillow should get it, up to the end of its first picture, which has to be complete; and its scans.

    libjpeg fills in what is missing of a picture with grey, without an error that Pillow passes on. A picture in one
    scan is cut off where its data end: libjpeg then asks for more if some is missing, and does not need the end mark.
    """
    position, scans, data_end, frame, restarts = 2, 0, 0, 0, False
    lacking: dict[int, set[int]] = {}  # by component, the coefficients still to come in full precision
    for parts in count():
        marker = _MARKER.search(content, position)
        if not marker:
            break
        if parts > MAX_PARTS or content.count(b"\xff\xff", position, marker.end()) > MAX_PARTS:
            raise PosterError(f"poster is a JPEG of more than {MAX_PARTS:,} segments")
        kind, position = marker[1][0], marker.end()
        if kind == 0xD9:
            break
        if kind == 0x01 or 0xD0 <= kind <= 0xD8:  # markers without a segment
            continue
        segment = content[position + 2 : position + int.from_bytes(content[position : position + 2])]
        position += max(2, len(segment) + 2)
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            frame, lacking = kind, {component: set(range(64)) for component in segment[6::3]}
        elif kind == 0xDD:
            restarts = any(segment)
        elif kind == 0xDA:
            scans += 1
            if scans > MAX_SCANS:
                raise PosterError(f"poster is a JPEG of more than {MAX_SCANS} scans")
            if len(segment) > 3 and segment[-1] & 15 == 0:
                for component in segment[1:-3:2]:
                    lacking.get(component, set()).difference_update(range(segment[-3], segment[-2] + 1))
            following = (_AFTER_SCAN if restarts else _MARKER).search(content, position)
            data_end = position = following.start() if following else len(content)
    if frame in (0xC0, 0xC1) and scans == 1:
        return content[:data_end] + _READ_AHEAD, scans
    if any(lacking.values()):
        raise PosterError(f"poster cannot be decoded ({_INCOMPLETE})")
    return content[:position], scans


def _check_chunks(content: bytes) -> None:
    position = 8
    for _ in range(MAX_PARTS):
        position += 12 + int.from_bytes(content[position : position + 4])
        if position >= len(content):
            return
    raise PosterError(f"poster is a PNG of more than {MAX_PARTS:,} chunks")


def _rgb(image: Image.Image) -> Image.Image:
    """A loaded image in RGB on white, reduced by a whole factor while it is more than twice ``MAX_SIDE``."""
    width, height = image.size
    factor = max(1, max(width, height) // (2 * MAX_SIDE))
    if image.mode == "RGB" and factor == 1 and not image.has_transparency_data:
        return image
    reduced = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    rows = max(1, _STRIP // factor) * factor
    for top in range(0, height, rows):
        strip = image.crop((0, top, width, min(height, top + rows)))
        if strip.mode.startswith("I"):  # 16-bit grey, which Pillow would clip at 255
            strip = strip.point(lambda value: value / 257).convert("L")
        if strip.has_transparency_data:  # whatever colour is hidden under it
            strip = strip.convert("RGBA")
            strip = Image.alpha_composite(Image.new("RGBA", strip.size, "white"), strip)
        strip = strip.convert("RGB")
        reduced.paste(strip.reduce(factor) if factor > 1 else strip, (0, top // factor))
    return reduced


def _shrunk(image: Image.Image) -> Image.Image:
    scale = MAX_SIDE / max(image.size)
    if scale >= 1:
        return image
    width, height = (round(scale * side) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) if the EXIF data are damaged."""
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:
        return 1


_quiet_lock, _quiet_depth, _quiet = threading.Lock(), 0, warnings.catch_warnings()


@contextmanager
def _ignored_warnings() -> Iterator[None]:
    """Ignore Pillow's warnings (large images, damaged EXIF data) while any thread opens a poster.

    Each thread's own ``catch_warnings`` would restore the filters while the others still need them ignored.
    """
    global _quiet_depth, _quiet
    with _quiet_lock:
        if not _quiet_depth:
            _quiet = warnings.catch_warnings()
            _quiet.__enter__()
            warnings.simplefilter("ignore")
        _quiet_depth += 1
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_depth -= 1
            if not _quiet_depth:
                _quiet.__exit__(None, None, None)
