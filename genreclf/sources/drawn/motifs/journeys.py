"""Objects of deeds and far places: Western, War, History, Adventure, Action."""

import math

from genreclf.sources.drawn.motifs import an_object
from genreclf.sources.drawn.pen import mix


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


@an_object("Western", "Adventure")
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


@an_object("War", "History")
def medal(p, k, r):
    p.poly([(-18, -50), (18, -50), (12, -8), (-12, -8)], k.accent)
    p.rect(-5, -50, 5, -8, k.paper)
    p.star(0, 20, 28, r.choice((0.42, 0.7)), r.choice((5, 8)), k.main)
    p.disc(0, 20, 10, k.ground)
    p.star(0, 20, 7, 0.4, 5, k.main)


@an_object("War")
def dog_tags(p, k, r):
    p.curve([(-14, -8), (-26, -36), (0, -50), (26, -36), (14, -8)], 2, k.paper)
    for x, turn, colour in ((-11, 14, mix(k.main, k.ground, 0.3)), (11, -10, k.main)):
        q = p.at(x, 18, 100, turn)
        q.rect(-17, -30, 17, 28, colour, 15)
        q.disc(0, -22, 3, k.ground)
        for y in (-8, 0, 8):
            q.line([(-9, y), (7 if y else 9, y)], 2, k.ground)


@an_object("War")
def barbed_wire(p, k, r):
    for y, lean in ((-26, 6), (2, -5), (30, 5)):
        p.curve([(-60, y), (-20, y + lean), (20, y - lean), (60, y)], 2.4, k.main)
        for x in (-40, -14, 14, 40):
            q = p.at(x, y + lean * (-x / 40) * 0.7, 100, r.uniform(-20, 20))
            q.ring(0, 0, 3.6, 2, k.main)
            q.line([(-9, -7), (9, 7)], 2, k.main)
            q.line([(-9, 7), (9, -7)], 2, k.main)
    p.oval(14, 15, 3, 4.5, k.accent)


@an_object("War", "Action")
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
    p.blob([(-24, -40), (-22, -20), (-4, -2), (-4, 2), (-22, 20), (-24, 40), (24, 40), (22, 20), (4, 2), (4, -2), (22, -20),
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
            x, y = -side * 38 * math.cos(turn), 38 * math.sin(turn)
            q = p.at(side * 38 * math.cos(turn), y, 100, side * (100 + 19 * i) + (90 if side > 0 else 270))
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


@an_object("Adventure", "Family", "Fantasy")
def hot_air_balloon(p, k, r):
    p.blob([(0, -50), (26, -42), (34, -18), (20, 6), (8, 18), (-8, 18), (-20, 6), (-34, -18), (-26, -42)], k.main)
    p.blob([(0, -50), (12, -42), (15, -18), (9, 6), (4, 18), (-4, 18), (-9, 6), (-15, -18), (-12, -42)], k.accent)
    for x in (-7, 7):
        p.line([(x, 18), (x * 0.8, 34)], 1.2, k.main)
    p.rect(-8, 34, 8, 47, k.main, 2)


@an_object("Adventure")
def treasure_map(p, k, r):
    p.blob([(-44, -34), (-16, -38), (14, -32), (44, -36), (41, 0), (45, 34), (14, 38), (-16, 32), (-45, 36), (-41, 0)], k.paper)
    ink = k.text(k.paper)
    path = [(-32, 20), (-20, 4), (-6, 10), (6, -4), (20, -2)]
    for a, b in zip(path, path[1:], strict=False):
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


@an_object("Action")
def explosion(p, k, r):
    for radius, colour, n in ((50, k.accent, 13), (34, k.main, 11), (18, k.paper, 9)):
        p.star(0, 0, radius, 0.62, n, colour, turn=r.uniform(0, 40))


@an_object("Action", "Crime")
def speeding_car(p, k, r):
    p.blob([(-48, 16), (-44, 2), (-24, -2), (-10, -18), (18, -18), (30, -3), (48, 2), (49, 17), (20, 19), (-20, 19)], k.main)
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


@an_object("Action", "History", "Fantasy")
def sword(p, k, r):
    for turn in (45,) if r.random() < 0.5 else (40, -40):
        q = p.at(0, 0, 108, turn)
        q.poly([(-4.5, 24), (-4.5, -42), (0, -52), (4.5, -42), (4.5, 24)], k.paper)
        q.poly([(0, 24), (0, -52), (4.5, -42), (4.5, 24)], mix(k.paper, k.ground, 0.3))
        q.rect(-16, 23, 16, 28, k.main, 2)
        q.rect(-3.4, 28, 3.4, 44, k.accent, 2)
        q.disc(0, 47, 4.6, k.main)


@an_object("Action", "Fantasy", "Sci-Fi")
def lightning(p, k, r):
    bolt = [(10, -50), (-26, 6), (-4, 6), (-14, 50), (28, -12), (5, -12), (24, -50)]
    p.poly([(x + 4, y + 3) for x, y in bolt], k.accent)
    p.poly(bolt, k.main)
