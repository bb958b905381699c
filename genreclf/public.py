"""The app for anyone: what nobody may do there, how much a visitor may ask for, and no path of the machine.

``GENRECLF_PUBLIC=1`` makes a process public, whatever it runs: the app, the JSON API or a command.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from genreclf import paths
from genreclf.errors import UserError

VARIABLE = "GENRECLF_PUBLIC"
SESSIONS, IDLE = "GENRECLF_SESSIONS", "GENRECLF_IDLE_MINUTES"
_OFF = ("", "0", "false", "no", "off")
_PATH = re.compile(r"(?<![\w:/.~-])/(?:[\w.@+~-]+/)+([\w.@+~-]*)")  # absolute, of two names or more; no address

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Limits:
    """What one visitor of a public server, and all together, may ask for.

    Attributes:
        upload_bytes, upload_pixels: of one poster.
        characters: of one text.
        uploads, answers: of one session in a minute.
        sessions: open at once.
        idle_minutes: without a click, after which a session is closed.
        waiting: visitors in the queue for answers.
        computed_films: of a data set whose films a visitor may let a model process, all at once.
        films, request_bytes: in one request to the API; posters in JSON take a third more than their files.
    """

    upload_bytes: int = 5_000_000
    upload_pixels: int = 12_000_000
    characters: int = 5_000
    uploads: int = 10
    answers: int = 60
    sessions: int = 100
    idle_minutes: float = 20.0
    waiting: int = 60
    computed_films: int = 500
    films: int = 64
    request_bytes: int = 20_000_000


LIMITS = Limits()


def limits() -> Limits:
    """The limits of this process: ``GENRECLF_SESSIONS`` and ``GENRECLF_IDLE_MINUTES`` change two of them.

    Raises:
        UserError: one of them is not a number that makes sense.
    """
    sessions, idle = _number(SESSIONS, LIMITS.sessions, 1), _number(IDLE, LIMITS.idle_minutes, 0.05)
    return replace(LIMITS, sessions=int(sessions), idle_minutes=idle)


def _number(variable: str, default: float, least: float) -> float:
    given = os.environ.get(variable, "")
    try:
        value = float(given) if given else default
    except ValueError:
        value = float("nan")
    if not least <= value <= 100_000:
        raise UserError(f"{variable} is {given!r}; set it to a number from {least:g} to 100,000, or unset it.")
    return value


class Forbidden(UserError):
    """Something that nobody may do on a public server."""


def is_public() -> bool:
    """Whether this process answers anyone (``GENRECLF_PUBLIC``)."""
    return os.environ.get(VARIABLE, "").strip().lower() not in _OFF


def forbid(deed: str) -> None:
    """Refuse a deed where the process is public.

    Args:
        deed: what is refused, the beginning of a sentence, such as "Training a model".

    Raises:
        Forbidden: it is public.
    """
    if is_public():
        raise Forbidden(
            f"{deed} is switched off on this public server ({VARIABLE} is set); run genreclf without it, on your own "
            "computer."
        )


def at_home(deed: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a function that a public process refuses (see ``forbid``); the function's ``deed`` tells that it does.

    Example:
        >>> @at_home("Training a model")
        ... def train(): ...
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            forbid(deed)
            return function(*args, **kwargs)

        guarded.deed = deed  # type: ignore[attr-defined]
        return guarded

    return decorate


def without_paths(text: str) -> str:
    """A message as a public process shows it: of each path of the machine only the last name is left."""
    for folder, name in _folders():
        text = text.replace(f"{folder}{os.sep}", f"{name}{os.sep}" if name else "").replace(folder, name)
    return _PATH.sub(lambda found: found.group(1), text)


def _folders() -> list[tuple[str, str]]:
    """Folders whose names a message may contain, the longest first, and what to say in their place."""
    data = os.environ.get("GENRECLF_DATA")
    own = os.path.realpath(os.path.expanduser(data)) if data else ""
    known = {str(paths.home()): "GENRECLF_HOME", str(paths.PROJECT): "", own: os.path.basename(own),
             str(Path.home()): ""}  # fmt: skip
    return sorted(((folder, name) for folder, name in known.items() if len(folder) > 1), key=lambda each: -len(each[0]))
