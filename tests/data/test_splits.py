from collections import Counter
from itertools import pairwise

import pytest

from genreclf.data.splits import SPLITS, split_of


@pytest.mark.parametrize(
    ("film_id", "split"),
    [("tt0086425", "train"), ("tt0085549", "val"), ("tt0000012", "test"), ("metropolis-1927", "train"), ("é", "train")],
)
def test_the_split_of_known_films_never_changes(film_id, split):
    assert split_of(film_id) == split


def test_shares_are_80_10_10():
    counts = Counter(split_of(f"tt{number:07d}") for number in range(20_000))
    assert set(counts) == set(SPLITS)
    assert counts["train"] == pytest.approx(16_000, abs=250)
    assert counts["val"] == pytest.approx(2_000, abs=150)
    assert counts["test"] == pytest.approx(2_000, abs=150)


def test_neighbouring_ids_are_split_independently():
    splits = [split_of(f"tt{number:07d}") for number in range(2_000)]
    pairs = sum(before == after == "test" for before, after in pairwise(splits))
    assert pairs < 45  # 20 are expected at random
