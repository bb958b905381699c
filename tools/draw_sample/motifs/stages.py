"""Objects of performance: Music, Musical, Sport."""

import math

from tools.draw_sample.motifs import an_object
from tools.draw_sample.pen import mix


@an_object("Music")
def vinyl(p, k, r):
    p.disc(0, 0, 48, k.main)
    for radius in (42, 36, 30, 24):
        p.ring(0, 0, radius, 0.9, mix(k.main, k.ground, 0.5))
    p.disc(0, 0, 16, k.accent)
    p.disc(0, 0, 3, k.ground)
    if r.random() < 0.6:
        p.line([(50, -50), (48, -10), (26, 14)], 3.4, k.paper)
        p.at(24, 17, 100, 45).rect(-4, -4, 4, 8, k.paper, 1)


@an_object("Music", "Musical")
def notes(p, k, r):
    q = p.at(0, 0, 100, r.choice((-8, 0, 8)))
    q.at(-20, 32, 100, -20).oval(0, 0, 14, 10.5, k.main)
    q.at(26, 24, 100, -20).oval(0, 0, 14, 10.5, k.main)
    q.line([(-8, 30), (-8, -32)], 5, k.main)
    q.line([(38, 22), (38, -42)], 5, k.main)
    q.poly([(-10, -44), (40, -54), (40, -38), (-10, -28)], k.accent)


@an_object("Music")
def guitar(p, k, r):
    q = p.at(0, 0, 104, r.choice((28, -28)))
    q.rect(-4, -50, 4, 8, k.main)
    q.rect(-6.5, -58, 6.5, -44, k.main, 2)
    q.blob([(-15, 0), (-19, 10), (-13, 18), (-24, 32), (-17, 49), (0, 53), (17, 49), (24, 32), (13, 18), (19, 10),
            (15, 0), (0, -4)],
           k.accent)  # fmt: skip
    q.disc(0, 20, 7.5, k.ground)
    q.rect(-9, 38, 9, 42, k.main, 1)
    for x in (-2, 0, 2):
        q.line([(x, -50), (x, 40)], 0.6, k.paper)


@an_object("Music", "Biography")
def piano_keys(p, k, r):
    ink = k.text(k.paper)
    p.rect(-48, -34, 48, 36, ink, 3)
    for i in range(7):
        p.rect(-45.5 + 13 * i, -32, -33.7 + 13 * i, 34, k.accent if i == 4 else k.paper, 2)
    for i in (0, 1, 3, 4, 5):
        p.rect(-37.5 + 13 * i, -33, -29.5 + 13 * i, 8, ink, 1.5)


@an_object("Music", "Reality-TV")
def microphone(p, k, r):
    q = p.at(0, 0, 100, r.choice((-30, 0, 30)))
    q.poly([(-8, 0), (8, 0), (5, 50), (-5, 50)], k.accent)
    q.disc(0, -20, 23, k.main)
    for i in range(-2, 3):
        q.line([(i * 8, -40 + abs(i) * 4), (i * 8, abs(i) * -3)], 1.4, k.ground)
        q.line([(-20 + abs(i) * 2, -20 + i * 8), (20 - abs(i) * 2, -20 + i * 8)], 1.4, k.ground)
    q.rect(-13, -3, 13, 4, k.paper, 3)


@an_object("Music")
def trumpet(p, k, r):
    q = p.at(0, 0, 100, r.choice((-25, 0)))
    q.line([(-46, -4), (28, -4)], 5, k.main)
    q.poly([(24, -7), (40, -14), (50, -24), (50, 16), (40, 6), (24, -1)], k.main)
    q.ring(-2, 6, 18, 4.4, k.main, ry=10)
    for x in (-12, -2, 8):
        q.rect(x - 3, -18, x + 3, 18, k.accent, 2)
        q.rect(x - 4, -24, x + 4, -19, k.main, 2)
    q.rect(-52, -8, -46, 0, k.accent, 1)


@an_object("Music", "Musical")
def saxophone(p, k, r):
    p.curve([(-26, -44), (-12, -46), (-4, -34), (-2, 16), (6, 38), (24, 38), (32, 20), (34, 4)], 11, k.main)
    p.poly([(25, 8), (43, 8), (50, -14), (20, -12)], k.main)
    p.line([(-40, -38), (-24, -45)], 5, k.accent)
    for y in (-22, -9, 4, 17):
        p.disc(-2, y, 4, k.accent)


@an_object("Musical")
def top_hat(p, k, r):
    p.poly([(-26, -44), (26, -44), (22, 10), (-22, 10)], k.main)
    p.poly([(-22.6, -2), (22.6, -2), (22, 10), (-22, 10)], k.accent)
    p.oval(0, 12, 46, 9, k.main)
    q = p.at(0, 30, 100, -12)
    q.rect(-48, -3, 40, 3, k.paper, 3)
    q.rect(-50, -4, -40, 4, k.accent, 2)
    q.rect(34, -4, 44, 4, k.accent, 2)


@an_object("Musical")
def marquee_star(p, k, r):
    p.star(0, 2, 50, 0.44, 5, k.main)
    p.star(0, 2, 40, 0.44, 5, k.accent)
    tips = []
    for i in range(10):
        reach, turn = 50 * (0.405 if i % 2 else 0.88), math.radians(-90 + 36 * i)
        tips.append((reach * math.cos(turn), 2 + reach * math.sin(turn)))
    for (x0, y0), (x1, y1) in zip(tips, tips[1:] + tips[:1], strict=True):
        for share in (0, 1 / 3, 2 / 3):
            p.disc(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share, 2.1, k.paper)


@an_object("Sport")
def football(p, k, r):
    ink = k.text(k.paper)
    p.disc(0, 0, 46, ink)
    p.disc(0, 0, 43, k.paper)
    p.star(0, 0, 17, 0.809, 5, ink)
    for i in range(5):
        turn = math.radians(-90 + 72 * i)
        x, y = math.cos(turn), math.sin(turn)
        p.line([(15 * x, 15 * y), (30 * x, 30 * y)], 2.6, ink)
        left, right = math.radians(-90 + 72 * i - 20), math.radians(-90 + 72 * i + 20)
        p.poly(
            [
                (30 * x, 30 * y),
                (40 * math.cos(left), 40 * math.sin(left)),
                (44 * x, 44 * y),
                (40 * math.cos(right), 40 * math.sin(right)),
            ],
            ink,
        )


@an_object("Sport", "Action")
def boxing_glove(p, k, r):
    q = p.at(0, 0, 100, r.choice((-12, 12)), flip=r.random() < 0.5)
    q.blob([(-22, 18), (-36, -10), (-26, -40), (4, -48), (32, -36), (36, -6), (22, 20)], k.accent)
    q.blob([(-24, 10), (-34, -6), (-30, -22), (-16, -22), (-4, -8), (-10, 8)], mix(k.accent, k.ground, 0.28))
    q.rect(-24, 18, 24, 44, k.main, 4)
    q.line([(-18, 31), (18, 31)], 3, k.accent)


@an_object("Sport")
def trophy(p, k, r):
    for side in (-1, 1):
        p.ring(side * 27, -24, 13, 4.4, k.accent)
    p.blob([(-27, -46), (27, -46), (25, -18), (12, 6), (0, 10), (-12, 6), (-25, -18)], k.main)
    p.poly([(-4, 6), (4, 6), (8, 30), (-8, 30)], k.main)
    p.rect(-22, 30, 22, 46, k.accent, 2)
    p.star(0, -22, 11, 0.4, 5, k.ground)


@an_object("Sport")
def bicycle(p, k, r):
    for x in (-28, 28):
        p.ring(x, 16, 21, 3.6, k.main)
        p.disc(x, 16, 3, k.main)
    p.line([(-28, 16), (-12, -14), (18, -14), (0, 16), (-28, 16)], 3.4, k.accent)
    p.line([(0, 16), (-14, -20)], 3.4, k.accent)
    p.line([(28, 16), (17, -22), (26, -27)], 3.4, k.accent)
    p.line([(-21, -21), (-7, -21)], 4.4, k.main)


@an_object("Sport")
def baseball(p, k, r):
    p.disc(0, 0, 42, k.paper)
    for side in (-1, 1):
        p.arc(side * 44, 0, 34, *((128, 232) if side > 0 else (-52, 52)), 2.2, k.accent)
        for i in range(-3, 4):
            turn = math.radians((180 if side > 0 else 0) + i * 14)
            x, y = side * 44 + 34 * math.cos(turn), 34 * math.sin(turn)
            p.line([(x - 4, y - 2), (x + 4, y + 2)], 1.8, k.accent)
    if r.random() < 0.6:
        p.at(0, 0, 100, -45).rect(-56, 34, 40, 44, k.main, 5)


@an_object("Sport")
def runner(p, k, r):
    p.disc(12, -40, 7.5, k.accent)
    p.line([(8, -28), (0, 0)], 11, k.accent)
    p.line([(8, -26), (24, -18), (30, -32)], 5, k.main)
    p.line([(5, -26), (-12, -22), (-18, -6)], 5, k.main)
    p.line([(0, 2), (20, 10), (18, 36), (27, 37)], 6, k.main)
    p.line([(-1, 2), (-10, 24), (-36, 22)], 6, k.main)
    for y in (-18, 2, 34):
        p.line([(-54, y), (-30 - y * 0.1, y)], 1.8, k.accent)
