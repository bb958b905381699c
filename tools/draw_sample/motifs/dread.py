"""Objects of fear and crime: Horror, Thriller, Mystery, Crime."""

import math

from tools.draw_sample.motifs import an_object
from tools.draw_sample.pen import mix


@an_object("Horror")
def bat(p, k, r):
    wing = [(0, -6), (8, -16), (14, -7), (30, -22), (50, -12), (42, -4), (40, 10), (30, 3), (22, 16), (13, 8), (0, 26)]
    p.poly(wing + [(-x, y) for x, y in reversed(wing)], k.main)
    for side in (-1, 1):
        p.poly([(side * 3, -8), (side * 9, -24), (side * 11, -9)], k.main)
        p.disc(side * 4.5, -2, 1.9, k.accent)


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


@an_object("Horror", "History")
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
        (
            t / 240 * 48 * math.cos(t / 240 * turns * 2 * math.pi),
            side * t / 240 * 48 * math.sin(t / 240 * turns * 2 * math.pi),
        )
        for t in range(241)
    ]
    p.line(path, 4, k.main)
    p.disc(0, 0, 4, k.accent)


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


@an_object("Thriller", "Action")
def running_man(p, k, r):
    p.disc(10, -38, 8, k.main)
    p.line([(6, -26), (-4, 2)], 14, k.main)
    p.line([(6, -24), (22, -12), (34, -22)], 6, k.main)
    p.line([(3, -24), (-16, -18), (-24, -2)], 6, k.main)
    p.line([(-3, 4), (16, 14), (12, 40), (20, 42)], 7, k.main)
    p.line([(-5, 4), (-18, 22), (-42, 26)], 7, k.main)
