import math
import os

import keras
import numpy as np
import pytest

from genreclf.training import callbacks
from genreclf.training.callbacks import Backup, BestWeights, EarlyStop, RunReporter
from genreclf.training.runs import Run, Status, StopRequested, TrainingFailed, create_run, held_lock


@pytest.fixture
def run() -> Run:
    return create_run({"model": "cnn"})


def small_model(seed: int = 0) -> keras.Model:
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(keras.optimizers.Adam(0.1), "mse")
    return model


def reporter(run: Run, steps: int = 4, epochs: int = 2) -> RunReporter:
    reporter = RunReporter(run, steps, 40, epochs)
    reporter.set_model(small_model())
    return reporter


def test_an_epoch_is_reported_with_its_figures(run):
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
    with held_lock(run.lock_file):
        watcher.on_epoch_begin(0)
        assert run.status() is Status.RUNNING
        assert run.progress["next_check_in"] > 60  # the first batch is traced, which is slow and silent


def test_the_best_weights_are_those_of_the_lowest_loss(run):
    model = small_model()
    watcher = BestWeights(run, None)
    watcher.set_model(model)
    kept = []
    for value, loss in enumerate([0.5, 0.3, 0.4, math.nan, 0.3]):
        model.set_weights([np.full((3, 2), value), np.zeros(2)])
        watcher.on_epoch_end(value, {"val_loss": loss})
        model.load_weights(run.best_weights_file)
        kept.append(model.get_weights()[0][0, 0])
    assert kept == [0, 1, 1, 1, 1]
    assert not list(run.folder.glob(".best*"))


def test_a_resumed_run_keeps_better_weights_from_before(run):
    watcher = BestWeights(run, 0.3)
    watcher.set_model(small_model())
    watcher.on_epoch_end(5, {"val_loss": 0.35})
    assert not run.best_weights_file.exists()
    watcher.on_epoch_end(6, {"val_loss": 0.25})
    assert run.best_weights_file.exists()


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


def test_a_backup_brings_back_weights_and_optimiser(tmp_path):
    model, inputs, targets = small_model(), np.eye(3, dtype=np.float32), np.ones((3, 2), np.float32)
    backup = Backup(tmp_path / "backup")
    assert backup.restore(model) == 0
    model.fit(inputs, targets, epochs=3, verbose=0, callbacks=[backup])
    assert [file.name for file in backup.folder.iterdir()] == ["epoch-0003.weights.h5"]

    other = small_model(seed=9)
    assert Backup(tmp_path / "backup").restore(other) == 3
    for restored, known in zip(other.get_weights(), model.get_weights(), strict=True):
        assert np.array_equal(restored, known)
    model.fit(inputs, targets, epochs=1, verbose=0, shuffle=False)
    other.fit(inputs, targets, epochs=1, verbose=0, shuffle=False)  # the same step only with Adam's moments
    for restored, known in zip(other.get_weights(), model.get_weights(), strict=True):
        assert np.allclose(restored, known, atol=1e-6)


def test_a_trainer_killed_while_writing_a_backup_has_the_one_before(tmp_path, monkeypatch):
    model = small_model()
    backup = Backup(tmp_path / "backup")
    backup.set_model(model)
    backup.on_epoch_end(0)

    def killed(*paths):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        backup.on_epoch_end(1)
    assert len(list(backup.folder.iterdir())) == 2
    (backup.folder / "unfinished.weights.h5").write_bytes(b"half")
    assert Backup(tmp_path / "backup").restore(small_model()) == 1


def test_many_epochs_sort_as_numbers(tmp_path):
    backup = Backup(tmp_path / "backup")
    backup.set_model(small_model())
    for epoch in (8, 9, 99, 998):
        backup.on_epoch_end(epoch)
        assert backup.restore(small_model()) == epoch + 1
