"""Where a run is, in a badge, a bar and a sentence: the head of its live view."""

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


def show(run: Run, status: Status, known: Facts, recipe: dict[str, Any], ended: dict[str, Any]) -> None:
    """Draw the head of the live view.

    Args:
        run: whose.
        status: of this moment.
        known: what its events say.
        recipe: its settings, from its config.
        ended: what its ``exit.json`` says.
    """
    said, icon, colour = _BADGES[status]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(said, icon=f":material/{icon}:", color=colour)
        if known.films:
            st.caption(f"{known.films:,} films to learn from, {known.val_films or 0:,} to validate on")
    reason = text.plain(str(ended.get("reason", "")))
    if status is Status.QUEUED:
        st.markdown(f"{_queue(str(run.folder))} {_goes_on(known)}".strip())
    elif status.is_active:
        progress = run.progress
        share, words = how_far(progress)
        st.progress(share, "Stopping after this batch…" if run.stop_file.exists() else words)
        if status is Status.STALLED:
            silent = duration(max(0.0, time.time() - _number(progress.get("updated"), time.time())))
            st.warning(f"The trainer lives but has said nothing for {silent}. The machine may be short of memory or "
                       "asleep; wait, or stop the run.", icon=":material/hourglass_disabled:")  # fmt: skip
    elif status is Status.FAILED:
        st.error(f"{reason or 'The trainer failed; its log is below.'} {_kept(known)}", icon=":material/error:")
    elif status is Status.DIED:
        then = "goes on from there" if known.epochs else "begins anew"
        st.error(f"The trainer was killed or the machine went down. {_kept(known)} *Resume* {then}.",
                 icon=":material/power_off:")  # fmt: skip
    else:
        st.markdown(_finished(status, reason, known, recipe))


def label(status: Status) -> str:
    """A status in the app's words."""
    return _BADGES[status][0]


def start_waiting() -> None:
    """Start the oldest waiting run if nothing trains, whoever looks at whatever."""
    _start_waiting(str(paths.home()))


@st.cache_data(ttl=1, show_spinner=False)  # one look a second is enough, however many wait
def _start_waiting(home: str) -> None:
    queue.start_next()


def how_far(progress: dict[str, Any]) -> tuple[float, str]:
    """How far a trainer is, as a share in 0..1 and in words, from what its ``progress.json`` says."""
    step, steps = _number(progress.get("step")), _number(progress.get("steps"))
    part = min(1.0, step / steps) if steps else 0.0
    left = progress.get("seconds_left")
    if progress.get("phase") != "training":
        words = _PHASES.get(str(progress.get("phase")), "Starting")
        return part, f"{words}: {step:,.0f} of {steps:,.0f}" if steps else f"{words}…"
    if not step and not left:
        return 0.0, "Building the model; the first batch takes longest…"
    epoch, epochs = _number(progress.get("epoch"), 1), _number(progress.get("epochs"), 1) or 1
    words = [f"Epoch {epoch:.0f} of {epochs:.0f}"]
    words.append("validating" if part == 1 else f"batch {step:,.0f} of {steps:,.0f}")
    if speed := _number(progress.get("films_per_second")):
        words.append(f"{speed:,.0f} films a second")
    if left is not None:
        words.append(f"about {duration(_number(left))} left")
    return min(1.0, (epoch - 1 + part) / epochs), " · ".join(words)


@st.cache_data(ttl=1, max_entries=100, show_spinner=False)  # it reads all runs, and many may look
def _queue(folder: str) -> str:
    before = queue.waits_for(Run(Path(folder)))
    if not before:
        return "Starting as soon as the device is free: a few seconds if nothing else trains here."
    place = "first" if len(before) == 1 else f"number {len(before)}"
    first = "At work now" if before[0].is_locked() else "Next in turn"
    return f"It is {place} in the queue and starts by itself. {first}: {model_label(before[0].model)}."


def _goes_on(known: Facts) -> str:
    return f"Then it goes on after epoch {known.epochs}." if known.epochs else ""


def _kept(known: Facts) -> str:
    if not known.epochs:
        return "No epoch was finished."
    return "The finished epoch is kept." if known.epochs == 1 else f"The {known.epochs} finished epochs are kept."


def _finished(status: Status, reason: str, known: Facts, recipe: dict[str, Any]) -> str:
    said, planned, patience = [reason], _number(recipe.get("epochs")), _number(recipe.get("patience"))
    if known.seconds:
        said.append(f"Trained for {duration(known.seconds)}.")
    if known.best_epoch and patience and planned and known.epochs < planned and status is Status.COMPLETED:
        tried = f"{patience:.0f} epochs had brought nothing better"
        said.append(f"It ended after epoch {known.epochs} of {planned:.0f}: {tried}.")
    if status is Status.STOPPED:
        said.append("*Resume* goes on from there." if known.epochs else "*Resume* puts it back into the queue.")
    return " ".join(filter(None, said))


def _number(value: Any, otherwise: float = 0.0) -> float:
    """A figure of a file that may be damaged."""
    return float(value) if isinstance(value, int | float) else otherwise
