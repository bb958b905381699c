"""Scenes that tell a small story: a duel, a bout, a kiss, a slip, a show, a case; see `nights` for what a scene is."""

import math

from tools.draw_sample.motifs import a_scene, battles, dread, laughs, stages
from tools.draw_sample.motifs.nights import figure
from tools.draw_sample.pen import mix


@a_scene("Western")
def frontier_duel(p, k, r, h):
    """Two gunmen before the false fronts of a street."""
    p.disc(150, h - 34, 70, k.accent)
    far = mix(k.ground, k.main, 0.55)
    for x, wide, tall in ((-6, 66, 92), (56, 40, 66), (206, 44, 74), (246, 66, 98)):
        p.rect(x, h - tall, x + wide, h + 6, far)
        p.poly([(x + wide * 0.2, h - tall), (x + wide * 0.5, h - tall - 20), (x + wide * 0.8, h - tall)], far)
        for i in range(2):
            left = x + wide * (0.18 + 0.4 * i)
            p.rect(left, h - tall + 18, left + wide * 0.22, h - tall + 36, k.ground)
        p.rect(x - 4, h - 34, x + wide + 4, h - 29, k.main)
    p.rect(0, h + 2, 300, 450, k.main)
    for x, size in ((64, 1), (238, -1)):
        q = p.at(x, h + 40, 128, flip=size < 0)
        gunman = k.text(far) if x < 150 or r.random() < 0.5 else k.accent
        ink = gunman if gunman != k.main else k.paper
        figure(q, 0, 0, 100, ink, hat=True)
        q.line([(10, -70), (22, -52), (16, -40)], 6, ink)
        q.line([(10, -34), (-4, 2)], 9, ink)
    return k.main


@a_scene("Sport")
def boxing_ring(p, k, r, h):
    """A bout under a lamp, behind the ropes."""
    p.poly([(130, h - 170), (170, h - 170), (270, h + 20), (30, h + 20)], mix(k.ground, k.paper, 0.28))
    p.poly([(112, h - 158), (188, h - 158), (172, h - 178), (128, h - 178)], k.main)
    floor = k.main if k.main != k.paper else k.shade
    p.rect(0, h + 16, 300, 450, floor)
    for x, colour, flip in ((116, k.accent, False), (184, k.text(mix(k.ground, k.paper, 0.28)), True)):
        q = p.at(x, h + 18, 130, flip=flip)
        q.disc(0, -88, 9, colour)
        q.line([(-4, -70), (-2, -42)], 18, colour)
        q.line([(-8, -36), (-16, -16), (-20, 0)], 9, colour)
        q.line([(4, -36), (14, -18), (12, 0)], 9, colour)
        for path in ([(2, -68), (18, -60), (34, -78)], [(-6, -66), (6, -52), (20, -66)]):
            q.line(path, 7, colour)
            q.disc(*path[-1], 8, colour)
    rope = k.paper if k.paper != floor else k.accent
    for y in (10, -16, -42):
        p.curve([(-10, h + y - 6), (150, h + y + 4), (310, h + y - 6)], 2.6, rope)
    for x in (14, 286):
        p.rect(x - 6, h - 66, x + 6, h + 30, k.accent, 2)
    return floor


@a_scene("Sport")
def cyclist(p, k, r, h):
    """A rider climbing a long slope."""
    p.disc(r.uniform(70, 110), h - 96, 46, k.accent)
    p.poly([(-10, h + 44), (310, h - 50), (310, 460), (-10, 460)], k.main)
    q = p.at(176, h - 58, 96, -16)
    ink = k.text(k.ground) if k.text(k.ground) != k.main else k.main
    stages.bicycle(q, k.__class__(k.ground, k.shade, ink, ink, k.paper), r)
    q.line([(-14, -22), (8, -44), (24, -28)], 9, k.accent)
    q.disc(16, -54, 8, ink)
    q.line([(-14, -20), (6, -6), (0, 16)], 6, ink)
    return k.main


@a_scene("Romance")
def nearly_a_kiss(p, k, r, h):
    """Two profiles before the moon."""
    p.disc(150, h - 66, 92, k.accent if r.random() < 0.6 else k.paper)
    colours = (k.main, mix(k.main, k.ground, 0.25)) if r.random() < 0.5 else (k.main, k.main)
    for flip, colour in zip((False, True), colours, strict=True):
        q = p.at(79 if not flip else 221, h - 30, 190, flip=flip)
        q.blob([(-12, -56), (6, -56), (18, -44), (19, -34), (27, -24), (21, -20), (23, -14), (20, -10), (21, -4),
                (10, 4), (10, 14),
                (30, 28), (44, 60), (-60, 70), (-50, 34), (-22, 22), (-22, 0), (-32, -20), (-28, -44)],
                colour)  # fmt: skip
    p.rect(0, h + 50, 300, 450, k.main)
    return k.main


@a_scene("Comedy")
def slip(p, k, r, h):
    """The oldest joke: a peel, a pair of flying feet, a hat in the air."""
    floor = k.main
    p.rect(0, h + 20, 300, 450, floor)
    ink = k.text(k.ground) if k.text(k.ground) != floor else k.accent
    q = p.at(140, h - 44, 124, -62)
    q.disc(0, -58, 11, ink)
    q.blob([(-15, -44), (15, -44), (13, 4), (-13, 4)], ink)
    q.line([(-8, 2), (-18, 30), (-4, 52)], 9, ink)
    q.line([(8, 2), (26, 22), (36, 46)], 9, ink)
    q.line([(-12, -40), (-34, -30), (-40, -52)], 7, ink)
    q.line([(12, -40), (34, -48), (48, -34)], 7, ink)
    stages.top_hat(p.at(66, h - 118, 44, -30), k, r)
    laughs.banana_peel(p.at(226, h + 6, 48, 12), k.on(k.ground) if k.accent != floor else k, r)
    for x, y, turn in ((92, h + 2, 200), (74, h - 16, 190), (246, h - 34, -40)):
        a = math.radians(turn)
        p.line([(x, y), (x + 16 * math.cos(a), y + 16 * math.sin(a))], 2.4, k.accent)
    return floor


@a_scene("Musical")
def show_stairs(p, k, r, h):
    """A star in the middle of lit steps, dancers on either side."""
    for i in range(8):
        half = 54 + 15 * i
        p.rect(150 - half, h - 66 + 12 * i, 150 + half, h - 54 + 12 * i, mix(k.main, k.ground, 0.12 + 0.1 * (7 - i)))
        for x in range(int(150 - half) + 5, int(150 + half), 13):
            p.disc(x, h - 57 + 12 * i, 1.6, k.paper)
    for side in (-1, 1):
        p.poly([(150 + side * 130, h - 178), (150 + side * 146, h - 172), (150 + side * 8, h - 30),
                (150 - side * 26, h - 58)],
               mix(k.ground, k.paper, 0.22))  # fmt: skip
    figure(p, 150, h - 50, 100, k.accent, hat=r.random() < 0.6)
    p.line([(140, h - 118), (112, h - 140)], 5, k.accent)
    p.line([(160, h - 118), (188, h - 140)], 5, k.accent)
    for side in (-1, 1):
        for i in (1, 2, 3):
            figure(p, 150 + side * 36 * i, h - 50 + 24 * i, 58, k.text(k.main) if i % 2 else k.paper)
    floor = k.main
    p.rect(0, h + 30, 300, 450, floor)
    return floor


@a_scene("War")
def marching(p, k, r, h):
    """A column of soldiers along a ridge."""
    p.disc(r.uniform(90, 210), h - 62, 74, k.accent)
    floor = k.main if k.main != k.paper else k.shade
    p.poly([(-10, h + 26), (310, h - 26), (310, 460), (-10, 460)], floor)
    for i in range(7):
        x = 26 + 42 * i
        q = p.at(x, h + 24 - 52 * x / 320, 74)
        q.line([(0, -58), (2, -30)], 15, floor)
        q.line([(0, -30), (-12, -12), (-16, 2)], 7, floor)
        q.line([(2, -30), (12, -14), (12, 2)], 7, floor)
        q.disc(0, -76, 8, floor)
        q.oval(0, -77, 12, 9, floor, 180, 360)
        q.line([(-12, -28), (10, -98)], 3.4, floor)
        q.rect(-18, -66, -6, -44, floor, 3)
    return floor


@a_scene("Comedy", "Family", "Adventure")
def overloaded_car(p, k, r, h):
    """A small car with far too much on its roof."""
    p.rect(0, h + 18, 300, 450, k.main)
    q = p.at(150, h - 8, 130, r.choice((-4, 4)))
    y = -26.0
    for i in range(r.choice((4, 5))):
        wide, tall = r.uniform(14, 25), r.uniform(9, 15)
        x, colour = r.uniform(-9, 9), (k.paper, k.accent, mix(k.main, k.accent, 0.5))[i % 3]
        q.rect(x - wide, y - tall, x + wide, y - 1, colour, 2)
        q.line([(x - 4, y - tall), (x - 4, y - tall - 2.6), (x + 4, y - tall - 2.6), (x + 4, y - tall)], 1.6, colour)
        y -= tall
    ink = k.between(k.ground, k.main)
    battles.speeding_car(q.at(0, -4, 100), k.__class__(k.ground, k.shade, ink, k.accent, k.paper), r)
    return k.main


@a_scene("Action")
def rooftop_leap(p, k, r, h):
    """Somebody in mid-air between two buildings."""
    p.disc(r.uniform(120, 180), h - 92, 58, k.accent)
    far = mix(k.ground, k.main, 0.3)
    for x in range(0, 300, 34):
        p.rect(x, h - r.uniform(10, 70), x + 30, h + 60, far)
    floor = k.main
    p.rect(-4, h - 52, 96, 450, floor)
    p.rect(206, h - 20, 304, 450, floor)
    p.rect(-4, h - 60, 102, h - 52, floor)
    p.rect(200, h - 28, 304, h - 20, floor)
    lit = k.between(floor)
    for left in (14, 44, 74, 222, 252, 282):
        for row in range(4):
            if r.random() < 0.55:
                p.rect(left, h - 4 + 18 * row, left + 9, h + 6 + 18 * row, mix(floor, lit, 0.7))
    runner = k.between(k.ground, k.accent)
    dread.running_man(p.at(150, h - 92, 72, 8), k.__class__(k.ground, k.shade, runner, runner, k.paper), r)
    p.rect(-4, h + 70, 304, 450, floor)
    return floor


@a_scene("Action", "Crime")
def pursuit(p, k, r, h):
    """One car after another, fast."""
    for _ in range(16):
        x, y, far = r.uniform(-20, 260), r.uniform(h - 165, h - 8), r.uniform(30, 110)
        p.line([(x, y), (x + far, y)], r.uniform(1, 2.6), mix(k.ground, k.accent, r.uniform(0.2, 0.7)))
    p.rect(0, h + 14, 300, 450, k.main)
    ink = k.between(k.ground, k.main)
    for x, y, size, body in ((196, h - 46, 70, k.accent), (96, h - 4, 120, ink)):
        battles.speeding_car(
            p.at(x, y - size * 0.06, size, flip=True), k.__class__(k.ground, k.shade, body, k.accent, k.paper), r
        )
    for x in range(-10, 310, 46):
        p.rect(x, h + 34, x + 26, h + 38, k.between(k.main))
    return k.main
