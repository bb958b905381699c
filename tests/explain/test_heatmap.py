import numpy as np
import pytest
from PIL import Image

from genreclf.errors import UserError
from genreclf.explain.heatmap import class_activation, heatmap
from genreclf.explain.poster_shares import poster_shares
from genreclf.genres import GENRES
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import find_weights, read_weights

GENRE = "Horror"
AT = GENRES.index(GENRE)


@pytest.mark.parametrize(("layer", "places"), [("conv_3b", 16), ("conv_4b", 8)])
def test_it_agrees_with_tf_keras_vis(random_weights, layer, places):
    """On the shipped CNN where there is one; another project's Grad-CAM, which has the sigmoid replaced too."""
    reason = "tf-keras-vis is not installed (extra 'test')"
    theirs = pytest.importorskip("tf_keras_vis.gradcam", reason=reason).Gradcam
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
    from tf_keras_vis.utils.scores import CategoricalScore

    model = Predictor(find_weights("cnn") or read_weights(random_weights / "cnn")).keras_model
    posters = np.random.default_rng(0).random((3, 64, 64, 3), np.float32)
    explain, some = theirs(model, model_modifier=ReplaceToLinear(), clone=True), 0
    for genre in range(len(GENRES)):
        expected = np.asarray(explain(CategoricalScore([genre] * 3), posters, penultimate_layer=layer,
                                      expand_cam=False, normalize_cam=False))  # fmt: skip
        found = class_activation(model, layer, posters, genre)
        assert (found.shape, found.dtype) == ((3, places, places), np.float32)
        assert np.allclose(found, expected, rtol=1e-3, atol=1e-6 * max(1.0, expected.max()))
        some += int((found > 0).any())
    assert some > 5  # genres for which something speaks


@pytest.mark.parametrize("model", ["cnn", "cnn-small", "poster", "fusion"])
def test_it_is_scaled_and_in_the_posters_size(random_predictor, some_poster, model):
    predictor = random_predictor(model)
    poster = some_poster(predictor.spec.poster_size)
    heat = heatmap(predictor, poster, GENRE)
    assert (heat.shape, heat.dtype) == (poster.shape[:2], np.float32)
    assert (heat.min() >= 0, heat.max()) == (True, 1)
    assert heat.std() > 0.01
    others = [heatmap(predictor, poster, genre) for genre in ("Comedy", "War")]
    assert all(not np.allclose(heat, other, atol=0.05) for other in others)


def test_nothing_speaks_for_it(random_predictor, some_poster):
    predictor, poster = random_predictor("cnn"), some_poster((64, 64))
    kernel, bias = predictor.keras_model.get_layer("genres").get_weights()
    try:
        predictor.keras_model.get_layer("genres").set_weights([0 * kernel, bias])
        heat = heatmap(predictor, poster, GENRE)
    finally:
        predictor.keras_model.get_layer("genres").set_weights([kernel, bias])
    assert heat.shape == (64, 64)
    assert not heat.any()


def test_a_place_that_is_hot_is_where_the_share_is(random_predictor, some_poster):
    """The map of ``poster`` is the sum of its shares, whatever the maps' sizes, laid over the poster."""
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


def test_what_cannot_be_looked_at_is_told(random_predictor, some_poster):
    with pytest.raises(UserError, match="lstm uses no posters"):
        heatmap(random_predictor("lstm"), some_poster((64, 64)), GENRE)
    with pytest.raises(UserError, match="posters of 64×64 pixels"):
        heatmap(random_predictor("cnn"), some_poster((320, 216)), GENRE)
