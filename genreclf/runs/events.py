"""The events of a training, one JSON object per line of ``metrics.jsonl``: their only reader, and the only cache.

A file that grows is read on from where the last reading ended, and everything computed from it is kept until it
changes, for all threads of a process.
"""

import json
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Event = dict[str, Any]
State = tuple[str | int, ...]  # tells one state of one file from any other
T = TypeVar("T")

BATCHES_KEPT = 40  # of a finished epoch; a chart shows no more, and a long run has many thousands
MAX_FILES = 30  # whose events are kept in memory
MAX_VALUES = 2000  # small values computed from files, such as a table's

_readers: "OrderedDict[str, EventReader]" = OrderedDict()
_values: "OrderedDict[tuple[str, Callable], tuple[State, Any]]" = OrderedDict()
_lock = threading.Lock()


def read_events(path: Path) -> list[Event]:
    """The events of a metrics file so far; empty where there is none.

    Lines that hold no JSON object are skipped, as is a torn last line, which is still being written. Of a finished
    epoch at most ``BATCHES_KEPT`` batches are kept.
    """
    return derived(path, lambda state, events: list(events), keep=False)


def derived(path: Path, compute: Callable[[State, list[Event]], T], keep: bool = True) -> T:
    """A value computed from a file's state and events, recomputed only when the file has changed.

    Args:
        path: a metrics file.
        compute: a function or class that stays the same from call to call; the events must not be changed.
        keep: whether to keep the value.
    """
    with _lock:
        reader = _readers.pop(str(path), None) or EventReader(path)
        _readers[str(path)] = reader
        while len(_readers) > MAX_FILES:
            _readers.popitem(last=False)
    return reader.derived(compute, keep)


def small_value(path: Path, compute: Callable[[State, list[Event]], T]) -> T:
    """As ``derived``, for small values of very many files: it is kept when the events no longer are."""
    state, key = _state_of(path), (str(path), compute)
    with _lock:
        known = _values.get(key)
        if known is not None and known[0] == state:
            _values.move_to_end(key)
            return known[1]
    value = derived(path, compute)
    with _lock:
        _values[key] = state, value
        while len(_values) > MAX_VALUES:
            _values.popitem(last=False)
    return value


class EventReader:
    """Reads a growing metrics file, each line once; any number of threads may call it."""

    def __init__(self, path: Path):
        self.path = path
        self._lock = threading.Lock()
        self._forget()

    def derived(self, compute: Callable[[State, list[Event]], T], keep: bool = True) -> T:
        """See the function of this name."""
        with self._lock:
            self._read()
            if not keep:
                return compute(self._state, self._events)
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
                status = os.fstat(stream.fileno())
                state = (str(self.path), status.st_ino, status.st_mtime_ns, status.st_size)
                if state == self._state:
                    return
                if status.st_size <= self._bytes or state[:2] != self._state[:2]:  # another file, not more of this one
                    self._forget()
                stream.seek(self._bytes)
                *lines, rest = stream.read().split(b"\n")
        except OSError:  # not there yet, or deleted
            if self._state != (str(self.path),):
                self._forget()
            return
        self._bytes += sum(len(line) + 1 for line in lines)
        events = [event for line in lines if (event := parse_event(line)) is not None]
        if (event := parse_event(rest)) is not None:  # whole but for the end of its line
            events.append(event)
            self._bytes += len(rest)
        self._events = condense(self._events + events)
        self._set_state(state)


def parse_event(line: bytes) -> Event | None:
    """The JSON object of a line; None where it holds none."""
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


def _state_of(path: Path) -> State:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_mtime_ns, status.st_size
