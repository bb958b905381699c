import numpy as np
import pytest

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.data.prepared import posters_of
from genreclf.familiarity import FALSE_ALARMS, Familiarity, fit_familiarity
from genreclf.models import get_spec
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import find_weights

WIDTH = 12


@pytest.fixture(scope="module")
def features():
    """Training, other and validation posters' features; a direction of small variance tells the others apart."""
    rng = np.random.default_rng(0)
    spread = np.geomspace(10, 0.1, WIDTH)
    familiar, validation = rng.normal(3, spread, (2, 1000, WIDTH)).astype(np.float32)
    unfamiliar = (rng.normal(3, spread, (600, WIDTH)) + 0.5 * (spread < 0.2)).astype(np.float32)
    return familiar, unfamiliar, validation


def test_unlike_posters_are_told_apart_and_few_others(features):
    familiar, unfamiliar, validation = features
    fitted = fit_familiarity(familiar[:500], unfamiliar[:300], validation)
    assert fitted.is_unfamiliar(validation).mean() == pytest.approx(FALSE_ALARMS, abs=0.002)
    assert fitted.is_unfamiliar(familiar[500:]).mean() < 3 * FALSE_ALARMS
    assert fitted.is_unfamiliar(unfamiliar[300:]).mean() > 0.9


def test_it_uses_the_last_columns_of_the_features(features):
    fitted = fit_familiarity(*features)
    wider = np.pad(features[1], [(0, 0), (5, 0)], constant_values=99)
    assert np.array_equal(fitted.scores(wider), fitted.scores(features[1]))


def test_it_is_the_same_from_a_card(features):
    fitted = fit_familiarity(*features)
    again = Familiarity(**fitted.as_dict())
    np.testing.assert_allclose(again.scores(features[1]), fitted.scores(features[1]), rtol=1e-2, atol=1e-2)


@pytest.mark.slow
def test_drawn_posters_are_unlike_those_of_real_films():
    sample, poster = load_catalogue(paths.SAMPLE), get_spec("poster")
    shipped = Predictor(find_weights("poster", choice="imdb"))
    found = shipped.predict_with_parts(posters_of(sample, poster, np.arange(0, len(sample), 20))).unfamiliar
    assert found.mean() > 0.8
