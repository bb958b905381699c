"""Does an explanation point at what matters? Take it away, and as much at random, and see which moves a model further.

The test by deletion of Samek et al. (2017), on the genre that a model finds most probable. Random places are the
hottest ones moved across the poster, so that both have one shape and leave as many edges behind.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from genreclf.explain.changes import hide, hottest, without, words_of
from genreclf.explain.heatmap import heatmap
from genreclf.explain.words import WordEffect, leave_one_out, overview_log_odds
from genreclf.genres import GENRES
from genreclf.predict.predictor import Predictor

Reading = Callable[[Predictor, str, str, np.ndarray | None], list[WordEffect]]


@dataclass(frozen=True)
class Moved:
    """How far a model's probability moved, of n films.

    Attributes:
        pointed: without what the explanation points at, float64 ``(n,)`` in 0..1.
        random: without as much at random, the mean of several draws.
    """

    pointed: np.ndarray
    random: np.ndarray

    @property
    def lead(self) -> float:
        """How much further the explanation moved it than chance did, on average."""
        return float((self.pointed - self.random).mean())

    @property
    def error(self) -> float:
        """The standard error of ``lead``."""
        return float((self.pointed - self.random).std(ddof=1) / np.sqrt(len(self.pointed)))


def delete_words(
    predictor: Predictor,
    overviews: Sequence[str],
    posters: Sequence[np.ndarray] | None = None,
    reading: Reading = leave_one_out,
    count: int = 3,
    draws: int = 10,
    seed: int = 0,
) -> Moved:
    """Delete the words that add most to a genre, and as many at random.

    Args:
        predictor: of a model that reads.
        overviews: n texts of more than ``count`` words each.
        posters: for fusion, n of uint8 ``(height, width, 3)`` in the model's size.
        reading: ``leave_one_out`` or ``leave_groups_out`` (see ``genreclf.explain.words``).
        count: words that are deleted.
        draws: how often words are drawn at random, for each film.
        seed: of the draws.
    """
    chance, moved = np.random.default_rng(seed), []
    for place, overview in enumerate(overviews):
        poster, words = None if posters is None else posters[place], words_of(overview)
        genre = int(overview_log_odds(predictor, [overview], poster)[0].argmax())
        effects = [effect.effect for effect in reading(predictor, overview, GENRES[genre], poster)]
        chosen = [np.argsort(effects)[-count:], *(chance.permutation(len(words))[:count] for _ in range(draws))]
        texts = [overview, *(without(overview, [words[at] for at in some]) for some in chosen)]
        moved.append(_moves(expit(overview_log_odds(predictor, texts, poster)[:, genre])))
    return Moved(*np.transpose(moved))


def hide_places(
    predictor: Predictor,
    posters: Sequence[np.ndarray],
    overviews: Sequence[str] | None = None,
    share: float = 0.25,
    draws: int = 10,
    seed: int = 0,
) -> Moved:
    """Hide the hottest share of each poster, and a share of the same shape at random, in the poster's mean colour.

    Args:
        predictor: of a model that looks at posters.
        posters: n of uint8 ``(height, width, 3)`` in the model's size.
        overviews: for fusion, n texts.
        share: of the poster, 0..1.
        draws: how often a place is drawn at random, for each film.
        seed: of the draws.
    """
    chance, moved = np.random.default_rng(seed), []
    for place, poster in enumerate(posters):

        def ask(variants: list[np.ndarray], overview: str | None = overviews[place] if overviews else None):
            return predictor.predict(np.stack(variants), [overview] * len(variants) if overview else None)

        genre = int(ask([poster])[0].argmax())
        hot = hottest(heatmap(predictor, poster, GENRES[genre]), share)
        moves = (tuple(chance.integers(poster.shape[:2])) for _ in range(draws))
        hidden = [hot, *(np.roll(hot, move, axis=(0, 1)) for move in moves)]
        moved.append(_moves(ask([poster, *(hide(poster, places) for places in hidden)])[:, genre]))
    return Moved(*np.transpose(moved))


def _moves(probabilities: np.ndarray) -> tuple[float, float]:
    """How far the second is off the first, the film as it is, and the others, the random ones, on average."""
    away = np.abs(probabilities[1:] - probabilities[0])
    return float(away[0]), float(away[1:].mean())
