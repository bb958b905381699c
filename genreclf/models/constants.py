"""Frozen arrays of pretrained networks: one copy per process, shared by all models."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np
from keras import ops

_INLINE: ContextVar[bool] = ContextVar("inline_constants", default=False)


@contextmanager
def inline_constants() -> Iterator[None]:
    """Copy shared tensors into graphs traced meanwhile; an ONNX export would turn tensors from outside into inputs."""
    token = _INLINE.set(True)
    try:
        yield
    finally:
        _INLINE.reset(token)


def constant(tensor):
    """A shared tensor, for use in a layer's ``call``: as it is, or copied under ``inline_constants``."""
    return ops.convert_to_tensor(np.asarray(tensor)) if _INLINE.get() else tensor
