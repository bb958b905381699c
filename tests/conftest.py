"""Fixtures shared by all tests; ``film_sets`` makes the data."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # before TensorFlow is imported
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")  # the same results on every machine; trainers inherit it

import film_sets
import pytest

from genreclf import paths, processes
from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.runs.folder import Run, Status, list_runs

TESTS = Path(__file__).parent
SLOW = ("cli", "compatibility", "data/fetch/test_job.py", "evaluation/report", "evaluation/test_bootstrap.py",
        "evaluation/test_stored.py", "explain", "models/test_common.py", "models/test_efficientnet.py",
        "models/test_minilm.py", "models/test_overview.py", "models/test_poster.py", "notebooks",
        "predict/test_export.py", "predict/test_predictor.py", "test_real_data.py", "tools",
        "training/test_backends.py", "training/test_faults.py", "training/test_worker.py")  # fmt: skip


def _kind(path: Path) -> str:
    """The marker of a file's tests, by its folder (see ``pyproject.toml``)."""
    places = {str(place) for place in [path.relative_to(TESTS), *path.relative_to(TESTS).parents]}
    return "browser" if "browser" in places else "app" if "ui" in places else "slow" if places & set(SLOW) else "fast"


def pytest_ignore_collect(collection_path, config):
    """Keep the fast tests from importing all others."""
    if config.option.markexpr == "fast" and collection_path.is_relative_to(TESTS) and _kind(collection_path) != "fast":
        return True
    return None


def pytest_collection_modifyitems(items):
    """Mark every test; those that train large networks are slow wherever they are, like those marked so."""
    for item in items:
        kind = _kind(item.path)
        is_slow = "fusion_runs" in item.fixturenames or item.get_closest_marker("slow")
        item.add_marker("slow" if kind == "fast" and is_slow else kind)


@pytest.fixture(scope="session")
def session_home(tmp_path_factory) -> Path:
    """The ``GENRECLF_HOME`` of fixtures that are made once for all tests."""
    return tmp_path_factory.mktemp("session-home")


@pytest.fixture(scope="session", autouse=True)
def _no_real_home(session_home):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENRECLF_HOME", str(session_home))
        patch.delenv("GENRECLF_DATA", raising=False)
        yield


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch) -> Path:
    """The test's own empty ``GENRECLF_HOME``; ``GENRECLF_DATA`` is unset."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("GENRECLF_HOME", str(folder))
    monkeypatch.delenv("GENRECLF_DATA", raising=False)
    return folder


@pytest.fixture
def no_trainer_left(home) -> Iterator[None]:
    """End the trainers that the test has started from its home folder."""
    yield
    for run in list_runs():
        if not run.exit:  # the test failed: nothing may start it, and its trainer must stop
            run.stop_file.touch()
            run.finish(Status.STOPPED)
    for child in processes.children:
        child.kill()
        child.wait()
    processes.children.clear()


@pytest.fixture(scope="session")
def shared_film_folder(tmp_path_factory) -> Path:
    """60 films in the layout of the full set; tests must not change it (see ``film_folder``)."""
    return film_sets.write_set(tmp_path_factory.mktemp("shared") / "films", film_sets.films())


@pytest.fixture(scope="session")
def catalogue(shared_film_folder) -> Catalogue:
    """The 60 films, loaded; tests must not change them."""
    return load_catalogue(shared_film_folder)


@pytest.fixture
def film_folder(shared_film_folder, tmp_path) -> Path:
    """A copy of the 60 films that a test may change."""
    return Path(shutil.copytree(shared_film_folder, tmp_path / "films"))


@pytest.fixture
def damaged_folder(tmp_path) -> film_sets.DamagedSet:
    """Good films, and one film with each kind of damage among them."""
    return film_sets.write_damaged(tmp_path / "damaged")


@pytest.fixture(scope="session")
def trained_weights(tmp_path_factory, session_home, shared_film_folder) -> Path:
    """A weights set (``<model>/card.json``) of ``prior``, ``tfidf`` and ``cnn-small``, trained on the 60 films."""
    from genreclf.runs.queue import new_run
    from genreclf.training.fit import train
    from genreclf.training.promote import publish

    root = tmp_path_factory.mktemp("weights") / "imdb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENRECLF_HOME", str(session_home))
        for model in ("prior", "tfidf", "cnn-small"):
            run = new_run(model, shared_film_folder, epochs=1, batch_size=16, augment=False)
            train(run)
            publish(run.folder, root / model)
    return root


@pytest.fixture(scope="session")
def few_films(tmp_path_factory) -> Path:
    """12 films, 9 for training, 2 for validation and 1 for testing, for large networks; tests must not change them."""
    return film_sets.write_set(tmp_path_factory.mktemp("few") / "films", film_sets.films(12))


@pytest.fixture(scope="session")
def shared_tmp(tmp_path_factory) -> Path:
    """A folder shared by pytest's workers, for fixtures that take one of them half a minute."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def fusion_runs(shared_tmp, few_films) -> dict[str, Run]:
    """``poster``, ``overview`` and ``fusion``, trained on the 12 films for an epoch and promoted: runs by model.

    They have their own home folder, ``run.folder.parent.parent``, with the promoted weights in ``weights/imdb``. The
    first two are calibrated by hand, since two validation films are too few to fit a calibration.
    """
    from genreclf.files import read_json, write_json
    from genreclf.locks import hold_lock
    from genreclf.runs.queue import new_run
    from genreclf.training.fit import train
    from genreclf.training.promote import promote

    home = shared_tmp / "fusion-home"
    done = home / "done.json"
    changes = {  # as few trainable layers as possible, because backpropagation takes the most time
        "poster": {"augment": False, "mixup": 0.0, "batch_size": 5, "model_options": {"frozen_blocks": 15}},
        "overview": {"batch_size": 5, "model_options": {"rank": 0}},
        "fusion": {},
    }
    with pytest.MonkeyPatch.context() as patch, hold_lock(shared_tmp / "fusion.lock", patience=300) as acquired:
        assert acquired
        patch.setenv("GENRECLF_HOME", str(home))
        folders = {}
        for model in {} if done.is_file() else changes:
            run = new_run(model, few_films, epochs=1, **changes[model])
            card = train(run)
            if model != "fusion":
                card = {**read_json(run.card_file), "calibration": {"method": "platt", "scale": 0.8, "shift": -0.3}}
                write_json(run.card_file, card)
            run.finish(Status.COMPLETED, metrics=card["metrics"])
            promote(run)
            folders[model] = str(run.folder)
        if folders:
            write_json(done, folders)
    return {model: Run(Path(folder)) for model, folder in read_json(done).items()}


@pytest.fixture(scope="session")
def fusion_weights(fusion_runs) -> Path:
    """The promoted weights of ``fusion_runs``, in the layout of a weights set; tests must not change them."""
    return fusion_runs["fusion"].folder.parent.parent / "weights" / "imdb"


@pytest.fixture
def shipped(trained_weights, monkeypatch) -> Path:
    """``trained_weights`` as the only weights that the app ships in this test."""
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", trained_weights.parent)
    return trained_weights
