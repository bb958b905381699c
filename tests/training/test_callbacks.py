import math

import keras
import numpy as np
import pytest
from trainings import small_model

from genreclf.locks import hold_lock
from genreclf.runs.folder import Run, Status, StopRequested, TrainingFailed, create_run
from genreclf.training import callbacks
from genreclf.training.callbacks import EarlyStop, EpochSeeds, RunReporter
from genreclf.training.checkpoints import Checkpoints


@pytest.fixture
def run() -> Run:
    return create_run({"model": "cnn"})


def reporter(run: Run, steps: int = 4, epochs: int = 2) -> RunReporter:
    reporter = RunReporter(run, Checkpoints(run), steps, 40, epochs)
    reporter.set_model(small_model())
    return reporter


def test_an_epoch_is_reported_with_its_metrics(run):
    watcher = reporter(run)
    watcher.on_epoch_begin(0)
    watcher.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.25, "learning_rate": 0.1})
    (epoch,) = run.epochs()
    assert (epoch["epoch"], epoch["loss"], epoch["val_loss"]) == (1, 0.5, 0.25)
    assert epoch["learning_rate"] == pytest.approx(0.1)
    assert epoch["seconds"] >= 0


def test_the_first_and_the_last_batch_are_reported_and_not_every_one(run, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: clock[0])
    watcher = reporter(run, steps=100)
    watcher.on_epoch_begin(0)
    for batch in range(100):
        clock[0] += 0.1
        watcher.on_train_batch_end(batch, {"loss": 0.5})
    steps = [event["step"] for event in run.events()]
    assert steps[0] == 1
    assert steps[-1] == 100
    assert 9 <= len(steps) <= 13  # about one a second
    assert run.progress["step"] == 100
    assert run.progress["films_per_second"] == pytest.approx(4.0)  # 40 films in 10 seconds
    assert run.progress["seconds_left"] == pytest.approx(10, abs=0.2)  # the other epoch


def test_a_stop_is_honoured_at_the_next_report(run):
    watcher = reporter(run)
    watcher.on_epoch_begin(0)
    watcher.on_train_batch_end(0, {"loss": 0.5})
    run.stop_file.touch()
    with pytest.raises(StopRequested):
        watcher.on_train_batch_end(3, {"loss": 0.5})  # the last batch is always looked at


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number_ends_the_run_with_a_remedy(run, value):
    watcher = reporter(run)
    watcher.on_epoch_begin(2)
    with pytest.raises(TrainingFailed, match="epoch 3; try a lower learning rate"):
        watcher.on_train_batch_end(0, {"loss": value})
    with pytest.raises(TrainingFailed, match="epoch 3; try a lower learning rate"):
        watcher.on_epoch_end(2, {"loss": 0.5, "val_loss": value})
    assert run.events() == []  # no line that is not JSON


def test_a_reporting_run_is_not_stalled(run):
    watcher = reporter(run)
    with hold_lock(run.lock_file):
        watcher.on_epoch_begin(0)
        assert run.status() is Status.RUNNING
        assert run.progress["next_check_in"] > 60  # the first batch is traced, which is slow and silent


def test_patience_counts_the_epochs_before_an_interruption(run):
    model = small_model()
    for epoch, loss in ((1, 0.5), (2, 0.4), (3, 0.45)):
        run.append("epoch", epoch=epoch, val_loss=loss)
    watcher = EarlyStop(run, patience=2)
    watcher.set_model(model)
    model.stop_training = False
    watcher.on_epoch_end(2)
    assert not model.stop_training
    run.append("epoch", epoch=4, val_loss=0.41)
    watcher.on_epoch_end(3)
    assert model.stop_training


class Batches:
    """Notes which epochs were begun."""

    def __init__(self):
        self.begun = []

    def begin(self, epoch: int) -> None:
        self.begun.append(epoch)


def dropped_by(watcher: EpochSeeds, epoch: int) -> np.ndarray:
    watcher.on_epoch_begin(epoch)
    return np.asarray(watcher.model(np.ones((1, 400), np.float32), training=True)) == 0


def test_an_epochs_dropout_depends_on_the_seed_and_the_epoch_alone():
    model = keras.Sequential([keras.Input((400,)), keras.layers.Dropout(0.5)])
    watchers = []
    for seed in (1, 1, 2):
        watcher = EpochSeeds(Batches(), seed)
        watcher.set_model(model)
        watchers.append(watcher)
    first, again, other = watchers
    drops = [dropped_by(first, epoch) for epoch in range(3)]
    assert first.batches.begun == [0, 1, 2]
    assert np.array_equal(dropped_by(again, 2), drops[2])
    assert not np.array_equal(drops[1], drops[2])
    assert not np.array_equal(dropped_by(other, 2), drops[2])
