"""Layouts: the positions of picture and title, and which of the film's genres each part of the picture shows."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageOps

from tools.draw_sample import backdrops
from tools.draw_sample.lettering import Style, line_width, set_line, set_title
from tools.draw_sample.motifs import OBJECTS, SCENES, Object, Scene
from tools.draw_sample.palettes import Ink
from tools.draw_sample.pen import HEIGHT, SCALE, WIDTH, Colour, Pen, contrast, mix
from tools.draw_sample.table import Film

_LIVELY = {"Comedy", "Animation", "Family", "Music", "Musical", "Sport", "Action", "Reality-TV", "Romance", "Adventure"}
_MARGIN = 22


@dataclass
class Sheet:
    """A poster being drawn; ``genres`` are the film's, the leading one first."""

    image: Image.Image
    film: Film
    genres: list[str]
    ink: Ink
    style: Style
    rng: random.Random

    @property
    def pen(self) -> Pen:
        return Pen(self.image)

    def backdrop(self) -> None:
        backdrops.backdrop(self.image, self.pen, self.ink, self.rng, self.genres[0] in _LIVELY)

    def objects(self, count: int) -> list[Object]:
        """Different objects, one per genre in turn."""
        found: list[Object] = []
        for i in range(count):
            shelf = [draw for draw in OBJECTS[self.genres[i % len(self.genres)]] if draw not in found]
            found.append(self.rng.choice(shelf))
        return found

    def scene(self, image: Image.Image, horizon: float) -> Colour | None:
        """Draw a scene, perhaps mirrored, of the first genre that has scenes; returns the colour of its floor."""
        draw: Scene = self.rng.choice(next(SCENES[genre] for genre in self.genres if genre in SCENES))
        floor = draw(Pen(image), self.ink, self.rng, horizon)
        if self.rng.random() < 0.5:
            image.paste(ImageOps.mirror(image))
        return floor

    def title(self, box, colour: Colour, align="centre", anchor="middle", largest=62) -> tuple[float, float]:
        return set_title(self.image, self.film.title, self.style, box, colour, align, anchor, largest)

    def year(self, x: float, y: float, colour: Colour, align="centre", ruled=False) -> None:
        """Draw the year, small, on a baseline; ``ruled`` puts a line on either side of it."""
        wide = _small(self.image, str(self.film.year), x, y, colour, align)
        if ruled and align == "centre":
            for side in (-1, 1):
                start = x + side * (wide / 2 + 7)
                self.pen.line([(start, y - 3.6), (start + side * 34, y - 3.6)], 0.9, colour)

    def block(self, top: float, bottom: float, colour: Colour, anchor="middle", largest=62) -> None:
        """Draw the title and the year below it, between two heights."""
        align = self.rng.choice(("centre", "centre", "left"))
        _, foot = self.title((_MARGIN, top, WIDTH - _MARGIN, bottom - 20), colour, align, anchor, largest)
        x = WIDTH / 2 if align == "centre" else _MARGIN + 1
        self.year(x, foot + 17, colour, align, ruled=self.rng.random() < 0.4)


def _small(image: Image.Image, text: str, x: float, y: float, colour: Colour, align: str, size: float = 11.5) -> float:
    """Set small type on a baseline; returns its width."""
    style = Style("plain", tracking=0.32, stroke=0.02)
    wide = line_width(text, style, size)
    set_line(image, text, style, size, x - {"left": 0, "centre": wide / 2, "right": wide}[align], y, colour)
    return wide


def _hero(s: Sheet) -> None:
    """One large object and the title above or below it."""
    s.backdrop()
    k, above = s.ink, s.rng.random() < 0.35
    size, x = s.rng.uniform(190, 228), 150 + s.rng.choice((-10, 0, 10))
    y = 290 if above else 158
    if s.rng.random() < 0.3:
        halo = mix(k.ground, k.accent, 0.8)
        s.pen.disc(150, y, size * 0.58, halo)
        k = k.on(halo)
    s.objects(1)[0](s.pen.at(x, y, size, s.rng.uniform(-6, 6)), k, s.rng)
    colour = s.ink.paper
    s.block(26, 156, colour, "top") if above else s.block(300, 428, colour, s.rng.choice(("middle", "bottom")))


def _duo(s: Sheet) -> None:
    """A large object and a smaller one of another genre, opposite each other."""
    s.backdrop()
    large, small = s.objects(2)
    flip = s.rng.choice((-1, 1))
    large(s.pen.at(150 - 34 * flip, 132, 186, s.rng.uniform(-8, 8)), s.ink, s.rng)
    spot = mix(s.ink.ground, s.ink.main, 0.16)
    x, y = 150 + 72 * flip, 244
    s.pen.disc(x, y, 54, s.ink.ground)
    s.pen.disc(x, y, 50, spot)
    small(s.pen.at(x, y, 72), s.ink.on(spot), s.rng)
    s.block(310, 430, s.ink.paper)


def _scene_under_title(s: Sheet) -> None:
    """A landscape with the title in its sky."""
    k = s.ink
    if s.rng.random() < 0.6:
        backdrops.fade(s.image, k.ground, k.shade)
    s.scene(s.image, s.rng.uniform(322, 345))
    s.block(24, 150, k.paper, s.rng.choice(("top", "middle")))


def _scene_over_title(s: Sheet) -> None:
    """A landscape with the title on its floor, or on a plate if the floor is busy."""
    k = s.ink
    if s.rng.random() < 0.6:
        backdrops.fade(s.image, k.shade, k.ground)
    horizon = s.rng.uniform(222, 250)
    floor = s.scene(s.image, horizon)
    if floor is None:
        floor = k.ground
        s.pen.rect(0, 318, WIDTH, HEIGHT + 6, floor)
    else:
        s.pen.rect(0, max(horizon + 66, 312), WIDTH, HEIGHT + 6, floor)
    s.block(320, 430, k.text(floor))


def _pattern(s: Sheet) -> None:
    """Rows of small objects with the title on a plate between them."""
    s.backdrop()
    k, rng = s.ink, s.rng
    drawn, columns = s.objects(min(3, max(2, len(s.genres)))), rng.choice((3, 4))
    step = 300 / columns
    rows = int(HEIGHT // step) + 1
    at = rng.choice((0.24, 0.5, 0.74))
    for row in range(rows):
        for column in range(columns + 1):
            x = step * (column + (0.0 if row % 2 else 0.5))
            turn = rng.choice((-12, 0, 12))
            drawn[(row + column) % len(drawn)](Pen(s.image).at(x, step * (row + 0.5), step * 0.68, turn), k, rng)
    plate = rng.choice((k.accent, k.main, k.ground))
    top = max(0, HEIGHT * at - 66)
    s.pen.rect(0 if rng.random() < 0.5 else 26, top, WIDTH if rng.random() < 0.5 else WIDTH - 26, top + 132, plate)
    ink = k.text(plate)
    _, foot = s.title((40, top + 12, WIDTH - 40, top + 104), ink)
    s.year(150, foot + 17, ink)


_CELLS = {
    2: (((0, 0, 300, 150), (0, 150, 300, 300)), ((0, 0, 150, 300), (150, 0, 300, 300))),
    3: (
        ((0, 0, 300, 170), (0, 170, 150, 310), (150, 170, 300, 310)),
        ((0, 0, 100, 300), (100, 0, 200, 300), (200, 0, 300, 300)),
    ),
    4: (((0, 0, 150, 150), (150, 0, 300, 150), (0, 150, 150, 300), (150, 150, 300, 300)),),
}


def _panels(s: Sheet) -> None:
    """Panels of different colours with an object in each, and the title below or between them."""
    k, rng = s.ink, s.rng
    grounds = [k.ground, mix(k.ground, k.main, 0.85), mix(k.ground, k.accent, 0.85), k.shade]
    rng.shuffle(grounds)
    s.image.paste(k.ground, (0, 0, *s.image.size))
    drawn = s.objects(rng.choice((2, 3, 4)))
    cells = rng.choice(_CELLS[len(drawn)])
    down = 144 if rng.random() < 0.25 else 0
    for draw, (left, top, right, foot), ground in zip(drawn, cells, grounds, strict=False):
        s.pen.rect(left, top + down, right + 0.5, foot + down + 0.5, ground)
        size = min(right - left, foot - top) * 0.84
        ink = k.on(ground) if ground != k.ground else k
        draw(s.pen.at((left + right) / 2, (top + foot) / 2 + down, size), ink, rng)
    s.block(*((20, 140) if down else (316, 430)), k.paper)


def _window(s: Sheet) -> None:
    """A scene seen through a disc, an arch or a box, with the title outside it."""
    k, rng = s.ink, s.rng
    inner = Image.new("RGB", s.image.size, k.shade)
    backdrops.fade(inner, k.shade, k.ground)
    s.scene(inner, 222)
    mask = Image.new("L", s.image.size, 0)
    draw, shape = ImageDraw.Draw(mask), rng.randrange(3)
    top, foot = 34, 294
    if shape == 0:
        draw.ellipse([v * SCALE for v in (20, top, 280, foot)], fill=255)
    elif shape == 1:
        draw.rounded_rectangle([v * SCALE for v in (38, top, 262, foot + 140)], 112 * SCALE, fill=255)
        draw.rectangle([v * SCALE for v in (0, foot, 300, 444)], fill=0)
    else:
        draw.rectangle([v * SCALE for v in (30, top, 270, foot)], fill=255)
    outside = rng.choice((mix(k.ground, k.paper, 0.9), k.ground, mix(k.ground, (0, 0, 0), 0.35)))
    s.image.paste(outside, (0, 0, *s.image.size))
    s.image.paste(inner, (0, 0), mask)
    if shape == 0 and rng.random() < 0.5:
        s.pen.ring(150, 164, 136, 1.6, k.text(outside))
    s.block(306, 430, k.text(outside))


def _lone(s: Sheet) -> None:
    """A small object in a wide empty space, and a small title."""
    k, rng = s.ink, s.rng
    s.image.paste(k.ground, (0, 0, *s.image.size))
    if rng.random() < 0.5:
        backdrops.fade(s.image, k.ground, k.shade)
    x, y = rng.choice(((150, 200), (92, 210), (208, 180), (150, 280)))
    s.objects(1)[0](s.pen.at(x, y, rng.uniform(74, 104)), k, rng)
    align = rng.choice(("left", "centre", "right"))
    box = (30, 40, 270, 112) if y > 240 else (30, 330, 270, 396)
    _, foot = s.title(box, k.paper, align, largest=rng.uniform(24, 34))
    s.year({"left": 31, "centre": 150, "right": 269}[align], foot + 18, k.paper, align)


def _framed(s: Sheet) -> None:
    """A border, an object in the upper part, a second as an ornament between the halves of the year."""
    s.backdrop()
    k, rng = s.ink, s.rng
    backdrops.border(s.pen, k.accent if contrast(k.accent, k.ground) > 2 else k.paper, rng)
    drawn = s.objects(2)
    drawn[0](s.pen.at(150, 152, 194), k, rng)
    s.title((38, 266, 262, 364), k.paper, largest=46)
    drawn[1](s.pen.at(150, 395, 46), k, rng)
    for x, half in ((104, str(s.film.year)[:2]), (196, str(s.film.year)[2:])):
        _small(s.image, half, x, 401, k.paper, "centre", 15)


def _giant(s: Sheet) -> None:
    """A huge object, cropped by the edges and close to the ground in tone, with a large title across it."""
    k, rng = s.ink, s.rng
    s.backdrop()
    drawn, drenched = s.objects(2), s.image.copy()
    x, y = rng.choice((110, 150, 190)), rng.choice((190, 230))
    drawn[0](Pen(drenched).at(x, y, 420, rng.uniform(-14, 14)), k, rng)
    s.image.paste(Image.blend(s.image, drenched, 0.17))
    high = rng.random() < 0.5
    _, foot = s.title(
        (_MARGIN, 40, WIDTH - _MARGIN, 220) if high else (_MARGIN, 226, WIDTH - _MARGIN, 396), k.paper, largest=84
    )
    s.year(150, foot + 20, k.accent if contrast(k.accent, k.ground) > 4.5 else k.paper, ruled=True)
    drawn[1](s.pen.at(150, 330 if high else 126, 150), k, rng)


def _spine(s: Sheet) -> None:
    """The title turned on its side along one edge, an object in the rest."""
    s.backdrop()
    k, rng = s.ink, s.rng
    band = rng.choice((k.main, k.accent, k.shade))
    left = rng.random() < 0.5
    s.pen.rect(*((-2, -2, 76, 446) if left else (224, -2, 302, 446)), band)
    ink = k.text(band)
    strip = Image.new("RGB", (HEIGHT * SCALE, 78 * SCALE), band)
    set_title(strip, s.film.title, s.style, (22, 10, HEIGHT - 74, 68), ink, "left", "middle", 52)
    Sheet(strip, s.film, s.genres, k, s.style, rng).year(HEIGHT - 22, 43, ink, "right")
    turned = strip.transpose(Image.Transpose.ROTATE_90)
    s.image.paste(turned.crop((0, 0, 77 * SCALE, HEIGHT * SCALE)), (0 if left else 224 * SCALE, 0))
    x = 188 if left else 112
    drawn = s.objects(min(3, max(2, len(s.genres)))) if rng.random() < 0.6 else s.objects(1)
    for i, draw in enumerate(drawn):
        size = {1: 196, 2: 166, 3: 122}[len(drawn)]
        draw(s.pen.at(x, HEIGHT * (i + 0.5) / len(drawn), size), k, rng)


WeightOf = Callable[[list[str], str], float]


def _if_scene(weight: float) -> WeightOf:
    # A scene of the second genre may hide the first, so it is rarer where only the second has one.
    return lambda genres, _: weight if genres[0] in SCENES else weight / 4 if any(g in SCENES for g in genres) else 0


def _unless_short(weight: float, letters: int = 99) -> WeightOf:
    # Short films get much empty space; long titles get no layout in which they would be too small.
    return lambda genres, title: 0 if len(title) > letters else weight / 3 if "Short" in genres else weight


def _often_if_short(genres: list[str], title: str) -> float:
    return 3.5 if "Short" in genres else 1.5 if "N/A" in genres else 0.25


LAYOUTS: list[tuple[Callable[[Sheet], None], WeightOf]] = [
    (_hero, _unless_short(1.6)),
    (_duo, _unless_short(1.0)),
    (_scene_under_title, _if_scene(1.5)),
    (_scene_over_title, _if_scene(1.5)),
    (_pattern, _unless_short(0.7)),
    (_panels, _unless_short(0.9)),
    (_window, _if_scene(0.8)),
    (_lone, _often_if_short),
    (_framed, _unless_short(0.8)),
    (_giant, _unless_short(0.8, letters=36)),
    (_spine, _unless_short(0.6, letters=30)),
]
