"""The device that training will use, found without importing TensorFlow or JAX, which would occupy GPU memory."""

import ctypes.util
import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

try:
    import pynvml
except ModuleNotFoundError:  # where nothing is trained (deploy/requirements.txt)
    pynvml = None

CPUINFO = Path("/proc/cpuinfo")  # Linux only; psutil does not give the processor's flags
BFLOAT16_CAPABILITY = (8, 0)  # of NVIDIA GPUs: Ampere and later
BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}  # of x86 processors
GPU_MODULES = ("jax_cuda12_plugin", "jax_cuda13_plugin")  # JAX's own; it finds cuDNN where TensorFlow does
GIB = 2**30


@dataclass(frozen=True)
class Device:
    """The device on which training will run."""

    kind: str  # "gpu" or "cpu"
    name: str  # its product name or number of cores, with a GPU's memory
    description: str  # one sentence on what to expect
    memory: float | None = None  # total GiB, the GPU's own or the machine's; None if the GPU does not report it
    bfloat16: bool = False  # whether it computes bfloat16 natively, so that mixed precision helps


@dataclass(frozen=True)
class DeviceUse:
    """How busy a device is at this moment; None where the device does not report a value."""

    memory_used: float | None  # GiB, of all programs
    memory: float | None  # GiB in total
    busy: float | None = None  # share of the last second in which the GPU was working, 0..1; None on a CPU


def training_device() -> Device:
    """The first visible NVIDIA GPU; without one, or without the backend's CUDA libraries, the CPU."""
    gpu, _ = _visible_gpu()
    if gpu is not None and _has_cuda_libraries():
        return gpu
    if gpu is None:
        description = (
            "There is no NVIDIA GPU, so training uses the processor. On two cores, an epoch of the full set takes 10 "
            "to 40 seconds (a few minutes for a pretrained network), and a tenth of that on the embedded sample."
        )
    else:
        library, extra = ("JAX", "jax[cuda12]") if uses_jax() else ("TensorFlow", "tensorflow[and-cuda]")
        description = (
            f'There is an {gpu.name}, but {library} lacks its CUDA libraries; install them with: pip install "{extra}".'
        )
    return Device("cpu", cpu_name(), description, _machine_use().memory, _cpu_has_bfloat16())


def cpu_name() -> str:
    """The processor as ``training_device`` names it: "CPU, 2 cores"."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else psutil.cpu_count() or 1
    return f"CPU, {cores} core{'s' * (cores != 1)}"


def device_use(device: Device | None = None) -> DeviceUse | None:
    """How busy a device is now, by default the training device; None where a GPU's driver reports nothing."""
    if (device or training_device()).kind == "cpu":
        return _machine_use()
    _, use = _visible_gpu()
    return None if use is None or (use.memory_used is None and use.busy is None) else use


def uses_jax() -> bool:
    """Whether the trainer computes with JAX (``KERAS_BACKEND=jax``), not TensorFlow."""
    return os.environ.get("KERAS_BACKEND") == "jax"


def _visible_gpu() -> tuple[Device, DeviceUse] | tuple[None, None]:
    """The first GPU that ``CUDA_VISIBLE_DEVICES`` leaves for training, by index or the start of its UUID."""
    if pynvml is None:
        return None, None
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    chosen = None if visible is None else visible.split(",")[0].strip()
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:  # no driver
        return None, None
    try:
        for index in range(pynvml.nvmlDeviceGetCount()):
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
            if chosen in (None, str(index)) or (chosen and pynvml.nvmlDeviceGetUUID(handle).startswith(chosen)):
                return _describe(handle)
    except pynvml.NVMLError:
        return None, None
    finally:
        pynvml.nvmlShutdown()
    return None, None


def _describe(handle: Any) -> tuple[Device, DeviceUse]:
    name = pynvml.nvmlDeviceGetName(handle)
    memory = _query(pynvml.nvmlDeviceGetMemoryInfo, handle)
    rates = _query(pynvml.nvmlDeviceGetUtilizationRates, handle)
    capability = _query(pynvml.nvmlDeviceGetCudaComputeCapability, handle) or (0, 0)
    total, used = memory and memory.total / GIB, memory and memory.used / GIB
    label = name if total is None else f"{name}, {total:.0f} GiB"
    description = "An epoch of the full set takes a few seconds; the first batch takes longer."
    device = Device("gpu", label, description, total, tuple(capability) >= BFLOAT16_CAPABILITY)
    return device, DeviceUse(used, total, None if rates is None else rates.gpu / 100)


def _query(query: Callable[[Any], Any], handle: Any) -> Any:
    """The driver's response; None where the GPU or an old driver does not support the query."""
    try:
        return query(handle)
    except pynvml.NVMLError:
        return None


def _machine_use() -> DeviceUse:
    """The machine's memory; cached files count as free, because the system gives that memory up when needed."""
    memory = psutil.virtual_memory()
    return DeviceUse((memory.total - memory.available) / GIB, memory.total / GIB)


def _cpu_has_bfloat16() -> bool:
    try:
        lines = CPUINFO.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return False
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])
    return not BFLOAT16_FLAGS.isdisjoint(flags)


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
    except ModuleNotFoundError:  # its parent package is missing too
        return False
