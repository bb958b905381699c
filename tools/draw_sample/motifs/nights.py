"""Scenes of streets, stages and dread. A scene fills the poster below its horizon ``h`` and some 170 units above it,
and returns the colour of its calm floor, on which a title may be placed."""

import math

from tools.draw_sample.motifs import a_scene, dread
from tools.draw_sample.pen import mix


def bare_tree(p, x, foot, tall, colour, r, lean=0.0):
    """A leafless tree; branches fork three times."""

    def grow(x0, y0, turn, length, width, left):
        x1, y1 = x0 + length * math.sin(turn), y0 - length * math.cos(turn)
        p.line([(x0, y0), (x1, y1)], width, colour)
        if left:
            for side in (-1, 1):
                grow(x1, y1, turn + side * r.uniform(0.25, 0.75), length * r.uniform(0.6, 0.8), width * 0.62, left - 1)

    grow(x, foot, lean, tall * 0.4, tall * 0.07, 4)


def figure(p, x, foot, tall, colour, hat=False):
    """A standing person in silhouette."""
    q = p.at(x, foot, tall)
    q.disc(0, -90, 9, colour)
    q.blob(
        [(-14, -76), (0, -80), (14, -76), (15, -40), (11, 0), (2, 0), (0, -34), (-2, 0), (-11, 0), (-15, -40)], colour
    )
    if hat:
        q.rect(-17, -98, 17, -94, colour, 2)
        q.rect(-9, -108, 9, -95, colour, 2)


def skyline(p, h, colour, light, r, low=50, high=150, windows=0.35):
    """Towers from edge to edge that stand on ``h``."""
    x = -4.0
    while x < 300:
        wide, tall = r.uniform(22, 44), r.uniform(low, high)
        p.rect(x, h - tall, x + wide + 1, h + 1, colour)
        if r.random() < 0.3:
            p.line([(x + wide / 2, h - tall), (x + wide / 2, h - tall - r.uniform(10, 26))], 2, colour)
        for row in range(int(tall // 13)):
            for column in range(int(wide // 9)):
                if r.random() < windows:
                    left, top = x + 4 + 9 * column, h - tall + 6 + 13 * row
                    p.rect(left, top, left + 4, top + 6, light)
        x += wide


@a_scene("Horror", "Mystery", "Fantasy")
def night_wood(p, k, r, h):
    moon = k.accent if r.random() < 0.5 else k.paper
    p.disc(r.uniform(110, 190), h - 95, r.uniform(48, 66), moon)
    floor = k.between(k.ground, moon)
    p.blob([(-30, h + 14), (60, h - 6), (150, h + 8), (240, h - 8), (330, h + 12), (330, 470), (-30, 470)], floor)
    for x in (r.uniform(0, 40), r.uniform(60, 100), r.uniform(205, 240), r.uniform(262, 300)):
        bare_tree(p, x, h + 16, r.uniform(105, 155), floor, r, r.uniform(-0.12, 0.12))
    if r.random() < 0.6:
        for x, y, size in ((120, h - 120, 26), (170, h - 92, 18), (146, h - 76, 14)):
            dread.bat(p.at(x, y, size, r.uniform(-15, 15)), k.on(moon), r)
    return floor


@a_scene("Horror", "Mystery")
def haunted_house(p, k, r, h):
    floor = k.main
    p.disc(150, h - 90, 74, mix(k.ground, k.accent, 0.55))
    p.blob([(-30, h + 40), (70, h + 10), (150, h - 14), (230, h + 10), (330, h + 40), (330, 470), (-30, 470)], floor)
    p.rect(112, h - 80, 188, h, floor)
    p.poly([(102, h - 78), (150, h - 122), (198, h - 78)], floor)
    for x, top in ((118, 130), (178, 148)):
        p.rect(x - 13, h - top, x + 13, h, floor)
        p.poly([(x - 18, h - top), (x, h - top - 40), (x + 18, h - top)], floor)
    lit = k.text(floor)
    for x, y in ((118, 108), (178, 124), (140, 60), (160, 60), (128, 34), (172, 34)):
        p.rect(x - 4, h - y, x + 4, h - y + 12, lit if r.random() < 0.7 else mix(floor, lit, 0.3))
    p.rect(145, h - 24, 155, h, lit)
    bare_tree(p, 52, h + 26, 130, floor, r)
    bare_tree(p, 254, h + 26, 110, floor, r)
    return floor


@a_scene("Horror")
def graves(p, k, r, h):
    floor = k.main
    p.disc(r.uniform(80, 220), h - 70, 62, k.accent)
    p.blob([(-30, h + 6), (80, h - 8), (170, h + 4), (330, h - 10), (330, 470), (-30, 470)], floor)
    for x, tall in ((34, 50), (84, 70), (140, 44), (192, 78), (244, 54), (284, 42)):
        lean = r.uniform(-9, 9)
        q = p.at(x, h + 6, 100, lean)
        if r.random() < 0.5:
            q.line([(0, 0), (0, -tall)], 7, floor)
            q.line([(-tall * 0.26, -tall * 0.68), (tall * 0.26, -tall * 0.68)], 7, floor)
        else:
            q.rect(-15, -tall * 0.8, 15, 6, floor, 13)
    return floor


@a_scene("Mystery", "Crime", "Romance", "Drama")
def lamp_street(p, k, r, h):
    x = r.choice((90, 210))
    glow = mix(k.ground, k.accent, 0.5)
    p.poly([(x - 10, h - 128), (x + 10, h - 128), (x + 82, h + 22), (x - 82, h + 22)], glow)
    floor = k.text(glow) if k.text(glow) not in (k.paper,) else k.shade
    p.rect(0, h + 10, 300, 450, floor)
    p.oval(x, h + 14, 86, 12, mix(glow, k.paper, 0.3))
    post = k.main if k.main != floor else k.paper
    p.line([(x, h + 14), (x, h - 132)], 5, post)
    p.poly([(x - 12, h - 132), (x + 12, h - 132), (x + 7, h - 154), (x - 7, h - 154)], k.paper)
    p.poly([(x - 14, h - 154), (x + 14, h - 154), (x, h - 166)], post)
    if r.random() < 0.5:
        figure(p, x + (46 if x < 150 else -46), h + 20, 88, k.text(glow), hat=True)
    else:
        figure(p, x + (34 if x < 150 else -34), h + 18, 84, k.text(glow), hat=True)
        figure(p, x + (62 if x < 150 else -62), h + 18, 78, k.accent)
    return floor


@a_scene("Thriller", "Mystery", "Horror")
def corridor(p, k, r, h):
    cx, cy = 150, h - 50
    for i in range(7):
        share = 1 - i / 7
        half, tall = 16 + 200 * share**1.7, 26 + 250 * share**1.7
        tone = mix(k.paper if i == 6 else k.ground, k.main if i % 2 else k.ground, 0.0 if i == 6 else 0.16 + 0.09 * i)
        p.rect(cx - half, max(cy - tall, cy - 150), cx + half, cy + tall * 0.55, tone)
    figure(p, cx, cy + 24, 52, k.text(k.paper))
    p.poly([(cx - 7, cy + 22), (cx + 7, cy + 22), (cx + 46, cy + 80), (cx - 46, cy + 80)], mix(k.ground, k.paper, 0.5))
    figure(p, cx, cy + 26, 54, k.accent if r.random() < 0.5 else k.text(k.paper))
    floor = k.ground
    p.rect(0, h + 40, 300, 450, floor)
    return floor


@a_scene("Crime", "Thriller")
def city_night(p, k, r, h):
    p.disc(r.uniform(70, 230), h - 120, r.uniform(30, 54), k.accent)
    skyline(p, h + 10, mix(k.ground, k.main, 0.35), k.ground, r, 80, 160, 0)
    floor = k.main if k.main != k.paper else k.shade
    skyline(p, h + 30, floor, k.accent, r, 40, 110, 0.3)
    p.rect(0, h + 28, 300, 450, floor)
    return floor


@a_scene("Romance", "Drama", "Musical")
def rain(p, k, r, h):
    for _ in range(52):
        x, y = r.uniform(-10, 310), r.uniform(h - 170, h + 10)
        p.line([(x, y), (x - 4, y + 15)], 1.3, mix(k.ground, k.paper, 0.5))
    floor = k.main if k.main != k.paper else k.shade
    p.rect(0, h + 18, 300, 450, floor)
    pair = r.random() < 0.6
    ink = k.text(k.ground) if k.text(k.ground) != floor else k.paper
    if pair:
        figure(p, 134, h + 24, 100, ink, hat=r.random() < 0.5)
    figure(p, 164 if pair else 150, h + 24, 92, k.accent)
    q = p.at(150, h - 72, 96)
    q.oval(0, 0, 52, 34, k.accent if not pair else floor, 180, 360)
    for x in (-35, 0, 35):
        q.oval(x, 1, 17.5, 7, k.ground, 180, 360)
    q.line([(0, 0), (0, 44)], 2.4, ink)
    for _ in range(9):
        x, y = r.uniform(10, 290), r.uniform(h + 26, h + 56)
        p.ring(x, y, 9, 1, mix(floor, k.paper, 0.4), ry=2.4)
    return floor
