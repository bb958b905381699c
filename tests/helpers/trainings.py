"""What tests of trainings share: a model that costs nothing, and waiting for trainers in processes of their own."""

import time

import keras

from genreclf.runs.folder import Run

PATIENCE = 240.0  # seconds; a machine that does other work takes long to import TensorFlow
FOR_EVER = {"epochs": 1000, "batch_size": 16, "augment": False, "patience": 1000, "schedule": "constant"}


def wait_for(condition, run: Run) -> None:
    """Wait until a condition holds; what the trainer printed is told where it never does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        log = run.log_file.read_text() if run.log_file.exists() else "no log"
        assert time.monotonic() < deadline, f"{run.id} is {run.status()}: {log}"
        time.sleep(0.02)


def small_model(seed: int = 0) -> keras.Model:
    """Three numbers to two, compiled, its optimiser built."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(keras.optimizers.Adam(0.1), "mse")
    model.optimizer.build(model.trainable_variables)
    return model
