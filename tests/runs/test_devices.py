"""Which device a training will use, found without TensorFlow."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from genreclf.runs import devices

MIB = 2**20
GPUS = [
    {"name": "NVIDIA H200", "uuid": "GPU-aa11", "total": 143771 * MIB, "used": 2048 * MIB, "busy": 37,
     "capability": (9, 0)},
    {"name": "NVIDIA T4", "uuid": "GPU-bb22", "total": 15360 * MIB, "used": 0, "busy": 0, "capability": (7, 5)},
]  # fmt: skip


@pytest.fixture
def driver(monkeypatch):
    """Installs a driver with some GPUs, or one whose first query fails; before that there is none."""
    gpus: list[dict] | None = None

    def install(some: list[dict] | None = GPUS) -> None:
        nonlocal gpus
        gpus = some

    def init() -> None:
        if gpus is None:
            raise devices.pynvml.NVMLError(devices.pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    def returns(*facts: str, shape=None):
        def query(gpu: dict):
            if any(gpu.get(fact) is None for fact in facts):
                raise devices.pynvml.NVMLError(devices.pynvml.NVML_ERROR_NOT_SUPPORTED)
            return shape(gpu) if shape else gpu[facts[0]]

        return query

    functions = {
        "nvmlInit": init,
        "nvmlShutdown": lambda: None,
        "nvmlDeviceGetCount": lambda: len(gpus),
        "nvmlDeviceGetHandleByIndex": lambda index: gpus[index],
        "nvmlDeviceGetName": returns("name"),
        "nvmlDeviceGetUUID": returns("uuid"),
        "nvmlDeviceGetMemoryInfo": returns(
            "total", "used", shape=lambda gpu: SimpleNamespace(total=gpu["total"], used=gpu["used"])
        ),
        "nvmlDeviceGetUtilizationRates": returns("busy", shape=lambda gpu: SimpleNamespace(gpu=gpu["busy"])),
        "nvmlDeviceGetCudaComputeCapability": returns("capability"),
    }
    for name, function in functions.items():
        monkeypatch.setattr(devices.pynvml, name, function)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(devices, "_has_cuda_libraries", lambda: True)
    return install


def test_without_a_driver_it_is_the_cpu(driver):
    device = devices.training_device()
    assert device.kind == "cpu"
    assert device.name == devices.cpu_name()
    assert device.name.startswith("CPU, ")
    assert device.description.endswith(".")
    assert "no NVIDIA GPU" in device.description


def test_a_gpu_is_named_with_its_memory(driver):
    driver()
    device = devices.training_device()
    assert (device.kind, device.name) == ("gpu", "NVIDIA H200, 140 GiB")
    assert device.memory == pytest.approx(140.4, abs=0.1)


@pytest.mark.parametrize(
    ("visible", "name"),
    [
        ("1", "NVIDIA T4, 15 GiB"),
        ("1,0", "NVIDIA T4, 15 GiB"),
        ("GPU-bb", "NVIDIA T4, 15 GiB"),
        ("-1", "CPU"),
        ("", "CPU"),
        ("none", "CPU"),
        ("7", "CPU"),
    ],
)
def test_cuda_visible_devices_is_respected(driver, monkeypatch, visible, name):
    driver()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert devices.training_device().name.startswith(name)


@pytest.mark.parametrize("gpus", [[], [GPUS[0] | {"name": None}]], ids=["no GPU", "a failing GPU"])
def test_a_driver_without_a_working_gpu_means_the_cpu(driver, gpus):
    driver(gpus)
    assert devices.training_device().kind == "cpu"


def test_unknown_memory_is_left_out(driver):
    driver([GPUS[0] | {"name": "NVIDIA GB10", "total": None}])
    device = devices.training_device()
    assert (device.name, device.memory) == ("NVIDIA GB10", None)


@pytest.mark.parametrize(
    ("backend", "library", "extra"),
    [("tensorflow", "TensorFlow", "tensorflow[and-cuda]"), ("jax", "JAX", "jax[cuda12]")],
)
def test_a_gpu_without_cuda_libraries_is_not_used(driver, monkeypatch, backend, library, extra):
    driver()
    monkeypatch.setattr(devices, "_has_cuda_libraries", lambda: False)
    monkeypatch.setenv("KERAS_BACKEND", backend)
    device = devices.training_device()
    assert device.kind == "cpu"
    assert all(part in device.description for part in ("NVIDIA H200", library, extra))


@pytest.mark.parametrize(("gpu", "helps"), [(0, True), (1, False)])
def test_a_gpu_of_capability_8_and_later_computes_in_bfloat16(driver, gpu, helps):
    driver([GPUS[gpu]])
    assert devices.training_device().bfloat16 is helps


def test_a_driver_that_does_not_report_the_capability_still_names_the_gpu(driver):
    driver([GPUS[0] | {"capability": None}])
    device = devices.training_device()
    assert (device.name, device.bfloat16) == ("NVIDIA H200, 140 GiB", False)


@pytest.mark.parametrize(
    ("flags", "helps"),
    [("fpu avx512f avx512_bf16", True), ("fpu amx_bf16 amx_tile", True), ("fpu avx2 avx512f", False), (None, False)],
)
def test_whether_a_processor_computes_in_bfloat16(driver, tmp_path, monkeypatch, flags, helps):
    file = tmp_path / "cpuinfo"
    monkeypatch.setattr(devices, "CPUINFO", file)
    if flags is not None:  # else a system without such a file
        file.write_text(f"processor\t: 0\nflags\t\t: {flags}\n\nprocessor\t: 1\n", "utf-8")
    assert devices.training_device().bfloat16 is helps


def test_the_machines_memory_and_its_use(driver, monkeypatch):
    memory = SimpleNamespace(total=16 * 2**30, available=4 * 2**30)
    monkeypatch.setattr(devices.psutil, "virtual_memory", lambda: memory)
    device = devices.training_device()
    assert device.memory == 16
    assert devices.device_use(device) == devices.DeviceUse(12, 16)
    assert devices.device_use() == devices.DeviceUse(12, 16)


def test_the_use_of_a_gpu(driver, monkeypatch):
    driver()
    use = devices.device_use()
    assert use.memory_used == 2
    assert use.memory == pytest.approx(140.4, abs=0.1)
    assert use.busy == 0.37
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert devices.device_use() == devices.DeviceUse(0, 15, 0)


def test_values_a_gpu_does_not_report_are_left_out(driver):
    driver([GPUS[0] | {"busy": None}])
    assert devices.device_use().busy is None
    driver([GPUS[0] | {"busy": None, "used": None}])
    assert devices.device_use() is None


def test_a_driver_that_stops_working_reports_no_use(driver):
    driver()
    device = devices.training_device()
    driver(None)
    assert devices.device_use(device) is None


def test_jax_needs_its_plugin_beside_cudnn(monkeypatch):
    installed = {"nvidia.cudnn"}
    monkeypatch.setattr(devices, "_is_installed", installed.__contains__)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert not devices._has_cuda_libraries()
    installed.add("jax_cuda12_plugin")
    assert devices._has_cuda_libraries()


def test_cudnn_is_found_on_the_library_path(tmp_path, monkeypatch):
    monkeypatch.setattr(devices.ctypes.util, "find_library", lambda name: None)
    monkeypatch.setattr(devices.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{tmp_path}{os.pathsep}/nowhere")
    assert not devices._has_cuda_libraries()
    (tmp_path / "libcudnn.so.9").touch()
    assert devices._has_cuda_libraries()


def test_finding_the_device_does_not_import_tensorflow():
    code = "import sys; from genreclf.runs import devices; devices.training_device(); print('keras' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
