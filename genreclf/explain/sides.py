"""The poster's and the overview's contributions to fusion's prediction: exact, because fusion is a sum."""

from dataclasses import dataclass

import numpy as np

from genreclf.calibration import logit
from genreclf.data.overviews import has_words
from genreclf.errors import UserError
from genreclf.predict.predictor import Predictor
from genreclf.weights.card import CARD, stored_card
from genreclf.weights.folder import find_weights

_EPSILON = 1e-3  # of Keras's layer normalisation


@dataclass(frozen=True)
class Side:
    """The contribution of one input to a genre's log-odds, by its part's own prediction and by the part's features."""

    from_log_odds: float
    from_features: float

    @property
    def total(self) -> float:
        """Both together; below 0 it is evidence against the genre."""
        return self.from_log_odds + self.from_features


@dataclass(frozen=True)
class Sides:
    """A genre's calibrated log-odds according to fusion, in three terms; ``base`` is the same for every film."""

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
        overview: text with at least one word.
        genre: one of those that the model answers for.
        base_rates: float ``(genres,)``, the genres' shares of the train split, in the card's order. Both parts'
            predictions contain them, and fusion's bias subtracts what would be counted twice. By default they are read
            from the baseline ``prior`` beside fusion's weights if it was trained on the same data, else derived from
            fusion's bias.

    Raises:
        UserError: the predictor is not of fusion, or the overview has no word, so that only the poster counts.
    """
    terms, at = FusionTerms(predictor), predictor.column(genre)
    if not has_words(overview):
        raise UserError(
            "Without a word in the overview, fusion's prediction comes from the poster alone; write an overview."
        )
    rates = _stored_base_rates(predictor) if base_rates is None else base_rates
    expected = terms.neutral_log_odds(at) if rates is None else float(logit(rates[at]))
    base, contributions = terms.base[at], {}
    for part, row in {
        "poster": predictor.parts["poster"].features(poster[None]),
        "overview": predictor.parts["overview"].features(None, [overview]),
    }.items():
        part_base = terms.weights[part][at] * expected
        base += part_base
        from_log_odds, from_features = (float(each[0, at]) for each in terms.of_part(part, row))
        contributions[part] = Side(terms.scale * float(from_log_odds - part_base), terms.scale * from_features)
    return Sides(genre, float(terms.calibrate(base)), **contributions)


class FusionTerms:
    """The terms that fusion adds up; a part's *row* is its log-odds and its features (``genreclf.models.fusion``).

    Attributes:
        base: the term that is the same for every film, before calibration, float64 ``(genres,)``.
        weights: the factor of each part's log-odds, float64 ``(genres,)`` by part.
        scale: the calibration's factor for log-odds.

    Raises:
        UserError: the predictor is not of fusion.
    """

    def __init__(self, predictor: Predictor):
        if predictor.spec.name != "fusion":
            raise UserError(f"The model {predictor.spec.name} does not combine two parts; choose fusion.")
        calibration = predictor.weights.calibration
        self.scale, self._shift = calibration.scale, calibration.shift
        kernel, bias = (predictor.weight(f"together/{name}").astype(np.float64) for name in ("kernel", "bias"))
        self.base, start = bias.copy(), 0
        self.weights: dict[str, np.ndarray] = {}
        self._parts: dict[str, tuple[np.ndarray, float]] = {}
        for part in predictor.spec.parts:
            gamma, beta = (predictor.weight(f"{part}_norm/{name}").astype(np.float64) for name in ("gamma", "beta"))
            rows = kernel[start : start + len(gamma)]
            self.weights[part] = predictor.weight(f"{part}_weight/weight").astype(np.float64)
            self._parts[part] = gamma[:, None] * rows, _EPSILON
            self.base += beta @ rows
            start += len(gamma)

    def of_part(self, part: str, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The terms of a part's log-odds and of its features, before calibration: each ``(n, genres)`` for n rows."""
        kernel, epsilon = self._parts[part]
        genres = len(self.base)
        features = np.asarray(rows[:, genres:], np.float64)
        from_features = (features - features.mean(axis=1, keepdims=True)) / _spread(features, epsilon) @ kernel
        return self.weights[part] * rows[:, :genres], from_features

    def log_odds(self, rows: dict[str, np.ndarray]) -> np.ndarray:
        """Calibrated log-odds of n films, float64 ``(n, genres)``, from the rows of both parts by name."""
        return self.calibrate(self.base + sum(sum(self.of_part(part, row)) for part, row in rows.items()))

    def calibrate(self, log_odds):
        """Turn fusion's log-odds into those of the predicted probability."""
        return self.scale * log_odds + self._shift

    def neutral_log_odds(self, genre: int) -> float:
        """The log-odds that fusion returns unchanged if both parts predict them: roughly those of the base rate."""
        surplus = sum(float(weights[genre]) for weights in self.weights.values()) - 1
        return -float(self.base[genre]) / max(surplus, 0.1)  # below, the bias subtracts next to nothing

    def feature_slopes(self, part: str, features: np.ndarray, genre: int) -> np.ndarray:
        """Change of a genre's calibrated log-odds per unit of each feature of one film, float64 ``(width,)``.

        The spread by which fusion divides the features is treated as a constant, so that slope × feature are exact
        shares of what the features add. The true slopes would add up to 0, as doubling all features changes
        nothing (the rule for layer normalisation of Ali et al. 2022).
        """
        kernel, epsilon = self._parts[part]
        slopes = kernel[:, genre] / _spread(features, epsilon)
        return self.scale * (slopes - slopes.mean())


def _spread(features: np.ndarray, epsilon: float) -> np.ndarray:
    """The divisor of layer normalisation for features ``(..., width)``, ``(..., 1)``."""
    return np.sqrt(np.asarray(features, np.float64).var(axis=-1, keepdims=True) + epsilon)


def _stored_base_rates(predictor: Predictor) -> np.ndarray | None:
    folder = predictor.weights.folder.parent / "prior"
    digest = stored_card(folder / CARD).get("data_digest")
    if digest is None or digest != predictor.weights.card.get("data_digest"):
        return None
    return Predictor(find_weights("prior", choice=folder)).predict(films=1)[0].astype(np.float64)
