"""Objects of action and far places: Western, War, History, Adventure, Action."""

import math
from itertools import pairwise

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


@an_object("Western")
def horseshoe(p, k, r):
    path = [(-22, 40), (-32, 10), (-30, -20), (0, -40), (30, -20), (32, 10), (22, 40)]
    p.curve(path, 17, k.main)
    p.curve([(x * 0.97, y * 0.95) for x, y in path], 3, mix(k.main, k.ground, 0.5))
    for x, y in ((-27, 26), (-32, 2), (-22, -25), (22, -25), (32, 2), (27, 26)):
        p.disc(x, y, 3, k.accent)


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


@an_object("History", "Biography")
def quill(p, k, r):
    p.blob([(-16, 30), (-4, -6), (14, -34), (38, -50), (36, -22), (22, 2), (0, 24)], k.main)
    p.curve([(-26, 48), (-10, 18), (14, -14), (36, -48)], 2, k.ground)
    p.curve([(-26, 48), (-18, 32)], 3, k.main)
    p.rect(-46, 34, -22, 50, k.accent, 4)
    p.curve([(-14, 48), (0, 42), (8, 50), (20, 42), (30, 48), (46, 44)], 2, k.accent)


@an_object("History", "War", "Fantasy")
def shield(p, k, r):
    p.blob([(-36, -44), (0, -40), (36, -44), (36, -6), (22, 28), (0, 48), (-22, 28), (-36, -6)], k.main)
    style = r.randrange(3)
    if style == 0:
        p.rect(-5, -36, 5, 38, k.accent)
        p.rect(-31, -16, 31, -6, k.accent)
    elif style == 1:
        p.poly([(-34, -12), (0, 16), (34, -12), (34, 4), (0, 32), (-34, 4)], k.accent)
    else:
        p.star(0, -4, 22, 0.45, 8, k.accent)


@an_object("History", "Mystery")
def hourglass(p, k, r):
    for y in (-48, 41):
        p.rect(-30, y, 30, y + 7, k.main, 2)
    p.blob([(-24, -40), (-22, -20), (-4, -2), (-4, 2), (-22, 20), (-24, 40), (24, 40), (22, 20), (4, 2), (4, -2),
            (22, -20),
            (24, -40)], k.paper)  # fmt: skip
    p.poly([(-17, -20), (17, -20), (2, -4), (-2, -4)], k.accent)
    p.poly([(-20, 39), (0, 16), (20, 39)], k.accent)
    p.line([(0, -4), (0, 20)], 1.6, k.accent)


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


@an_object("History", "Biography")
def laurel(p, k, r):
    for side in (-1, 1):
        for i in range(8):
            turn = math.radians(100 + 19 * i)
            q = p.at(
                side * 38 * math.cos(turn), 38 * math.sin(turn), 100, side * (100 + 19 * i) + (90 if side > 0 else 270)
            )
            q.blob([(0, -10), (7, 0), (0, 11), (-7, 0)], k.main if i % 2 else mix(k.main, k.accent, 0.45))
    p.star(0, 0, 17, 0.4, 5, k.accent)


@an_object("Adventure")
def compass(p, k, r):
    p.ring(0, 0, 44, 5, k.main)
    p.ring(0, 0, 35, 1.4, k.main)
    p.star(0, 0, 32, 0.3, 4, mix(k.main, k.ground, 0.35), turn=-45)
    q = p.at(0, 0, 100, r.choice((0, 25, -30)))
    q.poly([(0, -40), (9, 0), (-9, 0)], k.accent)
    q.poly([(0, 40), (9, 0), (-9, 0)], k.paper)
    q.disc(0, 0, 4, k.ground)


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


@an_object("Adventure")
def treasure_map(p, k, r):
    p.blob(
        [(-44, -34), (-16, -38), (14, -32), (44, -36), (41, 0), (45, 34), (14, 38), (-16, 32), (-45, 36), (-41, 0)],
        k.paper,
    )
    ink = k.text(k.paper)
    path = [(-32, 20), (-20, 4), (-6, 10), (6, -4), (20, -2)]
    for a, b in pairwise(path):
        p.line([a, ((a[0] + b[0] * 1.2) / 2.2, (a[1] + b[1] * 1.2) / 2.2)], 2.6, ink)
    p.line([(24, -20), (36, -8)], 4.4, k.accent)
    p.line([(36, -20), (24, -8)], 4.4, k.accent)
    p.poly([(-34, -12), (-26, -26), (-18, -12)], mix(ink, k.paper, 0.4))
    p.poly([(-26, -12), (-19, -22), (-11, -12)], mix(ink, k.paper, 0.6))


@an_object("Adventure")
def anchor(p, k, r):
    p.ring(0, -38, 8, 5, k.accent)
    p.line([(0, -28), (0, 44)], 7, k.main)
    p.line([(-18, -16), (18, -16)], 6, k.main)
    p.curve([(-38, 12), (-28, 36), (0, 46), (28, 36), (38, 12)], 7, k.main)
    for side in (-1, 1):
        p.poly([(side * 38, 0), (side * 48, 18), (side * 28, 18)], k.main)
