"""The look of ``genreclf.ui.look`` for charts that change while people look at them.

Streamlit draws a Plotly chart from nothing whenever a point is added: for some tenths of a second there is none, and
what a reader points at is lost. An ECharts chart with a key stays and only takes the new points. It costs the server
less, too: its option is plain values from the start.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import streamlit as st

from genreclf.ui import look

Option = dict[str, Any]  # a chart, or a part of one, as ECharts reads it
Point = list[float | None]


def chart(series: list[Option], x: Option, y: Option, legend: Sequence[str] = ()) -> Option:
    """A chart, to be shown with ``show``.

    Args:
        series: lines, bars and points.
        x: what is special about the axis (``name``, ``min``, ``max``, ``interval``).
        y: the same.
        legend: names of series to explain over the chart.
    """
    words = {"color": look.ink(), "fontSize": 13, "fontFamily": look.FONT}
    axis = {
        "type": "value",
        "nameLocation": "middle",
        "nameTextStyle": words,
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "axisLabel": {**words, "hideOverlap": True},
        "splitLine": {"lineStyle": {"color": look.faint()}},
    }
    return {
        "animation": False,
        "textStyle": words,
        # fixed margins: a longer label must not move the chart
        "grid": {"left": 66, "right": 14, "top": 38 if legend else 12, "bottom": 46},
        "legend": {"data": [*legend], "left": 0, "top": 0, "selectedMode": False, "textStyle": words},
        "tooltip": {
            "trigger": "axis",
            "confine": True,
            "backgroundColor": look.paper(),
            "borderColor": look.faint(),
            "textStyle": words,
            "axisPointer": {"lineStyle": {"color": look.ink(), "width": 0.5}},
        },
        "xAxis": _merged(axis | {"nameGap": 28}, x),
        "yAxis": _merged(axis | {"nameGap": 50}, y),
        "series": series,
    }


def show(option: Option, key: str, height: int, alt: str) -> None:
    """Draw a chart in a stable place.

    Args:
        option: from ``chart``; it is not changed.
        key: stable across reruns.
        height: pixels, fixed.
        alt: one sentence for who cannot see it.
    """
    st.echarts_chart(option, key=key, height=height, theme=None, renderer="svg", alt=alt)


def line(
    name: str,
    points: list[Point],
    colour: str,
    width: float,
    number: str = "%.4f",
    dash: list[int] | None = None,
    dots: float = 0,
) -> Option:
    """A line; ``number`` is how its figures are written under the pointer, ``dots`` the size of a point in pixels."""
    return {
        "type": "line",
        "name": name,
        "data": points,
        "showSymbol": dots > 0,
        "symbol": "circle" if dots else "none",
        "symbolSize": dots,
        "lineStyle": {"color": colour, "width": width, "type": dash or "solid"},
        "itemStyle": {"color": colour},
        "emphasis": {"disabled": True},
        "tooltip": {"valueFormatter": number},
    }


def level(value: float, colour: str, label: str = "", below: bool = False) -> Option:
    """A thin dotted line from side to side at a height, for a series' ``markLine``; named at its end where asked."""
    return {
        "silent": True,
        "symbol": "none",
        "precision": 5,
        "lineStyle": {"color": colour, "width": 1, "type": [2, 3]},
        "label": _small(label, colour) | {"position": f"insideEnd{'Bottom' if below else 'Top'}"},
        "data": [{"yAxis": round(value, 5)}],
    }


def name_at(point: Point, colour: str, label: str) -> Option:
    """A line's name beside a point of it, for its ``markPoint``."""
    named = {"coord": point, "label": _small(label, colour) | {"position": "right", "offset": [-4, -8]}}
    return {"silent": True, "symbolSize": 0.1, "data": [named]}


def axis_around(values: Iterable[float], most: float = math.inf) -> Option:
    """The ends and the steps of an axis that has room for some figures, in round numbers; NaN is passed over."""
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return {}
    low, high = min(known), max(known)
    rough = max(high - low, abs(high) * 0.02, 1e-6) / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(step * power for step in (1, 2, 5, 10) if step * power >= rough)
    axis = {
        "min": math.floor(low / step) * step,
        "max": min(most, math.ceil(high / step) * step),
        "interval": step,
    }
    return {name: round(value, 6) for name, value in axis.items()}


def _small(label: str, colour: str) -> Option:
    return {
        "show": bool(label),
        "formatter": label,
        "color": colour,
        "fontSize": 12,
        "fontFamily": look.FONT,
        "backgroundColor": look.see_through(look.paper(), 0.7),  # a curve may cross it
    }


def _merged(option: Option, special: Option) -> Option:
    """An option with another's values, level by level."""
    return option | {
        name: _merged(option[name], value) if isinstance(value, dict) and name in option else value
        for name, value in special.items()
    }
