"""Objects of fear and crime: Horror, Thriller, Mystery, Crime."""

import math

from genreclf.sources.drawn.motifs import an_object
from genreclf.sources.drawn.pen import mix


@an_object("Horror")
def bat(p, k, r):
    wing = [(0, -6), (8, -16), (14, -7), (30, -22), (50, -12), (42, -4), (40, 10), (30, 3), (22, 16), (13, 8), (0, 26)]
    p.poly(wing + [(-x, y) for x, y in reversed(wing)], k.main)
    for side in (-1, 1):
        p.poly([(side * 3, -8), (side * 9, -24), (side * 11, -9)], k.main)
        p.disc(side * 4.5, -2, 1.9, k.accent)


@an_object("Horror")
def claw_marks(p, k, r):
    for i in range(4):
        x = -33 + 21 * i
        p.blob([(x + 10, -46 + 5 * i), (x + 6, -10), (x - 9, 44 - 3 * i), (x - 1, 0)], k.accent if i % 2 else k.main)


@an_object("Horror", "Thriller")
def eye(p, k, r):
    p.blob([(-50, 0), (-25, -22), (0, -28), (25, -22), (50, 0), (25, 21), (0, 26), (-25, 21)], k.paper)
    p.disc(0, 0, 24, k.accent)
    for i in range(24):
        turn = math.radians(15 * i)
        p.line([(13 * math.cos(turn), 13 * math.sin(turn)), (22 * math.cos(turn), 22 * math.sin(turn))], 1, k.ground)
    p.oval(0, 0, r.choice((4, 11)), 13, k.ground)
    p.disc(8, -8, 3.5, k.paper)
    p.curve([(-50, 0), (-25, -22), (0, -28), (25, -22), (50, 0)], 4, k.main)


@an_object("Horror", "History", "War")
def skull(p, k, r):
    p.blob([(-34, -10), (-28, -38), (0, -48), (28, -38), (34, -10), (26, 14), (-26, 14)], k.main)
    p.rect(-17, 8, 17, 38, k.main, 6)
    for side in (-1, 1):
        p.blob([(side * 5, -2), (side * 10, -16), (side * 24, -14), (side * 23, 3), (side * 12, 7)], k.ground)
    p.poly([(0, 6), (-5, 17), (5, 17)], k.ground)
    for x in (-8.5, 0, 8.5):
        p.line([(x, 24), (x, 38)], 2, k.ground)


@an_object("Horror")
def coffin(p, k, r):
    p.poly([(-14, -48), (14, -48), (27, -22), (16, 48), (-16, 48), (-27, -22)], k.main)
    p.poly([(-11, -43), (11, -43), (22, -21), (13, 43), (-13, 43), (-22, -21)], k.ground)
    p.rect(-3, -30, 3, 18, k.accent)
    p.rect(-12, -18, 12, -12, k.accent)


@an_object("Horror", "Mystery")
def candle(p, k, r):
    p.blob([(0, -48), (9, -28), (0, -16), (-9, -28)], k.accent)
    p.blob([(0, -36), (4, -26), (0, -20), (-4, -26)], k.paper)
    p.rect(-11, -13, 11, 36, k.main, 3)
    p.blob([(-11, -11), (-4, -13), (-5, 6), (-8, 14), (-11, 5)], k.paper)
    p.rect(-26, 34, 26, 40, k.main, 3)
    p.ring(31, 34, 7, 3, k.main)


@an_object("Horror")
def grasping_hand(p, k, r):
    p.blob([(-14, 50), (-16, 12), (-20, -6), (20, -8), (16, 12), (14, 50)], k.main)
    for x, tip, bend in ((-17, -30, -8), (-6, -46, -4), (6, -48, 3), (17, -36, 8)):
        p.curve([(x, 4), (x + bend * 0.6, (tip + 4) / 2), (x + bend, tip)], 8, k.main)
        p.poly([(x + bend - 3, tip), (x + bend + 3, tip), (x + bend, tip - 10)], k.accent)
    p.curve([(16, 22), (30, 8), (34, -10)], 8, k.main)
    p.oval(0, 50, 44, 8, k.shade)


@an_object("Thriller", "Mystery")
def spiral(p, k, r):
    turns, side = r.choice((4, 5)), r.choice((-1, 1))
    path = [
        (t / 240 * 48 * math.cos(t / 240 * turns * 2 * math.pi), side * t / 240 * 48 * math.sin(t / 240 * turns * 2 * math.pi))
        for t in range(241)
    ]
    p.line(path, 4, k.main)
    p.disc(0, 0, 4, k.accent)


@an_object("Thriller", "Action")
def crosshair(p, k, r):
    p.ring(0, 0, 36, 3, k.main)
    p.ring(0, 0, 20, 1.6, k.main)
    for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        p.line([(10 * x, 10 * y), (49 * x, 49 * y)], 2.4, k.main)
    p.disc(0, 0, 5, k.accent)


@an_object("Thriller", "Crime", "Horror")
def knife(p, k, r):
    q = p.at(0, 0, 100, r.choice((-25, 0, 25)))
    q.poly([(-9, 12), (-9, -20), (7, -50), (9, 12)], k.paper)
    q.poly([(0, 12), (1, -38), (7, -50), (9, 12)], mix(k.paper, k.ground, 0.25))
    q.rect(-15, 11, 15, 17, k.main, 2)
    q.rect(-7, 17, 7, 49, k.main, 4)
    q.disc(0, 26, 1.8, k.ground)
    q.disc(0, 38, 1.8, k.ground)
    q.blob([(4, -43), (9, -24), (6, -14), (2, -24)], k.accent)


@an_object("Thriller", "Mystery")
def clock(p, k, r):
    p.disc(0, 0, 46, k.main)
    p.disc(0, 0, 40, k.paper)
    ink = k.text(k.paper)
    for i in range(12):
        turn = math.radians(30 * i)
        p.line([(34 * math.cos(turn), 34 * math.sin(turn)), (30 * math.cos(turn), 30 * math.sin(turn))], 2.4, ink)
    turn = math.radians(r.choice((-95, -115, 40)))
    p.line([(0, 0), (27 * math.cos(turn), 27 * math.sin(turn))], 3, ink)
    p.line([(0, 0), (-6, -17)], 4, k.accent)
    p.disc(0, 0, 4, k.accent)


@an_object("Thriller", "Crime")
def bullet_hole(p, k, r):
    turn, tips = 0.0, []
    while turn < 355:
        tips.append(turn)
        turn += r.uniform(20, 42)
    for i, angle in enumerate(tips):
        far, bend = r.uniform(32, 50), r.uniform(-6, 6)
        a, b = math.radians(angle), math.radians(angle + bend)
        p.line([(9 * math.cos(a), 9 * math.sin(a)), (22 * math.cos(b), 22 * math.sin(b)), (far * math.cos(a), far * math.sin(a))],
               1.6, k.paper)
        c = math.radians(tips[(i + 1) % len(tips)])
        reach = r.uniform(16, 26)
        p.line([(reach * math.cos(a), reach * math.sin(a)), (reach * math.cos(c), reach * math.sin(c))], 1, k.paper)
    p.star(0, 0, 14, 0.7, 9, k.main)
    p.disc(0, 0, 8, k.text(k.main))


@an_object("Thriller", "Action")
def running_man(p, k, r):
    p.disc(10, -38, 8, k.main)
    p.line([(6, -26), (-4, 2)], 14, k.main)
    p.line([(6, -24), (22, -12), (34, -22)], 6, k.main)
    p.line([(3, -24), (-16, -18), (-24, -2)], 6, k.main)
    p.line([(-3, 4), (16, 14), (12, 40), (20, 42)], 7, k.main)
    p.line([(-5, 4), (-18, 22), (-42, 26)], 7, k.main)


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


@an_object("Mystery", "Thriller")
def footprints(p, k, r):
    for i in range(5):
        q = p.at(-13 if i % 2 else 13, 40 - 20 * i, 100 - 12 * i, 4 if i % 2 else -4)
        colour = k.accent if i == 4 else k.main
        q.oval(0, -3, 6, 10, colour)
        q.oval(0, 13, 5, 5, colour)


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
def chalk_outline(p, k, r):
    p.curve(
        [(-6, -34), (0, -46), (10, -44), (12, -32), (28, -40), (40, -30), (22, -18), (16, -2), (20, 18), (40, 34), (30, 42),
         (8, 22), (-2, 16), (-10, 44), (-22, 42), (-16, 10), (-14, -12), (-34, 2), (-42, -6), (-22, -22)],
        3.4, k.paper, closed=True,
    )  # fmt: skip
    p.poly([(26, 4), (34, 4), (38, 22), (22, 22)], k.accent)


@an_object("Crime", "Drama")
def playing_card(p, k, r):
    suit = r.choice(("spade", "heart", "diamond"))
    for turn, face in ((14, k.main), (-8, k.paper)):
        p.at(0, 0, 100, turn).rect(-28, -42, 28, 42, face, 6)
    q, ink = p.at(0, 0, 100, -8), k.text(k.paper)
    shade = k.accent if suit != "spade" else ink
    for x, y, size in ((0, 0, 46), (-19, -31, 14), (19, 31, 14)):
        s = q.at(x, y, size, 180 if y > 0 else 0)
        if suit == "diamond":
            s.poly([(0, -46), (30, 0), (0, 46), (-30, 0)], shade)
        else:
            lift = s if suit == "heart" else s.at(0, -4, 100, 180)
            lift.blob([(0, -22), (14, -36), (34, -32), (38, -10), (0, 42), (-38, -10), (-34, -32), (-14, -36)], shade)
            if suit == "spade":
                s.poly([(-4, 10), (4, 10), (14, 46), (-14, 46)], shade)


@an_object("Crime")
def money_bag(p, k, r):
    p.blob([(-10, -24), (10, -24), (30, 2), (38, 30), (24, 44), (-24, 44), (-38, 30), (-30, 2)], k.main)
    p.poly([(-16, -44), (0, -38), (16, -44), (9, -24), (-9, -24)], k.main)
    p.rect(-13, -28, 13, -22, k.accent, 3)
    p.curve([(10, 4), (0, -2), (-10, 4), (0, 14), (10, 23), (0, 30), (-10, 24)], 4.5, k.ground)
    p.line([(0, -8), (0, 36)], 3.4, k.ground)
