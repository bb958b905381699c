"""Genres: the 25 of the reports, the list of any other data set, and the names that people write for them."""

import difflib
import re
import unicodedata
from collections import Counter
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
MAX_GENRES = 500
MAX_SLIPS = 2  # films with a name that is no genre but a slip (see ``genre_list``)

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
_SYMBOLS = "\u2600-\u27bf\U0001f000-\U0001faff"  # emoji
_PLAIN_NAMES = re.compile(
    rf"(?=.*(?:[^\W\d_]|[{_SYMBOLS}]))"
    rf"(?:[\w\s&.\-‐-―/|;,·•()+!#*:{_SYMBOLS}\ufe0f\u200d]|(?<=\w)['’](?=\w))+",
    re.DOTALL,
)
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
    if text.casefold() in ("", "nan", "none", "null", "\\n", "unknown", "(no genres listed)"):
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


def same_genres(names: Sequence[str], others: Iterable[str]) -> dict[str, str]:
    """Those of ``names`` that another list has too, in the order of ``names``, with the name that they have there.

    Names are the same if they are equal, else if they differ in capitals, blanks or hyphens, else if they are known to
    mean the same. No two names get the same other one: where it is not clear which of them is meant, none does.

    >>> same_genres(["Drama", "Science Fiction", "Noir"], ["Sci-Fi", "drama"])
    {'Drama': 'drama', 'Science Fiction': 'Sci-Fi'}
    """
    left, free, found = list(dict.fromkeys(names)), list(dict.fromkeys(others)), dict[str, str]()
    for key_of in (str, _key, genre_key):
        keys, other_keys = [*map(key_of, left)], [*map(key_of, free)]
        by_key, counts, other_counts = dict(zip(other_keys, free, strict=True)), Counter(keys), Counter(other_keys)
        found |= {
            name: by_key[key] for name, key in zip(left, keys, strict=True) if counts[key] == other_counts[key] == 1
        }
        taken = {*found.values()}
        left, free = [name for name in left if name not in found], [name for name in free if name not in taken]
    return {name: found[name] for name in names if name in found}


@lru_cache(maxsize=10_000)
def genre_key(name: str) -> str:
    """A text that is equal for names that mean the same genre."""
    key = _key(name)
    return _key(_LABELS[key]) if key in _LABELS else key


def _key(name: str) -> str:
    return re.sub(r"[\s_\-‐-―'’.]+", "", unicodedata.normalize("NFKC", name).casefold()).replace("and", "&")


class GenreList:
    """The genres of a data set in their order, and what they are called in its cells.

    A name is found as it is spelt, then ignoring capitals, blanks and hyphens, then by what it is known to mean.

    >>> GenreList(["Drama", "Science Fiction"]).find("sci-fi")
    'Science Fiction'
    """

    def __init__(self, names: Sequence[str] = GENRES):
        self.names = tuple(names)
        self._columns = {name: column for column, name in enumerate(self.names)}
        same = {genre_key(name): name for name in reversed(self.names)}
        self._found: dict[str, str | None] = {_key(name): name for name in reversed(self.names)}
        self._found = same | self._found

    def find(self, name: str) -> str | None:
        """The genre that a name means, or None."""
        if name not in self._found:
            self._found[name] = self._found.get(_key(name)) or self._found.get(genre_key(name))
        return name if name in self._columns else self._found[name]

    def encode(self, names: Iterable[str]) -> np.ndarray:
        """Encode genre names as a uint8 vector ``(len(names),)`` of zeros and ones.

        Raises:
            ValueError: a name is none of the genres; it is named with the genre that is spelt most like it, if any is.
        """
        vector = np.zeros(len(self.names), np.uint8)
        for name in names:
            if (genre := self.find(name)) is None:
                raise ValueError(self._unknown(name))
            vector[self._columns[genre]] = 1
        return vector

    def decode(self, vector: np.ndarray) -> list[str]:
        """The names of the genres in a multi-hot vector, in the list's order."""
        return [self.names[index] for index in np.flatnonzero(np.asarray(vector))]

    def _unknown(self, name: str) -> str:
        known = {key: genre for key, genre in self._found.items() if genre}
        if self.names == GENRES:
            known = _LABELS | known
        near, names = difflib.get_close_matches(_key(name), known, 1, 0.7), self.names
        shown = f"{names[0]}, {names[1]} … {names[-1]}" if len(names) > 3 else ", ".join(names)
        hint = f"did you mean {known[near[0]]}?" if near else f"the labels are {shown}"
        return f"unknown genre {name[:60]!r} ({hint})"


def genre_list(films: Iterable[Iterable[str]]) -> GenreList:
    """The list of genres that follows from the names that each film has, the most frequent first.

    Spellings of one genre are one, under the most frequent of them. A name outside the reports' list that only one or
    two films have is no genre but a slip, if most films do without such names. Films of the reports' genres alone have
    the reports' list, in its order.
    """
    of_films = [dict.fromkeys(names) for names in films]
    spellings = Counter(name for names in of_films for name in names)
    totals: Counter[str] = Counter()
    for name, count in spellings.items():
        totals[genre_key(name)] += count
    rare = {key for key, count in totals.items() if count <= MAX_SLIPS and key not in _LABELS}
    ordinary = sum(not any(genre_key(name) in rare for name in names) for names in of_films)
    slips = rare if 2 * ordinary > len(of_films) else set()
    kept = [name for name, _ in spellings.most_common() if genre_key(name) not in slips]
    if all(label_of(name) for name in kept):
        return GenreList()
    best: dict[str, str] = {}
    for name in kept:
        best.setdefault(genre_key(name), name)
    return GenreList(sorted(best.values(), key=lambda name: (-totals[genre_key(name)], name)))


_LABELS = {_key(name): label for name, label in (_OTHER_NAMES | {name: name for name in GENRES}).items()}
