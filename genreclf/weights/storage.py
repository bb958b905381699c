"""HDF5 files of a Keras model's weights, as ``save_weights`` writes them and in smaller forms."""

import atexit
import math
import zlib
from collections.abc import Callable, Mapping
from functools import cache, wraps
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import numpy as np

from genreclf import pretrained
from genreclf.files import atomic_path, is_regular

if TYPE_CHECKING:
    import h5py
    import keras

FORMS = ("float32", "float16", "int8")
_OPTIMIZER_COPIES = 4  # the weights themselves, Adam's two moments of each, and some more
_FEW = 4096  # numbers beside the weights, such as the optimiser's step; also groups
_LARGEST = 500_000_000  # numbers of one array of any model
_SCALE = "scale"  # attribute of an int8 dataset
_P = ParamSpec("_P")
_R = TypeVar("_R")
_lock = Lock()  # reading a chunk fails while another thread is in HDF5
_RENAMED = {"weigh": "per_genre_scale"}  # layer classes in files of earlier versions; Keras names groups by class


@cache
def _finish_before_the_end() -> None:
    """Let Python end only when no thread is in HDF5.

    Python stops daemon threads, such as those of Streamlit's visitors, wherever they are. One that is stopped in h5py
    keeps its lock, for which h5py then waits for ever. And at the end h5py takes away its converters, without which a
    thread that still reads crashes; what is registered after h5py, as here, runs before that.
    """
    import h5py  # noqa: F401

    atexit.register(_lock.acquire, timeout=60)


def _one_at_a_time(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let one thread at a time run a function; what it opened is freed before the next one starts."""

    @wraps(function)
    def alone(*arguments: _P.args, **options: _P.kwargs) -> _R:
        with _lock:
            _finish_before_the_end()
            return function(*arguments, **options)

    return alone


@_one_at_a_time
def copy_weights(source: Path, destination: Path, form: str) -> None:
    """Copy a file of weights, of any form, without the optimiser's state.

    The form ``"float32"`` copies the values unchanged, ``"float16"`` halves their size, ``"int8"`` quarters it:
    matrices then have 8 bits per value and a scale per output (see ``genreclf.pretrained``), which changes
    probabilities by about a thousandth.

    Raises:
        ValueError: the source is no such file, larger than any model, or has numbers that are not finite in this form.
    """
    import h5py

    if not is_regular(source) or not h5py.is_hdf5(source):
        raise ValueError("it is not an HDF5 file")

    def copy(name: str, item: "h5py.Group | h5py.Dataset") -> None:
        if name.partition("/")[0] == "optimizer":
            return
        if isinstance(item, h5py.Group):
            new.require_group(name).attrs.update(item.attrs)
            return
        if not isinstance(item, h5py.Dataset) or not _is_number(item.dtype):
            raise ValueError(f"{name} is no array of numbers")
        _check_inside(item)
        if max(item.size or 0, math.prod(item.chunks or ())) > _LARGEST:
            raise ValueError(f"{name} is larger than any model's weights")
        values, scale = _read(item), None
        if values.dtype in (np.float32, np.float16) and form != "float32":
            if form == "int8" and pretrained.worth_quantising(values):
                values, scale = pretrained.quantise(values.astype(np.float32))
            else:
                with np.errstate(over="ignore"):
                    values = values.astype(np.float16)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise ValueError(f"{name} has numbers that are not finite, or too large for {values.dtype}")
        compression = {"compression": "gzip", "shuffle": True} if form != "float32" and values.ndim else {}
        written = new.create_dataset(name, data=values, **compression)
        written.attrs.update(item.attrs)
        if scale is not None:
            written.attrs[_SCALE] = scale

    with h5py.File(source, "r") as old, h5py.File(destination, "w") as new:
        new.attrs.update(old.attrs)
        old.visititems(copy)


def drop_optimizer(file: Path) -> None:
    """Remove the optimiser's state from a file of weights, two thirds of its size."""
    with atomic_path(file) as temporary:
        copy_weights(file, temporary, "float32")


@_one_at_a_time
def average_weights(file: Path, other: Path, share: float) -> None:
    """Replace the weights in a file by their mean with those of another of the same model, of which ``share`` is kept.

    Both are as ``save_weights`` writes them; the optimiser's state and whole numbers stay as they are.
    """
    import h5py

    with h5py.File(other, "r") as others, h5py.File(file, "r+") as mine:

        def average(name: str, item: "h5py.Group | h5py.Dataset") -> None:
            if isinstance(item, h5py.Dataset) and item.dtype.kind == "f" and not name.startswith("optimizer/"):
                item[...] = (1 - share) * item[()] + share * others[name][()]

        mine.visititems(average)


@_one_at_a_time
def read_arrays(file: Path, wanted: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Read arrays from a file of weights of any form and version, float32, by their datasets.

    Args:
        file: the file.
        wanted: the shape of each dataset; nothing of another shape is read.

    Raises:
        OSError, ValueError, KeyError: the file is damaged or of another model, or a weight is not a finite number.
    """
    import h5py

    if not is_regular(file):
        raise OSError(f"{file} is not a regular file")
    arrays, groups = {}, dict[str, "h5py.Group | h5py.Dataset"]()
    with h5py.File(file, "r") as stored:
        renamed = {new: old for old, new in _renamed(stored).items()}
        for name, shape in wanted.items():
            top, layer, rest = name.split("/", 2)
            dataset = _find(stored, f"{top}/{renamed.get(layer, layer)}/{rest}", groups)
            if not isinstance(dataset, h5py.Dataset) or dataset.shape != shape or not _is_number(dataset.dtype):
                raise ValueError(f"{name} is of another kind than the model's {shape}")
            if math.prod(dataset.chunks or ()) > 2 * math.prod(shape) + _FEW:
                raise ValueError(f"{name} is larger than the model's weights")
            array = _read(dataset)
            if array.dtype == np.int8:
                scale = dataset.attrs.get_id(_SCALE) if _SCALE in dataset.attrs else None
                if scale is None or scale.shape != shape[-1:] or not _is_number(scale.dtype):
                    raise ValueError(f"{name} is of another kind, whole numbers without their scale")
                array = pretrained.dequantise(array, dataset.attrs[_SCALE])
            with np.errstate(over="ignore"):
                array = array.astype(np.float32)
            if not np.isfinite(array).all():
                raise ValueError(f"{name} has numbers that are not finite")
            arrays[name] = array
    return arrays


def load_weights(model: "keras.Model", file: Path) -> None:
    """Load what ``save_weights`` wrote, with the state of the model's optimiser if it has one.

    Raises:
        OSError, ValueError, KeyError: the file is damaged or of another model, or a weight is not a finite number.
    """
    import h5py

    if not is_regular(file):
        raise OSError(f"{file} is not a regular file")
    with h5py.File(file, "r") as stored:
        _check_sizes(model, stored)
    model.load_weights(file)
    _check_finite(model)


def _find(
    stored: "h5py.File", name: str, groups: "dict[str, h5py.Group | h5py.Dataset]"
) -> "h5py.Group | h5py.Dataset":
    """What a file itself contains under a name; ValueError if that is a link, or has its numbers in another file.

    That could be any file that a user may read, or a pipe at which reading would never end. ``groups`` are those
    found so far.
    """
    import h5py

    parent, _, part = name.rpartition("/")
    if parent and parent not in groups:
        groups[parent] = _find(stored, parent, groups)
    group = groups[parent] if parent else stored
    if not isinstance(group, h5py.Group) or not group.id.links.exists(part.encode()):
        raise ValueError(f"it has no {name}")
    if group.id.links.get_info(part.encode()).type != h5py.h5l.TYPE_HARD:
        raise ValueError(f"{name} refers to something else")
    item = group[part]
    if isinstance(item, h5py.Dataset):
        _check_inside(item)
    return item


def _check_inside(dataset: "h5py.Dataset") -> None:
    """Check that a dataset's numbers are in its own file."""
    if dataset.is_virtual or dataset.external:
        raise ValueError(f"{dataset.name} refers to another file")


def _read(dataset: "h5py.Dataset") -> np.ndarray:
    """Read a dataset chunk by chunk, none of which inflates to more than its size.

    HDF5 itself would inflate to the end, from 2 MB to 2 GB.

    Raises:
        ValueError: it is damaged, or compressed in another way than with gzip.
    """
    import h5py

    properties = dataset.id.get_create_plist()
    filters = [properties.get_filter(index)[0] for index in range(properties.get_nfilters())]
    if not filters:
        return dataset[()]
    if filters not in ([h5py.h5z.FILTER_DEFLATE], [h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_DEFLATE]):
        raise ValueError(f"{dataset.name} is compressed in another way than with gzip")
    dtype, shape, chunks = dataset.dtype, dataset.chunks, list["h5py.h5d.StoreInfo"]()
    size = math.prod(shape) * dtype.itemsize
    dataset.id.chunk_iter(chunks.append)
    values = np.full(dataset.shape, dataset.fillvalue, dtype)
    for chunk in chunks:
        _, content = dataset.id.read_direct_chunk(chunk.chunk_offset)
        was_skipped = [bool(chunk.filter_mask >> index & 1) for index in range(len(filters))]
        if not was_skipped[-1]:
            try:
                content = zlib.decompressobj().decompress(content, size + 1)
            except zlib.error as error:
                raise ValueError(f"{dataset.name} is damaged") from error
        if len(content) != size:
            what = "larger than the model's weights" if len(content) > size else "damaged"
            raise ValueError(f"{dataset.name} is {what}")
        numbers = np.frombuffer(content, np.uint8)
        if len(filters) > 1 and not was_skipped[0]:  # shuffled: the first bytes of all numbers, then the second ones
            numbers = np.ascontiguousarray(numbers.reshape(dtype.itemsize, -1).T)
        block = values[tuple(map(slice, chunk.chunk_offset, np.add(chunk.chunk_offset, shape)))]
        block[...] = numbers.view(dtype).reshape(shape)[tuple(map(slice, block.shape))]  # the last ones may overhang
    return values


def _is_number(dtype: np.dtype) -> bool:
    return dtype.kind in "fiu" and dtype.itemsize <= 8


def _renamed(stored: "h5py.File") -> dict[str, str]:
    """The layers of an earlier version in a file, and what they are called now."""
    layers = _find(stored, "layers", {}) if stored.id.links.exists(b"layers") else ()
    return {name: new + name.removeprefix(old) for name in layers for old, new in _RENAMED.items()
            if name.rstrip("_0123456789") == old}  # fmt: skip


def _check_sizes(model: "keras.Model", stored: "h5py.File") -> None:
    """Compare the sizes that a file declares with the model's, before anything is allocated; ValueError if larger."""
    import h5py

    sizes = [math.prod(weight.shape) for weight in model.weights]
    largest, most, total = max([*sizes, _FEW]), _OPTIMIZER_COPIES * sum(sizes) + _FEW, 0

    def check(name: str, item: "h5py.Group | h5py.Dataset") -> str | None:
        nonlocal total
        total += 1 if isinstance(item, h5py.Group) else item.size or 0
        is_array = isinstance(item, h5py.Dataset)
        is_large = is_array and max(item.size or 0, math.prod(item.chunks or ())) > largest
        return name if is_large or total > most or (is_array and item.dtype.itemsize > 8) else None

    if (name := stored.visititems(check)) is not None:
        raise ValueError(f"{name} is larger than the model's weights, or of another kind")


def _check_finite(model: "keras.Model") -> None:
    import keras

    for weight in model.weights:
        if keras.backend.is_float_dtype(weight.dtype) and not np.isfinite(keras.ops.convert_to_numpy(weight)).all():
            raise ValueError(f"the weights of {weight.path} are not all finite numbers")
