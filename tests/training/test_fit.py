"""What of a pretrained network learns, and what stays."""

import numpy as np

from genreclf import pretrained
from genreclf.files import read_json
from genreclf.models.efficientnet import depth
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import read_weights


def test_frozen_blocks_and_statistics_stay_and_the_rest_learns(fusion_runs):
    network = Predictor(read_weights(fusion_runs["poster"].folder)).keras_model
    arrays = pretrained.load(pretrained.EFFICIENTNET)
    held = {f"{layer.name}.{weight.name}": weight.numpy() for layer in network.layers for weight in layer.weights}
    moved = {name for name, array in arrays.items() if not np.array_equal(held[name], array)}
    learning = {name for name in arrays if not name.endswith(("mean", "variance"))}
    assert moved == {name for name in learning if depth(name) >= 15}  # the run's frozen_blocks


def test_only_what_was_added_to_the_transformer_is_kept(fusion_runs):
    run = fusion_runs["overview"]
    assert read_json(run.card_file)["parameters"] < 100_000
    assert run.best_weights_file.stat().st_size < 1_000_000
    network = Predictor(read_weights(run.folder)).keras_model  # of a rank of 0, as its card says
    norms = {name: array for name, array in pretrained.load(pretrained.MINILM).items() if ".norm_" in name}
    learnt = {variable.name: variable.numpy() for variable in network.get_layer("minilm").trainable_variables}
    assert set(learnt) == {name.replace(".", "_") for name in norms}
    assert all(not np.array_equal(array, learnt[name.replace(".", "_")]) for name, array in norms.items())
