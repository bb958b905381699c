import importlib.util
import os
import subprocess
import sys

import film_sets
import pytest

from genreclf.data.catalogue import load_catalogue
from genreclf.data.prepared import is_prepared, prepare
from genreclf.errors import UserError
from genreclf.evaluation.metrics import bce
from genreclf.models import get_spec
from genreclf.predict.predictor import Predictor
from genreclf.runs.devices import cpu_name
from genreclf.runs.folder import Run, Status
from genreclf.runs.queue import new_run
from genreclf.training import backends, upstream
from genreclf.weights.folder import read_weights

SMALL = get_spec("cnn-small")
needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed (extra 'jax')")

# The trainer, in an interpreter that cannot import TensorFlow
WITHOUT_TENSORFLOW = """
import sys
class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "tensorflow":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, NotInstalled())
from pathlib import Path
from genreclf.training import worker
worker.start_next = lambda patience: None
sys.exit(worker.main(Path(sys.argv[1])))
"""

# The same with one of MiniLM's six equal layers, because compiling all takes long
WITH_ONE_LAYER = (
    """
from genreclf.models import minilm
minilm.NUM_LAYERS = 1
"""
    + WITHOUT_TENSORFLOW
)

# The same, killed after the second epoch's state is stored, before its line is written
KILLED_IN_EPOCH_2 = (
    """
from genreclf.runs.folder import Run
append = Run.append
def kill(self, event, **values):
    if event == "epoch" and values["epoch"] == 2:
        import os
        os._exit(0)
    append(self, event, **values)
Run.append = kill
"""
    + WITHOUT_TENSORFLOW
)


def train_on_jax(run: Run, program: str = WITHOUT_TENSORFLOW) -> None:
    command = [sys.executable, "-c", program, str(run.folder)]
    done = subprocess.run(command, env={**os.environ, "KERAS_BACKEND": "jax"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def jax_run(shared_film_folder, session_home) -> Run:
    """A run of three epochs, which prepares its posters itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENRECLF_HOME", str(session_home))
        run = new_run("cnn-small", shared_film_folder, epochs=3, batch_size=16, augment=True)
        train_on_jax(run)
    return run


@needs_jax
def test_jax_trains_on_posters_without_tensorflow(jax_run):
    assert jax_run.status() is Status.COMPLETED
    assert [epoch["epoch"] for epoch in jax_run.epochs()] == [1, 2, 3]
    assert jax_run.epochs()[2]["loss"] < jax_run.epochs()[0]["loss"]
    assert (jax_run.events()[0]["backend"], jax_run.events()[0]["device"]) == ("jax", cpu_name())
    assert read_weights(jax_run.folder).card["backend"] == "jax"


@needs_jax
def test_jax_trains_on_overviews_without_tensorflow(shared_film_folder):
    run = new_run("overview", shared_film_folder, epochs=1, batch_size=64, buckets=False, word_dropout=0.1)
    train_on_jax(run, WITH_ONE_LAYER)
    assert run.status() is Status.COMPLETED
    assert run.exit.metrics["val"]["bce"] > 0


@needs_jax
def test_weights_trained_on_jax_predict_on_tensorflow(jax_run, catalogue):
    prepared, weights = prepare(catalogue, SMALL), read_weights(jax_run.folder)
    rows = prepared.rows("val")
    probabilities = Predictor(weights).predict(posters=prepared.posters[rows])
    assert bce(prepared.labels[rows], probabilities) == pytest.approx(weights.card["metrics"]["val"]["bce"], abs=2e-4)


@needs_jax
def test_an_interrupted_jax_run_continues_as_if_not_interrupted(jax_run, shared_film_folder, catalogue):
    prepare(catalogue, SMALL)
    run = new_run("cnn-small", shared_film_folder, epochs=3, batch_size=16, augment=True)
    train_on_jax(run, KILLED_IN_EPOCH_2)
    assert run.status() is Status.DIED
    train_on_jax(run)
    assert [event["epoch"] for event in run.events() if event["event"] == "epoch"] == [1, 2, 3]
    for ours, theirs in zip(run.epochs(), jax_run.epochs(), strict=True):
        assert ours["val_loss"] == pytest.approx(theirs["val_loss"], abs=1e-4)


def test_missing_arrays_are_prepared_with_progress(shared_film_folder, catalogue, monkeypatch):
    run, reports = new_run("cnn-small", shared_film_folder), []
    monkeypatch.setattr(Run, "check_in", lambda run, phase, next_check_in, **progress: reports.append(progress))
    prepared = upstream.prepare(run, catalogue, SMALL)
    assert is_prepared(catalogue, SMALL)
    assert reports[-1] == {"step": len(catalogue), "steps": len(catalogue)}
    assert prepared.posters.shape == (len(catalogue), 64, 64, 3)


def test_versions_of_the_installed_packages():
    versions = backends.versions()
    assert {"genreclf", "python", "tensorflow", "keras", "numpy"} <= set(versions)
    assert ("jax" in versions) == (importlib.util.find_spec("jax") is not None)


def test_without_a_gpu_the_device_is_the_processor():
    assert backends.device_name() == cpu_name()
    assert backends.name() == "tensorflow"


def test_a_failing_preparation_is_reported(tmp_path):
    folder = film_sets.write_set(tmp_path / "few", [film_sets.film(5)])  # none in the train split
    with pytest.raises(UserError, match="no film in its train split"):
        upstream.prepare(new_run("cnn-small", folder), load_catalogue(folder), SMALL)
