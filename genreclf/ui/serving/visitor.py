"""A visitor of a public server: turns at computing, and how often one may ask. At home there is no queue."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from genreclf.predict.turns import Pace, Turns, cores
from genreclf.public import LIMITS, is_public

TURNS = Turns(cores(), LIMITS.waiting)
ANSWERS = Pace(LIMITS.answers, LIMITS.answers)


@contextmanager
def turn() -> Iterator[None]:
    """Compute an answer during the block; in public once it is this visitor's turn, whose place is shown meanwhile.

    To be used outside of functions that Streamlit caches, because it draws.

    Raises:
        Busy: this visitor has asked too often, or too many others are waiting.
    """
    if not is_public() or TURNS.is_mine:
        yield
        return
    context = get_script_run_ctx()
    visitor = context.session_id if context else str(threading.get_ident())  # a download has no session
    ANSWERS.check(visitor, "questions")
    places: list[DeltaGenerator] = []

    def show(before: int) -> None:
        if not places:
            places.append(st.empty())
        places[0].info(_sentence(before), icon=":material/hourglass_top:")

    with TURNS.turn(visitor, show if context else None):
        for place in places:
            place.empty()
        yield


def _sentence(before: int) -> str:
    if not before:
        return "Others are asking, too. You are next."
    return f"{before} visitor{' is' if before == 1 else 's are'} before you. Your answer comes by itself."
