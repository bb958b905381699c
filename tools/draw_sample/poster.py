"""From a film to its poster: seed, colours, layout, finish, JPEG."""

import hashlib
import io
import random

from PIL import Image

from tools.draw_sample.backdrops import age
from tools.draw_sample.layouts import LAYOUTS, Sheet
from tools.draw_sample.lettering import choose_style
from tools.draw_sample.palettes import choose_ink, grade
from tools.draw_sample.pen import HEIGHT, SCALE, WIDTH
from tools.draw_sample.table import Film

QUALITY = 62
# Over half of all films are dramas: a rarer genre says more about a film, so it is drawn more often.
_COMMON = {"Drama": 0.35, "Comedy": 0.6}


def draw_poster(film: Film, scale: int = SCALE) -> Image.Image:
    """Draw a film's poster, RGB, 300x444; the same film always gets the same picture.

    It is drawn ``scale`` times as large, then shrunk: with a scale of 1 it has rough edges, but is quick.

    Raises:
        KeyError: the film has a genre that is not one of the 25.
        IndexError: the film has no genre.
    """
    rng = random.Random(int.from_bytes(hashlib.sha256(film.id.encode()).digest()[:8]))
    order = _by_turns(film.genres, rng)
    old = film.year < 1930 and rng.random() < 0.3
    ink = choose_ink(order, rng, "sepia newsprint noir" if old else "")
    image = Image.new("RGB", (WIDTH * scale, HEIGHT * scale), ink.ground)
    voice = order[-1] if rng.random() < 0.6 else order[0]
    sheet = Sheet(image, film, order, ink, choose_style(voice, film.title, rng), voice, rng)
    fitting = [(draw, weigh(order, film.title)) for draw, weigh in LAYOUTS]
    rng.choices([draw for draw, _ in fitting], [weight for _, weight in fitting])[0](sheet)
    image = image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS) if scale > 1 else image
    return age(grade(image, order), film.year, rng)


def encode(poster: Image.Image) -> bytes:
    """A poster as JPEG bytes; the same bytes each time for one version of Pillow."""
    out = io.BytesIO()
    poster.save(out, "JPEG", quality=QUALITY, optimize=True, subsampling="4:2:0")
    return out.getvalue()


def _by_turns(genres: tuple[str, ...], rng: random.Random) -> list[str]:
    """The genres in a random order that favours rare ones."""
    return sorted(genres, key=lambda genre: rng.random() ** (1 / _COMMON.get(genre, 1)), reverse=True)
