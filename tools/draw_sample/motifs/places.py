"""Scenes of landscapes; `nights` describes what a scene is."""

import math

from tools.draw_sample.motifs import a_scene, journeys, toys, wonders
from tools.draw_sample.motifs.nights import figure
from tools.draw_sample.pen import mix


def ridge(p, h, tall, colour, r, step=42):
    """A line of peaks from edge to edge, filled down to the foot of the poster."""
    points, x, up = [(-20, 460), (-20, h)], -20.0, True
    while x < 330:
        x += r.uniform(0.6, 1.4) * step
        points.append((x, h - (r.uniform(0.55, 1) * tall if up else r.uniform(0, 0.3) * tall)))
        up = not up
    p.poly([*points, (330, 460)], colour)


def hill(p, h, swell, colour, shift=0):
    p.blob(
        [
            (-60, h + swell),
            (60 + shift, h - swell),
            (200 + shift, h + swell * 0.4),
            (360, h - swell * 0.5),
            (400, 480),
            (-80, 480),
        ],
        colour,
    )


@a_scene("Western", "Adventure")
def desert(p, k, r, h):
    p.disc(r.uniform(80, 220), h - r.uniform(30, 70), r.uniform(52, 76), k.accent)
    far = mix(k.ground, k.main, 0.5)
    for x, tall, wide in (
        (r.uniform(10, 60), r.uniform(60, 95), 34),
        (r.uniform(220, 280), r.uniform(50, 110), 40),
        (150, r.uniform(24, 46), 28),
    ):
        p.poly([(x - wide - 14, h + 4), (x - wide, h - tall), (x + wide, h - tall), (x + wide + 14, h + 4)], far)
    p.rect(0, h, 300, 450, k.main)
    p.blob([(-40, h + 10), (80, h - 8), (210, h + 8), (340, h - 4), (340, 470), (-40, 470)], k.main)
    for x, size in ((r.uniform(20, 70), r.uniform(60, 105)), (r.uniform(220, 270), r.uniform(44, 76))):
        journeys.cactus(p.at(x, h + 8 - size * 0.42, size), k.__class__(k.ground, k.shade, k.main, k.main, k.paper), r)
    if r.random() < 0.6:
        rider(p.at(150, h - 12, 46), k.main)
    return k.main


def rider(p, colour):
    """A horse and its rider, 100 units wide, standing on y = 50."""
    p.blob([(-34, -6), (-10, -8), (14, -8), (28, -32), (42, -34), (48, -20), (36, -18), (26, 8), (-28, 12)], colour)
    for x, bend in ((-30, -4), (-20, 5), (14, -3), (22, 6)):
        p.line([(x, 4), (x + bend, 28), (x + bend * 0.5, 50)], 5, colour)
    p.curve([(-34, -4), (-46, 10), (-44, 28)], 5, colour)
    p.line([(-2, -6), (0, -36)], 13, colour)
    p.disc(2, -50, 8, colour)
    p.rect(-14, -58, 18, -54, colour, 2)
    p.rect(-6, -66, 10, -56, colour, 2)
    p.line([(2, -32), (22, -20)], 5, colour)


@a_scene("Adventure", "Drama", "Documentary")
def mountains(p, k, r, h):
    p.disc(r.uniform(70, 230), h - 96, r.uniform(30, 50), k.accent)
    for share, tall in ((0.28, 130), (0.55, 90), (1, 46)):
        ridge(p, h + 20 * share, tall, mix(k.ground, k.main, share), r, 30 + 26 * (1 - share))
    p.rect(0, h + 40, 300, 450, k.main)
    return k.main


@a_scene("Adventure", "Drama", "History")
def sea(p, k, r, h):
    p.disc(r.uniform(90, 210), h - 30, r.uniform(44, 70), k.accent)
    p.rect(0, h, 300, 450, mix(k.ground, k.main, 0.45))
    size = r.choice((60, 110))
    journeys.sailing_ship(p.at(r.uniform(90, 210), h - size * 0.3, size), k, r)
    for i, share in enumerate((0.6, 0.8, 1)):
        y = h + 8 + 20 * i
        p.poly(
            [(-10, 460), *[(x, y + 5 * math.sin(x / 15 + i * 2)) for x in range(-10, 316, 5)], (316, 460)],
            mix(k.ground, k.main, share),
        )
    return k.main


@a_scene("Drama", "Adventure")
def lone_boat(p, k, r, h):
    x = r.uniform(90, 210)
    p.disc(x, h - 64, 46, k.accent)
    water = mix(k.ground, k.main, 0.3)
    p.rect(0, h - 10, 300, 450, water)
    p.at(x, h + 8, 100).blob([(-40, -10), (0, -4), (40, -10), (24, 8), (-24, 8)], k.main)
    figure(p, x - 6, h + 4, 42, k.main)
    for i in range(7):
        half = 40 - 5 * i
        p.line([(x - half, h + 20 + 6 * i), (x + half, h + 20 + 6 * i)], 2, mix(water, k.accent, 0.7))
    return water


@a_scene("Family", "Drama", "Animation")
def hill_house(p, k, r, h):
    p.disc(r.uniform(190, 250), h - 110, 30, k.accent)
    for x, y in ((60, h - 130), (150, h - 96)):
        for dx, dy, size in ((-16, 2, 12), (0, -4, 16), (16, 3, 11)):
            p.disc(x + dx, y + dy, size, k.paper if k.paper != k.text(k.ground) else mix(k.ground, k.paper, 0.3))
    hill(p, h + 10, 26, mix(k.ground, k.main, 0.5))
    hearts_house = p.at(92, h - 36, 62)
    toys.little_house(hearts_house, k, r)
    hill(p, h + 26, -20, k.main, 30)
    q = p.at(232, h - 16, 74)
    q.rect(-4, 0, 4, 48, k.main)
    for x, y, size in ((0, -14, 24), (-16, 0, 17), (16, 2, 18)):
        q.disc(x, y, size, k.main)
    if r.random() < 0.6:
        toys.kite(p.at(180, h - 92, 54), k, r)
    return k.main


@a_scene("Fantasy", "Family")
def castle_hill(p, k, r, h):
    p.disc(r.uniform(80, 220), h - 100, r.uniform(40, 66), mix(k.ground, k.accent, 0.7))
    ridge(p, h + 8, 80, mix(k.ground, k.main, 0.3), r)
    wonders.castle(p.at(150, h - 54, 124), k, r)
    p.blob([(-40, h + 44), (60, h + 24), (150, h - 6), (240, h + 24), (340, h + 44), (340, 480), (-40, 480)], k.main)
    p.curve([(150, h + 2), (168, h + 16), (140, h + 30), (160, h + 52)], 5, mix(k.main, k.ground, 0.4))
    for _ in range(12):
        p.star(r.uniform(10, 290), r.uniform(h - 165, h - 70), r.uniform(2, 4.5), 0.3, 4, k.paper)
    return k.main


@a_scene("History", "Adventure")
def pyramids(p, k, r, h):
    p.disc(r.uniform(60, 240), h - 92, 44, k.accent)
    for x, size in ((214, 96), (92, 130)):
        p.poly([(x - size, h + 6), (x, h - size * 0.86), (x + size, h + 6)], k.main)
        p.poly([(x, h - size * 0.86), (x + size, h + 6), (x + size * 0.16, h + 6)], mix(k.main, k.ground, 0.35))
    p.blob([(-40, h + 8), (90, h - 4), (210, h + 10), (340, h), (340, 470), (-40, 470)], mix(k.main, k.ground, 0.2))
    for i in range(4):
        q = p.at(60 + 34 * i, h + 6, 26)
        q.blob(
            [(-40, 10), (-36, -22), (-14, -40), (6, -22), (26, -26), (34, -56), (50, -54), (42, -14), (24, 8)],
            k.text(k.ground),
        )
        for x in (-28, 12):
            q.line([(x, 0), (x, 44)], 7, k.text(k.ground))
    return mix(k.main, k.ground, 0.2)


@a_scene("Comedy", "Family")
def beach(p, k, r, h):
    p.disc(r.uniform(200, 250), h - 110, 32, k.accent)
    p.rect(0, h - 14, 300, 450, mix(k.ground, k.main, 0.45))
    p.poly([(-10, 460), *[(x, h + 14 + 4 * math.sin(x / 16)) for x in range(-10, 316, 5)], (316, 460)], k.paper)
    q = p.at(112, h - 30, 150, -12)
    q.line([(0, -20), (0, 50)], 3, k.main)
    q.oval(0, -14, 48, 38, k.accent, 180, 360)
    q.oval(0, -14, 28, 38, k.paper, 180, 360)
    q.oval(0, -14, 9, 38, k.accent, 180, 360)
    for i, x in enumerate((176, 206)):
        p.at(x, h + 16, 54, -6).rect(-44, -4, 30, 4, k.main if i else k.accent, 4)
        p.disc(x - 24, h + 10, 6, k.main)
    return k.paper


@a_scene("Animation", "Family", "Comedy")
def toy_hills(p, k, r, h):
    for i, (x, y, tone) in enumerate(((70, h - 40, 0.35), (224, h - 54, 0.6), (146, h - 6, 1))):
        colour = mix(k.ground, k.main if i != 1 else k.accent, tone)
        wide = r.uniform(66, 84)
        p.oval(x, h + 100, wide, h + 100 - y, colour, 180, 360)
        ink = k.text(colour)
        for side in (-1, 1):
            p.disc(x + side * 15, y + 34, 10, k.paper)
            p.disc(x + side * 15 + 2, y + 36, 5, k.text(k.paper))
        p.oval(x, y + 52, 13, 11, ink, 0, 180)
    hill(p, h + 52, 12, k.main)
    for x, y in ((56, h - 128), (246, h - 140), (150, h - 110)):
        for dx, dy, size in ((-14, 2, 10), (0, -4, 14), (14, 3, 10)):
            p.disc(x + dx, y + dy, size, mix(k.ground, k.paper, 0.7))
    return k.main


@a_scene("Drama", "Adventure")
def road(p, k, r, h):
    p.disc(150, h - 18, r.uniform(44, 64), k.accent)
    ridge(p, h + 2, 50, mix(k.ground, k.main, 0.4), r)
    p.rect(0, h, 300, 450, mix(k.ground, k.main, 0.75))
    asphalt = k.text(k.paper) if k.text(k.paper) != k.paper else k.main
    p.poly([(144, h), (156, h), (270, 460), (30, 460)], asphalt)
    y, tall = h + 6.0, 5.0
    while y < 450:
        half = 0.4 + (y - h) * 0.018
        p.poly([(150 - half, y), (150 + half, y), (150 + half * 1.3, y + tall), (150 - half * 1.3, y + tall)], k.paper)
        y, tall = y + tall * 2, tall * 1.3
    q = p.at(160, h + 26, 44)
    q.rect(-34, -10, 34, 16, k.accent, 6)
    q.poly([(-26, -10), (-18, -30), (18, -30), (26, -10)], k.accent)
    q.poly([(-20, -11), (-14, -25), (14, -25), (20, -11)], k.paper)
    for x in (-24, 24):
        q.rect(x - 7, 14, x + 7, 26, asphalt)
        q.disc(x, 3, 4, k.paper)
    return None
