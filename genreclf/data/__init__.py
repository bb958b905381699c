"""Data sets: where they come from, what they contain, and the arrays that models use."""
