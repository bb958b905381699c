"""Which device a training will use, told without TensorFlow."""

import os
import subprocess
import sys

import pytest

from genreclf.training import devices

TWO_GPUS = "0, GPU-aa11, NVIDIA H200, 143771\n1, GPU-bb22, NVIDIA T4, 15360\n"


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """Puts an ``nvidia-smi`` on the path that answers with a text, or fails."""

    def install(answer: str, code: int = 0) -> None:
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!{sys.executable}\nprint({answer!r}, end='')\nraise SystemExit({code})\n", "utf-8")
        program.chmod(0o755)

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(devices, "_has_cuda_libraries", lambda: True)
    return install


def test_without_a_driver_it_is_the_cpu(driver):
    device = devices.training_device()
    assert device.kind == "cpu"
    assert device.name.startswith("CPU, ")
    assert device.meaning.endswith(".")


def test_a_gpu_is_named_with_its_memory(driver):
    driver(TWO_GPUS)
    device = devices.training_device()
    assert (device.kind, device.name) == ("gpu", "NVIDIA H200, 140 GiB")


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
    driver(TWO_GPUS)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert devices.training_device().name.startswith(name)


@pytest.mark.parametrize(
    ("answer", "code"), [("", 0), ("No devices were found\n", 6), ("NVIDIA-SMI has failed, because, of, that\n", 9)]
)
def test_a_driver_that_fails_means_the_cpu(driver, answer, code):
    driver(answer, code)
    assert devices.training_device().kind == "cpu"


def test_unknown_memory_is_left_out(driver):
    driver("0, GPU-cc33, NVIDIA GB10, [N/A]\n")
    assert devices.training_device().name == "NVIDIA GB10"


def test_a_gpu_without_cuda_libraries_is_not_promised(driver, monkeypatch):
    driver(TWO_GPUS)
    monkeypatch.setattr(devices, "_has_cuda_libraries", lambda: False)
    device = devices.training_device()
    assert device.kind == "cpu"
    assert "NVIDIA H200" in device.meaning
    assert "tensorflow[and-cuda]" in device.meaning


def test_cudnn_is_found_on_the_library_path(tmp_path, monkeypatch):
    monkeypatch.setattr(devices.ctypes.util, "find_library", lambda name: None)
    monkeypatch.setattr(devices.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{tmp_path}{os.pathsep}/nowhere")
    assert not devices._has_cuda_libraries()
    (tmp_path / "libcudnn.so.9").touch()
    assert devices._has_cuda_libraries()


def test_asking_does_not_import_tensorflow():
    code = "import sys; from genreclf.training import devices; devices.training_device(); print('keras' in sys.modules)"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == "False"
