"""Promoting, shipping and unpromoting; a run stopped early can be used like a finished one."""

import dataclasses
import threading
import time

import numpy as np
import pytest

from genreclf import paths
from genreclf.errors import UserError
from genreclf.evaluation import predictions as module
from genreclf.evaluation.metrics import bce
from genreclf.files import read_json, write_json
from genreclf.runs.folder import Run, Status
from genreclf.runs.queue import new_run
from genreclf.training import worker
from genreclf.training.fit import train
from genreclf.training.promote import can_promote, evaluate_again, is_promoted, promote, ship, unpromote, weights_set_of
from genreclf.weights.folder import find_weights


@pytest.fixture
def finished(shared_film_folder) -> Run:
    """A completed run of the base rates."""
    run = new_run("prior", shared_film_folder)
    card = train(run)
    run.finish(Status.COMPLETED, metrics=card["metrics"])
    return run


@pytest.fixture
def _no_shipped_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "shipped")


@pytest.mark.usefixtures("_no_shipped_weights")
def test_promote_and_unpromote(finished):
    assert can_promote(finished)
    assert not is_promoted(finished)
    weights = promote(finished)
    assert weights.model == "prior"
    assert is_promoted(finished)
    assert find_weights("prior").card["run"] == finished.id
    assert unpromote("prior", "imdb")
    assert not is_promoted(finished)
    assert find_weights("prior") is None
    assert not unpromote("prior", "imdb")


@pytest.mark.usefixtures("_no_shipped_weights")
def test_shipped_weights_are_used_until_a_run_is_promoted(finished):
    shipped = ship(finished, "imdb")
    assert find_weights("prior").folder == shipped.folder == paths.SHIPPED_WEIGHTS / "imdb" / "prior"
    assert find_weights("prior").origin == "shipped"
    promote(finished)
    assert find_weights("prior").origin == "promoted"
    with pytest.raises(UserError, match="no set of weights 'best'"):
        ship(finished, "best")


@pytest.mark.usefixtures("_no_shipped_weights")
def test_shipped_weights_are_evaluated_in_their_shipped_form(finished, catalogue, monkeypatch):
    fixed = {split: np.full((len(catalogue.in_split(split)), 25), 0.4, np.float32) for split in ("val", "test")}
    monkeypatch.setattr(module, "catalogue_predictions", lambda catalogue, weights, split: fixed[split])
    card = ship(finished, "imdb").card
    labels = catalogue.labels[catalogue.in_split("test")]
    assert card["metrics"]["test"]["bce"] == pytest.approx(bce(labels, fixed["test"]), abs=1e-6)
    assert card["metrics"]["test"]["bce"] != read_json(finished.card_file)["metrics"]["test"]["bce"]
    assert find_weights("prior").card == card
    with pytest.raises(UserError, match="does not contain the films"):
        evaluate_again(find_weights("prior"), dataclasses.replace(catalogue, digest="f" * 64))


@pytest.mark.usefixtures("_no_shipped_weights")
def test_weights_that_cannot_be_evaluated_are_not_shipped(finished, monkeypatch):
    def broken(*_, **__):
        raise UserError("A poster changed.")

    monkeypatch.setattr(module, "catalogue_predictions", broken)
    with pytest.raises(UserError, match="A poster changed"):
        ship(finished, "imdb")
    assert find_weights("prior") is None
    monkeypatch.undo()
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", finished.folder.parent / "shipped")
    before = ship(finished, "imdb")
    monkeypatch.setattr(module, "catalogue_predictions", broken)
    with pytest.raises(UserError, match="A poster changed"):
        ship(finished, "imdb")
    assert find_weights("prior").card == before.card


def test_a_run_on_the_sample_belongs_to_the_samples_set_if_shipped(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "shipped")
    run = new_run("prior", paths.SAMPLE)
    assert weights_set_of(run) == "imdb"
    (tmp_path / "shipped" / "sample").mkdir(parents=True)
    assert weights_set_of(run) == "sample"
    assert weights_set_of(new_run("prior", tmp_path)) == "imdb"


@pytest.mark.parametrize("outcome", [Status.FAILED, None])
def test_a_failed_or_died_run_is_refused(finished, outcome):
    finished.exit_file.unlink()
    if outcome:
        finished.finish(outcome, "It failed.")
    assert not can_promote(finished)
    with pytest.raises(UserError, match=f"it is {outcome or 'died'}"):
        promote(finished)


def test_a_run_that_was_not_evaluated_is_refused(finished):
    write_json(finished.card_file, {**read_json(finished.card_file), "metrics": {}})
    with pytest.raises(UserError, match="no finished epoch"):
        promote(finished)


def test_damaged_weights_are_refused(finished):
    (finished.folder / "model.npz").write_bytes(b"half")
    with pytest.raises(UserError, match="damaged"):
        promote(finished)


def test_a_stopped_run_leaves_weights_that_can_be_used(shared_film_folder, monkeypatch):
    monkeypatch.setattr(worker.signal, "signal", lambda *_: None)  # keep this process's handler
    run = new_run("cnn-small", shared_film_folder, epochs=500, batch_size=16, augment=False, patience=500)

    def stop_after_an_epoch():
        while not run.epochs():
            time.sleep(0.02)
        run.stop_file.touch()

    stopper = threading.Thread(target=stop_after_an_epoch, daemon=True)
    stopper.start()
    assert worker.work(run) is Status.STOPPED
    stopper.join(5)
    assert run.status() is Status.STOPPED
    card = read_json(run.card_file)
    assert run.exit["metrics"] == card["metrics"]
    assert set(card["metrics"]) == {"val", "test"}
    assert card["best_epoch"] == run.best_epoch()["epoch"]
    assert promote(run).card["run"] == run.id


def test_a_run_stopped_before_its_first_epoch_has_no_card(shared_film_folder, monkeypatch):
    monkeypatch.setattr(worker.signal, "signal", lambda *_: None)
    run = new_run("prior", shared_film_folder)
    run.stop_file.touch()
    assert worker.work(run) is Status.STOPPED
    assert "metrics" not in run.exit
    assert not can_promote(run)


def test_only_a_known_set_can_be_unpromoted(home):
    precious = home.parent / "cnn"
    precious.mkdir()
    for weights_set in ("best", "../..", str(home.parent)):
        with pytest.raises(UserError, match="no set of weights"):
            unpromote("cnn", weights_set)
    assert precious.is_dir()
