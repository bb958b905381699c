"""The app for anyone: what nobody may do there, how much a visitor may ask for, and no path of the machine.

``GENRECLF_PUBLIC=1`` makes a process public, whatever it runs: the app, the JSON API or a command.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

from genreclf import paths
from genreclf.errors import UserError

VARIABLE = "GENRECLF_PUBLIC"
SESSIONS, IDLE = "GENRECLF_SESSIONS", "GENRECLF_IDLE_MINUTES"
_OFF = ("", "0", "false", "no", "off")
_ADDRESS = r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*+://[^\s/]\S*"
# A blank belongs to a name with up to five words, unless a sentence or a file's name ends before it or quotes begin.
_BLANK = r"(?<![.,:;!?)\]'\"’”])(?<!\.\w{2})(?<!\.\w{3})(?<!\.\w{4})[^\S\n]++(?![(\['\"‘“])"
_NAME = rf"[^\s/]++(?:{_BLANK}[^\s/]++){{0,4}}"
_PATH = rf"(?<![\w/.~])(?:file:(?=///))?~?/++(?:{_NAME}(?<!:)/++)+[^\s/]*"  # absolute, of two names or more

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
    """A message as a public process shows it: of each path of the machine only the last name is left.

    Of paths in the home folder, the project and the data set, what is above these folders is left out. Addresses and
    parts of words such as "and/or" stay. A path is meant to be hidden rather than a sentence to be kept: where names
    have blanks, some words between a path and the next slash may be lost.
    """
    return _pattern(_folders()).sub(_without_path, text) if "/" in text else text


def _without_path(found: re.Match[str]) -> str:
    if found["address"]:
        return found.group()
    if (folder := found["folder"]) is None:
        return next(name for name in reversed(found.group().split("/")) if name)
    name = "GENRECLF_HOME" if folder == str(paths.home()) else os.path.basename(folder)
    if found["more"]:
        return "" if folder == str(paths.PROJECT) else f"{name}/"
    return name


@lru_cache(maxsize=4)
def _pattern(folders: tuple[str, ...]) -> re.Pattern[str]:
    known = "|".join(re.escape(folder) for folder in folders)
    known = rf"(?<![\w.~-])(?P<folder>{known})(?![\w-]|\.\w)(?P<more>/?)"
    return re.compile(rf"(?P<address>{_ADDRESS})|{known}|{_PATH}", re.IGNORECASE)


def _folders() -> tuple[str, ...]:
    """Folders that a message may name and whose names may have blanks, the longest first."""
    data = os.path.expanduser(os.environ.get("GENRECLF_DATA", ""))
    known = {str(paths.home()), str(paths.PROJECT), *([data, os.path.realpath(data)] if data else [])}
    return tuple(sorted((folder for folder in known if len(folder) > 1 and os.path.isabs(folder)), key=len)[::-1])
