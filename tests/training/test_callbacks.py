import math
from unittest.mock import Mock

import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from trainings import small_model

from genreclf.locks import hold_lock
from genreclf.runs.folder import Run, Status, StopRequested, TrainingFailed, create_run
from genreclf.training import callbacks
from genreclf.training.callbacks import EpochSeeds, RunReporter, TeacherJoins, TensorBoardWriter
from genreclf.training.checkpoints import Checkpoints


@pytest.fixture
def run() -> Run:
    return create_run({"model": "cnn"})


def reporter(run: Run, steps: int = 4, epochs: int = 2, patience: int | None = None) -> RunReporter:
    reporter = RunReporter(run, Checkpoints(run), steps, 40, epochs, patience)
    reporter.set_model(small_model())
    return reporter


def test_an_epoch_is_reported_with_its_metrics(run):
    callback = reporter(run)
    callback.on_epoch_begin(0)
    callback.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.25, "learning_rate": 0.1})
    (epoch,) = run.epochs()
    assert (epoch["epoch"], epoch["loss"], epoch["val_loss"]) == (1, 0.5, 0.25)
    assert epoch["learning_rate"] == pytest.approx(0.1)
    assert epoch["seconds"] >= 0


def test_the_first_and_last_batch_and_about_one_per_second_are_reported(run, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: clock[0])
    callback = reporter(run, steps=100)
    callback.on_epoch_begin(0)
    for batch in range(100):
        clock[0] += 0.1
        callback.on_train_batch_end(batch, {"loss": 0.5})
    steps = [event["step"] for event in run.events()]
    assert steps[0] == 1
    assert steps[-1] == 100
    assert 9 <= len(steps) <= 13  # about one a second
    assert run.progress.step == 100
    assert run.progress.films_per_second == pytest.approx(4.0)  # 40 films in 10 seconds
    assert run.progress.seconds_left == pytest.approx(10, abs=0.2)  # the other epoch


def test_a_requested_stop_ends_the_training_at_the_next_event(run):
    callback = reporter(run)
    callback.on_epoch_begin(0)
    callback.on_train_batch_end(0, {"loss": 0.5})
    run.stop_file.touch()
    with pytest.raises(StopRequested):
        callback.on_train_batch_end(3, {"loss": 0.5})  # the last batch always writes an event


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_an_undefined_loss_ends_the_run_with_a_remedy(run, value):
    callback = reporter(run)
    callback.on_epoch_begin(2)
    with pytest.raises(TrainingFailed, match=r"epoch 3\b.* lower learning rate"):
        callback.on_train_batch_end(0, {"loss": value})
    with pytest.raises(TrainingFailed, match=r"epoch 3\b.* lower learning rate"):
        callback.on_epoch_end(2, {"loss": 0.5, "val_loss": value})
    # without the value itself: NaN would not be JSON
    assert [(event["event"], event["epoch"]) for event in run.events()] == [("diverged", 3)] * 2


def test_a_reporting_run_is_not_stalled(run):
    callback = reporter(run)
    with hold_lock(run.lock_file):
        callback.on_epoch_begin(0)
        assert run.status() is Status.RUNNING
        assert run.progress.next_check_in > 60  # tracing in the first batch is slow and writes nothing


def test_patience_counts_the_epochs_before_an_interruption(run):
    for epoch, loss in ((1, 0.5), (2, 0.4)):
        run.append("epoch", epoch=epoch, val_loss=loss)
    callback = reporter(run, patience=2)
    for epoch, loss, has_ended in ((3, 0.45, False), (4, 0.41, True)):
        callback.model.stop_training = False
        callback.on_epoch_begin(epoch - 1)
        callback.on_epoch_end(epoch - 1, {"val_loss": loss})
        assert callback.model.stop_training == has_ended


class Batches:
    """Records which epochs were begun."""

    def __init__(self):
        self.begun = []

    def begin(self, epoch: int) -> None:
        self.begun.append(epoch)


def dropped_by(callback: EpochSeeds, epoch: int) -> np.ndarray:
    callback.on_epoch_begin(epoch)
    return np.asarray(callback.model(np.ones((1, 400), np.float32), training=True)) == 0


def test_an_epochs_dropout_depends_only_on_the_seed_and_the_epoch():
    model = keras.Sequential([keras.Input((400,)), keras.layers.Dropout(0.5)])
    callback_list = []
    for seed in (1, 1, 2):
        callback = EpochSeeds(Batches(), seed)
        callback.set_model(model)
        callback_list.append(callback)
    first, again, other = callback_list
    drops = [dropped_by(first, epoch) for epoch in range(3)]
    assert first.batches.begun == [0, 1, 2]
    assert np.array_equal(dropped_by(again, 2), drops[2])
    assert not np.array_equal(drops[1], drops[2])
    assert not np.array_equal(dropped_by(other, 2), drops[2])


def scalars(folder) -> dict[str, list[tuple[int, float]]]:
    events = EventAccumulator(str(folder))
    events.Reload()
    return {
        tag: [(event.step, round(event.value, 4)) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]
    }


def test_tensorboard_reads_the_curves_under_the_names_of_keras(tmp_path):
    writer = TensorBoardWriter(tmp_path)
    writer.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.6, "learning_rate": 0.001})
    writer.on_epoch_end(1, {"loss": 0.4, "val_loss": 0.55, "learning_rate": 0.001})
    TensorBoardWriter(tmp_path).on_epoch_end(2, {"loss": 0.3, "val_loss": 0.5, "learning_rate": 0.001})  # resumed
    train, validation = scalars(tmp_path / "train"), scalars(tmp_path / "validation")
    assert train["epoch_loss"] == [(0, 0.5), (1, 0.4), (2, 0.3)]
    assert train["epoch_learning_rate"][0] == (0, 0.001)
    assert validation == {"epoch_loss": [(0, 0.6), (1, 0.55), (2, 0.5)]}


def test_a_run_without_validation_writes_an_empty_part(tmp_path):
    TensorBoardWriter(tmp_path).on_epoch_end(0, {"loss": 0.5})
    assert scalars(tmp_path / "train") == {"epoch_loss": [(0, 0.5)]}
    assert scalars(tmp_path / "validation") == {}


def test_no_logs_are_no_error(tmp_path):
    TensorBoardWriter(tmp_path).on_epoch_end(0)
    assert scalars(tmp_path / "train") == {}


@pytest.mark.parametrize(("first", "started", "joined"), [(2, 0, 1), (2, 1, 1), (2, 4, 4), (1, 0, 0)])
def test_a_teacher_predicts_once_before_the_first_epoch_that_needs_it(first, started, joined):
    """``started`` is the first epoch of this session, counted from 0: later than the teacher's in a resumed run."""
    batches, predicted = Mock(), []
    callback = TeacherJoins(batches, first, lambda: predicted.append(epoch) or np.ones((3, 25), np.float32))
    for epoch in range(started, 6):
        callback.on_epoch_begin(epoch)
    assert predicted == [joined]
    assert batches.mix_in.call_args.args[0].shape == (3, 25)
