"""The arrays of pretrained networks that no model changes: one copy a process, outside every model's graph."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np
from keras import ops

_WRITTEN_OUT: ContextVar[bool] = ContextVar("written_out", default=False)


@contextmanager
def inline_constants() -> Iterator[None]:
    """Meanwhile a traced graph gets copies of its own: ONNX knows no tensors outside, and would make inputs of them."""
    token = _WRITTEN_OUT.set(True)
    try:
        yield
    finally:
        _WRITTEN_OUT.reset(token)


def constant(tensor):
    """A tensor that models share, as it is to be used in a layer's ``call``."""
    return ops.convert_to_tensor(np.asarray(tensor)) if _WRITTEN_OUT.get() else tensor
