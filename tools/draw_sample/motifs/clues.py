"""Objects of crimes and riddles: Crime, Mystery."""

import math

from tools.draw_sample.motifs import an_object
from tools.draw_sample.pen import mix


@an_object("Mystery")
def keyhole(p, k, r):
    p.oval(0, 0, 34, 48, k.main)
    p.oval(0, 0, 30, 44, mix(k.main, k.ground, 0.25))
    p.disc(0, -12, 13, k.ground)
    p.poly([(-6, -6), (6, -6), (13, 28), (-13, 28)], k.ground)
    p.disc(0, -12, 4, k.accent)


@an_object("Mystery", "Crime")
def magnifier(p, k, r):
    q = p.at(0, 0, 100, r.choice((0, 90)))
    q.line([(18, 18), (44, 44)], 10, k.accent)
    q.disc(-8, -8, 34, k.main)
    q.disc(-8, -8, 28, k.paper)
    ink = k.text(k.paper)
    inside = p.at(-8 if q.matrix == p.matrix else 8, -8)
    if r.random() < 0.5:
        fingerprint(inside.at(0, 0, 40), k.on(k.paper), r)
    else:
        inside.oval(-4, 0, 7, 11, ink)
        inside.oval(-3, 16, 5, 4, ink)
        for i in range(4):
            inside.disc(-9 + 4.5 * i, -15 + abs(i - 1) * 1.4, 2.1, ink)


@an_object("Mystery")
def question(p, k, r):
    p.curve([(-20, -24), (-14, -42), (6, -46), (22, -32), (16, -12), (2, 0), (0, 18)], 13, k.main)
    p.disc(0, 38, 8.5, k.accent)


@an_object("Mystery", "Drama")
def door_ajar(p, k, r):
    p.rect(-24, -48, 24, 48, k.main)
    p.rect(-18, -42, 18, 48, k.accent)
    p.poly([(-18, -42), (6, -34), (6, 56), (-18, 48)], mix(k.main, k.ground, 0.35))
    p.disc(1, 8, 2.2, k.paper)
    p.poly([(6, 48), (18, 48), (44, 62), (6, 57)], mix(k.ground, k.accent, 0.6))


@an_object("Mystery", "Horror")
def raven(p, k, r):
    p.blob([(-8, -34), (6, -44), (18, -34), (20, -14), (14, 10), (-6, 24), (-36, 42), (-26, 12), (-14, -10)], k.main)
    p.poly([(17, -38), (40, -31), (18, -26)], k.main)
    p.disc(9, -34, 2.8, k.accent)
    p.blob([(0, -10), (8, 4), (-10, 20), (-28, 32), (-14, 6)], mix(k.main, k.ground, 0.25))
    p.line([(2, 18), (4, 38)], 2.5, k.main)
    p.line([(9, 14), (13, 38)], 2.5, k.main)
    p.line([(-40, 40), (44, 40)], 4, k.main)


@an_object("Crime", "Mystery")
def fingerprint(p, k, r):
    for i in range(7):
        rx, ry = 5 + 5 * i, 7 + 6.2 * i
        start = r.uniform(-60, 40)
        path = [
            (rx * math.cos(math.radians(start + a)), ry * math.sin(math.radians(start + a)) + (4 if abs(a) > 90 else 0))
            for a in range(0, 330 - 14 * i, 8)
        ]
        p.line(path, 2.9, k.accent if i == 3 else k.main)


@an_object("Crime")
def handcuffs(p, k, r):
    for side in (-1, 1):
        p.ring(side * 27, 12, 19, 6, k.main)
        p.rect(side * 27 - 8, -14, side * 27 + 8, -3, k.main, 3)
        p.disc(side * 27, -8, 2.2, k.ground)
    for x in (-14, -5, 5, 14):
        p.ring(x, -16 - (4 if abs(x) < 9 else 0), 6, 2.6, k.accent)


@an_object("Crime", "Thriller", "Action")
def pistol(p, k, r):
    p.rect(-46, -24, 34, -4, k.main, 3)
    p.poly([(4, -6), (32, -6), (42, 36), (20, 40)], k.main)
    p.ring(2, 4, 10, 4, k.main)
    p.rect(-46, -19, -20, -16, k.ground)
    p.poly([(30, -24), (38, -32), (40, -24)], k.main)
    for y in (6, 14, 22):
        p.line([(16, y), (31, y + 3)], 1.6, k.ground)
    if r.random() < 0.6:
        p.star(-50, -15, 9, 0.4, 7, k.accent)


@an_object("Crime")
def money_bag(p, k, r):
    p.blob([(-10, -24), (10, -24), (30, 2), (38, 30), (24, 44), (-24, 44), (-38, 30), (-30, 2)], k.main)
    p.poly([(-16, -44), (0, -38), (16, -44), (9, -24), (-9, -24)], k.main)
    p.rect(-13, -28, 13, -22, k.accent, 3)
    p.curve([(10, 4), (0, -2), (-10, 4), (0, 14), (10, 23), (0, 30), (-10, 24)], 4.5, k.ground)
    p.line([(0, -8), (0, 36)], 3.4, k.ground)
