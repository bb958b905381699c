import dataclasses

import numpy as np
import pytest

from genreclf.data.catalogue import load_catalogue
from genreclf.errors import UserError
from genreclf.predict.predictor import Predictor
from genreclf.ui import data
from genreclf.weights.folder import read_weights

MODELS = ("overview", "fusion", "poster")


@pytest.fixture
def calls(monkeypatch) -> list[str]:
    """The models that predicted."""
    found: list[str] = []
    predict = Predictor.predict_with_parts

    def recorded(self, *arguments):
        found.append(self.spec.name)
        return predict(self, *arguments)

    monkeypatch.setattr(Predictor, "predict_with_parts", recorded)
    return found


@pytest.mark.usefixtures("home")
def test_a_films_predictions_by_fusion_include_those_of_its_parts(few_films, fusion_weights, calls):
    catalogue = load_catalogue(few_films)
    models = [read_weights(fusion_weights / model) for model in MODELS]
    found = data.film_predictions(catalogue, 0, models, on_error=pytest.fail)
    assert calls == ["fusion"]
    assert [prediction.weights.model for prediction in found] == list(MODELS)
    for prediction in found:
        (alone,) = data.film_predictions(catalogue, 0, [prediction.weights], on_error=pytest.fail)
        assert np.allclose(alone.probabilities, prediction.probabilities, atol=1e-5)
    assert sorted(calls) == ["fusion", "overview", "poster"]


@pytest.mark.usefixtures("home")
def test_a_model_that_cannot_predict_is_left_out(few_films, fusion_weights, trained_weights):
    catalogue = load_catalogue(few_films)
    catalogue = dataclasses.replace(catalogue, folder=few_films / "moved", digest="e" * 64)  # its posters are missing
    errors: list[UserError] = []
    models = [read_weights(fusion_weights / "poster"), read_weights(trained_weights / "tfidf")]
    found = data.film_predictions(catalogue, 0, models, errors.append)
    assert [prediction.weights.model for prediction in found] == ["tfidf"]
    assert len(errors) == 1
