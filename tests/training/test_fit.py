"""Which weights of a pretrained network are trained, and the metrics while training."""

import keras
import numpy as np
import pytest

from genreclf import pretrained
from genreclf.files import read_json
from genreclf.models.efficientnet import depth
from genreclf.predict.predictor import Predictor
from genreclf.training.fit import label_accuracy
from genreclf.weights.folder import read_weights


def test_a_fractional_target_counts_as_a_true_genre():
    targets = np.array([[0.5, 0.5, 0.0, 0.0]], np.float32)  # of a softmax: two genres
    metric = keras.metrics.MeanMetricWrapper(label_accuracy)
    metric.update_state(targets, np.array([[0.9, 0.1, 0.0, 0.0]], np.float32))
    assert float(metric.result()) == pytest.approx(0.75)
    metric.reset_state()
    metric.update_state(targets, np.zeros((1, 4), np.float32))
    assert float(metric.result()) == pytest.approx(0.5)  # the score of predicting nothing


def test_frozen_blocks_and_statistics_do_not_change_and_the_rest_does(fusion_runs):
    network = Predictor(read_weights(fusion_runs["poster"].folder)).keras_model
    arrays = pretrained.load(pretrained.EFFICIENTNET)
    weights = {f"{layer.name}.{weight.name}": weight.numpy() for layer in network.layers for weight in layer.weights}
    moved = {name for name, array in arrays.items() if not np.array_equal(weights[name], array)}
    learning = {name for name in arrays if not name.endswith(("mean", "variance"))}
    assert moved == {name for name in learning if depth(name) >= 15}  # the run's frozen_blocks


def test_only_the_trained_weights_of_the_transformer_are_stored(fusion_runs):
    run = fusion_runs["overview"]
    assert read_json(run.card_file)["parameters"] < 100_000
    assert run.best_weights_file.stat().st_size < 1_000_000
    network = Predictor(read_weights(run.folder)).keras_model  # of a rank of 0, as its card says
    norms = {name: array for name, array in pretrained.load(pretrained.MINILM).items() if ".norm_" in name}
    learnt = {variable.name: variable.numpy() for variable in network.get_layer("minilm").trainable_variables}
    assert set(learnt) == {name.replace(".", "_") for name in norms}
    assert all(not np.array_equal(array, learnt[name.replace(".", "_")]) for name, array in norms.items())
