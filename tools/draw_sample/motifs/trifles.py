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


@an_object("Short", "N/A")
def egg(p, k, r):
    p.blob([(0, -46), (24, -26), (32, 8), (18, 36), (0, 42), (-18, 36), (-32, 8), (-24, -26)], k.paper)
    p.arc(-2, 2, 22, 170, 230, 3.4, mix(k.paper, k.main, 0.25))
    p.oval(0, 46, 34, 4, mix(k.ground, k.main, 0.3))
    if r.random() < 0.6:
        p.line([(-30, 4), (-18, -6), (-8, 6), (4, -8), (14, 5), (22, -6), (31, 2)], 2.6, k.accent)


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
