"""Trained weights on disk: finding and reading them, and publishing the weights of a run."""

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
