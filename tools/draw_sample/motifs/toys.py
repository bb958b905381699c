"""Objects of childhood: Animation, Family."""

import math

from tools.draw_sample.motifs import an_object
from tools.draw_sample.pen import mix


@an_object("Animation", "Family")
def blob_creature(p, k, r):
    wobble = [r.uniform(0.86, 1.1) for _ in range(10)]
    p.blob(
        [
            (38 * w * math.cos(math.radians(36 * i)), 6 + 38 * w * math.sin(math.radians(36 * i)))
            for i, w in enumerate(wobble)
        ],
        k.accent,
    )
    eyes, ink = r.choice((1, 2, 3)), k.text(k.paper)
    for i in range(eyes):
        x = (i - (eyes - 1) / 2) * 22
        p.disc(x, -6, 14 if eyes == 1 else 9.5, k.paper)
        p.disc(x + 2, -4, 6 if eyes == 1 else 4, ink)
    mouth = k.text(k.accent)
    p.oval(0, 14, 16, 13, mouth, 0, 180)
    for x in (-7, 7):
        p.poly([(x - 4, 14), (x + 4, 14), (x, 20)], k.paper if mouth != k.paper else k.accent)
    for side in (-1, 1):
        if r.random() < 0.7:
            p.curve([(side * 12, -28), (side * 17, -40), (side * 24, -47)], 4, k.accent)
            p.disc(side * 24, -47, 5, k.main)


@an_object("Animation", "Comedy")
def cartoon_cat(p, k, r):
    p.blob([(-34, 0), (-34, -44), (-14, -28), (14, -28), (34, -44), (34, 0), (24, 26), (0, 34), (-24, 26)], k.main)
    for side in (-1, 1):
        p.oval(side * 14, -4, 9, 12, k.paper)
        p.oval(side * 13, -1, 4, 8, k.text(k.paper))
        for y in (12, 18):
            p.line([(side * 20, y), (side * 48, y + (y - 15) * 1.4)], 1.8, k.accent)
    p.poly([(-5, 9), (5, 9), (0, 15)], k.accent)
    p.arc(-6, 15, 6, 10, 170, 2.4, k.text(k.main))
    p.arc(6, 15, 6, 10, 170, 2.4, k.text(k.main))


@an_object("Animation", "Family", "Fantasy")
def rainbow(p, k, r):
    for i, colour in enumerate((k.accent, k.main, k.paper, mix(k.accent, k.main, 0.5))):
        p.arc(0, 26, 44 - 8.5 * i, 180, 360, 8.5, colour)
    for side in (-1, 1):
        for x, y, size in ((-10, 2, 10), (2, -5, 12), (12, 3, 9)):
            p.disc(side * 32 + x, 32 + y, size, k.paper)


@an_object("Family")
def kite(p, k, r):
    p.poly([(6, -50), (34, -18), (0, 18), (-22, -24)], k.accent)
    p.poly([(6, -50), (34, -18), (4, -20)], k.main)
    p.poly([(-22, -24), (4, -20), (0, 18)], k.main)
    p.curve([(0, 18), (-16, 26), (-6, 36), (-28, 48)], 2, k.main)
    for x, y in ((-10, 23), (-11, 34), (-22, 43)):
        p.poly([(x, y), (x - 8, y - 5), (x - 7, y + 5)], k.accent)
        p.poly([(x, y), (x + 8, y - 5), (x + 7, y + 5)], k.accent)


@an_object("Family", "Animation")
def teddy(p, k, r):
    p.oval(0, 26, 27, 24, k.main)
    for side in (-1, 1):
        p.disc(side * 22, -36, 11, k.main)
        p.disc(side * 22, -36, 5.5, k.accent)
        p.disc(side * 30, 16, 10, k.main)
        p.disc(side * 20, 44, 10, k.main)
        p.disc(side * 20, 45, 5, k.accent)
    p.disc(0, -16, 29, k.main)
    p.oval(0, -7, 13, 10, k.paper)
    ink = k.text(k.paper)
    p.oval(0, -11, 4.5, 3, ink)
    p.arc(0, -9, 6, 30, 150, 1.8, ink)
    for side in (-1, 1):
        p.disc(side * 11, -21, 3, k.ground)


@an_object("Family", "Comedy")
def balloons(p, k, r):
    for x, y, colour in (
        (-20, -16, k.main),
        (20, -20, k.accent),
        (0, -32, k.paper),
        (2, -4, mix(k.main, k.accent, 0.5)),
    ):
        p.curve([(x, y + 16), (x * 0.6, y + 36), (0, 50)], 1.2, k.main)
        p.oval(x, y, 15, 18, colour)
        p.poly([(x - 3, y + 21), (x + 3, y + 21), (x, y + 16)], colour)
        p.arc(x, y, 10, 200, 250, 2, mix(colour, (255, 255, 255), 0.6))


@an_object("Family", "Drama")
def little_house(p, k, r):
    p.rect(18, -38, 27, -12, k.main)
    p.rect(-30, -8, 30, 44, k.paper)
    p.poly([(-42, -4), (0, -42), (42, -4)], k.accent)
    p.rect(-8, 14, 8, 44, k.main, 2)
    ink = k.text(k.paper)
    for x in (-22, 14):
        p.rect(x, 2, x + 9, 13, ink, 1)
    p.disc(0, -18, 5, k.paper)
    for i in range(3):
        p.disc(24 + 5 * i, -45 - 5 * i, 3 + i, mix(k.ground, k.main, 0.35))


@an_object("Family", "Animation")
def dog(p, k, r):
    p.blob([(-26, 44), (-28, 10), (-14, -6), (8, -8), (18, 8), (16, 44)], k.main)
    p.blob([(-6, -38), (14, -40), (26, -24), (42, -18), (40, -6), (16, 0), (-6, -6)], k.main)
    p.blob([(-8, -38), (2, -32), (0, -8), (-10, 2), (-16, -14)], k.accent)
    p.disc(41, -14, 5, k.text(k.main))
    p.disc(17, -26, 3, k.text(k.main))
    p.curve([(-25, 38), (-42, 26), (-46, 8)], 6, k.main)
    p.rect(-8, -5, 16, 1, k.accent, 2)
    p.rect(4, 30, 20, 46, k.main, 5)
