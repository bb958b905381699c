"""What a run's events say, worked out once a change, however many people look at it."""

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import streamlit as st

from genreclf.runs import curves
from genreclf.runs.folder import Run
from genreclf.runs.verdict import Verdict, judge_epochs


@dataclass(frozen=True, eq=False)
class History:
    """A run's events as tables. All visitors share them: they are not to be changed.

    Attributes:
        state: tells one state of one run from any other.
        training: see ``curves.training_curve``.
        validation: see ``curves.validation_curve``.
        epochs: see ``curves.by_epoch``.
        known: see ``curves.facts``.
    """

    state: tuple
    training: pd.DataFrame
    validation: pd.DataFrame
    epochs: pd.DataFrame
    known: curves.Facts


def history(run: Run) -> History:
    """A run's events so far; empty tables where there are none."""
    return _follower(str(run.metrics_file)).look()


def verdict(of: History, comparable: bool, active: bool) -> Verdict:
    """What the curves say (see ``genreclf.runs.verdict``)."""
    return _verdict(of.state, comparable, active, of)


@st.cache_resource(max_entries=30, show_spinner=False)
def _follower(file: str) -> "Follower":
    return Follower(Path(file))


@st.cache_resource(max_entries=100, show_spinner=False)
def _verdict(state: tuple, comparable: bool, active: bool, _of: History) -> Verdict:
    return judge_epochs(_of.epochs, _of.known, comparable, active)


class Follower:
    """Reads a growing metrics file, each line once; any number of threads may ask."""

    def __init__(self, file: Path):
        self.file = file
        self._lock = threading.Lock()
        self._forget()

    def look(self) -> History:
        """What the file says now; the same object for as long as the file is the same."""
        with self._lock:
            try:
                with self.file.open("rb") as stream:
                    self._follow(stream)
            except OSError:  # not there yet, or deleted
                if self._events:
                    self._forget()
            return self._history

    def _forget(self) -> None:
        self._read = 0  # bytes
        self._events: list[curves.Event] = []
        self._tell(str(self.file))

    def _tell(self, *state: str | int) -> None:
        self._history = _history(state, self._events)

    def _follow(self, stream: BinaryIO) -> None:
        now = os.fstat(stream.fileno())
        state = (str(self.file), now.st_ino, now.st_mtime_ns, now.st_size)
        before = self._history.state
        if state == before:
            return
        if now.st_size <= self._read or state[:2] != before[:2]:  # not what was read, with more after it
            self._forget()
        stream.seek(self._read)
        *lines, rest = stream.read().split(b"\n")
        self._read += sum(len(line) + 1 for line in lines)
        events = [event for line in lines if (event := _event(line)) is not None]
        if (event := _event(rest)) is not None:  # else it is still being written
            events.append(event)
            self._read += len(rest)
        self._events = curves.condense(self._events + events)
        self._tell(*state)


def _history(state: tuple, events: list[curves.Event]) -> History:
    return History(
        state,
        curves.training_curve(events),
        curves.validation_curve(events),
        curves.by_epoch(events),
        curves.facts(events),
    )


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


NOTHING = _history((), [])  # of a run that has not been
