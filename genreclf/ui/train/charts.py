"""The charts of a run by epoch: loss, with what there is to beat, precision, recall, accuracy, learning rate, time."""

import math
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from genreclf.models import ModelSpec, get_spec
from genreclf.runs.curves import accuracy_of_nothing, reference_curve
from genreclf.ui import look
from genreclf.ui.train import chart_options
from genreclf.ui.train.chart_options import Option, Point
from genreclf.ui.train.history_cache import History

HEIGHTS = {"loss": 340, "precision": 230, "recall": 230, "accuracy": 230, "learning_rate": 180, "seconds": 180}


@dataclass(frozen=True)
class Setting:
    """What stands around a run's curves.

    Attributes:
        model: its name, for the colour and the report's curve.
        epochs: how many there is room for; planned ones, so that a chart keeps its width while a run goes on.
        base_rate_loss: the loss to beat, where it can be compared.
        with_report: draw the report's own curve too, where there is one; it was trained on the IMDb set, and a loss on
            the sample, whose genres are spread otherwise, cannot be held against it.
    """

    model: str
    epochs: int
    base_rate_loss: float | None = None
    with_report: bool = True


@dataclass(frozen=True)
class Chart:
    """A chart ready to be shown to anyone; ``name`` is one of ``HEIGHTS``."""

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
            chart_options.show(chart.option, f"train-{chart.name}", HEIGHTS[chart.name], chart.alt)


@st.cache_resource(max_entries=30, show_spinner=False)
def _charts(state: tuple, setting: Setting, mode: str, _history: History) -> dict[str, Chart]:
    """``mode`` is what ``look`` takes its colours by."""
    spec, known = get_spec(setting.model), _history.known
    best = f" Best validation loss {known.best_loss:.4f} in epoch {known.best_epoch}." if known.best_epoch else ""
    drawn = [Chart("loss", _loss(spec, _history, setting), f"Loss by epoch, training and validation.{best}")]
    for name in ("precision", "recall"):
        alt = f"{name.capitalize()} by epoch, training and validation."
        drawn.append(Chart(name, _share(name, spec, _history, setting.epochs), alt))
    alt = "Accuracy by epoch, training and validation."
    drawn.append(Chart("accuracy", _accuracy(spec, _history, setting.epochs), alt))
    drawn.append(Chart("learning_rate", _learning_rate(spec, _history, setting.epochs), "Learning rate by epoch."))
    drawn.append(Chart("seconds", _seconds(spec, _history, setting.epochs), "Seconds that each epoch took."))
    return {chart.name: chart for chart in drawn}


def _loss(spec: ModelSpec, history: History, setting: Setting) -> Option:
    """With what there is to beat in thin lines: the base rates' loss, and the report's own curve."""
    grey = look.model_colour("tfidf")
    report, always = f"report A's {spec.label}", "always the base rates"
    points = _report(spec.name) if setting.with_report and not spec.softmax else []  # a softmax has another loss
    points = [point for point in points if point[0] <= max(setting.epochs, 2)]
    reference, to_beat = chart_options.line(report, points, grey, 1), chart_options.line(always, [], grey, 1)
    if points:  # named over its highest point, where the name cannot cross it
        reference["markPoint"] = chart_options.name_at(max(points, key=lambda point: point[1]), grey, report)
    if setting.base_rate_loss is not None:
        below = bool(points) and points[-1][1] > setting.base_rate_loss  # away from the report's curve
        to_beat["markLine"] = chart_options.level(setting.base_rate_loss, grey, always, below)
    curves = _curves("loss", spec, history)
    to_show = [*_settled(history, "loss"), *(point[1] for point in points)]
    y = chart_options.axis_around([*to_show, math.nan if setting.base_rate_loss is None else setting.base_rate_loss])
    y |= {"name": f"Loss ({'categorical' if spec.softmax else 'binary'} cross-entropy)"}
    named = [series["name"] for series in curves]
    return chart_options.chart([*curves, reference, to_beat], _epochs(setting.epochs, 10), y, legend=named)


@st.cache_resource(show_spinner=False)
def _report(model: str) -> list[Point]:
    """The report's own validation loss; its file is the project's and never changes."""
    curve = reference_curve(model)
    return [] if curve is None else _points(curve, "loss")


def _share(name: str, spec: ModelSpec, history: History, epochs: int) -> Option:
    """Precision or recall, in percent."""
    y = {"name": f"{name.capitalize()} (%)", "min": 0, "max": 100, "interval": 20}
    return chart_options.chart(_curves(name, spec, history, times=100), _epochs(epochs, 5), y)


def _accuracy(spec: ModelSpec, history: History, epochs: int) -> Option:
    """With what predicting nothing scores."""
    series, shown = _curves("accuracy", spec, history, times=100), _settled(history, "accuracy")
    nothing = accuracy_of_nothing(history.epochs)
    if nothing is not None:
        series[0]["markLine"] = chart_options.level(100 * nothing, look.model_colour("tfidf"), "no genre for any film")
        shown.append(nothing)
    y = chart_options.axis_around([100 * value for value in shown], most=100) | {"name": "Accuracy (%)"}
    return chart_options.chart(series, _epochs(epochs, 5), y)


def _learning_rate(spec: ModelSpec, history: History, epochs: int) -> Option:
    rates, colour = _points(history.epochs, "learning_rate", 7), look.model_colour(spec.name)
    line = chart_options.line("Learning rate", rates, colour, 1.5, "%.3g", dots=4)
    return chart_options.chart([line], _epochs(epochs, 5), {"name": "Learning rate", "min": 0, "splitNumber": 3})


def _seconds(spec: ModelSpec, history: History, epochs: int) -> Option:
    seconds, speeds = (_points(history.epochs, name, 1) for name in ("seconds", "films_per_second"))
    bars = {
        "type": "bar",
        "data": [[*second, speed] for second, (_, speed) in zip(seconds, speeds, strict=True)],
        "barMaxWidth": 14,
        "itemStyle": {"color": look.see_through(look.model_colour(spec.name), 0.7)},
    }
    room = {"max": epochs + 0.8, "axisLabel": {"showMaxLabel": False}, "splitLine": {"showMaxLine": False}}
    option = chart_options.chart([bars], _epochs(epochs, 5) | room, {"name": "Seconds", "min": 0, "splitNumber": 3})
    films = ", {@[2]} films a second" if any(speed for _, speed in speeds) else ""
    option["tooltip"]["formatter"] = f"Epoch {{@[0]}}: {{@[1]}} s{films}"
    return option


def _curves(name: str, spec: ModelSpec, history: History, times: float = 1.0) -> list[Option]:
    """Training dashed and light, validation solid, the best epoch marked: the same series at every look."""
    colour, number = look.model_colour(spec.name), "%.4f" if times == 1 else "%.1f %%"
    training, validation = history.training, history.validation
    best = validation[validation["epoch"] == history.known.best_epoch]
    ring = {"color": "transparent", "borderColor": look.ink(), "borderWidth": 2}
    return [
        chart_options.line(
            "Training", _points(training, name, 5, times), look.see_through(colour, 0.6), 1.5, number, [5, 3]
        ),
        chart_options.line("Validation", _points(validation, name, 5, times), colour, 2.5, number, dots=5),
        chart_options.line("Best epoch", _points(best, name, 5, times), look.ink(), 0, number, dots=12)
        | {"type": "scatter", "itemStyle": ring, "z": 5},
    ]


def _points(table: pd.DataFrame, name: str, digits: int = 5, times: float = 1.0) -> list[Point]:
    """Pairs of epoch and figure with few digits; the figure is None where it is no number."""
    pairs = zip(table["epoch"].round(3).tolist(), (table[name] * times).round(digits).tolist(), strict=True)
    return [[epoch, None if math.isnan(value) else value] for epoch, value in pairs]


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


def _settled(history: History, name: str) -> list[float]:
    """The figures that a chart must have room for; those of the very first batches may leave it."""
    training, validation = history.training, history.validation
    settled = training[training["epoch"] > 0.5] if len(validation) else training
    return [*settled[name], *validation[name]]
