"""Training: the process that trains a run, its input pipeline, callbacks and checkpoints, and promoting runs."""
