"""Titles: a typeface, a case and a spacing that suit the film, broken into lines and sized to fill a box."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise
from pathlib import Path

from PIL import ImageFont

from tools.draw_sample.pen import Colour, Pen

FONTS = Path(__file__).parent / "fonts"
_FILES = {
    "condensed": "BebasNeue-Bold.otf",
    "roman": "Quattrocento-Regular.otf",
    "script": "LobsterTwo-BoldItalic.otf",
    "round": "FredokaOne-Regular.ttf",
    "typed": "CourierPrime-Bold.otf",
    "plain": "",  # Pillow's own Aileron
}
_FACES_OF = {
    "Action": "condensed plain",
    "Adventure": "condensed script roman",
    "Animation": "round script",
    "Biography": "roman script",
    "Comedy": "round condensed script plain",
    "Crime": "condensed typed plain",
    "Documentary": "plain typed condensed",
    "Drama": "roman plain condensed",
    "Family": "round script",
    "Fantasy": "roman script",
    "History": "roman",
    "Horror": "condensed roman",
    "Music": "script condensed round",
    "Musical": "script roman condensed",
    "Mystery": "roman typed",
    "N/A": "plain typed",
    "News": "typed condensed",
    "Reality-TV": "plain round",
    "Romance": "script roman",
    "Sci-Fi": "plain condensed",
    "Short": "plain typed",
    "Sport": "condensed plain",
    "Thriller": "condensed plain typed",
    "War": "condensed typed",
    "Western": "condensed roman",
}

_REDS, _PALES = ((214, 24, 34), (236, 40, 40)), ((253, 251, 246), (16, 15, 18))
LETTER_COLOURS: dict[str, tuple[Colour, ...]] = {
    "Action": ((255, 150, 30), (240, 50, 30)), "Adventure": ((255, 214, 90), (150, 40, 20)),
    "Animation": ((255, 236, 60), (230, 30, 120), (60, 30, 140)), "Biography": ((92, 50, 26), (240, 226, 196)),
    "Comedy": (*_REDS, (255, 222, 40)), "Crime": (*_REDS, *_PALES), "Documentary": _PALES, "Drama": _PALES,
    "Family": ((20, 90, 190), (230, 60, 40), (255, 236, 60)), "Fantasy": ((250, 214, 110), (110, 40, 160)),
    "History": ((120, 20, 30), (240, 208, 130)), "Horror": _REDS, "Music": ((255, 70, 170), (60, 230, 255)),
    "Musical": ((255, 214, 100), (170, 16, 50)), "Mystery": ((196, 190, 230), (60, 50, 110)), "N/A": _PALES,
    "News": ((16, 15, 18), (170, 20, 30)), "Reality-TV": ((255, 236, 60), (230, 20, 120)),
    "Romance": ((214, 30, 84), (255, 236, 232)), "Sci-Fi": ((90, 226, 255), (190, 240, 255)), "Short": _PALES,
    "Sport": ((255, 220, 50), (253, 251, 246)), "Thriller": ((226, 236, 242), (20, 34, 48)),
    "War": ((30, 30, 22), (232, 226, 196)), "Western": ((110, 36, 14), (255, 222, 150)),
}  # fmt: skip


@dataclass(frozen=True)
class Style:
    """How a title is set: typeface, capitals or not, extra letter spacing (as a share of the size), weight."""

    face: str
    capitals: bool = True
    tracking: float = 0.0
    stroke: float = 0.0  # of the size; thickens a face that has one weight
    stacked: bool = False  # every line as wide as the box


def choose_style(genre: str, title: str, rng: random.Random) -> Style:
    """A style that suits a genre; long titles get no wide spacing."""
    face = rng.choice(_FACES_OF[genre].split())
    capitals = face != "script" and (face in ("condensed", "plain") or rng.random() < 0.6)
    roomy = len(title) <= 14
    tracking = {"condensed": 0.02, "plain": 0.06, "roman": 0.04}.get(face, 0.0) if capitals else 0.0
    if roomy and capitals and rng.random() < 0.45:
        tracking += rng.choice((0.08, 0.16))
    stroke = {"plain": rng.choice((0, 0.025, 0.05)), "roman": rng.choice((0.012, 0.022))}.get(face, 0)
    stacked = face in ("condensed", "plain") and " " in title and rng.random() < 0.35
    return Style(face, capitals, tracking, stroke, stacked)


@lru_cache(maxsize=512)
def font(face: str, size: int) -> ImageFont.FreeTypeFont:
    """A typeface at a size in pixels of the enlarged canvas."""
    if not _FILES[face]:
        return ImageFont.load_default(size).font_variant(layout_engine=ImageFont.Layout.BASIC)
    # The basic layout engine is in every build of Pillow, so that letters fall on the same pixels everywhere.
    return ImageFont.truetype(str(FONTS / _FILES[face]), size, layout_engine=ImageFont.Layout.BASIC)


def line_width(text: str, style: Style, size: float) -> float:
    """The width of a line, in the units of ``size``."""
    letters = font(style.face, 100)
    return (letters.getlength(text) / 100 + style.tracking * (len(text) - 1) + 2 * style.stroke) * size


def line_height(text: str, style: Style) -> tuple[float, float]:
    """How far a line reaches above and below its baseline, as shares of the size.

    Capitals count as flat at both ends, so that a comma or a Q does not push the lines apart; an accent needs room.
    """
    flat = style.capitals and text.isascii()
    _, top, _, bottom = font(style.face, 100).getbbox("H" if flat else text, anchor="ls")
    return -top / 100 + style.stroke, (0 if style.capitals else bottom / 100) + style.stroke


def break_title(title: str, style: Style, width: float, height: float, largest: float) -> tuple[list[str], list[float]]:
    """The lines of a title and their sizes, broken such that it is as large as the box allows."""
    words = (title.upper() if style.capitals else title).split()
    best: tuple[float, list[str], list[float]] = (-1, [], [])
    for cuts in range(min(len(words), 5)):
        for at in combinations(range(1, len(words)), cuts):
            edges = [0, *at, len(words)]
            lines = [" ".join(words[a:b]) for a, b in pairwise(edges)]
            sizes = [min(largest, width / line_width(line, style, 1)) for line in lines]
            if not style.stacked:
                sizes = [min(sizes)] * len(lines)
            shrink = min(1, height / block_height(lines, sizes, style))
            sizes = [size * shrink for size in sizes]
            widths = [line_width(line, style, size) for line, size in zip(lines, sizes, strict=True)]
            # Large comes first; between breaks of a like size, even lines and few of them.
            uneven = (max(widths) - min(widths)) * min(sizes) / 750
            worth = min(sizes) + 0.3 * sum(sizes) / len(sizes) - uneven - 0.6 * cuts
            if worth > best[0] or not best[1]:
                best = (worth, lines, sizes)
    return best[1], best[2]


def _gaps(lines: list[str], sizes: list[float], style: Style) -> list[tuple[float, float]]:
    """The space that each line needs above and below its baseline."""
    body = [line_height(line, style) for line in lines]
    if style.capitals:
        return [(up * s, down * s) for (up, down), s in zip(body, sizes, strict=True)]
    tall, deep = max(up for up, _ in body), max(down for _, down in body)
    return [(tall * s, deep * s) for s in sizes]


def block_height(lines: list[str], sizes: list[float], style: Style) -> float:
    """The height of a title, from the top of its first line to the bottom of its last."""
    return sum(up + down for up, down in _gaps(lines, sizes, style)) + sum(_lead(s) for s in sizes[1:])


def _lead(size: float) -> float:
    return 0.16 * size


def set_title(
    pen: Pen,
    title: str,
    style: Style,
    box: tuple[float, float, float, float],
    colour_at: Callable[[tuple[float, float, float, float]], Colour],
    align: str = "centre",
    anchor: str = "middle",
    largest: float = 64,
) -> tuple[float, float]:
    """Set a title into a box (left, top, right, bottom, poster units); returns the top and bottom it takes.

    ``colour_at`` gives the colour for the box that it takes.
    ``align`` is left, centre or right; ``anchor`` top, middle or bottom. A title too long is set smaller, never cut.
    """
    left, top, right, bottom = box
    lines, sizes = break_title(title, style, right - left, bottom - top, largest)
    height = block_height(lines, sizes, style)
    y = start = {"top": top, "middle": (top + bottom - height) / 2, "bottom": bottom - height}[anchor]
    starts = [_start(line, style, size, left, right, align) for line, size in zip(lines, sizes, strict=True)]
    ends = [x + line_width(line, style, size) for x, line, size in zip(starts, lines, sizes, strict=True)]
    colour = colour_at((min(starts), start, max(ends), start + height))
    for i, (line, size, (up, down)) in enumerate(zip(lines, sizes, _gaps(lines, sizes, style), strict=True)):
        y += up + (_lead(size) if i else 0)
        set_line(pen, line, style, size, starts[i], y, colour)
        y += down
    return start, start + height


def _start(line: str, style: Style, size: float, left: float, right: float, align: str) -> float:
    spare = right - left - line_width(line, style, size)
    return left + {"left": 0, "centre": spare / 2, "right": spare}[align]


def set_line(pen: Pen, line: str, style: Style, size: float, x: float, y: float, colour: Colour) -> None:
    """Set one line with its baseline at y and its left edge at x (poster units)."""
    draw, scale = pen.draw, pen.stretch
    letters = font(style.face, max(4, round(size * scale)))
    stroke = round(style.stroke * size * scale)
    x, y = (x + style.stroke * size) * scale, y * scale
    if not style.tracking:
        draw.text((x, y), line, font=letters, fill=colour, anchor="ls", stroke_width=stroke)
        return
    for i, letter in enumerate(line):
        # Measured from the start each time, so that rounding errors do not add up and kerning is preserved.
        shift = letters.getlength(line[: i + 1]) - letters.getlength(letter) + style.tracking * size * scale * i
        draw.text((x + shift, y), letter, font=letters, fill=colour, anchor="ls", stroke_width=stroke)
