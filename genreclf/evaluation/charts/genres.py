"""Charts of genres: metrics, leads, and the genres that a model picked, correctly or not."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from genreclf.evaluation.charts.chart import (
    Chart,
    empty_chart,
    label_genres,
    literal,
    make_chart,
    marker,
    most_frequent,
    name_of,
)
from genreclf.evaluation.counts import Counts
from genreclf.evaluation.genres import MISSED, NOTHING
from genreclf.evaluation.metrics import MIN_FILMS, NAMES
from genreclf.evaluation.wording import leads_sentences
from genreclf.models import model_label
from genreclf.palette import Palette
from genreclf.units import NO_BREAK_SPACE

_ROW = 27  # pixels
_HEATMAP_ROWS = 12  # the most that are legible on a phone
_HEATMAP_COLUMNS = 26
_WRITTEN_FROM = 10  # percent; smaller shares are not written into their cell
_PERCENT = f"{NO_BREAK_SPACE}%"
_NONE_FOUND = "A mark at 0 means that no film of the genre was found."
_DETAILS = {
    "precision": "A model that never picked a genre has no precision there, so it has no mark.",
    "recall": _NONE_FOUND,
    "f1": _NONE_FOUND,
    "average_precision": "A model that gives every film the same probability cannot rank them; its mark is at the "
    "genre's share of the films.",
}


def genre_bars(table: pd.DataFrame, metric: str, palette: Palette) -> Chart:
    """One of ``GENRE_METRICS`` from a ``genre_table``, the most frequent genre at the top, one mark per model."""
    name, present = NAMES[metric], table[table["films"] > 0]
    if present.empty:
        return empty_chart(name, "No genre has a film here.", palette)
    shown, limit = most_frequent(present.drop_duplicates("genre").set_index("genre")["films"].to_dict())
    present = present[present["genre"].isin(shown)]
    order = present.drop_duplicates("genre").sort_values("films", kind="stable")
    rows = {genre: row for row, genre in enumerate(order["genre"])}
    figure = go.Figure()
    spans = present.groupby("genre")[metric].agg(["min", "max"]).dropna()
    for genre, low, high in spans.itertuples():
        figure.add_shape(type="line", x0=low, x1=high, y0=rows[genre], y1=rows[genre], layer="below",
                         line={"color": palette.faint, "width": 2})  # fmt: skip
    for model, mine in present.groupby("model", sort=False):
        figure.add_scatter(
            x=mine[metric], y=mine["genre"].map(rows), name=name_of(model), mode="markers", cliponaxis=False,
            marker={"symbol": palette.symbol(model), "size": 10, "color": palette.model(model)},
            customdata=mine[["genre", "films"]].assign(genre=mine["genre"].map(literal)),
            hovertemplate=f"{name_of(model)}, %{{customdata[0]}}: {name} %{{x:.2f}} "
            "(%{customdata[1]:,} films)<extra></extra>",
        )  # fmt: skip
    label_genres(figure, order["genre"], order["films"])
    figure.update_xaxes(title=f"{name}: further right is better", range=[-0.02, 1.02], tickformat=".1f", dtick=0.2)
    alt = f"{name} of {len(rows)} genres, for each model{_on_average(present, metric)}."
    reading = (
        f"Each row is a genre, the most frequent at the top, with its number of films in parentheses; each mark is a "
        f"model's {name if name == 'F1' else name.lower()}, where 1 is perfect. Marks in rows with few films are "
        f"mostly chance. {_DETAILS[metric]}{limit}"
    )
    height = 100 + 20 * -(-present["model"].nunique() // 4) + _ROW * len(rows)
    return make_chart(figure, height, palette, f"{name} by genre", alt, reading)


def _on_average(table: pd.DataFrame, metric: str) -> str:
    """The mean of each model, the best first, over the genres in which all of them have a value."""
    wide = table.pivot(index="genre", columns="model", values=metric)
    common = wide.dropna()
    if common.empty:
        return ""
    means = ", ".join(f"{model_label(name)} {value:.2f}" for name, value in common.mean().sort_values()[::-1].items())
    subset = "" if len(common) == len(wide) else f" over the {len(common)} in which all have a value"
    return f"; on average{subset}: {means}"


def lead_chart(leads: pd.DataFrame, first: str, second: str, palette: Palette) -> Chart:
    """How much better one model ranks a genre's films than another, from ``poster_vs_overview.genre_lead``."""
    names = {model: model_label(model) for model in (first, second)}
    title = f"{names[first]} or {names[second]}, genre by genre"
    if leads.empty:
        return empty_chart(title, "No genre has enough films to compare the two here.", palette)
    shown, limit = most_frequent(leads.set_index("genre")["films"].to_dict())
    table = leads[leads["genre"].isin(shown)].sort_values("lead", kind="stable", ignore_index=True)
    drawn = {model: literal(name) for model, name in names.items()}
    significant, figure = table["significant"].astype(bool), go.Figure()
    figure.add_vline(0, line={"color": palette.ink, "width": 1})
    for model, ahead in ((second, table["lead"] < 0), (first, table["lead"] >= 0)):
        colour, symbol = palette.model(model), palette.symbol(model).removesuffix("-open")
        for status, rows, ending in (("significant", significant, ""), ("not significant", ~significant, "-open")):
            mine = table[ahead & rows]
            figure.add_scatter(
                x=mine["lead"], y=mine.index, mode="markers", name=f"{drawn[model]} leads, {status}", cliponaxis=False,
                marker=marker(symbol + ending, colour),
                error_x={"type": "data", "symmetric": False, "array": mine["high"] - mine["lead"],
                         "arrayminus": mine["lead"] - mine["low"], "color": colour, "thickness": 1.5, "width": 0},
                customdata=mine[["genre", "films", "first_ap", "second_ap", "low", "high"]].assign(
                    genre=mine["genre"].map(literal)
                ),
                hovertemplate=f"%{{customdata[0]}} (%{{customdata[1]:,}} films): {drawn[first]} "
                f"%{{customdata[2]:.2f}}, {drawn[second]} %{{customdata[3]:.2f}}<br>"
                "difference %{x:.2f} (%{customdata[4]:.2f} to %{customdata[5]:.2f})<extra></extra>",
            )  # fmt: skip
    label_genres(figure, table["genre"], table["films"])
    reach = float(np.nanmax(np.abs(table[["low", "high", "lead"]].to_numpy()))) * 1.05
    figure.update_xaxes(
        title=f"← {drawn[second]} ahead   ·   {drawn[first]} ahead →<br>difference in average precision",
        range=[-reach, reach], nticks=7,
    )  # fmt: skip
    reading = (
        f"Each row is a genre with its number of films. Marks right of the line: {names[first]} ranks that genre's "
        f"films better; left of it: {names[second]} does. The thin line is the 95 % confidence interval; the mark is "
        "filled if the interval excludes 0 (significant), otherwise hollow, as the difference may be chance. About one "
        f"in twenty genres that both models rank equally well looks significant by chance.{limit}"
    )
    alt = f"{title}: {leads_sentences(leads, first, second)}"
    return make_chart(figure, 150 + _ROW * len(table), palette, title, alt, reading)


def confusion_matrix(counts: Counts, genre: str, label: str, palette: Palette) -> Chart:
    """The confusion matrix of a genre, in films, for the model with this label."""
    cells = [[(counts.tp, "✓ found", True), (counts.fn, "✗ missed", False)],
             [(counts.fp, "✗ false alarm", False), (counts.tn, "✓ correctly rejected", True)]]  # fmt: skip
    most = max(1, counts.tp, counts.fn, counts.fp)  # true negatives outnumber all others
    figure = go.Figure()
    for row, line in enumerate(cells):
        for column, (films, name, right) in enumerate(line):
            tint = palette.mixed(palette.verdict(right), 0.08 + 0.3 * float(min(1.0, films / most)))
            figure.add_shape(type="rect", x0=column - 0.49, x1=column + 0.49, y0=row - 0.48, y1=row + 0.48,
                             fillcolor=tint, line={"width": 0}, layer="below")  # fmt: skip
            figure.add_annotation(x=column, y=row, text=f"<b>{films:,}</b><br>{name}", showarrow=False,
                                  font={"size": 15})  # fmt: skip
    figure.add_scatter(x=[None], y=[None], showlegend=False)  # axes without a trace are not drawn
    figure.update_xaxes(tickvals=[0, 1], ticktext=["picked", "not picked"], range=[-0.5, 1.5], side="top",
                        showgrid=False, fixedrange=True, title=literal(label))  # fmt: skip
    figure.update_yaxes(tickvals=[0, 1], ticktext=["has it", "does not"], range=[1.5, -0.5], showgrid=False,
                        fixedrange=True, title="The film", ticksuffix=" ")  # fmt: skip
    alt = (
        f"{label} on {genre}: {counts.tp:,} films found, {counts.fn:,} missed, {counts.fp:,} false alarms, "
        f"{counts.tn:,} correctly rejected."
    )
    reading = (
        f"Films by whether they have the genre {genre} (rows) and whether {label} picked it (columns). Found and "
        "correctly rejected are right; missed and false alarm are the two kinds of error."
    )
    return make_chart(figure, 270, palette, f"{genre}: confusion matrix of {label}", alt, reading)


def substitution_heatmap(table: pd.DataFrame, label: str, palette: Palette) -> Chart:
    """A table of ``substitutions``; rows are the genres that the model with this label missed most often."""
    title = f"Substitutions: what {label} picks instead"
    all_missed = table[table[MISSED] > 0].sort_values(MISSED, ascending=False, kind="stable")
    if all_missed.empty:
        return empty_chart(title, f"{label} missed no genre of these films.", palette)
    shown = all_missed.head(_HEATMAP_ROWS)
    genres = table.columns[:-2]
    percent = shown[[*shown.index, *(name for name in genres if name not in shown.index), NOTHING]] * 100  # as the rows
    percent = percent.loc[:, percent.ge(_WRITTEN_FROM).any() | (percent.columns == NOTHING)]
    if hidden := max(0, len(percent.columns) - _HEATMAP_COLUMNS):
        weakest = percent.drop(columns=NOTHING).max().sort_values(kind="stable").index[:hidden]
        percent = percent.drop(columns=weakest)
    figure = go.Figure(
        go.Heatmap(
            z=percent, x=[literal(name) for name in percent.columns], xgap=1, ygap=1, zmin=0, zmax=100,
            y=[f"{literal(genre)} ({films:,})" for genre, films in shown[MISSED].items()],
            colorscale=[[0, palette.mixed(palette.faint, 0.45)], [1, palette.accent]],
            colorbar={"orientation": "h", "thickness": 8, "outlinewidth": 0, "len": 0.6, "y": -0.02, "yanchor": "top",
                      "ticksuffix": _PERCENT, "nticks": 5},
            text=percent.map(lambda share: f"{share:.0f}" if share >= _WRITTEN_FROM else ""),
            texttemplate="%{text}",
            hoverongaps=False,
            hovertemplate=f"Where it missed %{{y}}, it wrongly picked %{{x}} in %{{z:.0f}}{_PERCENT}<extra></extra>",
        )
    )  # fmt: skip
    every_name = {"showgrid": False, "dtick": 1, "tickfont": {"size": 11}}
    figure.update_xaxes(side="top", tickangle=-90, title="… it wrongly picked", **every_name)
    figure.update_yaxes(autorange="reversed", title="Where it missed …", ticksuffix=" ", **every_name)
    counted = shown[MISSED] >= MIN_FILMS  # with fewer, a share of 100 % is nothing special
    strongest, shares = "", percent[counted].drop(columns=NOTHING).stack()
    if len(shares) and shares.max() > 0:
        missed, chosen = shares.idxmax()
        among = "" if counted.all() else f" among the genres missed in at least {MIN_FILMS} films"
        strongest = (
            f" The largest share{among}: where {missed} was missed, {chosen} was wrongly picked in "
            f"{shares.max():.0f}{_PERCENT} of the films."
        )
    limit = f" Only the {_HEATMAP_ROWS} genres missed most often have a row." if len(all_missed) > len(shown) else ""
    limit += f" Only the {_HEATMAP_COLUMNS - 1} genres with the largest shares have a column." if hidden else ""
    reading = (
        f"Each row: of the films that have the genre on the left but were not given it, the share (in{_PERCENT}) that "
        f"was wrongly given the genre above; “{NOTHING}” is the share without any wrong genre. The number in "
        "parentheses counts these films. A film may be given several wrong genres, so a row can add up to more than "
        f"100{_PERCENT}. Shares below {_WRITTEN_FROM}{_PERCENT} are not written out, and genres below that in "
        f"every row have no column.{limit}{strongest}"
    )
    alt = f"Wrong genres that {label} picked where it missed a true one.{strongest}"
    return make_chart(figure, 190 + 23 * len(shown), palette, title, alt, reading)
