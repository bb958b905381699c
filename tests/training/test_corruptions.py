import numpy as np
import pytest
from PIL import Image

from genreclf.data.overviews import split_words
from genreclf.training import corruptions
from genreclf.training.corruptions import OVERVIEWS, POSTERS

TEXT = "A detective, haunted by his past, hunts a killer who leaves riddles at every crime scene in rain-soaked Boston."


@pytest.fixture
def poster() -> Image.Image:
    """A poster with a colour of its own in each corner, and fine stripes in the middle."""
    pixels = np.zeros((320, 216, 3), np.uint8)
    pixels[:160, :108], pixels[:160, 108:] = (200, 30, 30), (30, 200, 30)
    pixels[160:, :108], pixels[160:, 108:] = (30, 30, 200), (80, 80, 80)
    pixels[100:220:2] = 255 - pixels[100:220:2]
    return Image.fromarray(pixels)


@pytest.mark.parametrize("name", POSTERS)
def test_a_corrupted_poster_is_another_poster_and_the_same_for_the_same_seed(poster, name):
    before = poster.tobytes()
    first, again = (POSTERS[name](poster, np.random.default_rng(3)) for _ in range(2))
    assert poster.tobytes() == before, "the original is untouched"
    assert first.mode == "RGB"
    assert first.tobytes() == again.tobytes() != before


def test_what_each_corruption_takes_from_a_poster(poster):
    corrupted = {name: np.asarray(each(poster, np.random.default_rng(0)), float) for name, each in POSTERS.items()}
    original = np.asarray(poster, float)
    assert np.ptp(corrupted["black and white"], axis=2).max() == 0
    stripes = [np.abs(np.diff(each[120:200], axis=0)).mean() for each in (original, corrupted["low resolution"])]
    assert stripes[1] < 0.3 * stripes[0]
    assert corrupted["landscape still"].shape[:2] == (122, 216)
    assert 0.2 < corrupted["dark and blurred"].mean() / original.mean() < 0.55


def test_a_photograph_shows_the_whole_poster_upright_on_a_wall(poster):
    corners = poster.resize((2, 2), Image.Resampling.NEAREST).resize(poster.size, Image.Resampling.NEAREST)
    for seed in range(8):
        pixels = np.asarray(corruptions.photographed(corners, np.random.default_rng(seed)), float)
        height, width = pixels.shape[:2]
        points = [(y, x) for y in (2 * height // 7, 5 * height // 7) for x in (3 * width // 10, 7 * width // 10)]
        colours = np.array([pixels[y - 4 : y + 4, x - 4 : x + 4].mean(axis=(0, 1)) for y, x in points])
        shares = colours / colours.sum(axis=1, keepdims=True)
        assert shares.argmax(axis=0).tolist() == [0, 1, 2], "red, green and blue from the upper left on"


@pytest.mark.parametrize("name", OVERVIEWS)
def test_a_corrupted_overview_is_the_same_for_the_same_seed(name):
    first, again = (OVERVIEWS[name](TEXT, np.random.default_rng(3)) for _ in range(2))
    assert first == again != TEXT


def test_what_each_corruption_does_to_an_overview():
    rng = np.random.default_rng(0)
    assert OVERVIEWS["tagline"](TEXT, rng) == "A detective, haunted by his past,"
    assert OVERVIEWS["lower case"](TEXT, rng).split() == split_words(TEXT)
    mistyped, words = OVERVIEWS["typos"](TEXT, rng).split(), TEXT.split()
    assert len(mistyped) == len(words)
    assert sum(map(str.__ne__, mistyped, words)) in (1, 2)  # another letter may be the same one
    long = OVERVIEWS["long plot"](TEXT, rng)
    assert long.startswith(TEXT)
    assert 100 < len(long.split()) <= 150


@pytest.mark.parametrize("text", ["", "War", "Go on", "“”", "½ ½ ½ ½½½½½"])
def test_overviews_without_long_words_can_be_corrupted(text):
    for seed in range(6):
        assert all(isinstance(change(text, np.random.default_rng(seed)), str) for change in OVERVIEWS.values())


def test_all_corruptions_are_drawn(poster):
    taken = {corruptions.corrupt_poster(poster, np.random.default_rng(seed)).size for seed in range(30)}
    assert len(taken) == 3, "as it was, as a phone's picture, and as a still"


def test_posters_of_an_array_are_corrupted_each_by_itself(poster):
    posters = np.stack([np.asarray(poster.resize((64, 96)).rotate(90 * turn)) for turn in range(4)])
    found = corruptions.corrupt_posters(posters, [3, 0], [5])
    assert found.shape == (2, *posters.shape[1:])
    assert found.dtype == np.uint8
    assert np.array_equal(corruptions.corrupt_posters(posters, [0], [5])[0], found[1])
    assert not np.array_equal(corruptions.corrupt_posters(posters, [0], [6])[0], found[1])
