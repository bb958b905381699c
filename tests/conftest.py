"""Fixtures that all tests share; ``film_sets`` makes the data."""

import os
import shutil
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # before anything imports TensorFlow
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")  # the same figures on every machine; trainers inherit it

import film_sets
import pytest

from genreclf import paths
from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.runs.folder import Run

TESTS = Path(__file__).parent
SLOW = ("cli", "compatibility", "explain", "evaluation/report", "evaluation/test_stored.py", "models/test_constants.py",
        "predict/test_export.py", "predict/test_predictor.py", "runs/test_queue.py", "training/test_backends.py",
        "training/test_faults.py", "training/test_worker.py", "test_real_data.py")  # fmt: skip
ALONE = ("browser", "runs/test_queue.py", "training/test_faults.py")  # what measures seconds or fills the disk


def pytest_collection_modifyitems(items):
    """Mark every test by where it stands (see the markers in ``pyproject.toml``)."""
    for item in items:
        place = item.path.relative_to(TESTS)
        parts = {str(folder) for folder in [place, *place.parents]}
        kind = "browser" if "browser" in parts else "app" if "ui" in parts else "slow" if parts & set(SLOW) else "fast"
        item.add_marker(kind)
        if parts & set(ALONE):
            item.add_marker("alone")


@pytest.fixture(scope="session")
def session_home(tmp_path_factory) -> Path:
    """A home folder for what is made once for all tests."""
    return tmp_path_factory.mktemp("session-home")


@pytest.fixture(scope="session", autouse=True)
def _never_the_real_home(session_home):
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


@pytest.fixture(scope="session")
def shared_film_folder(tmp_path_factory) -> Path:
    """60 films in the layout of the full set; not to be changed (see ``film_folder``)."""
    return film_sets.write_set(tmp_path_factory.mktemp("shared") / "films", film_sets.films())


@pytest.fixture(scope="session")
def catalogue(shared_film_folder) -> Catalogue:
    """The 60 films, loaded; they stay the same for all tests."""
    return load_catalogue(shared_film_folder)


@pytest.fixture
def film_folder(shared_film_folder, tmp_path) -> Path:
    """A copy of the 60 films that a test may change."""
    return Path(shutil.copytree(shared_film_folder, tmp_path / "films"))


@pytest.fixture
def damaged_folder(tmp_path) -> film_sets.DamagedSet:
    """Good films, and among them one film of every kind of damage."""
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
    """12 films, 9 of train, 2 of val and one of test, for networks that look closely; not to be changed."""
    return film_sets.write_set(tmp_path_factory.mktemp("few") / "films", film_sets.films(12))


@pytest.fixture(scope="session")
def of_all_workers(tmp_path_factory) -> Path:
    """A folder that pytest's workers have in common, for what takes one of them half a minute."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def fusion_runs(of_all_workers, few_films) -> dict[str, Run]:
    """``poster``, ``overview`` and ``fusion``, trained on the 12 films for an epoch and promoted: runs by model.

    Their home folder is their own: ``run.folder.parent.parent``, with the promoted weights in ``weights/imdb``. The
    first two are calibrated by hand, since two films of val are too few to fit it.
    """
    from genreclf.files import read_json, write_json
    from genreclf.locks import hold_lock
    from genreclf.runs.folder import Status
    from genreclf.runs.queue import new_run
    from genreclf.training.fit import train
    from genreclf.training.promote import promote

    home = of_all_workers / "fusion-home"
    done = home / "done.json"
    changes = {  # no more is gone through backwards than must be: that takes the most time
        "poster": {"augment": False, "mixup": 0.0, "batch_size": 5, "model_options": {"frozen_blocks": 15}},
        "overview": {"batch_size": 5, "model_options": {"rank": 0}},
        "fusion": {},
    }
    with pytest.MonkeyPatch.context() as patch, hold_lock(of_all_workers / "fusion.lock", patience=300) as ours:
        assert ours
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
    """The promoted weights of ``fusion_runs``, in the layout of a set; not to be changed."""
    return fusion_runs["fusion"].folder.parent.parent / "weights" / "imdb"


@pytest.fixture
def shipped(trained_weights, monkeypatch) -> Path:
    """The app ships ``trained_weights`` in this test, and nothing else."""
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", trained_weights.parent)
    return trained_weights
