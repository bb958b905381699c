"""Objects of the impossible and of childhood: Sci-Fi, Fantasy, Animation, Family."""

import math

from tools.draw_sample.motifs import an_object
from tools.draw_sample.pen import mix


@an_object("Sci-Fi")
def ringed_planet(p, k, r):
    q = p.at(0, 0, 100, r.choice((-22, 18)))
    q.ring(0, 0, 48, 4, k.accent, ry=13)
    q.disc(0, 0, 29, k.main)
    q.oval(0, 0, 29, 29, mix(k.main, k.ground, 0.22), 10, 170)
    q.line([(-24, -12), (18, -12)], 3, mix(k.main, k.ground, 0.22))
    q.arc(0, 0, 0.1, 0, 360, 0.1, k.main)
    front = [(48 * math.cos(math.radians(a)), 13 * math.sin(math.radians(a))) for a in range(0, 181, 5)]
    q.line(front, 4, k.accent)


@an_object("Sci-Fi")
def rocket(p, k, r):
    q = p.at(0, 0, 100, r.choice((0, 30, 40)))
    for side in (-1, 1):
        q.poly([(side * 12, 8), (side * 27, 32), (side * 10, 28)], k.accent)
    q.blob([(-8, 30), (0, 50), (8, 30)], k.accent)
    q.blob([(0, -54), (14, -30), (15, 4), (9, 30), (-9, 30), (-15, 4), (-14, -30)], k.main)
    q.disc(0, -14, 8, k.accent)
    q.disc(0, -14, 5, k.ground)
    q.line([(-13, 14), (13, 14)], 2, k.ground)


@an_object("Sci-Fi")
def saucer(p, k, r):
    p.poly([(-16, 6), (16, 6), (34, 50), (-34, 50)], mix(k.ground, k.accent, 0.45))
    p.oval(0, -8, 19, 21, k.accent, 180, 360)
    p.oval(0, -2, 48, 12, k.main)
    for x in (-32, -16, 0, 16, 32):
        p.disc(x, 0, 2.8, k.ground)


@an_object("Sci-Fi", "Animation")
def robot(p, k, r):
    p.line([(0, -34), (0, -46)], 3, k.main)
    p.disc(0, -47, 4, k.accent)
    p.rect(-33, -34, 33, 22, k.main, 8)
    for side in (-1, 1):
        p.disc(side * 14, -10, 9, k.ground)
        p.disc(side * 14, -10, 4.5, k.accent)
        p.rect(side * 38 - 5, -16, side * 38 + 5, 6, k.main, 3)
    p.rect(-19, 6, 19, 14, k.ground, 2)
    for x in (-10, 0, 10):
        p.line([(x, 6), (x, 14)], 1.6, k.main)
    p.poly([(-16, 26), (16, 26), (34, 50), (-34, 50)], k.main)


@an_object("Sci-Fi")
def astronaut(p, k, r):
    p.rect(-42, 24, 42, 60, k.main, 18)
    p.disc(0, -8, 37, k.main)
    p.rect(-27, -26, 27, 12, k.ground, 17)
    p.disc(12, -8, 8, k.accent)
    for _ in range(6):
        p.disc(r.uniform(-21, 21), r.uniform(-20, 6), 1, k.paper)
    p.rect(-44, -14, -36, 4, k.accent, 3)
    p.rect(36, -14, 44, 4, k.accent, 3)


@an_object("Fantasy", "Family")
def castle(p, k, r):
    p.rect(-30, -4, 30, 46, k.main)
    for x, top, wide in ((-34, -14, 9), (34, -14, 9), (-12, -24, 8), (13, -34, 9)):
        p.rect(x - wide, top, x + wide, 46, k.main)
        p.poly([(x - wide - 3, top), (x, top - 22), (x + wide + 3, top)], k.accent)
        p.rect(x - 2, top + 8, x + 2, top + 16, k.ground, 2)
    p.oval(0, 32, 9, 13, k.ground, 180, 360)
    p.rect(-9, 31, 9, 46, k.ground)
    p.poly([(13, -56), (13, -64), (25, -60)], k.accent)


@an_object("Fantasy")
def crystal_ball(p, k, r):
    p.poly([(-26, 46), (-18, 26), (18, 26), (26, 46)], k.main)
    p.disc(0, -6, 37, k.accent)
    p.disc(0, -6, 33, mix(k.accent, k.paper, 0.35))
    p.star(2, -4, 16, 0.3, 4, k.paper)
    p.star(-14, 8, 7, 0.3, 4, k.paper)
    p.arc(0, -6, 26, 200, 250, 4, k.paper)


@an_object("Fantasy", "Animation")
def mushroom(p, k, r):
    p.blob([(-12, 4), (12, 4), (16, 46), (-16, 46)], k.paper)
    p.oval(0, 8, 44, 46, k.accent, 180, 360)
    p.oval(0, 8, 44, 7, mix(k.accent, k.ground, 0.35))
    p.oval(0, 8, 13, 3.4, k.paper)
    for x, y, size in ((-22, -8, 7), (2, -22, 9), (24, -8, 6), (-3, -3, 4)):
        p.disc(x, y, size, k.paper)


@an_object("Fantasy", "Adventure", "Animation")
def dragon(p, k, r):
    p.curve([(-44, 40), (-24, 46), (0, 38), (14, 20), (6, 0), (8, -20), (20, -28)], 12, k.main)
    p.blob([(12, -38), (26, -38), (48, -28), (47, -20), (26, -18), (12, -22)], k.main)
    p.poly([(14, -36), (4, -50), (24, -37)], k.main)
    p.poly([(6, 10), (-42, -40), (-36, -14), (-50, -12), (-34, 4), (-38, 14), (2, 26)], k.accent)
    p.disc(27, -31, 2.6, k.ground)
    for i in range(5):
        x, y = ((18, 8), (13, -8), (-2, 30), (20, 24), (4, -26))[i]
        p.poly([(x - 3, y + 4), (x + 9, y), (x - 2, y - 5)], k.main)
    p.poly([(-44, 34), (-56, 30), (-48, 46)], k.accent)


@an_object("Fantasy", "Animation")
def moon_and_stars(p, k, r):
    p.disc(-4, 0, 40, k.main)
    p.disc(14, -9, 34, k.ground)
    for x, y, size in ((20, -22, 11), (33, 8, 7), (8, 12, 6)):
        p.star(x, y, size, 0.4, 5, k.accent)
