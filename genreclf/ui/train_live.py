"""The live view of a run: where it is, its curves so far, and what they say."""

import dataclasses
import math
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from genreclf import paths
from genreclf.errors import UserError
from genreclf.evaluation.metrics import METRICS
from genreclf.models import get_spec
from genreclf.training import curves, launch
from genreclf.training.runs import Run, Status
from genreclf.ui import look, text, train_charts
from genreclf.ui.train_runs import duration
from genreclf.weights import find_weights

REFRESH = "2s"
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
    """What would be there if a run had been: the losses to beat."""
    known = curves.Facts()
    with suppress(UserError):  # damaged weights: the chart does without the line
        if prior := find_weights("prior"):  # fitted on the set that the report's curve is from
            known = curves.Facts(base_rate_loss=prior.card["metrics"]["val"]["bce"])
    empty = curves.training_curve([])
    train_charts.loss(get_spec("cnn"), empty, empty, known, 40)


def _view(run: Run, shown_status: Status) -> None:
    status = run.status()
    if status != shown_status or not run.config:  # its buttons stand outside this fragment; or it was deleted
        st.rerun()
    spec, events = get_spec(run.model), run.events()
    known = curves.facts(events)
    _state(run, status, known)
    if spec.is_baseline:
        st.caption("A baseline is fitted in one go: there is no curve to watch.")
        if spec.name != "prior" and known.best_loss is not None:
            st.markdown(f"Its validation loss is **{known.best_loss:.4f}**. {_beside_base_rates(known)}")
    else:
        if not curves.comparable_with_base_rates(run.config):
            known = dataclasses.replace(known, base_rate_loss=None)
        training, validation = curves.training_curve(events), curves.validation_curve(events)
        planned = run.config.get("recipe", {}).get("epochs", 1)
        done = max(1, math.ceil(training["epoch"].max())) if len(training) else planned
        with_report = Path(run.config["data"]) != paths.SAMPLE
        train_charts.show(spec, training, validation, known, planned if status.is_active else done, with_report)
        st.markdown(in_words(known, training, ended=not status.is_active))
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
    if progress.get("phase") == "training" and not step and not progress.get("seconds_left"):
        return 0.0, "Building the model; the first batch takes longest…"
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


def in_words(known: curves.Facts, training: pd.DataFrame, ended: bool = True) -> str:
    """What the curves say, for someone who does not read curves."""
    if known.best_epoch is None:
        return "No epoch was finished." if ended else "No epoch is finished yet; the training curve grows by the batch."
    best = "Best" if ended else "Best so far"
    said = [f"{best}: **epoch {known.best_epoch}** with a validation loss of **{known.best_loss:.4f}**."]
    if known.base_rate_loss is not None:
        said.append(_beside_base_rates(known))
    losses = training.set_index("epoch")["loss"]
    then, now = losses.get(float(known.best_epoch)), losses.get(float(known.epochs))
    if known.epochs - known.best_epoch >= 2 and then is not None and now is not None and now < then:
        said.append(
            f"Since then only the training loss has gone on falling, from {then:.4f} to {now:.4f}: "
            "the model is learning its films by heart."
        )
    if known.val_films is not None and known.val_films < 200:
        said.append(f"With {known.val_films} films to validate on, the validation curves are rough.")
    return " ".join(said)


def _beside_base_rates(known: curves.Facts) -> str:
    gap = (known.base_rate_loss or 0.0) - (known.best_loss or 0.0)
    always = f"saying how frequent each genre is, whatever the film ({known.base_rate_loss:.4f})"
    return f"That is {gap:.4f} better than {always}." if gap > 0 else f"It has yet to beat {always}."


def _measured(run: Run) -> None:
    """The figures of the best weights, where the run got so far."""
    measured = run.exit.get("metrics") or {}
    if not measured:
        return
    st.markdown("**Measured at the end**, with calibrated probabilities:")
    names = {"bce": "BCE", "micro_f1": "Micro-F1", "macro_f1": "Macro-F1", "map": "mAP", "top1": "Top-1"}
    rows = [{"split": split, **{names[key]: figures.get(key) for key in names}} for split, figures in measured.items()]
    columns = {
        label: st.column_config.NumberColumn(label, format="%.3f", help=METRICS[key]) for key, label in names.items()
    }
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="train-measured", alt="Figures on val and test",
                 column_config={"split": "Films", **columns})  # fmt: skip


def _log(run: Run) -> None:
    with st.expander("End of the trainer's log", icon=":material/description:"):
        try:
            lines = run.log_file.read_text("utf-8", errors="replace").splitlines()[-LOG_LINES:]
        except OSError:
            lines = []
        st.code("\n".join(lines) or "The log is empty.", language=None, wrap_lines=True)
