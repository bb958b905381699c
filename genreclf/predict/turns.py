"""Turns at computing: one bounded, fair queue for answers, and how often each visitor may ask."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from genreclf.errors import UserError

LOOK = 0.25  # seconds between two looks at one's place
_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of a container: microseconds in each period


class Busy(UserError):
    """There is no turn now; ``seconds`` later there may be one."""

    def __init__(self, message: str, seconds: float):
        super().__init__(message)
        self.seconds = seconds


class TooOften(Busy):
    """This visitor has asked too often."""


class Pace:
    """How often something may happen: at most ``at_once`` times, then again ``per_minute`` times a minute.

    Example:
        >>> pace = Pace(1, 60)
        >>> pace.take("anna"), pace.take("ben"), pace.take("anna") > 0
        (0.0, 0.0, True)
    """

    def __init__(self, at_once: int, per_minute: float):
        self.at_once, self.per_second = at_once, per_minute / 60
        self._lock = threading.Lock()
        self._used: dict[str, tuple[float, float]] = {}  # by whose it is: how much was used, and when

    def take(self, owner: str, use: float = 1) -> float:
        """Use it once; returns 0, or the seconds to wait if there is nothing left. With ``use`` 0, only look."""
        with self._lock:
            now = time.monotonic()
            if len(self._used) > 5000:
                self._used = {key: value for key, value in self._used.items() if self._left(value, now) < self.at_once}
            left = self._left(self._used.get(owner, (0.0, now)), now)
            if left < 1:
                return (1 - left) / self.per_second
            if use:
                self._used[owner] = self.at_once - left + use, now
            return 0.0

    def check(self, owner: str, what: str, use: float = 1) -> None:
        """Use it once; TooOften if there is nothing left. ``what`` it is, in the plural; see ``take`` for ``use``."""
        if wait := self.take(owner, use):
            seconds = 1 + int(wait)
            raise TooOften(
                f"Too many {what} in a short time; wait {seconds} second{'s' * (seconds != 1)}, then go on.", wait
            )

    def _left(self, used: tuple[float, float], now: float) -> float:
        return self.at_once - max(0.0, used[0] - (now - used[1]) * self.per_second)


class _Request:
    """A request for a turn, with its place in the order of all comings and turns; equal to itself only."""

    def __init__(self, owner: str, place: int):
        self.owner, self.place = owner, place


class Turns:
    """A queue of visitors, of whom some compute at once while the others wait.

    Who comes first is served first, but each visitor has one turn at a time, and after it stands behind all others who
    wait. So a flood of one delays another by one turn at most. A turn within a turn of the same thread costs nothing.

    Args:
        at_once: how many compute at the same time.
        waiting: how many may wait.
    """

    def __init__(self, at_once: int, waiting: int):
        self.at_once, self.most = at_once, waiting
        self._changed, self._mine = threading.Condition(), threading.local()
        self._computing: list[_Request] = []
        self._waiting: list[_Request] = []
        self._places = count()
        self._served: dict[str, int] = {}  # when a visitor who still waits had a turn last

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return len(self._waiting)

    @property
    def is_mine(self) -> bool:
        """Whether this thread has a turn."""
        return getattr(self._mine, "depth", 0) > 0

    @contextmanager
    def turn(
        self, owner: str, on_wait: Callable[[int], object] | None = None, patience: float = 60.0
    ) -> Iterator[None]:
        """Compute during the block, once it is this request's turn.

        Args:
            owner: the visitor.
            on_wait: called several times a second while waiting, with how many are before this one; what it raises
                ends the waiting.
            patience: seconds to wait at most.

        Raises:
            Busy: too many wait already, or it took too long.
        """
        if not self.is_mine:
            self._begin(_Request(owner, next(self._places)), on_wait, patience)
        self._mine.depth = getattr(self._mine, "depth", 0) + 1
        try:
            yield
        finally:
            self._mine.depth -= 1
            if not self._mine.depth:
                with self._changed:
                    self._computing.remove(self._mine.request)
                    self._changed.notify_all()

    def _begin(self, request: _Request, on_wait: Callable[[int], object] | None, patience: float) -> None:
        """Wait until it is the request's turn."""
        until = time.monotonic() + patience
        with self._changed:
            if len(self._waiting) >= self.most:
                raise Busy(f"{self.most} visitors are waiting for an answer already; try again in a minute.", 30.0)
            self._waiting.append(request)
        try:
            while True:
                with self._changed:
                    if self._may_begin(request) or (self._changed.wait(LOOK) and self._may_begin(request)):
                        self._computing.append(request)
                        self._mine.request = request
                        self._served[request.owner] = next(self._places)
                        return
                    before = self._order().index(request)
                if on_wait:
                    on_wait(before)
                if time.monotonic() > until:
                    raise Busy(f"There was no turn for you within {patience:.0f} seconds; try again in a minute.", 30.0)
        finally:
            with self._changed:
                self._waiting.remove(request)
                here = {each.owner for each in (*self._waiting, *self._computing)}
                self._served = {owner: place for owner, place in self._served.items() if owner in here}
                self._changed.notify_all()

    def _may_begin(self, request: _Request) -> bool:
        if len(self._computing) >= self.at_once:
            return False
        computing = {each.owner for each in self._computing}
        return request is next((each for each in self._order() if each.owner not in computing), None)

    def _order(self) -> list[_Request]:
        """The waiting requests in the order of their turns: everyone's first, then everyone's second, and so on."""
        seen: dict[str, int] = {}
        ranked = []
        for request in self._waiting:
            rank = seen[request.owner] = seen.get(request.owner, -1) + 1
            ranked.append((rank, max(request.place, self._served.get(request.owner, 0)), request))
        return [request for _, _, request in sorted(ranked, key=lambda each: each[:2])]


def cores() -> int:
    """How many processor cores this process may use, in a container its share of them."""
    known = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = _QUOTA.read_text().split()
        return max(1, min(known, round(int(quota) / int(period))))
    except (OSError, ValueError):  # no container, or no quota ("max")
        return known
