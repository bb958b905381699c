"""A visitor of a public server: turns at computing, and how often one may ask. At home there is no queue."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from genreclf.predict.turns import Pace, Turns, cores
from genreclf.public import LIMITS, is_public

TURNS = Turns(cores(), LIMITS.waiting)
ANSWERS = Pace(LIMITS.answers, LIMITS.answers)
COUNTED = 0.05  # seconds of a processor core; drawing what is known takes less


def most_characters() -> int | None:
    """The most characters that a visitor may type in one text; None at home."""
    return LIMITS.characters if is_public() else None


def current() -> str:
    """What tells this visitor from others."""
    context = get_script_run_ctx()
    return context.session_id if context else str(threading.get_ident())


@contextmanager
def turn(visitor: str = "") -> Iterator[None]:
    """Compute an answer during the block; in public once it is the visitor's turn, whose place is shown meanwhile.

    To be used outside of functions that Streamlit caches, because it draws. What takes no time, because it was computed
    before, does not count as a question.

    Args:
        visitor: whose turn it is, for a download, which has no session; else the ``current`` one.

    Raises:
        Busy: this visitor has asked too often, or too many others are waiting.
    """
    if not is_public() or TURNS.is_mine:
        yield
        return
    is_seen, visitor = get_script_run_ctx() is not None, visitor or current()
    ANSWERS.check(visitor, "questions", use=0)
    places: list[DeltaGenerator] = []

    def show(before: int) -> None:
        if not places:
            places.append(st.empty())
        places[0].info(_sentence(before), icon=":material/hourglass_top:")

    with ExitStack() as stack:
        try:
            stack.enter_context(TURNS.turn(visitor, show if is_seen else None))
        finally:
            for place in places:
                place.empty()
        began = time.thread_time()  # networks run in this thread
        try:
            yield
        finally:
            if time.thread_time() - began > COUNTED:
                ANSWERS.take(visitor)


def _sentence(before: int) -> str:
    if not before:
        return "Others are asking, too. You are next."
    return f"{before} visitor{' is' if before == 1 else 's are'} before you. Your answer comes by itself."
