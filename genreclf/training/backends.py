"""Everything that depends on Keras's backend: TensorFlow, or JAX (``KERAS_BACKEND=jax``), which needs no TensorFlow."""

import importlib.metadata
import os
import platform
import random
from contextlib import suppress

import numpy as np

import genreclf
from genreclf.runs.devices import cpu_name, training_device


def name() -> str:
    """The backend that Keras uses, or will use once imported."""
    return os.environ.get("KERAS_BACKEND", "tensorflow")


def seed_all(seed: int) -> None:
    """Seed initial weights and dropout."""
    import keras

    if name() == "tensorflow":
        keras.utils.set_random_seed(seed)
    else:  # the Keras function would import TensorFlow; Keras draws its own seeds from these
        random.seed(seed)
        np.random.seed(seed)


def grow_gpu_memory() -> None:
    """Let TensorFlow allocate a GPU's memory as needed; for JAX ``genreclf.runs.queue.launch`` sets a variable."""
    if name() == "tensorflow":
        import tensorflow as tf

        for gpu in tf.config.list_physical_devices("GPU"):
            with suppress(RuntimeError):  # already in use: a second training in this process
                tf.config.experimental.set_memory_growth(gpu, True)


def jit_compile() -> bool | str:
    """Keras's ``jit_compile``: its own choice, but not XLA in TensorFlow on a processor.

    There it takes ten seconds to compile the CNN, and its convolutions are slower than oneDNN's.
    """
    return False if name() == "tensorflow" and not _sees_gpu() else "auto"


def device_name() -> str:
    """The name of the device that this process trains on, as in ``training_device``."""
    if not _sees_gpu():
        return cpu_name()
    device = training_device()
    return device.name if device.kind == "gpu" else "GPU"  # a GPU that NVIDIA's library does not list


def versions() -> dict[str, str]:
    """The versions of the packages that training depends on, by name."""
    installed = {"genreclf": genreclf.__version__, "python": platform.python_version()}
    for package in ("tensorflow", "jax", "keras", "onnxruntime", "numpy", "scikit-learn"):
        with suppress(importlib.metadata.PackageNotFoundError):
            installed[package] = importlib.metadata.version(package)
    return installed


def _sees_gpu() -> bool:
    if name() == "tensorflow":
        import tensorflow as tf

        return bool(tf.config.list_physical_devices("GPU"))
    import jax

    return jax.default_backend() == "gpu"
