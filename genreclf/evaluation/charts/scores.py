"""The scoreboard as a chart: one mark per model, with its confidence interval."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from genreclf.evaluation.bootstrap import OVER_GENRES
from genreclf.evaluation.charts.chart import Chart, drawn, empty
from genreclf.evaluation.metrics import LOWER_IS_BETTER, NAMES
from genreclf.evaluation.scoreboard import Score
from genreclf.palette import Palette

_RARE = " (for fewer in this metric, which counts genres of a handful of films as much as all others)"
_SYMBOLS = {"ours": "circle", "reference": "circle-open", "baseline": "diamond"}


def scoreboard(
    scores: Sequence[Score],
    intervals: Mapping[str, tuple[float, float]],
    metric: str,
    palette: Palette,
    to_beat: float | None = None,
) -> Chart:
    """One metric of all models, the best at the top.

    Args:
        scores: models, baselines and references; those without the metric are left out.
        intervals: of our models and the baselines, by model; may be empty.
        metric: one of ``genreclf.evaluation.metrics.METRICS``.
        palette: the colours.
        to_beat: the value of the base rates, which gets a line; the side where models are worse is shaded.
    """
    name, lower = NAMES[metric], metric in LOWER_IS_BETTER
    known = sorted((score for score in scores if metric in score.metrics), key=lambda score: score.metrics[metric])
    if not known:
        return empty(160, palette, name, f"No model has a {name} yet.")
    known = known[::-1] if lower else known  # Plotly counts from the bottom
    chart = go.Figure()
    spans = {score.label: _span(score, metric, intervals) for score in known}
    for kind, symbol in _SYMBOLS.items():
        group = [score for score in known if score.kind == kind]
        if not group:
            continue
        colours = [palette.model(score.model) for score in group]
        for score, colour in zip(group, colours, strict=True):
            if spans[score.label][0] < spans[score.label][1]:
                chart.add_scatter(
                    x=spans[score.label], y=[score.label] * 2, mode="lines", line={"color": colour, "width": 3},
                    opacity=0.55, showlegend=False, hoverinfo="skip",
                )  # fmt: skip
        chart.add_scatter(
            x=[score.metrics[metric] for score in group], y=[score.label for score in group], mode="markers",
            marker={"symbol": symbol, "size": 12, "color": colours, "line": {"width": 2, "color": colours}},
            hovertext=[_hover(score, metric, *spans[score.label]) for score in group], hoverinfo="text",
            showlegend=False, cliponaxis=False,
        )  # fmt: skip
        chart.add_scatter(
            x=[None], y=[None], mode="markers", name=kind,
            marker={"symbol": symbol, "size": 11, "color": palette.ink, "line": {"width": 2, "color": palette.ink}},
        )  # fmt: skip
    ends = [end for span in spans.values() for end in span] + [to_beat] * (to_beat is not None)
    room = max((max(ends) - min(ends)) * 0.06, 0.004)
    low, high = min(ends) - room, max(ends) + room
    # the values stand at the right as labels of a second axis, which makes its own room on a phone
    chart.add_scatter(x=[None], y=[None], yaxis="y2", showlegend=False)
    across = {"range": [-0.6, len(known) - 0.4], "showgrid": False, "fixedrange": True}
    chart.update_layout(
        yaxis={"categoryorder": "array", "categoryarray": list(spans), "ticksuffix": " ", **across},
        yaxis2={"overlaying": "y", "side": "right", "tickvals": list(range(len(known))), "ticklabelstandoff": 6,
                "ticktext": [f"{score.metrics[metric]:.3f}" for score in known], **across},
    )  # fmt: skip
    direction = f"{'lower' if lower else 'higher'} is better"
    chart.update_xaxes(title=f"{name}: {direction}", range=[low, high], nticks=5, tickangle=0, tickformat=".2f")
    best, worst = known[-1], known[0]
    alt = f"{name} of {len(known)} models: {best.label} is best with {best.metrics[metric]:.3f}"
    alt += f", {worst.label} worst with {worst.metrics[metric]:.3f}." if worst is not best else "."
    reading = f"One mark per model, the best at the top; further {'left' if lower else 'right'} is better."
    if any(first < last for first, last in spans.values()):
        reading += (
            " The bar is the 95 % confidence interval: it would contain the true value for 95 of 100 such samples of "
            f"films{_RARE if metric in OVER_GENRES else ''}. Where two bars overlap, the difference may still be "
            "significant; see below. References have no bar, as only their value is known."
        )
    if to_beat is not None:
        chart.add_vline(x=to_beat, line={"color": palette.accent, "width": 1.5, "dash": "dot"})
        chart.add_vrect(x0=to_beat, x1=high if lower else low, fillcolor=palette.accent, opacity=0.06, line_width=0)
        sign = 1 if lower else -1
        losers = [score.label for score in known[::-1] if sign * score.metrics[metric] > sign * to_beat]
        alt += f" Worse than the base rates' {to_beat:.3f}: {', '.join(losers)}." if losers else ""
        reading += (
            f" The dotted line, at {to_beat:.3f}, is the score of the base rates: ignoring the film and just stating "
            "how common each genre is. Models in the shaded part are worse than that."
        )
    return drawn(chart, 110 + 29 * len(known), palette, name, alt, reading)


def _span(score: Score, metric: str, intervals: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
    value = score.metrics[metric]
    return (value, value) if score.kind == "reference" else intervals.get(score.model, (value, value))


def _hover(score: Score, metric: str, low: float, high: float) -> str:
    interval = f" ({low:.3f} to {high:.3f})" if high > low else ""
    return f"{score.label}: {NAMES[metric]} {score.metrics[metric]:.3f}{interval}"
