"""The curves of several runs in one chart: a model keeps its colour, its runs differ in their dashes."""

import html

import pandas as pd
import plotly.graph_objects as go

from genreclf.models import SPECS
from genreclf.runs.compare import Compared, validated
from genreclf.ui import look
from genreclf.units import listed

PLOT_HEIGHT, LEGEND_HEIGHT = 320, 20  # pixels; of a legend's line, and on a phone each run has one
LABEL_HEIGHT = 17  # pixels; two letters need so much to be told apart
LABELS = {"loss": "Loss", "precision": "Precision", "recall": "Recall", "accuracy": "Accuracy",
          "learning_rate": "Learning rate"}  # fmt: skip
_DASHES = ("solid", "8px,4px", "2px,3px", "10px,3px,2px,3px", "16px,5px", "5px,2px")  # of one model's runs
_SHADES = (1.0, 0.75, 0.9, 0.65, 0.85, 0.7)
_NAME_LENGTH = 28  # characters; a legend has little room


def show(lettered: dict[str, Compared], name: str, training: bool) -> None:
    """Draw one of the figures of an epoch; losses that are different measures get a chart each.

    Args:
        lettered: the runs, by the letter that stands for each in charts and tables.
        name: one of ``genreclf.runs.compare.FIGURES``.
        training: draw the figures on the train split too, thin, beside those on the val split.
    """
    measures = {letter: one.loss if name == "loss" else "" for letter, one in lettered.items()}
    for place, measure in enumerate(dict.fromkeys(measures.values())):
        group = {letter: one for letter, one in lettered.items() if measures[letter] == measure}
        height = PLOT_HEIGHT + LEGEND_HEIGHT * len(group)
        figure = _figure(group, name, training and name != "learning_rate", measure)
        said = listed([f"{letter}: {one.summary.title}" for letter, one in group.items()])
        look.show(figure, f"train-overlay-{place}", height, f"{LABELS[name]} by epoch. {said}.")


def strokes(models: list[str]) -> list[tuple[str, float]]:
    """A dash and a shade for each run, so that no two of one model look the same."""
    return [
        (_DASHES[nth % len(_DASHES)], _SHADES[nth % len(_SHADES)])
        for nth in (models[:place].count(model) for place, model in enumerate(models))
    ]


def spread(heights: list[float], gap: float, top: float) -> list[float]:
    """Where to put labels at these heights, so that they are a gap apart, in order, and none is over the top."""
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


def _figure(group: dict[str, Compared], name: str, training: bool, measure: str) -> go.Figure:
    curves = {letter: _curve(one, name) for letter, one in group.items()}
    epochs = max([1.0, *(curve["epoch"].max() for curve in curves.values() if len(curve))])
    figure = go.Figure()
    models = [one.summary.model for one in group.values()]
    for (letter, one), (dash, shade) in zip(group.items(), strokes(models), strict=True):
        curve = curves[letter]
        if SPECS[one.summary.model].is_baseline and len(curve):  # fitted in one go: a level to beat
            curve = pd.concat([curve.assign(epoch=0.0), curve.assign(epoch=epochs)])
        colour = look.mixed(look.model_colour(one.summary.model), shade)
        _lines(figure, curve, f"{letter} {_short(one.summary.title)}", colour, dash, training)
    to_beat = _to_beat(group) if name == "loss" else {}
    low, high = _range(list(curves.values()), name, training, list(to_beat))
    _base_rates(figure, to_beat, epochs)
    drawn = {letter: curve for letter, curve in curves.items() if len(curve)}
    _name_ends(figure, drawn, group, epochs, (low, high))
    figure.update_xaxes(title="Epoch", range=[0, epochs * 1.06], dtick=max(1, -(-int(epochs) // 10)), tick0=0)
    shares = name in ("precision", "recall", "accuracy")
    form = ".0%" if shares else ".3f" if name == "loss" else ".2g"
    title = f"{LABELS[name]} ({measure})" if measure else LABELS[name]
    figure.update_yaxes(title_text=title, range=[low, high], tickformat=form, ticklabelstandoff=6, title_standoff=14)
    return figure


def _curve(one: Compared, name: str) -> pd.DataFrame:
    """Columns ``epoch``, ``value`` on val (for the learning rate there is only one) and ``training``."""
    known = one.curve
    curve = pd.DataFrame({"epoch": known["epoch"], "value": known[validated(name)], "training": known[name]})
    return curve.dropna(subset=["value"])


def _lines(figure: go.Figure, curve: pd.DataFrame, called: str, colour: str, dash: str, training: bool) -> None:
    if training:
        figure.add_scatter(
            x=curve["epoch"],
            y=curve["training"],
            mode="lines",
            line={"color": look.see_through(colour, 0.55), "width": 1.2, "dash": dash},
            hovertemplate=f"{called}, training, epoch %{{x}}: %{{y:.4f}}<extra></extra>",
            showlegend=False,
        )
    figure.add_scatter(
        x=curve["epoch"],
        y=curve["value"],
        name=called,
        mode="lines+markers" if len(curve) == 1 else "lines",
        line={"color": colour, "width": 2.5, "dash": dash},
        hovertemplate=f"{called}, epoch %{{x}}: %{{y:.4~g}}<extra></extra>",
        showlegend=True,
    )


def _to_beat(group: dict[str, Compared]) -> dict[float, str]:
    """The base rates' losses, several where the runs saw different films, and whose they are."""
    known = {one.to_beat: one.summary.data for one in group.values() if one.to_beat is not None}
    whose = {loss: f", {data}" if len(known) > 1 else "" for loss, data in known.items()}
    return {loss: f"always the base rates{html.escape(name, quote=False)}" for loss, name in whose.items()}


def _base_rates(figure: go.Figure, to_beat: dict[float, str], epochs: float) -> None:
    grey = look.model_colour("tfidf")
    for loss, words in to_beat.items():
        figure.add_scatter(
            x=[0, epochs],
            y=[loss, loss],
            mode="lines",
            line={"color": grey, "width": 1, "dash": "dot"},
            hovertemplate=f"{words}: %{{y:.4f}}<extra></extra>",
            showlegend=False,
        )
        below = len(to_beat) > 1 and loss == min(to_beat)  # out of the other's way
        figure.add_annotation(
            x=epochs, y=loss, text=words, xanchor="right", yanchor="top" if below else "bottom", showarrow=False,
            font={"color": grey, "size": 12}, bgcolor=look.see_through(look.paper(), 0.8),
        )  # fmt: skip


def _name_ends(
    figure: go.Figure,
    curves: dict[str, pd.DataFrame],
    group: dict[str, Compared],
    epochs: float,
    bounds: tuple[float, float],
) -> None:
    """Put each run's letter at the end of its line; ``bounds`` are the chart's, in the figure's unit."""
    gap = (bounds[1] - bounds[0]) * LABEL_HEIGHT / PLOT_HEIGHT
    baseline = {letter: SPECS[group[letter].summary.model].is_baseline for letter in curves}
    ends = {letter: epochs if baseline[letter] else curve["epoch"].iloc[-1] for letter, curve in curves.items()}
    for end in set(ends.values()):
        letters = [letter for letter in curves if ends[letter] == end]
        heights = spread([curves[letter]["value"].iloc[-1] for letter in letters], gap, bounds[1])
        for letter, at in zip(letters, heights, strict=True):
            colour = look.model_colour(group[letter].summary.model)
            figure.add_annotation(
                x=end, y=at, text=f"<b>{letter}</b>", xanchor="left", xshift=4, showarrow=False,
                font={"color": colour, "size": 14},
            )  # fmt: skip


def _range(curves: list[pd.DataFrame], name: str, training: bool, lines: list[float]) -> tuple[float, float]:
    """Room for all that matters; a high loss of the very first epoch may leave the chart."""
    if name in ("precision", "recall", "accuracy"):
        return 0.0, 1.0
    values = list(lines)
    for curve in curves:
        settled = curve[curve["epoch"] > 1] if name == "loss" and len(curve) > 2 else curve
        values += [*settled["value"], *(settled["training"].dropna() if training else [])]
    if not values:
        return 0.0, 1.0
    low, high = (0.0 if name == "learning_rate" else min(values)), max(values)
    room = max((high - low) * 0.08, high * 0.02, 1e-9)
    return (0.0 if name == "learning_rate" else low - room), high + room


def _short(title: str) -> str:
    cut = title if len(title) <= _NAME_LENGTH else f"{title[: _NAME_LENGTH - 1]}…"
    return html.escape(cut, quote=False)
