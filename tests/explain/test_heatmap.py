import keras
import numpy as np
import pytest
from PIL import Image
from weight_sets import write_card

from genreclf.data.overviews import Encoder
from genreclf.errors import UserError
from genreclf.explain.heatmap import _keras_model, class_activation, gradient_function, heatmap, poster_shares
from genreclf.explain.sides import sides
from genreclf.genres import GENRES
from genreclf.models import create_model
from genreclf.predict.export import keras_model
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import KERAS_WEIGHTS, find_weights, read_weights

GENRE = "Horror"
AT = GENRES.index(GENRE)


@pytest.mark.parametrize(("layer", "places"), [("conv_3b", 16), ("conv_4b", 8)])
def test_class_activation_agrees_with_tf_keras_vis(random_weights, layer, places):
    """tf-keras-vis has its own Grad-CAM; the sigmoid is replaced there, too. Uses the shipped CNN if there is one."""
    reason = "tf-keras-vis is not installed (extra 'test')"
    theirs = pytest.importorskip("tf_keras_vis.gradcam", reason=reason).Gradcam
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
    from tf_keras_vis.utils.scores import CategoricalScore

    model = keras_model(find_weights("cnn") or read_weights(random_weights / "cnn"))
    posters = np.random.default_rng(0).random((3, 64, 64, 3), np.float32)
    explain, some = theirs(model, model_modifier=ReplaceToLinear(), clone=True), 0
    for genre in range(len(GENRES)):
        expected = np.asarray(explain(CategoricalScore([genre] * 3), posters, penultimate_layer=layer,
                                      expand_cam=False, normalize_cam=False))  # fmt: skip
        found = class_activation(model, layer, posters, genre)
        assert (found.shape, found.dtype) == ((3, places, places), np.float32)
        assert np.allclose(found, expected, rtol=1e-3, atol=1e-6 * max(1.0, expected.max()))
        some += int((found > 0).any())
    assert some > 5  # genres with evidence


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


def test_heatmap_without_evidence_is_empty(random_predictor, some_poster):
    predictor, poster = random_predictor("cnn"), some_poster((64, 64))
    kernel, bias = _keras_model(predictor).get_layer("genres").get_weights()
    try:
        _keras_model(predictor).get_layer("genres").set_weights([0 * kernel, bias])
        heat = heatmap(predictor, poster, GENRE)
    finally:
        _keras_model(predictor).get_layer("genres").set_weights([kernel, bias])
    assert heat.shape == (64, 64)
    assert not heat.any()


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


def chain(activation: str, sequential: bool) -> keras.Model:
    """Six inputs, a layer that squares its input, and three genres."""
    keras.utils.set_random_seed(3)
    layers = [
        keras.layers.Dense(4, name="dense"),
        keras.layers.Activation(keras.ops.square, name="squared"),
        keras.layers.Dropout(0.5, name="drop"),
        keras.layers.Dense(3, activation=activation, bias_initializer="random_normal", name="genres"),
    ]
    if sequential:
        return keras.Sequential([keras.Input((6,)), *layers])
    first = x = keras.Input((6,))
    for layer in layers:
        x = layer(x)
    return keras.Model(first, x)


def log_odds(probability: np.ndarray) -> np.ndarray:
    return np.log(probability) - np.log1p(-probability)


@pytest.mark.parametrize("sequential", [True, False], ids=["sequential", "functional"])
@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_gradient_equals_finite_differences_of_the_log_odds(activation, sequential):
    model, inputs = chain(activation, sequential), np.random.default_rng(0).normal(size=(2, 6)).astype(np.float32)
    values, gradient = gradient_function(model, "dense")(inputs, 1)
    kernel, bias = model.get_layer("dense").get_weights()
    assert np.allclose(values, inputs @ kernel + bias, atol=1e-5)
    assert (gradient.shape, gradient.dtype) == ((2, 4), np.float32)

    def predict(hidden: np.ndarray) -> np.ndarray:
        probabilities = model.get_layer("genres")(np.square(hidden).astype(np.float32)).numpy()
        return log_odds(probabilities.astype(np.float64))[:, 1]

    for unit in range(4):
        step = np.zeros(4)
        step[unit] = 1e-2
        slope = (predict(values + step) - predict(values - step)) / 2e-2
        assert np.allclose(gradient[:, unit], slope, atol=5e-3)


def test_gradient_does_not_vanish_where_the_model_is_certain():
    model = chain("sigmoid", False)
    model.get_layer("genres").set_weights([np.full((4, 3), 10.0), np.full(3, 500.0)])
    assert np.all(model(np.ones((1, 6))).numpy() == 1)
    values, gradient = gradient_function(model, "dense")(np.ones((1, 6), np.float32), 2)
    assert np.allclose(gradient, 20 * values, rtol=1e-4)


def test_gradient_reaches_every_word_of_the_lstm(random_predictor):
    """Each embedding changes the prediction by its gradient, the first and the last too."""
    predictor = random_predictor("lstm")
    ids = Encoder(predictor.weights.vocabulary())(["ghost haunted house love"])
    model = keras_model(predictor.weights)
    values, gradient = gradient_function(model, "embedding")(ids, AT)
    assert np.allclose(values, model.get_layer("embedding")(ids).numpy())
    table = model.get_layer("embedding").get_weights()[0]
    size = np.float32(0.002)
    step = size * np.sign(gradient[0])
    for place, word in enumerate(ids[0]):
        moved = []
        for sign in (1, -1):
            changed = table.copy()
            changed[word] += sign * step[place]
            model.get_layer("embedding").embeddings.assign(changed)
            moved.append(log_odds(model(ids).numpy().astype(np.float64))[0, AT])
        model.get_layer("embedding").embeddings.assign(table)
        assert (moved[0] - moved[1]) / 2 == pytest.approx(np.abs(gradient[0, place]).sum() * size, rel=0.02)


def test_other_backends_are_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(UserError, match="tensorflow or jax, not torch"):
        gradient_function(chain("sigmoid", True), "dense")


# Shares of the poster's regions


@pytest.fixture
def poster(some_poster) -> np.ndarray:
    return some_poster((320, 216), seed=5)


def log_odds_of(predictor: Predictor, poster: np.ndarray) -> float:
    return float(predictor.weights.calibration.log_odds(predictor.raw(poster[None]))[0, AT])


def mean_bias(predictor: Predictor) -> float:
    return (
        sum(keras_model(predictor.weights).get_layer(head).get_weights()[1][AT] for head in ("trained", "frozen")) / 2
    )


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
    weight = keras_model(predictor.weights).get_layer("poster_weight").get_weights()[0][AT]
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
