import keras
import numpy as np
import pytest
from weight_sets import write_card

from genreclf.explain.heatmap import poster_shares
from genreclf.explain.sides import sides
from genreclf.genres import GENRES
from genreclf.models import create_model
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import KERAS_WEIGHTS, read_weights

GENRE = "Comedy"
AT = GENRES.index(GENRE)
OVERVIEW = "A haunted house and a wedding."


@pytest.fixture
def poster(some_poster) -> np.ndarray:
    return some_poster((320, 216), seed=5)


def log_odds(predictor: Predictor, poster: np.ndarray) -> float:
    return float(predictor.weights.calibration.log_odds(predictor.raw(poster[None]))[0, AT])


def mean_bias(predictor: Predictor) -> float:
    return sum(predictor.keras_model.get_layer(head).get_weights()[1][AT] for head in ("trained", "frozen")) / 2


def test_shares_add_up_to_the_log_odds(random_predictor, poster):
    predictor = random_predictor("poster")
    shares = poster_shares(predictor, poster, AT)
    assert [share.shape for share in shares] == [(10, 7), (20, 14), (10, 7), (20, 14)]
    assert all(np.ptp(share) > 0 for share in shares)
    bias, calibration = mean_bias(predictor), predictor.weights.calibration
    total = sum(share.sum() for share in shares)
    assert total == pytest.approx(log_odds(predictor, poster) - calibration.scale * bias - calibration.shift, abs=2e-3)


def test_shares_in_fusion_add_up_to_the_contribution_of_the_poster(random_predictor, poster):
    """Except for a constant that does not depend on the poster."""
    predictor, part = random_predictor("fusion"), random_predictor("poster")
    total = sum(share.sum() for share in poster_shares(predictor, poster, AT))
    rates = np.full(len(GENRES), 0.5)  # log-odds of 0: nothing is subtracted as base rate
    side = sides(predictor, poster, OVERVIEW, GENRE, base_rates=rates).poster.total
    bias, calibration = mean_bias(part), part.weights.calibration
    weight = predictor.keras_model.get_layer("poster_weight").get_weights()[0][AT]
    constant = predictor.weights.calibration.scale * weight * (calibration.scale * bias + calibration.shift)
    assert total == pytest.approx(side - constant, abs=2e-3)


def test_share_depends_on_its_region(random_predictor, poster):
    """If one half of a poster changes, the shares far off in the other half stay the same."""
    predictor, changed = random_predictor("poster"), poster.copy()
    changed[240:] = 255 - changed[240:]
    before, after = (poster_shares(predictor, each, AT)[1] for each in (poster, changed))
    change = np.abs(after - before)
    assert change[15:].mean() > 20 * change[:4].mean()


def test_other_backbones_have_fewer_maps(monkeypatch, tmp_path, poster):
    def network(**options):
        return keras.Sequential([keras.Input(options["input_shape"]), keras.layers.Conv2D(6, 3, 32, name="conv")])

    monkeypatch.setattr(keras.applications, "MobileNetV3Small", network)
    keras.utils.set_random_seed(1)
    model = create_model("poster", backbone="MobileNetV3Small")
    for head in ("trained", "frozen"):
        arrays = model.get_layer(head).get_weights()
        model.get_layer(head).set_weights([np.random.default_rng(0).normal(size=array.shape) / 20 for array in arrays])
    model.save_weights(tmp_path / KERAS_WEIGHTS)
    settings = {"model_options": {"backbone": "MobileNetV3Small"}}
    predictor = Predictor(read_weights(write_card(tmp_path, "poster", KERAS_WEIGHTS, settings=settings)))
    shares = poster_shares(predictor, poster, AT)
    assert [share.shape for share in shares] == [(10, 7), (10, 7), (20, 14)]
    total = sum(share.sum() for share in shares)
    assert total == pytest.approx(log_odds(predictor, poster) - mean_bias(predictor), abs=2e-3)
