"""Trained weights on disk: finding, reading, checking and publishing them."""
