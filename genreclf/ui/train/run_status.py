"""The status of a run as a badge, a progress bar and a sentence: the head of its live view."""

import time
from pathlib import Path
from typing import Any

import streamlit as st

from genreclf import paths
from genreclf.models import model_label
from genreclf.runs import queue
from genreclf.runs.curves import Facts
from genreclf.runs.folder import Run, Status
from genreclf.ui import text
from genreclf.units import duration

_BADGES: dict[Status, tuple[str, str, Any]] = {
    Status.QUEUED: ("Queued", "schedule", "gray"),
    Status.RUNNING: ("Running", "play_circle", "blue"),
    Status.STALLED: ("Not responding", "hourglass_disabled", "orange"),
    Status.COMPLETED: ("Completed", "check_circle", "green"),
    Status.STOPPED: ("Stopped", "stop_circle", "gray"),
    Status.FAILED: ("Failed", "error", "red"),
    Status.DIED: ("Died", "power_off", "red"),
}
_PHASES = {"starting": "Starting", "preparing": "Preparing the films", "evaluating": "Final evaluation"}


def show(run: Run, status: Status, known: Facts, recipe: dict[str, Any], ended: dict[str, Any]) -> None:
    """Draw the head of the live view.

    Args:
        run: the run.
        status: its status now.
        known: the facts from its events.
        recipe: its settings, from its config.
        ended: the content of its ``exit.json``.
    """
    label_text, icon, colour = _BADGES[status]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(label_text, icon=f":material/{icon}:", color=colour)
        if known.films:
            st.caption(f"{known.films:,} training films, {known.val_films or 0:,} validation films")
    reason = text.plain(str(ended.get("reason", "")))
    if status is Status.QUEUED:
        st.markdown(f"{_queue(str(run.folder))} {_goes_on(known)}".strip())
    elif status.is_active:
        progress = run.progress
        share, words = how_far(progress)
        st.progress(share, "Stopping after this batch…" if run.stop_file.exists() else words)
        if status is Status.STALLED:
            silent = duration(max(0.0, time.time() - _number(progress.get("updated"), time.time())))
            st.warning(f"The training process is alive but has not reported for {silent}. The machine may be asleep or "
                       "short of memory; wait, or stop the run.", icon=":material/hourglass_disabled:")  # fmt: skip
    elif status is Status.FAILED:
        st.error(f"{reason or 'The training failed; its log is below.'} {_kept(known)}", icon=":material/error:")
    elif status is Status.DIED:
        then = "continues from there" if known.epochs else "starts again"
        st.error(f"The training process was killed, or the machine went down. {_kept(known)} *Resume* {then}.",
                 icon=":material/power_off:")  # fmt: skip
    else:
        st.markdown(_finished(status, reason, known, recipe))


def label(status: Status) -> str:
    """The name of a status on screen."""
    return _BADGES[status][0]


def start_waiting() -> None:
    """Start the oldest waiting run if no other trains; any open page does this."""
    _start_waiting(str(paths.home()))


@st.cache_data(ttl=1, show_spinner=False)  # once per second is enough, however many pages are open
def _start_waiting(home: str) -> None:
    queue.start_next()


def how_far(progress: dict[str, Any]) -> tuple[float, str]:
    """The progress of a training as a share in 0..1 and in words, from the content of its ``progress.json``."""
    step, steps = _number(progress.get("step")), _number(progress.get("steps"))
    part = min(1.0, step / steps) if steps else 0.0
    left = progress.get("seconds_left")
    if progress.get("phase") != "training":
        words = _PHASES.get(str(progress.get("phase")), "Starting")
        return part, f"{words}: {step:,.0f} of {steps:,.0f}" if steps else f"{words}…"
    if not step and not left:
        return 0.0, "Building the model; the first batch takes longest…"
    epoch, epochs = _number(progress.get("epoch"), 1), _number(progress.get("epochs"), 1) or 1
    steps_done = [f"Epoch {epoch:.0f} of {epochs:.0f}"]
    steps_done.append("validating" if part == 1 else f"batch {step:,.0f} of {steps:,.0f}")
    if speed := _number(progress.get("films_per_second")):
        steps_done.append(f"{speed:,.0f} films per second")
    if left is not None:
        steps_done.append(f"about {duration(_number(left))} left")
    return min(1.0, (epoch - 1 + part) / epochs), " · ".join(steps_done)


@st.cache_data(ttl=1, max_entries=100, show_spinner=False)  # it reads all runs, for all visitors
def _queue(folder: str) -> str:
    before = queue.waits_for(Run(Path(folder)))
    if not before:
        return "It starts as soon as the device is free: within seconds, unless another training runs."
    place = "first" if len(before) == 1 else f"number {len(before)}"
    first = "Training now" if before[0].is_locked() else "Next in line"
    return f"It is {place} in the queue and starts by itself. {first}: {model_label(before[0].model)}."


def _goes_on(known: Facts) -> str:
    return f"Then it continues after epoch {known.epochs}." if known.epochs else ""


def _kept(known: Facts) -> str:
    if not known.epochs:
        return "No epoch was finished."
    return "The finished epoch is kept." if known.epochs == 1 else f"The {known.epochs} finished epochs are kept."


def _finished(status: Status, reason: str, known: Facts, recipe: dict[str, Any]) -> str:
    sentences, planned, patience = [reason], _number(recipe.get("epochs")), _number(recipe.get("patience"))
    if known.seconds:
        sentences.append(f"Trained for {duration(known.seconds)}.")
    if known.best_epoch and patience and planned and known.epochs < planned and status is Status.COMPLETED:
        why = f"no improvement in {patience:.0f} epochs (early stopping)"
        sentences.append(f"It ended after epoch {known.epochs} of {planned:.0f}: {why}.")
    if status is Status.STOPPED:
        continues = "*Resume* continues from there." if known.epochs else "*Resume* puts it back into the queue."
        sentences.append(continues)
    return " ".join(filter(None, sentences))


def _number(value: Any, otherwise: float = 0.0) -> float:
    """A number from a file that may be damaged."""
    return float(value) if isinstance(value, int | float) else otherwise
