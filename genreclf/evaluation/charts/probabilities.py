"""Charts of where thresholds stand, and of whether probabilities can be taken at their word."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from genreclf.evaluation.charts.chart import Chart, drawn, empty, level, upright
from genreclf.evaluation.counts import counts_at, precision_recall
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.genres import GENRES
from genreclf.models import model_label
from genreclf.palette import DASHES, SYMBOLS, Palette
from genreclf.units import percent

_POINTS = 299  # of one line; more cannot be seen
_BLINDLY = "24px,8px"  # dashes that no model has
_GRID = np.linspace(0.0, 1.0, 201)  # thresholds at which a curve is drawn
_UNIT = {"range": [-0.01, 1.02], "tickformat": ".1f", "dtick": 0.2}


def precision_recall_chart(predictions: SplitPredictions, genre: str, models: Sequence[str], palette: Palette) -> Chart:
    """Precision against recall of a genre as its threshold falls, a line a model, the fitted thresholds marked."""
    column = GENRES.index(genre)
    truth = predictions.labels[:, column]
    films, title = int(truth.sum()), f"{genre}: precision against recall"
    if not films:
        return empty(160, palette, title, f"No film here has the genre {genre}.")
    chart, said = go.Figure(), []
    for model in models:
        told, label = predictions.of(model), model_label(model)
        curve = _from_the_start(_thin(precision_recall(truth, told.probabilities[:, column])))
        fitted = counts_at(truth, told.probabilities[:, column], told.thresholds[column])
        chart.add_scatter(
            x=curve["recall"], y=curve["precision"], name=label, mode="lines",
            line={"color": palette.model(model), "width": 2, "dash": DASHES.get(model, "solid"), "shape": "hv"},
            customdata=curve["threshold"], legendgroup=model,
            hovertemplate=f"{label}: recall %{{x:.2f}}, precision %{{y:.2f}} at the threshold %{{customdata:.2f}}"
            "<extra></extra>",
        )  # fmt: skip
        if fitted.chosen:
            chart.add_scatter(
                x=[fitted.recall], y=[fitted.precision], mode="markers", showlegend=False, legendgroup=model,
                marker={"symbol": SYMBOLS.get(model, "circle"), "size": 12, "color": palette.model(model),
                        "line": {"width": 1.5, "color": palette.paper}},
                hovertemplate=f"{label} at its fitted threshold {told.thresholds[column]:.2f}: recall %{{x:.2f}}, "
                "precision %{y:.2f}<extra></extra>",
                cliponaxis=False,
            )  # fmt: skip
            said.append(f"{label} precision {fitted.precision:.2f}, recall {fitted.recall:.2f}")
    share = films / len(predictions)
    level(chart, share, palette, "chosen blindly", dash=_BLINDLY, at="left")
    chart.update_xaxes(title="Recall: share of its films found", **_UNIT)
    chart.update_yaxes(title="Precision: share that is right", **_UNIT)
    alt = f"{title}, {films:,} films. At the fitted thresholds: {'; '.join(said) or 'no model chooses it'}."
    reading = (
        f"Each line is a model; going right along it, the threshold falls and more of the {films:,} films are found "
        "(recall), while of those it chooses fewer have the genre (precision). Nearer the top right is better. The "
        f"marks are the thresholds fitted on validation films; the line of long dashes, at {_share(share)}, is what "
        "choosing films blindly would give."
    )
    return drawn(chart, 420 + 20 * -(-len(models) // 4), palette, title, alt, reading)


def threshold_chart(
    truth: np.ndarray, told: np.ndarray, threshold: float, fitted: float, genre: str, model: str, palette: Palette
) -> Chart:
    """Precision, recall and F1 of a genre by its threshold, the chosen and the fitted one marked.

    Args:
        truth: 0/1 of shape ``(n,)``.
        told: the model's probabilities, ``(n,)``.
        threshold: the one that is tried.
        fitted: the one in the model's card.
        genre, model: their names.
        palette: its colours.
    """
    title = f"{genre} by threshold, {model_label(model)}"
    if not np.any(truth):
        return empty(160, palette, title, f"No film here has the genre {genre}.")
    chart, colour = go.Figure(), palette.model(model)
    counts = [counts_at(truth, told, value) for value in _GRID]
    lines = (("precision", "solid", colour), ("recall", "7px,4px", colour), ("f1", "2px,3px", palette.ink))
    for name, dash, shade in lines:
        chart.add_scatter(
            x=_GRID, y=[getattr(one, name) for one in counts], name=name.capitalize(), mode="lines",
            line={"color": shade, "width": 2.2, "dash": dash},
            hovertemplate=f"threshold %{{x:.2f}}: {name.capitalize()} %{{y:.2f}}<extra></extra>",
        )  # fmt: skip
    is_fitted = abs(threshold - fitted) < 0.005
    side = "left" if (fitted > 0.6 if is_fitted else threshold > fitted) else "right"
    words = "fitted, as tried" if is_fitted else "fitted"
    upright(chart, fitted, words, side, palette.ink, 1, "dot")
    if not is_fitted:
        upright(chart, threshold, "tried", "right" if side == "left" else "left", palette.accent, 2, "solid")
    chart.update_xaxes(title="Threshold", **_UNIT)
    chart.update_yaxes(title="Share", **_UNIT)
    now = counts_at(truth, told, threshold)
    alt = (
        f"{title}: at {threshold:.2f}, {now.hits:,} of {now.hits + now.missed:,} films found with {now.false_alarms:,} "
        f"false alarms; the fitted threshold is {fitted:.2f}."
    )
    reading = (
        "The genre is chosen for films whose probability reaches the threshold. Moving it to the right makes the model "
        "choosier: precision, the share of its choices that is true, mostly rises, and recall, the share of true films "
        "found, falls. F1 is high only where both are. The dotted upright line is the threshold fitted on validation "
        "films, the other one the threshold that is tried. Precision ends where nothing is chosen any more."
    )
    return drawn(chart, 380, palette, title, alt, reading)


def reliability_chart(before: pd.DataFrame, after: pd.DataFrame, model: str, palette: Palette) -> Chart:
    """What was predicted against what came true, before and after calibration.

    Args:
        before, after: from ``genreclf.evaluation.counts.reliability``.
        model: its name.
        palette: its colours.
    """
    chart, colour, label = go.Figure(), palette.model(model), model_label(model)
    chart.add_scatter(x=[0, 1], y=[0, 1], mode="lines", showlegend=False, hoverinfo="skip",
                      line={"color": palette.ink, "width": 1, "dash": "dot"})  # fmt: skip
    most = max(1, *(int(table["pairs"].max()) for table in (before, after) if len(table)))
    for name, table, symbol, dash, shade in (
        ("before", before, "circle-open", "4px,3px", palette.mixed(palette.ink, 0.55)),
        ("after calibration", after, "circle", "solid", colour),
    ):
        chart.add_scatter(
            x=table["predicted"], y=table["true"], name=name, mode="lines+markers",
            line={"color": shade, "width": 2, "dash": dash},
            marker={"symbol": symbol, "color": shade, "size": 5 + 13 * np.sqrt(table["pairs"] / most),
                    "line": {"width": 1.5, "color": shade}},
            customdata=table["pairs"],
            hovertemplate=name + ": predicted %{x:.2f}, came true %{y:.2f}, %{customdata:,} answers<extra></extra>",
            cliponaxis=False,
        )  # fmt: skip
    chart.update_xaxes(title="Predicted probability", **_UNIT)
    chart.update_yaxes(title="Share that came true", **_UNIT)
    title = f"{label}: can its probabilities be taken at their word?"
    sure = after[after["predicted"] > 0.5]
    alt = f"{label}: predicted against true shares, before and after calibration."
    if len(sure):
        pairs = sure["pairs"] / sure["pairs"].sum()
        alt += (
            f" Of answers above one half, {percent((sure['predicted'] * pairs).sum())} were predicted to be true and "
            f"{percent((sure['true'] * pairs).sum())} were."
        )
    three_tenths = percent(0.3)
    reading = (
        "Each mark gathers answers of like probability, larger marks more of them. On the dotted line, of the answers "
        f"given at {three_tenths} just {three_tenths} come true; below it the model is too sure of itself, above it "
        "not sure enough. Marks of few answers stray by chance."
    )
    return drawn(chart, 400, palette, title, alt, reading)


def _thin(curve: pd.DataFrame) -> pd.DataFrame:
    if len(curve) <= _POINTS:
        return curve
    return curve.iloc[np.unique(np.linspace(0, len(curve) - 1, _POINTS).astype(int))]


def _from_the_start(curve: pd.DataFrame) -> pd.DataFrame:
    """A curve that reaches recall 0, where its first films are not reached yet, with their precision."""
    first = curve.iloc[[-1]]
    return pd.concat([curve, first.assign(recall=0.0)], ignore_index=True) if first["recall"].item() > 0 else curve


def _share(share: float) -> str:
    return "<0.01" if share < 0.005 else f"{share:.2f}"
