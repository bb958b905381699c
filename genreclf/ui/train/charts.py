"""The charts of a run that may still be training: loss, precision, recall, accuracy and more.

They are ECharts: Streamlit redraws a Plotly chart from scratch for every added point, so that it disappears for some
tenths of a second, while an ECharts chart with a key takes the new points.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from genreclf import paths
from genreclf.evaluation.charts.curves import (
    BASE_RATES,
    METRIC_LABELS,
    SHARES,
    Line,
    curve_lines,
    points_of,
    within_reach,
)
from genreclf.models import get_spec
from genreclf.runs.curves import History, reference_curve, trivial_accuracy
from genreclf.ui import look

HEIGHTS = {"loss": 300, "precision": 230, "recall": 230, "accuracy": 230, "learning_rate": 180, "seconds": 180}

Option = dict[str, Any]  # a chart, or a part of one, as ECharts reads it


@dataclass(frozen=True)
class ChartContext:
    """What a run's charts show besides its curves."""

    model: str  # decides the colour and the report's curve
    epochs: int  # the end of the axis: the planned number, so that a chart keeps its scale while a run trains
    base_rate_loss: float | None = None  # the loss to beat, where it can be compared
    is_example: bool = False  # shown without a run: only what there is to beat
    with_report: bool = True  # draw the report's curve, if any; it is from the IMDb set and misleads on the sample
    guess: float | None = None  # the loss that the visitor expects, for a line across the chart
    room_for: tuple[float, ...] = ()  # losses that the axis has room for from the start, so that it never moves


class Chart(NamedTuple):
    """A chart ready to be shown to any visitor; ``name`` is one of ``HEIGHTS``."""

    name: str
    option: Option
    alt: str


def charts(history: History, context: ChartContext) -> dict[str, Chart]:
    """All charts of a run in its present state, by name; visitors share them."""
    return _charts(history.state, context, look.mode(), look.scale(), history)


def show(*row: Chart, key: str = "train") -> None:
    """Draw charts in a stable place, side by side if there is room; ``key`` begins the elements' keys."""
    for column, chart in zip(st.columns(len(row)), row, strict=True):
        with column:
            st.echarts_chart(
                chart.option, key=f"{key}-{chart.name}", height=look.pixels(HEIGHTS[chart.name]), theme=None,
                renderer="svg", alt=chart.alt,
            )  # fmt: skip


@st.cache_resource(max_entries=300, show_spinner=False)  # replays have a state per epoch or batch, for all visitors
def _charts(state: tuple, context: ChartContext, mode: str, scale: float, _history: History) -> dict[str, Chart]:
    """``mode`` and ``scale`` are part of the cache key, because ``look`` gives other colours and sizes by them."""
    draw, facts = _Drawer(_history, context), _history.facts
    best = f" Best validation loss {facts.best_loss:.4f} in epoch {facts.best_epoch}." if facts.best_epoch else ""
    curves = {name: f"{label} by epoch, training and validation." for name, label in METRIC_LABELS.items()}
    return {
        "loss": Chart("loss", draw.loss(), curves["loss"] + best),
        "precision": Chart("precision", draw.share("precision"), curves["precision"]),
        "recall": Chart("recall", draw.share("recall"), curves["recall"]),
        "accuracy": Chart("accuracy", draw.accuracy(), curves["accuracy"]),
        "learning_rate": Chart("learning_rate", draw.learning_rate(), "Learning rate by epoch."),
        "seconds": Chart("seconds", draw.seconds(), "Seconds per epoch."),
    }


@st.cache_resource(show_spinner=False)
def _report(model: str, folder: Path) -> list[tuple[float, float | None]]:
    """The report's own validation loss, from this folder; its file comes with the project and never changes."""
    curve = reference_curve(model)
    return [] if curve is None else points_of(curve, "loss")


class _Drawer:
    """Draws the charts of one run in one state."""

    def __init__(self, history: History, context: ChartContext):
        self.history, self.context, self.spec = history, context, get_spec(context.model)
        self.colour, self.grey = look.colours().model(context.model), look.colours().model("tfidf")

    def loss(self) -> Option:
        """The loss, with the losses to beat in thin lines: that of the base rates, and the report's own curve."""
        context, name = self.context, f"report A's {self.spec.label}"
        shown = (
            _report(context.model, paths.REFERENCE_RUNS) if context.with_report and not self.spec.softmax else []
        )  # of the same loss
        points = [point for point in shown if point[0] <= max(context.epochs, 2)]
        report, to_beat = _series(Line(name, points, self.grey, 1)), _series(Line(BASE_RATES, [], self.grey, 1))
        values = [value for _, value in points if value is not None]
        if values:  # the name is above its highest point, where the curve cannot cross it
            highest = next(point for point in points if point[1] == max(values))
            label = _small(name, self.grey) | {"position": "right", "offset": [-4, -8]}
            report["markPoint"] = {"silent": True, "symbolSize": 0.1, "data": [{"coord": [*highest], "label": label}]}
        if context.base_rate_loss is not None:
            below = bool(values) and values[-1] > context.base_rate_loss  # away from the report's curve
            to_beat["markLine"] = _level(context.base_rate_loss, self.grey, BASE_RATES, below)
            values.append(context.base_rate_loss)
        kind = "categorical" if self.spec.softmax else "binary"
        y = axis_around([*within_reach(self._settled("loss")), *values, *context.room_for])
        curves = self._curves("loss")
        if context.guess is not None:
            below = context.base_rate_loss is not None and context.guess < context.base_rate_loss
            name = f"your guess: {context.guess:.3f}"
            curves[0]["markLine"] = _level(context.guess, look.colours().accent, name, below)
        names = [] if context.is_example else [series["name"] for series in curves]
        return self._chart([*curves, report, to_beat], y | {"name": f"Loss ({kind} cross-entropy)"}, 10, names)

    def share(self, name: str) -> Option:
        """Precision or recall."""
        y = {"name": f"{METRIC_LABELS[name]} (%)", "min": 0, "max": 100, "interval": 20}
        return self._chart(self._curves(name), y)

    def accuracy(self) -> Option:
        """The accuracy, with that of predicting no genre at all."""
        series, shown = self._curves("accuracy"), self._settled("accuracy")
        nothing = trivial_accuracy(self.history.epochs)
        if nothing is not None:
            series[0]["markLine"] = _level(100 * nothing, self.grey, "no genre for any film")
            shown.append(nothing)
        return self._chart(series, axis_around([100 * value for value in shown], most=100) | {"name": "Accuracy (%)"})

    def learning_rate(self) -> Option:
        """One line by epoch."""
        rates = points_of(self.history.epochs, "learning_rate", 7)
        line = _series(Line("Learning rate", rates, self.colour, 1.5, dots=4), "%.3g")
        return self._chart([line], {"name": "Learning rate", "min": 0, "splitNumber": 3})

    def seconds(self) -> Option:
        """Bars, with the films per second in the tooltip."""
        seconds, speeds = (points_of(self.history.epochs, name, 1) for name in ("seconds", "films_per_second"))
        data = [[*second, speed] for second, (_, speed) in zip(seconds, speeds, strict=True)]
        bars = {
            "type": "bar",
            "data": data + [[2, None, None]] * (len(data) == 1),  # ECharts sizes bars by the distance of two
            "barMaxWidth": 14,
            "itemStyle": {"color": look.see_through(self.colour, 0.7)},
        }
        option = self._chart([bars], {"name": "Seconds", "min": 0, "splitNumber": 3})
        axis = option["xAxis"]
        axis["max"] = self.context.epochs + 0.8  # room for the last bar, without a label or a line at its end
        axis["axisLabel"]["showMaxLabel"] = False
        axis["splitLine"] = {**axis["splitLine"], "showMaxLine": False}
        films = ", {@[2]} films per second" if any(speed for _, speed in speeds) else ""
        option["tooltip"]["formatter"] = f"Epoch {{@[0]}}: {{@[1]}} s{films}"
        return option

    def _curves(self, name: str) -> list[Option]:
        """The lines of one metric; the same series in every state of a run."""
        history, (factor, number) = self.history, (100.0, "%.1f %%") if name in SHARES else (1.0, "%.4f")
        best, ink = history.facts.best_epoch, look.colours().ink
        lines = curve_lines(history.training, history.validation, name, best, self.colour, ink, factor)
        return [_series(line, number) for line in lines]

    def _settled(self, name: str) -> list[float]:
        """The values that a chart must have room for; those of the very first batches may leave it."""
        training, validation = self.history.training, self.history.validation
        settled = training[training["epoch"] > 0.5] if len(validation) else training
        return [*settled[name], *validation[name]]

    def _chart(self, series: list[Option], y: Option, ticks: int = 5, legend: Sequence[str] = ()) -> Option:
        """A chart of series by epoch; ``y`` holds the options of its y axis."""
        palette, epochs, scale = look.colours(), self.context.epochs, look.scale()
        text_style = {"color": palette.ink, "fontSize": 13 * scale, "fontFamily": look.FONT}
        label = text_style | {"hideOverlap": True}
        axis = {
            "type": "value",
            "nameLocation": "middle",
            "nameTextStyle": text_style,
            "axisLine": {"show": False},
            "axisTick": {"show": False},
            "axisLabel": label,
            "splitLine": {"lineStyle": {"color": palette.faint}},
        }
        whole = max(1, -(-epochs // ticks))  # epochs are whole numbers
        x = {
            "name": "Epoch",
            "nameGap": 28 * scale,
            "min": 0,
            "max": epochs,
            "interval": whole,
            "axisLabel": {
                **label,
                "showMaxLabel": epochs % whole == 0,
            },  # otherwise it would be close to the label before
            "axisPointer": {"label": {"show": False, "precision": 1, "formatter": "Epoch {value}"}},
        }
        return {
            "animation": False,
            "textStyle": text_style,
            # fixed margins: a longer label must not move the chart
            "grid": {
                "left": 66 * scale,
                "right": 14 * scale,
                "top": (38 if legend else 12) * scale,
                "bottom": 46 * scale,
            },
            "legend": {"data": [*legend], "left": 0, "top": 0, "selectedMode": False, "textStyle": text_style},
            "tooltip": {
                "trigger": "axis",
                "confine": True,
                "backgroundColor": palette.paper,
                "borderColor": palette.faint,
                "textStyle": text_style,
                "axisPointer": {"lineStyle": {"color": palette.ink, "width": 0.5}},
            },
            "xAxis": axis | x,
            "yAxis": axis | y | {"nameGap": 50 * scale},
            "series": series,
        }


def _series(line: Line, number: str = "%.4f") -> Option:
    """A line as ECharts draws it; ``number`` is the form of its values under the pointer."""
    option = {
        "type": "line",
        "name": line.name,
        "data": [[*point] for point in line.points],
        "showSymbol": line.dots > 0,
        "symbol": "circle" if line.dots else "none",
        "symbolSize": line.dots * look.scale(),
        "lineStyle": {"color": line.colour, "width": line.width * look.scale(), "type": [*line.dash] or "solid"},
        "itemStyle": {"color": line.colour},
        "emphasis": {"disabled": True},
        "tooltip": {"valueFormatter": number},
    }
    if line.ring:
        ring = {"color": "transparent", "borderColor": line.colour, "borderWidth": 2}
        option |= {"type": "scatter", "itemStyle": ring, "z": 5}
    return option


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


def _small(label: str, colour: str) -> Option:
    return {
        "show": True,
        "formatter": label,
        "color": colour,
        "fontSize": 12 * look.scale(),
        "fontFamily": look.FONT,
        "backgroundColor": look.see_through(look.colours().paper, 0.7),  # a curve may cross it
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
