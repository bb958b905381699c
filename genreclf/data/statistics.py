"""The numbers behind the charts of a data set."""

import numpy as np
import pandas as pd

from genreclf.data.catalogue import Catalogue
from genreclf.data.overviews import count_words, split_words
from genreclf.data.splits import SPLITS
from genreclf.genres import GENRES


def genre_counts(catalogue: Catalogue) -> pd.DataFrame:
    """The number of films per genre (index, the most frequent first, all 25) and split (columns)."""
    splits = catalogue.films["split"].to_numpy()
    counts = {split: catalogue.labels[splits == split].sum(axis=0, dtype=int) for split in SPLITS}
    table = pd.DataFrame(counts, index=pd.Index(GENRES, name="genre"))
    return table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]


def genre_cooccurrence(catalogue: Catalogue) -> pd.DataFrame:
    """The share of one genre's films (row) that also have another genre (column), 0..1; the most frequent genres first.

    Genres without films are left out. The diagonal is NaN.
    """
    labels = catalogue.labels.astype(int)
    present = np.flatnonzero(labels.any(axis=0))
    present = present[np.argsort(-labels[:, present].sum(axis=0), kind="stable")]
    together = labels[:, present].T @ labels[:, present]
    shares = together / np.diag(together)[:, None]
    np.fill_diagonal(shares, np.nan)
    names = [GENRES[index] for index in present]
    return pd.DataFrame(shares, index=names, columns=names)


def overview_lengths(catalogue: Catalogue) -> np.ndarray:
    """Words in each film's overview, as the models count them, int ``(n,)``."""
    return np.array([len(split_words(overview)) for overview in catalogue.films["overview"]], int)


def most_frequent_words(catalogue: Catalogue, count: int = 200) -> pd.DataFrame:
    """The most frequent words of the train split: columns ``word`` and ``count``; the index is the rank, from 1."""
    overviews = catalogue.films["overview"].to_numpy()[catalogue.in_split("train")]
    table = pd.DataFrame(count_words(overviews)[:count], columns=["word", "count"])
    table.index = pd.RangeIndex(1, len(table) + 1, name="rank")
    return table
