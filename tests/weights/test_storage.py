import os
import shutil
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from genreclf import paths
from genreclf.models import create_model
from genreclf.models.graph import datasets_of
from genreclf.weights.storage import FORMS, average_weights, copy_weights, drop_optimizer, load_weights, read_arrays

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(16, 8, 8, 8)).astype(np.float32)


def network(seed: int) -> keras.Model:
    """A model with each kind of array: large, small and depthwise kernels, biases, the integer state of a dropout."""
    keras.utils.set_random_seed(seed)
    return keras.Sequential([
        keras.Input((8, 8, 8)),
        keras.layers.Conv2D(64, 3, activation="relu"),
        keras.layers.DepthwiseConv2D(3),
        keras.layers.Dropout(0.5),
        keras.layers.Flatten(),
        keras.layers.Dense(160, activation="relu", bias_initializer="random_normal"),
        keras.layers.Dense(25, activation="sigmoid"),
    ])  # fmt: skip


def assign(model: keras.Model, file: Path) -> None:
    """Give a model the weights of a file of any form."""
    datasets = datasets_of(model)
    arrays = read_arrays(file, {datasets[each.path]: tuple(each.shape) for each in model.weights})
    for each in model.weights:
        assert arrays[datasets[each.path]].dtype == np.float32
        each.assign(arrays[datasets[each.path]])


@pytest.fixture(scope="module")
def trained() -> keras.Model:
    model = network(1)
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


@pytest.fixture
def saved(trained, tmp_path) -> Path:
    """Weights with the optimiser's state, which triples their size."""
    trained.save_weights(tmp_path / "saved.weights.h5")
    return tmp_path / "saved.weights.h5"


def kinds(file: Path) -> dict[str, int]:
    """The number of arrays by dtype, without scalars."""
    found: dict[str, int] = {}
    with h5py.File(file) as stored:
        items: list[h5py.Dataset] = []
        stored.visititems(lambda _, item: items.append(item) if isinstance(item, h5py.Dataset) else None)
        for item in items:
            found[item.dtype.name] = found.get(item.dtype.name, 0) + 1
    return found


@pytest.mark.parametrize(
    ("form", "share", "off", "dtypes"),
    [
        ("float32", 0.36, 0.0, {"float32": 8}),
        ("float16", 0.19, 1e-3, {"float16": 8}),
        ("int8", 0.11, 5e-3, {"int8": 2, "float16": 6}),
    ],
)
def test_a_smaller_copy_predicts_nearly_the_same(trained, saved, tmp_path, form, share, off, dtypes):
    copy = tmp_path / "copy.weights.h5"
    copy_weights(saved, copy, form)
    with h5py.File(copy) as stored:
        assert "optimizer" not in stored
    assert {kind: count for kind, count in kinds(copy).items() if kind != "uint32"} == dtypes
    assert copy.stat().st_size < share * saved.stat().st_size
    again = network(2)
    before = again(INPUTS).numpy()
    assign(again, copy)
    expected, found = trained(INPUTS).numpy(), again(INPUTS).numpy()
    assert np.abs(found - expected).max() <= off
    assert np.abs(before - expected).max() > 0.05


@pytest.mark.parametrize("form", FORMS)
def test_copying_a_copy_loses_nothing(trained, saved, tmp_path, form):
    """In any form: quantising numbers again changes nothing."""
    first, second = tmp_path / "first.weights.h5", tmp_path / "second.weights.h5"
    copy_weights(saved, first, "int8")
    copy_weights(first, second, form)
    original, copy = network(2), network(3)
    assign(original, first)
    assign(copy, second)
    for ours, theirs in zip(original.get_weights(), copy.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)


def test_the_optimisers_state_is_removed_in_place(trained, saved, tmp_path):
    size = saved.stat().st_size
    drop_optimizer(saved)
    assert saved.stat().st_size < 0.4 * size
    again = network(2)
    again.load_weights(saved)
    for ours, theirs in zip(again.get_weights(), trained.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)
    assert [path.name for path in tmp_path.iterdir()] == [saved.name]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("damage", ["gone", "empty", "text", "half"])
def test_a_damaged_file_raises_an_error_that_a_predictor_translates(saved, tmp_path, form, damage):
    copy = tmp_path / "copy.weights.h5"
    copy_weights(saved, copy, form)
    content = copy.read_bytes()
    copy.write_bytes({"text": b"404", "half": content[: len(content) // 2]}.get(damage, b""))
    if damage == "gone":
        copy.unlink()
    for read in (assign, load_weights):
        with pytest.raises((OSError, ValueError, KeyError)):
            read(network(2), copy)


@pytest.mark.parametrize("form", FORMS)
def test_weights_of_another_model_raise_the_same_errors(saved, tmp_path, form):
    copy_weights(saved, tmp_path / "copy.weights.h5", form)
    other = keras.Sequential([keras.Input((8, 8, 8)), keras.layers.Conv2D(32, 3)])
    for read in (assign, load_weights):
        with pytest.raises((OSError, ValueError, KeyError)):
            read(other, tmp_path / "copy.weights.h5")


def test_renamed_layers_are_found(tmp_path):
    """Fusion's files of earlier versions have a layer called ``weigh``."""
    keras.utils.set_random_seed(3)
    model, file = create_model("fusion"), tmp_path / "old.weights.h5"
    for layer in ("poster_weight", "overview_weight"):
        model.get_layer(layer).set_weights([RNG.normal(size=25)])
    model.save_weights(file)
    with h5py.File(file, "a") as stored:
        for suffix in ("", "_1"):
            stored.move(f"layers/per_genre_scale{suffix}", f"layers/weigh{suffix}")
    again = create_model("fusion")
    assign(again, file)
    for values, expected in zip(again.get_weights(), model.get_weights(), strict=True):
        assert np.array_equal(values, expected)


def test_sizes_are_checked_before_anything_is_allocated(saved):
    with h5py.File(saved, "a") as stored:
        name = next(name for name in _arrays(stored) if stored[name].ndim == 2)
        values, tail = stored[name][()].astype(np.int8), name.rpartition("/")[0]
        stored.create_dataset(f"{tail}/huge", (10**6, 10**6), np.int8, chunks=(1, 1000))  # takes no space
    with pytest.raises(ValueError, match="larger than the model"):
        load_weights(network(2), saved)
    with h5py.File(saved, "a") as stored:
        del stored[f"{tail}/huge"], stored[name]
        stored.create_dataset(name, data=values).attrs["scale"] = np.ones((500, 1), np.float16)
    with pytest.raises(ValueError, match="of another kind"):
        assign(network(2), saved)


def test_neither_are_chunks_larger_than_the_model_nor_numbers_without_their_scale(saved, tmp_path):
    for stored_as in (
        {"chunks": (10**6, 500), "maxshape": (None, None), "compression": "gzip"},
        {"dtype": np.int8},
        {"shape": (10**6, 10**6), "chunks": (1, 1000)},
    ):
        with h5py.File(shutil.copy(saved, tmp_path / "odd.weights.h5"), "a") as stored:
            name = next(name for name in _arrays(stored) if stored[name].ndim == 2)
            shape = stored[name].shape
            del stored[name]
            stored.create_dataset(name, **{"shape": shape, "dtype": np.float32, **stored_as})
        with pytest.raises(ValueError, match=r"larger than the model|of another kind"):
            assign(network(2), tmp_path / "odd.weights.h5")


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("form", FORMS)
def test_weights_that_are_no_finite_numbers_are_refused(saved, tmp_path, form, value):
    with h5py.File(saved, "a") as stored:
        name = next(name for name in _arrays(stored) if stored[name].ndim == 1)
        stored[name][0] = value
    with pytest.raises(ValueError, match="finite"):
        copy_weights(saved, tmp_path / "copy.weights.h5", form)
    for read in (assign, load_weights):
        with pytest.raises(ValueError, match="finite"):
            read(network(2), saved)


def test_numbers_too_large_for_a_form_are_refused(saved, tmp_path):
    with h5py.File(saved, "a") as stored:
        name = next(name for name in _arrays(stored) if stored[name].ndim == 1)
        stored[name][0] = 1e6
    copy_weights(saved, tmp_path / "copy.weights.h5", "float32")
    with pytest.raises(ValueError, match="too large for float16"):
        copy_weights(saved, tmp_path / "copy.weights.h5", "float16")


def _arrays(stored: h5py.File) -> list[str]:
    names: list[str] = []
    stored["layers"].visititems(lambda name, item: names.append(f"layers/{name}") if hasattr(item, "shape") else None)
    return names


# Files that refer to others


def link(stored: h5py.File, name: str, elsewhere: Path) -> None:
    del stored[name]
    stored[name] = h5py.ExternalLink(elsewhere, "x")


def soft_link(stored: h5py.File, name: str, elsewhere: Path) -> None:
    stored.move(name, "elsewhere")
    stored[name] = h5py.SoftLink("/elsewhere")


def link_of_all_layers(stored: h5py.File, name: str, elsewhere: Path) -> None:
    del stored["layers"]
    stored["layers"] = h5py.ExternalLink(elsewhere, "layers")


def virtual(stored: h5py.File, name: str, elsewhere: Path) -> None:
    shape = stored[name].shape
    layout = h5py.VirtualLayout(shape, np.float32)
    layout[:] = h5py.VirtualSource(elsewhere, "x", shape=shape)
    del stored[name]
    stored.create_virtual_dataset(name, layout)


def raw_numbers(stored: h5py.File, name: str, elsewhere: Path) -> None:
    shape = stored[name].shape
    del stored[name]
    stored.create_dataset(name, shape, np.float32, external=[(str(elsewhere), 0, h5py.h5f.UNLIMITED)])


@pytest.mark.parametrize("refer", [link, soft_link, link_of_all_layers, virtual, raw_numbers])
def test_no_other_file_is_read(saved, tmp_path, refer):
    """It could be any file that the user may read; at this one, a pipe, reading would never end."""
    os.mkfifo(tmp_path / "pipe")
    with h5py.File(saved, "a") as stored:
        refer(stored, next(name for name in _arrays(stored) if stored[name].ndim == 2), tmp_path / "pipe")
    with pytest.raises(ValueError, match="refers to"):
        assign(network(2), saved)
    if refer in (virtual, raw_numbers):  # links are not copied
        with pytest.raises(ValueError, match="refers to"):
            copy_weights(saved, tmp_path / "copy.weights.h5", "float16")


@pytest.mark.parametrize("dtype", [np.complex64, bool, np.dtype([("a", "f4")]), h5py.ref_dtype, "S4", np.longdouble])
def test_what_is_no_number_is_refused(saved, dtype):
    with h5py.File(saved, "a") as stored:
        name = next(name for name in _arrays(stored) if stored[name].ndim == 2)
        shape = stored[name].shape
        del stored[name]
        stored.create_dataset(name, shape, dtype)
    with pytest.raises(ValueError, match="of another kind"):
        assign(network(2), saved)


def test_a_number_too_large_for_float32_is_refused(saved):
    with h5py.File(saved, "a") as stored:
        name = next(name for name in _arrays(stored) if stored[name].ndim == 2)
        shape = stored[name].shape
        del stored[name]
        stored[name] = np.full(shape, 1e300)
    with pytest.raises(ValueError, match="finite"):
        assign(network(2), saved)


@pytest.mark.parametrize("filters", [{"compression": "gzip"}, {"compression": "gzip", "shuffle": True}])
def test_a_chunk_that_inflates_to_more_than_its_size_is_refused(saved, tmp_path, filters):
    deflate = zlib.compressobj(9)
    bomb = b"".join(deflate.compress(bytes(10**6)) for _ in range(20)) + deflate.flush()
    with h5py.File(saved, "a") as stored:
        name = next(name for name in _arrays(stored) if stored[name].ndim == 2)
        shape = stored[name].shape
        del stored[name]
        dataset = stored.create_dataset(name, shape, np.float32, chunks=shape, **filters)
        dataset.id.write_direct_chunk((0, 0), bomb, filter_mask=len(filters) - 1)  # not shuffled
    with pytest.raises(ValueError, match="larger than the model"):
        assign(network(2), saved)
    with pytest.raises(ValueError, match="larger than the model"):
        copy_weights(saved, tmp_path / "copy.weights.h5", "float16")


def test_no_other_compression_is_read(saved):
    with h5py.File(saved, "a") as stored:
        name = next(name for name in _arrays(stored) if stored[name].ndim == 2)
        values = stored[name][()]
        del stored[name]
        stored.create_dataset(name, data=values, compression="lzf")
    with pytest.raises(ValueError, match="another way than with gzip"):
        assign(network(2), saved)


@pytest.mark.parametrize("chunks", [(4, 3), (5, 7), (1, 7), (9, 9)])
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("dtype", ["<f2", ">f4", "<f8", "i1"])
def test_every_layout_of_chunks_is_read(tmp_path, chunks, shuffle, dtype):
    values = np.random.default_rng(0).integers(-100, 100, (9, 10)).astype(dtype)
    with h5py.File(tmp_path / "w.h5", "w") as stored:
        dataset = stored.create_dataset("layers/a/0", data=values, chunks=chunks, compression="gzip", shuffle=shuffle)
        dataset.attrs["scale"] = np.ones(10, np.float32)
    read = read_arrays(tmp_path / "w.h5", {"layers/a/0": values.shape})["layers/a/0"]
    np.testing.assert_array_equal(read, values.astype(np.float32))


def test_files_are_read_by_several_threads_at_once(tmp_path):
    values = np.random.default_rng(0).normal(size=(300, 200)).astype(np.float32)
    with h5py.File(tmp_path / "w.h5", "w") as stored:
        for name in "abcdefgh":
            stored.create_dataset(f"layers/{name}/0", data=values, chunks=(10, 200), compression="gzip", shuffle=True)
    wanted = {f"layers/{name}/0": values.shape for name in "abcdefgh"}
    with ThreadPoolExecutor(4) as pool:
        for arrays in pool.map(lambda _: read_arrays(tmp_path / "w.h5", wanted), range(8)):
            np.testing.assert_array_equal(arrays["layers/h/0"], values)


def test_a_mean_of_weights_leaves_the_optimisers_state(trained, saved, tmp_path):
    other, mean = tmp_path / "other.weights.h5", tmp_path / "mean.weights.h5"
    network(2).save_weights(other)
    shutil.copyfile(saved, mean)
    average_weights(mean, other, 0.25)
    with h5py.File(saved) as mine, h5py.File(other) as others, h5py.File(mean) as averaged:
        for name in datasets_of(trained).values():
            share = 0.25 if mine[name].dtype.kind == "f" else 0
            expected = (1 - share) * mine[name][()] + share * others[name][()]
            np.testing.assert_allclose(averaged[name][()], expected, atol=1e-6)
        assert np.array_equal(averaged["optimizer/vars/1"][()], mine["optimizer/vars/1"][()])


@pytest.mark.slow
def test_a_process_ends_while_a_thread_reads(saved):
    """Without care it waits for ever: Python stops the thread in the middle of h5py."""
    with h5py.File(saved) as file:
        names: list[str] = []
        file["layers"].visititems(
            lambda name, item: names.append(f"layers/{name}") if isinstance(item, h5py.Dataset) else None
        )
        wanted = {name: file[name].shape for name in names}
    program = f"""
import threading, time
from pathlib import Path
from genreclf.weights.storage import read_arrays
def read():
    while True:
        read_arrays(Path({str(saved)!r}), {wanted!r})
for _ in range(2):
    threading.Thread(target=read, daemon=True).start()
time.sleep(0.7)
"""
    for _ in range(3):
        command = [sys.executable, "-X", "faulthandler", "-c", program]
        done = subprocess.run(command, timeout=30, cwd=paths.PROJECT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_end_waits_for_readers_before_h5py_takes_its_converters_away(saved):
    """A thread that reads afterwards crashes; h5py's part of the end comes right after that of this module."""
    with h5py.File(saved) as file:
        name = next(f"layers/{each}/vars/0" for each in file["layers"] if "0" in file[f"layers/{each}/vars"])
        wanted = {name: file[name].shape}
    program = f"""
import atexit, threading, time
from pathlib import Path
from genreclf.weights import storage
atexit.register(lambda: print("h5py ends", flush=True))  # as h5py will, when it is imported
storage.read_arrays(Path({str(saved)!r}), {wanted!r})
def read():
    with storage._lock:
        time.sleep(0.5)
        print("read", flush=True)
threading.Thread(target=read, daemon=True).start()
time.sleep(0.1)
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, timeout=30, cwd=paths.PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["read", "h5py ends"]
