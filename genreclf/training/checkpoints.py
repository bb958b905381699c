"""What a run keeps after every epoch, in an order that survives a ``kill -9`` at any moment.

An epoch counts from the moment its state appears under ``backup/``, in one step and with the figures of all epochs so
far beside it. Its line in ``metrics.jsonl`` and the best weights follow; where the trainer was killed in between,
``restore`` makes up for it. Keras's own ``BackupAndRestore`` and ``ModelCheckpoint`` write in place, and forget which
epoch was the best.
"""

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import keras

from genreclf.errors import UserError
from genreclf.files import read_json, write_json
from genreclf.runs.folder import RESERVE_BYTES, Run

Figures = dict[str, Any]


class Checkpoints:
    """The state after the last finished epoch, and the weights of the best one.

    Args:
        run: the folder they are kept in.
    """

    def __init__(self, run: Run):
        self.run = run
        self.folder = run.backup_dir
        self._epochs = [_figures_of(event) for event in run.epochs()]

    def commit(self, model: keras.Model, figures: Figures) -> None:
        """Keep a finished epoch: weights and optimiser, its figures, and its weights once more if it is the best.

        Args:
            model: as it is after the epoch.
            figures: of the epoch; ``epoch``, counted from 1, and ``val_loss`` among them.

        Raises:
            OSError: no space is left, or the folder is gone; what was kept before stays.
        """
        self.folder.mkdir(exist_ok=True)
        epoch = figures["epoch"]
        self._epochs.append(figures)
        write_json(self._figures_file(epoch), self._epochs)
        unfinished = self.folder / "unfinished.weights.h5"
        try:
            model.save_weights(unfinished, overwrite=True)
        except (OSError, RuntimeError) as error:  # the second is HDF5's way of saying that a write failed
            full = shutil.disk_usage(self.folder).free < RESERVE_BYTES
            unfinished.unlink(missing_ok=True)  # other runs may need the space
            if isinstance(error, OSError):
                raise
            raise OSError(errno.ENOSPC if full else errno.EIO, str(error), str(unfinished)) from error
        os.replace(unfinished, self._state_file(epoch))
        self.run.append("epoch", **figures)
        self._keep_best(epoch)
        for older in self._epochs_kept()[:-1]:
            self._state_file(older).unlink()
            self._figures_file(older).unlink(missing_ok=True)

    def restore(self, model: keras.Model) -> int:
        """Bring a compiled model to where the run was interrupted; returns the epochs it has behind it.

        Where the states are gone, the run begins anew, and its old figures move to ``metrics.1.jsonl``.

        Raises:
            UserError: the best weights are gone.
        """
        known = [_figures_of(event) for event in self.run.epochs()]
        done, self._epochs = self._load(model)
        if known != self._epochs[: len(known)]:
            self._set_aside()
            known = []
        for figures in self._epochs[len(known) :]:
            self.run.append("epoch", **figures)
        if done:
            self._keep_best(done)
            if not self.run.best_weights_file.is_file():
                raise UserError(f"Run {self.run.id} has lost its best weights; start a new run with its settings.")
        return done

    def _load(self, model: keras.Model) -> tuple[int, list[Figures]]:
        """Load the newest state that can be read; its epoch, 0 for none, and the figures up to it."""
        for epoch in reversed(self._epochs_kept()):
            epochs = read_json(self._figures_file(epoch))
            if not isinstance(epochs, list) or len(epochs) != epoch:
                continue
            try:
                model.optimizer.build(model.trainable_variables)
                model.load_weights(self._state_file(epoch))
            except (OSError, ValueError, KeyError) as error:
                raise UserError(
                    f"The state of run {self.run.id} after epoch {epoch} is damaged ({str(error).splitlines()[0]}); "
                    f"delete {self.folder} to begin anew."
                ) from error
            return epoch, epochs
        return 0, []

    def _keep_best(self, epoch: int) -> None:
        """Copy the state of an epoch, if it is the best one, to the best weights, replacing them in one step."""
        best = self.run.best_epoch()
        if best is not None and best["epoch"] == epoch:
            temporary = self.run.folder / ".best.weights.h5"
            try:
                shutil.copyfile(self._state_file(epoch), temporary)
                self.run.card_file.unlink(missing_ok=True)  # of an earlier session's best
                os.replace(temporary, self.run.best_weights_file)
            except OSError:
                temporary.unlink(missing_ok=True)
                raise

    def _set_aside(self) -> None:
        number = 1
        while (older := self.run.folder / f"metrics.{number}.jsonl").exists():
            number += 1
        starts = [event for event in self.run.events() if event.get("event") == "start"]
        os.replace(self.run.metrics_file, older)
        if starts:
            self.run.append("start", **_figures_of(starts[-1]))  # of this session, which goes on
        print(f"Its epochs cannot be gone on with; their figures are in {older.name}.", flush=True)

    def _epochs_kept(self) -> list[int]:
        return sorted(int(file.name.split(".")[0].removeprefix("epoch-")) for file in self.folder.glob("epoch-*.h5"))

    def _state_file(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch:04}.weights.h5"

    def _figures_file(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch:04}.json"


def _figures_of(event: dict[str, Any]) -> Figures:
    return {name: value for name, value in event.items() if name not in ("event", "time")}
