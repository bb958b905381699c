"""Does an explanation find what matters to a model? Compare deleting that with deleting as much at random.

This is the deletion test of Samek et al. (2017), on the genre that a model finds most probable. The random part of a
poster is the hottest part, shifted, so that both have the same shape and create as many edges.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from genreclf.explain.changes import hide, hottest, remove_words, words_of
from genreclf.explain.heatmap import heatmap
from genreclf.explain.words import WordEffect, leave_one_out, overview_log_odds
from genreclf.genres import GENRES
from genreclf.predict.predictor import Predictor

WordMethod = Callable[[Predictor, str, str, np.ndarray | None], list[WordEffect]]


@dataclass(frozen=True)
class Effect:
    """How much a model's probability changed, for n films.

    Attributes:
        explained: after deleting what the explanation found, float64 ``(n,)`` in 0..1.
        random: after deleting as much at random, the mean of several draws.
    """

    explained: np.ndarray
    random: np.ndarray

    @property
    def lead(self) -> float:
        """How much more the probability changed without what the explanation found than at random, on average."""
        return float((self.explained - self.random).mean())

    @property
    def error(self) -> float:
        """The standard error of ``lead``."""
        return float((self.explained - self.random).std(ddof=1) / np.sqrt(len(self.explained)))


def delete_words(
    predictor: Predictor,
    overviews: Sequence[str],
    posters: Sequence[np.ndarray] | None = None,
    method: WordMethod = leave_one_out,
    count: int = 3,
    draws: int = 10,
    seed: int = 0,
) -> Effect:
    """Delete the words that add most to a genre, and as many at random.

    Args:
        predictor: of a model that uses overviews.
        overviews: n texts of more than ``count`` words each.
        posters: for fusion, n of uint8 ``(height, width, 3)`` in the model's size.
        method: ``leave_one_out`` or ``leave_groups_out`` (see ``genreclf.explain.words``).
        count: number of deleted words.
        draws: random draws per film.
        seed: seed of the draws.
    """
    rng, changes = np.random.default_rng(seed), []
    for index, overview in enumerate(overviews):
        poster, words = None if posters is None else posters[index], words_of(overview)
        log_odds = overview_log_odds(predictor, poster)
        genre = int(log_odds([overview])[0].argmax())
        effects = [effect.effect for effect in method(predictor, overview, GENRES[genre], poster)]
        deleted = [np.argsort(effects)[-count:], *(rng.permutation(len(words))[:count] for _ in range(draws))]
        texts = [overview, *(remove_words(overview, [words[each] for each in positions]) for positions in deleted)]
        changes.append(_changes(expit(log_odds(texts)[:, genre])))
    return Effect(*np.transpose(changes))


def hide_parts(
    predictor: Predictor,
    posters: Sequence[np.ndarray],
    overviews: Sequence[str] | None = None,
    share: float = 0.25,
    draws: int = 10,
    seed: int = 0,
    shuffled: bool = False,
) -> Effect:
    """Hide the hottest part of each poster, and parts of the same shape at random.

    Args:
        predictor: of a model that uses posters.
        posters: n of uint8 ``(height, width, 3)`` in the model's size.
        overviews: for fusion, n texts.
        share: hidden share of the poster, 0..1.
        draws: random draws per film.
        seed: seed of the draws.
        shuffled: hide with pixels from all over the poster in random order instead of its mean colour. Occlusion paints
            in the mean colour, too, and could find what this colour does to a model rather than what matters to it.
    """
    rng, changes = np.random.default_rng(seed), []
    for index, poster in enumerate(posters):

        def predict(variants: list[np.ndarray], overview: str | None = overviews[index] if overviews else None):
            return predictor.predict(np.stack(variants), [overview] * len(variants) if overview else None)

        genre = int(predict([poster])[0].argmax())
        hot = hottest(heatmap(predictor, poster, GENRES[genre]), share)
        shifts = (tuple(rng.integers(poster.shape[:2])) for _ in range(draws))
        parts = [hot, *(np.roll(hot, shift, axis=(0, 1)) for shift in shifts)]
        if shuffled:
            noise = rng.permutation(poster.reshape(-1, 3)).reshape(poster.shape)
            variants = [np.where(part[..., None], noise, poster) for part in parts]
        else:
            variants = [hide(poster, part) for part in parts]
        changes.append(_changes(predict([poster, *variants])[:, genre]))
    return Effect(*np.transpose(changes))


def _changes(probabilities: np.ndarray) -> tuple[float, float]:
    """How much the probability changed, given that of the whole film, without what was found, then of all draws."""
    differences = np.abs(probabilities[1:] - probabilities[0])
    return float(differences[0]), float(differences[1:].mean())
