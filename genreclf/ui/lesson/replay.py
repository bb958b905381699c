"""Trainings in the lesson: recorded ones on real films, replayed, and live ones on the sample."""

import time
from contextlib import suppress
from typing import Any

import streamlit as st

from genreclf import paths
from genreclf.errors import UserError
from genreclf.evaluation.charts.curves import within_reach
from genreclf.evaluation.histories import History
from genreclf.models import SPECS
from genreclf.public import is_public
from genreclf.runs import curves, queue
from genreclf.runs.folder import Run, Status
from genreclf.runs.notes import write_notes
from genreclf.ui import frame
from genreclf.ui.lesson import progress
from genreclf.ui.text import plain
from genreclf.ui.train import charts, live
from genreclf.units import duration

RECORDED, LIVE = "On real films (recorded)", "Live, on the sample"
SPEEDS = {"In 20 s": 20.0, "In 5 s": 5.0, "At once": 0.0}  # seconds that a replay takes
REPLAYED = ("report",)  # the steps whose answer is the end of a replay
RUN = "run"  # in a step's notes: the id of its live training
_FASTEST = 0.5  # seconds between two refreshes of a replay
_STARTED, _ERRORS = "lesson_started", "lesson_errors"  # of a visit: when each replay started, why no run was queued
_ENDED = {
    Status.STOPPED: "You stopped this training.",
    Status.FAILED: "This training failed:",
    Status.DIED: "This training was killed, or the machine went down.",
}


def choose(key: str) -> str:
    """Draw a step's choice between its recorded training and a live one; returns ``RECORDED`` or ``LIVE``."""
    if not may_train():
        mark_recorded()
        say_untrained()
        return RECORDED
    default = LIVE if RUN in progress.current().note(key) else RECORDED
    return st.segmented_control(
        "Which training", [RECORDED, LIVE], default=default, required=True, wrap=True, key=f"lesson_{key}_way",
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip


def mark_recorded() -> None:
    """Draw the mark of what was recorded, where nothing else says so."""
    st.badge("Recorded on real films", icon=":material/history:", color="gray")


def say_untrained() -> None:
    """Say why there is no live training in public."""
    st.caption(
        f"This server is open to everyone and trains nothing. [On your own computer]({frame.HOMEPAGE}), you can run "
        "this training live."
    )


def may_train() -> bool:
    """Whether visitors may train here: not where the app is public."""
    return not is_public()


# Recorded trainings


def replay(key: str, history: History, guess: float | None = None) -> None:
    """Replay a recorded training epoch by epoch: once when it is first seen, then whenever the visitor wants.

    Args:
        key: the step's.
        history: the training.
        guess: the loss that the visitor expected, drawn as a line.
    """
    started, note = frame.visit(_STARTED), progress.current().note(key)
    if started.get(key) is None and not note.get("replayed"):
        started[key] = time.monotonic()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        speed = st.segmented_control(
            "Speed", list(SPEEDS), default=next(iter(SPEEDS)), required=True, key=f"lesson_{key}_speed",
            label_visibility="collapsed", persist_state="session", on_change=_play, args=(key,),
        )  # fmt: skip
        st.button("Play again", icon=":material/replay:", key=f"lesson_{key}_again", on_click=_play, args=(key,))
    seconds, epochs = SPEEDS[speed], history.facts.epochs
    every = max(_FASTEST, seconds / epochs) if shown_epochs(key, epochs, seconds) < epochs else None
    st.fragment(_replay, run_every=every)(key, history, guess, seconds)


def keeps_answer(key: str) -> bool:
    """Whether the answer to a step's question waits for the end of its replay, which the visitor has not seen yet."""
    note, way = progress.current().note(key), st.session_state.get(f"lesson_{key}_way", RECORDED)
    return key in REPLAYED and way == RECORDED and not (note.get("replayed") or RUN in note)


def shown_epochs(key: str, epochs: int, seconds: float) -> int:
    """How many epochs of a replay are shown now; by the clock, so that nothing else that is pressed disturbs it."""
    started = frame.visit(_STARTED).get(key)
    if started is None or not seconds:
        return epochs
    return min(epochs, 1 + int((time.monotonic() - started) * epochs / seconds))


def forget() -> None:
    """Let all replays begin anew, as for a visitor who has seen none."""
    frame.visit(_STARTED).clear()


def _play(key: str) -> None:
    frame.visit(_STARTED)[key] = time.monotonic()


def _replay(key: str, history: History, guess: float | None, seconds: float) -> None:
    """One refresh; the axes have room for the whole training from the start."""
    epochs, started = history.facts.epochs, frame.visit(_STARTED)
    shown = shown_epochs(key, epochs, seconds)
    events = [event for event in history.events if event.get("epoch", 0) <= shown]
    losses = within_reach([*history.training["loss"], *history.validation["loss"]])
    context = charts.ChartContext(
        history.model, epochs, history.facts.base_rate_loss if history.loss.comparable else None, with_report=False,
        guess=guess, room_for=(min(losses), max(losses)),
    )  # fmt: skip
    seen = curves.History((f"lesson-{key}", shown), events)
    charts.show(charts.charts(seen, context)["loss"], key=f"lesson_{key}")
    best = seen.facts
    st.caption(f"Epoch {shown} of {epochs}. Lowest validation loss so far: {best.best_loss:.4f}, in epoch "
               f"{best.best_epoch}.")  # fmt: skip
    if shown == epochs and started.get(key) is not None:
        started[key], progress.current().note(key)["replayed"] = None, True
        st.rerun()  # without the timer


# Live trainings


def live_run(key: str, model: str, title: str, seconds: int, **settings: Any) -> Run | None:
    """Draw a real training on the embedded sample: its button, then its curves while it runs, and what became of it.

    Args:
        key: the step's; its notes have the run's id, so that a reload finds it.
        model: what to train.
        title: the run's name on the Train page, after "Lesson: ".
        seconds: how long it takes on two processor cores.
        settings: those of ``genreclf.runs.queue.new_run``.

    Returns:
        the run if it completed; None before, or if it did not.
    """
    run, train = find_run(key), (key, model, title, settings)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if run is None:
            again = "The training was deleted. " if RUN in progress.current().note(key) else ""
            st.button("Train it here, live", type="primary", icon=":material/play_arrow:", key=f"lesson_{key}_train",
                      on_click=_train, args=train)  # fmt: skip
            st.caption(f"{again}A real training, about {duration(seconds)} on two processor cores.", width="content")
        elif (status := run.status()).is_active:
            st.button("Stop", icon=":material/stop:", key=f"lesson_{key}_stop", on_click=_stop, args=(run,),
                      disabled=run.stop_file.exists())  # fmt: skip
            st.caption(f"It goes on when you leave this step, and is on *Train* as “Lesson: {title}”.", width="content")
        else:
            st.button("Train again", icon=":material/replay:", key=f"lesson_{key}_train", on_click=_train, args=train)
            st.caption(_ending(run, status), width="content")
    if error := frame.visit(_ERRORS).pop(key, None):
        st.error(plain(error), icon=":material/error:")
    if run is None:
        return None
    st.fragment(_watch, run_every=live.REFRESH if status.is_active else None)(key, run, status)
    return run if status is Status.COMPLETED else None


def find_run(key: str) -> Run | None:
    """The run that the visitor started in a step, unless it was deleted."""
    name = progress.current().note(key).get(RUN)
    run = Run(paths.runs_dir() / name) if name else None
    return run if run and not run.damage() else None


def live_history(key: str) -> History | None:
    """The curves of the training that the visitor started in a step, if there are any."""
    run = find_run(key)
    if run is None:
        return None
    config, facts = run.config, curves.facts_of(run.metrics_file)
    loss = curves.loss_of(config.model, config.settings, facts.genres)
    history = History((run.id, facts.epochs), run.events(), "Your training, on the sample", config.model, loss)
    return history if facts.epochs and not SPECS[config.model].is_baseline else None


def _train(key: str, model: str, title: str, settings: dict[str, Any]) -> None:
    try:
        run = queue.new_run(model, paths.SAMPLE, **settings)
        write_notes(run, f"Lesson: {title}", "Started on the page Lesson, on the embedded sample.")
    except UserError as error:  # a callback must not draw
        frame.visit(_ERRORS)[key] = str(error)
    else:
        progress.current().note(key)[RUN] = run.id  # the live view starts it when its turn comes


def _stop(run: Run) -> None:
    with suppress(UserError):  # it has just ended
        run.request_stop()


def _ending(run: Run, status: Status) -> str:
    """What became of a training that ended, in a sentence or two of Markdown."""
    if status is Status.COMPLETED:
        return f"You trained it here in {duration(max(1.0, curves.facts_of(run.metrics_file).seconds))}."
    reason = plain(run.exit.reason) or "its log is on *Train*." if status is Status.FAILED else ""
    return f"{_ENDED[status]} {reason}".strip()


def _watch(key: str, run: Run, shown_status: Status) -> None:
    """One refresh of a live training."""
    status, config = run.status(), run.config
    if status is Status.QUEUED:
        live.start_waiting()
        status = run.status()
    if status is not shown_status or not config:
        st.rerun()  # the buttons are outside this fragment, or the run was deleted
    if status is Status.QUEUED:
        st.caption(live.describe_queue(run))
    elif status.is_active:
        share, sentence = live.describe_progress(run.progress)
        st.progress(share, "Stopping after this batch…" if run.stop_file.exists() else sentence)
    history = curves.history(run.metrics_file)
    if SPECS[config.model].is_baseline or (history.training.empty and not status.is_active):
        return
    epochs = max(config.epochs or 1, history.facts.epochs)
    context = charts.ChartContext(config.model, epochs, history.facts.base_rate_loss, with_report=False)
    charts.show(charts.charts(history, context)["loss"], key=f"lesson_{key}_live")
