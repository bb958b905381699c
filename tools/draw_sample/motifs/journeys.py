"""Objects of action and far places: Western, War, History, Adventure, Action."""

import math

from tools.draw_sample.motifs import an_object
from tools.draw_sample.pen import mix


@an_object("Western")
def cactus(p, k, r):
    p.rect(-9, -46, 9, 48, k.main, 9)
    for side, y, top in ((-1, r.uniform(-2, 10), r.uniform(-30, -18)), (1, r.uniform(-14, 2), r.uniform(-38, -24))):
        p.line([(0, y), (side * 26, y), (side * 26, top)], 13, k.main)
    for x in (-3.5, 3.5):
        p.line([(x, -36), (x, 42)], 1, mix(k.main, k.ground, 0.4))
    p.disc(0, -47, 5, k.accent)


@an_object("Western", "Crime")
def sheriff_star(p, k, r):
    n = r.choice((5, 6))
    p.star(0, 0, 44, 0.5 if n == 5 else 0.58, n, k.main)
    for i in range(n):
        turn = math.radians(-90 + 360 * i / n)
        p.disc(45 * math.cos(turn), 45 * math.sin(turn), 6, k.main)
    p.ring(0, 0, 17, 2.6, k.ground)
    p.star(0, 0, 12, 0.4, 5, k.accent)


@an_object("Western")
def cowboy_hat(p, k, r):
    p.blob([(-50, 8), (-30, 15), (0, 18), (30, 15), (50, 8), (40, 24), (0, 32), (-40, 24)], k.main)
    p.blob([(-25, 18), (-23, -14), (-15, -28), (0, -21), (15, -28), (23, -14), (25, 18), (0, 23)], k.main)
    p.poly([(-24.5, 5), (0, 10), (24.5, 5), (25, 14), (0, 20), (-25, 14)], k.accent)


@an_object("Western")
def wagon_wheel(p, k, r):
    p.ring(0, 0, 42, 7, k.main)
    for i in range(10):
        turn = math.radians(36 * i)
        p.line([(0, 0), (40 * math.cos(turn), 40 * math.sin(turn))], 3.4, k.main)
    p.disc(0, 0, 11, k.main)
    p.disc(0, 0, 5, k.accent)


@an_object("Western")
def revolver(p, k, r):
    p.rect(-48, -22, 6, -12, k.main, 2)
    p.rect(-4, -26, 26, -4, k.main, 4)
    for y in (-20, -11):
        p.line([(0, y), (20, y)], 2, k.ground)
    p.blob([(24, -22), (36, -10), (46, 36), (28, 42), (18, 2)], k.accent)
    p.ring(11, 4, 9, 3.4, k.main)
    p.line([(26, -24), (35, -31)], 4, k.main)
    p.poly([(-46, -22), (-42, -28), (-40, -22)], k.main)


@an_object("History")
def column(p, k, r):
    p.rect(-30, -48, 30, -41, k.main)
    for side in (-1, 1):
        p.disc(side * 23, -36, 8, k.main)
        p.disc(side * 23, -36, 3, k.ground)
    p.rect(-24, -44, 24, -34, k.main)
    p.poly([(-18, -34), (18, -34), (21, 38), (-21, 38)], k.main)
    for x in (-12, -4, 4, 12):
        p.line([(x, -30), (x * 1.1, 36)], 1.8, k.ground)
    p.rect(-28, 38, 28, 43, k.main)
    p.rect(-33, 43, 33, 49, k.accent)


@an_object("History", "Fantasy")
def crown(p, k, r):
    p.poly([(-40, 30), (-46, -18), (-22, 4), (0, -32), (22, 4), (46, -18), (40, 30)], k.main)
    p.rect(-40, 24, 40, 36, k.accent, 2)
    for x, y in ((-46, -22), (0, -37), (46, -22)):
        p.disc(x, y, 5.5, k.accent)
    for x in (-24, 0, 24):
        p.poly([(x, 8), (x + 5, 15), (x, 22), (x - 5, 15)], k.ground)


@an_object("History", "Adventure")
def sailing_ship(p, k, r):
    p.blob([(-46, 18), (0, 24), (48, 12), (34, 40), (-32, 40)], k.main)
    for x, top, wide in ((-20, -30, 18), (6, -46, 24), (29, -26, 14)):
        p.line([(x, 22), (x, top)], 2.6, k.main)
        p.blob([(x - wide * 0.5, top + 5), (x + wide * 0.5, top + 5), (x + wide * 0.8, 2), (x + wide * 0.5, 12),
                (x - wide * 0.5, 12), (x - wide * 0.2, -4)], k.paper)  # fmt: skip
    p.poly([(6, -46), (22, -50), (6, -54)], k.accent)
    for x in (-44, -22, 0, 22):
        p.arc(x + 11, 38, 11, 20, 160, 2.6, k.accent)


@an_object("Adventure")
def peak(p, k, r):
    p.poly([(-50, 42), (-12, -38), (26, 42)], k.main)
    p.poly([(-6, 42), (24, -12), (50, 42)], mix(k.main, k.ground, 0.3))
    p.poly([(-12, -38), (-23, -14), (-15, -19), (-10, -10), (-5, -18), (0, -13)], k.paper)
    p.line([(-12, -38), (-12, -50)], 1.6, k.main)
    p.poly([(-12, -51), (1, -47), (-12, -43)], k.accent)


@an_object("Adventure", "Family")
def hot_air_balloon(p, k, r):
    p.blob([(0, -50), (26, -42), (34, -18), (20, 6), (8, 18), (-8, 18), (-20, 6), (-34, -18), (-26, -42)], k.main)
    p.blob([(0, -50), (12, -42), (15, -18), (9, 6), (4, 18), (-4, 18), (-9, 6), (-15, -18), (-12, -42)], k.accent)
    for x in (-7, 7):
        p.line([(x, 18), (x * 0.8, 34)], 1.2, k.main)
    p.rect(-8, 34, 8, 47, k.main, 2)
