"""Objects of fights: War, Action."""

from tools.draw_sample.motifs import an_object
from tools.draw_sample.pen import mix


@an_object("War")
def helmet(p, k, r):
    p.oval(0, 6, 40, 42, k.main, 180, 360)
    p.blob([(-50, 10), (-40, 2), (0, -2), (40, 2), (50, 10), (34, 15), (-34, 15)], k.main)
    p.curve([(-36, 14), (-22, 36), (0, 44), (22, 36), (36, 14)], 3, k.main)
    p.rect(-6, 40, 6, 48, k.accent, 1)
    if r.random() < 0.5:
        p.star(0, -16, 12, 0.4, 5, k.accent)
    else:
        p.disc(13, -14, 4, k.ground)
        p.line([(13, -14), (22, -24), (19, -30)], 1.2, k.ground)


@an_object("War")
def warplane(p, k, r):
    q = p.at(0, 0, 100, r.choice((0, 35, -35)))
    q.blob([(0, -48), (6, -34), (6, 10), (3, 44), (-3, 44), (-6, 10), (-6, -34)], k.main)
    q.poly([(-50, 2), (-6, -16), (6, -16), (50, 2), (50, 8), (6, 4), (-6, 4), (-50, 8)], k.main)
    q.poly([(-18, 42), (0, 32), (18, 42), (18, 46), (-18, 46)], k.main)
    q.oval(0, -12, 3, 7, k.accent)
    for x in (-32, 32):
        q.disc(x, -1, 4, k.accent)
    q.line([(-12, -49), (12, -49)], 1.6, k.main)


@an_object("War")
def poppy(p, k, r):
    p.curve([(2, 0), (-2, 26), (6, 50)], 3, k.main)
    p.blob([(2, 30), (16, 20), (26, 24), (14, 34)], k.main)
    for x, y in ((-15, -16), (15, -18), (-11, 2), (13, 2)):
        p.blob([(x - 17, y), (x - 8, y - 16), (x + 8, y - 16), (x + 17, y), (x + 6, y + 14), (x - 6, y + 14)], k.accent)
    p.disc(0, -8, 9, k.text(k.accent))


@an_object("War", "Action")
def tank(p, k, r):
    p.rect(-44, 8, 44, 32, k.main, 12)
    for x in range(-32, 33, 16):
        p.disc(x, 20, 6, k.ground)
        p.disc(x, 20, 2.4, k.main)
    p.poly([(-34, 6), (-26, -8), (30, -8), (40, 6)], k.main)
    p.rect(-16, -24, 18, -8, k.main, 5)
    p.line([(-14, -17), (-50, -23)], 4.4, k.main)
    p.star(2, 0, 6, 0.4, 5, k.accent)


@an_object("Action")
def explosion(p, k, r):
    for radius, colour, n in ((50, k.accent, 13), (34, k.main, 11), (18, k.paper, 9)):
        p.star(0, 0, radius, 0.62, n, colour, turn=r.uniform(0, 40))


@an_object("Action", "Crime")
def speeding_car(p, k, r):
    p.blob(
        [(-48, 16), (-44, 2), (-24, -2), (-10, -18), (18, -18), (30, -3), (48, 2), (49, 17), (20, 19), (-20, 19)],
        k.main,
    )
    p.poly([(-16, -2), (-7, -13), (3, -13), (3, -2)], k.paper)
    p.poly([(7, -2), (7, -13), (17, -13), (25, -2)], k.paper)
    for x in (-27, 29):
        p.disc(x, 18, 11, k.main)
        p.disc(x, 18, 5.5, k.ground)
    for y, x in ((-10, -36), (6, -58), (16, -62)):
        p.line([(x, y), (x - 22, y)], 2, k.accent)
    p.disc(46, 7, 2.4, k.accent)


@an_object("Action", "Sport")
def fist(p, k, r):
    p.rect(-16, 16, 18, 50, k.accent, 3)
    p.rect(-28, -30, 28, 24, k.main, 12)
    for i in range(4):
        p.rect(-29 + 14.6 * i, -36, -15.5 + 14.6 * i, 2, k.main, 6.5)
        if i:
            p.line([(-29.2 + 14.6 * i, -32), (-29.2 + 14.6 * i, 0)], 1.8, k.ground)
    p.line([(-26, 7), (6, 7)], 13, k.main)
    p.curve([(-27, -1), (0, 0), (12, 6), (2, 14)], 1.8, k.ground)


@an_object("Action", "War")
def helicopter(p, k, r):
    p.blob([(-44, 0), (-30, -16), (-4, -16), (8, -4), (6, 14), (-14, 22), (-36, 16)], k.main)
    p.poly([(4, -8), (46, -12), (48, -7), (4, 8)], k.main)
    p.star(46, -10, 11, 0.3, 4, k.main)
    p.blob([(-40, 0), (-29, -11), (-20, -11), (-20, 4), (-38, 7)], k.paper)
    p.line([(-16, -16), (-16, -26)], 3, k.main)
    p.line([(-56, -28), (26, -26)], 2.6, k.accent)
    p.line([(-36, 28), (8, 28)], 2.6, k.main)
    for x in (-28, -2):
        p.line([(x, 18), (x, 28)], 2, k.main)


@an_object("Action", "History")
def sword(p, k, r):
    for turn in (45,) if r.random() < 0.5 else (40, -40):
        q = p.at(0, 0, 108, turn)
        q.poly([(-4.5, 24), (-4.5, -42), (0, -52), (4.5, -42), (4.5, 24)], k.paper)
        q.poly([(0, 24), (0, -52), (4.5, -42), (4.5, 24)], mix(k.paper, k.ground, 0.3))
        q.rect(-16, 23, 16, 28, k.main, 2)
        q.rect(-3.4, 28, 3.4, 44, k.accent, 2)
        q.disc(0, 47, 4.6, k.main)


@an_object("Action", "Fantasy")
def lightning(p, k, r):
    bolt = [(10, -50), (-26, 6), (-4, 6), (-14, 50), (28, -12), (5, -12), (24, -50)]
    p.poly([(x + 4, y + 3) for x, y in bolt], k.accent)
    p.poly(bolt, k.main)
