import numpy as np
import pytest

from benchmarks import faithfulness
from benchmarks.faithfulness import Effect, delete_words, hide_parts
from genreclf.explain.changes import words_of
from genreclf.explain.words import WordEffect


class RednessModel:
    """A model for which the probability of Action is the redness of the poster's top left quarter."""

    def predict(self, posters, overviews=None):
        probabilities = np.zeros((len(posters), 25))
        probabilities[:, 0] = posters[:, :4, :4, 0].mean(axis=(1, 2)) / 255
        return probabilities


def guns_log_odds(predictor, poster=None):
    def log_odds(overviews):
        found = np.full((len(overviews), 25), -9.0)
        found[:, 0] = [text.count("gun") - 2.0 for text in overviews]
        return found

    return log_odds


@pytest.fixture
def count_guns(monkeypatch):
    monkeypatch.setattr(faithfulness, "overview_log_odds", guns_log_odds)


def leaving_out(word: str):
    return lambda predictor, overview, genre, poster: [
        WordEffect(*each, float(each.word == word), 0.5) for each in words_of(overview)
    ]


def test_words_that_matter_are_distinguished_from_others(count_guns):
    texts = ["a gun, a gun and a gun in a bag", "the last gun of the far west has a gun, a second gun and no horse"]
    found = delete_words(None, texts, method=leaving_out("gun"))
    assert found.explained == pytest.approx([0.731 - 0.119] * 2, abs=1e-3)
    assert (found.random < found.explained).all()
    assert found.lead == pytest.approx((found.explained - found.random).mean())
    assert delete_words(None, texts, method=leaving_out("a")).lead < 0  # a wrong explanation


def test_the_draws_follow_the_seed(count_guns):
    texts = ["a gun, a gun and a gun in a bag on a bed by a door"]
    first, second, other = (delete_words(None, texts, method=leaving_out("gun"), seed=seed) for seed in (1, 1, 2))
    assert first.random == pytest.approx(second.random)
    assert first.random != pytest.approx(other.random)


def test_parts_that_matter_are_distinguished_from_others(monkeypatch):
    posters = np.zeros((2, 8, 8, 3), np.uint8)
    posters[:, :4, :4, 0] = 200
    right = np.zeros((8, 8))
    right[:4, :4] = 1
    monkeypatch.setattr(faithfulness, "heatmap", lambda *arguments: right)
    found = hide_parts(RednessModel(), posters)
    assert found.explained == pytest.approx([150 / 255] * 2)  # hidden in the mean colour, 50
    assert hide_parts(RednessModel(), posters, shuffled=True).lead > 0
    assert (found.random < found.explained).all()
    monkeypatch.setattr(faithfulness, "heatmap", lambda *arguments: right[::-1])
    assert hide_parts(RednessModel(), posters).lead < 0


def test_the_error_is_the_standard_error_of_the_mean():
    effect = Effect(np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(4))
    assert effect.lead == 2.5
    assert effect.error == pytest.approx(np.std([1, 2, 3, 4], ddof=1) / 2)
