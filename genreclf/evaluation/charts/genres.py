"""Charts with one row per genre."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from genreclf.evaluation.charts.chart import Chart, drawn, empty
from genreclf.evaluation.metrics import NAMES
from genreclf.models import model_label
from genreclf.palette import SYMBOLS, Palette
from genreclf.units import listed

_ROW = 27  # pixels
_NONE_FOUND = "A mark at 0 means that no film of the genre was found."
_DETAILS = {
    "precision": "A model that never chose a genre has no precision there, so no mark.",
    "recall": _NONE_FOUND,
    "f1": _NONE_FOUND,
    "average_precision": "A model that gives every film the same probability cannot rank them; its mark is at the "
    "genre's share of the films.",
}


def genre_bars(table: pd.DataFrame, metric: str, palette: Palette) -> Chart:
    """A metric of every genre that has a film, the most frequent at the top, one mark per model.

    Args:
        table: from ``genreclf.evaluation.genres.genre_table``, of some models.
        metric: ``"precision"``, ``"recall"``, ``"f1"`` or ``"average_precision"``.
        palette: the colours.
    """
    name = NAMES[metric]
    present = table[table["films"] > 0]
    if present.empty:
        return empty(160, palette, name, "No genre has a film here.")
    order = present.drop_duplicates("genre").sort_values("films", kind="stable")  # Plotly counts from the bottom
    rows = {genre: row for row, genre in enumerate(order["genre"])}
    chart = go.Figure()
    spans = present.groupby("genre")[metric].agg(["min", "max"]).dropna()  # of the genres in which a model has it
    for genre, (low, high) in zip(spans.index, spans.to_numpy(), strict=True):
        chart.add_shape(type="line", x0=low, x1=high, y0=rows[genre], y1=rows[genre], layer="below",
                        line={"color": palette.faint, "width": 2})  # fmt: skip
    for model, mine in present.groupby("model", sort=False):
        chart.add_scatter(
            x=mine[metric], y=[rows[genre] for genre in mine["genre"]], name=model_label(model), mode="markers",
            marker={"symbol": SYMBOLS.get(model, "circle"), "size": 10, "color": palette.model(model)},
            customdata=mine[["genre", "films"]], cliponaxis=False,
            hovertemplate=f"{model_label(model)}, %{{customdata[0]}}: {name} %{{x:.2f}} "
            "(%{customdata[1]:,} films)<extra></extra>",
        )  # fmt: skip
    labels = [f"{genre} ({films:,})" for genre, films in zip(order["genre"], order["films"], strict=True)]
    chart.update_yaxes(tickvals=list(rows.values()), ticktext=labels, range=[-0.7, len(rows) - 0.3], ticksuffix=" ")
    chart.update_xaxes(title=f"{name}: further right is better", range=[-0.02, 1.02], tickformat=".1f", dtick=0.2)
    alt = f"{name} of {len(rows)} genres, for each model{_on_average(present, metric)}."
    reading = (
        f"Each row is a genre, the most frequent at the top, with its number of films in parentheses; each mark is a "
        f"model's {name if name == 'F1' else name.lower()}, where 1 is perfect. With few films in a row, its marks are "
        f"mostly chance. {_DETAILS[metric]}"
    )
    height = 100 + 20 * -(-present["model"].nunique() // 4) + _ROW * len(rows)
    return drawn(chart, height, palette, f"{name} by genre", alt, reading)


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
    """How much better one model ranks a genre's films than another, with confidence intervals.

    Args:
        leads: from ``genreclf.evaluation.poster_vs_overview.genre_lead``.
        first, second: names of the models.
        palette: the colours.
    """
    names = {model: model_label(model) for model in (first, second)}
    title = f"{names[first]} or {names[second]}, genre by genre"
    if leads.empty:
        return empty(160, palette, title, "No genre has enough films to compare the two here.")
    leads = leads.sort_values("lead", kind="stable").reset_index(drop=True)
    chart = go.Figure()
    chart.add_shape(type="line", x0=0, x1=0, y0=0, y1=1, yref="y domain", line={"color": palette.ink, "width": 1})
    for model, ahead in ((second, leads["lead"] < 0), (first, leads["lead"] >= 0)):
        colour, symbol = palette.model(model), SYMBOLS[model].removesuffix("-open")
        for significant, words in ((True, "significant"), (False, "not significant")):
            mine = leads[ahead & (leads["significant"].astype(bool) == significant)]
            chart.add_scatter(
                x=mine["lead"], y=mine.index, mode="markers", name=f"{names[model]} leads, {words}",
                marker={"symbol": symbol if significant else f"{symbol}-open", "size": 11, "color": colour,
                        "line": {"width": 2, "color": colour}},
                error_x={"type": "data", "symmetric": False, "array": mine["high"] - mine["lead"],
                         "arrayminus": mine["lead"] - mine["low"], "color": colour, "thickness": 1.5, "width": 0},
                customdata=mine[["genre", "films", "first_ap", "second_ap", "low", "high"]],
                hovertemplate=f"%{{customdata[0]}} (%{{customdata[1]:,}} films): {names[first]} "
                f"%{{customdata[2]:.2f}}, {names[second]} %{{customdata[3]:.2f}}<br>"
                "difference %{x:.2f} (%{customdata[4]:.2f} to %{customdata[5]:.2f})<extra></extra>",
                cliponaxis=False,
            )  # fmt: skip
    labels = [f"{genre} ({films:,})" for genre, films in zip(leads["genre"], leads["films"], strict=True)]
    chart.update_yaxes(tickvals=list(range(len(leads))), ticktext=labels, range=[-0.7, len(leads) - 0.3],
                       ticksuffix=" ")  # fmt: skip
    reach = float(np.nanmax(np.abs(leads[["low", "high", "lead"]].to_numpy()))) * 1.05
    chart.update_xaxes(
        title=f"← {names[second]} ahead   ·   {names[first]} ahead →<br>difference in average precision",
        range=[-reach, reach], nticks=7,
    )  # fmt: skip
    significant_leads = leads[leads["significant"].astype(bool)]
    sentences = [
        f"{names[model]} is significantly better on {listed(significant_leads.loc[ahead, 'genre'].tolist())}."
        for model, ahead in ((first, significant_leads["lead"] > 0), (second, significant_leads["lead"] < 0))
        if ahead.any()
    ]
    alt = f"{title}: {' '.join(sentences) or 'no difference is significant.'}"
    reading = (
        f"Each row is a genre with its number of films. Marks right of the line: {names[first]} ranks that genre's "
        f"films better; left of it: {names[second]} does. The thin line is the 95 % confidence interval; the mark is "
        "filled if the interval excludes 0 (significant), otherwise hollow, as the difference may be chance. About one "
        "in twenty genres that both models know equally well looks significant by chance."
    )
    return drawn(chart, 150 + _ROW * len(leads), palette, title, alt, reading)
