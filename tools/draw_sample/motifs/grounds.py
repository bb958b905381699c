"""Scenes of grounds, screens and monuments; `nights` describes what a scene is."""

from tools.draw_sample.motifs import a_scene, battles, journeys, lenses, stages, wonders
from tools.draw_sample.motifs.nights import figure
from tools.draw_sample.pen import mix


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
        p.poly(
            [(x - 16, h - 140), (x + 16, h - 140), (150 + (x - 150) * 0.2 + 70, h), (150 + (x - 150) * 0.2 - 70, h)],
            mix(k.ground, k.paper, 0.16),
        )
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
