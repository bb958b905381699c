"""Scenes of landscapes, grounds and screens; what a scene is, `nights` tells."""

import math

from genreclf.sources.drawn.motifs import a_scene, battles, journeys, lenses, stages, toys, wonders
from genreclf.sources.drawn.motifs.nights import figure
from genreclf.sources.drawn.pen import mix


def ridge(p, h, tall, colour, r, step=42):
    """A line of peaks from edge to edge, filled down to the foot of the poster."""
    points, x, up = [(-20, 460), (-20, h)], -20.0, True
    while x < 330:
        x += r.uniform(0.6, 1.4) * step
        points.append((x, h - (r.uniform(0.55, 1) * tall if up else r.uniform(0, 0.3) * tall)))
        up = not up
    p.poly([*points, (330, 460)], colour)


def hill(p, h, swell, colour, shift=0):
    p.blob([(-60, h + swell), (60 + shift, h - swell), (200 + shift, h + swell * 0.4), (360, h - swell * 0.5),
            (400, 480), (-80, 480)], colour)


@a_scene("Western", "Adventure")
def desert(p, k, r, h):
    p.disc(r.uniform(80, 220), h - r.uniform(30, 70), r.uniform(52, 76), k.accent)
    far = mix(k.ground, k.main, 0.5)
    for x, tall, wide in ((r.uniform(10, 60), r.uniform(60, 95), 34), (r.uniform(220, 280), r.uniform(50, 110), 40),
                          (150, r.uniform(24, 46), 28)):
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
        p.poly([(-10, 460), *[(x, y + 5 * math.sin(x / 15 + i * 2)) for x in range(-10, 316, 5)], (316, 460)],
               mix(k.ground, k.main, share))
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


@a_scene("Fantasy", "History", "Family")
def castle_hill(p, k, r, h):
    p.disc(r.uniform(80, 220), h - 100, r.uniform(40, 66), mix(k.ground, k.accent, 0.7))
    ridge(p, h + 8, 80, mix(k.ground, k.main, 0.3), r)
    wonders.castle(p.at(150, h - 54, 124), k, r)
    p.blob([(-40, h + 44), (60, h + 24), (150, h - 6), (240, h + 24), (340, h + 44), (340, 480), (-40, 480)], k.main)
    p.curve([(150, h + 2), (168, h + 16), (140, h + 30), (160, h + 52)], 5, mix(k.main, k.ground, 0.4))
    for _ in range(12):
        p.star(r.uniform(10, 290), r.uniform(h - 165, h - 70), r.uniform(2, 4.5), 0.3, 4, k.paper)
    return k.main


@a_scene("Sci-Fi")
def space(p, k, r, h):
    for _ in range(46):
        p.disc(r.uniform(0, 300), r.uniform(h - 175, h + 30), r.uniform(0.6, 1.7), k.paper)
    wonders.ringed_planet(p.at(r.uniform(70, 120), h - 92, r.uniform(84, 120)), k, r)
    p.disc(r.uniform(200, 256), h - 120, r.uniform(14, 26), k.accent)
    floor = k.main if k.main != k.paper else k.shade
    p.disc(150, h + 430, 430, floor)
    for x, y, rx in ((60, 34, 22), (190, 26, 30), (250, 52, 16)):
        p.oval(x, h + y, rx, rx * 0.26, mix(floor, k.ground, 0.3))
    style = r.randrange(3)
    if style == 0:
        wonders.rocket(p.at(210, h - 40, 80), k, r)
    elif style == 1:
        figure(p, 206, h + 14, 56, k.paper)
    return floor


@a_scene("Sci-Fi")
def neon_grid(p, k, r, h):
    p.disc(150, h - 46, 78, k.accent)
    for i in range(6):
        p.rect(60, h - 40 + 13 * i, 240, h - 38 + 13 * i + 1.6 * i, k.ground)
    p.rect(0, h, 300, 450, k.ground)
    for i in range(-9, 10):
        p.line([(150 + i * 14, h), (150 + i * 90, 460)], 1.4, k.main)
    y, step = float(h), 3.0
    while y < 450:
        p.line([(0, y), (300, y)], 1.4, k.main)
        y, step = y + step, step * 1.4
    return None


@a_scene("Sport")
def track(p, k, r, h):
    floor = k.accent if k.accent != k.paper else k.main
    p.rect(0, h, 300, 450, floor)
    line = k.text(floor)
    for i in range(-5, 6):
        p.line([(150 + i * 12, h), (150 + i * 92, 460)], 2.2, line)
    skyline = mix(k.ground, k.main, 0.35)
    p.oval(150, h, 190, 46, skyline, 180, 360)
    for _ in range(40):
        p.disc(r.uniform(0, 300), h - r.uniform(4, 26), 1.6, k.main)
    stages.runner(p.at(r.uniform(120, 180), h - 46, 130), k, r)
    return None


@a_scene("Sport")
def pitch(p, k, r, h):
    for x in (36, 264):
        p.line([(x, h), (x, h - 140)], 4, k.main)
        for row in range(2):
            for i in range(3):
                p.disc(x - 12 + 12 * i, h - 142 - 12 * row, 5, k.accent)
        p.poly([(x - 16, h - 140), (x + 16, h - 140), (150 + (x - 150) * 0.2 + 70, h),
                (150 + (x - 150) * 0.2 - 70, h)], mix(k.ground, k.paper, 0.16))
    floor = k.main if k.main != k.paper else k.shade
    p.rect(0, h, 300, 450, floor)
    line = k.text(floor)
    p.line([(98, h), (98, h - 62), (202, h - 62), (202, h)], 4, line if line != k.ground else k.paper)
    for i in range(1, 9):
        p.line([(98 + 11.6 * i, h - 60), (98 + 11.6 * i, h)], 0.7, mix(k.ground, k.paper, 0.5))
    for i in range(1, 5):
        p.line([(98, h - 62 + 12.4 * i), (202, h - 62 + 12.4 * i)], 0.7, mix(k.ground, k.paper, 0.5))
    p.ring(150, h + 40, 120, 2, mix(floor, line, 0.5), ry=26)
    stages.football(p.at(150, h + 22, 38), k.on(floor), r)
    return floor


@a_scene("History")
def temple(p, k, r, h):
    p.disc(r.uniform(110, 190), h - 120, 56, k.accent)
    stone = k.paper if k.paper != k.text(k.ground) else k.main
    p.poly([(40, h - 104), (150, h - 156), (260, h - 104)], stone)
    p.poly([(74, h - 110), (150, h - 144), (226, h - 110)], mix(stone, k.ground, 0.4))
    p.rect(44, h - 102, 256, h - 90, stone)
    for i in range(6):
        x = 62 + 35.2 * i
        if i == 4 and r.random() < 0.5:
            p.poly([(x - 9, h + 4), (x - 9, h - 46), (x + 2, h - 56), (x + 9, h - 40), (x + 9, h + 4)], stone)
            continue
        p.rect(x - 9, h - 88, x + 9, h + 4, stone)
        for dx in (-3, 3):
            p.line([(x + dx, h - 84), (x + dx, h)], 1.6, mix(stone, k.ground, 0.45))
    floor = k.main if k.main != stone else k.shade
    for i in range(3):
        p.rect(34 - 12 * i, h + 2 + 8 * i, 266 + 12 * i, h + 10 + 8 * i, mix(stone, floor, 0.25 * (i + 1)))
    p.rect(0, h + 26, 300, 450, floor)
    return floor


@a_scene("History", "Adventure")
def pyramids(p, k, r, h):
    p.disc(r.uniform(60, 240), h - 92, 44, k.accent)
    for x, size in ((214, 96), (92, 130)):
        p.poly([(x - size, h + 6), (x, h - size * 0.86), (x + size, h + 6)], k.main)
        p.poly([(x, h - size * 0.86), (x + size, h + 6), (x + size * 0.16, h + 6)], mix(k.main, k.ground, 0.35))
    p.blob([(-40, h + 8), (90, h - 4), (210, h + 10), (340, h), (340, 470), (-40, 470)], mix(k.main, k.ground, 0.2))
    for i in range(4):
        q = p.at(60 + 34 * i, h + 6, 26)
        q.blob([(-40, 10), (-36, -22), (-14, -40), (6, -22), (26, -26), (34, -56), (50, -54), (42, -14), (24, 8)],
               k.text(k.ground))
        for x in (-28, 12):
            q.line([(x, 0), (x, 44)], 7, k.text(k.ground))
    return mix(k.main, k.ground, 0.2)


@a_scene("Romance", "Drama", "Comedy")
def bench(p, k, r, h):
    p.disc(150, h - 54, 80, k.accent)
    p.blob([(-40, h + 24), (80, h + 6), (210, h + 8), (340, h + 26), (340, 470), (-40, 470)], k.main)
    for x, wide in ((132, 9), (162, 8)):
        p.disc(x + (4 if x < 150 else -4), h - 50, 9, k.main)
        p.blob([(x - wide, h - 38), (x + wide, h - 38), (x + wide + 3, h + 2), (x - wide - 3, h + 2)], k.main)
    p.line([(94, h - 18), (206, h - 18)], 5, k.main)
    p.line([(90, h), (210, h)], 5, k.main)
    for x in (100, 200):
        p.line([(x, h - 22), (x, h + 16)], 4, k.main)
    q = p.at(248, h - 60, 120)
    q.line([(0, 70), (2, 0), (-6, -30)], 6, k.main)
    for _ in range(9):
        q.disc(r.uniform(-30, 26), r.uniform(-62, -14), r.uniform(9, 17), k.main)
    return k.main


@a_scene("Documentary", "Reality-TV")
def viewfinder(p, k, r, h):
    inner = r.choice((mountains, hill_house, lone_boat))
    floor = inner(p, k, r, h)
    top, frame = h - 168, k.paper
    for x, dx in ((24, 1), (276, -1)):
        for y, dy in ((top, 1), (h + 46, -1)):
            p.line([(x + dx * 30, y), (x, y), (x, y + dy * 30)], 4, frame)
    p.line([(138, h - 62), (162, h - 62)], 2, frame)
    p.line([(150, h - 74), (150, h - 50)], 2, frame)
    p.disc(46, top + 20, 7, k.accent if k.accent != k.ground else k.main)
    p.rect(226, top + 14, 256, top + 26, frame, 2)
    p.rect(229, top + 17, 246, top + 23, k.ground)
    return floor


@a_scene("News")
def front_page(p, k, r, h):
    top, ink = h - 165, k.main
    p.rect(24, top, 276, top + 20, ink)
    p.rect(24, top + 28, 230, top + 40, ink)
    p.line([(24, top + 50), (276, top + 50)], 1.4, ink)
    p.rect(24, top + 58, 150, h + 6, k.accent)
    journey = r.randrange(3)
    sub = p.at(87, (top + 58 + h + 6) / 2, 78)
    inside = k.on(k.accent)
    (lenses.globe_grid, lenses.radio_mast, lenses.press_microphones)[journey](sub, inside, r)
    for column in (0, 1):
        left = 160 + 60 * column
        y = top + 61.0
        while y < h + 6:
            p.line([(left + 1, y), (left + (54 if r.random() < 0.85 else 36), y)], 2.2, mix(k.ground, ink, 0.75))
            y += 7
    y = h + 18.0
    while y < 450:
        for left in (24, 110, 196):
            p.line([(left + 1, y), (left + (78 if r.random() < 0.88 else 50), y)], 2.2, mix(k.ground, ink, 0.55))
        y += 8
    return None


@a_scene("Reality-TV", "Comedy")
def sofa_and_screen(p, k, r, h):
    lenses.television(p.at(150, h - 88, 140), k, r)
    floor = k.main if k.main != k.paper else k.shade
    p.rect(0, h + 10, 300, 450, floor)
    seat = k.accent
    for x in (118, 150, 182):
        p.disc(x, h - 8 + r.uniform(-4, 6), 12, k.text(k.ground) if x != 150 else k.paper)
    p.rect(66, h + 4, 234, h + 60, seat, 14)
    p.rect(52, h + 16, 84, h + 72, mix(seat, k.ground, 0.25), 12)
    p.rect(216, h + 16, 248, h + 72, mix(seat, k.ground, 0.25), 12)
    return None


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


@a_scene("Biography", "Drama", "History")
def great_profile(p, k, r, h):
    q = p.at(150, h - 34, 246, 0, flip=r.random() < 0.5)
    tone = k.main if k.main != k.paper else k.accent
    q.disc(0, -14, 40, mix(k.ground, k.accent, 0.75))
    q.blob([(-6, -46), (14, -44), (22, -28), (22, -20), (29, -8), (23, -5), (24, 2), (20, 8), (10, 12), (12, 22),
            (40, 36), (46, 90),
            (-50, 90), (-42, 36), (-18, 24), (-18, 6), (-26, -10), (-22, -36)], tone)  # fmt: skip
    inner = k.on(tone)
    choice = r.randrange(3)
    if choice == 0:
        for i in range(3):
            q.arc(-2, -26, 6 + 4 * i, 180, 330, 1.4, inner.accent)
    elif choice == 1:
        journeys.quill(q.at(-2, 40, 34), inner, r)
    else:
        journeys.laurel(q.at(-3, -24, 26), inner, r)
    return tone


@a_scene("Action")
def blast(p, k, r, h):
    battles.explosion(p.at(150, h - 50, 230), k, r)
    floor = k.between(k.ground, k.accent, k.paper)
    for x, tall, wide in ((24, 80, 30), (70, 54, 24), (236, 64, 26), (280, 96, 30), (118, 26, 26), (186, 30, 28)):
        p.rect(x - wide, h + 20 - tall, x + wide, h + 22, floor)
    p.rect(0, h + 20, 300, 450, floor)
    style = r.randrange(3)
    if style == 0:
        battles.helicopter(p.at(212, h - 122, 76, -8), k.__class__(k.ground, k.shade, floor, floor, k.paper), r)
    elif style == 1:
        figure(p, 150, h + 24, 84, floor)
    return floor
