"""A visitor's progress in the lesson: for the session, and under a random name in a cookie, for the next one.

A reload of the page starts a new session. What was answered is kept in memory, for a bounded number of visitors, and
is found again by the cookie, which contains nothing but the name.
"""

import re
import secrets
from collections import OrderedDict
from threading import Lock
from typing import Any

import streamlit as st

from genreclf.lesson.progress import Progress

COOKIE = "genreclf_lesson"
VISITORS = 500  # whose progress is kept; that of the one who came back longest ago is dropped first
_NAME = re.compile(r"[0-9a-f]{32}")
_KEY = "lesson_progress"  # session: the visitor's progress
_lock = Lock()


def current() -> Progress:
    """This visitor's progress, new or from an earlier session of the same browser."""
    if _KEY not in st.session_state:
        name = _cookie()
        name = name if _NAME.fullmatch(name) else secrets.token_hex(16)
        with _lock:
            kept = _visitors()
            progress = kept.setdefault(name, Progress())
            kept.move_to_end(name)
            while len(kept) > VISITORS:
                kept.popitem(last=False)
        st.session_state[_KEY] = progress
        st.session_state[f"{_KEY}_name"] = name
    return current_of(st.session_state)


def current_of(session: Any) -> Progress:
    """The progress in a session's state."""
    return session[_KEY]


def remember() -> None:
    """Let the browser remember the name under which the progress is kept, for a day."""
    current()
    name = st.session_state[f"{_KEY}_name"]
    cookie = f"{COOKIE}={name}; max-age=86400; path=/; samesite=lax"
    with st.sidebar:
        st.html(f"<script>document.cookie = {cookie!r};</script>", unsafe_allow_javascript=True)


def _cookie() -> str:
    """What the browser sent when the session began."""
    return str(st.context.cookies.get(COOKIE, ""))


@st.cache_resource(show_spinner=False)
def _visitors() -> "OrderedDict[str, Progress]":
    return OrderedDict()
