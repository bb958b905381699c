import keras
import numpy as np
import pytest

from genreclf.overviews import MAX_LENGTH, MAX_TOKENS, UNKNOWN_ID, adapt_encoder, encode, encoder_from

OVERVIEWS = ["A man, a plan: a canal!", "The man's plan.", "A Canal in Panamá", "a a a"]


@pytest.fixture(scope="module")
def encoder() -> keras.layers.TextVectorization:
    return adapt_encoder(OVERVIEWS)


def test_the_vocabulary_is_counted_lower_case_and_without_punctuation(encoder):
    words = [str(word) for word in encoder.get_vocabulary()]
    assert words[:3] == ["", "[UNK]", "a"]  # padding, unknown, then the most frequent
    assert set(words[3:]) == {"canal", "plan", "man", "the", "mans", "in", "panamá"}


def test_the_vocabulary_is_cut_at_its_size():
    words = adapt_encoder([f"common word{number}" for number in range(50)], max_tokens=10).get_vocabulary()
    assert len(words) == 10
    assert "common" in words
    assert MAX_TOKENS == 10_000


def test_overviews_become_right_padded_ids(encoder):
    words = encoder.get_vocabulary()
    ids = encode(encoder, ["A plan", "a MAN, a zebra"])
    assert ids.dtype == np.int32
    assert ids.tolist() == [
        [words.index("a"), words.index("plan"), 0, 0],
        [words.index("a"), words.index("man"), words.index("a"), UNKNOWN_ID],
    ]


@pytest.mark.parametrize("text", ["", "   ", "?!...", "\n\t"])
def test_a_text_without_a_word_is_one_unknown_word(encoder, text):
    assert encode(encoder, [text]).tolist() == [[UNKNOWN_ID]]
    assert encode(encoder, [text, "a a"])[0].tolist() == [UNKNOWN_ID, 0]


def test_a_long_overview_is_cut(encoder):
    ids = encode(encoder, ["plan " * 5_000, "a"])
    assert ids.shape == (2, MAX_LENGTH)
    assert (ids[0] == ids[0, 0]).all()


def test_no_overviews_are_an_empty_array(encoder):
    assert encode(encoder, []).shape == (0, 1)


def test_an_encoder_from_its_vocabulary_gives_the_same_ids(encoder):
    again = encoder_from([str(word) for word in encoder.get_vocabulary()])
    texts = [*OVERVIEWS, "Unknown words, and Panamá again", ""]
    assert encode(again, texts).tolist() == encode(encoder, texts).tolist()


def test_a_vocabulary_of_one_word_works():
    assert encode(encoder_from(["", "[UNK]", "war"]), ["war peace"]).tolist() == [[2, UNKNOWN_ID]]
