"""Waiting for trainings that run in processes of their own."""

import time

from genreclf.training.runs import Run

PATIENCE = 240.0  # seconds; a machine that does other work takes long to import TensorFlow
FOR_EVER = {"epochs": 1000, "batch_size": 16, "augment": False, "patience": 1000, "schedule": "constant"}


def wait_for(condition, run: Run) -> None:
    """Wait until a condition holds; what the trainer printed is told where it never does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        log = run.log_file.read_text() if run.log_file.exists() else "no log"
        assert time.monotonic() < deadline, f"{run.id} is {run.status()}: {log}"
        time.sleep(0.02)
