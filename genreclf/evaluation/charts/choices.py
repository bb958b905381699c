"""Charts of what a model chose, rightly or wrongly."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from genreclf.evaluation.charts.chart import Chart, drawn, empty
from genreclf.evaluation.confusion import MISSED, NOTHING
from genreclf.evaluation.metrics import MIN_FILMS
from genreclf.genres import GENRES
from genreclf.palette import Palette
from genreclf.units import NO_BREAK_SPACE

_ROWS = 12  # of a heatmap, the most that are legible on a phone
_TOLD = 0.1  # share from which on it is written into its cell
_PERCENT = f"{NO_BREAK_SPACE}%"


def matrix(counts: np.ndarray, genre: str, label: str, palette: Palette) -> Chart:
    """The four ways in which a genre and a model's choice of it can meet.

    Args:
        counts: films, int ``(2, 2)`` as scikit-learn has it: rows without and with the genre, columns left and chosen.
        genre: its name.
        label: the model's.
        palette: its colours.
    """
    (rejected, alarms), (missed, hits) = counts.tolist()
    cells = [[(hits, "✓ found", True), (missed, "✗ missed", False)],
             [(alarms, "✗ false alarm", False), (rejected, "✓ rightly left", True)]]  # fmt: skip
    most = max(1, hits, missed, alarms)  # films that rightly have nothing outnumber all others
    chart = go.Figure()
    for row, line in enumerate(cells):
        for column, (films, words, right) in enumerate(line):
            tint = palette.mixed(palette.verdict(right), 0.08 + 0.3 * min(1.0, films / most))
            chart.add_shape(type="rect", x0=column - 0.49, x1=column + 0.49, y0=row - 0.48, y1=row + 0.48,
                            fillcolor=tint, line={"width": 0}, layer="below")  # fmt: skip
            chart.add_annotation(x=column, y=row, text=f"<b>{films:,}</b><br>{words}", showarrow=False,
                                 font={"size": 15})  # fmt: skip
    chart.add_scatter(x=[None], y=[None], showlegend=False)  # axes without a trace are not drawn
    chart.update_xaxes(tickvals=[0, 1], ticktext=["chosen", "not chosen"], range=[-0.5, 1.5], side="top",
                       showgrid=False, fixedrange=True, title=f"{label} says")  # fmt: skip
    chart.update_yaxes(tickvals=[0, 1], ticktext=["has it", "has it not"], range=[1.5, -0.5], showgrid=False,
                       fixedrange=True, title="The film", ticksuffix=" ")  # fmt: skip
    title = f"{genre}: what {label} makes of it"
    alt = (
        f"{label} on {genre}: {hits:,} films found, {missed:,} missed, {alarms:,} false alarms, {rejected:,} rightly "
        "left."
    )
    reading = (
        f"Films by whether they have {genre} (rows) and whether {label} chose it (columns). Found and rightly left are "
        "right; missed and false alarms are the two ways to be wrong."
    )
    return drawn(chart, 270, palette, title, alt, reading)


def substitution_heatmap(table: pd.DataFrame, label: str, palette: Palette) -> Chart:
    """Which wrong genres a model chose where it missed a true one: the genres that it missed most.

    Args:
        table: from ``genreclf.evaluation.confusion.substitutions``.
        label: the model's.
        palette: its colours.
    """
    title = f"What {label} chooses instead"
    held = table[table[MISSED] > 0].sort_values(MISSED, ascending=False, kind="stable")
    if held.empty:
        return empty(160, palette, title, f"{label} missed no genre of these films.")
    left, held = len(held) - _ROWS, held.head(_ROWS)
    missed, rows = held[MISSED], held.index
    genres = [*rows, *(name for name in GENRES if name not in rows)]  # one order on both axes
    columns = [*(name for name in genres if held[name].ge(_TOLD).any()), NOTHING]
    percent = held[columns].to_numpy(float) * 100
    labels = [f"{genre} ({missed[genre]:,})" for genre in rows]
    chart = go.Figure(
        go.Heatmap(
            z=percent, x=columns, y=labels, xgap=1, ygap=1, zmin=0, zmax=100,
            colorscale=[[0, palette.mixed(palette.faint, 0.45)], [1, palette.accent]],
            colorbar={"orientation": "h", "thickness": 8, "outlinewidth": 0, "len": 0.6, "y": -0.02, "yanchor": "top",
                      "ticksuffix": _PERCENT, "nticks": 5},
            text=[[f"{share:.0f}" if share >= 100 * _TOLD else "" for share in row] for row in percent],
            texttemplate="%{text}",
            hoverongaps=False,
            hovertemplate=f"Where it missed %{{y}}, it wrongly chose %{{x}} in %{{z:.0f}}{_PERCENT}<extra></extra>",
        )
    )  # fmt: skip
    every_name = {"showgrid": False, "dtick": 1, "tickfont": {"size": 11}}
    chart.update_xaxes(side="top", tickangle=-90, title="… it wrongly chose", **every_name)
    chart.update_yaxes(autorange="reversed", title="Where it missed …", ticksuffix=" ", **every_name)
    often = [
        (percent[row, column], rows[row], columns[column])
        for row, column in zip(*np.nonzero(np.nan_to_num(percent)), strict=True)
        if missed.iloc[row] >= MIN_FILMS and columns[column] != NOTHING
    ]
    strongest = ""
    if often:
        share, genre, other = max(often)
        strongest = (
            f" Strongest: where {genre} was missed, {other} was wrongly chosen in {share:.0f}{_PERCENT} of the films."
        )
    alt = f"Wrong genres that {label} chose where it missed a true one.{strongest}"
    shown = f" Only the {_ROWS} genres that it missed most have a row." if left > 0 else ""
    reading = (
        f"Read a row: of the films that have the genre at the left but were not given it, the share in{_PERCENT} that "
        f"was wrongly given the genre above; “{NOTHING}” is the share with no wrong genre at all. The number of such "
        "films stands beside the genre. A film may be given several wrong genres, so that a row can exceed "
        f"100{_PERCENT}. A share below {100 * _TOLD:.0f}{_PERCENT} has no number, and a genre that comes to less in "
        f"every row no column.{shown}{strongest}"
    )
    return drawn(chart, 190 + 23 * len(rows), palette, title, alt, reading)
