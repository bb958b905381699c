"""Draws the posters of the embedded sample from each film's data; a film always gets the same picture."""

from tools.draw_sample.poster import draw_poster, encode
from tools.draw_sample.table import TABLE, Film, derive, read_films

__all__ = ["TABLE", "Film", "derive", "draw_poster", "encode", "read_films"]
