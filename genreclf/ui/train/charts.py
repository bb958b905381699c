"""The charts of a run that may still train: loss with what there is to beat, precision, recall, accuracy and more.

They are ECharts: Streamlit redraws a Plotly chart from nothing whenever a point is added, so for some tenths of a
second there is none, while an ECharts chart with a key only takes the new points.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from genreclf.evaluation.charts.curves import BASE_RATES, FIGURE_LABELS, SHARES, Line, curve_lines, points_of
from genreclf.models import ModelSpec, get_spec
from genreclf.runs.curves import History, accuracy_of_nothing, reference_curve
from genreclf.ui import look

HEIGHTS = {"loss": 340, "precision": 230, "recall": 230, "accuracy": 230, "learning_rate": 180, "seconds": 180}

Option = dict[str, Any]  # a chart, or a part of one, as ECharts reads it


@dataclass(frozen=True)
class Setting:
    """What surrounds a run's curves.

    Attributes:
        model: its name, for the colour and the report's curve.
        epochs: the last epoch of the axis: the planned one, so that a chart keeps its width while a run trains.
        base_rate_loss: the loss to beat, where it can be compared.
        with_report: draw the report's own curve too, where there is one. It was trained on the IMDb set, so a loss on
            the sample, with other base rates, cannot be compared with it.
    """

    model: str
    epochs: int
    base_rate_loss: float | None = None
    with_report: bool = True


@dataclass(frozen=True)
class Chart:
    """A chart ready to be shown to any visitor; ``name`` is one of ``HEIGHTS``."""

    name: str
    option: Option
    alt: str


def charts(history: History, setting: Setting) -> dict[str, Chart]:
    """All charts of a run in its present state, by name; visitors share them."""
    return _charts(history.state, setting, look.mode(), history)


def show(*beside: Chart) -> None:
    """Draw charts in a stable place, beside each other where there is room."""
    for column, chart in zip(st.columns(len(beside)), beside, strict=True):
        with column:
            st.echarts_chart(
                chart.option, key=f"train-{chart.name}", height=HEIGHTS[chart.name], theme=None, renderer="svg",
                alt=chart.alt,
            )  # fmt: skip


@st.cache_resource(max_entries=30, show_spinner=False)
def _charts(state: tuple, setting: Setting, mode: str, _history: History) -> dict[str, Chart]:
    """``mode`` decides the colours that ``look`` gives."""
    spec, facts, epochs = get_spec(setting.model), _history.facts, setting.epochs
    best = f" Best validation loss {facts.best_loss:.4f} in epoch {facts.best_epoch}." if facts.best_epoch else ""
    options = {"loss": _loss(spec, _history, setting)}
    options |= {name: _share(name, spec, _history, epochs) for name in ("precision", "recall")}
    options |= {"accuracy": _accuracy(spec, _history, epochs)}
    options |= {"learning_rate": _learning_rate(spec, _history, epochs), "seconds": _seconds(spec, _history, epochs)}
    alts = {name: f"{label} by epoch, training and validation." for name, label in FIGURE_LABELS.items()}
    alts |= {"loss": alts["loss"] + best, "learning_rate": "Learning rate by epoch.", "seconds": "Seconds per epoch."}
    return {name: Chart(name, option, alts[name]) for name, option in options.items()}


def _loss(spec: ModelSpec, history: History, setting: Setting) -> Option:
    """With what there is to beat in thin lines: the base rates' loss, and the report's own curve."""
    grey, name = look.colours().model("tfidf"), f"report A's {spec.label}"
    points = _report(spec.name) if setting.with_report and not spec.softmax else []  # a softmax has another loss
    points = [point for point in points if point[0] <= max(setting.epochs, 2)]
    report, to_beat = (_series(Line(each, found, grey, 1)) for each, found in ((name, points), (BASE_RATES, [])))
    values = [value for _, value in points if value is not None]
    if values:  # named over its highest point, where the name cannot cross it
        highest = next(point for point in points if point[1] == max(values))
        label = _small(name, grey) | {"position": "right", "offset": [-4, -8]}
        report["markPoint"] = {"silent": True, "symbolSize": 0.1, "data": [{"coord": [*highest], "label": label}]}
    if setting.base_rate_loss is not None:
        below = bool(values) and values[-1] > setting.base_rate_loss  # away from the report's curve
        to_beat["markLine"] = _level(setting.base_rate_loss, grey, BASE_RATES, below)
        values.append(setting.base_rate_loss)
    y = axis_around([*_settled(history, "loss"), *values])
    y |= {"name": f"Loss ({'categorical' if spec.softmax else 'binary'} cross-entropy)"}
    curves = _curves("loss", spec, history)
    legend = [series["name"] for series in curves]
    return _chart([*curves, report, to_beat], _epochs(setting.epochs, 10), y, legend)


@st.cache_resource(show_spinner=False)
def _report(model: str) -> list[tuple[float, float | None]]:
    """The report's own validation loss; its file comes with the project and never changes."""
    curve = reference_curve(model)
    return [] if curve is None else points_of(curve, "loss")


def _share(name: str, spec: ModelSpec, history: History, epochs: int) -> Option:
    y = {"name": f"{FIGURE_LABELS[name]} (%)", "min": 0, "max": 100, "interval": 20}
    return _chart(_curves(name, spec, history), _epochs(epochs, 5), y)


def _accuracy(spec: ModelSpec, history: History, epochs: int) -> Option:
    """With the accuracy of predicting no genre at all."""
    series, shown = _curves("accuracy", spec, history), [*_settled(history, "accuracy")]
    nothing = accuracy_of_nothing(history.epochs)
    if nothing is not None:
        series[0]["markLine"] = _level(100 * nothing, look.colours().model("tfidf"), "no genre for any film")
        shown.append(nothing)
    y = axis_around([100 * value for value in shown], most=100) | {"name": "Accuracy (%)"}
    return _chart(series, _epochs(epochs, 5), y)


def _learning_rate(spec: ModelSpec, history: History, epochs: int) -> Option:
    rates = points_of(history.epochs, "learning_rate", 7)
    line = _series(Line("Learning rate", rates, look.colours().model(spec.name), 1.5, dots=4), "%.3g")
    return _chart([line], _epochs(epochs, 5), {"name": "Learning rate", "min": 0, "splitNumber": 3})


def _seconds(spec: ModelSpec, history: History, epochs: int) -> Option:
    seconds, speeds = (points_of(history.epochs, name, 1) for name in ("seconds", "films_per_second"))
    bars = {
        "type": "bar",
        "data": [[*second, speed] for second, (_, speed) in zip(seconds, speeds, strict=True)],
        "barMaxWidth": 14,
        "itemStyle": {"color": look.see_through(look.colours().model(spec.name), 0.7)},
    }
    room = {"max": epochs + 0.8, "axisLabel": {"showMaxLabel": False}, "splitLine": {"showMaxLine": False}}
    option = _chart([bars], _epochs(epochs, 5) | room, {"name": "Seconds", "min": 0, "splitNumber": 3})
    films = ", {@[2]} films per second" if any(speed for _, speed in speeds) else ""
    option["tooltip"]["formatter"] = f"Epoch {{@[0]}}: {{@[1]}} s{films}"
    return option


def _curves(name: str, spec: ModelSpec, history: History) -> list[Option]:
    """The lines of one figure; the same series in every state of a run."""
    times, number = (100.0, "%.1f %%") if name in SHARES else (1.0, "%.4f")
    lines = curve_lines(
        history.training, history.validation, name, history.facts.best_epoch, look.colours().model(spec.name),
        look.colours().ink, times,
    )  # fmt: skip
    return [_series(line, number) for line in lines]


def _series(line: Line, number: str = "%.4f") -> Option:
    """A line as ECharts draws it; ``number`` is the form of its values under the pointer."""
    option = {
        "type": "line",
        "name": line.name,
        "data": [[*point] for point in line.points],
        "showSymbol": line.dots > 0,
        "symbol": "circle" if line.dots else "none",
        "symbolSize": line.dots,
        "lineStyle": {"color": line.colour, "width": line.width, "type": [*line.dash] or "solid"},
        "itemStyle": {"color": line.colour},
        "emphasis": {"disabled": True},
        "tooltip": {"valueFormatter": number},
    }
    if line.ring:
        ring = {"color": "transparent", "borderColor": line.colour, "borderWidth": 2}
        option |= {"type": "scatter", "itemStyle": ring, "z": 5}
    return option


def _chart(series: list[Option], x: Option, y: Option, legend: Sequence[str] = ()) -> Option:
    """A chart of series; ``x`` and ``y`` are what is special about its axes."""
    words = {"color": look.colours().ink, "fontSize": 13, "fontFamily": look.FONT}
    axis = {
        "type": "value",
        "nameLocation": "middle",
        "nameTextStyle": words,
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "axisLabel": {**words, "hideOverlap": True},
        "splitLine": {"lineStyle": {"color": look.colours().faint}},
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
            "backgroundColor": look.colours().paper,
            "borderColor": look.colours().faint,
            "textStyle": words,
            "axisPointer": {"lineStyle": {"color": look.colours().ink, "width": 0.5}},
        },
        "xAxis": _merged(axis | {"nameGap": 28}, x),
        "yAxis": _merged(axis | {"nameGap": 50}, y),
        "series": series,
    }


def _level(value: float, colour: str, label: str, below: bool = False) -> Option:
    """A thin dotted line across the chart at a height, with its name at its end, for a series' ``markLine``."""
    return {
        "silent": True,
        "symbol": "none",
        "precision": 5,
        "lineStyle": {"color": colour, "width": 1, "type": [2, 3]},
        "label": _small(label, colour) | {"position": f"insideEnd{'Bottom' if below else 'Top'}"},
        "data": [{"yAxis": round(value, 5)}],
    }


def axis_around(values: Iterable[float], most: float = math.inf) -> Option:
    """The ends and the steps of an axis with room for some values, in round numbers; NaN is left out."""
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return {}
    low, high = min(known), max(known)
    rough = max(high - low, abs(high) * 0.02, 1e-6) / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(step * power for step in (1, 2, 5, 10) if step * power >= rough)
    axis = {"min": math.floor(low / step) * step, "max": min(most, math.ceil(high / step) * step), "interval": step}
    return {name: round(value, 6) for name, value in axis.items()}


def _epochs(epochs: int, ticks: int) -> Option:
    whole = max(1, -(-epochs // ticks))  # an axis of epochs has no halves
    even = epochs % whole == 0  # else the last label would stand close to the one before
    return {
        "name": "Epoch",
        "min": 0,
        "max": epochs,
        "interval": whole,
        "axisLabel": {"showMaxLabel": even},
        "axisPointer": {"label": {"show": False, "precision": 1, "formatter": "Epoch {value}"}},
    }


def _settled(history: History, name: str) -> pd.Series:
    """The values that a chart must have room for; those of the very first batches may leave it."""
    training, validation = history.training, history.validation
    settled = training[training["epoch"] > 0.5] if len(validation) else training
    return pd.concat([settled[name], validation[name]])


def _small(label: str, colour: str) -> Option:
    return {
        "show": bool(label),
        "formatter": label,
        "color": colour,
        "fontSize": 12,
        "fontFamily": look.FONT,
        "backgroundColor": look.see_through(look.colours().paper, 0.7),  # a curve may cross it
    }


def _merged(option: Option, special: Option) -> Option:
    """An option with another's values, level by level."""
    return option | {
        name: _merged(option[name], value) if isinstance(value, dict) and name in option else value
        for name, value in special.items()
    }
