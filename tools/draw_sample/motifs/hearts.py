"""Objects of feeling and laughter: Romance, Drama, Comedy, Biography."""

import math

from tools.draw_sample.motifs import an_object
from tools.draw_sample.pen import mix

HEART = [(0, -20), (14, -36), (34, -34), (42, -14), (28, 12), (0, 40), (-28, 12), (-42, -14), (-34, -34), (-14, -36)]


@an_object("Romance")
def heart(p, k, r):
    style = r.randrange(3)
    p.blob(HEART, k.main if style == 1 else k.accent)
    if style == 1:
        p.at(0, 0, 62).blob(HEART, k.accent)
    elif style == 2:
        p.line([(-54, 22), (-30, 11)], 3, k.main)
        p.line([(31, -16), (54, -27)], 3, k.main)
        p.poly([(50, -34), (60, -30), (52, -20)], k.main)
        p.poly([(-58, 16), (-47, 18), (-51, 28)], k.main)


@an_object("Romance")
def rose(p, k, r):
    p.curve([(0, -6), (3, 22), (-3, 50)], 3.4, k.main)
    for side, y in ((1, 20), (-1, 32)):
        p.blob([(0, y), (side * 12, y - 11), (side * 26, y - 8), (side * 14, y + 4)], k.main)
    p.blob([(-24, -24), (-18, -40), (0, -46), (18, -40), (24, -24), (14, -4), (0, 2), (-14, -4)], k.accent)
    dark = mix(k.accent, k.ground, 0.4)
    p.curve([(-20, -26), (-8, -16), (8, -18), (20, -30)], 2.4, dark)
    p.curve([(-12, -36), (0, -28), (12, -36), (4, -42), (-4, -38)], 2.4, dark)
    p.curve([(-14, -8), (0, -10), (14, -20)], 2.4, dark)


@an_object("Romance", "Comedy")
def lips(p, k, r):
    p.blob(
        [(-48, 2), (-28, -16), (-10, -24), (0, -18), (10, -24), (28, -16), (48, 2), (24, 24), (0, 30), (-24, 24)],
        k.accent,
    )
    p.blob([(-40, 2), (-14, -2), (0, 1), (14, -2), (40, 2), (14, 9), (0, 10), (-14, 9)], k.paper)


@an_object("Romance", "Comedy")
def glasses_of_wine(p, k, r):
    for x, turn in ((-21, 12), (21, -12)):
        q = p.at(x, 0, 100, turn)
        q.blob([(-15, -44), (15, -44), (16, -24), (8, -8), (0, -5), (-8, -8), (-16, -24)], k.paper)
        q.blob([(-15, -28), (15, -28), (12, -14), (0, -7), (-12, -14)], k.accent)
        q.line([(0, -6), (0, 34)], 3, k.paper)
        q.oval(0, 36, 13, 3.4, k.paper)


@an_object("Romance", "Musical")
def dancing_pair(p, k, r):
    p.blob([(4, -28), (12, -22), (10, 0), (32, 44), (-2, 46), (2, 4)], k.accent)
    p.blob([(-16, -30), (-2, -30), (0, 2), (-3, 46), (-9, 46), (-10, 14), (-16, 46), (-22, 46), (-17, 0)], k.main)
    p.disc(-7, -39, 7.5, k.main)
    p.disc(8, -37, 7, k.accent)
    p.line([(-8, -24), (10, -16)], 5, k.main)
    p.line([(8, -24), (-18, -36), (-30, -42)], 4, k.accent)
    p.line([(-14, -26), (-28, -34), (-30, -42)], 4.4, k.main)


@an_object("Drama")
def window(p, k, r):
    p.rect(-36, -48, 36, 46, k.main)
    pane = mix(k.accent, k.paper, 0.35)
    for x in (-31, 3):
        for y in (-43, 0):
            p.rect(x, y, x + 28, y + 40 - (0 if y < 0 else 2), pane)
    p.disc(17, -24, 8, k.paper)
    p.blob([(-40, -50), (-10, -50), (-16, -16), (-32, 14), (-40, 46)], k.paper)
    p.blob([(40, -50), (22, -50), (26, -16), (34, 14), (40, 46)], k.paper)
    p.rect(-44, 45, 44, 51, k.main)


@an_object("Drama")
def empty_chair(p, k, r):
    p.line([(-18, -46), (-20, 46)], 5, k.main)
    p.line([(14, -46), (12, 4)], 5, k.main)
    for y in (-42, -28, -14):
        p.line([(-18, y), (14, y)], 5, k.main)
    p.poly([(-22, 2), (14, 2), (30, 12), (-18, 12)], k.accent)
    p.line([(27, 12), (29, 50)], 5, k.main)
    p.line([(11, 12), (11, 40)], 4, mix(k.main, k.ground, 0.35))


@an_object("Drama", "Comedy")
def umbrella(p, k, r):
    q = p.at(0, 0, 100, r.choice((-14, 0, 14)))
    q.oval(0, 0, 48, 44, k.main, 180, 360)
    q.oval(0, 0, 17, 44, k.accent, 180, 360)
    for x in (-32.5, 0, 32.5):
        q.oval(x, 1, 16, 6, k.ground, 180, 360)
    q.line([(0, 0), (0, 38)], 3, k.paper)
    q.arc(7, 38, 7, 0, 180, 3, k.paper)
    q.line([(0, -44), (0, -50)], 3, k.main)


@an_object("Drama", "Biography")
def faces(p, k, r):
    """Two profiles facing each other, with the vase between them."""
    half = [(-50, -46), (-20, -46), (-13, -30), (-15, -22), (-5, -4), (-11, 0), (-8, 8), (-11, 12), (-7, 18),
            (-14, 30), (-26, 34),
            (-24, 48), (-50, 48)]  # fmt: skip
    p.poly(half, k.main)
    p.poly([(-x, y) for x, y in half], k.accent)


@an_object("Drama", "Adventure")
def suitcase(p, k, r):
    p.line([(-13, -20), (-13, -34), (13, -34), (13, -20)], 5, k.main)
    p.rect(-44, -22, 44, 38, k.main, 6)
    for x in (-30, 24):
        p.rect(x, -22, x + 6, 38, k.accent)
    p.at(4, 8, 100, -12).rect(-14, -7, 12, 7, k.paper, 1)


@an_object("Drama")
def lone_tree(p, k, r):
    p.poly([(-4, 48), (-3, 0), (3, 0), (5, 48)], k.main)
    for _ in range(11):
        turn, far = r.uniform(0, 2 * math.pi), r.uniform(0, 24)
        p.disc(far * math.cos(turn) * 1.15, -18 + far * math.sin(turn), r.uniform(9, 15),
               r.choice((k.accent, k.main, mix(k.main, k.accent, 0.5))))  # fmt: skip
    p.oval(0, 48, 44, 4, k.main)
