"""Explanations: poster regions, words, the two inputs of fusion, similar films, and what-if changes."""
