"""Charts of thresholds and of the reliability of probabilities."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from genreclf.evaluation.charts.chart import SHARE_AXIS, Chart, add_mark, empty_chart, make_chart, marker, name_of
from genreclf.evaluation.counts import counts_at
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.thresholds import precision_recall
from genreclf.models import model_label
from genreclf.palette import Palette
from genreclf.units import percent

_POINTS = 299  # of one line; more would not be visible
_RANDOM = "24px,8px"  # a dash that no model has
_GRID = np.linspace(0.0, 1.0, 201)  # thresholds at which a curve is drawn


def precision_recall_chart(predictions: SplitPredictions, genre: str, models: Sequence[str], palette: Palette) -> Chart:
    """Precision against recall of a genre, one line per model, with a marker at each fitted threshold."""
    column = predictions.genres.index(genre)
    truth = predictions.labels[:, column]
    films, title = int(truth.sum()), f"{genre}: precision against recall"
    if not films:
        return empty_chart(title, f"No film here has the genre {genre}.", palette)
    figure, at_fitted = go.Figure(), []
    for model in models:
        ours, label, colour = predictions.of(model), name_of(model), palette.model(model)
        curve = _curve(truth, ours.probabilities[:, column])
        fitted = counts_at(truth, ours.probabilities[:, column], ours.thresholds[column])
        figure.add_scatter(
            x=curve["recall"], y=curve["precision"], name=label, mode="lines",
            line={"color": colour, "width": 2, "dash": palette.dash(model), "shape": "hv"},
            customdata=curve["threshold"], legendgroup=label,
            hovertemplate=f"{label}: recall %{{x:.2f}}, precision %{{y:.2f}} at the threshold %{{customdata:.2f}}"
            "<extra></extra>",
        )  # fmt: skip
        if fitted.chosen:
            figure.add_scatter(
                x=[fitted.recall], y=[fitted.precision], mode="markers", showlegend=False, legendgroup=label,
                marker=marker(palette.symbol(model), colour, 12, palette.paper), cliponaxis=False,
                hovertemplate=f"{label} at its fitted threshold {ours.thresholds[column]:.2f}: recall %{{x:.2f}}, "
                "precision %{y:.2f}<extra></extra>",
            )  # fmt: skip
            at_fitted.append(f"{model_label(model)} precision {fitted.precision:.2f}, recall {fitted.recall:.2f}")
    share = films / len(predictions)
    figure.add_scatter(
        x=[0, 1], y=[share, share], name="random choice", mode="lines", hoverinfo="skip",
        line={"color": palette.ink, "width": 1, "dash": _RANDOM},
    )  # fmt: skip
    figure.update_xaxes(title="Recall: share of the genre's films that are found", **SHARE_AXIS)
    figure.update_yaxes(title="Precision: share of the picks that are right", **SHARE_AXIS)
    alt = f"{title}, {films:,} films. At the fitted thresholds: {'; '.join(at_fitted) or 'no model picks it'}."
    reading = (
        "Each line is a model. From left to right along a line, the threshold falls: more of the genre's films are "
        "found (recall), but usually fewer of the picked films have the genre (precision). Nearer the top right is "
        "better. The marks are the thresholds fitted on validation films; the line of long dashes, at "
        f"{'<0.01' if share < 0.005 else f'{share:.2f}'}, is the precision of picking films at random."
    )
    return make_chart(figure, 420 + 20 * -(-(len(models) + 1) // 4), palette, title, alt, reading)


def threshold_chart(
    truth: np.ndarray,
    probabilities: np.ndarray,
    threshold: float,
    fitted: float,
    genre: str,
    model: str,
    palette: Palette,
) -> Chart:
    """Precision, recall and F1 of a genre by threshold, with lines at the current and the fitted threshold."""
    title = f"{genre} by threshold, {model_label(model)}"
    if not np.any(truth):
        return empty_chart(title, f"No film here has the genre {genre}.", palette)
    figure, colour = go.Figure(), palette.model(model)
    counts = counts_at(truth, probabilities, _GRID)
    lines = (("Precision", counts.precision, "solid", colour), ("Recall", counts.recall, "7px,4px", colour),
             ("F1", counts.f1, "2px,3px", palette.ink))  # fmt: skip
    for name, values, dash, shade in lines:
        figure.add_scatter(
            x=_GRID, y=values, name=name, mode="lines", line={"color": shade, "width": 2.2, "dash": dash},
            hovertemplate=f"threshold %{{x:.2f}}: {name} %{{y:.2f}}<extra></extra>",
        )  # fmt: skip
    if abs(threshold - fitted) < 0.005:
        add_mark(figure, fitted, palette, "fitted (current)", "left" if fitted > 0.6 else "right")
    else:  # with the labels on the outer sides of the two lines
        left, right = ("left", "right") if threshold > fitted else ("right", "left")
        add_mark(figure, fitted, palette, "fitted", left)
        add_mark(figure, threshold, palette, "current", right, is_subject=True)
    figure.update_xaxes(title="Threshold", **SHARE_AXIS)
    figure.update_yaxes(title="Share", **SHARE_AXIS)
    now = counts_at(truth, probabilities, threshold)
    alt = (
        f"{title}: at {threshold:.2f}, {now.tp:,} of {now.positives:,} films found with {now.fp:,} false alarms; the "
        f"fitted threshold is {fitted:.2f}."
    )
    reading = (
        "The genre is picked for films whose probability reaches the threshold. A higher threshold makes the model "
        "choosier: precision, the share of its picks that are true, mostly rises, and recall, the share of the "
        "genre's films that are found, falls. F1 is high only where both are. The dotted vertical line is the "
        "threshold fitted on validation films, the solid one the current threshold. Precision ends where nothing is "
        "picked."
    )
    return make_chart(figure, 380, palette, title, alt, reading)


def reliability_chart(before: pd.DataFrame | None, after: pd.DataFrame, model: str, palette: Palette) -> Chart:
    """Predicted against true shares, from ``reliability`` before (if known) and after calibration."""
    figure, label = go.Figure(), model_label(model)
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", showlegend=False, hoverinfo="skip",
                       line={"color": palette.ink, "width": 1, "dash": "dot"})  # fmt: skip
    most = max(1, *(int(table["pairs"].max()) for table in (before, after) if table is not None and len(table)))
    for name, table, symbol, dash, shade in (
        ("before", before, "circle-open", "4px,3px", palette.mixed(palette.ink, 0.55)),
        ("as given" if before is None else "after calibration", after, "circle", "solid", palette.model(model)),
    ):
        if table is None:
            continue
        figure.add_scatter(
            x=table["predicted"], y=table["true"], name=name, mode="lines+markers", cliponaxis=False,
            line={"color": shade, "width": 2, "dash": dash},
            marker=marker(symbol, shade, 5 + 13 * np.sqrt(table["pairs"] / most)),
            customdata=table["pairs"],
            hovertemplate=name + ": predicted %{x:.2f}, came true %{y:.2f}, %{customdata:,} predictions<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title="Predicted probability", **SHARE_AXIS)
    figure.update_yaxes(title="Share that came true", **SHARE_AXIS)
    title = f"{label}: how reliable are its probabilities?"
    likely = after[after["predicted"] > 0.5]  # the groups, which are what is drawn
    alt = f"{label}: predicted against true shares{', before and after calibration' if before is not None else ''}."
    if len(likely):
        predicted, true = np.average(likely[["predicted", "true"]], axis=0, weights=likely["pairs"])
        alt += (
            f" Groups above one half average {percent(predicted)}, and {percent(true)} of their predictions came true."
        )
    three_tenths = percent(0.3)
    reading = (
        "Each mark groups predictions of similar probability; larger marks stand for more of them. On the dotted line, "
        f"{three_tenths} of the predictions made with {three_tenths} come true; below it the model is overconfident, "
        "above it underconfident. Small marks scatter by chance."
    )
    return make_chart(figure, 400, palette, title, alt, reading)


def _curve(truth: np.ndarray, probabilities: np.ndarray) -> pd.DataFrame:
    """The precision-recall curve, thinned, and extended to recall 0 with the precision of its highest threshold."""
    curve = precision_recall(truth, probabilities)
    curve = curve.iloc[np.unique(np.linspace(0, len(curve) - 1, min(len(curve), _POINTS)).astype(int))]
    last = curve.iloc[[-1]]
    return pd.concat([curve, last.assign(recall=0.0)], ignore_index=True) if last["recall"].item() > 0 else curve
