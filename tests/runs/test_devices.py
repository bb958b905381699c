"""Which device a training will use, told without TensorFlow."""

import os
import subprocess
import sys

import pytest

from genreclf.runs import devices

GPUS = [
    {"index": "0", "uuid": "GPU-aa11", "name": "NVIDIA H200", "memory.total": "143771", "memory.used": "2048",
     "utilization.gpu": "37", "compute_cap": "9.0"},
    {"index": "1", "uuid": "GPU-bb22", "name": "NVIDIA T4", "memory.total": "15360", "memory.used": "0",
     "utilization.gpu": "0", "compute_cap": "7.5"},
]  # fmt: skip
DRIVER = """#!{python}
import sys
gpus, text, code = {gpus!r}, {text!r}, {code!r}
names = sys.argv[1].removeprefix("--query-gpu=").split(",")
if text is not None or code:
    print(text or "", end="")
elif not all(name in gpu for gpu in gpus for name in names):
    sys.exit("Field is not a valid field to query.")
else:
    print(*(", ".join(gpu[name] for name in names) for gpu in gpus), sep="\\n")
sys.exit(code)
"""


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """Puts an ``nvidia-smi`` on the path that knows some GPUs, or answers with a text and a code."""

    def install(gpus: list[dict[str, str]] = GPUS, text: str | None = None, code: int = 0) -> None:
        program = tmp_path / "nvidia-smi"
        program.write_text(DRIVER.format(python=sys.executable, gpus=gpus, text=text, code=code), "utf-8")
        program.chmod(0o755)

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(devices, "_has_cuda_libraries", lambda: True)
    return install


@pytest.fixture
def processor(tmp_path, monkeypatch):
    """Sets what Linux says of the memory and the processor; None for a system that says nothing."""

    def describe(meminfo: str | None, cpuinfo: str | None = None) -> None:
        for name, text in (("MEMINFO", meminfo), ("CPUINFO", cpuinfo)):
            file = tmp_path / name
            monkeypatch.setattr(devices, name, file)
            if text is not None:
                file.write_text(text, "utf-8")

    return describe


def test_without_a_driver_it_is_the_cpu(driver):
    device = devices.training_device()
    assert device.kind == "cpu"
    assert device.name == devices.cpu_name()
    assert device.name.startswith("CPU, ")
    assert device.meaning.endswith(".")
    assert "no NVIDIA GPU" in device.meaning


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
        ("7", "CPU"),
    ],
)
def test_it_obeys_cuda_visible_devices(driver, monkeypatch, visible, name):
    driver()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert devices.training_device().name.startswith(name)


@pytest.mark.parametrize(
    ("answer", "code"), [("", 0), ("No devices were found\n", 6), ("NVIDIA-SMI has failed, because, of, that\n", 9)]
)
def test_a_driver_that_fails_means_the_cpu(driver, answer, code):
    driver(text=answer, code=code)
    assert devices.training_device().kind == "cpu"


def test_unknown_memory_is_left_out(driver):
    driver([GPUS[0] | {"name": "NVIDIA GB10", "memory.total": "[N/A]"}])
    device = devices.training_device()
    assert (device.name, device.memory) == ("NVIDIA GB10", None)


def test_a_gpu_without_cuda_libraries_is_not_promised(driver, monkeypatch):
    driver()
    monkeypatch.setattr(devices, "_has_cuda_libraries", lambda: False)
    device = devices.training_device()
    assert device.kind == "cpu"
    assert "NVIDIA H200" in device.meaning
    assert "tensorflow[and-cuda]" in device.meaning


def test_what_to_install_is_the_backends(driver, monkeypatch):
    driver()
    monkeypatch.setattr(devices, "_has_cuda_libraries", lambda: False)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    meaning = devices.training_device().meaning
    assert "jax[cuda12]" in meaning
    assert "TensorFlow" not in meaning


@pytest.mark.parametrize(("gpu", "helps"), [(0, True), (1, False)])
def test_a_gpu_of_capability_8_and_later_computes_in_bfloat16(driver, gpu, helps):
    driver([GPUS[gpu]])
    assert devices.training_device().bfloat16 is helps


def test_an_old_driver_that_knows_no_capability_still_names_the_gpu(driver):
    driver([{name: value for name, value in GPUS[0].items() if name != "compute_cap"}])
    device = devices.training_device()
    assert (device.name, device.bfloat16) == ("NVIDIA H200, 140 GiB", False)


@pytest.mark.parametrize(
    ("flags", "helps"),
    [("fpu avx512f avx512_bf16", True), ("fpu amx_bf16 amx_tile", True), ("fpu avx2 avx512f", False)],
)
def test_a_processor_says_whether_it_computes_in_bfloat16(driver, processor, flags, helps):
    processor(None, f"processor\t: 0\nflags\t\t: {flags}\n\nprocessor\t: 1\n")
    assert devices.training_device().bfloat16 is helps


def test_the_machines_memory_and_what_is_used_of_it(driver, processor):
    processor("MemTotal:       16777216 kB\nMemFree:          100 kB\nMemAvailable:   4194304 kB\nHugePages_Total: 0\n")
    device = devices.training_device()
    assert device.memory == 16
    assert devices.device_use(device) == devices.DeviceUse(12, 16)
    assert devices.device_use() == devices.DeviceUse(12, 16)


@pytest.mark.parametrize("meminfo", [None, "", "MemTotal: much\n", "MemFree: 5 kB\n"])
def test_a_system_that_does_not_tell_its_memory(driver, processor, meminfo):
    processor(meminfo)
    device = devices.training_device()
    assert (device.memory, device.bfloat16) == (None, False)
    assert devices.device_use(device) is None


def test_what_is_used_of_a_gpu(driver, monkeypatch):
    driver()
    use = devices.device_use()
    assert use.memory_used == 2
    assert use.memory == pytest.approx(140.4, abs=0.1)
    assert use.busy == 0.37
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert devices.device_use() == devices.DeviceUse(0, 15, 0)


def test_what_a_gpu_does_not_tell_is_left_out(driver):
    driver([GPUS[0] | {"utilization.gpu": "[N/A]"}])
    assert devices.device_use().busy is None
    driver([GPUS[0] | {"utilization.gpu": "[N/A]", "memory.used": "[N/A]"}])
    assert devices.device_use() is None


def test_a_driver_that_hangs_up_tells_no_use(driver):
    driver()
    device = devices.training_device()
    driver(code=9)
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


def test_asking_does_not_import_tensorflow():
    code = "import sys; from genreclf.runs import devices; devices.training_device(); print('keras' in sys.modules)"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == "False"
