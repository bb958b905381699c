"""Guess along: a round of films whose genres a visitor guesses, scored like the models.

Everybody names up to ``PICKS`` genres per film, a model its most probable ones, and gets one point for each that is
true. A wrong one costs nothing, so whoever names fewer than ``PICKS`` gives points away.
"""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

FILMS = 10  # in a round
PICKS = 3  # genres that may be named for a film
YOU = "You"


@dataclass
class Round:
    """The films of a round and what was guessed.

    Attributes:
        left: the ids of the films to come; the first is the one on the screen.
        guesses: by id, the genres named, in the order of the films; empty if the film was skipped.
    """

    left: list[str]
    guesses: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        """All films, in their order."""
        return list(dict.fromkeys([*self.guesses, *self.left]))

    @property
    def film(self) -> str | None:
        """The film on the screen; None after the last one."""
        return self.left[0] if self.left else None

    @property
    def number(self) -> int:
        """The place of the film on the screen, from 1."""
        return len(self.ids) - len(self.left) + 1

    @property
    def is_revealed(self) -> bool:
        """Whether the film on the screen was guessed, so that its genres may be shown."""
        return self.film in self.guesses

    def reveal(self, named: Sequence[str]) -> None:
        """Keep the guess for the film on the screen; ValueError without one, or with more than ``PICKS`` genres."""
        if not 1 <= len(set(named)) <= PICKS:
            raise ValueError(f"name 1 to {PICKS} genres, not {len(set(named))}")
        if self.film is not None and not self.is_revealed:
            self.guesses[self.film] = tuple(dict.fromkeys(named))

    def leave(self, film: str) -> None:
        """Go on to the film after this one, if it is on the screen; one that was not guessed counts as skipped."""
        if self.film == film:
            self.guesses.setdefault(self.left.pop(0), ())

    def keep(self, known: Collection[str]) -> None:
        """Leave out films that do not exist any more."""
        self.left = [film for film in self.left if film in known]
        self.guesses = {film: named for film, named in self.guesses.items() if film in known}


def new_round(test_films: Sequence[str], rng: random.Random | None = None) -> Round:
    """A round of ``FILMS`` random films, or of all if there are fewer."""
    return Round((rng or random.Random()).sample(list(test_films), min(FILMS, len(test_films))))


def points(named: Sequence[str], true: Sequence[str]) -> int:
    """One point for each of the first ``PICKS`` genres named that is true."""
    return len(set(named[:PICKS]) & set(true))


def most_points(true: Sequence[str]) -> int:
    """The most that anybody can get for a film."""
    return min(PICKS, len(set(true)))


def tally(
    answers: Mapping[str, Mapping[str, Sequence[str]]], true: Mapping[str, Sequence[str]]
) -> dict[str, tuple[int | None, int]]:
    """The points of everybody.

    Args:
        answers: by name, the genres named for each film by its id; a film without an answer brings no points.
        true: by id, the true genres of the films that count, in their order.

    Returns:
        by name, in the given order: the points for the last film (None without an answer) and for all of them.
    """
    last = next(reversed(list(true)), None)
    scores: dict[str, tuple[int | None, int]] = {}
    for name, named in answers.items():
        of_film = {film: points(named[film], genres) for film, genres in true.items() if film in named}
        scores[name] = of_film.get(last) if last is not None else None, sum(of_film.values())
    return scores
