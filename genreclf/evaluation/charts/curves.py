"""Curves by epoch: the metrics of training runs and the base rates' loss to beat.

The lines are the same everywhere; they are drawn here with Plotly, for one run or several, and by
``genreclf.ui.train.charts`` with ECharts for a run that is still training.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
import plotly.graph_objects as go

from genreclf.evaluation.charts.chart import Chart, add_level, empty_chart, literal, make_chart, marker
from genreclf.evaluation.histories import History
from genreclf.models import SPECS, model_label
from genreclf.palette import Palette, see_through
from genreclf.runs.compare import ComparedRun, validation_column
from genreclf.units import listed

BASE_RATES = "base rates"
METRIC_LABELS = {"loss": "Loss", "precision": "Precision", "recall": "Recall", "accuracy": "Accuracy",
                 "learning_rate": "Learning rate"}  # fmt: skip
SHARES = ("precision", "recall", "accuracy")  # from 0 to 1
OUTLIER = 20  # times the lowest loss: a higher one leaves the chart
HEIGHT, LEGEND_HEIGHT, LABEL_HEIGHT = 320, 20, 17  # pixels; of a plot, of a line of the legend, of a letter
_DASHES: tuple[tuple[int, ...], ...] = ((), (8, 4), (2, 3), (10, 3, 2, 3), (16, 5), (5, 2))  # of one model's runs
_SHADES = (1.0, 0.75, 0.9, 0.65, 0.85, 0.7)
_NAME_LENGTH = 28  # characters; a legend has little room

Points = list[tuple[float, float | None]]  # epoch and value; None for a missing value
Level = tuple[float, str, bool]  # a horizontal line: value, text, and whether the text is below


@dataclass(frozen=True)
class Line:
    """One line of a chart by epoch."""

    name: str  # in the legend and beside the pointer
    points: Points
    colour: str
    width: float = 2.5  # pixels; 0 draws only the dots
    dash: tuple[int, ...] = ()  # lengths of dash and gap, pixels; empty is solid
    dots: float = 0  # size of the dots, pixels; 0 is none
    ring: bool = False  # whether the dots are rings, as for a best epoch
    in_legend: bool = True


def points_of(table: pd.DataFrame, column: str, digits: int = 5, factor: float = 1.0) -> Points:
    """Pairs of a table's epochs and the values of a column, rounded."""
    pairs = zip(table["epoch"].round(3).tolist(), (table[column] * factor).round(digits).tolist(), strict=True)
    return [(epoch, None if math.isnan(value) else value) for epoch, value in pairs]


def curve_lines(
    training: pd.DataFrame, validation: pd.DataFrame, column: str, best_epoch: int | None, colour: str, ink: str,
    factor: float = 1.0,
) -> list[Line]:  # fmt: skip
    """The lines of one run: training dashed and light, validation solid, and a ring at the best epoch.

    The tables have the columns ``epoch`` and ``column``, whose values are multiplied by ``factor``, such as 100 for
    percent. The curves are in the model's colour, the ring in ``ink``.
    """
    best = validation[validation["epoch"] == best_epoch]
    return [
        Line("Training", points_of(training, column, factor=factor), see_through(colour, 0.6), 1.5, (5, 3)),
        Line("Validation", points_of(validation, column, factor=factor), colour, dots=5),
        Line("Best epoch", points_of(best, column, factor=factor), ink, 0, dots=12, ring=True),
    ]


def within_reach(losses: Sequence[float]) -> list[float]:
    """Losses for the ends of an axis: one that blew up would flatten all others, so it may leave the chart."""
    limit = OUTLIER * min((loss for loss in losses if loss > 0), default=math.inf)
    return [min(loss, limit) if loss == loss else loss for loss in losses]


def line_figure(
    lines: Sequence[Line], levels: Sequence[Level], y_title: str, epochs: float, palette: Palette,
    y_range: tuple[float, float], form: str,
) -> go.Figure:  # fmt: skip
    """Draw lines and levels over this many epochs; ``form`` formats the numbers of the y axis."""
    figure = go.Figure()
    for line in lines:
        single = len(line.points) == 1 and line.width > 0
        dots = marker("circle-open" if line.ring else "circle", line.colour, line.dots or 6)
        figure.add_scatter(
            x=[epoch for epoch, _ in line.points],
            y=[value for _, value in line.points],
            name=line.name,
            mode="markers" if line.ring else "lines+markers" if single else "lines",
            line={"color": line.colour, "width": line.width,
                  "dash": ",".join(f"{length}px" for length in line.dash) or "solid"},
            marker=dots if line.ring or single else None,
            hovertemplate=f"{line.name}, epoch %{{x}}: %{{y:.4~g}}<extra></extra>",
            showlegend=line.in_legend,
        )  # fmt: skip
    for value, text, below in levels:
        add_level(figure, value, palette, text, "bottom right" if below else "top right")
    figure.update_xaxes(title="Epoch", range=[0, epochs * 1.06], dtick=max(1, -(-int(epochs) // 10)), tick0=0)
    figure.update_yaxes(title_text=y_title, range=y_range, tickformat=form, ticklabelstandoff=6, title_standoff=14)
    return figure


def axis_range(values: Sequence[float], from_zero: bool = False) -> tuple[float, float]:
    """The ends of an axis with a little room around some values."""
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return 0.0, 1.0
    low, high = (0.0 if from_zero else min(known)), max(known)
    room = max((high - low) * 0.08, abs(high) * 0.02, 1e-9)
    return (0.0 if from_zero else low - room), high + room


def training_curves(history: History, palette: Palette) -> Chart:
    """Training and validation loss of one run, its best epoch, and the base rates' loss where comparable."""
    title, epochs, facts = f"{history.label}: loss by epoch", history.epochs, history.facts
    if epochs.empty:
        return empty_chart(title, "No epoch was finished.", palette)
    validation = epochs.drop(columns="loss").rename(columns={"val_loss": "loss"})
    lines = curve_lines(epochs, validation, "loss", facts.best_epoch, palette.model(history.model), palette.ink)
    alt = f"{history.label}: training and validation loss of {len(epochs)} epoch{'s' * (len(epochs) != 1)}."
    if facts.best_epoch is not None:
        alt += f" The validation loss is lowest in epoch {facts.best_epoch}, with {facts.best_loss:.4f}."
    levels: list[Level] = []
    if history.loss.comparable and facts.base_rate_loss is not None:
        levels = [(facts.base_rate_loss, BASE_RATES, bool(validation["loss"].iloc[-1] > facts.base_rate_loss))]
    settled = _settled(epochs)
    shown = within_reach([*settled["loss"], *settled["val_loss"]])
    y_range = axis_range([*shown, *(value for value, _, _ in levels)])
    kind, last = "Binary cross-entropy" if history.loss.comparable else "Loss", int(epochs["epoch"].max())
    figure = line_figure([line for line in lines if line.points], levels, kind, last, palette, y_range, ".3f")
    reading = (
        "Lower is better. While both lines fall, the model learns patterns that also hold for new films; when the "
        "validation line rises while the training line keeps falling, the model memorises its training films "
        "(overfitting). The ring marks the epoch whose weights were kept. Losses are from before calibration."
    )
    if parts := [model_label(part) for part in SPECS[history.model].parts]:
        reading += (
            f" Only the layer that joins {listed(parts)} is trained here, on top of the two finished models, so the "
            "curve starts near its end."
        )
    return make_chart(figure, HEIGHT, palette, title, alt, reading)


def run_curves(runs: dict[str, ComparedRun], name: str, training: bool, palette: Palette) -> list[Chart]:
    """One of ``compare.METRICS`` of several runs by epoch; losses of different kinds get a chart each.

    The keys of ``runs`` are the letters used for them in charts and tables; with ``training``, thin lines show the
    train split beside val.
    """
    label, groups = METRIC_LABELS[name], dict[str, dict[str, ComparedRun]]()
    for letter, run in runs.items():
        groups.setdefault(run.loss if name == "loss" else "", {})[letter] = run
    charts = []
    for loss, group in groups.items():
        title = f"{label} ({loss})" if loss else label
        figure = _run_figure(group, name, training and name != "learning_rate", title, palette)
        alt = f"{label} by epoch. {listed([f'{letter}: {run.summary.title}' for letter, run in group.items()])}."
        charts.append(make_chart(figure, HEIGHT + LEGEND_HEIGHT * len(group), palette, title, alt, alt))
    return charts


def strokes(models: list[str]) -> list[tuple[tuple[int, ...], float]]:
    """A dash and a shade for each run, so that no two of one model look the same."""
    return [
        (_DASHES[nth % len(_DASHES)], _SHADES[nth % len(_SHADES)])
        for nth in (models[:place].count(model) for place, model in enumerate(models))
    ]


def spread(heights: list[float], gap: float, top: float) -> list[float]:
    """Spread labels apart: positions near these heights, in the same order, a gap apart and none above the top."""
    placed = list(heights)
    order = sorted(range(len(heights)), key=heights.__getitem__)
    lowest = float("-inf")
    for place in order:
        placed[place] = lowest = max(placed[place], lowest + gap)
    highest = top
    for place in reversed(order):
        placed[place] = min(placed[place], highest)
        highest = placed[place] - gap
    return placed


def _run_figure(group: dict[str, ComparedRun], name: str, training: bool, title: str, palette: Palette) -> go.Figure:
    tables = {letter: _table(run, name) for letter, run in group.items()}
    epochs = max([1.0, *(table["epoch"].max() for table in tables.values() if len(table))])
    models = {letter: run.summary.model for letter, run in group.items()}
    lines: list[Line] = []
    shown: list[float] = []  # the values that the axis must have room for
    ends: dict[str, tuple[float, float]] = {}
    for (letter, table), (dash, shade) in zip(tables.items(), strokes(list(models.values())), strict=True):
        settled = _settled(table) if name == "loss" else table
        shown += [*settled["value"], *(settled["training"] if training else ())]
        if SPECS[models[letter]].is_baseline and len(table):  # fitted in one step: a level to beat
            table = pd.concat([table.assign(epoch=0.0), table.assign(epoch=epochs)])
        colour = palette.mixed(palette.model(models[letter]), shade)
        line = Line(f"{letter} {_short(group[letter].summary.title)}", points_of(table, "value", 7), colour, dash=dash)
        if training:
            lines.append(replace(line, name=f"{line.name}, training", points=points_of(table, "training", 7), width=1.2,
                                 colour=see_through(colour, 0.55), in_legend=False))  # fmt: skip
        lines.append(line)
        if len(table):
            ends[letter] = table["epoch"].iloc[-1], table["value"].iloc[-1]
    if name == "loss":
        shown = within_reach(shown)
    levels = _base_rates(group) if name == "loss" else []
    shown += [value for value, _, _ in levels]
    y_range = (0.0, 1.0) if name in SHARES else axis_range(shown, from_zero=name == "learning_rate")
    form = ".0%" if name in SHARES else ".3f" if name == "loss" else ".2g"
    figure = line_figure(lines, levels, title, epochs, palette, y_range, form)
    gap = (y_range[1] - y_range[0]) * LABEL_HEIGHT / HEIGHT
    for epoch in {epoch for epoch, _ in ends.values()}:
        heights = {letter: value for letter, (last, value) in ends.items() if last == epoch}
        for letter, y in zip(heights, spread(list(heights.values()), gap, y_range[1]), strict=True):
            figure.add_annotation(x=epoch, y=y, text=f"<b>{letter}</b>", xanchor="left", xshift=4, showarrow=False,
                                  font={"color": palette.model(models[letter]), "size": 14})  # fmt: skip
    return figure


def _table(run: ComparedRun, name: str) -> pd.DataFrame:
    """Columns ``epoch``, ``value`` (on val; the learning rate has only this) and ``training``."""
    curve = run.curve
    table = pd.DataFrame({"epoch": curve["epoch"], "value": curve[validation_column(name)], "training": curve[name]})
    return table.dropna(subset=["value"])


def _base_rates(group: dict[str, ComparedRun]) -> list[Level]:
    """The base rates' losses; several, with the data set's name, if the runs used different films."""
    known = {run.to_beat: run.summary.data for run in group.values() if run.to_beat is not None}
    names = {loss: f", {literal(data)}" if len(known) > 1 else "" for loss, data in known.items()}
    return [(loss, BASE_RATES + name, len(known) > 1 and loss == min(known)) for loss, name in names.items()]


def _settled(epochs: pd.DataFrame) -> pd.DataFrame:
    """All epochs but the first, whose loss may be too high for the chart; all if there are few."""
    return epochs[epochs["epoch"] > 1] if len(epochs) > 2 else epochs


def _short(title: str) -> str:
    """The beginning of a title."""
    cut = title if len(title) <= _NAME_LENGTH else f"{title[: _NAME_LENGTH - 1]}…"
    return literal(cut)
