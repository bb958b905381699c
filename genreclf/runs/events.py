"""The events of a training run, one JSON object per line of ``metrics.jsonl``: their only reader and only cache.

Only the new lines of a growing file are read. Everything computed from it is cached until it changes, and shared by
all threads of a process.
"""

import json
import os
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

Event = dict[str, Any]
State = tuple[str | int, ...]  # differs between any two states of any two files
T = TypeVar("T")
Compute = Callable[[State, list[Event]], T]  # must not modify the events; cached by identity, so not a new lambda

BATCHES_KEPT = 40  # of a finished epoch; a chart shows no more, and a long run has many thousands
MAX_FILES = 30  # whose events are kept in memory
MAX_VALUES = 2000  # small values computed from files, such as those in a table


def read_events(path: Path) -> list[Event]:
    """The events in a metrics file so far; empty if there is no file.

    Lines without a JSON object are skipped, and so is a torn last line that is still being written. At most
    ``BATCHES_KEPT`` batches of a finished epoch are kept.
    """
    return list(reader(path).derived(_all_events))


def cached_value(path: Path, compute: Compute[T]) -> T:
    """Like ``reader(path).derived``, for small values of many files, which are cached longer than the events."""
    try:
        state = _state(path, path.stat())
    except OSError:
        state = ()
    return _cached_value(path, state, compute)


def finished_epochs(events: list[Event]) -> dict[int, Event]:
    """The latest event of every finished epoch by its number, in order."""
    ends = [event for event in events if event.get("event") == "epoch" and isinstance(event.get("epoch"), int)]
    return dict(sorted({event["epoch"]: event for event in ends}.items()))


class EventReader:
    """Reads a growing metrics file, each line once; any number of threads may call it."""

    def __init__(self, path: Path):
        self.path = path
        self._lock = threading.Lock()
        self._forget()

    def derived(self, compute: Compute[T]) -> T:
        """A value computed from the file's state and events, recomputed only after the file has changed."""
        with self._lock:
            self._read()
            if compute not in self._derived:
                self._derived[compute] = compute(self._state, self._events)
            return self._derived[compute]

    def _forget(self) -> None:
        self._bytes = 0  # read so far
        self._events: list[Event] = []
        self._set_state((str(self.path),))

    def _set_state(self, state: State) -> None:
        self._state = state
        self._derived: dict[Callable, Any] = {}

    def _read(self) -> None:
        try:
            with self.path.open("rb") as stream:
                state = _state(self.path, os.fstat(stream.fileno()))
                if state == self._state:
                    return
                if state[:2] != self._state[:2] or int(state[-1]) <= self._bytes:  # a new file, or a rewritten one
                    self._forget()
                stream.seek(self._bytes)
                *lines, rest = stream.read().split(b"\n")
        except OSError:  # it does not exist yet, or was deleted
            if self._state != (str(self.path),):
                self._forget()
            return
        self._bytes += sum(len(line) + 1 for line in lines)
        events = [event for line in lines if (event := parse_event(line)) is not None]
        if (event := parse_event(rest)) is not None:  # complete except for the end of its line
            events.append(event)
            self._bytes += len(rest)
        self._events = condense(self._events + events)
        self._set_state(state)


@lru_cache(MAX_FILES)
def reader(path: Path) -> EventReader:
    """The reader of a file, shared by all threads."""
    return EventReader(path)


@lru_cache(MAX_VALUES)
def _cached_value(path: Path, state: State, compute: Callable) -> Any:
    return reader(path).derived(compute)


def _state(path: Path, status: os.stat_result) -> State:
    return str(path), status.st_ino, status.st_mtime_ns, status.st_size


def _all_events(state: State, events: list[Event]) -> list[Event]:
    return events


def parse_event(line: bytes) -> Event | None:
    """The JSON object in a line, or None."""
    try:
        event = json.loads(line.decode("utf-8", errors="replace"))
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def condense(events: list[Event]) -> list[Event]:
    """Leave out most batches of finished epochs."""
    kept: list[Event] = []
    batches: list[Event] = []
    for event in events:
        if event.get("event") == "batch":
            batches.append(event)
            continue
        if event.get("event") == "epoch" and len(batches) > BATCHES_KEPT:
            batches = batches[:: -(-len(batches) // BATCHES_KEPT)]
        kept += [*batches, event]
        batches = []
    return kept + batches
