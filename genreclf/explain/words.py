"""Which words of an overview count for a genre: leave one out and ask again, or follow the gradient once."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from genreclf.data.overviews import MAX_LENGTH, Encoder, PieceEncoder, split_words
from genreclf.errors import UserError
from genreclf.explain.changes import Word, chunks_of, without, words_of
from genreclf.explain.fused import Fused
from genreclf.explain.gradients import log_odds_gradient
from genreclf.explain.transformer import piece_effects
from genreclf.genres import GENRES, NUM_GENRES
from genreclf.predict.predictor import Predictor


@dataclass(frozen=True)
class WordEffect:
    """A word of an overview, and what it adds to a genre.

    Attributes:
        word: as it is written, without the punctuation around it.
        start, end: where it stands: ``overview[start:end]``.
        effect: the genre's calibrated log-odds with the word less those without it: above 0 it speaks for the genre.
        probability_without: the genre's probability without the word, 0..1.
        read: whether the model gets as far: the first 200 words, of ``overview`` and ``fusion`` the first 254 word
            pieces. The effect of the others is 0.
    """

    word: str
    start: int
    end: int
    effect: float
    probability_without: float
    read: bool = True


def leave_one_out(
    predictor: Predictor, overview: str, genre: str, poster: np.ndarray | None = None
) -> list[WordEffect]:
    """What each word adds to a genre, by asking the model about the overview without it; the punctuation stays.

    All these overviews are asked about at once. On two cores an overview of 40 words takes half a second or less; the
    time grows with the square of the length, of a long one ``gradient_effects`` is quicker.

    Args:
        predictor: of a model that reads.
        overview: anything.
        genre: one of ``GENRES``.
        poster: for fusion, uint8 ``(height, width, 3)`` in the model's size; it is looked at once. Without it, and for
            an overview of which no word is left, one part answers alone, as always.

    Returns:
        One for each word, in the text's order.

    Raises:
        UserError: the model does not read.
    """
    predictor, words = _who_reads(predictor, poster), words_of(overview)
    if not words:
        return []
    read = _words_read(predictor, overview, words)
    texts = [overview, *(without(overview, [word]) for word in words[:read])]
    told = overview_log_odds(predictor, texts, poster)[:, GENRES.index(genre)]
    return _effects(words, told[0] - told[1:], told[0])


def gradient_effects(
    predictor: Predictor, overview: str, genre: str, poster: np.ndarray | None = None
) -> list[WordEffect]:
    """The same in one go: gradient × input at the words' embeddings (Simonyan et al. 2014, Shrikumar et al. 2016).

    For ``overview`` and ``fusion`` in the form that suits a transformer (see ``genreclf.explain.transformer``), summed
    over the pieces of a word. TF-IDF is asked as by ``leave_one_out``, which takes milliseconds. The probability
    without a word is what the effect makes of it, nobody asked.

    Raises:
        UserError: the model does not read, or Keras's backend is neither TensorFlow nor JAX.
    """
    predictor, words = _who_reads(predictor, poster), words_of(overview)
    if predictor.spec.is_baseline:
        return leave_one_out(predictor, overview, genre)
    if not words:
        return []
    at, read = GENRES.index(genre), _words_read(predictor, overview, words)
    by_token = _by_word if predictor.spec.tokens == "words" else _by_piece
    effects = by_token(predictor, overview, words[:read], at)
    return _effects(words, effects, overview_log_odds(predictor, [overview], poster)[0, at])


def overview_log_odds(predictor: Predictor, overviews: list[str], poster: np.ndarray | None = None) -> np.ndarray:
    """Calibrated log-odds of one film with different overviews, float64 ``(n, 25)``; its poster is looked at once.

    Args:
        predictor: of a model that reads.
        overviews: n texts.
        poster: for fusion, uint8 ``(height, width, 3)`` in the model's size; None asks its part that reads.

    Raises:
        UserError: the model does not read.
    """
    predictor = _who_reads(predictor, poster)
    if not predictor.spec.parts:
        return predictor.weights.calibration.log_odds(predictor.raw(None, overviews))
    row = predictor.parts["poster"].features(poster[None])
    rows = {"poster": row, "overview": predictor.parts["overview"].features(None, overviews)}
    told = np.array([bool(split_words(text)) for text in overviews])
    return np.where(told[:, None], Fused(predictor).log_odds(rows), row[:, :NUM_GENRES])


def _who_reads(predictor: Predictor, poster: np.ndarray | None) -> Predictor:
    """The predictor that answers: fusion's part, where there is no poster."""
    if not predictor.spec.uses_overview:
        raise UserError(f"The model {predictor.spec.name} reads no overview; choose one that does.")
    return predictor.parts["overview"] if predictor.spec.parts and poster is None else predictor


def _effects(words: list[Word], effects: np.ndarray, log_odds: float) -> list[WordEffect]:
    """Of all words, from the effects of those that were read."""
    padded = [*map(float, effects), *[0.0] * (len(words) - len(effects))]
    return [
        WordEffect(*word, effect, float(expit(log_odds - effect)), read=place < len(effects))
        for place, (word, effect) in enumerate(zip(words, padded, strict=True))
    ]


def _words_read(predictor: Predictor, overview: str, words: list[Word]) -> int:
    """How many words the model gets to see."""
    if predictor.spec.is_baseline:
        return len(words)
    if predictor.spec.tokens == "words":
        return min(len(words), MAX_LENGTH)
    ids = PieceEncoder()([overview])[0]
    return sum(start < len(ids) - 1 for start, _ in _pieces(overview, words))


def _pieces(overview: str, words: list[Word]) -> list[tuple[int, int]]:
    """Which pieces each word is cut into, from and to; the punctuation that touches it counts as its own."""
    chunks = chunks_of(overview)
    counts = PieceEncoder().counts([overview[start:end] for start, end in chunks])
    ends = 1 + np.cumsum(counts)
    places = np.searchsorted([start for start, _ in chunks], [word.start for word in words], side="right") - 1
    return [(int(ends[place] - counts[place]), int(ends[place])) for place in places]


def _by_word(predictor: Predictor, overview: str, words: list[Word], genre: int) -> np.ndarray:
    ids = Encoder(predictor.weights.vocabulary())([overview])
    values, gradient = log_odds_gradient(predictor.keras_model, "embedding", ids, genre)
    return predictor.weights.calibration.scale * (values * gradient)[0].sum(axis=-1)


def _by_piece(predictor: Predictor, overview: str, words: list[Word], genre: int) -> np.ndarray:
    reader = predictor.parts.get("overview", predictor)
    model = reader.keras_model
    slopes = np.float64(model.get_layer("genres").get_weights()[0])[:, genre] * model.get_layer("genres_faster").scale
    pull = slopes * reader.weights.calibration.scale
    if reader is not predictor:
        features = reader.features(None, [overview])[0, NUM_GENRES:]
        told = Fused(predictor).slopes("overview", features, genre)
        pull = pull * told.said + told.seen
    effects = piece_effects(model, PieceEncoder()([overview])[0], pull)[:-1]
    return np.array([effects[start:end].sum() for start, end in _pieces(overview, words)])
