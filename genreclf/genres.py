"""The 25 genre labels of the data set, in the order of its columns."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

import numpy as np

from genreclf.fields import parse_literal

GENRES: tuple[str, ...] = (
    "Action", "Adventure", "Animation", "Biography", "Comedy", "Crime", "Documentary", "Drama", "Family",
    "Fantasy", "History", "Horror", "Music", "Musical", "Mystery", "N/A", "News", "Reality-TV", "Romance",
    "Sci-Fi", "Short", "Sport", "Thriller", "War", "Western",
)  # fmt: skip
NUM_GENRES = len(GENRES)
EPSILON = 1e-7  # probabilities are clipped to 1e-7..1 - 1e-7, as Keras does
GENRE_INDEX: dict[str, int] = {name: index for index, name in enumerate(GENRES)}

# Names that other data sets (TMDB, MovieLens, Rotten Tomatoes) use for exactly one of the labels, or for a kind of it.
# "Action & Adventure", "War & Politics", "Suspense" or "Noir" are not here: what they mean is not sure.
_OTHER_NAMES = {
    "Science Fiction": "Sci-Fi", "Sports": "Sport", "Reality": "Reality-TV", "Biopic": "Biography",
    "Biographical": "Biography", "Historical": "History", "Animated": "Animation", "Children": "Family",
    "Childrens": "Family", "Kids & Family": "Family", "Comedies": "Comedy", "Documentaries": "Documentary",
    "Dramas": "Drama", "Musicals": "Musical", "Mysteries": "Mystery", "Thrillers": "Thriller", "Westerns": "Western",
}  # fmt: skip
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_NUMPY_NAMES = re.compile(rf"\s*(?:{_QUOTED.pattern})(?:\s+(?:{_QUOTED.pattern}))+\s*")
_PLAIN_NAMES = re.compile(r"(?=.*[^\W\d_])(?:[\w\s&.\-‐-―/|;,·•]|(?<=\w)['’](?=\w))+", re.DOTALL)
_SLASH = re.compile(r"(?<!\bN)/|/(?!A\b)", re.IGNORECASE)  # between names, but not that of N/A


def parse_genre_list(text: str) -> list[str]:
    """Read the names in a ``Genre`` cell, as they are written there (see ``label_of``).

    Read are lists of Python, JSON and NumPy (``"['Drama', 'War']"``, ``'["Drama", "War"]'``, ``"['Drama' 'War']"``),
    TMDB's lists of objects with a ``name``, names between ``|``, ``;``, ``,`` or ``/``, and words of which each is a
    name (``"Action Science Fiction"``). A cell that is empty or says ``nan``, ``None``, ``null`` or ``\\N`` gives no
    name.

    Raises:
        ValueError: the text is none of these; the message can be shown as a data set's problem.
    """
    return list(_parsed(text.strip()))


@lru_cache(maxsize=4096)  # of thousands of films, many have the same genres
def _parsed(text: str) -> Sequence[str]:
    if text.casefold() in ("", "nan", "none", "null", "\\n", "(no genres listed)"):
        return []
    inner = text[1:-1] if (text[0], text[-1]) in (("[", "]"), ("{", "}"), ("(", ")")) else None
    if inner is not None and _NUMPY_NAMES.fullmatch(inner):  # to Python, these names are one long string
        return [name[1:-1].strip() for name in _QUOTED.findall(inner)]
    if text[0] in "[{(\"'":
        with suppress(ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return _names_in(parse_literal(text))
    plain = text if inner is None else inner
    if not _PLAIN_NAMES.fullmatch(plain):
        raise ValueError(f"genre list {text[:60]!r} is not a list of names; write ['Drama', 'War'] or Drama|War")
    names = [name.strip() for name in re.split(r"[|;,·•\n\t]", plain)]
    names = [part.strip() for name in names for part in ([name] if label_of(name) else _SLASH.split(name))]
    return [name for name in names if name] if len(names) > 1 else _names_in_words(names[0])


def _names_in(value: Any) -> list[str]:
    """The names in a list of names or of objects with a name, or a dict of names; else a ValueError."""
    if isinstance(value, str):  # quoted once more
        return parse_genre_list(value)
    if isinstance(value, dict):
        value = [value] if "name" in value else list(value.values())
    if not isinstance(value, list | tuple | set):
        raise ValueError
    names = [item.get("name") if isinstance(item, dict) else item for item in value]
    if not all(isinstance(name, str) for name in names):
        raise ValueError
    return [name.strip() for name in names if name.strip()]


def _names_in_words(text: str) -> list[str]:
    """Split a text into known names, longer ones first; a text with other words is one name."""
    words, names = text.split(), []
    while words:
        count = next((count for count in (3, 2, 1) if label_of(" ".join(words[:count]))), 0)
        if not count:
            return [text]
        names.append(" ".join(words[:count]))
        del words[:count]
    return names


def label_of(name: str) -> str | None:
    """The label that a name means, or None; capitals, blanks and hyphens are forgiven, and a few other names known.

    >>> label_of("science fiction"), label_of(" drama"), label_of("Film-Noir")
    ('Sci-Fi', 'Drama', None)
    """
    return _LABELS.get(_key(name))


@lru_cache(maxsize=1000)
def unknown_genre(name: str) -> str:
    """What to say of a name that is no label: the label or other known name that is spelt most like it, if any is."""
    near = difflib.get_close_matches(_key(name), _LABELS, 1, 0.7)
    hint = f"did you mean {_LABELS[near[0]]}?" if near else f"the labels are {GENRES[0]}, {GENRES[1]} … {GENRES[-1]}"
    return f"unknown genre {name[:60]!r} ({hint})"


def same_genres(names: Sequence[str], others: Iterable[str]) -> dict[str, str]:
    """Those of ``names`` that another list has too, in the order of ``names``, with the name that they have there.

    Names are the same if they differ in capitals, blanks or hyphens, or are known to mean the same.

    >>> same_genres(["Drama", "Science Fiction", "Noir"], ["Sci-Fi", "drama"])
    {'Drama': 'drama', 'Science Fiction': 'Sci-Fi'}
    """
    by_key = {genre_key(other): other for other in others}
    return {name: by_key[key] for name in names if (key := genre_key(name)) in by_key}


@lru_cache(maxsize=10_000)
def genre_key(name: str) -> str:
    """A text that is equal for names that mean the same genre."""
    key = _key(name)
    return _key(_LABELS[key]) if key in _LABELS else key


def _key(name: str) -> str:
    return re.sub(r"[\s_\-‐-―'’.]+", "", unicodedata.normalize("NFKC", name).casefold()).replace("and", "&")


def multi_hot(names: Iterable[str]) -> np.ndarray:
    """Encode genre names as a uint8 vector of shape ``(25,)`` of zeros and ones.

    Raises:
        ValueError: a name is not one of the 25 labels.
    """
    vector = np.zeros(NUM_GENRES, np.uint8)
    for name in names:
        if name not in GENRE_INDEX:
            raise ValueError(unknown_genre(name))
        vector[GENRE_INDEX[name]] = 1
    return vector


def genre_names(vector: np.ndarray) -> list[str]:
    """The names of the genres in a multi-hot vector, in label order."""
    return [GENRES[index] for index in np.flatnonzero(np.asarray(vector))]


_LABELS = {_key(name): label for name, label in (_OTHER_NAMES | {name: name for name in GENRES}).items()}
