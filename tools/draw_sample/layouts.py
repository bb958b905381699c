"""Layouts: the positions of picture and title, and which of the film's genres each part of the picture shows."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from PIL import Image, ImageOps

from tools.draw_sample.backdrops import Backdrop, border, choose_backdrops, fade
from tools.draw_sample.lettering import LETTER_COLOURS, Style, line_width, set_line, set_title
from tools.draw_sample.motifs import OBJECTS, PEOPLE, SCENES, Object, Scene
from tools.draw_sample.palettes import Ink, choose_ink
from tools.draw_sample.pen import HEIGHT, WIDTH, Colour, Pen, contrast, mix
from tools.draw_sample.table import Film

_MARGIN = 18
_BLACK, _WHITE = (16, 15, 18), (253, 251, 246)


@dataclass
class Sheet:
    """A poster being drawn; ``genres`` are the film's, the leading one first; the title speaks for ``voice``."""

    image: Image.Image
    film: Film
    genres: list[str]
    ink: Ink
    style: Style
    voice: str
    rng: random.Random
    pending: list[Backdrop] = field(default_factory=list)  # what is still to be painted at the foot

    @property
    def pen(self) -> Pen:
        return Pen(self.image)

    def backdrop(self) -> None:
        """Paint what is behind the picture; what stands at the poster's foot is left for `finish`."""
        k = self.ink
        fade(self.image, *self.rng.choice(((k.ground, k.shade), (k.shade, k.ground), (k.ground, k.ground))))
        chosen = choose_backdrops(self.rng, self.genres)
        self.pending = [chosen.pop("foot")] if "foot" in chosen else []
        for paint in chosen.values():
            paint(self.pen, k, self.rng)

    def finish(self) -> None:
        """Paint the poster's foot, if that has not been done."""
        while self.pending:
            self.pending.pop()(self.pen, self.ink, self.rng)

    def place(self, draw: Object, x: float, y: float, size: float, turn: float = 0) -> None:
        """Draw a motif; people stand behind the poster's foot, unless it would hide them, and things before it."""
        if y > 230 or not any(draw in shelf for shelf in PEOPLE.values()):
            self.finish()
        ink = self.ink.on(self._cells((x - 60, y - 60, x + 60, y + 60), 1)[0])  # whatever is painted there
        draw(self.pen.at(x, y, size, turn), ink, self.rng)

    def motifs(self, count: int, people: float = 0.6) -> list[Object]:
        """Different objects or people, of the genres in turn: the second, the third, then the leading one."""
        found: list[Object] = []
        for i in range(count):
            genre = self.genres[(i + 1) % len(self.genres)]
            shelf = PEOPLE if self.rng.random() < people and genre in PEOPLE else OBJECTS
            found.append(self.rng.choice([draw for draw in shelf[genre] if draw not in found] or OBJECTS[genre]))
        return found

    def _cells(self, box: tuple[float, float, float, float], side: int = 16) -> list[Colour]:
        """The mean colours of ``side`` times ``side`` fields of a box."""
        scale = self.image.width / WIDTH
        corners = [min(max(v, 0), limit) * scale for v, limit in zip(box, (WIDTH, HEIGHT) * 2, strict=True)]
        data = self.image.resize((side, side), Image.Resampling.BOX, corners).tobytes()
        return list(zip(data[::3], data[1::3], data[2::3], strict=True))

    def scene(self, image: Image.Image, horizon: float) -> Colour | None:
        """Draw a scene, perhaps mirrored, of the first genre that has scenes; returns the colour of its floor."""
        draw: Scene = self.rng.choice(next(SCENES[genre] for genre in self.genres if genre in SCENES))
        floor = draw(Pen(image), self.ink, self.rng, horizon)
        if self.rng.random() < 0.5:
            image.paste(ImageOps.mirror(image))
        return floor

    def _readable(self, box: tuple[float, float, float, float]) -> Colour:
        """The title's colour in a box: the genre's own if it is easy to read there; a busy ground is made calm."""
        wanted = [self.rng.choice(LETTER_COLOURS[self.voice]), self.ink.paper, _BLACK, _WHITE]

        def worst(colour: Colour) -> float:
            return sorted(contrast(colour, cell) for cell in cells)[len(cells) // 20]

        cells = self._cells(box)
        if max(map(worst, wanted)) < 5:
            dark = sum(map(sum, cells)) / len(cells) < 400
            mean = tuple(sum(cell[i] for cell in cells) // len(cells) for i in range(3))
            with self.pen.veil(mix(mean, _BLACK if dark else _WHITE, 0.8), 0.9, blur=26) as q:
                q.rect(-60, *((-60, 360, box[3] + 8) if box[3] < HEIGHT / 2 else (box[1] - 8, 360, 500)), 255)
            cells = self._cells(box)
        good = [colour for colour in wanted if worst(colour) >= 4.5]
        return good[0] if good else max(wanted, key=worst)

    def block(self, top: float, bottom: float, anchor="middle", largest: float = 74) -> None:
        """Draw the title and the year below it, between two heights, in a colour that can be read there."""
        self.finish()
        align = self.rng.choice(("centre", "centre", "left"))
        colours: list[Colour] = []

        def colour(box):
            colours.append(self._readable(box))
            return colours[0]

        box = (_MARGIN, top, WIDTH - _MARGIN, bottom - 20)
        _, foot = set_title(self.pen, self.film.title, self.style, box, colour, align, anchor, largest)
        x = WIDTH / 2 if align == "centre" else _MARGIN + 1
        style, text = Style("plain", tracking=0.32, stroke=0.02), str(self.film.year)
        wide = line_width(text, style, 11.5)
        set_line(self.pen, text, style, 11.5, x - (wide / 2 if align == "centre" else 0), foot + 17, colours[0])


def _hero(s: Sheet) -> None:
    """One large motif and the title above or below it."""
    s.backdrop()
    above, size, x = s.rng.random() < 0.45, s.rng.uniform(210, 262), 150 + s.rng.choice((-16, 0, 16))
    y = 442 - size * 0.5 if above else 176
    s.place(s.motifs(1)[0], x, y, size, s.rng.uniform(-4, 4))
    s.block(20, 150, "top") if above else s.block(312, 432, s.rng.choice(("middle", "bottom")))


def _duo(s: Sheet) -> None:
    """A large motif and a smaller one of another genre before it."""
    s.backdrop()
    large, small = s.motifs(2)
    flip, down = s.rng.choice((-1, 1)), 120 if s.rng.random() < 0.4 else 0
    s.place(large, 150 - 40 * flip, 140 + down, 220)
    s.place(small, 150 + 74 * flip, 226 + down, 140)
    s.block(18, 134, "top") if down else s.block(312, 432)


def _heads(s: Sheet) -> None:
    """People of all the genres, side by side, the middle one in front."""
    s.backdrop()
    down = 140 if s.rng.random() < 0.4 else 0
    drawn = s.motifs(max(2, len(s.genres)), people=1)
    spots = ((72, 130, 160), (228, 130, 160), (150, 196, 206)) if len(drawn) > 2 else ((88, 150, 200), (212, 174, 200))
    for draw, (x, y, size) in zip(drawn, spots, strict=False):
        s.place(draw, x, y + down, size)
    s.block(18, 138, "top") if down else s.block(312, 432)


def _close(s: Sheet) -> None:
    """A picture of people so large that the edges cut it, the title across its lower part."""
    s.backdrop()
    x, y, size = s.rng.uniform(130, 170), s.rng.uniform(190, 220), s.rng.uniform(300, 380)
    portrait = PEOPLE.get(s.genres[1 % len(s.genres)], PEOPLE["Drama"])[0]
    s.place(portrait, x, y, size)
    s.block(330, 434, "bottom")


def _scene_under_title(s: Sheet) -> None:
    """A landscape with the title in its sky."""
    s.backdrop()
    s.finish()
    s.scene(s.image, s.rng.uniform(322, 345))
    s.block(20, 150, s.rng.choice(("top", "middle")))


def _scene_over_title(s: Sheet) -> None:
    """A landscape with the title on its floor, or on a plate if the floor is busy."""
    s.backdrop()
    horizon = s.rng.uniform(232, 262)
    s.finish()
    if s.scene(s.image, horizon) is None:
        s.pen.rect(0, 318, WIDTH, HEIGHT + 6, s.ink.ground)
    s.block(322, 434)


def _panels(s: Sheet) -> None:
    """A panel for each genre, each in its own colours, and the title below or between them."""
    n = max(2, len(s.genres))
    down = 140 if s.rng.random() < 0.3 else 0
    s.image.paste(s.ink.ground, (0, 0, *s.image.size))
    drawn, lean = s.motifs(n), s.rng.choice((0, 0, 34))
    for i in range(n):
        genre = s.genres[(i + 1) % len(s.genres)]
        panel = replace(s, image=s.image.copy(), genres=[genre], ink=choose_ink([genre], s.rng))
        panel.backdrop()
        left, right = 300 * i / n, 300 * (i + 1) / n
        panel.place(drawn[i], (left + right) / 2, 176 + down, 250 / n + 60)
        panel.finish()
        mask = Image.new("L", s.image.size)
        near, far, foot = lean * (i > 0), lean * (i < n - 1), 304 + down
        Pen(mask).poly([(left + near, down), (right + far, down), (right - far, foot), (left - near, foot)], 255)
        s.image.paste(panel.image, (0, 0), mask)
    s.block(*((14, 134) if down else (314, 434)))


def _window(s: Sheet) -> None:
    """The picture seen through a disc, an arch or a box, with the title outside it."""
    inner = replace(s, image=s.image.copy())
    inner.backdrop()
    inner.place(inner.motifs(1)[0], 150, 178, 200)
    inner.finish()
    mask = Image.new("L", s.image.size, 0)
    hole, shape = Pen(mask), s.rng.randrange(3)
    if shape == 0:
        hole.disc(150, 164, 130, 255)
    elif shape == 1:
        hole.rect(38, 34, 262, 434, 255, 112)
        hole.rect(0, 294, 300, 444, 0)
    else:
        hole.rect(30, 34, 270, 294, 255)
    s.image.paste(s.rng.choice((mix(s.ink.ground, s.ink.paper, 0.9), s.ink.ground)), (0, 0, *s.image.size))
    s.image.paste(inner.image, (0, 0), mask)
    s.block(306, 430)


def _lone(s: Sheet) -> None:
    """A small motif in a wide empty space, and a small title."""
    s.image.paste(s.ink.ground, (0, 0, *s.image.size))
    x, y = s.rng.choice(((150, 200), (92, 210), (208, 180), (150, 280)))
    s.place(s.motifs(1, people=0)[0], x, y, s.rng.uniform(90, 124))
    s.block(*((30, 120) if y > 240 else (340, 424)), largest=s.rng.uniform(24, 34))


def _framed(s: Sheet) -> None:
    """A border, and two motifs, the smaller as an ornament below the title."""
    s.backdrop()
    s.finish()
    border(s.pen, s.ink.text(s.ink.ground), s.rng)
    first, second = s.motifs(2, people=0)
    s.place(first, 150, 150, 206)
    s.place(second, 150, 398, 64)
    s.block(258, 372, largest=50)


WeightOf = Callable[[list[str], str], float]


def _likely(weight: float, *genres: str) -> WeightOf:
    """Three times as likely for some genres; short films get more empty space instead."""
    return lambda own, _: (3 if set(genres) & set(own) else 1) * weight / (4 if "Short" in own else 1)


def _if_scene(weight: float) -> WeightOf:
    # A scene of the second genre may hide the first, so it is rarer where only the second has one.
    return lambda own, _: weight if own[0] in SCENES else weight / 4 if any(g in SCENES for g in own) else 0


def _often_if_short(own: list[str], _: str) -> float:
    return 4 if "Short" in own else 1.5 if "N/A" in own else 0.08


LAYOUTS: list[tuple[Callable[[Sheet], None], WeightOf]] = [
    (_hero, _likely(1.6)),
    (_duo, _likely(1.4, "Adventure", "Fantasy", "Action")),
    (_heads, _likely(0.5, "Comedy", "Romance", "Family")),
    (_close, _likely(0.3, "Drama", "Horror", "Biography", "Thriller")),
    (_scene_under_title, _if_scene(0.8)),
    (_scene_over_title, _if_scene(0.8)),
    (_panels, _likely(0.6)),
    (_window, _likely(0.3, "Documentary", "History")),
    (_lone, _often_if_short),
    (_framed, _likely(0.3, "Biography", "History", "Mystery")),
]
