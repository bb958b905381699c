"""Twins: films that are probably the same one under several ids, by equal posters or nearly equal overviews.

A model that was trained on one of them has seen the other, so scores on it measure memory.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from genreclf.data.overviews import split_words
from genreclf.data.splits import SPLITS

MIN_WORDS = 8  # different words; shorter texts ("The story of", "Plot unknown") are equal by chance
MIN_SHARED = 0.8  # of the different words of two overviews together (Jaccard index)
MAX_RARE = 100  # overviews; a word in more of them is too common to lead to twins, which bounds the time
LEAKS = (("test", "train"), ("val", "train"), ("test", "val"))  # the films of one split that have a twin in another
_NAMES = {"train": "training", "val": "validation", "test": "test"}
_COMPLETE = re.compile(r"[.!?…。！？][\"'”’»)\]\s]*\Z")


def twin_groups(overviews: Sequence[str], poster_hashes: Sequence[str]) -> np.ndarray:
    """Group the films that share the poster's bytes or at least 80 % of the words of their overviews.

    It takes a fifth of a second for 6,000 films, and at most half a minute for 100,000. Films that are twins of the
    same film are in one group.

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
    texts: dict[int, frozenset[str]] = {}
    for film, (overview, poster) in enumerate(zip(overviews, poster_hashes, strict=True)):
        if poster:
            join(film, known.setdefault(poster, film))
        words = frozenset(split_words(overview))
        if len(words) >= MIN_WORDS:
            earlier = known.setdefault(words, film)
            join(film, earlier)
            if earlier == film:
                texts[film] = words
    for one, other in _similar(texts):
        join(one, other)
    return np.array([find(film) for film in range(len(overviews))], int)


def _similar(texts: dict[int, frozenset[str]]) -> Iterable[tuple[int, int]]:
    """Pairs of texts that share enough words.

    Two such texts also share one of their rarest words, a fifth of them and one more ("prefix filtering", Chaudhuri et
    al. 2006), so only texts with the same rare word are compared.
    """
    rare = 1 - MIN_SHARED + 1e-9  # against rounding
    counts = Counter(word for words in texts.values() for word in words)
    by_word: dict[str, list[int]] = defaultdict(list)
    for film, words in texts.items():
        rarest = sorted(words, key=lambda word: (counts[word], word))
        candidates: set[int] = set()
        for word in rarest[: int(rare * len(words)) + 1]:
            if counts[word] <= MAX_RARE:
                candidates.update(by_word[word])
                by_word[word].append(film)
        for other in candidates:
            short, long = sorted((len(words), len(texts[other])))
            if short >= MIN_SHARED * long:
                shared = len(words & texts[other])
                if shared >= MIN_SHARED * (short + long - shared):
                    yield other, film


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
        f"{count:,} of {splits.get(one, 0):,} {_NAMES[one]} films share{'s' * (count == 1)} the poster or nearly the "
        f"whole overview with a {_NAMES[other]} film; scores on {'it' if count == 1 else 'them'} measure memory."
        for one, other in LEAKS
        if (count := counts.get(f"{one}_in_{other}", 0))
    ]


def is_stub(overview: str) -> bool:
    """Whether an overview stops before the end of a sentence ("The story of"): no full stop or the like ends it."""
    return bool(overview) and not _COMPLETE.search(overview)
