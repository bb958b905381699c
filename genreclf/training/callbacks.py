"""Keras callbacks that write a run's folder: live metrics, checkpoints, graceful and early stopping."""

import math
import time

import keras
import numpy as np

from genreclf.runs.folder import CHECK_IN_SECONDS, Run, StopRequested, TrainingFailed
from genreclf.training.checkpoints import Checkpoints
from genreclf.training.pipeline import TrainingBatches

BATCH_EVENT_SECONDS = 1.0  # reading metrics waits for the device, so not more often


class EpochSeeds(keras.callbacks.Callback):
    """Seeds order, augmentation and dropout anew in every epoch, independent of the epochs before.

    So an interrupted run continues as if it had not been: weights files lack the states of Keras's random generators.

    Args:
        batches: the training batches.
        seed: the run's seed.
    """

    def __init__(self, batches: TrainingBatches, seed: int):
        super().__init__()
        self.batches, self.seed = batches, seed

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.batches.begin(epoch)
        states = (variable for variable in self.model.variables if variable.path.endswith("seed_generator_state"))
        for index, state in enumerate(states):
            state.assign(np.random.default_rng([self.seed, epoch, index]).integers(0, 2**31, 2))


class RunReporter(keras.callbacks.Callback):
    """Writes ``metrics.jsonl`` and ``progress.json``, saves a checkpoint per epoch, and stops on request.

    Args:
        run: the run's folder.
        checkpoints: saves finished epochs.
        steps: batches per epoch.
        films: films per epoch.
        epochs: planned in all.

    Raises (out of ``fit``):
        StopRequested: a stop was requested.
        TrainingFailed: the loss is not a finite number.
    """

    def __init__(self, run: Run, checkpoints: Checkpoints, steps: int, films: int, epochs: int):
        super().__init__()
        self.run, self.checkpoints = run, checkpoints
        self.steps, self.films, self.epochs = steps, films, epochs
        self._epoch = 0
        self._last_event = 0.0
        self._epoch_seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._epoch = epoch
        self._epoch_began = time.monotonic()
        self._check_in(step=0)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        now = time.monotonic()
        step = batch + 1
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
        seconds = time.monotonic() - self._epoch_began
        self._epoch_seconds.append(seconds)
        metrics = {name: round(float(value), 6) for name, value in (logs or {}).items() if name != "learning_rate"}
        self._check_finite(metrics)
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        metrics = {"epoch": epoch + 1, **metrics, "learning_rate": rate, "seconds": round(seconds, 2)}
        self.checkpoints.commit(self.model, metrics)

    def _check_finite(self, metrics: dict[str, float]) -> None:
        if not all(math.isfinite(value) for value in metrics.values()):
            raise TrainingFailed(
                f"The loss became infinite or undefined (NaN) in epoch {self._epoch + 1}; try a lower learning rate."
            )

    def _check_in(self, step: int) -> None:
        elapsed = time.monotonic() - self._epoch_began
        rate = step * self.films / self.steps / elapsed if step and elapsed > 0 else None
        epoch_seconds = (
            self._epoch_seconds[-1] if self._epoch_seconds else (elapsed * self.steps / step if step else None)
        )
        seconds_left = None
        if epoch_seconds is not None:
            seconds_left = round(epoch_seconds * (self.epochs - self._epoch - 1) + max(0.0, epoch_seconds - elapsed), 1)
        self.run.check_in(
            "training",
            # nothing is written during validation and the first batch (tracing); allow for the slowest epoch so far
            next_check_in=CHECK_IN_SECONDS + 2 * (epoch_seconds or 60.0),
            epoch=self._epoch + 1,
            epochs=self.epochs,
            step=step,
            steps=self.steps,
            films_per_second=round(rate, 1) if rate else None,
            seconds_left=seconds_left,
        )


class EarlyStop(keras.callbacks.Callback):
    """Ends the training after ``patience`` epochs without a better validation loss.

    It reads the run's epochs from disk, so that a resumed run counts those before the interruption too; Keras's
    ``EarlyStopping`` would start again. It must come after ``RunReporter``.
    """

    def __init__(self, run: Run, patience: int):
        super().__init__()
        self.run, self.patience = run, patience

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        best = self.run.best_epoch()
        if best and epoch + 1 - best["epoch"] >= self.patience:
            self.model.stop_training = True
