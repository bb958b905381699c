"""Train on a public server, which trains nothing: real trainings that were recorded, replayed at a chosen speed."""

import time
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import streamlit as st

from genreclf import paths
from genreclf.evaluation.charts.curves import within_reach
from genreclf.models import BASELINES, get_spec, model_label
from genreclf.runs import curves
from genreclf.runs.folder import Run, Status
from genreclf.runs.notes import read_notes
from genreclf.runs.records import Progress
from genreclf.ui import frame
from genreclf.ui.text import plain
from genreclf.ui.train import charts, compare, live
from genreclf.ui.train.current_run import PARAMETER
from genreclf.units import duration
from genreclf.weights.card import CARD, stored_card

SPEEDS = {"1×": 1, "5×": 5, "20×": 20}
USUAL = "5×"
SLOWEST, FASTEST = 1.0, 0.5  # seconds between two refreshes; the trainer reported about once per second
_REPLAYS, _SPEED, _CHOSEN = "train_replays", "train_speed", "train_recorded"  # session


@dataclass(frozen=True)
class Replay:
    """Where a replay is: ``place`` seconds of the recorded time, at the time ``since``; None while it pauses."""

    place: float = 0.0
    since: float | None = None
    speed: int = SPEEDS[USUAL]

    def now(self) -> float:
        """The seconds of recorded time that have passed."""
        return self.place + (0.0 if self.since is None else (time.monotonic() - self.since) * self.speed)

    def going_on(self, goes_on: bool, speed: int) -> "Replay":
        """The same place, pausing or not, at another speed."""
        return Replay(self.now(), time.monotonic() if goes_on else None, speed)


def recorded_runs() -> list[Run]:
    """The recorded trainings, the ones to begin with first."""
    found = [Run(folder) for folder in paths.RECORDED_RUNS.iterdir() if (folder / "config.json").is_file()]
    return sorted(found, key=lambda run: run.age)


@lru_cache(maxsize=1)
def baselines() -> dict[str, dict[str, float]]:
    """The test scores of the shipped baselines, fitted on the same films, by their names on screen."""
    cards = {name: stored_card(paths.SHIPPED_WEIGHTS / "sample" / name / CARD) for name in BASELINES}
    return {f"Test, {model_label(name)}": card["metrics"]["test"] for name, card in cards.items() if card}


def show() -> None:
    """Draw the choice of a recorded training on the left, its replay on the right, and a comparison of all below."""
    runs = {run.id: run for run in recorded_runs()}
    names = {key: read_notes(run).name for key, run in runs.items()}
    left, right = st.columns([2, 3], gap="medium")
    with left:
        frame.check_address(PARAMETER, runs, "recorded training", "another one is shown")
        if (asked := st.query_params.get(PARAMETER)) in runs:  # not bound to the widget, which would write its label
            st.session_state[_CHOSEN] = asked
        key = st.radio("Recorded training", list(runs), format_func=names.__getitem__, key=_CHOSEN, on_change=_choose,
                       persist_state="session")  # fmt: skip
        run = runs[key]
        st.markdown(plain(read_notes(run).note))
        speed = SPEEDS[st.segmented_control("Speed", list(SPEEDS), default=USUAL, required=True, key=_SPEED,
                                            persist_state="session")]  # fmt: skip
        replay = _replay(run, speed)
        _buttons(run, replay, speed)
        st.caption(
            f"Recorded on two processor cores: {_sentence(run)} This server is open to everyone and trains nothing. "
            f"[On your own computer]({frame.HOMEPAGE}), the button *Train* on this page trains for real."
        )
        with st.expander("The command", icon=":material/terminal:", type="compact"):
            st.code(run.config.command.replace("DIR", "assets/sample"), language=None, wrap_lines=True)
    with right:
        st.header(plain(names[key]))
        is_going_on = replay.since is not None and replay.now() < seconds_of(run)
        every = max(FASTEST, SLOWEST / speed)
        st.fragment(_view, run_every=every if is_going_on else None)(run, is_going_on)
    st.header("Compare recorded trainings")
    compare.check(names)
    compare.show(list(runs.values()), names)


def seconds_of(run: Run) -> float:
    """How long a recorded training took, from its first event to its last."""
    times = _times(run)
    return times[-1] - times[0]


def _times(run: Run) -> list[float]:
    return [event["time"] for event in run.events()]


def _sentence(run: Run) -> str:
    films = run.films.splits.get("train", 0)
    return f"{model_label(run.model)} learned from {films:,} films of the sample in {duration(seconds_of(run))}."


def _replay(run: Run, speed: int) -> Replay:
    """This session's replay of a run; it keeps its place when the speed changes."""
    replays: dict[str, Replay] = st.session_state.setdefault(_REPLAYS, {})
    replay = replays.get(run.id, Replay(speed=speed))
    if replay.speed != speed:
        replay = replay.going_on(replay.since is not None, speed)
    replays[run.id] = replay
    return replay


def _buttons(run: Run, replay: Replay, speed: int) -> None:
    left = seconds_of(run) - replay.now()
    with st.container(horizontal=True, gap="small"):
        if replay.since is not None and left > 0:
            st.button("Pause", icon=":material/pause:", key="train_pause", on_click=_set, args=(run, False))
        elif replay.place and left > 0:
            st.button("Continue", type="primary", icon=":material/play_arrow:", key="train_continue", on_click=_set,
                      args=(run, True))  # fmt: skip
        else:
            again = " again" if replay.place or replay.since is not None else ""
            takes = duration(max(1.0, seconds_of(run) / speed))
            st.button(f"Replay the training{again} ({takes})", type="primary", icon=":material/play_arrow:",
                      key="train_replay", on_click=_begin, args=(run,))  # fmt: skip
        if left > 0 and (replay.place or replay.since is not None):
            st.button("From the start", icon=":material/replay:", key="train_again", on_click=_begin, args=(run,))


def _choose() -> None:
    st.query_params[PARAMETER] = st.session_state[_CHOSEN]


def _begin(run: Run) -> None:
    replays = st.session_state[_REPLAYS]
    replays[run.id] = replace(replays[run.id], place=0.0, since=time.monotonic())


def _set(run: Run, goes_on: bool) -> None:
    replays = st.session_state[_REPLAYS]
    replays[run.id] = replays[run.id].going_on(goes_on, replays[run.id].speed)


def _view(run: Run, is_going_on: bool) -> None:
    """One refresh of the replay."""
    replay, config, events = st.session_state[_REPLAYS][run.id], run.config, run.events()
    times = _times(run)
    begun = replay.place or replay.since is not None
    count = bisect_right(times, times[0] + replay.now()) if begun else 0
    ended = count == len(events)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge("Recorded", icon=":material/history:", color="gray")
        if begun and not ended:
            left = (seconds_of(run) - replay.now()) / replay.speed
            share, sentence = live.describe_progress(_progress(events[:count], config.epochs or 1, left))
            st.progress(share, sentence if replay.since is not None else f"Paused · {sentence}")
    if not begun:
        to_beat, losses = events[0].get("base_rate_loss"), within_reach([epoch["val_loss"] for epoch in run.epochs()])
        empty = charts.ChartContext(config.model, config.epochs or 1, to_beat, is_example=True, with_report=False,
                                    room_for=(min(losses), max(losses)))  # fmt: skip
        charts.show(charts.charts(curves.EMPTY_HISTORY, empty)["loss"])
        st.caption(
            "Press *Replay the training*: its loss, precision and recall appear here as they did then, about once per "
            "second on the training films and after every epoch on the validation films."
        )
        return
    history = curves.History((f"recorded-{run.id}", count), events[:count])
    live.show_curves(get_spec(config.model), config, Status.COMPLETED if ended else Status.RUNNING, history,
                     with_advice=False)  # fmt: skip
    if ended:
        live.show_scores(run, run.exit.metrics, baselines())
        if is_going_on:
            st.rerun()  # without the timer


def _progress(events: list[dict[str, Any]], epochs: int, left: float) -> Progress:
    """Where the training was after these events; ``left`` is for how many seconds the replay goes on."""
    last: dict[str, Any] = next((event for event in reversed(events) if event["event"] in ("batch", "epoch")), {})
    ended = last.get("event") == "epoch"
    steps = last.get("steps", 1)
    step = steps if ended else last.get("step", 0)
    epoch = last.get("epoch", 1)
    return Progress("", phase="training", epoch=epoch, epochs=epochs, step=step, steps=steps, seconds_left=left)
