"""Trained weights on disk: finding, reading and storing them."""

from genreclf.weights.folder import Weights, find_weights, read_weights, weights_set_for

__all__ = ["Weights", "find_weights", "read_weights", "weights_set_for"]
