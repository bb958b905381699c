"""A small drawing kit: flat shapes in local units on an enlarged canvas, shrunk at the end for smooth edges."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 300, 444  # of a finished poster, in pixels; poster units are these pixels
SCALE = 3  # Pillow does not smooth edges: everything is drawn this much larger, then shrunk

Colour = tuple[int, int, int]
Points = Sequence[tuple[float, float]]


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """A mixture of two colours; ``share`` (0..1) is that of the second."""
    return tuple(round(a + (b - a) * share) for a, b in zip(first, second, strict=True))


def luminance(colour: Colour) -> float:
    """Relative luminance, 0 for black to 1 for white, as WCAG 2 defines it."""
    linear = [c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: Colour, second: Colour) -> float:
    """WCAG contrast ratio of two colours, 1 (same) to 21."""
    bright, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def smooth(points: Points, closed: bool, steps: int = 12) -> list[tuple[float, float]]:
    """Points of a Catmull-Rom curve through ``points``."""
    n = len(points)
    if closed:
        quads = [(points[i - 1], points[i], points[(i + 1) % n], points[(i + 2) % n]) for i in range(n)]
    else:
        padded = [points[0], *points, points[-1]]
        quads = [tuple(padded[i : i + 4]) for i in range(n - 1)]
    curve = []
    for a, b, c, d in quads:
        for step in range(steps):
            t = step / steps
            curve.append(
                tuple(
                    0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2 + (3 * q - p - 3 * r + s) * t**3)
                    for p, q, r, s in zip(a, b, c, d, strict=True)
                )
            )
    return curve if closed else [*curve, points[-1]]


class Pen:
    """Draws on an image in units that `at` moves, scales and turns; angles are degrees, clockwise from the right."""

    def __init__(self, image: Image.Image, matrix: tuple[float, ...] | None = None):
        """Draw in ``matrix``'s units, or in poster units on an image as wide as a poster, however enlarged."""
        self.image = image
        self.draw = ImageDraw.Draw(image)
        scale = image.width / WIDTH
        self.matrix = matrix or (scale, 0, 0, scale, 0, 0)
        matrix = self.matrix
        self.stretch = math.sqrt(abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]))

    def at(self, x: float, y: float, size: float = 100, angle: float = 0, flip: bool = False) -> "Pen":
        """A pen whose origin is at (x, y) and whose 100 units are ``size`` units of this pen."""
        a, b, c, d, e, f = self.matrix
        s, turn = size / 100, math.radians(angle)
        cos, sin, mirror = s * math.cos(turn), s * math.sin(turn), -1 if flip else 1
        ma, mb, mc, md = cos * mirror, -sin, sin * mirror, cos
        rows = (a * ma + b * mc, a * mb + b * md, c * ma + d * mc, c * mb + d * md)
        return Pen(self.image, (*rows, a * x + b * y + e, c * x + d * y + f))

    @contextmanager
    def veil(self, colour: Colour, alpha: float = 1.0, blur: float = 0) -> Iterator["Pen"]:
        """A pen whose marks (fill 255) are laid over the image in a colour, see-through, perhaps with soft edges."""
        size = (WIDTH // 2, HEIGHT // 2) if blur else self.image.size  # blurred at one size, whatever the canvas
        mask, ratio = Image.new("L", size), size[0] / self.image.width
        yield Pen(mask, tuple(v * ratio for v in self.matrix))
        if blur:
            mask = mask.filter(ImageFilter.BoxBlur(blur / 2)).filter(ImageFilter.BoxBlur(blur / 2))
            mask = mask.resize(self.image.size, Image.Resampling.BILINEAR)
        self.image.paste(colour, (0, 0, *self.image.size), mask.point(lambda v: round(v * alpha)))

    def place(self, points: Points) -> list[tuple[float, float]]:
        a, b, c, d, e, f = self.matrix
        return [(a * x + b * y + e, c * x + d * y + f) for x, y in points]

    def poly(self, points: Points, fill: Colour) -> None:
        self.draw.polygon(self.place(points), fill=fill)

    def blob(self, points: Points, fill: Colour) -> None:
        """A closed smooth shape through the points."""
        self.poly(smooth(points, closed=True), fill)

    def line(self, points: Points, width: float, fill: Colour, closed: bool = False) -> None:
        """A line with round joints and ends; ``width`` in local units."""
        path = self.place([*points, points[0]] if closed else points)
        thick = max(1, round(width * self.stretch))
        self.draw.line(path, fill=fill, width=thick, joint="curve")
        if thick > 2:
            r = thick / 2 - 0.5
            for x, y in (path[0], path[-1]):
                self.draw.ellipse((x - r, y - r, x + r, y + r), fill=fill)

    def curve(self, points: Points, width: float, fill: Colour, closed: bool = False) -> None:
        """A smooth line through the points."""
        self.line(smooth(points, closed), width, fill, closed)

    def oval(self, x: float, y: float, rx: float, ry: float, fill: Colour, start: float = 0, end: float = 360) -> None:
        """An ellipse, or the slice of it between two angles cut straight across."""
        self.poly(self.round_points(x, y, rx, ry, start, end), fill)

    def disc(self, x: float, y: float, r: float, fill: Colour) -> None:
        self.oval(x, y, r, r, fill)

    def wedge(self, x: float, y: float, r: float, start: float, end: float, fill: Colour) -> None:
        self.poly([(x, y), *self.round_points(x, y, r, r, start, end)], fill)

    def ring(self, x: float, y: float, r: float, width: float, fill: Colour, ry: float | None = None) -> None:
        self.line(self.round_points(x, y, r, r if ry is None else ry, 0, 360)[:-1], width, fill, closed=True)

    def arc(self, x: float, y: float, r: float, start: float, end: float, width: float, fill: Colour) -> None:
        self.line(self.round_points(x, y, r, r, start, end), width, fill)

    def rect(self, x0: float, y0: float, x1: float, y1: float, fill: Colour, r: float = 0) -> None:
        """A rectangle, with corners rounded by ``r``."""
        if r <= 0:
            self.poly([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], fill)
            return
        corners = ((x1 - r, y0 + r, -90), (x1 - r, y1 - r, 0), (x0 + r, y1 - r, 90), (x0 + r, y0 + r, 180))
        self.poly([pt for x, y, turn in corners for pt in self.round_points(x, y, r, r, turn, turn + 90)], fill)

    def star(self, x: float, y: float, r: float, inner: float, points: int, fill: Colour, turn: float = -90) -> None:
        """A star with ``points`` tips at radius ``r`` and notches at ``inner * r``."""
        path = []
        for i in range(points * 2):
            reach, angle = r * (inner if i % 2 else 1), math.radians(turn + 180 * i / points)
            path.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
        self.poly(path, fill)

    @staticmethod
    def round_points(x: float, y: float, rx: float, ry: float, start: float, end: float) -> list[tuple[float, float]]:
        steps = max(6, round(abs(end - start) / 5))
        angles = [math.radians(start + (end - start) * i / steps) for i in range(steps + 1)]
        return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]
