"""Which weights of a pretrained network are trained, and the metrics while training."""

import dataclasses

import film_sets
import numpy as np
import pytest

from genreclf import pretrained
from genreclf.data.catalogue import load_catalogue
from genreclf.errors import UserError
from genreclf.files import read_json
from genreclf.models import get_spec
from genreclf.models.efficientnet import depth
from genreclf.predict.export import keras_model
from genreclf.runs.queue import new_run
from genreclf.training.fit import live_metrics, train
from genreclf.weights.folder import read_weights


def measured(model: str, targets: list[float], predicted: list[float]) -> dict[str, float]:
    """The live metrics of one film."""
    metrics = live_metrics(get_spec(model))
    for metric in metrics:
        metric.update_state(np.array([targets], np.float32), np.array([predicted], np.float32))
    return {metric.name: round(float(metric.result()), 4) for metric in metrics}


def test_a_fractional_target_of_a_softmax_counts_as_a_true_genre():
    targets = [1 / 3, 1 / 3, 1 / 3, 0.0]
    assert measured("cnn-small", targets, [0.9, 0.1, 0.0, 0.0]) == {"precision": 1, "recall": 0.3333, "accuracy": 0.5}
    assert measured("cnn-small", targets, [0.0] * 4) == {"precision": 0, "recall": 0, "accuracy": 0.25}


def test_a_genre_that_a_teacher_finds_improbable_does_not_count_as_true():
    targets = [0.9, 0.6, 0.4, 0.01]
    assert measured("lstm", targets, [0.8, 0.1, 0.7, 0.1]) == {"precision": 0.5, "recall": 0.5, "accuracy": 0.5}


def test_frozen_blocks_and_statistics_do_not_change_and_the_rest_does(fusion_runs):
    network = keras_model(read_weights(fusion_runs["poster"].folder))
    arrays = pretrained.load(pretrained.EFFICIENTNET)
    weights = {f"{layer.name}.{weight.name}": weight.numpy() for layer in network.layers for weight in layer.weights}
    moved = {name for name, array in arrays.items() if not np.array_equal(weights[name], array)}
    learning = {name for name in arrays if not name.endswith(("mean", "variance"))}
    assert moved == {name for name in learning if depth(name) >= 15}  # the run's frozen_blocks


def test_only_the_trained_weights_of_the_transformer_are_stored(fusion_runs):
    run = fusion_runs["overview"]
    assert read_json(run.card_file)["parameters"] < 100_000
    assert run.best_weights_file.stat().st_size < 1_000_000
    network = keras_model(read_weights(run.folder))  # of a rank of 0, as its card says
    norms = {name: array for name, array in pretrained.load(pretrained.MINILM).items() if ".norm_" in name}
    learnt = {variable.name: variable.numpy() for variable in network.get_layer("minilm").trainable_variables}
    assert set(learnt) == {name.replace(".", "_") for name in norms}
    assert all(not np.array_equal(array, learnt[name.replace(".", "_")]) for name, array in norms.items())


def test_films_under_several_ids_are_counted_in_card_and_log(tmp_path, capsys):
    films = film_sets.films(30)
    again = [dataclasses.replace(film, id=f"{film.id}b") for film in films]
    folder = film_sets.write_set(tmp_path / "films", [*films, *again])
    run = new_run("prior", folder)
    leaks = train(run)["leaks"]
    assert leaks == read_json(run.card_file)["leaks"] == run.films.leaks == load_catalogue(folder).leaks()
    assert leaks["test_in_train"] > 0
    assert f"{leaks['test_in_train']} of {run.films.splits['test']} test films share" in capsys.readouterr().out


@pytest.mark.parametrize(("model", "without"), [("cnn", "posters"), ("tfidf", "overviews"), ("fusion", "posters")])
def test_films_that_lack_a_models_input_are_refused(tmp_path, model, without):
    folder = film_sets.write_set(tmp_path / "films", film_sets.films(12), without=without)
    with pytest.raises(UserError, match=f"learns from {without}"):
        train(new_run(model, folder))
