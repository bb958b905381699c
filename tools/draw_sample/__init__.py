"""Posters drawn by code for the embedded sample: a film's data in, a picture out, the same every time."""

from tools.draw_sample.poster import draw_poster, encode
from tools.draw_sample.table import TABLE, Film, derive, read_films

__all__ = ["TABLE", "Film", "derive", "draw_poster", "encode", "read_films"]
