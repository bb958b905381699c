"""The baselines that models are compared with: base rates, and TF-IDF with logistic regression.

Fitted in seconds with scikit-learn on the train split and stored as plain arrays (nothing is unpickled). Predicting
needs only NumPy.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from genreclf.calibration import logit, sigmoid
from genreclf.files import atomic_path, load_arrays
from genreclf.genres import NUM_GENRES

_MAX_RATES, _MAX_TFIDF = 10_000, 300_000_000  # bytes; 300 MB hold 3 million terms
REGULARISATION = 4.0  # C of the logistic regression, chosen on val
_WORD = re.compile(r"\w\w+")


def base_rates(labels: np.ndarray) -> np.ndarray:
    """Each genre's share of the films, float64 ``(genres,)``, from 0/1 labels ``(n, genres)``.

    Half a film with and half a film without the genre are added to each count, so that no rate is 0 or 1.
    """
    return (labels.sum(axis=0) + 0.5) / (len(labels) + 1.0)


class Prior:
    """Predicts each genre's base rate (``rates``, float32 ``(genres,)``), whatever the film."""

    def __init__(self, rates: np.ndarray):
        self.rates = np.asarray(rates, np.float32)

    @classmethod
    def fit(cls, overviews: Sequence[str], labels: np.ndarray) -> "Prior":
        """Count the genres in the 0/1 labels ``(n, genres)`` of the train split; the overviews are ignored."""
        return cls(base_rates(labels))

    def predict(self, overviews: Sequence[str]) -> np.ndarray:
        """Predict n films: float32 ``(n, genres)`` with equal rows."""
        return np.tile(self.rates, (len(overviews), 1))

    def save(self, path: Path) -> None:
        """Write the rates to an ``.npz`` file."""
        with atomic_path(path) as temporary:
            np.savez(temporary, rates=self.rates)

    @classmethod
    def load(cls, path: Path, genres: int = NUM_GENRES) -> "Prior":
        """Read what ``save`` wrote; raises OSError or ValueError on a file that is damaged or of other genres."""
        arrays = load_arrays(path, _MAX_RATES)
        return cls(_floats(arrays, "rates", (genres,), probabilities=True))


class Tfidf:
    """TF-IDF of words and word pairs, and a logistic regression per genre (one-vs-rest).

    Attributes: ``terms``, the words and pairs by column; float32 ``idf (terms,)``, ``weights (terms, genres)`` and
    ``bias (genres,)``.
    """

    def __init__(self, terms: Sequence[str], idf: np.ndarray, weights: np.ndarray, bias: np.ndarray):
        self.terms, self.bias = list(terms), np.asarray(bias, np.float32)
        self.idf, self.weights = np.asarray(idf, np.float32), np.asarray(weights, np.float32)
        self._columns = {term: column for column, term in enumerate(self.terms)}

    @classmethod
    def fit(cls, overviews: Sequence[str], labels: np.ndarray) -> "Tfidf":
        """Fit to the n overviews and 0/1 labels ``(n, genres)`` of the train split."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        vectorizer = TfidfVectorizer(analyzer=_terms, sublinear_tf=True, min_df=2)
        features = vectorizer.fit_transform(overviews)
        weights = np.zeros((features.shape[1], labels.shape[1]), np.float32)
        bias = logit(base_rates(labels))  # for genres with too few films, the base rate is predicted
        for genre in range(labels.shape[1]):
            positives = int(labels[:, genre].sum())
            if 2 <= positives <= len(labels) - 2:
                fitted = LogisticRegression(C=REGULARISATION, solver="liblinear").fit(features, labels[:, genre])
                weights[:, genre], bias[genre] = fitted.coef_[0], fitted.intercept_[0]
        return cls(vectorizer.get_feature_names_out().tolist(), vectorizer.idf_, weights, bias)

    def predict(self, overviews: Sequence[str]) -> np.ndarray:
        """Predict n films: float32 ``(n, genres)`` in 0..1."""
        logits = np.tile(self.bias.astype(np.float64), (len(overviews), 1))
        for film, overview in zip(logits, overviews, strict=True):
            counts = Counter(self._columns[term] for term in _terms(overview) if term in self._columns)
            if columns := list(counts):
                # as scikit-learn's TfidfVectorizer, whose import takes a second: sublinear counts, of length 1
                tfidf = (1 + np.log(list(counts.values()))) * self.idf[columns]
                film += tfidf / np.linalg.norm(tfidf) @ self.weights[columns]
        return sigmoid(logits).astype(np.float32)

    def strongest(self, genre: int, count: int = 10) -> tuple[list[str], list[str]]:
        """The words and pairs that say most for a genre and most against it, the strongest first.

        Those are the ones that change its logit most where each occurs once: by its weight times its idf.

        Args:
            genre: its column.
            count: at most so many of each kind.
        """
        effects = self.weights[:, genre] * self.idf
        order = np.argsort(effects, kind="stable")
        best, worst = order[::-1][:count], order[:count]
        return [self.terms[at] for at in best if effects[at] > 0], [self.terms[at] for at in worst if effects[at] < 0]

    def save(self, path: Path) -> None:
        """Write terms and arrays to an ``.npz`` file, weights as float16."""
        terms = np.frombuffer("\n".join(self.terms).encode("utf-8"), np.uint8)
        weights = self.weights.astype(np.float16)
        with atomic_path(path) as temporary:
            np.savez_compressed(temporary, terms=terms, idf=self.idf, weights=weights, bias=self.bias)

    @classmethod
    def load(cls, path: Path, genres: int = NUM_GENRES) -> "Tfidf":
        """Read what ``save`` wrote; raises OSError or ValueError on a file that is damaged or of other genres."""
        arrays = load_arrays(path, _MAX_TFIDF)
        if "terms" not in arrays or arrays["terms"].dtype != np.uint8:
            raise ValueError("it has no terms")
        terms = arrays["terms"].tobytes().decode("utf-8").split("\n")
        if len(set(terms)) < len(terms):
            raise ValueError("it has a term twice")
        idf, bias = _floats(arrays, "idf", (len(terms),)), _floats(arrays, "bias", (genres,))
        return cls(terms, idf, _floats(arrays, "weights", (len(terms), genres)), bias)


def _floats(
    arrays: Mapping[str, np.ndarray], name: str, shape: tuple[int, ...], probabilities: bool = False
) -> np.ndarray:
    """A stored array in float32, if it has this shape and numbers that are finite in float32."""
    array = arrays.get(name)
    if array is None or array.dtype.kind != "f" or array.shape != shape:
        found = "missing" if array is None else f"{array.dtype} {array.shape}"
        raise ValueError(f"its {name} should be numbers {shape}, but are {found}")
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    if not np.isfinite(array).all():
        raise ValueError(f"its {name} are not all finite numbers")
    if probabilities and not ((array >= 0) & (array <= 1)).all():
        raise ValueError(f"its {name} are not all from 0 to 1")
    return array


def _terms(text: str) -> list[str]:
    """The words of two or more characters, in lower case and without accents, followed by all pairs of neighbours."""
    text = text.lower()
    if not text.isascii():
        text = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    words = _WORD.findall(text)
    return [*words, *map(" ".join, pairwise(words))]


BASELINE_CLASSES: dict[str, type[Prior] | type[Tfidf]] = {"prior": Prior, "tfidf": Tfidf}
