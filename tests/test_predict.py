import json

import film_sets
import numpy as np
import pytest
import weight_sets

from genreclf.errors import UserError
from genreclf.genres import GENRES
from genreclf.models import get_spec
from genreclf.predict import GenrePrediction, Predictor
from genreclf.prepared import prepare
from genreclf.weights import read_weights

WORDS = sorted({word for words in film_sets.WORDS.values() for word in words.split()})


@pytest.fixture(scope="module")
def poster_model(trained_weights) -> Predictor:
    return Predictor(read_weights(trained_weights / "cnn-small"))


@pytest.fixture(scope="module")
def overview_model(tmp_path_factory) -> Predictor:
    folder = tmp_path_factory.mktemp("untrained") / "lstm-small"
    return Predictor(read_weights(weight_sets.write_untrained(folder, "lstm-small", WORDS)))


@pytest.fixture(scope="module")
def tfidf(trained_weights) -> Predictor:
    return Predictor(read_weights(trained_weights / "tfidf"))


def test_posters_become_probabilities(poster_model, catalogue):
    posters = prepare(catalogue, get_spec("cnn-small")).posters
    probabilities = poster_model.predict(posters)
    assert (probabilities.dtype, probabilities.shape) == (np.float32, (60, 25))
    assert probabilities.min() >= 0
    assert probabilities.max() <= 1
    assert np.ptp(probabilities, axis=0).max() > 0.005  # films differ
    assert np.allclose(poster_model.predict(posters[7:8])[0], probabilities[7], atol=1e-5)


def test_overviews_keep_their_order(overview_model):
    """They are batched by length; 300 of them are more than one batch."""
    chance = np.random.default_rng(1)
    overviews = [" ".join(chance.choice(WORDS, chance.integers(1, 30))) for _ in range(300)]
    together = overview_model.predict(overviews=overviews)
    assert together.shape == (300, 25)
    alone = np.concatenate([overview_model.predict(overviews=[text]) for text in overviews[::37]])
    assert np.allclose(together[::37], alone, atol=1e-5)
    assert len(np.unique(together.round(6), axis=0)) > 250  # so a wrong order would be seen


@pytest.mark.parametrize("text", ["", "?!", "zzz qqq", "ghost " * 10_000, "Gespenst 👻 \0 ghost"])
def test_any_text_gets_probabilities(overview_model, tfidf, text):
    for predictor in (overview_model, tfidf):
        probabilities = predictor.predict(overviews=[text, "ghost love"])
        assert probabilities.shape == (2, 25)
        assert np.isfinite(probabilities).all()


def test_a_baseline_reads_too(tfidf):
    horror, western = tfidf.predict(overviews=["ghost blood haunted scream", "sheriff outlaw ranch saloon"])
    assert GENRES[int(np.argmax(horror))] == "Horror"
    assert GENRES[int(np.argmax(western))] == "Western"


def test_base_rates_answer_to_either_input(trained_weights, catalogue):
    prior = Predictor(read_weights(trained_weights / "prior"))
    train = catalogue.labels[catalogue.in_split("train")]
    expected = (train.sum(axis=0) + 0.5) / (len(train) + 1)
    for probabilities in (prior.predict(overviews=["a", "b"]), prior.predict(np.zeros((2, 64, 64, 3), np.uint8))):
        assert np.allclose(probabilities, [expected, expected], atol=1e-6)
    assert prior.predict().shape == (0, 25)


def test_no_films_are_an_empty_array(poster_model, overview_model, tfidf):
    assert poster_model.predict(np.zeros((0, 64, 64, 3), np.uint8)).shape == (0, 25)
    assert overview_model.predict(overviews=[]).shape == (0, 25)
    assert tfidf.predict(overviews=[]).shape == (0, 25)


def test_what_a_model_needs_is_named(poster_model, overview_model, tfidf):
    with pytest.raises(UserError, match="cnn-small looks at posters"):
        poster_model.predict(overviews=["a"])
    for predictor in (overview_model, tfidf):
        with pytest.raises(UserError, match=f"{predictor.spec.name} reads overviews"):
            predictor.predict(np.zeros((1, 64, 64, 3), np.uint8))


def test_parameters_are_counted(poster_model):
    assert poster_model.parameters == poster_model.weights.card["parameters"] == 1_628_377


def test_calibration_changes_the_probabilities_but_not_their_order(tmp_path):
    folder = weight_sets.write_untrained(
        tmp_path / "lstm-small", "lstm-small", WORDS, calibration={"scale": 0.5, "shift": -1.0}
    )
    predictor = Predictor(read_weights(folder))
    raw, calibrated = predictor.raw(overviews=["ghost love"])[0], predictor.predict(overviews=["ghost love"])[0]
    odds = raw.astype(np.float64) / (1 - raw)
    expected = 1 / (1 + np.exp(-(0.5 * np.log(odds) - 1.0)))
    assert np.allclose(calibrated, expected, atol=1e-6)
    assert np.argsort(raw).tolist() == np.argsort(calibrated).tolist()


def test_top_names_the_best_first_and_what_reaches_its_threshold(poster_model, trained_weights):
    card = json.loads((trained_weights / "cnn-small" / "card.json").read_text())
    thresholds = np.array(card["thresholds"])
    probabilities = np.full(25, 0.001)
    probabilities[7], probabilities[11], probabilities[4] = 0.95, thresholds[11], thresholds[4] - 0.001
    top = poster_model.top(probabilities, 4)
    assert top[0] == GenrePrediction("Drama", 0.95, True)
    assert {item.genre: item.chosen for item in top[1:3]} == {"Horror": True, "Comedy": False}
    assert top[3] == GenrePrediction("Action", 0.001, False)  # among equals the first in the list
    assert len(poster_model.top(probabilities)) == 3
    assert len(poster_model.top(probabilities, 99)) == 25
