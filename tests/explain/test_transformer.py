from types import SimpleNamespace

import numpy as np
import pytest
from keras import ops

from genreclf.data.overviews import PieceEncoder
from genreclf.explain.transformer import piece_effects
from genreclf.models import minilm
from genreclf.models import overview as family

TEXT = "A detective hunts the killer in a haunted house; an unputdownable wedding."


def held(function):
    """An operation that no gradient goes through."""
    return lambda *inputs, **options: ops.stop_gradient(function(*inputs, **options))


def test_they_are_gradient_times_input_with_all_that_bends_held(random_predictor, monkeypatch):
    """Against TensorFlow's gradient through the layers themselves, with attention, spread and gates held."""
    import tensorflow as tf

    model = random_predictor("overview").keras_model
    ids = PieceEncoder()([TEXT])
    pull = np.random.default_rng(0).normal(size=model.get_layer("features").output.shape[-1]).astype(np.float32)
    bent = {"softmax": held(ops.softmax), "rsqrt": held(ops.rsqrt), "erf": held(ops.erf)}  # of GELU the gate
    for module in (minilm, family):
        monkeypatch.setattr(module, "ops", SimpleNamespace(**{**vars(ops), **bent}))
    layer = model.get_layer("minilm")
    table = tf.convert_to_tensor(layer._frozen["tokens"])
    with tf.GradientTape() as tape:
        tape.watch(table)
        told = tf.reduce_sum(model.get_layer("features")(layer(ids), ids) * pull)
    gradient = tape.gradient(told, layer._frozen["tokens"])
    expected = (gradient.values.numpy().reshape(-1, 384) * tf.gather(table, ids[0]).numpy()).sum(axis=1)
    found = piece_effects(model, ids[0], pull)
    assert found.shape == (ids.shape[1],)
    assert np.abs(found).max() > 0.01
    assert np.allclose(found, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


def test_the_low_rank_additions_count(random_predictor):
    model = random_predictor("overview").keras_model
    ids, layer = PieceEncoder()([TEXT])[0], model.get_layer("minilm")
    pull = np.ones(model.get_layer("features").output.shape[-1])
    before, weights = piece_effects(model, ids, pull), layer.get_weights()
    try:
        layer.set_weights([
            0 * array if weight.name.endswith("_up") else array
            for weight, array in zip(layer.weights, weights, strict=True)
        ])  # fmt: skip
        without = piece_effects(model, ids, pull)
    finally:
        layer.set_weights(weights)
    assert np.abs(before - without).max() > 0.01 * np.abs(before).max()
    assert before == pytest.approx(piece_effects(model, ids, pull))


def test_they_follow_the_pull(random_predictor):
    model = random_predictor("overview").keras_model
    ids, rng = PieceEncoder()([TEXT])[0], np.random.default_rng(0)
    first, second = rng.normal(size=(2, model.get_layer("features").output.shape[-1]))
    both = piece_effects(model, ids, first + 2 * second)
    assert both == pytest.approx(piece_effects(model, ids, first) + 2 * piece_effects(model, ids, second), abs=1e-3)
