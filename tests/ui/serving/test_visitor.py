"""A visitor's turns in public: the place on the page, what counts as a question, and none of it at home."""

import threading
from types import SimpleNamespace

import pytest
from app_pages import open_address, page_text

from genreclf import public
from genreclf.predict import turns
from genreclf.predict.turns import Busy, Pace, TooOften, Turns
from genreclf.ui.serving import visitor


@pytest.fixture(autouse=True)
def in_public(monkeypatch):
    """A public server on which one visitor computes and one waits; each asks three times a minute."""
    monkeypatch.setenv(public.VARIABLE, "1")
    monkeypatch.setattr(turns, "LOOK", 0.01)
    monkeypatch.setattr(visitor, "TURNS", Turns(1, 1))
    monkeypatch.setattr(visitor, "ANSWERS", Pace(3, 3))


@pytest.fixture
def drawn(monkeypatch) -> list[str]:
    """What is drawn for the visitor "anna", in order; "" where it vanishes."""
    found: list[str] = []
    place = SimpleNamespace(info=lambda text, icon: found.append(text), empty=lambda: found.append(""))
    monkeypatch.setattr(visitor, "st", SimpleNamespace(empty=lambda: place))
    monkeypatch.setattr(visitor, "get_script_run_ctx", lambda: SimpleNamespace(session_id="anna"))
    return found


@pytest.fixture
def other():
    """Another visitor, who computes until told to ``go``."""
    begun, go = threading.Event(), threading.Event()

    def compute() -> None:
        with visitor.TURNS.turn("other"):
            begun.set()
            go.wait(20)

    thread = threading.Thread(target=compute)
    thread.start()
    assert begun.wait(20)
    yield go
    go.set()
    thread.join(20)


def test_the_place_is_shown_until_it_is_the_visitors_turn(drawn, other):
    threading.Timer(0.3, other.set).start()
    with visitor.turn():
        assert drawn[-1] == ""
        assert "You are next" in drawn[0]
        with visitor.turn():  # within a turn
            pass
    assert drawn.count("") == 1


def test_who_computes_at_once_sees_no_place(drawn):
    with visitor.turn():
        pass
    assert not drawn


def test_a_place_vanishes_where_there_is_no_turn(drawn, other, monkeypatch):
    wait = visitor.TURNS.turn
    monkeypatch.setattr(visitor.TURNS, "turn", lambda *arguments: wait(*arguments, patience=0.1))
    with pytest.raises(Busy), visitor.turn():
        pass
    assert len(drawn) > 1
    assert drawn[-1] == ""


def test_only_what_is_computed_counts(drawn, monkeypatch):
    for _ in range(10):
        with visitor.turn():
            pass
    monkeypatch.setattr(visitor, "COUNTED", -1.0)
    for _ in range(3):
        with visitor.turn():
            pass
    with pytest.raises(TooOften), visitor.turn():
        pass
    with visitor.turn("ben"):
        pass


def test_at_home_there_is_no_queue(drawn, other, monkeypatch):
    monkeypatch.delenv(public.VARIABLE)
    monkeypatch.setattr(visitor, "COUNTED", -1.0)
    for _ in range(5):
        with visitor.turn():
            pass
    assert not drawn
    assert visitor.most_characters() is None


@pytest.mark.parametrize("path", ["pages/compare.py", "pages/evaluate.py"])
def test_a_page_says_that_too_many_are_waiting(path, monkeypatch):
    monkeypatch.setattr(visitor, "TURNS", SimpleNamespace(is_mine=False, turn=_refuse))
    page = open_address(path)
    assert "visitors are waiting" in page_text(page)


def _refuse(*arguments):
    raise Busy("60 visitors are waiting already; try again in a minute.", 30.0)
