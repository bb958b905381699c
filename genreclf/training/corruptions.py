"""Posters and overviews as people bring them: photographed, cropped, cut short, mistyped.

The benchmark ``benchmarks/robustness.py`` measures the models on these, and training with ``corruptions`` shows them to
a model. A corruption takes a poster (RGB, of any size) or an overview, and a random generator that decides how strong
it is.
"""

import io
import re
import string
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from genreclf.data.posters import poster_array

PosterCorruption = Callable[[Image.Image, np.random.Generator], Image.Image]
OverviewCorruption = Callable[[str, np.random.Generator], str]

TAGLINE_WORDS = 6
WORDS_PER_TYPO = 8
LONG_PLOT = 150  # words at most
# Sentences that would suit a plot of any genre.
_FILLER = (
    "It opens on an ordinary morning and takes its time to introduce the people whose paths are going to cross before "
    "the week is over, each with plans that will not survive the first day.",
    "Nobody around them knows the whole of what happened years earlier, and the little that is remembered comes out "
    "slowly, in conversations that stop as soon as somebody else enters the room.",
    "As the days go by, old habits are put to the test, new faces arrive without being asked, and what looked like a "
    "simple decision at the start turns out to have consequences for everybody.",
    "In between there are meals, journeys, letters and long walks, and the seasons change twice before anyone is "
    "ready to say aloud what all of them have been thinking since the beginning.",
    "Things come to a head one evening when they all find themselves in the same place, and by the next morning each "
    "of them has to decide what to keep, what to give up and where to go.",
    "The story is told in several parts, moves back and forth between then and now, and returns at the end to the "
    "place where it began, with a few questions answered and others left open.",
)  # fmt: skip


def black_and_white(poster: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Remove the colours."""
    return poster.convert("L").convert("RGB")


def low_resolution(poster: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Scale down to 32 to 64 pixels in width, as a thumbnail, and up again."""
    width = int(rng.integers(32, 65))
    small = poster.resize((width, max(1, round(poster.height * width / poster.width))), Image.Resampling.BILINEAR)
    return small.resize(poster.size, Image.Resampling.BILINEAR)


def photographed(poster: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Take a picture with a phone: on a wall, at an angle, with a reflection, in coloured light, noisy, compressed."""
    width, height = 330, 440  # as a phone's pictures, 3:4
    top, bottom = rng.uniform(30, 220, (2, 3))
    wall = np.repeat(np.linspace(top, bottom, height)[:, None], width, axis=1)
    wide = width * rng.uniform(0.62, 0.85)
    tall = min(height * 0.92, wide * poster.height / poster.width)
    left, upper = (width - wide) * rng.uniform(0.3, 0.7), (height - tall) * rng.uniform(0.3, 0.7)
    corners = np.array([(left, upper), (left, upper + tall), (left + wide, upper + tall), (left + wide, upper)])
    corners += rng.uniform(-0.07, 0.07, (4, 2)) * (wide, tall)
    coefficients = _perspective(corners, poster.size)
    seen = poster.transform((width, height), Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR)
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).polygon([tuple(each) for each in corners], fill=255)
    picture = Image.fromarray(wall.clip(0, 255).astype(np.uint8))
    picture.paste(seen, mask=mask)

    light = np.asarray(picture, np.float32)
    rows, columns = np.mgrid[:height, :width]
    at, size = rng.uniform(0.2, 0.8, 2) * (height, width), rng.uniform(0.15, 0.35) * height
    away = (rows - at[0]) ** 2 + ((columns - at[1]) * rng.uniform(0.5, 1.5)) ** 2
    glare = np.exp((-away / (2 * size**2)).astype(np.float32))[..., None]
    light *= (rng.uniform(0.65, 1.05) * rng.uniform(0.88, 1.12, 3)).astype(np.float32)
    light += np.float32(rng.uniform(0.3, 0.8)) * glare * (255 - light)
    light += np.float32(rng.uniform(4, 12)) * rng.standard_normal((height, width, 1), np.float32)
    picture = Image.fromarray(light.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(rng.uniform(0, 1)))
    return _as_jpeg(picture, int(rng.integers(30, 70)))


def landscape(poster: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Cut out the middle at 16:9, as a still from the film."""
    height = min(poster.height, max(1, round(poster.width * 9 / 16)))
    top = (poster.height - height) // 2
    return poster.crop((0, top, poster.width, top + height))


def dark_and_blurred(poster: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Blur by 1 to 2 % of the width and take away half to three quarters of the light."""
    blurred = poster.filter(ImageFilter.GaussianBlur(poster.width * rng.uniform(0.01, 0.02)))
    return ImageEnhance.Brightness(blurred).enhance(rng.uniform(0.25, 0.5))


def tagline(overview: str, rng: np.random.Generator) -> str:
    """Keep the first ``TAGLINE_WORDS`` words."""
    return " ".join(overview.split()[:TAGLINE_WORDS])


def plain(overview: str, rng: np.random.Generator) -> str:
    """Write all in lower case, without punctuation."""
    return overview.lower().translate(str.maketrans("", "", string.punctuation + "“”‘’–—"))


def typos(overview: str, rng: np.random.Generator) -> str:
    """Mistype one in ``WORDS_PER_TYPO`` words: a letter is missing, doubled, another one, or changed places."""
    words = overview.split()
    long = [at for at, word in enumerate(words) if len(re.findall("[A-Za-z]", word)) >= 4]
    count = min(len(long), max(1, round(len(words) / WORDS_PER_TYPO)))
    for at in rng.choice(long, count, replace=False) if count else ():
        words[at] = _mistyped(words[at], rng)
    return " ".join(words)


def long_plot(overview: str, rng: np.random.Generator) -> str:
    """Add sentences that suit any film, up to ``LONG_PLOT`` words."""
    sentences, words = [overview], len(overview.split())
    for at in rng.permutation(len(_FILLER)):
        words += len(_FILLER[at].split())
        if words > LONG_PLOT:
            break
        sentences.append(_FILLER[at])
    return " ".join(sentences)


POSTERS: dict[str, PosterCorruption] = {
    "black and white": black_and_white,
    "low resolution": low_resolution,
    "phone photograph": photographed,
    "landscape still": landscape,
    "dark and blurred": dark_and_blurred,
}
OVERVIEWS: dict[str, OverviewCorruption] = {
    "tagline": tagline,
    "lower case": plain,
    "typos": typos,
    "long plot": long_plot,
}


def corrupt_poster(poster: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Corrupt a poster in one of the ways in ``POSTERS``, at random."""
    return POSTERS[str(rng.choice(list(POSTERS)))](poster, rng)


def corrupt_posters(posters: np.ndarray, rows: Sequence[int] | np.ndarray, seed: Sequence[int]) -> np.ndarray:
    """The posters at some rows of a uint8 array ``(n, height, width, 3)``, corrupted, in the same size.

    Each depends on the seed and its row alone.
    """
    return np.stack([
        poster_array(corrupt_poster(Image.fromarray(posters[row]), np.random.default_rng([*seed, int(row)])),
                     posters.shape[1:3])
        for row in rows
    ])  # fmt: skip


def _mistyped(word: str, rng: np.random.Generator) -> str:
    letters = [at for at, letter in enumerate(word) if letter.isalpha()]
    at = int(rng.choice(letters[1:]))  # people rarely mistype the first letter
    match int(rng.integers(4)):
        case 0:
            return word[:at] + word[at + 1 :]
        case 1:
            return word[:at] + word[at] + word[at:]
        case 2:
            return word[:at] + str(rng.choice(list(string.ascii_lowercase))) + word[at + 1 :]
    return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]


def _perspective(corners: np.ndarray, size: tuple[int, int]) -> Sequence[float]:
    """Pillow's coefficients that put a picture of this size between four corners, from the upper left one downwards."""
    width, height = size
    rows, targets = [], []
    for (x, y), (u, v) in zip(corners, ((0, 0), (0, height), (width, height), (width, 0)), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        targets += [u, v]
    return np.linalg.solve(np.array(rows, float), np.array(targets, float)).tolist()


def _as_jpeg(picture: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")
