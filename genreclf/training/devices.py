"""The device that a training will use, found without importing TensorFlow, which would take the GPU's memory."""

import ctypes.util
import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Device:
    """Where a training will run.

    Attributes:
        kind: ``"gpu"`` or ``"cpu"``.
        name: what people call it, with its memory or number of cores.
        meaning: one sentence on what to expect.
    """

    kind: str
    name: str
    meaning: str


def training_device() -> Device:
    """The first visible NVIDIA GPU; without one, or without TensorFlow's CUDA libraries, the CPU."""
    gpu = _first_gpu()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cpu = f"CPU, {cores} core{'s' * (cores != 1)}"
    if gpu is None:
        meaning = "On the embedded sample an epoch takes seconds; on the full set 10 to 40 seconds with two cores."
        return Device("cpu", cpu, meaning)
    if not _has_cuda_libraries():
        remedy = 'install them with: pip install "tensorflow[and-cuda]"'
        return Device("cpu", cpu, f"{gpu} is there, but TensorFlow lacks its CUDA libraries; {remedy}.")
    return Device("gpu", gpu, "An epoch of the full set takes a few seconds; the first batch takes longer.")


def _first_gpu() -> str | None:
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None and visible.split(",")[0].strip() in ("", "-1", "none", "NoDevFiles"):
        return None
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    command = [program, "--query-gpu=index,uuid,name,memory.total", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    gpus = [[part.strip() for part in line.split(",")] for line in answer.splitlines() if line.count(",") == 3]
    if visible is not None:
        wanted = visible.split(",")[0].strip()
        gpus = [gpu for gpu in gpus if gpu[0] == wanted or gpu[1].startswith(wanted)]
    if not gpus:
        return None
    _, _, name, mebibytes = gpus[0]
    return f"{name}, {int(mebibytes) / 1024:.0f} GiB" if mebibytes.isdigit() else name


def _has_cuda_libraries() -> bool:
    """Whether TensorFlow would find cuDNN: from its own extra packages, or installed for the whole machine."""
    try:
        if importlib.util.find_spec("nvidia.cudnn") is not None:
            return True
    except ModuleNotFoundError:
        pass
    folders = filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep))
    listed = (name for folder in folders if os.path.isdir(folder) for name in os.listdir(folder))
    return ctypes.util.find_library("cudnn") is not None or any(name.startswith("libcudnn.so") for name in listed)
