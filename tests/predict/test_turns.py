"""The queue for answers: bounded and fair; and how often one may ask."""

import threading
import time

import pytest

from genreclf.predict import turns
from genreclf.predict.turns import Busy, Pace, TooOften, Turns, cores


class Visitors:
    """Threads that ask for a turn and keep it until they are let go; ``order`` is who got one."""

    def __init__(self, queue: Turns):
        self.queue, self.order, self.places, self.threads = queue, [], {}, []
        self.go = threading.Semaphore(0)

    def ask(self, name: str) -> None:
        """Let a visitor ask, after those before."""
        waiting, computing = self.queue.waiting, len(self.order)
        thread = threading.Thread(target=self._compute, args=(name,), daemon=True)
        self.threads.append(thread)
        thread.start()
        until(lambda: self.queue.waiting > waiting or len(self.order) > computing)

    def finish(self, count: int = 1) -> None:
        """Let some end their turns."""
        done = len(self.order)
        waiting = self.queue.waiting
        for _ in range(count):
            self.go.release()
        until(lambda: len(self.order) >= done + min(count, waiting))

    def _compute(self, name: str) -> None:
        with self.queue.turn(name, lambda place: self.places.setdefault(name, []).append(place)):
            self.order.append(name)
            self.go.acquire()

    def end(self) -> None:
        for _ in self.threads:
            self.go.release()
        for thread in self.threads:
            thread.join(10)
            assert not thread.is_alive()


def until(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(turns, "LOOK", 0.01)


def test_so_many_compute_at_once_and_the_others_in_the_order_of_their_coming():
    visitors = Visitors(Turns(2, 10))
    for name in "abcde":
        visitors.ask(name)
    assert visitors.order == ["a", "b"]
    assert visitors.queue.waiting == 3
    visitors.finish()
    assert visitors.order == ["a", "b", "c"]
    visitors.end()
    assert visitors.order == list("abcde")
    assert visitors.queue.waiting == 0


def test_a_waiting_visitor_is_told_how_many_are_before():
    visitors = Visitors(Turns(1, 10))
    for name in "abc":
        visitors.ask(name)
    until(lambda: visitors.places.get("b") and visitors.places.get("c"))
    assert set(visitors.places["b"]) == {0}
    assert set(visitors.places["c"]) == {1}
    visitors.finish()
    until(lambda: visitors.places["c"][-1] == 0)
    visitors.end()
    assert "a" not in visitors.places


def test_a_flood_of_one_visitor_delays_another_by_one_turn_at_most():
    visitors = Visitors(Turns(1, 20))
    for _ in range(8):
        visitors.ask("flood")
    visitors.ask("other")
    visitors.finish(2)
    assert visitors.order[:3].index("other") <= 2
    visitors.end()


def test_one_visitor_never_takes_all_turns():
    visitors = Visitors(Turns(2, 20))
    for _ in range(4):
        visitors.ask("flood")
    assert visitors.order == ["flood"]
    visitors.ask("other")
    assert visitors.order == ["flood", "other"]
    visitors.end()


def test_a_full_queue_refuses_and_stays_as_it_is():
    visitors = Visitors(Turns(1, 2))
    for name in "abc":
        visitors.ask(name)
    with pytest.raises(Busy) as refused, visitors.queue.turn("d"):
        pass
    assert refused.value.seconds > 0
    assert visitors.queue.waiting == 2
    visitors.end()


def test_patience_ends_and_so_does_the_waiting_of_who_leaves():
    visitors = Visitors(Turns(1, 5))
    visitors.ask("a")
    with pytest.raises(Busy), visitors.queue.turn("b", patience=0.05):
        pass

    def leave(place: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), visitors.queue.turn("c", leave):
        pass
    assert visitors.queue.waiting == 0
    visitors.end()
    with visitors.queue.turn("d"):
        assert visitors.queue.is_mine
    assert not visitors.queue.is_mine


def test_a_turn_within_a_turn_costs_nothing_and_an_error_ends_it():
    queue = Turns(1, 1)
    with pytest.raises(ZeroDivisionError), queue.turn("a"), queue.turn("a"):
        1 / 0  # noqa: B018
    with queue.turn("b", patience=0.1):
        pass


def test_a_pace_lets_so_many_through_and_then_again_by_the_minute(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(turns.time, "monotonic", lambda: now[0])
    pace = Pace(2, 6)
    assert [pace.take("a") for _ in range(3)] == pytest.approx([0, 0, 10])
    assert pace.take("b") == 0
    now[0] = 10.0
    assert pace.take("a") == 0
    assert pace.take("a") == pytest.approx(10)
    for number in range(6000):
        pace.take(f"{number}")
        now[0] += 1
    assert len(pace._used) < 5100


def test_who_asks_too_often_is_told_when_to_go_on():
    pace = Pace(1, 6)
    pace.check("a", "questions", use=0)
    pace.check("a", "questions")
    with pytest.raises(TooOften, match="questions") as refused:
        pace.check("a", "questions", use=0)
    assert 9 < refused.value.seconds <= 10


@pytest.mark.parametrize(
    ("quota", "expected"), [("150000 100000", 2), ("50000 100000", 1), ("max 100000", 4), (None, 4)]
)
def test_cores_are_those_of_the_container(quota, expected, monkeypatch, tmp_path):
    monkeypatch.setattr(turns.os, "sched_getaffinity", lambda process: set(range(4)), raising=False)
    monkeypatch.setattr(turns, "_QUOTA", tmp_path / "cpu.max")
    if quota:
        (tmp_path / "cpu.max").write_text(quota)
    assert cores() == expected
