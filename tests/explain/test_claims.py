"""What the explanations claim, on real films and with the shipped weights; ``benchmarks/explanations.py`` says more."""

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
        pytest.skip(f"weights/imdb holds no {model}")
    return Predictor(weights)


def films(catalogue: Catalogue, count: int) -> tuple[np.ndarray, list[str]]:
    """Some films of the test split with enough words, and their overviews."""
    overviews = catalogue.films["overview"]
    told = [row for row in catalogue.in_split("test") if len(words_of(overviews[row])) > WORDS]
    rows = np.sort(np.random.default_rng(0).permutation(told)[:count])
    return rows, overviews.iloc[rows].tolist()


# fusion reads as ``overview`` does; the benchmark asks it, too
@pytest.mark.parametrize(
    ("model", "count", "reading"),
    [
        ("tfidf", 50, leave_one_out), ("lstm", 25, leave_one_out), ("lstm", 25, leave_groups_out),
        ("overview", 16, leave_one_out), ("overview", 16, leave_groups_out),
    ],
)  # fmt: skip
def test_the_words_that_count_move_it_more_than_others_do(real, model, count, reading):
    predictor = shipped(model)
    rows, overviews = films(real, count)
    posters = posters_of(real, predictor.spec, rows) if predictor.spec.uses_poster else None
    moved = delete_words(predictor, overviews, posters, reading, WORDS)
    assert moved.lead > 2 * moved.error
    assert moved.explained.mean() > 2 * moved.random.mean()


@pytest.mark.parametrize(("model", "count"), [("cnn", 100), ("fusion", 16)])
def test_the_hottest_quarter_moves_it_more_than_another_does(real, model, count):
    predictor = shipped(model)
    rows, overviews = films(real, count)
    posters = posters_of(real, predictor.spec, rows)
    moved = hide_parts(predictor, posters, overviews if predictor.spec.uses_overview else None, draws=4)
    assert moved.lead > 2 * moved.error
