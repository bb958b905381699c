"""The charts of a run: loss, precision and recall by epoch, with the losses to beat."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from genreclf.models import ModelSpec
from genreclf.training.curves import FIGURES, Facts, reference_curve
from genreclf.ui import look

LOSS_HEIGHT, SHARE_HEIGHT = 340, 230  # pixels


def show(
    spec: ModelSpec,
    training: pd.DataFrame,
    validation: pd.DataFrame,
    known: Facts,
    epochs: int,
    with_report: bool = True,
) -> None:
    """Draw three charts in a stable place.

    Args:
        spec: the model's, for its colour.
        training: columns ``epoch``, ``loss``, ``precision``, ``recall`` (see ``genreclf.training.curves``).
        validation: the same.
        known: the best epoch, and the base rates' loss where it can be compared.
        epochs: how many there is room for; planned ones, so that a chart keeps its width while a run goes on.
        with_report: draw the report's own curve too, where there is one; it was trained on the IMDb set, and a loss
            on the sample, whose genres are spread otherwise, cannot be held against it.
    """
    loss(spec, training, validation, known, epochs, with_report)
    for column, name in zip(st.columns(2), FIGURES[1:], strict=True):
        figure = _curves(spec, name, training, validation, known.best_epoch, epochs, ticks=5)
        figure.update_layout(showlegend=False)
        figure.update_yaxes(title_text=name.capitalize(), range=[0, 1], tickformat=".0%", nticks=6)
        with column:
            look.show(figure, f"train-{name}", SHARE_HEIGHT, f"{name.capitalize()} by epoch, training and validation.")


def loss(
    spec: ModelSpec,
    training: pd.DataFrame,
    validation: pd.DataFrame,
    known: Facts,
    epochs: int,
    with_report: bool = True,
) -> None:
    """Draw the loss alone (see ``show``), with what there is to beat in thin grey lines."""
    figure = _curves(spec, "loss", training, validation, known.best_epoch, epochs)
    grey = look.model_colour("tfidf")
    # a softmax has another loss
    reference = reference_curve(spec.name) if with_report and not spec.softmax else None
    reference = training.iloc[:0] if reference is None else reference[reference["epoch"] <= max(epochs, 2)]
    report = f"report A's {spec.label}"
    figure.add_scatter(
        x=reference["epoch"],
        y=reference["loss"],
        mode="lines",
        line={"color": grey, "width": 1},
        hovertemplate=f"{report}, epoch %{{x}}: %{{y:.4f}}<extra></extra>",
        showlegend=False,
    )
    to_beat = [] if known.base_rate_loss is None else [known.base_rate_loss] * 2
    figure.add_scatter(
        x=[0, epochs][: len(to_beat)],
        y=to_beat,
        mode="lines",
        line={"color": grey, "width": 1, "dash": "dot"},
        hovertemplate="always the base rates: %{y:.4f}<extra></extra>",
        showlegend=False,
    )
    label = {"showarrow": False, "font": {"color": grey, "size": 12}}
    if to_beat:
        below = len(reference) and reference["loss"].iloc[-1] > to_beat[0]  # away from the report's curve
        side = {"yanchor": "top", "yshift": -2} if below else {"yanchor": "bottom", "yshift": 2}
        figure.add_annotation(x=epochs, y=to_beat[0], text="always the base rates", xanchor="right", **side, **label)
    if len(reference):  # over its highest point, where it cannot cross it
        top = reference.loc[reference["loss"].idxmax()]
        figure.add_annotation(x=top["epoch"], y=top["loss"], text=report, xanchor="left", yanchor="bottom", **label)
    figure.update_yaxes(
        title_text=f"Loss ({'categorical' if spec.softmax else 'binary'} cross-entropy)",
        tickformat=".3f",
        range=_range(training, validation, [*reference["loss"], *to_beat]),
    )
    best = f" Best validation loss {known.best_loss:.4f} in epoch {known.best_epoch}." if known.best_epoch else ""
    look.show(figure, "train-loss", LOSS_HEIGHT, f"Loss by epoch, training and validation.{best}")


def _curves(
    spec: ModelSpec,
    name: str,
    training: pd.DataFrame,
    validation: pd.DataFrame,
    best: int | None,
    epochs: int,
    ticks: int = 10,
) -> go.Figure:
    """Training dashed and light, validation solid, the best epoch marked: the same traces at every look."""
    colour = look.model_colour(spec.name)
    figure = go.Figure()
    figure.add_scatter(
        x=training["epoch"],
        y=training[name],
        name="Training",
        mode="lines",
        line={"color": look.see_through(colour, 0.6), "width": 1.5, "dash": "5px,3px"},
        hovertemplate=f"training {name}, epoch %{{x:.1f}}: %{{y:.4f}}<extra></extra>",
    )
    figure.add_scatter(
        x=validation["epoch"],
        y=validation[name],
        name="Validation",
        mode="lines+markers",
        line={"color": colour, "width": 2.5},
        marker={"size": 5},
        hovertemplate=f"validation {name} after epoch %{{x}}: %{{y:.4f}}<extra></extra>",
    )
    mark = validation[validation["epoch"] == best]
    figure.add_scatter(
        x=mark["epoch"],
        y=mark[name],
        name="Best epoch",
        mode="markers",
        cliponaxis=False,
        marker={"size": 12, "symbol": "circle-open", "color": look.ink(), "line": {"width": 2}},
        hovertemplate="best epoch %{x}: %{y:.4f}<extra></extra>",
    )
    whole = max(1, -(-epochs // ticks))  # an axis of epochs has no halves
    figure.update_xaxes(title="Epoch", range=[0, epochs * 1.03], tick0=0, dtick=whole)
    figure.update_yaxes(ticklabelstandoff=6, title_standoff=14)
    return figure


def _range(training: pd.DataFrame, validation: pd.DataFrame, lines: list[float]) -> list[float] | None:
    """Room for all that matters; the high losses of the very first batches may leave the chart."""
    settled = training[training["epoch"] > 0.5] if len(validation) else training
    values = pd.Series([*settled["loss"], *validation["loss"], *lines], dtype=float).dropna()
    if values.empty:
        return None
    room = max(0.01, (values.max() - values.min()) * 0.08)
    return [values.min() - room, values.max() + room]
