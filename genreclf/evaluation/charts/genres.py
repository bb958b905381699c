"""Charts with one line a genre."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from genreclf.evaluation.charts.chart import Chart, drawn, empty
from genreclf.evaluation.metrics import NAMES
from genreclf.models import model_label
from genreclf.palette import SYMBOLS, Palette
from genreclf.units import listed

_ROW = 27  # pixels


def genre_bars(table: pd.DataFrame, figure: str, palette: Palette) -> Chart:
    """A figure of every genre that has a film, the most frequent at the top, a mark a model.

    Args:
        table: from ``genreclf.evaluation.per_genre.genre_table``, of some models.
        figure: ``"precision"``, ``"recall"``, ``"f1"`` or ``"average_precision"``.
        palette: its colours.
    """
    name = NAMES[figure]
    present = table[table["films"] > 0]
    if present.empty:
        return empty(160, palette, name, "No genre has a film here.")
    order = present.drop_duplicates("genre").sort_values("films", kind="stable")  # Plotly counts from the bottom
    rows = {genre: row for row, genre in enumerate(order["genre"])}
    chart = go.Figure()
    spans = present.groupby("genre")[figure].agg(["min", "max"]).dropna()  # of the genres in which a model has it
    for genre, (low, high) in zip(spans.index, spans.to_numpy(), strict=True):
        chart.add_shape(type="line", x0=low, x1=high, y0=rows[genre], y1=rows[genre], layer="below",
                        line={"color": palette.faint, "width": 2})  # fmt: skip
    for model, mine in present.groupby("model", sort=False):
        chart.add_scatter(
            x=mine[figure], y=[rows[genre] for genre in mine["genre"]], name=model_label(model), mode="markers",
            marker={"symbol": SYMBOLS.get(model, "circle"), "size": 10, "color": palette.model(model)},
            customdata=mine[["genre", "films"]], cliponaxis=False,
            hovertemplate=f"{model_label(model)}, %{{customdata[0]}}: {name} %{{x:.2f}} "
            "(%{customdata[1]:,} films)<extra></extra>",
        )  # fmt: skip
    labels = [f"{genre} ({films:,})" for genre, films in zip(order["genre"], order["films"], strict=True)]
    chart.update_yaxes(tickvals=list(rows.values()), ticktext=labels, range=[-0.7, len(rows) - 0.3], ticksuffix=" ")
    chart.update_xaxes(title=f"{name}: further right is better", range=[-0.02, 1.02], tickformat=".1f", dtick=0.2)
    alt = f"{name} of {len(rows)} genres, model by model{_on_average(present, figure)}."
    reading = (
        f"Each row is a genre, the most frequent at the top, with its number of films; each mark is a model's "
        f"{name if name in ('F1',) else name.lower()}, 1 being perfect. With few films in a row its marks are mostly "
        "chance. "
    ) + (
        "A model that never chose a genre has no precision there, so no mark."
        if figure == "precision"
        else "At 0 stands who found none of a genre's films."
        if figure in ("recall", "f1")
        else "Who says the same of every film ranks them blindly, and stands at the genre's share."
    )
    height = 100 + 20 * -(-present["model"].nunique() // 4) + _ROW * len(rows)
    return drawn(chart, height, palette, f"{name} by genre", alt, reading)


def _on_average(table: pd.DataFrame, figure: str) -> str:
    """The mean figure of each model, the best first, over the genres in which all of them have it."""
    wide = table.pivot(index="genre", columns="model", values=figure)
    held = wide.dropna()
    if held.empty:
        return ""
    of_models = held.mean().sort_values(ascending=False)
    told = ", ".join(f"{model_label(model)} {value:.2f}" for model, value in of_models.items())
    return f"; on average{'' if len(held) == len(wide) else f' over the {len(held)} that all of them have'}: {told}"


def lead_chart(leads: pd.DataFrame, first: str, second: str, palette: Palette) -> Chart:
    """By how much one model ranks a genre's films better than another, with its interval.

    Args:
        leads: from ``genreclf.evaluation.poster_vs_overview.genre_lead``.
        first, second: names of the models.
        palette: its colours.
    """
    names = {model: model_label(model) for model in (first, second)}
    title = f"{names[first]} or {names[second]}, genre by genre"
    if leads.empty:
        return empty(160, palette, title, "No genre has films enough to compare the two here.")
    leads = leads.sort_values("lead", kind="stable").reset_index(drop=True)
    chart = go.Figure()
    chart.add_shape(type="line", x0=0, x1=0, y0=0, y1=1, yref="y domain", line={"color": palette.ink, "width": 1})
    for model, ahead in ((second, leads["lead"] < 0), (first, leads["lead"] >= 0)):
        colour, symbol = palette.model(model), SYMBOLS[model].removesuffix("-open")
        for sure, words in ((True, "sure"), (False, "not sure")):
            mine = leads[ahead & (leads["sure"].astype(bool) == sure)]
            chart.add_scatter(
                x=mine["lead"], y=mine.index, mode="markers", name=f"{names[model]} leads, {words}",
                marker={"symbol": symbol if sure else f"{symbol}-open", "size": 11, "color": colour,
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
    sure = leads[leads["sure"].astype(bool)]
    said = [
        f"{names[model]} is surely better for {listed(sure.loc[ahead, 'genre'].tolist())}."
        for model, ahead in ((first, sure["lead"] > 0), (second, sure["lead"] < 0))
        if ahead.any()
    ]
    alt = f"{title}: " + (" ".join(said) if said else "no difference is sure.")
    reading = (
        f"Each row is a genre with its number of films. Marks right of the line: {names[first]} ranks that genre's "
        f"films better; left of it: {names[second]} does. The thin line is the 95 % interval; a filled mark is sure, "
        "as its interval leaves 0 out, a hollow one may be chance. Of genres that both know equally well, about one in "
        "twenty is called sure all the same."
    )
    return drawn(chart, 150 + _ROW * len(leads), palette, title, alt, reading)
