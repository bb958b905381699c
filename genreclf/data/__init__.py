"""Data sets: where they come from, what is in them, and the arrays that a model takes."""
