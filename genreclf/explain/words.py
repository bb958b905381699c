"""The effect of each word of an overview on a genre: leave words out, one by one or in groups, and predict again."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from genreclf.calibration import sigmoid
from genreclf.data.overviews import MAX_LENGTH, PieceEncoder, has_words
from genreclf.errors import UserError
from genreclf.explain.changes import remove_words, token_spans, words_of
from genreclf.explain.sides import FusionTerms
from genreclf.models import SPECS, ModelSpec
from genreclf.predict.predictor import Predictor

# Words that a model processes in about a second on two cores, by kind of tokens: 200 words in 150 or 25 variants.
WORDS_PER_SECOND = {"words": 30_000, "pieces": 5_000}


@dataclass(frozen=True)
class WordEffect:
    """A word of an overview and its effect on a genre.

    Attributes:
        word: as written, without the punctuation around it.
        start, end: its place, ``overview[start:end]``.
        effect: the genre's calibrated log-odds with the word minus those without it; above 0 it is evidence for the
            genre.
        probability_without: the genre's probability without the word, 0..1.
        read: whether the model reads this far: the first 200 words, for ``overview`` and ``fusion`` the first 254 word
            pieces. Other words have an effect of 0.
        group: the number of neighbouring words left out together; ``effect`` is their joint effect divided by it.
    """

    word: str
    start: int
    end: int
    effect: float
    probability_without: float
    read: bool = True
    group: int = 1


def leave_one_out(
    predictor: Predictor, overview: str, genre: str, poster: np.ndarray | None = None
) -> list[WordEffect]:
    """Measure the effect of each word on a genre by a prediction without it; punctuation stays.

    An overview of 40 words takes half a second or less on two cores. The time grows with the square of the length; see
    ``leave_groups_out`` for long texts.

    Args:
        predictor: of a model that uses overviews.
        overview: any text.
        genre: one of those that the model answers for.
        poster: for fusion, uint8 ``(height, width, 3)`` in the model's size. Without it fusion's overview part
            predicts, and for an overview without a word its poster part.

    Returns:
        One effect per word, in the order of the text.

    Raises:
        UserError: the model uses no overviews.
    """
    return leave_groups_out(predictor, overview, genre, poster, variants=sys.maxsize)


def leave_groups_out(
    predictor: Predictor, overview: str, genre: str, poster: np.ndarray | None = None, variants: int | None = None
) -> list[WordEffect]:
    """Measure the effects of a long overview's words in about a second, by leaving out groups of neighbouring words.

    Half of the variants are used for groups of equal length. Then the groups with the strongest effects are split in
    three, round by round, down to single words or until no variant is left. Words that were left out only as a group
    share its effect evenly. If there are at most ``variants`` words, each is left out on its own.

    Args:
        predictor, overview, genre, poster: see ``leave_one_out``.
        variants: maximum number of variants of the overview to predict, at least 2; by default ``affordable_variants``.

    Raises:
        UserError: the model uses no overviews.
    """
    log_odds, words, at = overview_log_odds(predictor, poster), words_of(overview), predictor.column(genre)
    if not words:
        return []
    whole, read = log_odds([overview])[0, at], _words_read(predictor.spec, overview, len(words))
    left = affordable_variants(predictor.spec, len(words)) if variants is None else variants
    groups = _split((0, read), read if read <= left else left // 2)
    effects: dict[tuple[int, int], float] = {}  # by the first word and the one after the last
    while groups:
        texts = [remove_words(overview, words[start:end]) for start, end in groups]
        effects.update(zip(groups, whole - log_odds(texts)[:, at], strict=True))
        left, groups = left - len(groups), []
        for group in sorted(effects, key=lambda group: -abs(effects[group])):
            parts = _split(group, 3)
            if len(parts) > 1:
                if len(groups) + len(parts) > min(left, max(3, left // 2)):
                    break
                groups += parts
                del effects[group]
    results = [WordEffect(*word, 0.0, float(sigmoid(whole)), read=False) for word in words]
    for (start, end), effect in effects.items():
        share = float(effect) / (end - start)
        for place in range(start, end):
            results[place] = WordEffect(*words[place], share, float(sigmoid(whole - share)), group=end - start)
    return results


def affordable_variants(spec: ModelSpec, words: int) -> int:
    """The number of variants of an overview with ``words`` words that a model predicts in about a second on two cores.

    >>> from genreclf.models import get_spec
    >>> affordable_variants(get_spec("overview"), 200)
    25
    """
    tokens = [each.tokens for each in (spec, *(SPECS[part] for part in spec.parts)) if each.tokens]
    if not tokens:  # a baseline, fast enough for any number
        return sys.maxsize
    return max(2, min(WORDS_PER_SECOND[kind] for kind in tokens) // max(1, min(words, MAX_LENGTH)))


def overview_log_odds(predictor: Predictor, poster: np.ndarray | None = None) -> Callable[[list[str]], np.ndarray]:
    """Make a function from n overviews for the same film to calibrated log-odds, float64 ``(n, genres)``.

    Args:
        predictor: of a model that uses overviews.
        poster: for fusion, uint8 ``(height, width, 3)`` in the model's size; it is processed once. Without it, the
            overview part predicts.

    Raises:
        UserError: the model uses no overviews.
    """
    if not predictor.spec.uses_overview:
        raise UserError(f"The model {predictor.spec.name} uses no overviews; choose one that does.")
    if not predictor.spec.parts or poster is None:
        reader = predictor.parts.get("overview", predictor)
        return lambda overviews: reader.weights.calibration.log_odds(reader.raw(None, overviews))
    row, terms = predictor.parts["poster"].features(poster[None]), FusionTerms(predictor)

    def log_odds(overviews: list[str]) -> np.ndarray:
        with_words = np.array([has_words(text) for text in overviews])
        rows = {"poster": row, "overview": predictor.parts["overview"].features(None, overviews)}
        return np.where(with_words[:, None], terms.log_odds(rows), row[:, : len(terms.base)])

    return log_odds


def _split(group: tuple[int, int], parts: int) -> list[tuple[int, int]]:
    """Divide a range into parts of nearly equal length, or into single numbers if there are fewer."""
    edges = np.linspace(*group, min(parts, group[1] - group[0]) + 1).round().astype(int).tolist()
    return list(pairwise(edges))


def _words_read(spec: ModelSpec, overview: str, words: int) -> int:
    """How many of an overview's words the model reads."""
    if spec.is_baseline:
        return words
    if spec.tokens == "words":
        return min(words, MAX_LENGTH)
    tokens = [overview[start:end] for start, end in token_spans(overview)]
    ends = 1 + np.cumsum(PieceEncoder().counts(tokens))
    limit = PieceEncoder()([overview]).shape[1] - 1  # without the end mark
    return sum(bool(words_of(token)) for token, start in zip(tokens, [1, *ends[:-1]], strict=True) if start < limit)
