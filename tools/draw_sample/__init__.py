"""Draws the posters of the embedded sample from each film's data; a film always gets the same picture."""

from tools.draw_sample.made_up import make_up_films
from tools.draw_sample.poster import draw_poster, encode
from tools.draw_sample.table import TABLE, Film, derive, read_films

__all__ = ["TABLE", "Film", "derive", "draw_poster", "encode", "make_up_films", "read_films"]
