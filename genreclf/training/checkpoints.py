"""Checkpoints of a run after every epoch, written in an order that survives a ``kill -9`` at any moment.

An epoch is finished once its state is in ``backup/``, put there in one atomic step, with the metrics of all epochs so
far beside it. Its line in ``metrics.jsonl`` and the best weights follow; if the trainer is killed in between,
``restore`` completes them. Keras's ``BackupAndRestore`` and ``ModelCheckpoint`` write in place, and forget which epoch
was the best.
"""

import errno
import os
import re
import shutil
from pathlib import Path
from typing import Any

import keras

from genreclf.errors import UserError
from genreclf.files import read_json, write_json
from genreclf.runs.folder import RESERVE_BYTES, Run
from genreclf.weights.storage import average_weights, load_weights

Metrics = dict[str, Any]


class Checkpoints:
    """Stores the state after the last finished epoch of a run, and the weights of the best one, in its folder.

    The best weights are averaged with the initial ones if the recipe says so (``initial_share``).
    """

    def __init__(self, run: Run):
        self.run = run
        self._initial_share = run.config.recipe.initial_share
        self.folder = run.backup_dir
        self._epochs = [_metrics_of(event) for event in run.epochs()]

    def commit(self, model: keras.Model, metrics: Metrics) -> None:
        """Store a finished epoch: weights, optimiser and metrics, and if it is the best, its weights once more.

        The metrics include ``epoch``, counted from 1, and ``val_loss``.

        Raises:
            OSError: no space is left, or the folder is missing; earlier checkpoints remain.
        """
        self.folder.mkdir(exist_ok=True)
        epoch = metrics["epoch"]
        self._epochs.append(metrics)
        write_json(self._metrics_file(epoch), self._epochs)
        unfinished = self.folder / "unfinished.weights.h5"
        try:
            model.save_weights(unfinished, overwrite=True)
        except (OSError, RuntimeError) as error:  # HDF5 raises a RuntimeError if a write fails
            is_full = shutil.disk_usage(self.folder).free < RESERVE_BYTES
            unfinished.unlink(missing_ok=True)  # other runs may need its space
            if isinstance(error, OSError):
                raise
            raise OSError(errno.ENOSPC if is_full else errno.EIO, str(error), str(unfinished)) from error
        os.replace(unfinished, self._state_file(epoch))
        self.run.append("epoch", **metrics)
        self._keep_best(epoch)
        for older in self._stored_epochs()[:-1]:
            self._state_file(older).unlink()
            self._metrics_file(older).unlink(missing_ok=True)

    def start(self, model: keras.Model) -> None:
        """Store the initial weights of a new run, if they are needed later."""
        if self._initial_share:
            self.folder.mkdir(exist_ok=True)
            model.save_weights(self._initial_file, overwrite=True)

    def restore(self, model: keras.Model) -> int:
        """Restore a model with a built optimiser to the last finished epoch; return the number of finished epochs.

        Without a checkpoint the run starts again, and its old metrics move to ``metrics.1.jsonl``.

        Raises:
            UserError: the checkpoint is damaged, or the best weights are missing.
        """
        known = self._epochs
        done, self._epochs = self._load(model)
        if known != self._epochs[: len(known)]:
            self._set_aside()
            known = []
        for metrics in self._epochs[len(known) :]:
            self.run.append("epoch", **metrics)
        if done:
            self._keep_best(done)
            if not self.run.best_weights_file.is_file():
                raise UserError(f"Run {self.run.id} has lost its best weights; start a new run with its settings.")
        return done

    def _load(self, model: keras.Model) -> tuple[int, list[Metrics]]:
        """Load the last state; return its epoch, 0 if there is none, and the metrics up to it."""
        for epoch in reversed(self._stored_epochs()):
            epochs = read_json(self._metrics_file(epoch))
            if not isinstance(epochs, list) or len(epochs) != epoch:
                continue
            try:
                load_weights(model, self._state_file(epoch))
            except (OSError, ValueError, KeyError) as error:
                raise UserError(
                    f"The state of run {self.run.id} after epoch {epoch} is damaged ({str(error).splitlines()[0]}); "
                    f"delete {self.folder} to start again."
                ) from error
            return epoch, epochs
        return 0, []

    def _keep_best(self, epoch: int) -> None:
        """If an epoch is the best one, replace the best weights by its state in one atomic step."""
        best = self.run.best_epoch()
        if best is None or best["epoch"] != epoch:
            return
        if self._initial_share and not self._initial_file.is_file():
            raise UserError(f"Run {self.run.id} has lost its initial weights; start a new run with its settings.")
        temporary = self.run.folder / ".best.weights.h5"
        try:
            shutil.copyfile(self._state_file(epoch), temporary)
            if self._initial_share:
                average_weights(temporary, self._initial_file, self._initial_share)
            self.run.card_file.unlink(missing_ok=True)  # it describes earlier best weights
            os.replace(temporary, self.run.best_weights_file)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise

    @property
    def _initial_file(self) -> Path:
        return self.folder / "initial.weights.h5"

    def _set_aside(self) -> None:
        number = 1
        while (older := self.run.folder / f"metrics.{number}.jsonl").exists():
            number += 1
        starts = [event for event in self.run.events() if event.get("event") == "start"]
        os.replace(self.run.metrics_file, older)
        if starts:
            self.run.append("start", **_metrics_of(starts[-1]))  # of this session, which continues
        print(f"Earlier epochs cannot be resumed; their metrics are in {older.name}.", flush=True)

    def _stored_epochs(self) -> list[int]:
        names = [re.fullmatch(r"epoch-(\d{1,9})\.weights\.h5", file.name) for file in self.folder.glob("epoch-*.h5")]
        return sorted(int(name[1]) for name in names if name)

    def _state_file(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch:04}.weights.h5"

    def _metrics_file(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch:04}.json"


def _metrics_of(event: dict[str, Any]) -> Metrics:
    return {name: value for name, value in event.items() if name not in ("event", "time")}
