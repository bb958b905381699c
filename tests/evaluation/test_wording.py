import dataclasses

import pandas as pd
import pytest
from prediction_sets import padded, random_labels, simulated_probabilities, split_predictions

from genreclf import paths
from genreclf.errors import UserError
from genreclf.evaluation.bootstrap import ENOUGH_FILMS, Difference, difference
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.wording import (
    DIFFERENCES,
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
        (0.02, -0.01, 0.05, "map", "LSTM is ahead of CNN by 0.020 mAP (−0.010 to 0.050): not sure, as it may be "
                                   "chance."),
        (-0.5, -0.6, -0.4, "top1", "CNN is better than LSTM by 0.500 top-1 (0.400 to 0.600): sure."),
        (0.0, 0.0, 0.0, "micro_f1", "LSTM and CNN have the same micro-F1."),
    ],
)  # fmt: skip
def test_a_difference_is_told_from_the_better_models_side(value, low, high, figure, said):
    assert difference_words(Difference("lstm", "cnn", figure, value, low, high, 500)) == said


@pytest.mark.parametrize(("films", "said"), [(1, "not sure, with only 1 film."), (8, "not sure, with only 8 films.")])
def test_a_difference_on_few_films_says_so(films, said):
    told = difference_words(Difference("lstm", "cnn", "bce", -0.037, -0.043, -0.031, films))
    assert told == f"LSTM is ahead of CNN by 0.037 BCE (0.031 to 0.043): {said}"


def test_the_note_of_differences_says_what_they_are_worth():
    assert f"fewer than {ENOUGH_FILMS} films" in DIFFERENCES
    assert "one in twenty" in DIFFERENCES
    assert "95 of 100 such differences" not in DIFFERENCES, "not of a basic interval"


def test_the_words_agree_with_the_figures():
    labels = random_labels(150)
    predictions = split_predictions(
        labels, cnn=simulated_probabilities(labels, 0.1), lstm=simulated_probabilities(labels, 0.4, 1)
    )
    figures = predictions.figures()
    gap = figures["cnn"]["bce"] - figures["lstm"]["bce"]
    assert gap > 0
    said = difference_words(difference(predictions, "cnn", "lstm", "bce", times=50))
    assert said.startswith(f"LSTM is better than CNN by {gap:.3f} BCE (")
    assert said.endswith(": sure.")


@pytest.fixture
def known() -> SplitPredictions:
    """Three films, and two models that learnt from their set."""
    labels = random_labels(3)
    predictions = split_predictions(
        labels, cnn=simulated_probabilities(labels, 0.1), lstm=simulated_probabilities(labels, 0.1)
    )
    for told in predictions.models.values():
        told.weights.card["data_digest"] = "digest"
    return predictions


def test_the_films_are_told_with_what_a_measure_on_them_is_worth(known):
    assert films_of(known) == "3 test films: no model has seen them, and nothing was tuned on them: the fair measure."
    assert "a little too good" in films_of(dataclasses.replace(known, split="val"))
    one = dataclasses.replace(known, rows=known.rows[:1])
    assert films_of(one).startswith("1 test film: ")
    assert "know many by heart" in films_of(dataclasses.replace(known, split="train"))
    assert films_of(dataclasses.replace(known, split="all")).startswith("3 films: ")
    assert "drawn by code" not in films_of(known)
    sample = dataclasses.replace(known.catalogue, folder=paths.SAMPLE)
    assert "drawn by code" in films_of(dataclasses.replace(known, catalogue=sample))
    assert films_of(dataclasses.replace(known, models={})) == "3 test films.", "nobody has answered yet"


@pytest.mark.parametrize("split", ["train", "val", "test", "all"])
def test_films_of_a_set_that_no_model_learnt_from(known, split):
    for told in known.models.values():
        told.weights.card["data_digest"] = "another"
    said = films_of(dataclasses.replace(known, split=split))
    assert said.endswith(
        "films: the models learnt from another data set, so that films that are not in it are new to them."
    )


def test_films_that_only_some_models_learnt_from(known):
    del known.of("lstm").weights.card["data_digest"]
    assert films_of(known) == (
        "3 test films: LSTM learnt from another data set, so that films that are not in it are new to it; for CNN: no "
        "model has seen them, and nothing was tuned on them: the fair measure."
    )


def test_what_fusion_gains():
    films = padded([[1, 0]] * 4)
    right, wrong = [0.9, 0.1], [0.2, 0.8]
    predictions = split_predictions(
        films,
        poster=padded([wrong, wrong, wrong, right]),
        overview=padded([right, wrong, wrong, right]),
        fusion=padded([right, right, right, wrong]),
    )
    assert fusion_words(predictions) == (
        "Fusion gets 2 films that MiniLM, the part that gets more, does not (2 of them neither part gets), and "
        "misses 1 film that MiniLM gets. That makes +1 film, or +25.0 points of top-1."
    )
    with pytest.raises(UserError, match="fusion"):
        fusion_words(split_predictions(films, cnn=films))


def test_one_film_is_no_films():
    films = padded([[1, 0]] * 4)
    right, wrong = [0.9, 0.1], [0.2, 0.8]

    def said(poster: list, overview: list, fusion: list) -> str:
        return fusion_words(
            split_predictions(films, poster=padded(poster), overview=padded(overview), fusion=padded(fusion))
        )

    one = said([wrong] * 4, [right, right, right, wrong], [right] * 4)
    assert "Fusion gets 1 film that MiniLM, the part that gets more, does not (neither part gets it), and" in one
    assert "misses 0 films that MiniLM gets. That makes +1 film, or" in one
    other = said([right, wrong, wrong, wrong], [wrong, right, right, wrong], [right, right, wrong, wrong])
    assert "1 film that MiniLM, the part that gets more, does not (the other part gets it), and misses 1" in other
    assert "That makes +0 films" in other
    none = said([wrong] * 4, [right] * 4, [right, right, right, wrong])
    assert "Fusion gets 0 films that MiniLM, the part that gets more, does not, and misses 1 film that" in none


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
    said = doubt_words("War", 0, 0.841, "CNN, LSTM")
    assert said == "Not labelled War: models say 84\u00a0% on average; doubted by CNN, LSTM"
    assert doubt_words("War", 1, 0.1, "CNN").startswith("Labelled War: models say 10")
    assert true_genres(split_predictions(padded([[1, 0, 1]])), 0) == ["Action", "Animation"]
