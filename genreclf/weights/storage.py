"""Files of a Keras model's numbers: HDF5 as ``save_weights`` writes it, and smaller forms to keep and to ship."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genreclf import pretrained
from genreclf.files import atomic_path

if TYPE_CHECKING:
    import h5py
    import keras

FORMS = ("float32", "float16", "int8")
_SCALE = "scale"  # attribute of an int8 dataset


def copy_numbers(source: Path, destination: Path, form: str) -> None:
    """Copy a file of weights without the optimiser's state.

    Args:
        source: of any form.
        destination: written anew.
        form: ``"float32"`` leaves all as it is, ``"float16"`` takes half the space, ``"int8"`` a quarter: there
            matrices have 8 bits a number and a scale for each output (see ``genreclf.pretrained.pack``), which moves
            a probability by a thousandth or so.
    """
    import h5py

    def copy(group: "h5py.Group", target: "h5py.Group") -> None:
        target.attrs.update(group.attrs)
        for name, item in group.items():
            if isinstance(item, h5py.Group):
                if group.name == "/" and name == "optimizer":
                    continue
                copy(item, target.create_group(name))
                continue
            values, scale = item[()], None
            if values.dtype in (np.float32, np.float16) and form != "float32":
                if form == "int8" and pretrained.worth_quantising(values):
                    values, scale = pretrained.quantise(values.astype(np.float32))
                else:
                    values = values.astype(np.float16)
            packing = {"compression": "gzip", "shuffle": True} if form != "float32" and values.ndim else {}
            written = target.create_dataset(name, data=values, **packing)
            written.attrs.update(item.attrs)
            if scale is not None:
                written.attrs[_SCALE] = scale

    with h5py.File(source, "r") as old, h5py.File(destination, "w") as new:
        copy(old, new)


def drop_optimizer(file: Path) -> None:
    """Leave the optimiser's state out of a file of weights, which makes it a third of its size."""
    with atomic_path(file) as temporary:
        copy_numbers(file, temporary, "float32")


def load_numbers(model: "keras.Model", file: Path) -> None:
    """Give a model its weights from a file of any form.

    Raises:
        OSError, ValueError, KeyError: the file is damaged or of another model.
    """
    import h5py

    with h5py.File(file, "r") as stored:
        quantised = []
        stored.visititems(lambda name, item: quantised.append(name) if _SCALE in item.attrs else None)
    if not quantised:
        model.load_weights(file)
        return
    with tempfile.TemporaryDirectory() as folder:
        readable = Path(folder) / file.name
        copy_numbers(file, readable, "float32")
        with h5py.File(readable, "a") as stored:
            for name in quantised:
                scale = stored[name].attrs[_SCALE]
                values = pretrained.dequantise(stored[name][()], scale)
                del stored[name]
                stored.create_dataset(name, data=values)
        model.load_weights(readable)
