"""The scoreboard as a chart: one mark per model, with its confidence interval."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from genreclf.evaluation.bootstrap import GENRE_AVERAGES, Difference
from genreclf.evaluation.charts.chart import Chart, empty_chart, literal, make_chart, marker
from genreclf.evaluation.metrics import LOWER_IS_BETTER, NAMES
from genreclf.evaluation.scoreboard import Score, interval_of
from genreclf.palette import Palette, see_through

_RARE = " (for fewer in this metric, in which genres with a handful of films count as much as all others)"
_SYMBOLS = {"ours": "circle", "reference": "circle-open", "baseline": "diamond", "other": "square"}


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
        intervals: confidence intervals of our models and the baselines, by model; may be empty.
        metric: one of ``genreclf.evaluation.metrics.METRICS``.
        to_beat: the value of the base rates, drawn as a line; the side where models are worse is shaded.
    """
    name, lower = NAMES[metric], metric in LOWER_IS_BETTER
    known = [score for score in scores if metric in score.metrics]
    if not known:
        return empty_chart(name, f"No model has a {name} yet.", palette)
    known.sort(key=lambda score: score.metrics[metric], reverse=lower)  # the best last: Plotly counts from the bottom
    figure, ends, has_bars = go.Figure(), [] if to_beat is None else [to_beat], False
    for score in known:
        value, label, colour = score.metrics[metric], literal(score.label), palette.model(score.model)
        low, high = interval_of(score, intervals) or (value, value)
        bar = {"type": "data", "symmetric": False, "array": [high - value], "arrayminus": [value - low],
               "color": see_through(colour, 0.55), "thickness": 3, "width": 0} if high > low else None  # fmt: skip
        interval = f" ({low:.3f} to {high:.3f})" if high > low else ""
        figure.add_scatter(
            x=[value], y=[label], mode="markers", marker=marker(_SYMBOLS[score.kind], colour, 12), error_x=bar,
            hovertext=f"{label}: {name} {value:.3f}{interval}", hoverinfo="text", showlegend=False,
            cliponaxis=False,
        )  # fmt: skip
        ends += [low, high]
        has_bars |= high > low
    for kind, symbol in _SYMBOLS.items():
        if any(score.kind == kind for score in known):
            figure.add_scatter(x=[None], y=[None], mode="markers", name=kind, marker=marker(symbol, palette.ink))
    # the values are labels of a second axis at the right, which makes its own room on a phone
    figure.add_scatter(x=[None], y=[None], yaxis="y2", showlegend=False)
    across = {"range": [-0.6, len(known) - 0.4], "showgrid": False, "fixedrange": True}
    names, values = ([score.label for score in known], [f"{score.metrics[metric]:.3f}" for score in known])
    figure.update_layout(
        yaxis={"categoryorder": "array", "categoryarray": list(map(literal, names)), "ticksuffix": " ", **across},
        yaxis2={"overlaying": "y", "side": "right", "tickvals": list(range(len(known))), "ticklabelstandoff": 6,
                "ticktext": values, **across},
    )  # fmt: skip
    direction = f"{'lower' if lower else 'higher'} is better"
    room = max((max(ends) - min(ends)) * 0.06, 0.004)
    low, high = min(ends) - room, max(ends) + room
    figure.update_xaxes(title=f"{name}: {direction}", range=[low, high], nticks=5, tickangle=0, tickformat=".2f")
    alt = f"{name} of {len(known)} models: {names[-1]} is best with {values[-1]}"
    alt += f", {names[0]} worst with {values[0]}." if len(known) > 1 else "."
    reading = f"One mark per model, the best at the top; further {'left' if lower else 'right'} is better."
    if has_bars:
        reading += (
            " The bar is the 95 % confidence interval: it would contain the true value for 95 of 100 such samples of "
            f"films{_RARE if metric in GENRE_AVERAGES else ''}. Even where two bars overlap, the difference may be "
            "significant; see below."
        )
        if any(score.kind == "reference" for score in known):
            reading += " References have no bar, as only their value is known."
    if to_beat is not None:
        figure.add_vline(x=to_beat, line={"color": palette.accent, "width": 1.5, "dash": "dot"})
        figure.add_vrect(x0=to_beat, x1=high if lower else low, fillcolor=palette.accent, opacity=0.06, line_width=0)
        worse = [score.label for score in known[::-1] if score.metrics[metric] != to_beat
                 and (score.metrics[metric] > to_beat) == lower]  # fmt: skip
        alt += f" Worse than the base rates' {to_beat:.3f}: {', '.join(worse)}." if worse else ""
        reading += (
            f" The dotted line, at {to_beat:.3f}, is the score of the base rates, that is, of ignoring the film and "
            "just stating how common each genre is. Models in the shaded part are worse than that."
        )
    return make_chart(figure, 110 + 29 * len(known), palette, name, alt, reading)


def differences_chart(differences: Mapping[str, Difference], title: str, palette: Palette) -> Chart:
    """Differences in one metric with their 95 % confidence intervals, the first at the top, and a line at 0.

    Args:
        differences: by what is compared, a few words.
        title: of the chart.
        palette: the colours.
    """
    figure, rows = go.Figure(), list(differences.items())[::-1]
    for row, (name, found) in enumerate(rows):
        colour = palette.accent if found.significant else palette.mixed(palette.ink, 0.7)
        figure.add_scatter(
            x=[found.value], y=[row], mode="markers", marker=marker("circle", colour, 11), showlegend=False,
            error_x={"type": "data", "symmetric": False, "array": [found.high - found.value],
                     "arrayminus": [found.value - found.low], "color": colour, "thickness": 2.5, "width": 6},
            hovertext=f"{literal(name)}: {found.value:+.4f} ({found.low:+.4f} to {found.high:+.4f})", hoverinfo="text",
        )  # fmt: skip
        figure.add_annotation(x=0, xref="paper", y=row, yshift=16, text=literal(name), showarrow=False, xanchor="left",
                              font={"size": 13})  # fmt: skip
    figure.add_vline(0, line={"color": palette.ink, "width": 1.5, "dash": "dot"})
    metric = next(iter(differences.values())).metric
    better = "left" if metric in LOWER_IS_BETTER else "right"
    ends = [0.0, *(end for found in differences.values() for end in (found.low, found.high))]
    room = max(0.08 * (max(ends) - min(ends)), 1e-4)
    figure.update_xaxes(title=f"Difference in {NAMES[metric]}", tickformat="+.3f", nticks=5, tickangle=0,
                        range=[min(ends) - room, max(ends) + room])  # fmt: skip
    figure.update_yaxes(visible=False, range=[-0.5, len(rows) - 0.3])
    alt = "; ".join(
        f"{name}: {found.value:+.4f}, from {found.low:+.4f} to {found.high:+.4f}" for name, found in differences.items()
    )
    reading = (
        f"To the {better} of 0 is better. The mark is the measured difference, the bar its 95 % confidence interval. "
        "Where the bar crosses the dotted line at 0, the difference may be chance; else it is significant."
    )
    return make_chart(figure, 90 + 50 * len(rows), palette, title, f"{title}: {alt}.", reading)
