"""Keras callbacks that keep the run folder: live figures, a graceful stop, the best weights."""

import math
import os
import time
from pathlib import Path

import keras

from genreclf.training.runs import CHECK_IN_SECONDS, Run, StopRequested, TrainingFailed

BATCH_EVENT_SECONDS = 1.0  # turning tensors into numbers waits for the device: not oftener than this


class RunReporter(keras.callbacks.Callback):
    """Writes ``metrics.jsonl`` and ``progress.json``, and honours ``stop``.

    Args:
        run: the folder.
        steps: batches an epoch.
        films: films an epoch, for films a second.
        epochs: planned in all.

    Raises (out of ``fit``):
        StopRequested: a stop was asked for.
        TrainingFailed: the loss is no longer a number.
    """

    def __init__(self, run: Run, steps: int, films: int, epochs: int):
        super().__init__()
        self.run, self.steps, self.films, self.epochs = run, steps, films, epochs
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
        self.run.append("epoch", epoch=epoch + 1, **figures, learning_rate=rate, seconds=round(seconds, 2))

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


class BestWeights(keras.callbacks.Callback):
    """Keeps the weights of the epoch with the lowest validation loss, replacing the file in one step.

    Keras's own ``ModelCheckpoint`` writes in place, and a trainer killed meanwhile would lose the best weights.
    """

    def __init__(self, run: Run, best: float | None):
        super().__init__()
        self.run = run
        self.best = math.inf if best is None else best

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        loss = float((logs or {}).get("val_loss", math.inf))
        if loss < self.best:
            temporary = self.run.folder / ".best.weights.h5"
            self.model.save_weights(temporary, overwrite=True)
            os.replace(temporary, self.run.best_weights_file)
            self.best = loss


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


class Backup(keras.callbacks.Callback):
    """Keeps the state after the last finished epoch, weights and optimiser, to go on from. Stands last.

    The file appears in one step with the epoch in its name, and stays until the run has its card. Keras's own
    ``BackupAndRestore`` writes in place, and forgets everything when ``fit`` ends, before the weights are measured.
    """

    def __init__(self, folder: Path):
        super().__init__()
        self.folder = folder

    def restore(self, model: keras.Model) -> int:
        """Bring a compiled model to where it was; returns the epochs it has behind it."""
        states = self._states()
        if not states:
            return 0
        model.optimizer.build(model.trainable_variables)
        model.load_weights(states[-1])
        return int(states[-1].name.split(".")[0].removeprefix("epoch-"))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.folder.mkdir(exist_ok=True)
        temporary = self.folder / "unfinished.weights.h5"
        self.model.save_weights(temporary, overwrite=True)
        os.replace(temporary, self.folder / f"epoch-{epoch + 1:04}.weights.h5")
        for older in self._states()[:-1]:
            older.unlink()

    def _states(self) -> list[Path]:
        return sorted(self.folder.glob("epoch-*.weights.h5"))
