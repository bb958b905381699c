import numpy as np
import pytest
from prediction_sets import padded, random_labels, simulated_probabilities

from genreclf.evaluation.confusion import MISSED, NOTHING, matrices, substitutions
from genreclf.genres import GENRES


def test_matrices_by_hand():
    labels = padded([[1, 0], [1, 1], [0, 1], [0, 0]])
    chosen = padded([[1, 1], [0, 1], [1, 0], [0, 0]]) > 0
    found = matrices(labels, chosen)
    assert (found.shape, found.dtype.kind) == ((25, 2, 2), "i")
    assert found[0].tolist() == [[1, 1], [1, 1]]
    assert found[1].tolist() == [[1, 1], [1, 1]]
    assert found[2].tolist() == [[4, 0], [0, 0]]


def test_matrices_count_every_film_once():
    labels = random_labels(70)
    chosen = simulated_probabilities(labels, 0.3) > 0.6
    found = matrices(labels, chosen)
    assert (found.sum(axis=(1, 2)) == 70).all()
    assert found[:, 1].sum(axis=1).tolist() == labels.sum(axis=0).tolist()
    assert found[:, :, 1].sum(axis=1).tolist() == chosen.sum(axis=0).tolist()


def test_what_comes_instead_by_hand():
    labels = padded([[1, 0, 0, 0], [1, 0, 0, 1], [1, 0, 0, 0], [1, 0, 0, 1], [0, 1, 0, 0]])
    chosen = padded([[0, 1, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 0, 1], [0, 1, 0, 0]]) > 0
    table = substitutions(labels, chosen)
    assert table.index.tolist() == list(GENRES)
    assert table.columns.tolist() == [*GENRES, NOTHING, MISSED]
    # Action is missed in three films: Adventure is chosen in two of them, Animation in one, nothing wrong in one
    action = table.loc["Action"]
    assert action[MISSED] == 3
    assert action[["Adventure", "Animation", "Biography", NOTHING]].tolist() == pytest.approx([2 / 3, 1 / 3, 0, 1 / 3])
    assert np.isnan(action["Action"])
    assert table.loc["Adventure", MISSED] == 0  # chosen wherever it is true
    assert table.loc["Adventure", [*GENRES, NOTHING]].isna().all()


def test_a_right_genre_does_not_stand_for_a_missed_one():
    table = substitutions(padded([[1, 1]]), padded([[0, 1]]) > 0)
    assert table.loc["Action", ["Adventure", NOTHING, MISSED]].tolist() == [0, 1, 1]


def test_shares_are_shares_and_missed_films_those_of_the_matrices():
    labels = random_labels(200)
    chosen = simulated_probabilities(labels, 0.3) > 0.6
    table = substitutions(labels, chosen)
    shares = table[[*GENRES, NOTHING]].to_numpy()
    assert np.nanmin(shares) >= 0
    assert np.nanmax(shares) <= 1
    assert table[MISSED].tolist() == matrices(labels, chosen)[:, 1, 0].tolist()
    assert (table.loc[table[MISSED] > 0, NOTHING] + table.loc[table[MISSED] > 0, list(GENRES)].max(axis=1) <= 1).all()
