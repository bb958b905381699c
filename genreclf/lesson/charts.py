"""The charts of the lesson, for its page and for the report to take home.

Their axes do not depend on how much is shown, so that nothing jumps at the reveal and nothing is given away before it.
"""

from dataclasses import replace

import plotly.graph_objects as go

from genreclf.evaluation.charts.chart import Chart, add_level, add_mark, make_chart
from genreclf.evaluation.charts.curves import (
    BASE_RATES,
    HEIGHT,
    Level,
    Line,
    axis_range,
    curve_lines,
    line_figure,
    points_of,
)
from genreclf.evaluation.charts.scores import scoreboard as scoreboard_chart
from genreclf.evaluation.histories import History
from genreclf.evaluation.scoreboard import OTHER_FILMS, OTHER_FILMS_NOTE, Score, scoreboard
from genreclf.lesson.figures import figures, shipped
from genreclf.lesson.steps import BY_KEY
from genreclf.palette import Palette

LOSS = "Loss (BCE)"
QUESTION_HEIGHT = 230  # pixels: a chart and the question about it fit on a small screen
RIVALS = ("prior", "tfidf", "lstm")  # of the shipped models, beside those of the reports


def report_chart(history: History, palette: Palette, shown: int | None = None, guess: float | None = None) -> Chart:
    """The validation loss of the report's CNN, the base rates' loss, and the visitor's guess.

    Args:
        history: the recorded run.
        palette: the colours.
        shown: how many epochs to show; None for all.
        guess: the loss that the visitor expects at the best epoch, drawn as a line across the chart.
    """
    question, epochs = BY_KEY["report"].question, history.epochs
    seen = epochs if shown is None else epochs[epochs["epoch"] <= shown]
    base_rates = history.facts.base_rate_loss or figures()["prior_val"]
    y_range = axis_range([question.low, question.high, *epochs["val_loss"]])
    line = Line("Validation", points_of(seen, "val_loss"), palette.model(history.model))
    levels: list[Level] = [(base_rates, BASE_RATES, guess is None or guess >= base_rates)]
    figure = line_figure([line], levels, LOSS, len(epochs), palette, y_range, ".2f")
    figure.update_layout(showlegend=False)
    alt = f"Validation loss of the report's CNN in {len(seen)} of {len(epochs)} epochs; base rates {base_rates:.3f}."
    if shown is None:
        alt += f" The lowest is {history.facts.best_loss:.3f}, in epoch {history.facts.best_epoch}."
    if guess is not None:
        side = "top" if guess >= base_rates else "bottom"
        add_level(figure, guess, palette, f"your guess: {guess:.3f}", f"{side} right", "dash")
        alt += f" Your guess is {guess:.3f}."
    reading = "Lower is better. The dotted line is what the base rates reach without looking at any film."
    return make_chart(figure, HEIGHT, palette, "The report’s CNN on new films", alt, reading)


def starts_chart(half: History, rates: History, palette: Palette) -> Chart:
    """The validation losses of two trainings that differ only in where their output starts: 50 % or the base rates."""
    colour, best = palette.model(rates.model), (half.facts.best_loss, rates.facts.best_loss)
    lines = [
        Line("Starts at 50 %", points_of(half.epochs, "val_loss"), palette.mixed(colour, 0.8), dash=(8, 4)),
        Line("Starts at the base rates", points_of(rates.epochs, "val_loss"), colour),
    ]
    base_rates = figures()["prior_val"]
    values = [*half.epochs["val_loss"], *rates.epochs["val_loss"], base_rates]
    values.append(min(values) - 0.06 * (max(values) - min(values)))  # room for a label
    epochs = max(half.facts.epochs, rates.facts.epochs)
    levels: list[Level] = [(base_rates, BASE_RATES, False)]
    figure = line_figure(lines, levels, LOSS, epochs, palette, axis_range(values), ".2f")
    figure.update_layout(showlegend=False)
    ends = [line.points[-1] for line in lines]
    for line, (epoch, value), is_above in zip(lines, ends, (True, False), strict=True):
        figure.add_annotation(
            x=epoch, y=value, text=line.name, font={"color": line.colour, "size": 13}, showarrow=False,
            xanchor="right", yanchor="bottom" if is_above else "top", yshift=10 if is_above else -4,
        )  # fmt: skip
    alt = f"Validation loss of the LSTM: {best[0]:.4f} at best if its output starts at 50 %, {best[1]:.4f} if it "
    alt += f"starts at the base rates, whose own loss is {base_rates:.3f}."
    reading = "Lower is better. Both lines are the loss on validation films; the two trainings differ in one line of "
    reading += "code. The dotted line is what the base rates reach without looking at any film."
    return make_chart(figure, HEIGHT, palette, "Two starts of the same LSTM", alt, reading)


def overfitting_chart(history: History, palette: Palette, mark: int | None = None, validation: bool = True) -> Chart:
    """Training loss, and validation loss if it may be seen, with the epoch at which the visitor would stop.

    Args:
        history: a training that overfits.
        palette: the colours.
        mark: the visitor's epoch.
        validation: whether to show the validation loss, the best epoch and the base rates' loss.
    """
    epochs, facts = history.epochs, history.facts
    tables = epochs, epochs.drop(columns="loss").rename(columns={"val_loss": "loss"})
    lines = curve_lines(*tables, "loss", facts.best_epoch, palette.model(history.model), palette.ink)
    levels: list[Level] = []
    if validation and facts.base_rate_loss is not None:
        levels = [(facts.base_rate_loss, BASE_RATES, False)]
    ends = [*epochs["loss"], *epochs["val_loss"], *(value for value, _, _ in levels)]
    shown = lines if validation else [replace(lines[0], width=2.5)]
    figure = line_figure(shown, levels, LOSS, len(epochs), palette, axis_range(ends), ".2f")
    figure.update_layout(showlegend=True)
    best = facts.best_epoch if validation else None
    _mark_epochs(figure, mark, best, len(epochs), palette)
    alt = f"Training loss of {len(epochs)} epochs, from {epochs['loss'].iloc[0]:.3f} to {epochs['loss'].iloc[-1]:.3f}."
    if best is not None:
        alt += f" The validation loss is lowest in epoch {best}, with {facts.best_loss:.3f}, and ends at "
        alt += f"{epochs['val_loss'].iloc[-1]:.3f}."
    reading = "Lower is better. The dashed line is the loss on the films that the network learns from."
    if validation:
        reading = "Lower is better. Where the solid line, the loss on films that the network does not learn from, "
        reading += "rises while the dashed one falls, the network is memorising its films."
    return make_chart(figure, HEIGHT, palette, "Loss by epoch", alt, reading)


def _mark_epochs(figure: go.Figure, mark: int | None, best: int | None, epochs: int, palette: Palette) -> None:
    """Mark the visitor's epoch and the best one, with the labels on the outer sides of the two lines."""
    if mark is not None and mark == best:
        add_mark(figure, mark, palette, "you, and the best", "left" if mark > epochs / 2 else "right", is_subject=True)
        return
    if mark is not None:
        at_left = mark > epochs / 2 if best is None else mark < best
        add_mark(figure, mark, palette, "you", "left" if at_left else "right", is_subject=True)
    if best is not None:
        add_mark(figure, best, palette, "best", "right" if mark is not None and mark < best else "left")


def rivals_chart(palette: Palette) -> Chart:
    """The test BCE of the reports' networks, the base rates, the word count, and the LSTM trained with care."""
    chart = scoreboard_chart(rivals(), {}, "bce", palette, figures()["prior_test"])
    return replace(chart, title="Error on new films", reading=f"{chart.reading} {OTHER_FILMS_NOTE}")


def rivals() -> list[Score]:
    """The scores of ``rivals_chart``: of the reports' networks only those that were trained again."""
    scores = scoreboard([shipped(model) for model in RIVALS])
    scores = [score for score in scores if not score.label.endswith("in the report")]
    return [replace(score, label=f"{score.label} {OTHER_FILMS}") if "public" in score.label else score
            for score in scores]  # fmt: skip
