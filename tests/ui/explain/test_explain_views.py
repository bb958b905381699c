"""What the views of the section "Why?" compute before they draw it."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from genreclf.genres import GENRES
from genreclf.models import SPECS
from genreclf.predict.film import FilmPrediction
from genreclf.ui.explain import film as explain_film
from genreclf.ui.explain import poster as explain_poster
from genreclf.ui.explain import section, sides, what_if, words
from genreclf.ui.explain.film import Film


def effects(*found: tuple[str, float], text: str) -> list[SimpleNamespace]:
    """Effects of words in a text; without each of them, the probability is one half."""
    effects, at = [], 0
    for word, effect in found:
        at = text.index(word, at)
        effects.append(SimpleNamespace(word=word, start=at, end=at + len(word), effect=effect, probability_without=0.5))
        at += len(word)
    return effects


@pytest.fixture
def heat() -> np.ndarray:
    """A heatmap with all its heat at the top right."""
    values = np.zeros((8, 8), np.float32)
    values[:2, 6:] = 1.0
    return values


def test_heatmap_with_strength_0_is_invisible(heat):
    poster = Image.new("RGB", (60, 90), (200, 30, 40))
    np.testing.assert_array_equal(explain_poster.overlay(poster, heat, 0.0), np.asarray(poster))


def test_caption_names_the_method_of_the_heatmap():
    methods = {name: explain_poster.method(spec) for name, spec in SPECS.items() if spec.uses_poster}
    assert methods["cnn"] == methods["cnn-small"] != methods["poster"] == methods["fusion"]
    assert "occlusion" in methods["cnn"]
    assert "class activation map" in methods["poster"]


def test_heatmap_with_full_strength_hides_the_poster(heat):
    poster = Image.new("RGB", (60, 90), (200, 30, 40))
    full = explain_poster.overlay(poster, heat, 1.0)
    assert full.shape == (90, 60, 3)
    assert full.dtype == np.uint8
    np.testing.assert_allclose(full[-1, 0], (68, 1, 84), atol=1)  # viridis at 0
    np.testing.assert_allclose(full[8, 54], (253, 231, 37), atol=1)  # and at 1
    half = explain_poster.overlay(poster, heat, 0.5)
    np.testing.assert_allclose(half[-1, 0], (134, 15, 62), atol=1)


def test_white_line_surrounds_the_hottest_quarter(heat):
    over = explain_poster.overlay(Image.new("RGB", (80, 80)), heat, 0.5)
    white = (over == 255).all(axis=2)
    assert white[:30, 50:].sum() == white.sum() > 0


def test_hottest_place_in_words(heat):
    assert explain_poster.place(heat) == "at the top right"
    assert explain_poster.place(heat[::-1, ::-1]) == "at the bottom left"
    middle = np.zeros((9, 6))
    middle[4, 3] = 1
    assert explain_poster.place(middle) == "in the middle"
    assert explain_poster.place(np.ones(heat.shape) + 0.1 * heat) == "in many places"


def test_words_are_shaded_relative_to_the_strongest():
    text = "A ghost and\na party at night."
    marked = words.shaded(text, effects(("ghost", 2.0), ("party", -1.0), ("night", 0.01), text=text))
    assert marked == (
        'A :color[ghost⁺]{background="rgba(59,118,196,0.60)"} and a '
        ':color[party⁻]{background="rgba(214,124,32,0.30)"} at night\\.'
    )


def test_overview_is_not_interpreted_as_markup():
    text = "1. <b>[x](http://evil.example) :red[y] `z`"
    marked = words.shaded(text, effects(("x", 1.0), text=text))
    assert "[x](http" not in marked
    assert "\\<b\\>" in marked
    assert ":red" not in marked
    assert "\\`z\\`" in marked
    assert words.shaded(text, []) == words.plain(text)


def test_table_has_the_strongest_words_with_and_without():
    text = "one two three"
    found = words.table(effects(("one", 0.1), ("two", -np.log(3)), ("three", 0.0), text=text))
    assert found["Word"].tolist() == ["two", "one"]
    assert found["With"].tolist() == ["25.0\u00a0%", "52.5\u00a0%"]
    assert found["Without"].tolist() == ["50.0\u00a0%", "50.0\u00a0%"]
    assert found["Effect"].tolist() == ["−25.0\u00a0points", "+2.5\u00a0points"]


@pytest.mark.parametrize(
    ("change", "text"),
    [(0.123, "+12.3 points"), (-0.5, "−50.0 points"), (2e-4, "+<0.1 points"), (-1e-9, "−<0.1 points"), (0, "0 points")],
)  # fmt: skip
def test_points_have_a_sign_and_never_round_to_0(change, text):
    assert words.points(change).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("horizontal", "vertical", "box"),
    [((0, 100), (0, 100), (0, 0, 1, 1)), ((25, 75), (0, 50), (0.25, 0, 0.75, 0.5)),
     ((0, 0), (100, 100), (0, 0.99, 0.01, 1)), ((30, 30), (99, 100), (0.3, 0.99, 0.31, 1))],
)  # fmt: skip
def test_box_is_never_empty(horizontal, vertical, box):
    assert what_if.box_of(horizontal, vertical) == box


def test_words_are_removed_wherever_they_occur():
    text = "The Ghost, a ghost-hunter and the ghost!"
    assert what_if.without_words(text, ["ghost"]) == "The , a ghost-hunter and the !"
    assert what_if.without_words(text, ["ghost-hunter", "the"]) == " Ghost, a  and  ghost!"
    assert what_if.without_words(text, []) == text


def test_display_image_is_small(catalogue, film_folder):
    film = explain_film.catalogue_film(catalogue, 0)
    assert film.display_image().size == (60, 90)
    assert film.poster((64, 64)).shape == (64, 64, 3)
    assert film.poster(None) is None
    assert Film("A film.").display_image() is None
    large = explain_film.user_film(Image.new("RGB", (900, 1200)), None)
    assert large.display_image().size == (360, 480)
    assert large.overview == ""


def test_cache_key_depends_on_the_poster():
    red, blue = (Image.new("RGB", (40, 60), colour) for colour in ("red", "blue"))
    film = explain_film.user_film(red, "A film.")
    assert film.cache_key == explain_film.user_film(red.copy(), "Another film.").cache_key
    assert film.cache_key != explain_film.user_film(blue, "A film.").cache_key
    assert film.changed("A play.", None).cache_key == film.cache_key
    assert film.changed("...", None).overview == ""
    assert film.changed("A film.", blue).cache_key == explain_film.user_film(blue, "A film.").cache_key


@pytest.mark.parametrize(
    ("model", "views"),
    [
        ("cnn", ["Poster", "Similar films", "What if"]),
        ("lstm", ["Words", "Similar films", "What if"]),
        ("fusion", ["Poster", "Words", "Poster vs. overview", "Similar films", "What if"]),
        ("tfidf", ["Words", "What if"]),
        ("prior", []),
    ],
)
def test_views_depend_on_the_inputs(model, views):
    assert section.views_of(model) == views


def test_all_genres_are_offered_by_their_probability():
    probabilities = np.linspace(0.5, 0.0, 25, dtype=np.float32)
    prediction = FilmPrediction(
        SimpleNamespace(model="cnn", genres=GENRES, thresholds_for=lambda _: np.full(25, 0.49)), probabilities
    )
    true = (GENRES[1], GENRES[9])
    labels = section.genre_labels(prediction, true)
    assert list(labels) == list(GENRES)
    assert {genre for genre, label in labels.items() if "true" in label} == set(true)
    chosen, rejected = section.summary(prediction, GENRES[0], true), section.summary(prediction, GENRES[9], ())
    assert chosen.startswith(f"CNN gives {GENRES[0]} **50\u00a0%**, which reaches")
    assert "not a true genre" in chosen
    assert rejected.startswith(f"CNN gives {GENRES[9]} **31\u00a0%**, which is below")
    assert "true genre" not in rejected


@pytest.mark.parametrize(
    ("log_odds", "text"),
    [(0.05, "hardly changes the odds"), (0.7, "multiplies the odds by 2.0"), (-2.7, "divides the odds by 15"),
     (7.1, "multiplies the odds by 1,212")],
)  # fmt: skip
def test_contributions_multiply_or_divide_the_odds(log_odds, text):
    shares = SimpleNamespace(poster=SimpleNamespace(total=log_odds), overview=SimpleNamespace(total=0.0))
    assert f"poster {text}" in sides.odds_sentence(shares)
    assert "overview hardly changes" in sides.odds_sentence(shares)


def test_bars_show_the_genre_and_the_four_most_probable_before_or_after():
    before = np.linspace(0.5, 0.0, 25, dtype=np.float32)
    after = before.copy()
    after[20] = 0.9
    rows = what_if.shown_genres(before, after, 24)
    assert rows == [0, 1, 2, 20, 24]
