"""For tests of trainings: a tiny model, and waiting for trainers that run in another process."""

import time

import keras

from genreclf.runs.folder import Run

PATIENCE = 240.0  # seconds; importing TensorFlow takes long on a busy machine
ENDLESS = {"epochs": 1000, "batch_size": 16, "augment": False, "patience": 1000, "schedule": "constant"}


def wait_for(condition, run: Run) -> None:
    """Wait until a condition holds; if it never does, fail with the trainer's log."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        log = run.log_file.read_text() if run.log_file.exists() else "no log"
        assert time.monotonic() < deadline, f"{run.id} is {run.status()}: {log}"
        time.sleep(0.02)


def small_model(seed: int = 0) -> keras.Model:
    """A compiled model from three numbers to two, with its optimiser built."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(keras.optimizers.Adam(0.1), "mse")
    model.optimizer.build(model.trainable_variables)
    return model
