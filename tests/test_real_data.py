"""Checks on the real data set, where ``GENRECLF_REAL_DATA`` names its folder: 5,689 films in the sample's layout."""

import os
from pathlib import Path

import numpy as np
import pytest

from genreclf import paths
from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.data.posters import open_poster, poster_array
from genreclf.data.prepared import prepare
from genreclf.evaluation.predictions import predict_split
from genreclf.files import read_json, write_json
from genreclf.genres import GENRES
from genreclf.locks import hold_lock
from genreclf.models import get_spec
from genreclf.predict.predictor import Predictor
from genreclf.training.corruptions import POSTERS
from genreclf.weights.folder import find_weights

FOLDER = os.environ.get("GENRECLF_REAL_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="GENRECLF_REAL_DATA does not name the real data set's folder")

# What the shipped models are meant to reach on the test split (see docs/models.md).
GOALS = {
    "cnn": {"bce": 0.215, "micro_f1": 0.45, "macro_f1": 0.20, "map": 0.22, "top1": 0.63},
    "lstm": {"bce": 0.180, "micro_f1": 0.57, "macro_f1": 0.40, "map": 0.38, "top1": 0.70},
    "poster": {"bce": 0.190, "micro_f1": 0.52, "macro_f1": 0.33, "map": 0.32, "top1": 0.73},
    "overview": {"bce": 0.160, "micro_f1": 0.62, "macro_f1": 0.47, "map": 0.48, "top1": 0.75},
    "fusion": {"bce": 0.148, "micro_f1": 0.66, "macro_f1": 0.52, "map": 0.53, "top1": 0.82},
}
CALIBRATION_ERROR = 0.02


@pytest.fixture(scope="module")
def real(session_home) -> Catalogue:
    return load_catalogue(Path(FOLDER))


@pytest.fixture(scope="module")
def scores(real, shared_tmp) -> dict[str, dict[str, float]]:
    """Every shipped model's scores on the test split."""
    stored = shared_tmp / "scores.json"
    with hold_lock(shared_tmp / "scores.lock", patience=300):
        if not stored.is_file():
            choice = paths.SHIPPED_WEIGHTS / "imdb"
            write_json(stored, predict_split(real, "test", choice=choice).summary() if _shipped("prior") else {})
    report = read_json(stored)
    return {**report.get("models", {}), **report.get("baselines", {})}


def _shipped(model: str) -> bool:
    return (paths.SHIPPED_WEIGHTS / "imdb" / model / "card.json").is_file()


def needs(*models: str):
    missing = [model for model in models if not _shipped(model)]
    return pytest.mark.skipif(bool(missing), reason=f"weights/imdb has no {', '.join(missing)}")


@needs("prior")
def test_no_model_chooses_worse_than_the_base_rates(scores):
    assert {name for name, found in scores.items() if found["micro_f1"] < scores["prior"]["micro_f1"]} == set()


def test_every_film_is_usable(real):
    info = real.info()
    assert (info["films"], info["problems"]) == (5_689, [])
    assert info["splits"] == {"train": 4_596, "val": 528, "test": 565}
    assert [name for name in GENRES if not info["genres"][name]] == ["Documentary", "News", "Reality-TV", "Short"]
    assert max(info["genres"], key=info["genres"].get) == "Drama"
    assert real.labels.sum(axis=1).min() >= 1
    assert real.labels.sum(axis=1).max() <= 3


def test_the_vocabulary_is_full(real, monkeypatch, session_home):
    monkeypatch.setenv("GENRECLF_HOME", str(session_home))  # where the measured models find the same arrays
    assert len(prepare(real, get_spec("lstm")).vocabulary) == 10_000


@pytest.mark.parametrize("model", GOALS)
def test_a_shipped_model_reaches_its_goals(scores, model):
    measured, goals = scores[model], GOALS[model]
    missed = {
        name: measured[name]
        for name, goal in goals.items()
        if (measured[name] > goal if name == "bce" else measured[name] < goal)
    }
    assert not missed
    card = find_weights(model, choice=paths.SHIPPED_WEIGHTS / "imdb").card
    assert card["metrics"]["test"]["calibration_error"] <= CALIBRATION_ERROR


def test_every_model_beats_the_base_rates_and_fusion_beats_all(scores):
    assert all(measured["bce"] < scores["prior"]["bce"] for model, measured in scores.items() if model != "prior")
    assert min(scores, key=lambda model: scores[model]["bce"]) == "fusion"


@needs("prior", "tfidf")
def test_the_baselines_have_their_expected_scores(scores):
    assert scores["prior"]["bce"] == pytest.approx(0.231, abs=0.006)
    assert scores["tfidf"]["bce"] < 0.2


@needs("prior")
def test_the_cards_state_what_is_measured(scores, real):
    for model, measured in scores.items():
        card = find_weights(model, choice=paths.SHIPPED_WEIGHTS / "imdb").card
        stated = {metric: card["metrics"]["test"][metric] for metric in measured}
        assert measured == pytest.approx(stated, abs=2e-4), f"{model} as it is shipped"
        assert card["data_digest"] == real.digest, model


@needs("poster")
def test_corrupted_posters_are_called_unlike_and_others_are_not(real):
    poster, rows = Predictor(find_weights("poster", choice="imdb")), real.in_split("test")[:120]
    size = poster.spec.poster_size
    for name, corrupt in {"as they are": None, **POSTERS}.items():
        opened = [open_poster(real.posters[row]) for row in rows]
        if corrupt:
            opened = [corrupt(image, np.random.default_rng(index)) for index, image in enumerate(opened)]
        pixels = np.stack([poster_array(image, size) for image in opened])
        share = poster.predict_with_parts(pixels).unfamiliar.mean()
        assert share > 0.85 if corrupt else share < 0.06, name
