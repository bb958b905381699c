"""The pictures of the glossary: SVG drawn by code, in one colour, that of the text around them.

They are schematic: shapes are computed from what a term means, and no picture shows a measured figure.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

WIDTH, HEIGHT = 260, 130
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 250, 10, 104  # the area of a plot
_FAINT, _SHADED = 0.35, 0.25  # opacities

Point = tuple[float, float]


def base_rates() -> str:
    """Bars of genres, the same for every film."""
    shares = {"Drama": 0.9, "Comedy": 0.6, "Thriller": 0.36, "Horror": 0.2, "Western": 0.06}
    return _bars(shares, "Bars of genres from the most common to the rarest.")


def threshold() -> str:
    """Bars of one film's probabilities, filled where they reach a line."""
    line, shares = 0.4, {"Drama": 0.85, "Romance": 0.55, "Comedy": 0.3, "Horror": 0.08}
    x = 70 + line * 175
    picked = [name for name, share in shares.items() if share >= line]
    drawn = _line((x, 2), (x, 112), dash="4 3", width=2) + _text("threshold", x, 125, "middle")
    return _bars(shares, "Bars of probabilities; those that reach a dashed line are filled.", picked, drawn)


def bce() -> str:
    """The penalty −log p for the probability p of a true genre."""
    points = [(p, -math.log(p)) for p in (0.02 + 0.98 * step / 60 for step in range(61))]
    top = points[0][1]
    curve = [_at(p, penalty / top) for p, penalty in points]
    drawn = _axes("probability of a true genre", "cost", ("0", "1")) + _path(curve, width=2.5)
    drawn += _dot(curve[0]) + _text("confident and wrong", curve[0][0] + 10, curve[0][1] + 6)
    drawn += _dot(curve[-1]) + _text("confident and right", curve[-1][0] - 2, curve[-1][1] - 26, "end")
    return _picture(drawn, "A curve: the cost is nothing at a probability of 1 and rises steeply towards 0.")


def calibration() -> str:
    """The share that is true by the probability given: a diagonal, and the curve of an overconfident model."""
    ps = [0.01 + 0.98 * step / 60 for step in range(61)]
    over = [1 / (1 + ((1 - p) / p) ** 0.45) for p in ps]  # its log-odds are too large
    drawn = _axes("probability given", "share true") + _line(_at(0, 0), _at(1, 1), dash="4 3", width=2)
    drawn += _path([_at(p, share) for p, share in zip(ps, over, strict=True)], width=2.5)
    drawn += _text("calibrated", _at(0.86, 0)[0], _at(0, 0.98)[1], "end")
    drawn += _text("overconfident", _at(0.97, 0)[0], _at(0, 0.38)[1], "end")
    return _picture(drawn, "A dashed diagonal for a calibrated model, and the flatter curve of an overconfident one.")


def overfitting() -> str:
    """Training loss that falls and validation loss that falls, then rises, with its best epoch."""
    steps = [step / 60 for step in range(61)]
    training = [0.12 + 0.8 * math.exp(-3 * step) for step in steps]
    validation = [0.2 + 0.75 * math.exp(-5 * step) + 0.5 * step**1.6 for step in steps]
    best = min(range(61), key=validation.__getitem__)
    ends = _at(steps[best], 0), _at(steps[best], validation[best])
    drawn = _axes("epochs", "loss") + _line(*ends, dash="3 3", width=1) + _dot(ends[1])
    for losses, dash, name, above in ((training, "5 3", "training", 9), (validation, "", "validation", 26)):
        curve = [_at(step, loss) for step, loss in zip(steps, losses, strict=True)]
        drawn += _path(curve, width=2.5, dash=dash) + _text(name, curve[-1][0], curve[-1][1] - above, "end")
    drawn += _text("best epoch", ends[1][0] + 5, _BOTTOM - 5)
    return _picture(drawn, "The training loss falls all the time; the validation loss falls, then rises.")


def precision() -> str:
    """Two overlapping sets, of which the picked genres are the whole."""
    return _sets("picked")


def recall() -> str:
    """Two overlapping sets, of which the true genres are the whole."""
    return _sets("true")


def f1() -> str:
    """Two models with the same mean of precision and recall, and the F1 of each."""
    drawn = ""
    for column, (p, r) in enumerate(((0.9, 0.2), (0.55, 0.55))):
        values = {"precision": p, "recall": r, "F1": 2 * p * r / (p + r)}
        for row, (name, value) in enumerate(values.items()):
            x, y = 62 + column * 100, 18 + row * 36
            drawn += _text(name, 56, y + 15, "end") if not column else ""
            drawn += _box(x, y, 88 * value, 20, 1 if name == "F1" else _FAINT)
    drawn += _line((156, 8), (156, 122), opacity=_FAINT)
    return _picture(drawn, "Two models: precision high and recall low give a low F1; both at middling values a better.")


def mean_average_precision() -> str:
    """A ranked list of films: the precision at each film that has the genre, and their mean."""
    has_genre = (True, True, False, True, False, False)
    drawn, found, precisions = _text("most probable", 10, 16) + _text("least", 250, 16, "end"), 0, []
    for place, true in enumerate(has_genre):
        x = 10 + place * 42
        drawn += _box(x, 26, 30, 40, 1 if true else 0) + _outline(x, 26, 30, 40)
        if true:
            found += 1
            precisions.append(found / (place + 1))
            drawn += _text(f"{found}/{place + 1}", x + 15, 86, "middle")
    mean = sum(precisions) / len(precisions)
    drawn += _text(f"average precision: their mean, {mean:.2f}", 10, 114)
    return _picture(drawn, "Films ranked by probability; those with the genre are filled, most of them at the front.")


def distillation() -> str:
    """A large network whose probabilities teach a small one."""
    drawn = _network(18, (5, 6, 5), 26, 15) + _network(196, (2, 3, 2), 22, 22)
    drawn += _text("teacher", 44, 124, "middle") + _text("student", 218, 124, "middle")
    drawn += _path([(92, 58), (168, 58)], width=2) + _path([(160, 52), (168, 58), (160, 64)], width=2)
    drawn += _text("probabilities", 130, 46, "middle")
    return _picture(drawn, "A large network, the teacher, passes its probabilities to a small one, the student.")


# Parts


def _picture(drawn: str, alt: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{alt}" '
        f'font-family="sans-serif" font-size="12" fill="currentColor">{drawn}</svg>'
    )


def _at(x: float, y: float) -> Point:
    """The place of a point of a plot whose axes go from 0 to 1."""
    return _LEFT + x * (_RIGHT - _LEFT), _BOTTOM - y * (_BOTTOM - _TOP)


def _axes(x: str, y: str, ends: tuple[str, str] = ("", "")) -> str:
    middle = (_TOP + _BOTTOM) / 2
    return (
        _path([(_LEFT, _TOP - 6), (_LEFT, _BOTTOM), (_RIGHT, _BOTTOM)], opacity=_FAINT)
        + _text(x, (_LEFT + _RIGHT) / 2, 122, "middle")
        + _text(ends[0], _LEFT, 122, "middle") + _text(ends[1], _RIGHT, 122, "end")
        + f'<text x="22" y="{middle}" text-anchor="middle" transform="rotate(-90 22 {middle})">{y}</text>'
    )  # fmt: skip


def _bars(shares: dict[str, float], alt: str, filled: Sequence[str] | None = None, drawn: str = "") -> str:
    """Horizontal bars with names; ``filled`` names those that are, by default all."""
    step = 112 / len(shares)
    for row, (name, share) in enumerate(shares.items()):
        y, height = 4 + row * step, step - 8
        drawn += _text(name, 64, y + height / 2 + 4, "end") + _outline(70, y, 175 * share, height)
        drawn += _box(70, y, 175 * share, height, 0.4 if filled is None or name in filled else 0)
    return _picture(drawn, alt)


def _sets(whole: str) -> str:
    """The picked and the true genres as overlapping circles, and their common part as a share of the whole."""
    radius, y, left, right = 44, 52, 95, 151
    middle, height = (left + right) / 2, math.sqrt(radius**2 - ((right - left) / 2) ** 2)
    arc = f"A {radius} {radius} 0 0 1"
    drawn = (
        f'<path d="M {middle} {y - height} {arc} {middle} {y + height} {arc} {middle} {y - height} Z" opacity="0.8"/>'
    )
    for x, name, anchor, edge in ((left, "picked", "end", left - radius - 6), (right, "true", "start",
                                                                            right + radius + 6)):  # fmt: skip
        is_whole = name == whole
        drawn += f'<circle cx="{x}" cy="{y}" r="{radius}" opacity="{_SHADED if is_whole else 0}"/>'
        drawn += (
            f'<circle cx="{x}" cy="{y}" r="{radius}" fill="none" stroke="currentColor" '
            f'stroke-width="{3 if is_whole else 1}"/>'
        )
        drawn += _text(name, edge, y + 4, anchor)
    drawn += _text(
        f"{'precision' if whole == 'picked' else 'recall'} = overlap ÷ all that is {whole}", middle, 122, "middle"
    )
    return _picture(drawn, f"Two overlapping circles, picked and true; the overlap as a share of all that is {whole}.")


def _network(x: float, layers: Iterable[int], across: float, down: float) -> str:
    columns = [
        [(x + place * across, 58 + (row - (units - 1) / 2) * down) for row in range(units)]
        for place, units in enumerate(layers)
    ]
    lines = "".join(
        f"M{start[0]:.1f},{start[1]:.1f} {end[0]:.1f},{end[1]:.1f}"
        for before, after in pairwise(columns) for start in before for end in after
    )  # fmt: skip
    drawn = f'<path d="{lines}" stroke="currentColor" opacity="{_SHADED}"/>'
    return drawn + "".join(_dot(unit) for column in columns for unit in column)


def _text(text: str, x: float, y: float, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>' if text else ""


def _line(start: Point, end: Point, dash: str = "", width: float = 1, opacity: float = 1) -> str:
    return _path([start, end], width, dash, opacity)


def _path(points: Iterable[Point], width: float = 1, dash: str = "", opacity: float = 1) -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<polyline points="{places}" fill="none" stroke="currentColor" stroke-width="{width}" '
        f'stroke-dasharray="{dash or "none"}" opacity="{opacity}"/>'
    )


def _dot(at: Point) -> str:
    return f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="4"/>'


def _box(x: float, y: float, width: float, height: float, opacity: float) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" opacity="{opacity}"/>'


def _outline(x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="none" stroke="currentColor"/>'
    )
