import string

import keras
import numpy as np
import pytest

from genreclf.data import overviews
from genreclf.data.overviews import (
    END_PIECE_IDS,
    MASK_PIECE_ID,
    MAX_LENGTH,
    MAX_PIECES,
    MAX_TOKENS,
    PIECES_FILE,
    UNKNOWN_ID,
    Encoder,
    PieceEncoder,
    clean_text,
    count_words,
    fit_encoder,
    has_words,
    overview_problem,
    split_words,
)
from genreclf.errors import UserError

OVERVIEWS = ["A man, a plan: a canal!", "The man's plan.", "A Canal in Panamá", "a a a"]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return fit_encoder(OVERVIEWS)


def test_words_are_lower_case_without_punctuation():
    assert split_words("Don't  STOP, (half-time) café. ÉTÉ!") == ["dont", "stop", "halftime", "café", "ÉtÉ"]
    assert split_words(" ... ") == []
    assert split_words("no\u00a0break") == ["no\u00a0break"]  # split at ASCII white space only


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        *((text, "empty") for text in (None, "", " \n", "\u200b", "<p></p>", "&nbsp;", "\0")),
        *((text, "no words") for text in ("... !!!", "-", "1917", "🎬 👻", "\ufffd")),
        *((text, "placeholder") for text in ("nan", "NaN ", "N/A", "(none)", "NULL", "No overview found.", "#N/A",
                                             "TBA", "\\N", "plot: not available", "No Overview.", "<p>n/a</p>",
                                             "Plot unknown.", "We don’t have an overview translated in English.")),
        *((text, "not in English") for text in ("一个年轻人爱上了一个女人。", "Молодой человек", "حب وحرب", "愛")),
        *((text, "") for text in ("Love", "As", "None of them survives.", "Élan", "No plot stops her.", "1917: war")),
    ],
)  # fmt: skip
def test_a_text_that_says_nothing_is_no_overview(text, problem):
    assert problem in overview_problem(text)
    assert has_words(text) == (not problem)
    assert bool(overview_problem(text)) == bool(problem)


def test_markup_and_control_characters_are_no_text():
    assert clean_text("A&nbsp;man<br/>falls <a href='x'>in</a> love &amp; <!-- x -->war\0").split() == [
        "A", "man", "falls", "in", "love", "&", "war",
    ]  # fmt: skip
    for text in ("2 < 3 & 5 > 4", "He <3 her", "Bob <bob@example.org> vanishes", "a\tb\nc", "AT&T; R&D"):
        assert clean_text(text) == text


@pytest.mark.parametrize("text", ["['A ghost.', 'A house.']", '["A ghost.", "A house."]'])
def test_plots_in_a_list_are_joined(text):
    assert clean_text(text) == "A ghost. A house."
    assert overview_problem("['', '']") == "overview is empty"
    assert clean_text("[sic] A ghost [1]") == "[sic] A ghost [1]"


def test_the_vocabulary_is_the_most_frequent_words_first(encoder):
    assert encoder.vocabulary[:3] == ["", "[UNK]", "a"]  # padding, unknown, then the most frequent
    assert set(encoder.vocabulary[3:]) == {"canal", "plan", "man", "the", "mans", "in", "panamá"}
    assert count_words(OVERVIEWS)[0] == ("a", 7)


def test_the_vocabulary_is_cut_at_its_size():
    vocabulary = fit_encoder([f"common word{number}" for number in range(50)], max_tokens=10).vocabulary
    assert len(vocabulary) == 10
    assert "common" in vocabulary
    assert MAX_TOKENS == 10_000


def test_overviews_become_right_padded_ids(encoder):
    index = encoder.vocabulary.index
    ids = encoder(["A plan", "a MAN, a zebra"])
    assert ids.dtype == np.int32
    assert ids.tolist() == [[index("a"), index("plan"), 0, 0], [index("a"), index("man"), index("a"), UNKNOWN_ID]]


@pytest.mark.parametrize("text", ["", "   ", "?!...", "\n\t"])
def test_a_text_without_a_word_is_one_unknown_word(encoder, text):
    assert encoder([text]).tolist() == [[UNKNOWN_ID]]
    assert encoder([text, "a a"])[0].tolist() == [UNKNOWN_ID, 0]


def test_a_long_overview_is_cut(encoder):
    ids = encoder(["plan " * 5_000, "a"])
    assert ids.shape == (2, MAX_LENGTH)
    assert (ids[0] == ids[0, 0]).all()


def test_no_overviews_give_an_empty_array(encoder):
    assert encoder([]).shape == (0, 1)


def test_padding_and_the_unknown_token_are_not_words(encoder):
    assert Encoder(["", "[UNK]", "war"])(["war peace [UNK]"]).tolist() == [[2, UNKNOWN_ID, UNKNOWN_ID]]


def test_the_ids_are_those_of_the_reports_text_vectorization():
    rng = np.random.default_rng(0)
    alphabet = np.array(list(string.printable + "áÉß½—’“\u00a0\u2003\u0130語🎬"))
    overviews = [*OVERVIEWS, *("".join(rng.choice(alphabet, 60)) for _ in range(200)), "ties b a c", "c b a ties"]
    layer, encoder = keras.layers.TextVectorization(max_tokens=300), fit_encoder(overviews, max_tokens=300)
    layer.adapt(np.array(overviews, object), batch_size=256)
    assert encoder.vocabulary == [str(word) for word in layer.get_vocabulary()]
    theirs = np.asarray(layer(np.array(overviews, dtype=object)))
    assert np.array_equal(encoder(overviews), theirs)


# Word pieces


@pytest.fixture(scope="module")
def pieces() -> PieceEncoder:
    return PieceEncoder()


@pytest.fixture(scope="module")
def vocabulary() -> list[str]:
    return PIECES_FILE.read_text("utf-8").splitlines()


def test_overviews_become_pieces_between_marks(pieces, vocabulary):
    ids = pieces(["A sheriff hunts zebrafish!", "war"])
    assert ids.dtype == np.int32
    spoken = [[vocabulary[id] for id in row] for row in ids]
    assert spoken[0] == ["[CLS]", "a", "sheriff", "hunts", "zebra", "##fish", "!", "[SEP]"]
    assert spoken[1] == ["[CLS]", "war", "[SEP]", *["[PAD]"] * 5]
    assert [vocabulary[id] for id in (*END_PIECE_IDS, MASK_PIECE_ID)] == ["[CLS]", "[SEP]", "[MASK]"]
    assert vocabulary[0] == "[PAD]"
    assert len(vocabulary) == 30_522


def test_pieces_ignore_capitals_and_accents(pieces):
    assert pieces(["Élan of the SHERIFF"]).tolist() == pieces(["elan of the sheriff"]).tolist()


def test_a_text_of_any_length_has_both_marks(pieces):
    first, last = END_PIECE_IDS
    ids = pieces(["", "  \n", "war " * 5_000])
    assert ids.shape == (3, MAX_PIECES)
    for empty in ids[:2]:
        assert empty[:3].tolist() == [first, last, 0]
        assert not empty[2:].any()
    assert (ids[2, 0], ids[2, -1]) == (first, last)
    assert len(set(ids[2, 1:-1].tolist())) == 1
    assert pieces([]).shape == (0, 1)


@pytest.mark.parametrize("text", ["half a letter \udcff", "\0", "語 🎬 \u202e", "[SEP] [MASK]", "##fish"])
def test_any_text_becomes_pieces(pieces, text):
    ids = pieces([text, "war"])
    assert ids[0, 0] == END_PIECE_IDS[0]
    assert END_PIECE_IDS[1] in ids[0]


def test_a_text_is_encoded_the_same_whatever_the_other_texts(pieces):
    alone, among = pieces(["A quiet film."]), pieces(["A quiet film.", "word " * 40])
    assert among[0, : alone.shape[1]].tolist() == alone[0].tolist()
    assert not among[0, alone.shape[1] :].any()


@pytest.mark.parametrize("content", [None, b"\xff\xfe junk"])
def test_a_damaged_vocabulary_of_pieces_is_named(tmp_path, monkeypatch, content):
    path = tmp_path / "pieces.txt"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setattr(overviews, "PIECES_FILE", path)
    overviews._tokenizer.cache_clear()
    with pytest.raises(UserError, match=r"pieces\.txt is missing or damaged; restore it"):
        PieceEncoder()
    monkeypatch.undo()
    assert PieceEncoder()(["war"]).shape == (1, 3)  # the failure is not cached
