"""Objects of laughter and of lives: Comedy, Biography."""

from tools.draw_sample.motifs import an_object
from tools.draw_sample.pen import mix


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
    for path in ([(0, -40), (-18, -20), (-40, 22), (-50, 34), (-26, 26), (-6, 0)],
                 [(0, -40), (18, -20), (40, 22), (50, 34), (26, 26), (6, 0)],
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
        p.blob(
            [(side * 5, -12), (side * 28, -15), (side * 47, -12), (side * 44, 10), (side * 28, 19), (side * 11, 12)],
            k.main,
        )
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


@an_object("Comedy", "Family")
def cream_pie(p, k, r):
    p.poly([(-46, 12), (46, 12), (34, 38), (-34, 38)], k.main)
    for x in (-30, -15, 0, 15, 30):
        p.line([(x, 14), (x * 0.82, 36)], 2, k.ground)
    for x, y, size in (
        (-30, 4, 14),
        (-10, -2, 16),
        (12, -3, 16),
        (31, 5, 14),
        (0, -18, 15),
        (-15, -13, 12),
        (15, -14, 12),
        (1, -31, 8),
    ):
        p.disc(x, y, size, k.paper)
    p.disc(3, -41, 7.5, k.accent)


@an_object("Biography")
def cameo(p, k, r):
    p.oval(0, 0, 39, 49, k.main)
    p.oval(0, 0, 34, 44, k.paper)
    ink = k.text(k.paper)
    head = [(-4, -32), (12, -28), (16, -14), (21, -5), (16, -2), (16, 7), (6, 12), (8, 20), (24, 30), (16, 39),
            (-14, 39), (-24, 30),
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
