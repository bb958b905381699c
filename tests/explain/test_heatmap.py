from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image
from weight_sets import write_card

from genreclf.calibration import Calibration
from genreclf.errors import UserError
from genreclf.explain.changes import hide
from genreclf.explain.heatmap import heatmap, occlusion, poster_shares
from genreclf.explain.sides import sides
from genreclf.genres import GENRES
from genreclf.models import create_model, get_spec
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import KERAS_WEIGHTS, read_weights

GENRE = "Horror"
AT = GENRES.index(GENRE)


@pytest.mark.parametrize("model", ["cnn", "cnn-small", "poster", "fusion"])
def test_heatmap_is_scaled_and_has_the_size_of_the_poster(random_predictor, some_poster, model):
    predictor = random_predictor(model)
    poster = some_poster(predictor.spec.poster_size)
    heat = heatmap(predictor, poster, GENRE)
    assert (heat.shape, heat.dtype) == (poster.shape[:2], np.float32)
    assert (heat.min() >= 0, heat.max()) == (True, 1)
    assert heat.std() > 0.01
    others = [heatmap(predictor, poster, genre) for genre in ("Comedy", "War")]
    assert all(not np.allclose(heat, other, atol=0.05) for other in others)


def test_heatmap_without_evidence_is_empty(random_predictor):
    """Whatever is hidden of a poster in one colour, nothing changes."""
    heat = heatmap(random_predictor("cnn"), np.full((64, 64, 3), (200, 30, 60), np.uint8), GENRE)
    assert heat.shape == (64, 64)
    assert not heat.any()


def simple_predictor(bias: float, model: str = "cnn") -> SimpleNamespace:
    """Red at the top left is evidence for every genre, red at the bottom right against it."""

    def layers(names, posters):
        red = posters[..., 0].astype(np.float32) / 255
        return [np.stack([red[:, :16, :16].mean(axis=(1, 2)), red[:, 48:, 48:].mean(axis=(1, 2))], axis=1)]

    weights = {
        "genres/kernel": np.float32([[1.0], [-1.0]]) * np.linspace(1, 2, 25, dtype=np.float32),
        "genres/bias": np.full(25, bias, np.float32),
    }
    calibration = SimpleNamespace(calibration=Calibration(1.1, 0.2))
    return SimpleNamespace(
        spec=get_spec(model), layers=layers, weight=weights.get, weights=calibration, column=GENRES.index
    )


@pytest.fixture
def red_corners() -> np.ndarray:
    poster = np.zeros((64, 64, 3), np.uint8)
    poster[:16, :16, 0] = poster[48:, 48:, 0] = 255
    return poster


@pytest.mark.parametrize("bias", [0.0, 40.0, -40.0], ids=["unsure", "certain", "certain not"])
def test_occlusion_is_high_where_hiding_lowers_the_genre(red_corners, bias):
    """Also where the probability is 1 or 0 in float32."""
    found = occlusion(simple_predictor(bias), red_corners, 0)
    assert found.shape == (16, 16)
    assert (found[:4, :4] > 0).all()
    assert (found[12:, 12:] < 0).all()
    assert found[5:11, 5:11] == pytest.approx(0)
    # a window of 2×2 cells hides a quarter of the red square, but for the share of red in the mean colour
    assert found[1, 1] == pytest.approx(1.1 * (1 - np.rint(255 / 8) / 255) / 4, abs=1e-3)
    heat = heatmap(simple_predictor(bias), red_corners, GENRES[0])
    assert max(np.unravel_index(heat.argmax(), heat.shape)) < 16
    assert not heat[40:, 40:].any()


def test_occlusion_of_a_softmax_compares_a_genre_with_all_others(red_corners):
    """What raises the first genre least is evidence against it."""
    predictor = simple_predictor(0.0, "cnn-small")
    assert (occlusion(predictor, red_corners, 0)[:4, :4] < 0).all()
    assert (occlusion(predictor, red_corners, 24)[:4, :4] > 0).all()


def test_occlusion_agrees_with_the_probabilities(random_predictor, some_poster):
    """The cell in a corner is covered by one window only."""
    for model in ("cnn", "cnn-small"):
        predictor, poster = random_predictor(model), some_poster((64, 64))
        hidden = np.arange(64) < 8
        variants = np.stack([poster, hide(poster, np.outer(hidden, hidden))])
        before, after = predictor.weights.calibration.log_odds(predictor.raw(variants))[:, AT]
        assert occlusion(predictor, poster, AT)[0, 0] == pytest.approx(before - after, abs=1e-3)


def test_heatmap_of_poster_is_hot_where_its_shares_are(random_predictor, some_poster):
    """It is the sum of the shares, scaled to the poster, whatever the sizes of the maps."""
    predictor = random_predictor("poster")
    poster = some_poster((320, 216), seed=3)
    summed = np.zeros((20, 14))
    for share in poster_shares(predictor, poster, AT):
        size = tuple(share.shape)
        assert size in ((10, 7), (20, 14))
        summed += np.kron(share / (20 // size[0]) ** 2, np.ones((20 // size[0],) * 2))
    heat = heatmap(predictor, poster, GENRE)
    coarse = np.asarray(Image.fromarray(heat).resize((14, 20), Image.Resampling.BOX))
    positive = np.maximum(0, summed)
    assert np.corrcoef(coarse.ravel(), positive.ravel())[0, 1] > 0.9


def test_heatmap_refuses_models_without_posters_and_other_sizes(random_predictor, some_poster):
    with pytest.raises(UserError, match="lstm uses no posters"):
        heatmap(random_predictor("lstm"), some_poster((64, 64)), GENRE)
    with pytest.raises(UserError, match="posters of 64×64 pixels"):
        heatmap(random_predictor("cnn"), some_poster((320, 216)), GENRE)


# Shares of the poster's regions


@pytest.fixture
def poster(some_poster) -> np.ndarray:
    return some_poster((320, 216), seed=5)


def log_odds_of(predictor: Predictor, poster: np.ndarray) -> float:
    return float(predictor.weights.calibration.log_odds(predictor.raw(poster[None]))[0, AT])


def mean_bias(predictor: Predictor) -> float:
    return sum(predictor.weight(f"{head}/bias")[AT] for head in ("trained", "frozen")) / 2


def test_shares_add_up_to_the_log_odds(random_predictor, poster):
    predictor = random_predictor("poster")
    shares = poster_shares(predictor, poster, AT)
    assert [share.shape for share in shares] == [(10, 7), (20, 14), (10, 7), (20, 14)]
    assert all(np.ptp(share) > 0 for share in shares)
    bias, calibration = mean_bias(predictor), predictor.weights.calibration
    total = sum(share.sum() for share in shares)
    assert total == pytest.approx(
        log_odds_of(predictor, poster) - calibration.scale * bias - calibration.shift, abs=2e-3
    )


def test_shares_in_fusion_add_up_to_the_contribution_of_the_poster(random_predictor, poster):
    """Except for a constant that does not depend on the poster."""
    predictor, part = random_predictor("fusion"), random_predictor("poster")
    total = sum(share.sum() for share in poster_shares(predictor, poster, AT))
    rates = np.full(len(GENRES), 0.5)  # log-odds of 0: nothing is subtracted as base rate
    side = sides(predictor, poster, "A haunted house and a wedding.", GENRE, base_rates=rates).poster.total
    bias, calibration = mean_bias(part), part.weights.calibration
    weight = predictor.weight("poster_weight/weight")[AT]
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
    assert total == pytest.approx(log_odds_of(predictor, poster) - mean_bias(predictor), abs=5e-3)
