import numpy as np
import pytest

from benchmarks import faithfulness
from benchmarks.faithfulness import Moved, delete_words, hide_places
from genreclf.explain.changes import words_of
from genreclf.explain.words import WordEffect


class Counter:
    """A model that finds Action as probable as a text has the word "gun", a poster is red at the top left."""

    def predict(self, posters, overviews=None):
        told = np.zeros((len(posters), 25))
        told[:, 0] = posters[:, :4, :4, 0].mean(axis=(1, 2)) / 255
        return told


def by_guns(predictor, overviews, poster=None):
    told = np.full((len(overviews), 25), -9.0)
    told[:, 0] = [text.count("gun") - 2.0 for text in overviews]
    return told


@pytest.fixture
def counting(monkeypatch):
    monkeypatch.setattr(faithfulness, "overview_log_odds", by_guns)


def reading(word: str):
    return lambda predictor, overview, genre, poster: [
        WordEffect(*found, float(found.word == word), 0.5) for found in words_of(overview)
    ]


def test_words_that_matter_are_told_from_others(counting):
    texts = ["a gun, a gun and a gun in a bag", "the last gun of the far west has a gun, a second gun and no horse"]
    found = delete_words(None, texts, reading=reading("gun"))
    assert found.pointed == pytest.approx([0.731 - 0.119] * 2, abs=1e-3)
    assert (found.random < found.pointed).all()
    assert found.lead == pytest.approx((found.pointed - found.random).mean())
    assert delete_words(None, texts, reading=reading("a")).lead < 0  # an explanation that is wrong


def test_the_draws_follow_the_seed(counting):
    texts = ["a gun, a gun and a gun in a bag on a bed by a door"]
    first, second, other = (delete_words(None, texts, reading=reading("gun"), seed=seed) for seed in (1, 1, 2))
    assert first.random == pytest.approx(second.random)
    assert first.random != pytest.approx(other.random)


def test_places_that_matter_are_told_from_others(monkeypatch):
    posters = np.zeros((2, 8, 8, 3), np.uint8)
    posters[:, :4, :4, 0] = 200
    right = np.zeros((8, 8))
    right[:4, :4] = 1
    monkeypatch.setattr(faithfulness, "heatmap", lambda *asked: right)
    found = hide_places(Counter(), posters)
    assert found.pointed == pytest.approx([150 / 255] * 2)  # the mean of a poster that is red by a quarter
    assert (found.random < found.pointed).all()
    monkeypatch.setattr(faithfulness, "heatmap", lambda *asked: right[::-1])
    assert hide_places(Counter(), posters).lead < 0


def test_error_is_that_of_a_mean():
    moved = Moved(np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(4))
    assert moved.lead == 2.5
    assert moved.error == pytest.approx(np.std([1, 2, 3, 4], ddof=1) / 2)
