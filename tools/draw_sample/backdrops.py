"""What is drawn behind the picture, and over it at the end: gradients, rays, borders, paper."""

import math
import random

from PIL import Image, ImageChops

from tools.draw_sample.palettes import Ink
from tools.draw_sample.pen import HEIGHT, WIDTH, Colour, Pen


def fade(image: Image.Image, top: Colour, bottom: Colour) -> None:
    """Fill the poster with a gradient from top to bottom."""
    mask = Image.linear_gradient("L").resize(image.size)
    image.paste(Image.composite(Image.new("RGB", image.size, bottom), Image.new("RGB", image.size, top), mask))


def glow(image: Image.Image, k: Ink, rng: random.Random) -> None:
    """Fill the poster with the shade in the middle, fading to the ground at the edges."""
    mask = Image.radial_gradient("L").resize(image.size)  # 0 in the middle
    image.paste(Image.composite(Image.new("RGB", image.size, k.ground), Image.new("RGB", image.size, k.shade), mask))


def rays(p: Pen, k: Ink, rng: random.Random) -> None:
    n, y, turn = rng.choice((9, 12, 16)), rng.choice((180, 230, 300)), rng.uniform(0, 40)
    for i in range(n):
        p.wedge(150, y, 420, turn + 360 * i / n, turn + 360 * (i + 0.5) / n, k.shade)


def rings(p: Pen, k: Ink, rng: random.Random) -> None:
    x, y, step = rng.choice((0, 150, 300)), rng.choice((170, 230)), rng.choice((26, 36))
    for i in range(16, 0, -1):
        p.disc(x, y, i * step, k.shade if i % 2 else k.ground)


def stripes(p: Pen, k: Ink, rng: random.Random) -> None:
    step, lean = rng.choice((20, 30, 44)), rng.choice((0, 160, -160))
    for x in range(-200, 520, step * 2):
        p.poly([(x, -10), (x + step, -10), (x + step + lean, 460), (x + lean, 460)], k.shade)


def split(p: Pen, k: Ink, rng: random.Random) -> None:
    lift = rng.choice((0, 90, -90))
    p.poly([(-5, 240 + lift), (305, 240 - lift), (305, 450), (-5, 450)], k.shade)


def dots(p: Pen, k: Ink, rng: random.Random) -> None:
    """Draw a halftone whose dots grow towards one end."""
    down = rng.random() < 0.5
    for row in range(30):
        share = row / 29 if down else 1 - row / 29
        for column in range(20):
            p.disc(column * 16 + (8 if row % 2 else 0), row * 15.4, 0.8 + 5.6 * share**1.5, k.shade)


def checks(p: Pen, k: Ink, rng: random.Random) -> None:
    step = rng.choice((37.5, 50))
    for row in range(math.ceil(HEIGHT / step)):
        for column in range(math.ceil(WIDTH / step)):
            if (row + column) % 2:
                p.rect(column * step, row * step, (column + 1) * step, (row + 1) * step, k.shade)


def backdrop(image: Image.Image, p: Pen, k: Ink, rng: random.Random, lively: bool) -> None:
    """Paint a ground calm enough for a title anywhere on it; ``lively`` genres get bolder patterns."""
    image.paste(k.ground, (0, 0, *image.size))
    choice = rng.random()
    if choice < 0.22:
        return
    if choice < 0.42:
        fade(image, k.ground, k.shade) if rng.random() < 0.5 else fade(image, k.shade, k.ground)
    elif choice < 0.56:
        glow(image, k, rng)
    else:
        rng.choice((rays, rings, stripes, dots, checks) if lively else (split, rings, stripes, rays, dots))(p, k, rng)


def border(p: Pen, colour: Colour, rng: random.Random) -> None:
    """Draw a frame along the edges: a line, two lines, or one with cut corners."""
    style, gap = rng.randrange(3), 12
    right, foot = WIDTH - gap, HEIGHT - gap
    if style < 2:
        p.line([(gap, gap), (right, gap), (right, foot), (gap, foot)], 2.2, colour, closed=True)
        if style:
            p.line(
                [(gap + 5, gap + 5), (right - 5, gap + 5), (right - 5, foot - 5), (gap + 5, foot - 5)],
                0.9,
                colour,
                closed=True,
            )
    else:
        cut = 14
        p.line([(gap + cut, gap), (right - cut, gap), (right, gap + cut), (right, foot - cut), (right - cut, foot),
                (gap + cut, foot), (gap, foot - cut), (gap, gap + cut)], 2.2, colour, closed=True)  # fmt: skip


def age(image: Image.Image, year: int, rng: random.Random) -> Image.Image:
    """Give a finished poster the look of paper: soft mottling, darker edges, and some yellow for older films."""
    small = Image.frombytes("L", (24, 36), rng.randbytes(24 * 36)).resize(image.size, Image.Resampling.BICUBIC)
    mottle = small.point(lambda v: 250 + round(5 * v / 255))
    image = ImageChops.multiply(image, Image.merge("RGB", (mottle, mottle, mottle)))
    if rng.random() < 0.6:
        depth = rng.choice((18, 34))
        edges = Image.radial_gradient("L").resize(image.size).point(lambda v: 255 - round(depth * (v / 255) ** 2))
        image = ImageChops.multiply(image, Image.merge("RGB", (edges, edges, edges)))
    if year < 1965 and rng.random() < 0.5:
        image = Image.blend(image, ImageChops.multiply(image, Image.new("RGB", image.size, (255, 244, 214))), 0.7)
    return image
