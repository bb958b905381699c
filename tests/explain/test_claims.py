"""Claims of the explanations, on real films with the shipped weights; ``benchmarks/explanations.py`` has more."""

import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.faithfulness import delete_words, hide_parts
from genreclf import paths
from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.data.prepared import posters_of
from genreclf.explain.changes import words_of
from genreclf.explain.words import leave_groups_out, leave_one_out
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import find_weights

FOLDER = os.environ.get("GENRECLF_REAL_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="GENRECLF_REAL_DATA does not name the real data set's folder")
WORDS = 3


@pytest.fixture(scope="module")
def real(session_home) -> Catalogue:
    return load_catalogue(Path(FOLDER))


def shipped(model: str) -> Predictor:
    weights = (
        find_weights(model, choice=paths.SHIPPED_WEIGHTS / "imdb")
        if any(paths.SHIPPED_WEIGHTS.glob("imdb/*"))
        else None
    )
    if weights is None:
        pytest.skip(f"weights/imdb has no {model}")
    return Predictor(weights)


def sample_films(catalogue: Catalogue, count: int) -> tuple[np.ndarray, list[str]]:
    """Some films of the test split with enough words, and their overviews."""
    overviews = catalogue.films["overview"]
    long = [row for row in catalogue.in_split("test") if len(words_of(overviews[row])) > WORDS]
    rows = np.sort(np.random.default_rng(0).permutation(long)[:count])
    return rows, overviews.iloc[rows].tolist()


# fusion processes words as ``overview`` does; the benchmark includes it
@pytest.mark.parametrize(
    ("model", "count", "method"),
    [
        ("tfidf", 50, leave_one_out), ("lstm", 25, leave_one_out), ("lstm", 25, leave_groups_out),
        ("overview", 16, leave_one_out), ("overview", 16, leave_groups_out),
    ],
)  # fmt: skip
def test_important_words_change_the_prediction_more_than_random_ones(real, model, count, method):
    predictor = shipped(model)
    rows, overviews = sample_films(real, count)
    posters = posters_of(real, predictor.spec, rows) if predictor.spec.uses_poster else None
    effect = delete_words(predictor, overviews, posters, method, WORDS)
    assert effect.lead > 2 * effect.error
    assert effect.explained.mean() > 2 * effect.random.mean()


@pytest.mark.parametrize(("model", "count"), [("cnn", 100), ("fusion", 16)])
def test_hottest_quarter_changes_the_prediction_more_than_a_random_one(real, model, count):
    predictor = shipped(model)
    rows, overviews = sample_films(real, count)
    posters = posters_of(real, predictor.spec, rows)
    effect = hide_parts(predictor, posters, overviews if predictor.spec.uses_overview else None, draws=4)
    assert effect.lead > 2 * effect.error
