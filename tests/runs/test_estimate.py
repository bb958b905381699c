"""How long a training will take, from earlier runs."""

import subprocess
import sys

import pytest

from genreclf import paths
from genreclf.recipes import get_recipe
from genreclf.runs.devices import training_device
from genreclf.runs.estimate import estimate, timing_of
from genreclf.runs.folder import Run
from genreclf.runs.queue import new_run

HERE = training_device().name


@pytest.fixture
def trained():
    """Makes a run with these seconds per epoch."""

    def make(model: str = "cnn", seconds: tuple = (30.0, 10.0, 12.0, 10.0), films: int = 1000, start=None, **changes):
        run = new_run(model, paths.SAMPLE, changes.pop("recipe", "tuned"), **changes)
        run.append("start", films=films, val_films=9, **({"device": HERE, "backend": "tensorflow"} | (start or {})))
        for epoch, taken in enumerate(seconds, start=1):
            run.append("batch", epoch=epoch, step=1, steps=1)
            run.append("epoch", epoch=epoch, seconds=taken)
        return run

    return make


def test_without_an_earlier_run_there_is_no_estimate():
    assert estimate("cnn", get_recipe("cnn"), 1000) is None


def test_an_estimate_leaves_out_the_first_epoch(trained):
    trained()
    known = estimate("cnn", get_recipe("cnn", epochs=20, patience=0), 2000)
    assert known.seconds_per_epoch == pytest.approx(20)
    assert known.seconds == pytest.approx(400)
    assert (known.runs, known.at_most, known.rough) == (1, False, False)


def test_of_several_runs_the_median_counts(trained):
    for seconds in (10.0, 11.0, 90.0):
        trained(seconds=(50.0, seconds))
    known = estimate("cnn", get_recipe("cnn"), 1000)
    assert (known.seconds_per_epoch, known.runs) == (pytest.approx(11), 3)


def test_the_first_epoch_counts_where_there_is_no_other(trained):
    trained(seconds=(30.0,))
    assert estimate("cnn", get_recipe("cnn"), 1000).seconds_per_epoch == pytest.approx(30)


@pytest.mark.parametrize(("epochs", "patience", "at_most"), [(20, 5, True), (5, 5, False), (20, 0, False)])
def test_early_stopping_makes_it_an_upper_bound(trained, epochs, patience, at_most):
    trained()
    assert estimate("cnn", get_recipe("cnn", epochs=epochs, patience=patience), 1000).at_most is at_most


@pytest.mark.parametrize(
    ("model", "other"),
    [
        ("cnn", {"start": {"device": "NVIDIA H200, 140 GiB"}}),
        ("cnn", {"start": {"device": None}}),  # a run of a version that did not record the device
        ("cnn", {"start": {"backend": "jax"}}),
        ("cnn", {"mixed_precision": not training_device().bfloat16}),
        ("cnn", {"augment": False}),
        ("cnn", {"batch_size": 16}),
        ("cnn", {"batch_size": 256}),
        ("cnn", {"seconds": ()}),
        ("cnn", {"films": None}),
        ("cnn-small", {}),
        ("lstm", {}),
    ],
    ids=str,
)
def test_another_kind_of_run_does_not_count(trained, model, other):
    trained(model, **other)
    assert estimate("cnn", get_recipe("cnn"), 1000) is None


@pytest.mark.parametrize(
    "change",
    [{"epochs": 2}, {"learning_rate": 0.1}, {"batch_size": 32}, {"batch_size": 128}, {"weight_decay": 0.1},
     {"model_options": {"dense_dropout": 0.1}}],
    ids=str,
)  # fmt: skip
def test_settings_that_hardly_affect_the_speed_may_differ(trained, change):
    trained(**change)
    assert estimate("cnn", get_recipe("cnn"), 1000).runs == 1


@pytest.mark.parametrize("change", [{"buckets": False}, {"model_options": {"recurrent_dropout": 0.2}}], ids=str)
def test_the_lstms_slow_path_has_a_pace_of_its_own(trained, change):
    trained("lstm", **change)
    assert estimate("lstm", get_recipe("lstm"), 1000) is None
    assert estimate("lstm", get_recipe("lstm", **change), 1000).runs == 1


@pytest.mark.parametrize("options", [{"backbone": "ConvNeXtTiny"}, {"frozen_blocks": 0}], ids=str)
def test_another_network_underneath_has_a_pace_of_its_own(trained, options):
    trained("poster", model_options=options)
    assert estimate("poster", get_recipe("poster"), 1000) is None
    assert estimate("poster", get_recipe("poster", model_options=options), 1000).runs == 1
    trained("poster", model_options={"head_dropout": 0.1})
    assert estimate("poster", get_recipe("poster"), 1000).runs == 1, "dropout costs nothing"


@pytest.mark.parametrize(
    ("model", "change", "comparable"),
    [
        ("poster", {"augment": False, "mixup": 0}, False),
        ("overview", {"buckets": False}, False),
        ("overview", {"augment": True}, True),
        ("fusion", {"augment": True, "mixup": 0.2, "buckets": True}, True),  # it learns from features
    ],
    ids=str,
)
def test_only_settings_of_the_models_inputs_count(trained, model, change, comparable):
    trained(model, **change)
    assert (estimate(model, get_recipe(model), 1000) is not None) is comparable


def test_the_builders_own_dropout_counts_where_a_recipe_names_none(trained):
    trained("lstm", recipe="reference")
    assert timing_of(trained("lstm", recipe="reference")).pace.settings == (
        ("buckets", False),
        ("mixed_precision", False),
        ("recurrent_dropout", True),
    )
    assert estimate("lstm", get_recipe("lstm", "reference"), 1000).runs == 2


def test_runs_on_as_many_films_are_preferred(trained):
    trained(films=100, seconds=(9.0, 5.0))
    known = estimate("cnn", get_recipe("cnn"), 5000)
    assert (known.rough, known.seconds_per_epoch) == (True, pytest.approx(250))
    trained(films=4000, seconds=(90.0, 40.0))
    known = estimate("cnn", get_recipe("cnn"), 5000)
    assert (known.rough, known.runs, known.seconds_per_epoch) == (False, 1, pytest.approx(50))


def test_a_baseline_has_an_estimate_too(trained):
    trained("tfidf", seconds=(3.0,))
    known = estimate("tfidf", get_recipe("tfidf"), 2000)
    assert (known.seconds, known.at_most) == (pytest.approx(6), False)


def test_the_trainer_runs_on_jax(trained, monkeypatch):
    trained(start={"backend": "jax"})
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert estimate("cnn", get_recipe("cnn"), 1000).runs == 1


def test_a_run_resumed_elsewhere_is_timed_where_it_ended(trained):
    run = trained(seconds=(100.0, 100.0, 100.0), start={"device": "another"})
    assert timing_of(run).pace.device == "another"
    run.append("start", films=1000, device=HERE)
    assert timing_of(run) is None
    for epoch, seconds in ((4, 30.0), (5, 10.0)):
        run.append("epoch", epoch=epoch, seconds=seconds)
    assert timing_of(run).seconds_per_film == pytest.approx(0.01)


def test_a_run_resumed_here_leaves_out_both_first_epochs(trained):
    run = trained(seconds=(30.0, 10.0))
    run.append("start", films=1000, device=HERE, backend="tensorflow")
    for epoch, seconds in ((3, 40.0), (4, 12.0)):
        run.append("epoch", epoch=epoch, seconds=seconds)
    assert timing_of(run).seconds_per_film == pytest.approx(0.011)


def test_a_folder_that_is_not_a_run_does_not_count(tmp_path):
    (tmp_path / "config.json").write_text('{"model": "oracle"}')
    assert timing_of(Run(tmp_path)) is None
    (tmp_path / "config.json").write_text('{"model": "cnn", "recipe": {"epochs": "many"}}')
    Run(tmp_path).append("start", films=10, device=HERE)
    Run(tmp_path).append("epoch", epoch=1, seconds=1.0)
    assert timing_of(Run(tmp_path)) is None


def test_known_timings_and_device_are_taken_as_given(trained):
    timing = timing_of(trained())
    elsewhere = timing._replace(pace=timing.pace._replace(device="GPU"))
    assert estimate("cnn", get_recipe("cnn"), 1000, [elsewhere], "GPU").runs == 1
    assert estimate("cnn", get_recipe("cnn"), 1000, []) is None


def test_estimating_imports_no_streamlit_and_no_tensorflow():
    code = (
        "import sys; from genreclf.runs.estimate import estimate; from genreclf.recipes import get_recipe;"
        "estimate('cnn', get_recipe('cnn'), 100); print({'streamlit', 'keras', 'tensorflow'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
