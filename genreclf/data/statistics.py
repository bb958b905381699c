"""The numbers behind the charts of a data set."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from genreclf.data.catalogue import Catalogue
from genreclf.data.overviews import ranked, split_words
from genreclf.data.splits import SPLITS

MAX_FILMS = 30_000  # training films whose words are counted; more change little
MIN_FILMS = 5  # training films with a genre, or with a word: with fewer, what looks typical is chance
MIN_DEVIATIONS = 2.5  # chance reaches it for one word in 160
PRIOR_FILMS = 10.0  # how many films the overviews of all genres count as in those of one
# the list of the Glasgow Information Retrieval Group, as in scikit-learn, whose import takes a second
STOP_WORDS = frozenset(Path(__file__).with_name("stop_words.txt").read_text("utf-8").split())


def genre_counts(catalogue: Catalogue) -> pd.DataFrame:
    """The number of films per genre (index, the most frequent first, all of them) and split (columns)."""
    splits = catalogue.films["split"].to_numpy()
    counts = {split: catalogue.labels[splits == split].sum(axis=0, dtype=int) for split in SPLITS}
    table = pd.DataFrame(counts, index=pd.Index(catalogue.genres, name="genre"))
    return table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]


def genre_cooccurrence(catalogue: Catalogue) -> pd.DataFrame:
    """The share of one genre's films (row) that also have another genre (column), 0..1; the most frequent genres first.

    Genres without films are left out. The diagonal is NaN.
    """
    totals = catalogue.labels.sum(axis=0, dtype=int)
    present = np.argsort(-totals, kind="stable")[: np.count_nonzero(totals)]
    labels = catalogue.labels[:, present].astype(np.float32)  # exact up to 16 million films, and fast
    together = labels.T @ labels
    shares = together.astype(float) / totals[present][:, None]
    np.fill_diagonal(shares, np.nan)
    names = [catalogue.genres[index] for index in present]
    return pd.DataFrame(shares, index=names, columns=names)


def overview_lengths(catalogue: Catalogue) -> np.ndarray:
    """Words in each film's overview, as the models count them, int ``(n,)``."""
    return np.array([len(split_words(overview)) for overview in catalogue.films["overview"]], int)


def films_with_words(catalogue: Catalogue) -> np.ndarray:
    """Positions of the training films whose words are counted, int ``(n,)``: all, or ``MAX_FILMS`` at random."""
    rows = catalogue.in_split("train")
    return rows if len(rows) <= MAX_FILMS else np.sort(np.random.default_rng(0).permutation(rows)[:MAX_FILMS])


def training_words(catalogue: Catalogue) -> list[list[str]]:
    """The words of each overview of ``films_with_words``, as the models split them."""
    return list(map(split_words, catalogue.films["overview"].to_numpy()[films_with_words(catalogue)]))


def most_frequent_words(words: Sequence[list[str]], count: int = 200) -> pd.DataFrame:
    """The most frequent of ``training_words``: columns ``word`` and ``count``; the index is the rank, from 1."""
    table = pd.DataFrame(ranked(Counter(chain.from_iterable(words)))[:count], columns=["word", "count"])
    table.index = pd.RangeIndex(1, len(table) + 1, name="rank")
    return table


def typical_words(catalogue: Catalogue, words: Sequence[list[str]], count: int = 10) -> pd.DataFrame:
    """The words by which the train split's overviews of each genre differ most from all others.

    For each word, the log-odds of being in an overview of the genre are compared with those of being in another one,
    in standard deviations, with all overviews as a prior (Monroe, Colaresi & Quinn 2008). Films are counted, not
    occurrences, so that a name that one overview repeats does not count as typical. Stop words ("the") are
    left out.

    Args:
        catalogue: the films.
        words: see ``training_words``.
        count: the most words per genre.

    Returns:
        one row per genre with at least ``MIN_FILMS`` training films, the most frequent first: columns ``genre``,
        ``films`` (of those whose words are counted), ``words`` (a list of at most ``count``, the most typical first,
        each in at least ``MIN_FILMS`` films and above ``MIN_DEVIATIONS``; it may be empty).
    """
    labels = catalogue.labels[films_with_words(catalogue)]
    vocabulary = sorted(set(chain.from_iterable(words)) - STOP_WORDS)
    places = {word: place for place, word in enumerate(vocabulary)}
    word = np.array([places.get(word, -1) for word in chain.from_iterable(words)], int)
    film = np.repeat(np.arange(len(words)), list(map(len, words)))
    pairs = np.unique(film[word >= 0] * max(1, len(places)) + word[word >= 0])  # films are counted, not occurrences
    film, word = np.divmod(pairs, max(1, len(places)))
    films_with = np.bincount(word, minlength=len(places))
    known = np.flatnonzero(films_with >= MIN_FILMS)
    overall, vocabulary = films_with[known].astype(float), [vocabulary[place] for place in known]
    is_true = labels[film] == 1  # (pairs, genres)
    found = [np.bincount(word[of_genre], minlength=len(places))[known] for of_genre in is_true.T]  # films with the word
    films = labels.sum(axis=0, dtype=int)
    prior = PRIOR_FILMS * overall / (len(labels) + 1)  # always below it
    table = []
    for genre in np.argsort(-films, kind="stable"):
        if films[genre] < MIN_FILMS:
            break
        log_odds, variance = np.zeros(len(known)), np.zeros(len(known))
        for sign, with_word, of in (
            (1, found[genre], films[genre]),
            (-1, overall - found[genre], len(labels) - films[genre]),
        ):
            log_odds += sign * np.log((with_word + prior) / (of - with_word + PRIOR_FILMS - prior))
            variance += 1 / (with_word + prior)
        deviations = log_odds / np.sqrt(variance)
        best = np.argsort(-deviations, kind="stable")[:count]
        typical = [vocabulary[place] for place in best if deviations[place] >= MIN_DEVIATIONS]
        table.append((catalogue.genres[genre], int(films[genre]), typical))
    return pd.DataFrame(table, columns=["genre", "films", "words"])
