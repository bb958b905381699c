import dataclasses

import numpy as np
import pandas as pd
import pytest
from prediction_sets import padded, random_labels, simulated_probabilities, split_predictions

from genreclf import paths
from genreclf.errors import UserError
from genreclf.evaluation.bootstrap import ENOUGH_FILMS, Difference, difference
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.wording import (
    DIFFERENCES,
    contrast_names,
    difference_sentence,
    films_sentence,
    fusion_sentences,
    label_issue_notes,
    leads_sentences,
    weak_doubts_sentence,
)


@pytest.mark.parametrize(
    ("value", "low", "high", "metric", "expected"),
    [
        (-0.037, -0.043, -0.031, "bce", "LSTM is significantly better than CNN by 0.037 BCE (0.031 to 0.043)."),
        (0.037, 0.031, 0.043, "bce", "CNN is significantly better than LSTM by 0.037 BCE (0.031 to 0.043)."),
        (-0.5, -0.6, -0.4, "top1", "CNN is significantly better than LSTM by 0.500 top-1 (0.400 to 0.600)."),
        (0.0, 0.0, 0.0, "micro_f1", "LSTM and CNN have the same micro-F1."),
    ],
)
def test_a_difference_is_stated_from_the_better_models_side(value, low, high, metric, expected):
    assert difference_sentence(Difference("lstm", "cnn", metric, value, low, high, 500)) == expected


def test_a_difference_that_may_be_random_is_not_significant():
    words = difference_sentence(Difference("lstm", "cnn", "map", 0.02, -0.01, 0.05, 500))
    assert words.startswith("LSTM is better than CNN by 0.020 mAP (−0.010 to 0.050), but not significantly")


@pytest.mark.parametrize(("low", "high"), [(-0.034, 0.0004), (-0.034, -0.0)])
def test_an_end_that_rounds_to_zero_has_no_sign(low, high):
    words = difference_sentence(Difference("lstm", "cnn", "bce", -0.017, low, high, 48))
    assert "(0.000 to 0.034)" in words


@pytest.mark.parametrize(("films", "expected"), [(1, "only 1 film."), (8, "only 8 films.")])
def test_a_difference_on_few_films_is_not_significant(films, expected):
    words = difference_sentence(Difference("lstm", "cnn", "bce", -0.037, -0.043, -0.031, films))
    assert words.startswith("LSTM is better than CNN by 0.037 BCE (0.031 to 0.043), but not significantly")
    assert words.endswith(expected)


def test_the_note_on_differences_names_its_limits():
    assert f"fewer than {ENOUGH_FILMS} films" in DIFFERENCES
    assert "one in twenty" in DIFFERENCES


def test_the_words_agree_with_the_metrics():
    labels = random_labels(150)
    predictions = split_predictions(
        labels, cnn=simulated_probabilities(labels, 0.1), lstm=simulated_probabilities(labels, 0.4, 1)
    )
    metrics = predictions.metrics()
    gap = metrics["cnn"]["bce"] - metrics["lstm"]["bce"]
    assert gap > 0
    words = difference_sentence(difference(predictions, "cnn", "lstm", "bce", n_resamples=50))
    assert words.startswith(f"LSTM is significantly better than CNN by {gap:.3f} BCE (")


@pytest.fixture
def known() -> SplitPredictions:
    """Three films, and two models that learned from their set."""
    labels = random_labels(3)
    predictions = split_predictions(
        labels, cnn=simulated_probabilities(labels, 0.1), lstm=simulated_probabilities(labels, 0.1)
    )
    for model in predictions.models.values():
        model.weights.card["data_digest"] = "digest"
    return predictions


def test_films_are_described_with_how_far_scores_can_be_trusted(known):
    assert films_sentence(known).startswith("3 test films: no model has seen them")
    assert "slightly too good" in films_sentence(dataclasses.replace(known, split="val"))
    single = dataclasses.replace(known, rows=known.rows[:1])
    assert films_sentence(single).startswith("1 test film: ")
    assert "memorised" in films_sentence(dataclasses.replace(known, split="train"))
    assert films_sentence(dataclasses.replace(known, split="all")).startswith("3 films: ")
    assert "drawn by code" not in films_sentence(known)
    sample = dataclasses.replace(known.catalogue, folder=paths.SAMPLE)
    assert "drawn by code" in films_sentence(dataclasses.replace(known, catalogue=sample))
    assert films_sentence(dataclasses.replace(known, models={})) == "3 test films.", "there are no predictions yet"


@pytest.mark.parametrize("split", ["train", "val", "test", "all"])
def test_films_of_a_set_that_no_model_learned_from(known, split):
    for model in known.models.values():
        model.weights.card["data_digest"] = "another"
    sentence = films_sentence(dataclasses.replace(known, split=split))
    assert "the models learned from another data set" in sentence


def test_films_that_only_some_models_learned_from(known):
    del known.of("lstm").weights.card["data_digest"]
    sentence = films_sentence(known)
    assert "LSTM learned from another data set" in sentence
    assert "for CNN: no model" in sentence


def test_doubts_of_models_that_hardly_beat_the_base_rates_mean_little():
    labels = random_labels(150)
    rates = np.broadcast_to(labels.mean(axis=0), labels.shape)
    good = simulated_probabilities(labels, 0.9)
    sentence = weak_doubts_sentence(split_predictions(labels, cnn=rates, lstm=good, prior=rates))
    assert sentence.startswith("CNN (")
    assert "LSTM" not in sentence
    assert weak_doubts_sentence(split_predictions(labels, lstm=good, prior=rates)) == ""
    assert weak_doubts_sentence(split_predictions(labels, cnn=rates)) == "", "there is nothing to compare with"


def test_fusion_sentences():
    films = padded([[1, 0]] * 4)
    right, wrong = [0.9, 0.1], [0.2, 0.8]
    predictions = split_predictions(
        films,
        poster=padded([wrong, wrong, wrong, right]),
        overview=padded([right, wrong, wrong, right]),
        fusion=padded([right, right, right, wrong]),
    )
    assert fusion_sentences(predictions) == (
        "Fusion gets 2 films right that MiniLM, the better of its two parts, gets wrong (neither part gets 2 of them "
        "right), and gets 1 film wrong that MiniLM gets right. The balance is +1 film, or +25.0 points of top-1."
    )
    with pytest.raises(UserError, match="fusion"):
        fusion_sentences(split_predictions(films, cnn=films))


def test_fusion_sentences_for_a_single_film():
    films = padded([[1, 0]] * 4)
    right, wrong = [0.9, 0.1], [0.2, 0.8]

    def words(poster: list, overview: list, fusion: list) -> str:
        return fusion_sentences(
            split_predictions(films, poster=padded(poster), overview=padded(overview), fusion=padded(fusion))
        )

    text = words([wrong] * 4, [right, right, right, wrong], [right] * 4)
    assert "Fusion gets 1 film right that MiniLM" in text
    assert "(neither part gets it right)" in text
    assert "gets 0 films wrong" in text
    assert "+1 film, or" in text
    other = words([right, wrong, wrong, wrong], [wrong, right, right, wrong], [right, right, wrong, wrong])
    assert "(the other part gets it right), and gets 1 film wrong" in other
    assert "+0 films" in other
    none = words([wrong] * 4, [right] * 4, [right, right, right, wrong])
    assert "Fusion gets 0 films right that MiniLM, the better of its two parts, gets wrong, and gets 1 film" in none


def test_which_genres_a_model_is_significantly_better_on():
    leads = pd.DataFrame(
        {"genre": ["War", "Crime", "Drama"], "lead": [0.3, 0.1, 0.05], "significant": [True, True, False]},
    )
    assert leads_sentences(leads, "cnn", "lstm") == (
        "CNN is significantly better on War and Crime. LSTM is significantly better on no genre."
    )
    leads["lead"] *= -1
    assert leads_sentences(leads, "cnn", "lstm").endswith("LSTM is significantly better on Crime and War.")


def test_names_of_contrast_groups():
    names = contrast_names("cnn", "lstm")
    assert list(names) == ["both", "first", "second", "neither"]
    assert (names["first"], names["second"]) == ("Only CNN", "Only LSTM")


def test_notes_on_doubtful_labels_are_grouped_by_film():
    rows = [(7, "War", 0, 0.841, "CNN, LSTM"), (3, "Drama", 1, 0.2, "CNN"), (7, "Crime", 1, 0.1, "CNN")]
    notes = label_issue_notes(pd.DataFrame(rows, columns=["position", "genre", "label", "probability", "models"]))
    assert {position: len(texts) for position, texts in notes.items()} == {7: 2, 3: 1}
    assert notes[7][0].startswith("Not labelled War: 84\u00a0%")
    assert notes[7][0].endswith("CNN, LSTM")
    assert notes[7][1].startswith("Labelled Crime: 10")
