"""Everything that depends on Keras's backend: TensorFlow, or with ``KERAS_BACKEND=jax`` JAX, without TensorFlow."""

import importlib.metadata
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np

import genreclf
from genreclf.data.catalogue import Catalogue
from genreclf.data.prepared import Prepared, is_prepared, prepare
from genreclf.errors import UserError
from genreclf.models import ModelSpec
from genreclf.runs.devices import cpu_name, training_device

PACKAGES = ("tensorflow", "jax", "keras", "numpy", "scikit-learn")


def name() -> str:
    """The backend that Keras uses, or will use once imported."""
    return os.environ.get("KERAS_BACKEND", "tensorflow")


def prepare_for_training(catalogue: Catalogue, spec: ModelSpec, on_progress: Callable[[int, int], None]) -> Prepared:
    """Prepare a catalogue for a model (see ``genreclf.data.prepared.prepare``), on JAX in a process of its own.

    TensorFlow decodes the posters. A trainer on JAX does not import it, as two frameworks do not share a GPU well.

    Raises:
        UserError: see ``genreclf.data.prepared.prepare``; or TensorFlow is not installed.
    """
    if name() != "tensorflow" and spec.uses_poster and not is_prepared(catalogue, spec):
        size = [str(side) for side in spec.poster_size or ()]
        command = [sys.executable, "-m", "genreclf.data.prepared", str(catalogue.folder), *size]
        with tempfile.TemporaryFile("w+") as output:  # not a pipe, which could fill up
            process = subprocess.Popen(command, stdout=output, text=True)
            while process.poll() is None:
                on_progress(0, len(catalogue))
                time.sleep(1)
            output.seek(0)
            lines = output.read().strip().splitlines()
        if process.returncode:
            unknown = f"The films of {catalogue.folder} could not be prepared; see the log."
            raise UserError(lines[-1] if lines else unknown)
    return prepare(catalogue, spec, on_progress)


def seed_all(seed: int) -> None:
    """Seed initial weights and dropout."""
    import keras

    if name() == "tensorflow":
        keras.utils.set_random_seed(seed)
    else:  # the Keras function would import TensorFlow; Keras draws its own seeds from these
        random.seed(seed)
        np.random.seed(seed)


def grow_gpu_memory() -> None:
    """Let TensorFlow allocate a GPU's memory as it needs it, not all of it at the start.

    For JAX the environment says so (see ``genreclf.runs.queue.launch``).
    """
    if name() != "tensorflow":
        return
    import tensorflow as tf

    for gpu in tf.config.list_physical_devices("GPU"):
        with suppress(RuntimeError):  # already in use: a second training in this process
            tf.config.experimental.set_memory_growth(gpu, True)


def hide_gpu() -> None:
    """Keep this process off the GPU, which the trainer needs; the app predicts in milliseconds without it."""
    if name() == "tensorflow":
        import tensorflow as tf

        with suppress(RuntimeError):  # already in use, so this was called before
            tf.config.set_visible_devices([], "GPU")
    elif name() == "jax":
        import jax

        jax.config.update("jax_platforms", "cpu")  # not in the environment, which trainers inherit


def device_name() -> str:
    """The name of the device that this process trains on, as in ``training_device``."""
    if not _sees_gpu():
        return cpu_name()
    device = training_device()
    return device.name if device.kind == "gpu" else "GPU"  # one that NVIDIA's library does not list


def versions() -> dict[str, str]:
    """The versions of the packages that a training depends on, by name."""
    found = {"genreclf": genreclf.__version__, "python": platform.python_version()}
    for package in PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def _sees_gpu() -> bool:
    if name() == "tensorflow":
        import tensorflow as tf

        return bool(tf.config.list_physical_devices("GPU"))
    import jax

    return jax.default_backend() == "gpu"
