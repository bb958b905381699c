"""The live view of a run: where it is, its curves so far, and what they say."""

import time
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from genreclf.models import ModelSpec, get_spec
from genreclf.training import curves, launch
from genreclf.training.runs import Run, Status
from genreclf.ui import data, look, text
from genreclf.ui.train_runs import duration

REFRESH = "2s"
LOSS_HEIGHT, SHARE_HEIGHT = 330, 230  # pixels
LOG_LINES = 40

_BADGES = {
    Status.QUEUED: ("Queued", "schedule", "gray"),
    Status.RUNNING: ("Running", "play_circle", "blue"),
    Status.STALLED: ("No sign of life", "hourglass_disabled", "orange"),
    Status.COMPLETED: ("Completed", "check_circle", "green"),
    Status.STOPPED: ("Stopped", "stop_circle", "gray"),
    Status.FAILED: ("Failed", "error", "red"),
    Status.DIED: ("Died", "power_off", "red"),
}
_PHASES = {"starting": "Starting", "preparing": "Preparing the films", "evaluating": "Measuring on val and test"}


def show(run: Run, status: Status) -> None:
    """Show a run; while it is active the view looks again every two seconds and starts the next one in the queue."""
    st.fragment(_view, run_every=REFRESH if status.is_active else None)(run, status)


def example() -> None:
    """What would be there if a run had been: the curves to beat."""
    catalogue = data.current_catalogue()
    to_beat = curves.base_rate_loss(catalogue.labels, catalogue.in_split("train"), catalogue.in_split("val"))
    empty = curves.training_curve([])
    _loss_chart(get_spec("cnn"), empty, empty, curves.Facts(base_rate_loss=to_beat), 40, "nothing yet")


def _view(run: Run, shown_status: Status) -> None:
    status = run.status()
    if status is not shown_status or not run.config:  # its buttons stand outside this fragment; or it was deleted
        st.rerun()
    spec, events = get_spec(run.model), run.events()
    known = curves.facts(events)
    _state(run, status, known)
    if spec.is_baseline:
        st.caption("A baseline is fitted in one go: there is no curve to watch.")
    else:
        _charts(run, spec, events, known)
        st.markdown(in_words(known, events, curves.comparable_with_base_rates(run.config)))
        if spec.softmax:
            st.caption(
                "This model shares out 100 % among the genres, and its loss is categorical cross-entropy. It cannot be "
                "held against the base rates' binary cross-entropy; the figures measured at the end can."
            )
    _measured(run)
    if status in (Status.FAILED, Status.DIED):
        _log(run)
    if status is Status.QUEUED and launch.start_next():
        st.rerun()


def _state(run: Run, status: Status, known: curves.Facts) -> None:
    label, icon, colour = _BADGES[status]
    progress, reason = run.progress, text.plain(str(run.exit.get("reason", "")))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(label, icon=f":material/{icon}:", color=colour)
        if known.films:
            st.caption(f"{known.films:,} films to learn from, {known.val_films:,} to validate on")
    if status is Status.QUEUED:
        st.markdown(_queue(run))
    elif status.is_active:
        share, words = _progress(progress)
        st.progress(share, "Stopping after this batch…" if run.stop_file.exists() else words)
        if status is Status.STALLED:
            silent = duration(time.time() - progress.get("updated", time.time()))
            st.warning(f"The trainer lives but has said nothing for {silent}. The machine may be short of memory or "
                       "asleep; wait, or stop the run.", icon=":material/hourglass_disabled:")  # fmt: skip
    elif status is Status.FAILED:
        st.error(reason or "The trainer failed; its log is below.", icon=":material/error:")
    elif status is Status.DIED:
        kept = f"The {known.epochs} finished epochs are kept" if known.epochs > 1 else "What was finished is kept"
        st.error(f"The trainer was killed or the machine went down. {kept}: *Resume* goes on from there.",
                 icon=":material/power_off:")  # fmt: skip
    else:
        st.markdown(f"{reason} Trained for {duration(known.seconds)}.".strip())


def _queue(run: Run) -> str:
    before = launch.waits_for(run)
    if not before:
        return "Starting as soon as the device is free: a few seconds if nothing else trains here."
    place = "first" if len(before) == 1 else f"number {len(before)}"
    return f"It is {place} in the queue and starts by itself. At work now: {look.model_label(before[0].model)}."


def _progress(progress: dict[str, Any]) -> tuple[float, str]:
    """How far a trainer is, as a share in 0..1 and in words."""
    step, steps = progress.get("step") or 0, progress.get("steps") or 0
    part = min(1.0, step / steps) if steps else 0.0
    if progress.get("phase") != "training":
        words = _PHASES.get(progress.get("phase", ""), "Starting")
        return part, f"{words}: {step:,} of {steps:,}" if steps else f"{words}…"
    epoch, epochs = progress.get("epoch") or 1, progress.get("epochs") or 1
    words = [f"Epoch {epoch} of {epochs}", f"batch {step:,} of {steps:,}"]
    if progress.get("films_per_second"):
        words.append(f"{progress['films_per_second']:,.0f} films a second")
    if progress.get("seconds_left") is not None:
        words.append(f"about {duration(progress['seconds_left'])} left")
    return min(1.0, (epoch - 1 + part) / epochs), " · ".join(words)


def in_words(known: curves.Facts, events: list[curves.Event], comparable: bool) -> str:
    """What the curves say, for someone who does not read curves."""
    if known.best_epoch is None:
        return "No epoch is finished yet; the training curve grows by the batch."
    said = [f"Best so far: **epoch {known.best_epoch}** with a validation loss of **{known.best_loss:.4f}**."]
    if comparable and known.base_rate_loss is not None:
        gap = known.best_loss - known.base_rate_loss
        if gap < 0:
            said.append(
                f"That is {-gap:.4f} better than saying how frequent each genre is ({known.base_rate_loss:.4f})."
            )
        else:
            said.append(f"Just saying how frequent each genre is would do better ({known.base_rate_loss:.4f}).")
    if known.epochs - known.best_epoch >= 2:
        training = curves.training_curve(events).set_index("epoch")["loss"]
        if training.get(float(known.epochs), 0) < training.get(float(known.best_epoch), 0):
            said.append(f"Since then only the training loss has gone on falling, to {training[float(known.epochs)]:.4f}: "
                        "the model is learning its films by heart.")  # fmt: skip
    if known.val_films is not None and known.val_films < 200:
        said.append(f"With {known.val_films} films to validate on, the validation curves are rough.")
    return " ".join(said)


def _charts(run: Run, spec: ModelSpec, events: list[curves.Event], known: curves.Facts) -> None:
    training, validation = curves.training_curve(events), curves.validation_curve(events)
    epochs = run.config.get("recipe", {}).get("epochs", 1)
    if not curves.comparable_with_base_rates(run.config):
        known = curves.Facts(known.epochs, known.best_epoch, known.best_loss)
    said = in_words(known, events, comparable=False)
    _loss_chart(spec, training, validation, known, epochs, said)
    for column, name in zip(st.columns(2), ("precision", "recall"), strict=True):
        figure = _curves(spec, name, training, validation, known.best_epoch, epochs)
        figure.update_layout(showlegend=False)
        figure.update_yaxes(title=name.capitalize(), range=[0, 1], tickformat=".0%", nticks=6)
        with column:
            look.show(figure, f"train-{name}", SHARE_HEIGHT, f"{name.capitalize()} by epoch, training and validation.")


def _loss_chart(
    spec: ModelSpec, training: pd.DataFrame, validation: pd.DataFrame, known: curves.Facts, epochs: int, said: str
) -> None:
    figure = _curves(spec, "loss", training, validation, known.best_epoch, epochs)
    lines = []
    reference = None if spec.softmax else curves.reference_curve(spec.name)
    seen = (
        pd.DataFrame(columns=["epoch", "loss"])
        if reference is None
        else reference[reference["epoch"] <= max(epochs, 2)]
    )
    figure.add_scatter(
        x=seen["epoch"], y=seen["loss"], mode="lines", line={"color": look.model_colour("tfidf"), "width": 1},
        hovertemplate=f"report A's {spec.label} on the full set, epoch %{{x}}: %{{y:.4f}}<extra></extra>", showlegend=False,
    )  # fmt: skip
    if len(seen):
        lines.append(
            (seen["epoch"].iloc[-1], seen["loss"].iloc[-1], f"report A's {spec.label}, full set", "right", "top")
        )
    to_beat = [] if known.base_rate_loss is None else [known.base_rate_loss] * 2
    figure.add_scatter(
        x=[0, epochs][: len(to_beat)], y=to_beat, mode="lines",
        line={"color": look.model_colour("tfidf"), "width": 1, "dash": "dot"},
        hovertemplate="always the base rates: %{y:.4f}<extra></extra>", showlegend=False,
    )  # fmt: skip
    if to_beat:
        lines.append((epochs, to_beat[0], "always the base rates", "right", "bottom"))
    for x, y, label, xanchor, yanchor in lines:
        figure.add_annotation(x=x, y=y, text=label, xanchor=xanchor, yanchor=yanchor, showarrow=False,
                              font={"color": look.model_colour("tfidf"), "size": 12})  # fmt: skip
    kind = "categorical" if spec.softmax else "binary"
    figure.update_yaxes(
        title=f"Loss ({kind} cross-entropy)", tickformat=".2f", range=_loss_range(training, validation, seen, to_beat)
    )
    look.show(figure, "train-loss", LOSS_HEIGHT, f"Loss by epoch. {said.replace('**', '')}")


def _curves(
    spec: ModelSpec, name: str, training: pd.DataFrame, validation: pd.DataFrame, best: int | None, epochs: int
) -> go.Figure:
    """Training dashed and light, validation solid, the best epoch marked: the same three traces at every look."""
    colour = look.model_colour(spec.name)
    figure = go.Figure()
    figure.add_scatter(
        x=training["epoch"], y=training[name], name="Training", mode="lines",
        line={"color": look.see_through(colour, 0.6), "width": 1.5, "dash": "dash"},
        hovertemplate=f"training {name}, epoch %{{x:.1f}}: %{{y:.4f}}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=validation["epoch"], y=validation[name], name="Validation", mode="lines+markers",
        line={"color": colour, "width": 2.5}, marker={"size": 5},
        hovertemplate=f"validation {name} after epoch %{{x}}: %{{y:.4f}}<extra></extra>",
    )  # fmt: skip
    mark = validation[validation["epoch"] == best]
    figure.add_scatter(
        x=mark["epoch"], y=mark[name], name="Best epoch", mode="markers", showlegend=len(mark) > 0,
        marker={"size": 12, "symbol": "circle-open", "color": look.ink(), "line": {"width": 2}},
        hovertemplate=f"best epoch %{{x}}: %{{y:.4f}}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title="Epoch", range=[0, epochs * 1.03], nticks=12, tickformat="d", rangemode="tozero")
    return figure


def _loss_range(
    training: pd.DataFrame, validation: pd.DataFrame, reference: pd.DataFrame, to_beat: list[float]
) -> list[float] | None:
    """Room for all that matters: the high losses of the very first batches may leave the chart."""
    settled = training[training["epoch"] > 0.5] if len(validation) else training
    values = pd.concat(
        [settled["loss"], validation["loss"], reference["loss"], pd.Series(to_beat, dtype=float)]
    ).dropna()
    if values.empty:
        return None
    room = max(0.01, (values.max() - values.min()) * 0.08)
    return [values.min() - room, values.max() + room]


def _measured(run: Run) -> None:
    """The figures of the best weights, where the run got so far."""
    measured = run.exit.get("metrics") or {}
    if not measured:
        return
    st.markdown("**Measured at the end**, with the weights of the best epoch, calibrated:")
    names = {"bce": "BCE", "micro_f1": "Micro-F1", "macro_f1": "Macro-F1", "map": "mAP", "top1": "Top-1"}
    rows = [{"split": split, **{names[key]: figures.get(key) for key in names}} for split, figures in measured.items()]
    columns = {label: st.column_config.NumberColumn(label, format="%.3f") for label in names.values()}
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="train-measured", alt="Figures on val and test",
                 column_config={"split": "Films", **columns})  # fmt: skip


def _log(run: Run) -> None:
    with st.expander("End of the trainer's log", icon=":material/description:"):
        try:
            lines = run.log_file.read_text("utf-8", errors="replace").splitlines()[-LOG_LINES:]
        except OSError:
            lines = []
        st.code("\n".join(lines) or "The log is empty.", language=None, wrap_lines=True)
