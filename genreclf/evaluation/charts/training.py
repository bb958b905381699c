"""The curves of a training."""

import plotly.graph_objects as go

from genreclf.evaluation.charts.chart import Chart, drawn, empty, level
from genreclf.evaluation.histories import History
from genreclf.models import SPECS, model_label
from genreclf.palette import Palette, see_through
from genreclf.units import listed


def training_curves(history: History, palette: Palette) -> Chart:
    """Training and validation loss by epoch, the best epoch marked, with the constant answer's loss where known."""
    title, epochs, known = f"{history.label}: loss by epoch", history.epochs, history.facts
    if epochs.empty:
        return empty(160, palette, title, "No epoch was finished.")
    chart, colour = go.Figure(), palette.model(history.model)
    mode = "lines" if len(epochs) > 1 else "markers"
    chart.add_scatter(
        x=epochs["epoch"], y=epochs["loss"], name="training", mode=mode,
        line={"color": see_through(colour, 0.6), "width": 1.8, "dash": "6px,3px"},
        hovertemplate="epoch %{x}: training loss %{y:.4f}<extra></extra>",
    )  # fmt: skip
    chart.add_scatter(
        x=epochs["epoch"], y=epochs["val_loss"], name="validation", mode=mode, line={"color": colour, "width": 2.5},
        hovertemplate="epoch %{x}: validation loss %{y:.4f}<extra></extra>",
    )  # fmt: skip
    alt = f"{history.label}: training and validation loss of {len(epochs)} epoch{'s' * (len(epochs) != 1)}."
    if known.best_epoch is not None:
        chart.add_scatter(
            x=[known.best_epoch], y=[known.best_loss], name="best epoch", mode="markers",
            marker={"symbol": "circle-open", "size": 13, "color": palette.ink, "line": {"width": 2}},
            hovertemplate="best, epoch %{x}: validation loss %{y:.4f}<extra></extra>",
        )  # fmt: skip
        alt += f" The validation loss is lowest in epoch {known.best_epoch}, with {known.best_loss:.4f}."
    to_beat = known.base_rate_loss if history.comparable else None
    if to_beat is not None:
        level(chart, to_beat, palette, "always the base rates", below=epochs["val_loss"].iloc[-1] > to_beat)
    settled = epochs if len(epochs) < 3 else epochs[epochs["epoch"] > 1]  # a first epoch may be far off
    shown = [*settled["loss"].dropna(), *settled["val_loss"].dropna(), *([to_beat] if to_beat is not None else [])]
    room = max((max(shown) - min(shown)) * 0.1, 0.002) if shown else 0.1
    if shown:
        chart.update_yaxes(range=[min(shown) - room, max(shown) + room])
    last = int(epochs["epoch"].max())
    chart.update_xaxes(title="Epoch", range=[0, last + 0.5], dtick=max(1, -(-last // 8)))
    kind = "Binary cross-entropy" if history.comparable else "Loss"
    chart.update_yaxes(title=kind, tickformat=".3f")
    reading = (
        "Lower is better. While both lines fall, the model learns what holds for other films too; when the validation "
        "line turns up while the training line goes on falling, it learns its films by heart (overfitting). The ring "
        "is the epoch whose weights were kept. Losses are from before calibration."
    )
    if parts := [model_label(part) for part in SPECS[history.model].parts]:
        reading += (
            f" Only the layer that joins {listed(parts)} is trained here, on top of the two as they were finished, so "
            "that the curve starts near its end."
        )
    return drawn(chart, 320, palette, title, alt, reading)
