"""Twins: films that are probably the same one under several ids, by equal posters or nearly equal overviews.

A model that was trained on one of them has seen the other, so scores on it measure memory.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from genreclf.data.overviews import split_words
from genreclf.data.splits import SPLITS

MIN_WORDS = 8  # different words; shorter texts ("The story of", "Plot unknown") are equal by chance
MIN_SHARED = 0.8  # of the different words of two overviews together (Jaccard index)
MAX_COPIES = 10  # films; a poster or text of more is a placeholder ("no picture") unless they share the other, too
MAX_RARE = 100  # overviews; two words in more of them are too common to lead to twins, which bounds the time
LEAKS = (("test", "train"), ("val", "train"), ("test", "val"))  # the films of one split that have a twin in another
NAMES = {"train": "training", "val": "validation", "test": "test"}
_COMPLETE = re.compile(r"[.!?…。！？][\"'”’»)\]\s]*\Z")


def twin_groups(overviews: Sequence[str], poster_hashes: Sequence[str]) -> np.ndarray:
    """Group the films that share the poster's bytes or at least 80 % of the words of their overviews.

    It takes a fifth of a second for 6,000 films, and some seconds for 100,000. Films that are twins of the same film
    are in one group. A poster or an overview of more than ``MAX_COPIES`` films makes no twins of those that
    do not share both.

    Args:
        overviews: n texts.
        poster_hashes: n checksums; "" is no poster.

    Returns:
        a number per group, int ``(n,)``: that of its first film.
    """
    first = list(range(len(overviews)))  # a film of the same group, the first one in the end

    def find(film: int) -> int:
        while first[film] != film:
            first[film] = film = first[first[film]]
        return film

    def join(one: int, other: int) -> None:
        one, other = sorted((find(one), find(other)))
        first[other] = one

    known: dict[object, int] = {}
    words = [frozenset(split_words(overview)) for overview in overviews]
    copies = Counter[object](poster_hashes) + Counter(words)
    texts: dict[int, frozenset[str]] = {}
    for film, (of_film, poster) in enumerate(zip(words, poster_hashes, strict=True)):
        if poster and len(of_film) >= MIN_WORDS:
            join(film, known.setdefault((poster, of_film), film))
        if poster and copies[poster] <= MAX_COPIES:
            join(film, known.setdefault(poster, film))
        if len(of_film) >= MIN_WORDS and copies[of_film] <= MAX_COPIES:
            earlier = known.setdefault(of_film, film)
            join(film, earlier)
            if earlier == film:
                texts[film] = of_film
    for one, other in _similar(texts):
        join(one, other)
    return np.array([find(film) for film in range(len(overviews))], int)


def _similar(texts: dict[int, frozenset[str]]) -> Iterator[tuple[int, int]]:
    """Pairs of texts that share enough words.

    Two such texts also share two of their rarest words, a fifth of them and two more ("prefix filtering", Chaudhuri et
    al. 2006; Wang et al. 2012), so only texts with the same two rare words are compared.
    """
    counts = Counter(word for words in texts.values() for word in words)
    ranks = {word: rank for rank, word in enumerate(sorted(counts, key=lambda word: (counts[word], word)))}
    by_length: dict[int, list[list[int]]] = defaultdict(list)  # film, and the ranks of its rarest words, ascending
    for film, words in texts.items():
        length = len(words) - math.ceil(MIN_SHARED * len(words) - 1e-9) + 2
        by_length[length].append([film, *sorted(map(ranks.__getitem__, words))[:length]])
    films, pairs = [np.empty(0, int)], [np.empty(0, int)]
    for length, rows in by_length.items():
        table, (left, right) = np.array(rows), np.triu_indices(length, 1)
        films.append(table[:, 0].repeat(len(left)))
        pairs.append((table[:, 1 + left] * len(ranks) + table[:, 1 + right]).ravel())
    _, pair, group_sizes = np.unique(np.concatenate(pairs), return_inverse=True, return_counts=True)
    few = np.flatnonzero((group_sizes[pair] > 1) & (group_sizes[pair] <= MAX_RARE))
    few = few[np.argsort(pair[few], kind="stable")]
    members, pair = np.concatenate(films)[few], pair[few]
    size = np.zeros(max(texts, default=0) + 1, int)
    size[list(texts)] = [len(words) for words in texts.values()]
    compared = [np.empty(0, int)]
    for step in range(1, MAX_RARE):  # each text of a group with the one so many places further on
        at = np.flatnonzero(pair[step:] == pair[:-step])
        if not len(at):
            break
        one, other = members[at], members[at + step]
        near = np.minimum(size[one], size[other]) >= MIN_SHARED * np.maximum(size[one], size[other])
        compared.append(one[near] * len(size) + other[near])
    for code in np.unique(np.concatenate(compared), return_index=True)[0].tolist():  # sorts, which is fast
        first, second = divmod(code, len(size))
        shared = len(texts[first] & texts[second])
        if shared >= MIN_SHARED * (len(texts[first]) + len(texts[second]) - shared):
            yield first, second


def with_twin(groups: np.ndarray, films: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which films have a twin among the others: bool ``(n,)``; both are positions, and have none in common."""
    return np.isin(groups[films], groups[others])


def count_twins(groups: np.ndarray, splits: np.ndarray) -> dict[str, int]:
    """Count the ``films`` that have a twin, and those whose twin is in another split: ``test_in_train`` and so on."""
    rows = {split: np.flatnonzero(splits == split) for split in SPLITS}
    leaks = {f"{one}_in_{other}": int(with_twin(groups, rows[one], rows[other]).sum()) for one, other in LEAKS}
    return {"films": int((np.bincount(groups, minlength=1)[groups] > 1).sum()), **leaks}


def leak_sentences(counts: Mapping[str, int], splits: Mapping[str, int]) -> list[str]:
    """Sentences about films with a twin in another split, from ``count_twins`` and the number of films by split."""
    return [
        f"{count:,} of {splits.get(one, 0):,} {NAMES[one]} films share{'s' * (count == 1)} the poster or nearly the "
        f"whole overview with a {NAMES[other]} film; scores on {'it' if count == 1 else 'them'} measure memory."
        for one, other in LEAKS
        if (count := counts.get(f"{one}_in_{other}", 0))
    ]


def is_stub(overview: str) -> bool:
    """Whether an overview stops before the end of a sentence ("The story of"): no full stop or the like ends it."""
    return bool(overview) and not _COMPLETE.search(overview)
