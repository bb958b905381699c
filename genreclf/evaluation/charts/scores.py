"""The scoreboard: one mark a model, with the interval that chance leaves open."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from genreclf.evaluation.bootstrap import LOWER_IS_BETTER, OVER_GENRES
from genreclf.evaluation.charts.chart import Chart, drawn, empty
from genreclf.evaluation.metrics import NAMES
from genreclf.evaluation.scoreboard import Score
from genreclf.palette import Palette

_RARE = " (for fewer, as this figure counts genres of a handful of films as much as all others)"
_SYMBOLS = {"ours": "circle", "reference": "circle-open", "baseline": "diamond"}


def scoreboard(
    scores: Sequence[Score], intervals: Mapping[str, tuple[float, float]], figure: str, palette: Palette
) -> Chart:
    """One figure of all models, the best at the top.

    Args:
        scores: models, baselines and references; those that do not have the figure are left out.
        intervals: of ours and the baselines, by the model's name.
        figure: one of ``genreclf.evaluation.metrics.METRICS``.
        palette: its colours.
    """
    name, lower = NAMES[figure], figure in LOWER_IS_BETTER
    known = sorted((one for one in scores if figure in one.figures), key=lambda one: one.figures[figure], reverse=lower)
    if not known:
        return empty(160, palette, name, f"No model has a {name} yet.")
    chart = go.Figure()
    reach = []  # all that the axis must have room for
    for kind, symbol in _SYMBOLS.items():
        mine = [one for one in known if one.kind == kind]
        if not mine:
            continue
        values = [one.figures[figure] for one in mine]
        spans = [_span(one, figure, intervals) for one in mine]
        reach += [end for span in spans for end in span]
        colours = [palette.model(one.model) for one in mine]
        for one, (low, high), colour in zip(mine, spans, colours, strict=True):
            if high > low:
                chart.add_scatter(
                    x=[low, high], y=[one.label] * 2, mode="lines", line={"color": colour, "width": 3}, opacity=0.55,
                    showlegend=False, hoverinfo="skip",
                )  # fmt: skip
        chart.add_scatter(
            x=values, y=[one.label for one in mine], mode="markers", showlegend=False, cliponaxis=False,
            marker={"symbol": symbol, "size": 12, "color": colours, "line": {"width": 2, "color": colours}},
            hovertext=[_said(one, figure, span) for one, span in zip(mine, spans, strict=True)],
            hoverinfo="text",
        )  # fmt: skip
        chart.add_scatter(
            x=[None], y=[None], mode="markers", name=kind,
            marker={"symbol": symbol, "size": 11, "color": palette.ink, "line": {"width": 2, "color": palette.ink}},
        )  # fmt: skip
    low, high = min(reach), max(reach)
    room = max((high - low) * 0.06, 0.004)
    # the figures stand at the right as labels of a second axis, which makes its own room on a phone
    labels = [one.label for one in known]
    figures = [f"{one.figures[figure]:.3f}" for one in known]
    chart.add_scatter(x=[None], y=[None], yaxis="y2", showlegend=False)
    across = {"range": [-0.6, len(known) - 0.4], "showgrid": False, "fixedrange": True}
    chart.update_layout(
        yaxis={"categoryorder": "array", "categoryarray": labels, "ticksuffix": " ", **across},
        yaxis2={"overlaying": "y", "side": "right", "tickvals": list(range(len(known))), "ticktext": figures,
                "ticklabelstandoff": 6, **across},
    )  # fmt: skip
    direction = "lower is better" if lower else "higher is better"
    ends = [low - room, high + room]
    chart.update_xaxes(title=f"{name}: {direction}", range=ends, nticks=5, tickangle=0, tickformat=".2f")
    best, worst = known[-1], known[0]
    alt = f"{name} of {len(known)} models: {best.label} is best with {best.figures[figure]:.3f}"
    alt += f", {worst.label} worst with {worst.figures[figure]:.3f}." if worst is not best else "."
    reading = (
        f"One mark a model, the best at the top; further {'left' if lower else 'right'} is better. The bar is a 95 % "
        "interval, made so that for 95 of 100 such sets of films it holds the figure on all films of the kind"
        f"{_RARE if figure in OVER_GENRES else ''}; where two bars overlap, see whether the difference between the two "
        "is sure, below. References have no bar, as only their figure is known."
    )
    return drawn(chart, 110 + 29 * len(known), palette, name, alt, reading)


def _span(score: Score, figure: str, intervals: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
    value = score.figures[figure]
    return (value, value) if score.kind == "reference" else intervals.get(score.model, (value, value))


def _said(score: Score, figure: str, span: tuple[float, float]) -> str:
    low, high = span
    interval = f" ({low:.3f} to {high:.3f})" if high > low else ""
    return f"{score.label}: {NAMES[figure]} {score.figures[figure]:.3f}{interval}"
