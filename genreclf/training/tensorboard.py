"""Curves of a run for TensorBoard: ``tensorboard --logdir RUN/tensorboard``.

Keras's own callback needs TensorFlow with any backend; TensorBoard's file format does not.
"""

import os
import socket
import time
from pathlib import Path

import keras
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter


class TensorBoardWriter(keras.callbacks.Callback):
    """Writes the metrics of every epoch under Keras's names (``epoch_loss``) into ``train/`` and ``validation/``.

    Args:
        folder: created if missing; a resumed run adds files to it.
    """

    def __init__(self, folder: Path):
        super().__init__()
        self.folder = folder

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        metrics = {name: float(value) for name, value in (logs or {}).items()}
        validation = {name[4:]: value for name, value in metrics.items() if name.startswith("val_")}
        self._write("train", epoch, {name: value for name, value in metrics.items() if not name.startswith("val_")})
        self._write("validation", epoch, validation)

    def _write(self, part: str, epoch: int, metrics: dict[str, float]) -> None:
        folder = self.folder / part
        for part_of_run in (self.folder, folder):  # no parents: a run that was deleted must not reappear
            part_of_run.mkdir(exist_ok=True)
        # opened for each epoch, so that nothing is left in a buffer when the trainer is killed
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}"
        files = sorted(folder.glob(f"*.{os.getpid()}")) or [folder / name]
        with files[0].open("ab") as stream:
            writer = RecordWriter(stream)
            if not stream.tell():
                writer.write(Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString())
            values = [Summary.Value(tag=f"epoch_{key}", simple_value=value) for key, value in metrics.items()]
            event = Event(wall_time=time.time(), step=epoch, summary=Summary(value=values))
            writer.write(event.SerializeToString())
