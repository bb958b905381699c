"""Charts of the genres that a model chose, correctly or not."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from genreclf.evaluation.charts.chart import Chart, drawn, empty
from genreclf.evaluation.counts import Counts
from genreclf.evaluation.genres import MISSED, NOTHING
from genreclf.evaluation.metrics import MIN_FILMS
from genreclf.genres import GENRES
from genreclf.palette import Palette
from genreclf.units import NO_BREAK_SPACE

_ROWS = 12  # the most rows of a heatmap that are legible on a phone
_SHOWN_FROM = 0.1  # smaller shares are not written into their cell
_PERCENT = f"{NO_BREAK_SPACE}%"


def confusion_matrix(counts: Counts, genre: str, label: str, palette: Palette) -> Chart:
    """The confusion matrix of a genre.

    Args:
        counts: of films.
        genre: its name.
        label: the model's label.
        palette: the colours.
    """
    cells = [[(counts.tp, "✓ found", True), (counts.fn, "✗ missed", False)],
             [(counts.fp, "✗ false alarm", False), (counts.tn, "✓ correctly rejected", True)]]  # fmt: skip
    most = max(1, counts.tp, counts.fn, counts.fp)  # true negatives outnumber all others
    chart = go.Figure()
    for row, line in enumerate(cells):
        for column, (films, words, right) in enumerate(line):
            tint = palette.mixed(palette.verdict(right), 0.08 + 0.3 * float(min(1.0, films / most)))
            chart.add_shape(type="rect", x0=column - 0.49, x1=column + 0.49, y0=row - 0.48, y1=row + 0.48,
                            fillcolor=tint, line={"width": 0}, layer="below")  # fmt: skip
            chart.add_annotation(x=column, y=row, text=f"<b>{films:,}</b><br>{words}", showarrow=False,
                                 font={"size": 15})  # fmt: skip
    chart.add_scatter(x=[None], y=[None], showlegend=False)  # axes without a trace are not drawn
    chart.update_xaxes(tickvals=[0, 1], ticktext=["chosen", "not chosen"], range=[-0.5, 1.5], side="top",
                       showgrid=False, fixedrange=True, title=label)  # fmt: skip
    chart.update_yaxes(tickvals=[0, 1], ticktext=["has it", "does not"], range=[1.5, -0.5], showgrid=False,
                       fixedrange=True, title="The film", ticksuffix=" ")  # fmt: skip
    title = f"{genre}: confusion matrix of {label}"
    alt = (
        f"{label} on {genre}: {counts.tp:,} films found, {counts.fn:,} missed, {counts.fp:,} false alarms, "
        f"{counts.tn:,} correctly rejected."
    )
    reading = (
        f"Films by whether they have the genre {genre} (rows) and whether {label} chose it (columns). Found and "
        "correctly rejected are right; missed and false alarm are the two kinds of error."
    )
    return drawn(chart, 270, palette, title, alt, reading)


def substitution_heatmap(table: pd.DataFrame, label: str, palette: Palette) -> Chart:
    """The wrong genres that a model chose where it missed a true one, a row for each of the genres it missed most.

    Args:
        table: from ``genreclf.evaluation.genres.substitutions``.
        label: the model's label.
        palette: the colours.
    """
    title = f"Substitutions: what {label} chooses instead"
    shown = table[table[MISSED] > 0].sort_values(MISSED, ascending=False, kind="stable")
    if shown.empty:
        return empty(160, palette, title, f"{label} missed no genre of these films.")
    hidden, shown = len(shown) - _ROWS, shown.head(_ROWS)
    missed, rows = shown[MISSED], shown.index
    genres = [*rows, *(name for name in GENRES if name not in rows)]  # one order on both axes
    columns = [*(name for name in genres if shown[name].ge(_SHOWN_FROM).any()), NOTHING]
    percent = shown[columns].to_numpy(float) * 100
    labels = [f"{genre} ({missed[genre]:,})" for genre in rows]
    chart = go.Figure(
        go.Heatmap(
            z=percent, x=columns, y=labels, xgap=1, ygap=1, zmin=0, zmax=100,
            colorscale=[[0, palette.mixed(palette.faint, 0.45)], [1, palette.accent]],
            colorbar={"orientation": "h", "thickness": 8, "outlinewidth": 0, "len": 0.6, "y": -0.02, "yanchor": "top",
                      "ticksuffix": _PERCENT, "nticks": 5},
            text=[[f"{share:.0f}" if share >= 100 * _SHOWN_FROM else "" for share in row] for row in percent],
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
    limit = f" Only the {_ROWS} genres missed most often have a row." if hidden > 0 else ""
    reading = (
        f"Each row: of the films that have the genre on the left but were not given it, the share (in{_PERCENT}) that "
        f"was wrongly given the genre above; “{NOTHING}” is the share without any wrong genre. The number in "
        "parentheses counts these films. A film may be given several wrong genres, so a row can add up to more than "
        f"100{_PERCENT}. Shares below {100 * _SHOWN_FROM:.0f}{_PERCENT} are not written out, and genres below that in "
        f"every row have no column.{limit}{strongest}"
    )
    return drawn(chart, 190 + 23 * len(rows), palette, title, alt, reading)
