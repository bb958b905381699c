"""Fooling models: plots to start with, verdicts, and what they say of them."""

from dataclasses import asdict

import pytest

from genreclf import paths
from genreclf.genres import GENRES
from genreclf.lesson.fooling import MODELS, PLOTS, Guess, guess_of, summary, tally, telling_words
from genreclf.predict.film import predict_film, read_overview
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import read_weights

WRONG = Guess("lstm", "Crime", 0.67, 2, 0.5, ("bank",))
RIGHT = Guess("cnn", "Comedy", 0.6, 1, 0.6)


@pytest.fixture(scope="module")
def lstm() -> Predictor:
    """The LSTM that is shipped for real films."""
    return Predictor(read_weights(paths.SHIPPED_WEIGHTS / "imdb" / "lstm", "shipped"))


def test_plots_are_of_known_genres_and_say_enough(lstm):
    for plot in PLOTS.values():
        assert plot.genre in GENRES
        overview = read_overview(plot.text, lstm.weights.vocabulary())
        assert overview.text == plot.text
        assert not overview.notes


def test_some_plots_fool_the_lstm_and_not_all(lstm):
    guesses = [guess_of(predict_film([lstm], None, plot.text)[0], plot.genre) for plot in PLOTS.values()]
    assert {guess.is_fooled for guess in guesses} == {True, False}


def test_a_guess_has_the_first_guess_and_the_place_of_a_persons_genre(lstm):
    (prediction,) = predict_film([lstm], None, PLOTS["vampire"].text)
    first, second = prediction.top(2)
    guess = guess_of(prediction, second.genre)
    assert (guess.model, guess.genre, guess.probability) == ("lstm", first.genre, first.probability)
    assert (guess.place, guess.person_probability, guess.is_fooled) == (2, second.probability, True)
    assert not guess_of(prediction, first.genre).is_fooled
    assert Guess(**asdict(guess)) == guess


def test_telling_words_are_those_of_the_text_that_speak_most_for_a_genre(lstm):
    text = PLOTS["vampire"].text
    words = telling_words(lstm, text, "Crime")
    assert words[0] == "bank"
    assert len(words) == len(set(words)) == 3
    assert all(word in text.lower() for word in words)
    assert telling_words(lstm, "", "Crime") == []


def test_summaries_name_who_was_fooled_and_by_what():
    both = summary([WRONG, RIGHT], "Comedy")
    assert both.startswith("You fooled LSTM:")
    assert "Crime (67" in both
    assert "CNN also says Comedy" in both
    assert "nobody" in summary([RIGHT], "Comedy")
    assert "CNN" not in summary([WRONG], "Comedy")


def test_the_tally_counts_every_model_that_was_asked():
    text = tally([[WRONG, RIGHT], [WRONG]])
    assert "LSTM 2 of 2 times" in text
    assert "CNN 0 of 1 time" in text
    assert "Fusion" not in text
    assert set(MODELS) == {"cnn", "lstm", "fusion"}
