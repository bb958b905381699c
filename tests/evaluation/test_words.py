import dataclasses

import pandas as pd
import pytest
from answer_sets import padded, random_labels, split_answers, told_of

from genreclf import paths
from genreclf.errors import UserError
from genreclf.evaluation.bootstrap import Difference, difference
from genreclf.evaluation.words import (
    difference_words,
    doubt_words,
    films_of,
    fusion_words,
    groups_of,
    leads_words,
    true_genres,
)


@pytest.mark.parametrize(
    ("value", "low", "high", "figure", "said"),
    [
        (-0.037, -0.043, -0.031, "bce", "LSTM is better than CNN by 0.037 BCE (0.031 to 0.043): sure."),
        (0.037, 0.031, 0.043, "bce", "CNN is better than LSTM by 0.037 BCE (0.031 to 0.043): sure."),
        (0.02, -0.01, 0.05, "map", "LSTM is better than CNN by 0.020 mAP (−0.010 to 0.050): not sure, as it may be "
                                   "chance."),
        (-0.5, -0.6, -0.4, "top1", "CNN is better than LSTM by 0.500 top-1 (0.400 to 0.600): sure."),
        (0.0, 0.0, 0.0, "micro_f1", "LSTM and CNN have the same micro-F1."),
    ],
)  # fmt: skip
def test_a_difference_is_told_from_the_better_models_side(value, low, high, figure, said):
    assert difference_words(Difference("lstm", "cnn", figure, value, low, high)) == said


def test_the_words_agree_with_the_figures():
    labels = random_labels(150)
    answers = split_answers(labels, cnn=told_of(labels, 0.1), lstm=told_of(labels, 0.4, 1))
    figures = answers.figures()
    gap = figures["cnn"]["bce"] - figures["lstm"]["bce"]
    assert gap > 0
    said = difference_words(difference(answers, "cnn", "lstm", "bce", times=50))
    assert said.startswith(f"LSTM is better than CNN by {gap:.3f} BCE (")
    assert said.endswith(": sure.")


def test_the_films_are_told_with_what_a_measure_on_them_is_worth():
    answers = split_answers(random_labels(3), cnn=told_of(random_labels(3), 0.1))
    assert films_of(answers) == "3 test films: no model has seen them, and nothing was tuned on them: the fair measure."
    assert "a little too good" in films_of(dataclasses.replace(answers, split="val"))
    one = dataclasses.replace(answers, rows=answers.rows[:1])
    assert films_of(one).startswith("1 test film: ")
    train = dataclasses.replace(answers, split="train")
    assert "another data set" in films_of(train), "no card knows these films"
    answers.of("cnn").weights.card["data_digest"] = "digest"
    assert "know many by heart" in films_of(train)
    assert films_of(dataclasses.replace(answers, split="all")).startswith("3 films: ")
    assert "drawn by code" not in films_of(answers)
    sample = dataclasses.replace(answers.catalogue, folder=paths.SAMPLE)
    assert "drawn by code" in films_of(dataclasses.replace(answers, catalogue=sample))


def test_what_fusion_gains():
    films = padded([[1, 0]] * 4)
    right, wrong = [0.9, 0.1], [0.2, 0.8]
    answers = split_answers(
        films,
        poster=padded([wrong, wrong, wrong, right]),
        overview=padded([right, wrong, wrong, right]),
        fusion=padded([right, right, right, wrong]),
    )
    assert fusion_words(answers) == (
        "Fusion gets 2 films that MiniLM, the better of its two parts, does not (2 of them neither part gets), and "
        "misses 1 that MiniLM gets. That makes +1 films, or +25.0 points of top-1."
    )
    with pytest.raises(UserError, match="fusion"):
        fusion_words(split_answers(films, cnn=films))


def test_which_genres_a_model_knows_more_about():
    leads = pd.DataFrame(
        {"genre": ["War", "Crime", "Drama"], "lead": [0.3, 0.1, 0.05], "sure": [True, True, False]},
    )
    assert leads_words(leads, "cnn", "lstm") == (
        "CNN knows more about War and Crime. There is no genre of which LSTM surely knows more."
    )
    leads["lead"] *= -1
    assert leads_words(leads, "cnn", "lstm").endswith("LSTM knows more about Crime and War.")


def test_small_ones():
    assert groups_of("cnn", "lstm") == {
        "both": "Both get it", "first": "Only CNN", "second": "Only LSTM", "neither": "Neither",
    }  # fmt: skip
    assert doubt_words("War", 0, 0.841, "CNN, LSTM") == "Not labelled War: models say 84\u00a0%; doubted by CNN, LSTM"
    assert doubt_words("War", 1, 0.1, "CNN").startswith("Labelled War: models say 10")
    assert true_genres(split_answers(padded([[1, 0, 1]])), 0) == ["Action", "Animation"]
