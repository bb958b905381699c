"""Things to draw, by genre: `objects` fill a square of 100 units around the origin, `scenes` a whole poster.

A motif is a function ``(pen, ink, rng)``; a scene also takes the height of its horizon. Some serve several genres.
"""

import random
from collections.abc import Callable

from tools.draw_sample.palettes import Ink
from tools.draw_sample.pen import Pen

Object = Callable[[Pen, Ink, random.Random], None]
Scene = Callable[[Pen, Ink, random.Random, float], None]

OBJECTS: dict[str, list[Object]] = {}
PEOPLE: dict[str, list[Object]] = {}
SCENES: dict[str, list[Scene]] = {}


def an_object(*genres: str) -> Callable[[Object], Object]:
    """Register an object under the genres that it suits."""
    return _register(OBJECTS, genres)


def a_person(*genres: str) -> Callable[[Object], Object]:
    """Register people, of an object's size, under the genres that they suit; twice to draw them more often."""
    return _register(PEOPLE, genres)


def a_scene(*genres: str) -> Callable[[Scene], Scene]:
    """Register a scene under the genres that it suits."""
    return _register(SCENES, genres)


def _register(shelf, genres):
    def keep(draw):
        for genre in genres:
            shelf.setdefault(genre, []).append(draw)
        return draw

    return keep


# Imported last and for their effect: each module fills the two shelves, always in this order.
from tools.draw_sample.motifs import (  # noqa: E402, F401
    battles,
    clues,
    dread,
    grounds,
    hearts,
    journeys,
    laughs,
    lenses,
    nights,
    people,
    places,
    stages,
    stagings,
    toys,
    trifles,
    wonders,
)
