"""What a trainer asks of Keras's backend: TensorFlow, or JAX where ``KERAS_BACKEND=jax``, then without TensorFlow."""

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
    """The backend that Keras uses, or will use once it is imported."""
    return os.environ.get("KERAS_BACKEND", "tensorflow")


def prepare_for_training(catalogue: Catalogue, spec: ModelSpec, on_progress: Callable[[int, int], None]) -> Prepared:
    """What a model takes of a catalogue; where posters are missing and the backend is JAX, a process decodes them.

    Decoding is TensorFlow's, and a trainer on JAX does without it: the two would share a GPU badly.

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
    """Start everything random from a seed: initial weights, dropout."""
    import keras

    if name() == "tensorflow":
        keras.utils.set_random_seed(seed)
    else:  # that function would import TensorFlow; Keras draws its own seeds from these
        random.seed(seed)
        np.random.seed(seed)


def grow_gpu_memory() -> None:
    """Let TensorFlow take a GPU's memory as it needs it, not all of it at the start.

    JAX is told so by its environment, when the trainer is launched.
    """
    if name() != "tensorflow":
        return
    import tensorflow as tf

    for gpu in tf.config.list_physical_devices("GPU"):
        with suppress(RuntimeError):  # in use already: a second training in this process
            tf.config.experimental.set_memory_growth(gpu, True)


def hide_gpu() -> None:
    """Keep this process off the GPU, which is the trainer's: the app predicts in milliseconds without it."""
    if name() == "tensorflow":
        import tensorflow as tf

        with suppress(RuntimeError):  # in use already, so this was said before
            tf.config.set_visible_devices([], "GPU")
    elif name() == "jax":
        import jax

        jax.config.update("jax_platforms", "cpu")  # not by the environment, which trainers inherit


def device_name() -> str:
    """What this process trains on, in the words of ``training_device``."""
    if not _sees_gpu():
        return cpu_name()
    device = training_device()
    return device.name if device.kind == "gpu" else "GPU"  # one that nvidia-smi does not tell of


def versions() -> dict[str, str]:
    """Versions of what shaped the weights."""
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
