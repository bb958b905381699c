import json

import pytest

from genreclf import paths
from genreclf.lesson.figures import figures, recorded, report_history, shipped_weights


def card(model):
    return json.loads((paths.SHIPPED_WEIGHTS / "imdb" / model / "card.json").read_text("utf-8"))


@pytest.mark.parametrize("model", ["prior", "tfidf", "cnn", "lstm", "poster", "overview", "fusion"])
def test_scores_are_those_of_the_shipped_cards(model):
    test = card(model)["metrics"]["test"]
    assert (figures()[f"{model}_test"], figures()[f"{model}_top1"]) == (test["bce"], test["top1"])
    assert model in [weights.model for weights in shipped_weights()]


def test_nothing_is_the_share_of_labels_that_are_zero():
    assert figures()["nothing"] == pytest.approx(1 - figures()["per_film"] / figures()["genres"])
    assert 0.85 < figures()["nothing"] < 0.95


def test_the_reports_networks_are_worse_than_the_base_rates_and_the_word_count_is_better():
    found = figures()
    assert report_history("cnn").facts.best_loss == found["cnn_reference_val"] > found["prior_val"]
    assert found["tfidf_test"] < found["lstm_reference_test"]
    assert found["words_best"] == "tfidf"


def test_the_start_at_the_base_rates_is_the_better_one_and_memorising_is_worse_than_not_looking():
    half, rates, overfit = (recorded(name, name) for name in ("start-half", "start-rates", "overfitting"))
    assert rates.facts.best_loss < half.facts.best_loss
    assert len(half.epochs) == len(rates.epochs)
    assert overfit.epochs["loss"].iloc[-1] < overfit.facts.best_loss < overfit.epochs["val_loss"].iloc[-1]
    assert 1 < figures()["overfit_epoch"] < figures()["overfit_epochs"]


def test_what_else_efficientnet_learned_from_is_in_its_card():
    assert figures()["poster_drawn"] == card("poster")["further_films"]
    assert "further_films" not in card("cnn")
