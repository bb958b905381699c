"""Objects of feeling and laughter: Romance, Drama, Comedy, Biography."""

import math

from genreclf.sources.drawn.motifs import an_object
from genreclf.sources.drawn.pen import mix

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
def two_circles(p, k, r):
    both = mix(k.main, k.accent, 0.5)
    p.disc(-18, 0, 31, k.main)
    p.disc(18, 0, 31, k.accent)
    reach = math.degrees(math.acos(18 / 31))
    lens = [(-18 + 31 * math.cos(math.radians(a)), 31 * math.sin(math.radians(a))) for a in range(round(-reach), round(reach), 4)]
    p.poly(lens + [(-x, -y) for x, y in lens], k.paper if r.random() < 0.5 else both)


@an_object("Romance", "Drama")
def rose(p, k, r):
    p.curve([(0, -6), (3, 22), (-3, 50)], 3.4, k.main)
    for side, y in ((1, 20), (-1, 32)):
        p.blob([(0, y), (side * 12, y - 11), (side * 26, y - 8), (side * 14, y + 4)], k.main)
    p.blob([(-24, -24), (-18, -40), (0, -46), (18, -40), (24, -24), (14, -4), (0, 2), (-14, -4)], k.accent)
    dark = mix(k.accent, k.ground, 0.4)
    p.curve([(-20, -26), (-8, -16), (8, -18), (20, -30)], 2.4, dark)
    p.curve([(-12, -36), (0, -28), (12, -36), (4, -42), (-4, -38)], 2.4, dark)
    p.curve([(-14, -8), (0, -10), (14, -20)], 2.4, dark)


@an_object("Romance", "Drama")
def letter(p, k, r):
    q = p.at(0, 0, 100, r.choice((-8, 0, 8)))
    q.rect(-45, -28, 45, 32, k.paper, 3)
    line = mix(k.paper, k.text(k.paper), 0.3)
    q.line([(-43, 30), (-10, 0)], 1.6, line)
    q.line([(43, 30), (10, 0)], 1.6, line)
    q.poly([(-45, -28), (45, -28), (0, 10)], mix(k.paper, k.main, 0.25))
    q.at(0, 6, 28).blob(HEART, k.accent)


@an_object("Romance", "Comedy")
def lips(p, k, r):
    p.blob([(-48, 2), (-28, -16), (-10, -24), (0, -18), (10, -24), (28, -16), (48, 2), (24, 24), (0, 30), (-24, 24)], k.accent)
    p.blob([(-40, 2), (-14, -2), (0, 1), (14, -2), (40, 2), (14, 9), (0, 10), (-14, 9)], k.paper)


@an_object("Romance", "Comedy", "Drama")
def glasses_of_wine(p, k, r):
    for x, turn in ((-21, 12), (21, -12)):
        q = p.at(x, 0, 100, turn)
        q.blob([(-15, -44), (15, -44), (16, -24), (8, -8), (0, -5), (-8, -8), (-16, -24)], k.paper)
        q.blob([(-15, -28), (15, -28), (12, -14), (0, -7), (-12, -14)], k.accent)
        q.line([(0, -6), (0, 34)], 3, k.paper)
        q.oval(0, 36, 13, 3.4, k.paper)


@an_object("Romance", "Music", "Musical")
def dancing_pair(p, k, r):
    p.blob([(4, -28), (12, -22), (10, 0), (32, 44), (-2, 46), (2, 4)], k.accent)
    p.blob([(-16, -30), (-2, -30), (0, 2), (-3, 46), (-9, 46), (-10, 14), (-16, 46), (-22, 46), (-17, 0)], k.main)
    p.disc(-7, -39, 7.5, k.main)
    p.disc(8, -37, 7, k.accent)
    p.line([(-8, -24), (10, -16)], 5, k.main)
    p.line([(8, -24), (-18, -36), (-30, -42)], 4, k.accent)
    p.line([(-14, -26), (-28, -34), (-30, -42)], 4.4, k.main)


@an_object("Romance")
def rings(p, k, r):
    p.ring(-14, 10, 26, 6, k.main)
    p.ring(16, 10, 26, 6, k.accent)
    p.arc(-14, 10, 26, -60, 10, 6, k.main)
    p.poly([(-26, -24), (-14, -10), (-2, -24), (-8, -32), (-20, -32)], k.paper)


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
    """Two profiles that look at each other, with the vase between them."""
    half = [(-50, -46), (-20, -46), (-13, -30), (-15, -22), (-5, -4), (-11, 0), (-8, 8), (-11, 12), (-7, 18), (-14, 30), (-26, 34),
            (-24, 48), (-50, 48)]  # fmt: skip
    p.poly(half, k.main)
    p.poly([(-x, y) for x, y in half], k.accent)


@an_object("Drama", "Musical")
def theatre_masks(p, k, r):
    for x, y, turn, colour, smile in ((16, -8, 10, k.main, -1), (-15, 8, -10, k.accent, 1)):
        q, cut = p.at(x, y, 100, turn), k.text(colour)
        q.blob([(-26, -30), (0, -25), (26, -30), (26, 4), (14, 28), (0, 36), (-14, 28), (-26, 4)], colour)
        for side in (-1, 1):
            q.blob([(side * 6, -8), (side * 12, -14), (side * 20, -9), (side * 12, -5)], cut)
        q.blob([(-15, 10 + 3 * -smile), (0, 14 + 3 * smile), (15, 10 + 3 * -smile), (0, 16 + 8 * smile)], cut)


@an_object("Drama", "Romance")
def falling_leaves(p, k, r):
    for i in range(7):
        q = p.at(r.uniform(-38, 38), -44 + 14.5 * i, r.uniform(24, 40), r.uniform(0, 360))
        q.blob([(0, -50), (26, -12), (16, 26), (0, 44), (-16, 26), (-26, -12)], k.accent if i % 3 == 0 else k.main)
        q.line([(0, -36), (0, 60)], 4, k.ground)


@an_object("Drama", "Adventure")
def suitcase(p, k, r):
    p.line([(-13, -20), (-13, -34), (13, -34), (13, -20)], 5, k.main)
    p.rect(-44, -22, 44, 38, k.main, 6)
    for x in (-30, 24):
        p.rect(x, -22, x + 6, 38, k.accent)
    p.at(4, 8, 100, -12).rect(-14, -7, 12, 7, k.paper, 1)


@an_object("Drama", "Family")
def bird_cage(p, k, r):
    p.line([(0, -50), (0, -42)], 2.4, k.main)
    p.oval(0, -4, 32, 38, mix(k.ground, k.main, 0.12), 180, 360)
    p.rect(-32, -4, 32, 36, mix(k.ground, k.main, 0.12))
    for x in (-32, -16, 0, 16, 32):
        p.curve([(0, -42), (x * 0.75, -30), (x, -4), (x, 38)], 1.9, k.main)
    p.rect(-36, 36, 36, 42, k.main, 2)
    p.blob([(-10, 14), (2, 6), (10, 10), (13, 18), (2, 26), (-18, 28)], k.accent)
    p.disc(8, 10, 5, k.accent)
    p.poly([(12, 8), (19, 11), (12, 13)], k.paper)


@an_object("Drama")
def lone_tree(p, k, r):
    p.poly([(-4, 48), (-3, 0), (3, 0), (5, 48)], k.main)
    for _ in range(11):
        turn, far = r.uniform(0, 2 * math.pi), r.uniform(0, 24)
        p.disc(far * math.cos(turn) * 1.15, -18 + far * math.sin(turn), r.uniform(9, 15),
               r.choice((k.accent, k.main, mix(k.main, k.accent, 0.5))))  # fmt: skip
    p.oval(0, 48, 44, 4, k.main)


@an_object("Drama")
def staircase(p, k, r):
    steps = [(-48, 46)]
    for i in range(7):
        steps += [(-48 + 13 * i, 46 - 12 * (i + 1)), (-48 + 13 * (i + 1), 46 - 12 * (i + 1))]
    p.poly([*steps, (43, 46)], k.main)
    p.rect(30, -62, 43, -38, k.accent)
    p.disc(-8, -11, 4, k.accent)
    p.poly([(-12, 10), (-11, -4), (-8, -8), (-5, -4), (-4, 10)], k.accent)


@an_object("Comedy")
def bowler_and_moustache(p, k, r):
    p.oval(0, -14, 27, 32, k.main, 180, 360)
    p.blob([(-46, -18), (-30, -12), (0, -10), (30, -12), (46, -18), (36, -5), (0, -2), (-36, -5)], k.main)
    p.rect(-27, -22, 27, -14, k.accent)
    side = [(0, 16), (12, 10), (26, 18), (38, 12), (46, 4), (42, 24), (26, 34), (8, 30)]
    if r.random() < 0.5:
        side = [(0, 14), (13, 14), (16, 30), (0, 28)]
    p.blob(side + [(-x, y) for x, y in reversed(side[1:])], k.main)


@an_object("Comedy")
def banana_peel(p, k, r):
    for path in ([(0, -40), (-18, -20), (-40, 22), (-50, 34), (-26, 26), (-6, 0)], [(0, -40), (18, -20), (40, 22), (50, 34), (26, 26), (6, 0)],
                 [(-8, -34), (-12, 8), (-4, 44), (4, 48), (10, 8), (8, -34)]):  # fmt: skip
        p.blob(path, k.accent)
    p.curve([(0, -34), (-3, 2), (2, 40)], 2, mix(k.accent, k.ground, 0.5))
    p.curve([(-4, -32), (-20, -6), (-40, 26)], 2, mix(k.accent, k.ground, 0.5))
    p.curve([(4, -32), (20, -6), (40, 26)], 2, mix(k.accent, k.ground, 0.5))
    p.rect(-5, -50, 5, -34, k.main, 2)


@an_object("Comedy", "Animation")
def grin(p, k, r):
    p.disc(0, 0, 46, k.accent)
    ink = k.text(k.accent)
    wink = r.random() < 0.4
    for side in (-1, 1):
        if wink and side > 0:
            p.arc(17, -8, 8, 200, 340, 4, ink)
        else:
            p.oval(side * 17, -12, 5, 8, ink)
    p.oval(0, 8, 29, 27, ink, 0, 180)
    p.oval(0, 8, 24, 7, k.paper if ink != k.paper else k.main, 0, 180)


@an_object("Comedy")
def sunglasses(p, k, r):
    for side in (-1, 1):
        p.blob([(side * 5, -12), (side * 28, -15), (side * 47, -12), (side * 44, 10), (side * 28, 19), (side * 11, 12)], k.main)
        p.poly([(side * 26 - 12, -8), (side * 26 - 4, -8), (side * 26 - 14, 8), (side * 26 - 18, 4)], k.accent)
    p.line([(-47, -12), (47, -12)], 5, k.main)


@an_object("Comedy", "Family")
def rubber_duck(p, k, r):
    p.blob([(-44, 6), (-38, -8), (-24, 6), (0, 2), (24, 4), (38, 16), (28, 38), (-24, 40), (-40, 26)], k.accent)
    p.disc(14, -16, 23, k.accent)
    p.blob([(33, -20), (50, -18), (49, -8), (34, -6)], k.main)
    p.disc(19, -22, 4, k.text(k.accent))
    p.blob([(-22, 14), (4, 12), (12, 22), (-8, 30)], mix(k.accent, k.ground, 0.3))
    p.curve([(-50, 42), (-25, 37), (0, 42), (25, 37), (50, 42)], 3.4, k.main)


@an_object("Comedy", "Musical")
def bow_tie(p, k, r):
    for side in (-1, 1):
        p.blob([(side * 4, -7), (side * 24, -25), (side * 46, -27), (side * 49, 0), (side * 46, 27), (side * 24, 25), (side * 4, 7)], k.main)
        for x, y in ((20, -8), (34, 8), (38, -12), (20, 10)):
            p.disc(side * x, y, 3.6, k.accent)
    p.rect(-9, -12, 9, 12, k.accent, 5)


@an_object("Comedy", "Family")
def cream_pie(p, k, r):
    p.poly([(-46, 12), (46, 12), (34, 38), (-34, 38)], k.main)
    for x in (-30, -15, 0, 15, 30):
        p.line([(x, 14), (x * 0.82, 36)], 2, k.ground)
    for x, y, size in ((-30, 4, 14), (-10, -2, 16), (12, -3, 16), (31, 5, 14), (0, -18, 15), (-15, -13, 12), (15, -14, 12), (1, -31, 8)):
        p.disc(x, y, size, k.paper)
    p.disc(3, -41, 7.5, k.accent)


@an_object("Comedy")
def high_heel(p, k, r):
    p.blob([(-46, 34), (-44, 24), (-18, 20), (4, -4), (22, -32), (38, -34), (40, -14), (30, 0), (16, 24), (-8, 36)], k.accent)
    p.poly([(30, -8), (40, -14), (38, 38), (33, 38)], k.main)
    p.blob([(-30, 22), (-14, 17), (4, -6), (16, -10), (4, 12), (-14, 23)], k.ground)


@an_object("Comedy")
def party_horn(p, k, r):
    p.poly([(-6, -10), (-6, 10), (-48, 34), (-52, 26)], k.main)
    p.curve([(-6, 0), (20, -4), (38, -14), (40, -32), (24, -38), (14, -28), (22, -20)], 11, k.accent)
    for _ in range(9):
        x, y = r.uniform(-46, 48), r.uniform(-48, 48)
        if abs(y) > 16 and not (10 < x and y < -6):
            p.at(x, y, 100, r.uniform(0, 90)).rect(-3, -3, 3, 3, r.choice((k.main, k.accent, k.paper)))


@an_object("Biography")
def cameo(p, k, r):
    p.oval(0, 0, 39, 49, k.main)
    p.oval(0, 0, 34, 44, k.paper)
    ink = k.text(k.paper)
    head = [(-4, -32), (12, -28), (16, -14), (21, -5), (16, -2), (16, 7), (6, 12), (8, 20), (24, 30), (16, 39), (-14, 39), (-24, 30),
            (-12, 18), (-18, -2), (-16, -22)]  # fmt: skip
    q = p.at(0, 0, 100, 0, flip=r.random() < 0.5)
    q.blob(head, ink)
    style = r.randrange(3)
    if style == 0:
        q.disc(-18, -10, 9, ink)
    elif style == 1:
        q.rect(-20, -36, 18, -31, k.accent, 1)
        q.rect(-14, -50, 12, -33, k.accent, 3)
    else:
        q.line([(2, 24), (18, 32)], 5, k.accent)


@an_object("Biography")
def stamp(p, k, r):
    q = p.at(0, 0, 100, r.choice((-6, 0, 6)))
    q.rect(-38, -48, 38, 48, k.paper)
    for i in range(9):
        for x, y in ((-38 + 9.5 * i, -48), (-38 + 9.5 * i, 48), (-38, -48 + 12 * i), (38, -48 + 12 * i)):
            q.disc(x, y, 3.2, k.ground)
    q.rect(-29, -39, 29, 39, k.main)
    cut = k.text(k.main)
    q.disc(0, -12, 13, cut)
    q.oval(0, 30, 24, 24, cut, 180, 360)
    q.line([(-23, 35), (-8, 35)], 2.4, k.accent)
    q.star(20, -30, 6, 0.4, 5, k.accent)


@an_object("Biography")
def spectacles(p, k, r):
    for side in (-1, 1):
        p.ring(side * 24, 0, 18, 4.4, k.main)
        p.line([(side * 42, -3), (side * 56, -10)], 4, k.main)
        p.arc(side * 24, 0, 11, 200, 250, 3, k.accent)
    p.arc(0, 0, 7, 200, 340, 4, k.main)


@an_object("Biography", "Drama")
def portrait_frame(p, k, r):
    p.rect(-38, -48, 38, 48, k.main)
    p.rect(-32, -42, 32, 42, k.accent)
    p.rect(-28, -38, 28, 38, k.shade)
    cut = k.text(k.shade)
    p.oval(0, 38, 26, 30, cut, 180, 360)
    p.disc(0, -8, 14, cut)
    if r.random() < 0.5:
        p.blob([(-16, -4), (-15, -20), (0, -26), (15, -20), (16, -4), (8, -14), (-6, -15)], k.accent)


@an_object("Biography", "Drama", "Music")
def spotlit_figure(p, k, r):
    p.poly([(-8, -50), (8, -50), (40, 44), (-40, 44)], mix(k.ground, k.paper, 0.3))
    p.oval(0, 44, 40, 7, mix(k.ground, k.paper, 0.55))
    p.disc(0, 4, 5.5, k.main)
    p.blob([(-8, 12), (8, 12), (7, 28), (5, 46), (-5, 46), (-7, 28)], k.main)
