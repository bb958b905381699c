import string

import numpy as np
import pytest
from PIL import Image

from genreclf.data.overviews import split_words
from genreclf.errors import UserError
from genreclf.explain.changes import Word, crop, hide, hottest, remove_words, token_spans, words_of

TEXT = '"Well-known" heroes -- Anna\'s, they say:\tshe wins.\nShe… wins'


def test_words_have_their_positions_without_punctuation():
    assert [word.word for word in words_of(TEXT)] == [
        "Well-known", "heroes", "Anna's", "they", "say", "she", "wins", "She…", "wins",
    ]  # fmt: skip
    assert all(TEXT[start:end] == word for word, start, end in words_of(TEXT))
    starts = [word.start for word in words_of(TEXT)]
    assert starts == sorted(set(starts))


@pytest.mark.parametrize(
    "text", [TEXT, "", " \n", "...", "a.b c,d", "Amélie\u00a0et l’amour — 2001", "\ud800 half", "ÄÖ"]
)
def test_words_are_those_that_models_read(text):
    assert [split_words(word.word) for word in words_of(text)] == [[word] for word in split_words(text)]
    assert len(token_spans(text)) >= len(words_of(text))


def test_without_keeps_the_punctuation():
    words = words_of(TEXT)
    assert remove_words(TEXT, [words[0], words[4]]) == '"" heroes -- Anna\'s, they :\tshe wins.\nShe… wins'
    assert remove_words(TEXT, []) == TEXT
    assert not remove_words(TEXT, words).strip(string.punctuation + string.whitespace)
    assert remove_words("go, go", [Word("go", 4, 6)]) == "go, "  # the second, not the first with this spelling


def test_crop_keeps_a_part_of_the_poster():
    image = Image.fromarray(np.arange(100 * 80 * 3, dtype=np.uint32).astype(np.uint8).reshape(100, 80, 3))
    part = crop(image, (0.25, 0.5, 1.0, 1.0))
    assert part.size == (60, 50)
    assert np.array_equal(np.asarray(part), np.asarray(image)[50:, 20:])
    assert crop(image, (0, 0, 1, 1)).size == image.size


@pytest.mark.parametrize(
    "box", [(0.5, 0, 0.5, 1), (0, 0.9, 1, 0.1), (-0.1, 0, 1, 1), (0, 0, 1.2, 1), (0, 0, float("nan"), 1)]
)
def test_crop_outside_the_poster_is_refused(box):
    with pytest.raises(UserError, match="must be inside the poster"):
        crop(Image.new("RGB", (80, 100)), box)


def test_tiny_crop_is_refused():
    with pytest.raises(UserError, match="only 8×100 pixels"):
        crop(Image.new("RGB", (80, 100)), (0, 0, 0.1, 1))


def test_hidden_region_has_the_mean_colour():
    poster = np.zeros((4, 6, 3), np.uint8)
    poster[:2] = (200, 100, 51)
    region = np.zeros((4, 6), bool)
    region[1:3, 2:4] = True
    hidden = hide(poster, region)
    assert (hidden[region] == (100, 50, 26)).all()
    assert np.array_equal(hidden[~region], poster[~region])
    assert poster[1, 2, 0] == 200  # the original is unchanged


def test_hottest_marks_a_share_of_the_pixels():
    heat = np.arange(16, dtype=np.float32).reshape(4, 4)
    assert np.array_equal(hottest(heat), heat >= 12)
    assert hottest(heat, 0.5).sum() == 8
    assert hottest(np.ones((4, 4)), 0.25).sum() == 4  # no more if many are equal
    assert not hottest(np.zeros((4, 4))).any()
    assert hottest(np.eye(4)[0].reshape(2, 2), 0.5).sum() == 1
