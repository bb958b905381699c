import numpy as np
import pytest
from weight_sets import write_card

from genreclf.errors import UserError
from genreclf.explain.sides import FusionTerms, sides
from genreclf.genres import GENRES, NUM_GENRES
from genreclf.models.baselines import Prior
from genreclf.predict.export import keras_model
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import BASELINE_WEIGHTS, read_weights

GENRE = "Horror"
AT = GENRES.index(GENRE)
OVERVIEW = "A haunted house and a wedding."
RATES = np.linspace(0.01, 0.6, NUM_GENRES)


def logit(probability: float) -> float:
    return float(np.log(probability) - np.log1p(-probability))


@pytest.fixture
def poster(some_poster) -> np.ndarray:
    return some_poster((320, 216))


def test_sides_add_up_to_the_prediction(random_predictor, poster):
    predictor = random_predictor("fusion")
    probabilities = predictor.predict(poster[None], [OVERVIEW])[0]
    for genre in ("Horror", "Comedy", "War"):
        found = sides(predictor, poster, OVERVIEW, genre)
        assert found.genre == genre
        assert found.log_odds == found.base + found.poster.total + found.overview.total
        assert found.log_odds == pytest.approx(logit(probabilities[GENRES.index(genre)]), abs=2e-3)
        for part in ("poster", "overview"):
            side = getattr(found, part)
            assert side.total == side.from_log_odds + side.from_features
            assert side.from_log_odds != 0 != side.from_features


def test_side_depends_only_on_its_own_input(random_predictor, poster, some_poster):
    predictor = random_predictor("fusion")
    first = sides(predictor, poster, OVERVIEW, GENRE)
    second = sides(predictor, some_poster((320, 216), seed=9), OVERVIEW, GENRE)
    third = sides(predictor, poster, "A detective hunts a killer.", GENRE)
    assert (first.base, first.overview) == (second.base, second.overview)
    assert (first.base, first.poster) == (third.base, third.poster)
    assert first.poster != second.poster
    assert first.overview != third.overview


@pytest.mark.parametrize("weight", [0.8, 1.0])
def test_base_is_the_base_rate_if_fusion_counts_it_once(random_weights, random_predictor, poster, weight, monkeypatch):
    """As fusion starts training: equal weights, and a bias that subtracts what both parts count twice."""
    predictor = Predictor(read_weights(random_weights / "fusion"))
    initial = {f"{part}_weight/weight": np.full(NUM_GENRES, weight) for part in ("poster", "overview")}
    initial["together/kernel"] = 0 * predictor.weight("together/kernel")
    initial["together/bias"] = (1 - 2 * weight) * np.log(RATES / (1 - RATES))
    stored = predictor.weight
    monkeypatch.setattr(predictor, "weight", lambda name: initial[name] if name in initial else stored(name))
    scale, shift = predictor.weights.calibration.scale, predictor.weights.calibration.shift
    for rates in (RATES, None):  # given, or derived from the bias
        found = sides(predictor, poster, OVERVIEW, GENRE, rates)
        assert found.base == pytest.approx(scale * logit(RATES[AT]) + shift, abs=1e-5)
        part = random_predictor("poster")
        log_odds = logit(part.predict(poster[None])[0, AT])
        assert found.poster.total == pytest.approx(scale * weight * (log_odds - logit(RATES[AT])), abs=2e-3)


def test_base_rates_stored_with_the_weights_are_used(random_predictor, poster, monkeypatch):
    predictor = random_predictor("fusion")
    monkeypatch.setitem(predictor.weights.card, "data_digest", "these films")
    folder, found = predictor.weights.folder.parent / "prior", {}
    derived = sides(predictor, poster, OVERVIEW, GENRE)
    folder.mkdir()
    try:
        Prior(RATES).save(folder / BASELINE_WEIGHTS)
        for digest in ("other films", "these films"):
            write_card(folder, "prior", BASELINE_WEIGHTS, data_digest=digest)
            found[digest] = sides(predictor, poster, OVERVIEW, GENRE)
    finally:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    assert found["other films"] == derived
    assert found["these films"] == sides(predictor, poster, OVERVIEW, GENRE, RATES.astype(np.float32).astype(float))
    assert found["these films"].base != derived.base
    assert found["these films"].log_odds == pytest.approx(derived.log_odds)


def test_terms_add_up_to_the_network(random_predictor):
    predictor = random_predictor("fusion")
    terms, rng = FusionTerms(predictor), np.random.default_rng(0)
    rows = {"poster": rng.normal(size=(5, 1425)) * 2, "overview": rng.normal(size=(5, 1945)) + 1}
    raw = keras_model(predictor.weights)(np.concatenate(list(rows.values()), axis=1).astype(np.float32)).numpy()
    assert np.allclose(terms.log_odds(rows), predictor.weights.calibration.log_odds(raw), atol=5e-3)


def test_slopes_times_features_are_their_contribution(random_predictor):
    terms = FusionTerms(random_predictor("fusion"))
    features = np.random.default_rng(0).random(1920) * 3
    slopes = terms.feature_slopes("overview", features, AT)
    row = np.concatenate([np.zeros(NUM_GENRES), features])[None]
    assert slopes @ features == pytest.approx(terms.scale * terms.of_part("overview", row)[1][0, AT])


def test_sides_need_fusion_and_a_word(random_predictor, poster):
    with pytest.raises(UserError, match="cnn does not combine two parts"):
        sides(random_predictor("cnn"), poster, OVERVIEW, GENRE)
    with pytest.raises(UserError, match="comes from the poster"):
        sides(random_predictor("fusion"), poster, " … !".replace("…", "-"), GENRE)
