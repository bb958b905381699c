"""The 25 genre labels of the data set, in the order of its columns."""

import ast
from collections.abc import Iterable

import numpy as np

GENRES: tuple[str, ...] = (
    "Action", "Adventure", "Animation", "Biography", "Comedy", "Crime", "Documentary", "Drama", "Family",
    "Fantasy", "History", "Horror", "Music", "Musical", "Mystery", "N/A", "News", "Reality-TV", "Romance",
    "Sci-Fi", "Short", "Sport", "Thriller", "War", "Western",
)  # fmt: skip
NUM_GENRES = len(GENRES)
EPSILON = 1e-7  # probabilities are clipped to 1e-7..1 - 1e-7, as Keras does
GENRE_INDEX: dict[str, int] = {name: index for index, name in enumerate(GENRES)}


def parse_genre_list(text: str) -> list[str]:
    """Read the ``Genre`` column, a Python-style list of names such as ``"['Drama', 'War']"``.

    Raises:
        ValueError: the text is not such a list; the message can be shown as a data set's problem.
    """
    try:
        names = ast.literal_eval(text.strip())
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ValueError(f"genre list {text[:60]!r} is not a list of names") from None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"genre list {text[:60]!r} is not a list of names")
    return names


def multi_hot(names: Iterable[str]) -> np.ndarray:
    """Encode genre names as a uint8 vector of shape ``(25,)`` of zeros and ones.

    Raises:
        ValueError: a name is not one of the 25 labels.
    """
    vector = np.zeros(NUM_GENRES, np.uint8)
    for name in names:
        if name not in GENRE_INDEX:
            raise ValueError(f"unknown genre {name!r}")
        vector[GENRE_INDEX[name]] = 1
    return vector


def genre_names(vector: np.ndarray) -> list[str]:
    """The names of the genres in a multi-hot vector, in label order."""
    return [GENRES[index] for index in np.flatnonzero(np.asarray(vector))]
