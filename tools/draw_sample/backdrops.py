"""What is drawn behind the picture, and over it at the end: gradients, rays, borders, paper."""

import random
from collections.abc import Callable

from PIL import Image, ImageChops

from tools.draw_sample.motifs import journeys, nights
from tools.draw_sample.palettes import Ink
from tools.draw_sample.pen import HEIGHT, WIDTH, Colour, Pen, mix


def fade(image: Image.Image, top: Colour, bottom: Colour) -> None:
    """Fill the poster with a gradient from top to bottom."""
    mask = Image.linear_gradient("L").resize(image.size)
    image.paste(Image.composite(Image.new("RGB", image.size, bottom), Image.new("RGB", image.size, top), mask))


Backdrop = Callable[[Pen, Ink, random.Random], None]

_ZONES = ("base", "sky", "all", "foot")  # in the order of painting: base hides the ground, all is seen through
# By genre: the zone, and what is painted there. A film shows those of all its genres.
BACKDROPS: dict[str, list[tuple[str, Backdrop]]] = {}
_BLACK, _WHITE, _NIGHT = (14, 13, 16), (252, 250, 244), (10, 14, 30)


def a_backdrop(zone: str, *genres: str) -> Callable[[Backdrop], Backdrop]:
    """Register a backdrop under the genres that it suits; twice to draw it more often."""

    def keep(draw: Backdrop) -> Backdrop:
        for genre in genres:
            BACKDROPS.setdefault(genre, []).append((zone, draw))
        return draw

    return keep


def choose_backdrops(rng: random.Random, genres: list[str]) -> dict[str, Backdrop]:
    """What each genre puts behind the picture, or at its foot, by zone in the order of painting."""
    taken: dict[str, Backdrop] = {}
    for genre in genres:
        free = sorted({zone for zone, _ in BACKDROPS[genre]} - set(taken))
        rng.shuffle(free)
        if genre != genres[0]:  # the ground is the leading genre's, if another zone is left
            free.sort(key=lambda zone: zone == "base")
        for zone in free[: 2 if genre == genres[0] else 1]:
            taken[zone] = rng.choice([draw for z, draw in BACKDROPS[genre] if z == zone])
    return {zone: taken[zone] for zone in _ZONES if zone in taken}


def _glow(p: Pen, x: float, y: float, radius: float, colour: Colour, alpha: float) -> None:
    with p.veil(colour, alpha, blur=radius / 2.5) as q:
        q.disc(x, y, radius, 255)


# --- sky ---


@a_backdrop("sky", "Western", "Western", "Adventure", "Romance")
def low_sun(p, k, r):
    x, y, size = r.uniform(90, 210), r.uniform(180, 270), r.uniform(62, 100)
    colour = r.choice(((255, 214, 110), (250, 150, 70), (240, 90, 60)))
    with p.veil(r.choice(((246, 150, 60), (240, 120, 80))), 0.75, blur=90) as q:
        q.rect(-10, y - 60, 310, 460, 255)
    p.disc(x, y, size, colour)


@a_backdrop("sky", "Sci-Fi", "Sci-Fi", "Fantasy")
def stars(p, k, r):
    with p.veil(_NIGHT, 0.85, blur=80) as q:
        q.rect(-10, -60, 310, 250, 255)
    for colour in r.sample(((40, 190, 240), (120, 70, 240), (230, 70, 180), (60, 240, 200)), 2):
        _glow(p, r.uniform(20, 280), r.uniform(20, 230), r.uniform(50, 90), colour, 0.6)
    for _ in range(70):
        p.disc(r.uniform(0, 300), r.uniform(0, 300), r.uniform(0.6, 2), _WHITE)


@a_backdrop("sky", "Family", "Family", "Animation", "Adventure")
def clouds(p, k, r):
    with p.veil((120, 200, 245), 0.9, blur=60) as q:
        q.rect(-10, -90, 310, 250, 255)
    for _ in range(3):
        x, y, size = r.uniform(20, 280), r.uniform(20, 210), r.uniform(0.8, 1.5)
        for dx, dy, radius in ((-26, 4, 16), (0, -6, 24), (26, 4, 17)):
            p.disc(x + dx * size, y + dy * size, radius * size, _WHITE)


@a_backdrop("sky", "Horror", "Mystery", "Fantasy")
def moon(p, k, r):
    with p.veil(_NIGHT, 0.85, blur=70) as q:
        q.rect(-10, -60, 310, 300, 255)
    x, y, size = r.uniform(70, 230), r.uniform(80, 170), r.uniform(48, 74)
    colour = r.choice(((236, 232, 205), (214, 226, 226), (210, 70, 50)))
    _glow(p, x, y, size * 1.5, colour, 0.5)
    p.disc(x, y, size, colour)


@a_backdrop("sky", "Music", "Music", "Musical", "Reality-TV")
def beams(p, k, r):
    with p.veil((16, 8, 34), 0.7, blur=60) as q:
        q.rect(-10, -60, 310, 380, 255)
    colours = r.sample(((255, 60, 160), (60, 220, 255), (255, 210, 70), (150, 80, 255), (255, 110, 60)), 3)
    for i in range(6):
        x, to = 25 + 50 * i, 150 + (i - 2.5) * r.uniform(30, 110)
        with p.veil(colours[i % 3], 0.62) as q:
            q.poly([(x - 5, -5), (x + 5, -5), (to + 40, 340), (to - 40, 340)], 255)
        p.disc(x, 4, 9, _WHITE)


@a_backdrop("sky", "Horror", "Horror")
def drips(p, k, r):
    red, x = r.choice(((190, 16, 24), (150, 8, 16), (216, 30, 30))), 0.0
    p.rect(-5, -5, 305, 26, red)
    while x < 300:
        wide, long = r.uniform(5, 13), r.uniform(30, 170)
        p.rect(x, 0, x + 2 * wide, long, red, wide - 0.5)
        x += 2 * wide + r.uniform(1, 22)


@a_backdrop("base", "Comedy", "Comedy", "Animation", "Reality-TV")
def sunburst(p, k, r):
    yellow, pale = (255, 214, 50), (255, 238, 150)
    first = r.choice((yellow, yellow, pale, (255, 170, 40), (120, 210, 235)))
    second = r.choice((pale, _WHITE, (240, 80, 60))) if first == yellow else mix(first, _WHITE, 0.6)
    n, y, turn = r.choice((8, 10, 13)), r.choice((180, 230, 300)), r.uniform(0, 40)
    p.rect(-5, -5, 305, 449, first)
    for i in range(n):
        p.wedge(150, y, 440, turn + 360 * i / n, turn + 360 * (i + 0.5) / n, second)


@a_backdrop("sky", "War", "War", "Action")
def smoke(p, k, r):
    for _ in range(5):
        x, y, lean, tone = r.uniform(0, 300), r.uniform(240, 330), r.uniform(-60, 60), r.randrange(40, 110)
        with p.veil((tone, tone - 2, tone - 10), 0.75, blur=22) as q:
            for i in range(6):
                q.disc(x + lean * i / 5, y - 56 * i, 14 + 11 * i, 255)


@a_backdrop("sky", "Sport")
def floodlights(p, k, r):
    with p.veil((14, 40, 60), 0.6, blur=70) as q:
        q.rect(-10, -60, 310, 260, 255)
    for x in (44, 256):
        _glow(p, x, 44, 90, (235, 255, 250), 0.8)
        p.rect(x - 3, 60, x + 3, 310, (90, 96, 100))
        for i in range(6):
            p.disc(x - 22 + 22 * (i % 3), 34 + 20 * (i // 3), 9, _WHITE)


@a_backdrop("base", "Drama", "Romance")
def pale_sky(p, k, r):
    """An empty sky over a sea."""
    y = r.uniform(250, 320)
    sky, sea = r.choice(
        (((222, 212, 184), (104, 130, 136)), ((176, 200, 210), (74, 104, 120)), ((234, 200, 170), (140, 108, 100)))
    )
    fade(p.image, mix(sky, k.ground, 0.15), sky)
    p.rect(-5, y, 305, 449, sea)
    if r.random() < 0.5:
        p.disc(r.uniform(60, 240), y - r.uniform(30, 90), 26, mix(sky, _WHITE, 0.6))


@a_backdrop("base", "News", "News")
def masthead(p, k, r):
    p.rect(-5, -5, 305, 449, (230, 228, 220))
    p.rect(0, 0, 300, 34, r.choice((_BLACK, (170, 20, 30), (20, 40, 90))))
    for left in range(10, 300, 72):
        for y in range(50, 440, 9):
            p.line([(left, y), (left + r.choice((62, 62, 40)), y)], 3, (150, 148, 142))


# --- foot ---


@a_backdrop("foot", "Western", "Western")
def mesas(p, k, r):
    far, near = r.choice((((196, 104, 54), (70, 34, 20)), ((170, 84, 50), (40, 22, 18))))
    for x, tall, wide in ((r.uniform(0, 60), 86, 50), (r.uniform(220, 300), 110, 56), (r.uniform(120, 180), 46, 34)):
        p.poly([(x - wide - 20, 352), (x - wide, 350 - tall), (x + wide, 350 - tall), (x + wide + 20, 352)], far)
    p.blob([(-40, 340), (80, 320), (200, 342), (340, 324), (340, 480), (-40, 480)], near)
    for x, size in ((r.uniform(14, 60), r.uniform(90, 140)), (r.uniform(240, 286), r.uniform(60, 110))):
        journeys.cactus(p.at(x, 342 - size * 0.42, size), k.__class__(near, near, near, near, near), r)


@a_backdrop("foot", "Adventure", "Adventure")
def peaks(p, k, r):
    for base, tall, colour in ((350, 130, (120, 146, 168)), (370, 96, (60, 92, 100)), (400, 60, (26, 52, 50))):
        for i in range(4):
            x, up = -20 + 100 * i + r.uniform(-30, 30), tall * r.uniform(0.6, 1.1)
            p.poly([(x - 95, 450), (x - 80, base + 20), (x, base - up), (x + 80, base + 20), (x + 95, 450)], colour)
            if base == 350:
                p.poly(
                    [(x - 22, base - up + 42), (x, base - up), (x + 22, base - up + 42), (x, base - up + 30)], _WHITE
                )


@a_backdrop("foot", "Sci-Fi", "Sci-Fi")
def planet(p, k, r):
    rim = r.choice(((60, 210, 255), (90, 255, 220), (190, 110, 255), (255, 140, 70)))
    x, y, size = r.uniform(60, 240), r.uniform(530, 580), r.uniform(220, 270)
    _glow(p, x, y, size + 34, rim, 0.85)
    p.disc(x, y, size, mix(rim, _WHITE, 0.5))
    p.disc(x + 8, y + 12, size, _NIGHT)


@a_backdrop("foot", "Family", "Family", "Animation")
def meadow(p, k, r):
    for y, colour in ((320, (150, 206, 90)), (350, (104, 178, 66)), (392, (66, 146, 56))):
        shift = r.uniform(-60, 60)
        top = [(-90 + shift, y + 20), (40 + shift, y - 22), (190 + shift, y + 12), (380, y - 16)]
        p.blob([*top, (400, 480), (-90, 480)], colour)
    for _ in range(16):
        p.disc(r.uniform(0, 300), r.uniform(360, 440), 4, r.choice(((255, 230, 80), _WHITE, (240, 90, 110))))


@a_backdrop("foot", "Fantasy", "Fantasy")
def castle(p, k, r):
    _glow(p, 150, 330, 130, (255, 204, 90), 0.75)
    dark = (44, 22, 76)
    for x, wide, tall in ((60, 26, 70), (104, 30, 96), (150, 38, 124), (198, 28, 104), (244, 26, 76)):
        top = 390 - tall * r.uniform(0.85, 1.1)
        p.rect(x - wide / 2, top, x + wide / 2, 450, dark)
        p.poly([(x - wide * 0.7, top), (x, top - wide * 1.5), (x + wide * 0.7, top)], dark)
        p.rect(x - 3, top + 14, x + 3, top + 24, (255, 214, 110))
    p.blob([(-40, 400), (80, 366), (220, 368), (340, 396), (340, 480), (-40, 480)], dark)


@a_backdrop("foot", "Music", "Documentary")
def crowd(p, k, r):
    ink = (12, 10, 20)
    for row in range(3):
        for x in range(-6, 320, 24):
            y = 366 + 22 * row + r.uniform(-7, 7)
            p.disc(x + 12 * (row % 2), y, 11, mix(ink, (90, 80, 110), 0.3 * (2 - row) / 2))
            p.rect(x - 12 + 12 * (row % 2), y + 8, x + 12 + 12 * (row % 2), 450, ink, 6)
            if row == 0 and r.random() < 0.4:
                p.line([(x, y), (x + r.uniform(-12, 12), y - 42)], 7, ink)


@a_backdrop("foot", "War", "War")
def trench(p, k, r):
    p.blob([(-40, 360), (60, 338), (160, 366), (250, 340), (340, 362), (340, 480), (-40, 480)], (72, 70, 44))
    p.blob([(-40, 396), (80, 384), (200, 402), (340, 380), (340, 480), (-40, 480)], (46, 46, 32))
    for x in range(-10, 320, 62):
        p.line([(x - 14, 388), (x + 14, 330)], 5, (34, 34, 26))
        p.line([(x + 14, 388), (x - 14, 330)], 5, (34, 34, 26))
    for y in (340, 362):
        p.curve([(-10, y), (80, y + 8), (150, y - 4), (230, y + 8), (310, y)], 2.6, (34, 34, 26))


@a_backdrop("foot", "Action", "Action", "War")
def flames(p, k, r):
    for base, colour in ((150, (206, 50, 20)), (110, (248, 120, 24)), (64, (255, 206, 70))):
        with p.veil(colour, 0.9, blur=9) as q:
            for x in range(-10, 320, 36):
                tall = base * r.uniform(0.6, 1.4)
                tip, side = (x + r.uniform(-14, 14), 444 - tall), 444 - tall * 0.4
                q.blob([(x - 32, 460), (x - 24, side), tip, (x + 24, side), (x + 32, 460)], 255)
    for _ in range(26):
        p.disc(r.uniform(0, 300), r.uniform(110, 400), r.uniform(1, 3), (255, 190, 80))


@a_backdrop("foot", "Sport", "Sport", "Sport")
def pitch(p, k, r):
    light, dark = r.choice(
        (((96, 178, 74), (66, 150, 58)), ((206, 96, 62), (184, 74, 48)), ((96, 178, 74), (66, 150, 58)))
    )
    p.rect(-5, 290, 305, 450, light)
    for i in range(-6, 7, 2):
        p.poly([(150 + 22 * i, 290), (150 + 22 * (i + 1), 290), (150 + 90 * (i + 1), 450), (150 + 90 * i, 450)], dark)
    p.line([(-5, 292), (305, 292)], 5, _WHITE)
    if light[1] > 150:
        p.ring(150, 400, 96, 5, _WHITE, ry=40)
    else:
        for i in range(-3, 4):
            p.line([(150 + 44 * i, 290), (150 + 180 * i, 450)], 4, _WHITE)


@a_backdrop("foot", "Crime", "Thriller", "Action", "Crime")
def city(p, k, r):
    ink, light = r.choice((((18, 20, 28), (250, 206, 100)), ((26, 32, 44), (206, 220, 230))))
    x = -6.0
    while x < 300:
        wide, tall = r.uniform(26, 52), r.uniform(50, 150)
        p.rect(x, 400 - tall, x + wide + 1, 450, ink)
        for _ in range(int(tall / 16)):
            left, top = (
                x + r.uniform(4, wide - 10),
                400 - r.uniform(80, 82 + tall * 0.5),
            )  # none where the title may stand
            if top < 406 - tall:
                continue
            p.rect(left, top, left + 6, top + 8, light)
        x += wide


@a_backdrop("foot", "Mystery", "Mystery", "Horror")
def fog(p, k, r):
    for y in (300, 350, 400):
        with p.veil(r.choice(((170, 178, 190), (146, 152, 172), (130, 140, 150))), 0.7, blur=24) as q:
            q.oval(r.uniform(40, 260), y, 210, 24, 255)


@a_backdrop("sky", "History", "History")
def columns(p, k, r):
    stone = r.choice(((222, 202, 164), (200, 176, 136), (236, 224, 198)))
    for x in (22, 92, 208, 278) if r.random() < 0.6 else (30, 110, 190, 270):
        p.rect(x - 20, 90, x + 20, 400, stone)
        for dx in (-9, 3, 13):
            p.rect(x + dx - 2, 104, x + dx + 2, 390, mix(stone, _BLACK, 0.32))
        p.rect(x - 27, 82, x + 27, 100, stone)
    p.rect(-5, 386, 305, 450, mix(stone, (90, 50, 30), 0.5))
    p.rect(-5, 56, 305, 86, mix(stone, _BLACK, 0.1))


@a_backdrop("foot", "Musical", "Musical")
def footlights(p, k, r):
    p.poly([(-5, 340), (305, 340), (305, 450), (-5, 450)], (116, 52, 30))
    with p.veil((255, 220, 120), 0.5, blur=16) as q:
        q.rect(-20, 330, 320, 366, 255)
    for x in range(10, 310, 40):
        p.disc(x, 348, 11, (255, 244, 190))


@a_backdrop("foot", "Reality-TV", "News")
def ticker(p, k, r):
    band = r.choice(((226, 20, 110), (210, 24, 34), (20, 110, 210)))
    p.rect(-5, 296, 305, 326, band)
    p.rect(-5, 326, 305, 340, (252, 214, 50))
    p.rect(12, 282, 84, 312, _WHITE)
    p.disc(30, 297, 9, (226, 20, 30))


# --- all over ---


@a_backdrop("all", "Horror", "Thriller")
def darkness(p, k, r):
    """Black, but for a light in the middle."""
    mask = Image.radial_gradient("L").resize(p.image.size).point(lambda v: min(250, round(v * 1.7)))
    p.image.paste((4, 3, 6), (0, 0, *p.image.size), mask)


@a_backdrop("all", "Horror", "Mystery")
def bare_trees(p, k, r):
    for x in (r.uniform(-6, 26), r.uniform(274, 306), r.uniform(40, 80), r.uniform(220, 260)):
        nights.bare_tree(p, x, 450, r.uniform(330, 460), (10, 10, 12), r, r.uniform(-0.1, 0.1))


@a_backdrop("all", "Crime", "Mystery")
def blinds(p, k, r):
    lean = r.choice((60, -60, 90))
    with p.veil(_BLACK, 0.62) as q:
        for y in range(-120, 540, 46):
            q.poly([(-5, y), (305, y + lean), (305, y + lean + 22), (-5, y + 22)], 255)


@a_backdrop("all", "Crime", "Action")
def slash(p, k, r):
    """A hard diagonal, black and red."""
    flip = r.random() < 0.5
    q = p.at(300 if flip else 0, 0, 100, 0, flip)
    q.poly([(-5, 300), (305, 60), (305, 450), (-5, 450)], _BLACK)
    q.poly([(-5, 282), (305, 42), (305, 66), (-5, 306)], r.choice(((200, 24, 32), (200, 24, 32), (240, 180, 40))))


@a_backdrop("all", "Thriller", "Thriller", "Drama")
def lit_door(p, k, r):
    """A cold room, and light that falls into it aslant."""
    with p.veil((24, 36, 50), 0.8) as q:
        q.rect(-5, -5, 305, 450, 255)
    x, lean = r.uniform(80, 200), r.choice((-110, 110))
    with p.veil((176, 204, 220), 0.85, blur=5) as q:
        q.poly(
            [(x - 22, 60), (x + 22, 60), (x + 26, 270), (x + lean + 74, 460), (x + lean - 40, 460), (x - 26, 270)], 255
        )


@a_backdrop("all", "Drama", "Drama", "Thriller")
def rain(p, k, r):
    with p.veil((96, 118, 134), 0.35) as q:
        q.rect(-5, -5, 305, 450, 255)
    with p.veil((208, 216, 220), 0.55) as q:
        for _ in range(70):
            x, y = r.uniform(-10, 310), r.uniform(-20, 450)
            q.line([(x, y), (x - 9, y + 40)], 2, 255)


@a_backdrop("base", "Drama", "Drama", "Biography")
def bare_wall(p, k, r):
    """A plain wall with a window's light on it."""
    wall = mix(r.choice(((190, 170, 132), (136, 160, 152), (198, 156, 136), (126, 146, 164))), k.ground, 0.25)
    fade(p.image, wall, mix(wall, _BLACK, 0.25))
    x, lean = r.uniform(40, 160), r.uniform(20, 50)
    for i in (0, 1):
        for j in (0, 1):
            left, top = x + 56 * i + lean * j * 0.6, 50 + 86 * j
            p.poly([(left, top), (left + 48, top + 8), (left + 48 + lean, top + 86), (left + lean, top + 78)],
                   mix(wall, (255, 244, 214), 0.55))  # fmt: skip


@a_backdrop("all", "Romance", "Romance", "Romance")
def blush(p, k, r):
    """Warm light and soft rounds of it."""
    with p.veil(r.choice(((250, 120, 140), (246, 140, 120), (236, 96, 130))), 0.6, blur=100) as q:
        q.rect(-5, 60, 305, 520, 255)
    for colour in ((255, 190, 190), (255, 220, 200), (255, 150, 170), (255, 236, 200)):
        with p.veil(colour, r.uniform(0.3, 0.65), blur=3) as q:
            for _ in range(4):
                q.disc(r.uniform(0, 300), r.uniform(0, 440), r.uniform(10, 34), 255)


@a_backdrop("all", "Comedy", "Musical", "Animation")
def confetti(p, k, r):
    colours = ((240, 60, 60), (255, 206, 40), (50, 150, 230), (80, 190, 90), (250, 130, 40), (230, 80, 170))
    for _ in range(44):
        q = p.at(r.uniform(0, 300), r.uniform(0, 440), 100, r.uniform(0, 180))
        q.rect(-7, -4, 7, 4, r.choice(colours))


@a_backdrop("base", "Comedy", "Reality-TV")
def big_dots(p, k, r):
    """Bright paper with rows of fat dots."""
    dot = r.choice(((255, 206, 60), (150, 220, 235), (250, 120, 100), (255, 206, 60)))
    ground = (255, 251, 238) if r.random() < 0.7 else mix(dot, _WHITE, 0.5)
    p.rect(-5, -5, 305, 449, ground)
    size = r.uniform(10, 16)
    for row in range(13):
        for column in range(9):
            p.disc(column * 38 + 19 * (row % 2), row * 37, size, dot)


@a_backdrop("all", "Comedy", "Comedy", "Sport", "Family")
def pennants(p, k, r):
    """A line of flags across the top and a bright band at the foot."""
    colours = ((240, 60, 60), (255, 206, 40), (50, 150, 230), (80, 190, 90), (250, 130, 40))
    for i in range(8):
        x, y = 40 * i, 40 - 0.0016 * (130 - 40 * i) ** 2  # the line sags
        p.poly([(x - 14, y), (x + 22, y), (x + 4, y + 44)], colours[(i + r.randrange(2)) % 5])
    p.rect(-5, 424, 305, 450, r.choice(colours))


@a_backdrop("base", "Comedy", "Short")
def plain_white(p, k, r):
    """Nothing but white: all eyes on the picture."""
    p.rect(-5, -5, 305, 449, r.choice(((252, 251, 248), (250, 248, 240), (255, 252, 236))))


@a_backdrop("base", "Animation", "Animation")
def bubbles(p, k, r):
    """Bold rounds of candy colours."""
    colours = ((255, 90, 150), (60, 190, 250), (255, 210, 50), (130, 220, 100), (170, 100, 240), (255, 130, 60))
    first = r.choice(colours)
    p.rect(-5, -5, 305, 449, first)
    for _ in range(7):
        p.disc(r.uniform(0, 300), r.uniform(0, 440), r.uniform(30, 90), r.choice(colours))


@a_backdrop("all", "Fantasy", "Fantasy", "Musical")
def sparkles(p, k, r):
    _glow(p, 150, 190, 120, (190, 120, 250), 0.55)
    for _ in range(26):
        p.star(r.uniform(0, 300), r.uniform(0, 430), r.uniform(5, 17), 0.2, 4, (255, 226, 120))


@a_backdrop("all", "Musical", "Musical")
def curtains(p, k, r):
    reds = r.choice((((176, 20, 36), (120, 10, 26)), ((146, 16, 60), (96, 8, 42))))
    for side in (-1, 1):
        for i in range(5):
            x = 150 + side * (156 - 19 * i)
            p.blob([(x - 13, -10), (x + 13, -10), (x + 10 + side * 7 * i, 200), (x + 13 + side * 4 * i, 455),
                    (x - 13 + side * 4 * i, 455), (x - 12 + side * 7 * i, 200)], reds[i % 2])  # fmt: skip
    for i in range(6):
        p.oval(25 + 50 * i, 0, 28, 44, reds[i % 2], 0, 180)
        p.arc(25 + 50 * i, 0, 36, 30, 150, 4, (236, 190, 80))


@a_backdrop("base", "Biography", "History", "Biography")
def old_print(p, k, r):
    """Yellowed paper with a heavy frame, an oval in it."""
    brown = r.choice(((84, 54, 32), (110, 70, 40), (62, 44, 34)))
    p.rect(-5, -5, 305, 449, (226, 204, 160))
    for gap, colour in ((0, brown), (12, (206, 166, 96)), (17, brown), (21, (232, 214, 174))):
        p.rect(gap, gap, 300 - gap, 444 - gap, colour)
    p.oval(150, 180, 108, 136, mix(brown, (226, 204, 160), 0.35))
    p.oval(150, 180, 98, 126, mix(brown, (226, 204, 160), 0.6))


@a_backdrop("base", "Documentary", "Documentary", "Documentary")
def photograph(p, k, r):
    """Plain paper with a photograph in greys."""
    p.rect(-5, -5, 305, 449, r.choice(((246, 244, 238), (236, 234, 228), (28, 28, 30))))
    left, top, right, foot = r.choice(((0, 0, 300, 300), (24, 28, 276, 290), (24, 90, 276, 320)))
    for i in range(12):
        y = top + (foot - top) * i / 12
        p.rect(left, y, right, y + (foot - top) / 12 + 1, (214 - 12 * i - r.randrange(8),) * 3)
    far = [(left + (right - left) * i / 6, foot - r.uniform(30, 120)) for i in range(7)]
    p.poly([(left, foot), *far, (right, foot)], (74, 74, 74))


@a_backdrop("base", "Reality-TV", "Reality-TV")
def screens(p, k, r):
    """A wall of loud screens."""
    colours = ((255, 60, 150), (30, 200, 230), (255, 214, 40), (150, 80, 240))
    for row in range(3):
        for column in range(2):
            colour = colours[(row * 3 + column * 2 + r.randrange(2)) % 4]
            p.rect(150 * column, 148 * row, 150 * column + 150, 148 * row + 148, _BLACK)
            p.rect(150 * column + 7, 148 * row + 7, 150 * column + 143, 148 * row + 141, colour, 14)


@a_backdrop("base", "N/A")
def nothing(p, k, r):
    p.rect(-5, -5, 305, 449, mix(k.ground, (200, 200, 196), 0.6))


def border(p: Pen, colour: Colour, rng: random.Random) -> None:
    """Draw a frame along the edges: a line, two lines, or one with cut corners."""
    style, gap = rng.randrange(3), 12
    right, foot = WIDTH - gap, HEIGHT - gap
    if style < 2:
        p.line([(gap, gap), (right, gap), (right, foot), (gap, foot)], 2.2, colour, closed=True)
        if style:
            p.line(
                [(gap + 5, gap + 5), (right - 5, gap + 5), (right - 5, foot - 5), (gap + 5, foot - 5)],
                0.9,
                colour,
                closed=True,
            )
    else:
        cut = 14
        p.line([(gap + cut, gap), (right - cut, gap), (right, gap + cut), (right, foot - cut), (right - cut, foot),
                (gap + cut, foot), (gap, foot - cut), (gap, gap + cut)], 2.2, colour, closed=True)  # fmt: skip


def age(image: Image.Image, year: int, rng: random.Random) -> Image.Image:
    """Give a finished poster the look of paper: soft mottling, darker edges, and some yellow for older films."""
    small = Image.frombytes("L", (24, 36), rng.randbytes(24 * 36)).resize(image.size, Image.Resampling.BICUBIC)
    mottle = small.point(lambda v: 250 + round(5 * v / 255))
    image = ImageChops.multiply(image, Image.merge("RGB", (mottle, mottle, mottle)))
    if rng.random() < 0.6:
        depth = rng.choice((18, 34))
        edges = Image.radial_gradient("L").resize(image.size).point(lambda v: 255 - round(depth * (v / 255) ** 2))
        image = ImageChops.multiply(image, Image.merge("RGB", (edges, edges, edges)))
    if year < 1965 and rng.random() < 0.5:
        image = Image.blend(image, ImageChops.multiply(image, Image.new("RGB", image.size, (255, 244, 214))), 0.7)
    return image
