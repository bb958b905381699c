"""Scenes of grounds, screens and monuments; `nights` describes what a scene is."""

from tools.draw_sample.motifs import a_scene, battles, wonders
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
