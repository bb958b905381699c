"""The events of a training run, one JSON object per line of ``metrics.jsonl``: their only reader and only cache.

Only the new lines of a growing file are read. Everything computed from it is cached until it changes, and shared by
all threads of a process.
"""

import errno
import os
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, TypeVar

from genreclf.fields import Fields, is_number, is_text
from genreclf.files import Unreadable, open_regular, parse_json
from genreclf.units import size

Event = dict[str, Any]
State = tuple[str | int, ...]  # differs between any two states of any two files
T = TypeVar("T")
Compute = Callable[[State, list[Event]], T]  # must not modify the events; cached by identity, so not a new lambda

BATCHES_KEPT = 40  # of a finished epoch; a chart shows no more, and a long run has many thousands
MAX_FILES = 30  # whose events are kept in memory
MAX_VALUES = 2000  # small values computed from files, such as those in a table
MAX_LINE = 65_536  # bytes; an event has a few hundred
MAX_BYTES = 200_000_000  # of a file: two weeks at one event per second
_LATEST = 7_258_118_400  # seconds since 1970: the year 2200
_WHOLE = {"epoch": (1, 10**6), "step": (0, 10**9), "steps": (1, 10**9), "films": (1, 10**9), "val_films": (0, 10**9),
          "genres": (1, 10**6)}  # fmt: skip
_NUMBERS = {"time": (0, _LATEST), "seconds": (0, 10**9)}
LOSSES = ("loss", "val_loss")
_TEXTS = ("event", "device", "backend")


def read_events(path: Path) -> list[Event]:
    """The events in a metrics file so far; empty if there is no file.

    Lines without a JSON object are skipped, and so is a torn last line that is still being written; fields of another
    kind than ``parse_event`` describes are left out. At most ``BATCHES_KEPT`` batches of a finished epoch are kept.
    """
    return list(reader(path).derived(_all_events))


def damage_of(path: Path) -> str:
    """Why a metrics file cannot be read, as a clause; "" if it can, or does not exist."""
    try:
        with _open(path):
            return ""
    except FileNotFoundError:
        return ""
    except OSError as error:
        return error.strerror or str(error)


def cached_value(path: Path, compute: Compute[T]) -> T:
    """Like ``reader(path).derived``, for small values of many files, which are cached longer than the events."""
    try:
        state = _state(path, path.stat())
    except OSError:
        state = ()
    return _cached_value(path, state, compute)


def finished_epochs(events: list[Event]) -> dict[int, Event]:
    """The latest event of every finished epoch by its number, in order."""
    ends = [event for event in events if event.get("event") == "epoch" and "epoch" in event]
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
            with _open(self.path) as stream:
                state = _state(self.path, os.fstat(stream.fileno()))
                if state == self._state:
                    return
                if state[:2] != self._state[:2] or int(state[-1]) <= self._bytes:  # a new file, or a rewritten one
                    self._forget()
                stream.seek(self._bytes)
                events = self._read_lines(stream)
        except OSError:  # it does not exist yet, was deleted, or is no such file (see ``damage_of``)
            if self._state != (str(self.path),):
                self._forget()
            return
        self._events = condense(self._events + events)
        self._set_state(state)

    def _read_lines(self, stream: IO[bytes]) -> list[Event]:
        """The events in the lines from here on; a torn last line is read again next time."""
        events = []
        while line := stream.readline(MAX_LINE):
            is_whole = line.endswith(b"\n")
            if not is_whole and len(line) == MAX_LINE:  # no event is that long
                while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                    pass
                self._bytes = stream.tell()
                continue
            event = parse_event(line)
            if event is not None:
                events.append(event)
            if is_whole or event is not None:  # or complete except for the end of its line
                self._bytes += len(line)
        return events


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


def _open(path: Path) -> IO[bytes]:
    stream = open_regular(path)
    if os.fstat(stream.fileno()).st_size > MAX_BYTES:
        stream.close()
        raise OSError(errno.EFBIG, f"it is larger than {size(MAX_BYTES)}")
    return stream


def parse_event(line: bytes) -> Event | None:
    """The JSON object in a line, or None.

    Its fields are texts (``event``, ``device``, ``backend``), whole numbers (``epoch`` from 1, ``step``, ``steps``,
    ``films``, ``val_films``) and finite numbers (all others); what is of another kind is left out. The event ``run``,
    the description of a reference history, has objects too. A loss that is no finite number (NaN) or too large to use
    is left out as well, but sets ``blew_up``.
    """
    if b'"event"' not in line:  # millions of other lines would take minutes to parse
        return None
    try:
        stored = parse_json(line.decode("utf-8", errors="replace").encode())
    except Unreadable:
        return None
    if not isinstance(stored, dict):
        return None
    fields = Fields(stored)
    if stored.get("event") == "run":
        return {name: value for name, value in stored.items() if is_text(value) or is_number(value)} | {
            "films": fields.settings("films"), "metrics": fields.tables("metrics")
        }  # fmt: skip
    known: Event = {name: text for name in _TEXTS if (text := fields.text(name))}
    for name in stored:
        if name in _TEXTS:
            continue
        value = fields.whole(name, *_WHOLE[name]) if name in _WHOLE else fields.number(name, *_NUMBERS.get(name, ()))
        if value is not None:
            known[name] = value
        elif name in LOSSES and isinstance(stored[name], float):
            known["blew_up"] = True
    return known


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
