"""Posters drawn by code for the embedded sample: a film's data in, a picture out, the same every time."""

from genreclf.sources.drawn.poster import draw_poster, encode
from genreclf.sources.drawn.table import TABLE, Film, derive, read_films

__all__ = ["TABLE", "Film", "derive", "draw_poster", "encode", "read_films"]
