"""Keras callbacks that keep the run folder: live figures, a graceful stop, an end in time."""

import math
import time

import keras
import numpy as np

from genreclf.runs.folder import CHECK_IN_SECONDS, Run, StopRequested, TrainingFailed
from genreclf.training.checkpoints import Checkpoints
from genreclf.training.pipeline import TrainingBatches

BATCH_EVENT_SECONDS = 1.0  # turning tensors into numbers waits for the device: not oftener than this


class EpochSeeds(keras.callbacks.Callback):
    """Gives every epoch its own order, augmentation and dropout, whatever came before it.

    So a run that was interrupted goes on as if it had not been. Keras keeps the states of its random generators in no
    weights file.

    Args:
        batches: what the model is trained on.
        seed: the run's.
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
    """Writes ``metrics.jsonl`` and ``progress.json``, keeps every finished epoch, and honours ``stop``.

    Args:
        run: the folder.
        checkpoints: where finished epochs are kept.
        steps: batches an epoch.
        films: films an epoch, for films a second.
        epochs: planned in all.

    Raises (out of ``fit``):
        StopRequested: a stop was asked for.
        TrainingFailed: the loss is no longer a number.
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
        figures = {name: round(float(value), 5) for name, value in (logs or {}).items()}
        if not math.isfinite(figures.get("loss", 0.0)):
            raise TrainingFailed(
                f"The loss stopped being a number in epoch {self._epoch + 1}; try a lower learning rate."
            )
        self.run.append("batch", epoch=self._epoch + 1, step=step, steps=self.steps, **figures)
        self._check_in(step)
        if self.run.stop_file.exists():
            raise StopRequested

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        seconds = time.monotonic() - self._epoch_began
        self._epoch_seconds.append(seconds)
        figures = {name: round(float(value), 6) for name, value in (logs or {}).items() if name != "learning_rate"}
        if not all(math.isfinite(value) for value in figures.values()):
            raise TrainingFailed(f"The loss stopped being a number in epoch {epoch + 1}; try a lower learning rate.")
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        figures = {"epoch": epoch + 1, **figures, "learning_rate": rate, "seconds": round(seconds, 2)}
        self.checkpoints.commit(self.model, figures)

    def _check_in(self, step: int) -> None:
        spent = time.monotonic() - self._epoch_began
        speed = step * self.films / self.steps / spent if step and spent > 0 else None
        whole = self._epoch_seconds[-1] if self._epoch_seconds else (spent * self.steps / step if step else None)
        left = None
        if whole is not None:
            left = round(whole * (self.epochs - self._epoch - 1) + max(0.0, whole - spent), 1)
        self.run.check_in(
            "training",
            # validation and the first batch (tracing) are silent; allow for the slowest seen
            next_check_in=CHECK_IN_SECONDS + 2 * (whole or 60.0),
            epoch=self._epoch + 1,
            epochs=self.epochs,
            step=step,
            steps=self.steps,
            films_per_second=round(speed, 1) if speed else None,
            seconds_left=left,
        )


class EarlyStop(keras.callbacks.Callback):
    """Ends the training after ``patience`` epochs without a better validation loss.

    It looks at the run's epochs on disk, so that a resumed run counts those before the interruption too; Keras's own
    ``EarlyStopping`` starts anew. Stands after ``RunReporter``.
    """

    def __init__(self, run: Run, patience: int):
        super().__init__()
        self.run, self.patience = run, patience

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        best = self.run.best_epoch()
        if best and epoch + 1 - best["epoch"] >= self.patience:
            self.model.stop_training = True
