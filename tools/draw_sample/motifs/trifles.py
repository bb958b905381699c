"""Small things for short films and for films without a genre: Short, N/A."""

import math

from tools.draw_sample.motifs import an_object
from tools.draw_sample.pen import mix


@an_object("Short", "N/A")
def matchstick(p, k, r):
    q = p.at(0, 0, 100, r.choice((-20, 0, 25)))
    q.rect(-2.6, -26, 2.6, 50, k.main)
    q.oval(0, -27, 5, 8, k.accent)
    if r.random() < 0.5:
        q.blob([(0, -52), (8, -36), (0, -20), (-8, -36)], k.accent)
        q.disc(0, -27, 3, k.paper)


@an_object("Short")
def paper_plane(p, k, r):
    p.poly([(-48, -8), (48, -36), (-14, 14)], k.main)
    p.poly([(48, -36), (-14, 14), (4, 36)], mix(k.main, k.ground, 0.3))
    p.poly([(-14, 14), (-16, 36), (-2, 22)], k.accent)
    for i in range(4):
        p.line([(-30 - 9 * i, 34 + 4 * i), (-25 - 9 * i, 31 + 4 * i)], 1.6, k.accent)


@an_object("Short", "N/A")
def button(p, k, r):
    p.disc(0, 0, 40, k.accent)
    p.ring(0, 0, 31, 2.6, mix(k.accent, k.ground, 0.4))
    for x, y in ((-9, -9), (9, -9), (-9, 9), (9, 9)):
        p.disc(x, y, 5, k.ground)
    p.line([(-9, -9), (9, 9)], 2.4, k.main)
    p.line([(9, -9), (-9, 9)], 2.4, k.main)


@an_object("Short")
def apple(p, k, r):
    p.blob(
        [(0, -18), (16, -28), (36, -18), (38, 8), (22, 38), (0, 34), (-22, 38), (-38, 8), (-36, -18), (-16, -28)],
        k.accent,
    )
    p.curve([(0, -18), (2, -32), (8, -42)], 4, k.main)
    p.blob([(8, -36), (20, -48), (36, -44), (22, -32)], k.main)
    p.arc(-6, 4, 24, 180, 230, 3.4, mix(k.accent, (255, 255, 255), 0.5))


@an_object("Short", "Drama")
def feather(p, k, r):
    q = p.at(0, 0, 104, r.choice((20, -25)))
    q.blob([(0, -50), (14, -30), (16, 0), (6, 28), (0, 34), (-8, 26), (-15, 0), (-11, -30)], k.main)
    q.curve([(0, -46), (2, 0), (0, 52)], 2, k.accent)
    for side, y in ((1, -8), (1, 10), (-1, -18), (-1, 4)):
        q.line([(side * 3, y + 6), (side * 16, y - 6)], 1.8, k.ground)


@an_object("Short")
def safety_pin(p, k, r):
    q = p.at(0, 0, 100, r.choice((-35, 20)))
    q.line([(-14, -30), (-14, 34)], 4, k.main)
    q.line([(10, -26), (14, 34)], 4, k.main)
    q.arc(0, 34, 14, 0, 180, 4, k.main)
    q.rect(-19, -48, 16, -24, k.accent, 10)


@an_object("Short", "N/A")
def egg(p, k, r):
    p.blob([(0, -46), (24, -26), (32, 8), (18, 36), (0, 42), (-18, 36), (-32, 8), (-24, -26)], k.paper)
    p.arc(-2, 2, 22, 170, 230, 3.4, mix(k.paper, k.main, 0.25))
    p.oval(0, 46, 34, 4, mix(k.ground, k.main, 0.3))
    if r.random() < 0.6:
        p.line([(-30, 4), (-18, -6), (-8, 6), (4, -8), (14, 5), (22, -6), (31, 2)], 2.6, k.accent)


@an_object("Short")
def flip_book(p, k, r):
    for i in range(5):
        p.at(0, 20, 100, -26 + 12 * i).rect(-20, -66, 20, 0, mix(k.paper, k.main, 0.14 * (4 - i)), 2)
    q = p.at(0, 20, 100, 22)
    ink = k.text(k.paper)
    q.disc(0, -48, 5, ink)
    q.line([(0, -42), (0, -24)], 2.6, ink)
    q.line([(-9, -38), (0, -36), (9, -42)], 2.6, ink)
    q.line([(-7, -10), (0, -24), (8, -12)], 2.6, ink)
    p.rect(-24, 14, 24, 34, k.accent, 3)


@an_object("N/A", "Short")
def dot(p, k, r):
    p.disc(0, 0, r.uniform(26, 44), k.accent)
    p.line([(-60, 48), (60, 48)], 1.6, k.main)


@an_object("N/A")
def square_waves(p, k, r):
    for i in range(5):
        p.curve(
            [(x, -36 + 18 * i + 5 * math.sin(x / 7 + i)) for x in range(-48, 49, 6)],
            2.6,
            k.accent if i == 2 else k.main,
        )
