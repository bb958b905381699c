"""Objects of observing and reporting: Documentary, News, Reality-TV, Short, N/A."""

import math

from tools.draw_sample.motifs import an_object
from tools.draw_sample.pen import mix


@an_object("Documentary")
def lens(p, k, r):
    p.disc(0, 0, 48, k.main)
    p.disc(0, 0, 40, mix(k.main, k.ground, 0.4))
    p.disc(0, 0, 33, k.ground)
    blades = r.choice((6, 7))
    for i in range(blades):
        a, b = math.radians(360 * i / blades), math.radians(360 * (i + 1) / blades)
        c = math.radians(360 * i / blades + 75)
        p.poly([(31 * math.cos(a), 31 * math.sin(a)), (31 * math.cos(b), 31 * math.sin(b)),
                (13 * math.cos(c), 13 * math.sin(c))],
               k.accent if i % 2 else mix(k.accent, k.ground, 0.3))  # fmt: skip
    p.arc(0, 0, 44, 200, 250, 3, k.paper)


@an_object("Documentary", "Short")
def film_reel(p, k, r):
    p.disc(0, -2, 44, k.main)
    for i in range(5):
        turn = math.radians(72 * i - 90)
        p.disc(25 * math.cos(turn), -2 + 25 * math.sin(turn), 11, k.ground)
    p.disc(0, -2, 6, k.accent)
    p.curve([(20, 38), (38, 46), (60, 44)], 5, k.main)


@an_object("Documentary", "News")
def tripod_camera(p, k, r):
    for x in (-30, 2, 32):
        p.line([(0, 2), (x, 50)], 3.6, k.main)
    p.rect(-26, -26, 22, 6, k.main, 3)
    p.poly([(22, -18), (42, -26), (42, 4), (22, -4)], k.main)
    p.disc(-15, -37, 13, k.accent)
    p.disc(12, -37, 13, k.accent)
    for x in (-15, 12):
        p.disc(x, -37, 4.5, k.ground)
    p.disc(-2, -10, 7, k.ground)
    p.disc(-2, -10, 3, k.accent)


@an_object("Documentary")
def earth(p, k, r):
    p.disc(0, 0, 44, k.accent)
    for blob in (
        [(-34, -16), (-20, -32), (-2, -34), (-4, -18), (-16, -8), (-22, 4)],
        [(-14, 8), (2, 10), (4, 22), (-6, 38), (-12, 24)],
        [(10, -20), (28, -28), (40, -8), (34, 10), (24, 24), (16, 4)],
    ):
        p.blob(blob, k.main)
    p.ring(0, 0, 44, 3, k.main)


@an_object("News")
def newspaper(p, k, r):
    q = p.at(0, 0, 100, r.choice((-9, 0, 9)))
    q.rect(-34, -48, 40, 48, mix(k.main, k.ground, 0.45), 2)
    q.rect(-40, -46, 34, 50, k.paper, 2)
    ink = k.text(k.paper)
    q.rect(-34, -40, 28, -28, ink)
    q.line([(-34, -22), (28, -22)], 1.6, ink)
    q.rect(-34, -16, -2, 14, k.accent)
    q.poly([(-34, 14), (-22, -4), (-14, 6), (-8, 0), (-2, 14)], mix(k.accent, ink, 0.6))
    for i in range(11):
        y = -14 + 5.4 * i
        q.line([(3, y), (28 - (i % 3) * 3, y)], 1.5, ink)
        if y > 17:
            q.line([(-34, y), (-4 - (i % 2) * 4, y)], 1.5, ink)


@an_object("News")
def radio_mast(p, k, r):
    p.line([(0, -26), (-26, 50)], 3.6, k.main)
    p.line([(0, -26), (26, 50)], 3.6, k.main)
    for i, y in enumerate((-8, 10, 28, 46)):
        half = 26 * (y + 26) / 76
        p.line([(-half, y), (half, y)], 2.4, k.main)
        after = 26 * (y + 8) / 76
        if i < 3:
            p.line([(-half, y), (after + 3, y + 18)], 1.8, k.main)
    p.disc(0, -30, 5, k.accent)
    for radius in (16, 27, 38):
        p.arc(0, -30, radius, -40, 40, 3, k.accent)
        p.arc(0, -30, radius, 140, 220, 3, k.accent)


@an_object("News")
def press_microphones(p, k, r):
    for x, turn, colour in ((-30, 24, k.accent), (0, 0, k.main), (30, -24, k.accent)):
        q = p.at(x * 0.9, 6, 100, -turn)
        q.line([(0, 0), (0, 54)], 4, k.main)
        q.rect(-9, -46, 9, -16, k.main, 9)
        q.rect(-12, -17, 12, 2, colour if colour != k.main else k.paper, 2)
        for y in (-38, -30):
            q.line([(-6, y), (6, y)], 1.6, k.ground)


@an_object("News", "Biography")
def typewriter(p, k, r):
    p.rect(-24, -48, 24, -8, k.paper)
    ink = mix(k.text(k.paper), k.paper, 0.35)
    for y in (-40, -33, -26):
        p.line([(-17, y), (15 - (y % 4) * 3, y)], 1.8, ink)
    p.rect(-42, -14, 42, -4, k.main, 5)
    p.poly([(-34, -4), (34, -4), (46, 40), (-46, 40)], k.main)
    for row in range(3):
        for i in range(7):
            p.disc(
                -30 + 10 * i + row * (0 if i == 3 else (i - 3) * 0.9),
                8 + 11 * row,
                3.4,
                k.accent if (row, i) == (1, 4) else k.ground,
            )


@an_object("Reality-TV")
def television(p, k, r):
    p.line([(0, -26), (-20, -50)], 3, k.main)
    p.line([(0, -26), (20, -50)], 3, k.main)
    p.rect(-46, -28, 46, 40, k.main, 9)
    p.rect(-39, -20, 22, 32, k.paper, 12)
    ink = k.text(k.paper)
    p.disc(-9, -1, 8, ink)
    p.oval(-9, 32, 17, 21, ink, 180, 360)
    for y in (-12, 2):
        p.disc(33, y, 5, k.accent)
    for y in (16, 21, 26):
        p.line([(28, y), (39, y)], 1.8, k.ground)
    for x in (-28, 28):
        p.line([(x, 40), (x * 1.15, 49)], 4, k.main)


@an_object("Reality-TV", "Documentary")
def camcorder(p, k, r):
    p.rect(-40, -20, 24, 24, k.main, 6)
    p.rect(22, -13, 44, 17, k.main, 3)
    p.rect(40, -16, 50, 20, k.accent, 3)
    p.rect(-46, -30, -14, -16, k.main, 5)
    p.rect(-28, -10, 12, 14, k.ground, 3)
    p.disc(-8, 2, 7, k.accent)
    p.line([(-20, 24), (-14, 46), (8, 46)], 6, k.main)
    p.disc(16, -32, 5, k.accent)


@an_object("Reality-TV")
def wall_of_faces(p, k, r):
    for row in range(3):
        for column in range(3):
            q = p.at(-33 + 33 * column, -33 + 33 * row, 30)
            back = r.choice((k.main, k.accent, k.paper, mix(k.main, k.accent, 0.5)))
            ink = k.text(back)
            q.rect(-50, -50, 50, 50, back, 8)
            q.disc(0, -10, 20, ink)
            q.oval(0, 50, 38, 36, ink, 180, 360)


@an_object("Reality-TV")
def keyed_phone(p, k, r):
    p.rect(-25, -48, 25, 48, k.main, 8)
    p.rect(-20, -38, 20, 36, k.paper, 2)
    ink = k.text(k.paper)
    p.disc(0, -10, 10, ink)
    p.oval(0, 36, 18, 28, ink, 180, 360)
    p.disc(13, -31, 4, k.accent)
    for x, y in ((36, -20), (42, -34), (-38, -14)):
        p.at(x, y, 18).blob(
            [(0, -20), (14, -36), (38, -30), (40, -8), (0, 42), (-40, -8), (-38, -30), (-14, -36)], k.accent
        )
