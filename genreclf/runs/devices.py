"""The device that a training will use, found without importing TensorFlow or JAX, which would take the GPU's memory."""

import ctypes.util
import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

MEMINFO = Path("/proc/meminfo")  # Linux only; elsewhere the memory stays unknown
CPUINFO = Path("/proc/cpuinfo")
BFLOAT16_CAPABILITY = 8.0  # of NVIDIA GPUs: Ampere and later
BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}  # of x86 processors
GPU_MODULES = ("jax_cuda12_plugin", "jax_cuda13_plugin")  # JAX's own; it finds cuDNN where TensorFlow does


@dataclass(frozen=True)
class Device:
    """Where a training will run.

    Attributes:
        kind: ``"gpu"`` or ``"cpu"``.
        name: what people call it, with its memory or number of cores.
        meaning: one sentence on what to expect.
        memory: GiB in all, the GPU's own or the machine's; None where it cannot be known.
        bfloat16: whether it computes in bfloat16 itself, so that mixed precision helps.
    """

    kind: str
    name: str
    meaning: str
    memory: float | None = None
    bfloat16: bool = False


@dataclass(frozen=True)
class DeviceUse:
    """How busy a device is at this moment; None is what cannot be known.

    Attributes:
        memory_used: GiB taken by all programs.
        memory: GiB in all.
        busy: share of the last second in which the GPU was at work, 0..1; None on a CPU.
    """

    memory_used: float | None
    memory: float | None
    busy: float | None = None


def training_device() -> Device:
    """The first visible NVIDIA GPU; without one, or without the backend's CUDA libraries, the CPU."""
    gpu = _first_gpu()
    if gpu is not None and _has_cuda_libraries():
        meaning = "An epoch of the full set takes a few seconds; the first batch takes longer."
        return Device("gpu", _gpu_name(gpu), meaning, _gibibytes(gpu["memory.total"]), _gpu_has_bfloat16(gpu))
    if gpu is None:
        meaning = (
            "There is no NVIDIA GPU to train on, so the processor does it: with two cores an epoch of the full set "
            "takes 10 to 40 seconds, of a large pretrained network a few minutes, and of the embedded sample a tenth "
            "of that."
        )
    else:
        library, extra = ("JAX", "jax[cuda12]") if uses_jax() else ("TensorFlow", "tensorflow[and-cuda]")
        remedy = f'install them with: pip install "{extra}"'
        meaning = f"{_gpu_name(gpu)} is there, but {library} lacks its CUDA libraries; {remedy}."
    return Device("cpu", cpu_name(), meaning, _machine_memory().memory, _cpu_has_bfloat16())


def cpu_name() -> str:
    """The processor as ``training_device`` names it: "CPU, 2 cores"."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"CPU, {cores} core{'s' * (cores != 1)}"


def device_use(device: Device | None = None) -> DeviceUse | None:
    """What is in use now of a device, by default the training device; asks the driver (GPU) or reads a file (CPU).

    Returns:
        None where it cannot be known: the driver does not answer within seconds, or the system has no ``/proc``.
    """
    if (device or training_device()).kind == "cpu":
        use = _machine_memory()
        return None if use.memory_used is None else use
    gpu = _visible_gpu("memory.used", "memory.total", "utilization.gpu")
    if gpu is None:
        return None
    busy = gpu["utilization.gpu"]
    use = DeviceUse(
        memory_used=_gibibytes(gpu["memory.used"]),
        memory=_gibibytes(gpu["memory.total"]),
        busy=float(busy) / 100 if _is_number(busy) else None,
    )
    return None if use.memory_used is None and use.busy is None else use


def uses_jax() -> bool:
    """Whether the trainer computes with JAX (``KERAS_BACKEND=jax``), not TensorFlow."""
    return os.environ.get("KERAS_BACKEND") == "jax"


def _first_gpu() -> dict[str, str] | None:
    facts = ("name", "memory.total")
    return _visible_gpu(*facts, "compute_cap") or _visible_gpu(*facts)  # old drivers know no compute_cap


def _visible_gpu(*facts: str) -> dict[str, str] | None:
    """What the driver says of the GPU that a training would see, by the names that ``nvidia-smi`` gives the facts."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    wanted = None if visible is None else visible.split(",")[0].strip()
    program = shutil.which("nvidia-smi")
    if program is None or wanted in ("", "-1", "none", "NoDevFiles"):
        return None
    names = ("index", "uuid", *facts)
    command = [program, f"--query-gpu={','.join(names)}", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    rows = [[part.strip() for part in line.split(",")] for line in answer.splitlines()]
    gpus = [dict(zip(names, row, strict=True)) for row in rows if len(row) == len(names)]
    if wanted is not None:
        gpus = [gpu for gpu in gpus if gpu["index"] == wanted or gpu["uuid"].startswith(wanted)]
    return gpus[0] if gpus else None


def _gpu_name(gpu: dict[str, str]) -> str:
    memory = _gibibytes(gpu["memory.total"])
    return gpu["name"] if memory is None else f"{gpu['name']}, {memory:.0f} GiB"


def _gpu_has_bfloat16(gpu: dict[str, str]) -> bool:
    capability = gpu.get("compute_cap", "")
    return _is_number(capability) and float(capability) >= BFLOAT16_CAPABILITY


def _gibibytes(mebibytes: str) -> float | None:
    return int(mebibytes) / 1024 if mebibytes.isdigit() else None


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()  # the driver may say "[N/A]"


def _cpu_has_bfloat16() -> bool:
    try:
        lines = CPUINFO.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return False
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])
    return not BFLOAT16_FLAGS.isdisjoint(flags)


def _machine_memory() -> DeviceUse:
    """Memory as Linux counts it; what files are cached in counts as free, for it is given up when needed."""
    try:
        lines = MEMINFO.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return DeviceUse(None, None)
    kibibytes = {name: value.split()[0] for name, _, value in (line.partition(":") for line in lines) if value.strip()}
    total, free = (kibibytes.get(name, "") for name in ("MemTotal", "MemAvailable"))
    if not total.isdigit():
        return DeviceUse(None, None)
    used = (int(total) - int(free)) / 2**20 if free.isdigit() else None
    return DeviceUse(used, int(total) / 2**20)


def _has_cuda_libraries() -> bool:
    """Whether the backend would find cuDNN: from its own extra packages, or installed for the whole machine."""
    if uses_jax() and not any(_is_installed(module) for module in GPU_MODULES):
        return False
    if _is_installed("nvidia.cudnn"):
        return True
    folders = filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep))
    listed = (name for folder in folders if os.path.isdir(folder) for name in os.listdir(folder))
    return ctypes.util.find_library("cudnn") is not None or any(name.startswith("libcudnn.so") for name in listed)


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package it is in
        return False
