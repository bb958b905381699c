"""How much of fusion's answer comes from the poster and how much from the overview: exact, as fusion is a sum."""

from dataclasses import dataclass

import numpy as np

from genreclf.calibration import logit
from genreclf.data.overviews import has_words
from genreclf.errors import UserError
from genreclf.explain.fused import FusionTerms
from genreclf.files import read_json
from genreclf.genres import GENRES
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import CARD, find_weights


@dataclass(frozen=True)
class Side:
    """The contribution of one input to a genre's log-odds, by its part's own prediction and by the part's features."""

    from_log_odds: float
    from_features: float

    @property
    def total(self) -> float:
        """Both together; below 0 it counts against the genre."""
        return self.from_log_odds + self.from_features


@dataclass(frozen=True)
class Sides:
    """A genre's calibrated log-odds of fusion in three terms.

    Attributes:
        genre: the genre.
        base: the term of the genre's base rate, the same for every film.
        poster: the poster's contribution.
        overview: the overview's contribution.
    """

    genre: str
    base: float
    poster: Side
    overview: Side

    @property
    def log_odds(self) -> float:
        """The sum: the log-odds of fusion's probability."""
        return self.base + self.poster.total + self.overview.total


def sides(
    predictor: Predictor, poster: np.ndarray, overview: str, genre: str, base_rates: np.ndarray | None = None
) -> Sides:
    """Split fusion's log-odds for a film into the contributions of its two inputs.

    Args:
        predictor: of fusion.
        poster: uint8 ``(height, width, 3)`` in the model's size.
        overview: with at least one word.
        genre: one of ``GENRES``.
        base_rates: float ``(25,)``, the genres' frequencies in the train split. Both parts' predictions contain them,
            and fusion's bias subtracts what would be counted twice. By default they are read from the baseline
            ``prior`` beside fusion's weights if it was trained on the same data, else derived from fusion's bias.

    Raises:
        UserError: the predictor is not of fusion, or the overview has no word, so that only the poster counts.
    """
    terms, at = FusionTerms(predictor), GENRES.index(genre)
    if not has_words(overview):
        raise UserError(
            "Without a word in the overview fusion's answer comes from the poster alone; write an overview."
        )
    rates = _stored_base_rates(predictor) if base_rates is None else base_rates
    expected = terms.neutral_log_odds(at) if rates is None else float(logit(rates[at]))
    base, found = terms.base[at], {}
    for part, (posters, overviews) in {"poster": (poster[None], None), "overview": (None, [overview])}.items():
        row = predictor.parts[part].features(posters, overviews)
        part_base = terms.weights[part][at] * expected
        base += part_base
        from_log_odds = float(terms.from_log_odds(part, row)[0, at] - part_base)
        found[part] = Side(terms.scale * from_log_odds, terms.scale * float(terms.from_features(part, row)[0, at]))
    return Sides(genre, float(terms.calibrate(base)), **found)


def _stored_base_rates(predictor: Predictor) -> np.ndarray | None:
    folder = predictor.weights.folder.parent / "prior"
    card = read_json(folder / CARD)
    if card is None or card.get("data_digest") != predictor.weights.card.get("data_digest"):
        return None
    return Predictor(find_weights("prior", choice=folder)).predict(films=1)[0].astype(np.float64)
