"""Keras callbacks that write a run's folder: live metrics, checkpoints, TensorBoard; graceful and early stopping."""

import math
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from genreclf.runs.folder import CHECK_IN_SECONDS, Run, StopRequested, TrainingFailed
from genreclf.training.checkpoints import Checkpoints
from genreclf.training.pipeline import TrainingBatches

BATCH_EVENT_SECONDS = 1.0  # reading metrics waits for the device, so not more often


def out_of_patience(run: Run, epoch: int, patience: int | None) -> bool:
    """Whether an epoch, counted from 1, is ``patience`` or more epochs after the run's best one.

    The epochs are read from disk, so those before an interruption count; Keras's ``EarlyStopping`` would start again.
    """
    best = run.best_epoch()
    return patience is not None and best is not None and epoch - best["epoch"] >= patience


class EpochSeeds(keras.callbacks.Callback):
    """Seeds order, augmentation and dropout of every epoch, independently of the epochs before.

    An interrupted run therefore continues as if it had not been interrupted, although files of weights lack the states
    of Keras's random generators.
    """

    def __init__(self, batches: TrainingBatches, seed: int):
        super().__init__()
        self.batches, self.seed = batches, seed

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.batches.begin(epoch)
        states = (variable for variable in self.model.variables if variable.path.endswith("seed_generator_state"))
        for index, state in enumerate(states):
            state.assign(np.random.default_rng([self.seed, epoch, index]).integers(0, 2**31, 2))


class TeacherJoins(keras.callbacks.Callback):
    """Mixes a teacher's soft targets into the batches from its first epoch on.

    Args:
        first_epoch: counted from 1.
        predict: returns the soft targets of all films, float32 ``(n, 25)``; called once, before the first epoch that
            needs them, so that the batches before do not wait.
    """

    def __init__(self, batches: TrainingBatches, first_epoch: int, predict: Callable[[], np.ndarray]):
        super().__init__()
        self.batches, self.first_epoch, self.predict = batches, first_epoch, predict
        self._has_joined = False

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if not self._has_joined and epoch + 1 >= self.first_epoch:
            self.batches.mix_in(self.predict())
            self._has_joined = True


class RunReporter(keras.callbacks.Callback):
    """Writes ``metrics.jsonl`` and ``progress.json``, saves a checkpoint per epoch, and stops on request.

    Args:
        steps: batches per epoch.
        films: films per epoch.
        patience: epochs without a lower validation loss that end the training; None for no early stopping.

    Raises (from ``fit``):
        StopRequested: a stop was requested.
        TrainingFailed: the loss is not a finite number.
    """

    def __init__(
        self, run: Run, checkpoints: Checkpoints, steps: int, films: int, epochs: int, patience: int | None = None
    ):
        super().__init__()
        self.run, self.checkpoints = run, checkpoints
        self.steps, self.films, self.epochs, self.patience = steps, films, epochs, patience
        self._epoch = 0
        self._last_event = 0.0
        self._last_epoch_seconds: float | None = None

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._epoch = epoch
        self._epoch_began = time.monotonic()
        self._check_in(step=0)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        now, step = time.monotonic(), batch + 1
        if now - self._last_event < BATCH_EVENT_SECONDS and step < self.steps:
            return
        self._last_event = now
        metrics = {name: round(float(value), 5) for name, value in (logs or {}).items()}
        self._check_finite({"loss": metrics.get("loss", 0.0)})
        self.run.append("batch", epoch=self._epoch + 1, step=step, steps=self.steps, **metrics)
        self._check_in(step)
        if self.run.stop_file.exists():
            raise StopRequested

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        seconds = self._last_epoch_seconds = time.monotonic() - self._epoch_began
        metrics = {name: round(float(value), 6) for name, value in (logs or {}).items() if name != "learning_rate"}
        self._check_finite(metrics)
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        metrics = {"epoch": epoch + 1, **metrics, "learning_rate": rate, "seconds": round(seconds, 2)}
        self.checkpoints.commit(self.model, metrics)
        if out_of_patience(self.run, epoch + 1, self.patience):
            self.model.stop_training = True

    def _check_finite(self, metrics: dict[str, float]) -> None:
        if not all(math.isfinite(value) for value in metrics.values()):
            self.run.append("diverged", epoch=self._epoch + 1)
            raise TrainingFailed(
                f"The loss became infinite or undefined (NaN) in epoch {self._epoch + 1}; try a lower learning rate."
            )

    def _check_in(self, step: int) -> None:
        elapsed = time.monotonic() - self._epoch_began
        rate = step * self.films / self.steps / elapsed if step and elapsed > 0 else None
        epoch_seconds, seconds_left = self._last_epoch_seconds, None
        if epoch_seconds is None and step:
            epoch_seconds = elapsed * self.steps / step
        if epoch_seconds is not None:
            seconds_left = round(epoch_seconds * (self.epochs - self._epoch - 1) + max(0.0, epoch_seconds - elapsed), 1)
        self.run.check_in(
            "training",
            # nothing is written during validation and the first batch, in which the model is traced
            next_check_in=CHECK_IN_SECONDS + 2 * (epoch_seconds or 60.0),
            epoch=self._epoch + 1, epochs=self.epochs, step=step, steps=self.steps,
            films_per_second=round(rate, 1) if rate else None, seconds_left=seconds_left,
        )  # fmt: skip


class TensorBoardWriter(keras.callbacks.Callback):
    """Writes the metrics of every epoch under Keras's names (``epoch_loss``) into ``train/`` and ``validation/``.

    ``tensorboard --logdir RUN/tensorboard`` draws them. Keras's own callback needs TensorFlow, whatever the backend.
    """

    def __init__(self, folder: Path):
        super().__init__()
        self.folder = folder

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        parts: dict[str, list[Summary.Value]] = {"train": [], "validation": []}
        for name, value in (logs or {}).items():
            part = "validation" if name.startswith("val_") else "train"
            tag = f"epoch_{name.removeprefix('val_')}"
            parts[part].append(Summary.Value(tag=tag, simple_value=float(value)))
        for part, values in parts.items():
            self._write(part, Event(wall_time=time.time(), step=epoch, summary=Summary(value=values)))

    def _write(self, part: str, event: Event) -> None:
        folder = self.folder / part
        for parent in (self.folder, folder):  # not its parents: the folder of a deleted run must not reappear
            parent.mkdir(exist_ok=True)
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}"
        file = next(folder.glob(f"*.{os.getpid()}"), folder / name)
        with file.open("ab") as stream:  # opened for each epoch, so that a killed trainer leaves nothing unwritten
            writer = RecordWriter(stream)
            if not stream.tell():
                writer.write(Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString())
            writer.write(event.SerializeToString())
