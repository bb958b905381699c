"""Trained weights on disk: find, read and check them here; ``publish`` promotes and ships, ``storage`` is the format."""

from genreclf.weights.folder import (
    Weights,
    available_weights,
    covered_by_fusion,
    find_weights,
    read_weights,
    weights_set_for,
)

__all__ = [
    "Weights",
    "available_weights",
    "covered_by_fusion",
    "find_weights",
    "read_weights",
    "weights_set_for",
]
