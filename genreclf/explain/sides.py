"""How much of fusion's answer came from each side, exactly: fusion adds up what the poster and the overview say."""

from dataclasses import dataclass

import numpy as np

from genreclf.data.overviews import split_words
from genreclf.errors import UserError
from genreclf.explain.fused import Fused
from genreclf.files import read_json
from genreclf.genres import GENRES
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import CARD, find_weights


@dataclass(frozen=True)
class Side:
    """What one side adds to a genre's log-odds: by its part's own answer, and by the features that fusion looks at."""

    said: float
    seen: float

    @property
    def share(self) -> float:
        """Both together."""
        return self.said + self.seen


@dataclass(frozen=True)
class Sides:
    """A genre's log-odds as fusion answers them, calibrated, in three shares that add up to them.

    Attributes:
        genre: which.
        base: the share of how frequent the genre is, whatever the film.
        poster: what the poster adds, or takes away where it is below 0.
        overview: the same of the overview.
        ways: ``"poster"`` and ``"overview"`` in two, by the way in.
    """

    genre: str
    base: float
    poster: float
    overview: float
    ways: dict[str, Side]

    @property
    def log_odds(self) -> float:
        """All three together, those of fusion's probability."""
        return self.base + self.poster + self.overview


def sides(
    predictor: Predictor, poster: np.ndarray, overview: str, genre: str, base_rates: np.ndarray | None = None
) -> Sides:
    """Take fusion's answer about a film apart.

    Args:
        predictor: of fusion.
        poster: uint8 ``(height, width, 3)`` in the model's size.
        overview: with a word in it.
        genre: one of ``GENRES``.
        base_rates: float ``(25,)``, how frequent each genre is in the train split. Both parts' answers hold them, and
            fusion's bias takes away what would then be counted twice. By default they are those that the baseline
            ``prior`` beside fusion's weights learnt from the same data, else those that fit that bias.

    Raises:
        UserError: the predictor is another model's, or the overview holds no word: then the poster answers alone.
    """
    fused, at = Fused(predictor), GENRES.index(genre)
    if not split_words(overview):
        raise UserError("Without a word in the overview all of fusion's answer comes from the poster; give it one.")
    rates = _rates_beside(predictor) if base_rates is None else base_rates
    expected = fused.standstill(at) if rates is None else float(np.log(rates[at]) - np.log1p(-rates[at]))
    base, ways = fused.base[at], {}
    for part, given in {"poster": (poster[None], None), "overview": (None, [overview])}.items():
        row = predictor.parts[part].features(*given)
        of_every_film = fused.weights[part][at] * expected
        base += of_every_film
        said = fused.said(part, row)[0, at] - of_every_film
        ways[part] = Side(fused.scale * float(said), fused.scale * float(fused.seen(part, row)[0, at]))
    return Sides(genre, float(fused.calibrate(base)), ways["poster"].share, ways["overview"].share, ways)


def _rates_beside(predictor: Predictor) -> np.ndarray | None:
    folder = predictor.weights.folder.parent / "prior"
    card = read_json(folder / CARD)
    if card is None or card.get("data_digest") != predictor.weights.card.get("data_digest"):
        return None
    return Predictor(find_weights("prior", choice=folder)).predict(films=1)[0].astype(np.float64)
