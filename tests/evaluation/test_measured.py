import json
import shutil

import film_sets
import numpy as np
import pytest

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.errors import UserError
from genreclf.evaluation import stored as module
from genreclf.evaluation.measured import evaluate, wrong_films
from genreclf.evaluation.metrics import METRICS, evaluate_probabilities
from genreclf.evaluation.stored import catalogue_predictions, stored_predictions
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import find_weights, read_weights


def test_models_and_baselines_beside_them(catalogue, shipped):
    report = evaluate(catalogue)
    assert (report["split"], report["n"]) == ("test", 8)
    assert list(report["models"]) == ["cnn-small"]
    assert list(report["baselines"]) == ["prior", "tfidf"]
    for figures in (*report["models"].values(), *report["baselines"].values()):
        assert list(figures) == list(METRICS)
    json.dumps(report)


@pytest.mark.parametrize(("split", "films"), [("all", 60), ("train", 47), ("val", 5), ("test", 8)])
def test_a_split_is_measured_on_its_films_only(catalogue, shipped, split, films):
    report = evaluate(catalogue, split, ["tfidf"])
    assert (report["n"], report["models"]) == (films, {})
    rows = catalogue.in_split(split)
    overviews = [catalogue.films["overview"][row] for row in rows]
    weights = find_weights("tfidf")
    expected = evaluate_probabilities(
        catalogue.labels[rows], Predictor(weights).predict(None, overviews), weights.thresholds
    )
    assert report["baselines"]["tfidf"] == pytest.approx(expected)


def test_the_figures_of_a_card_are_those_of_the_report(catalogue, shipped):
    """What a training wrote down and what is measured from the published weights agree."""
    for split in ("val", "test"):
        report = evaluate(catalogue, split)
        for name, figures in {**report["models"], **report["baselines"]}.items():
            card = find_weights(name).card["metrics"][split]
            assert figures["bce"] == pytest.approx(card["bce"], abs=2e-3), (name, split)
            assert figures["map"] == pytest.approx(card["map"], abs=0.05), (name, split)


def test_models_by_name(catalogue, shipped):
    assert list(evaluate(catalogue, models=["cnn-small"])["models"]) == ["cnn-small"]
    with pytest.raises(UserError, match="no weights for cnn;"):
        evaluate(catalogue, models=["cnn"])
    with pytest.raises(UserError, match="no model 'gpt'"):
        evaluate(catalogue, models=["gpt"])


def test_baselines_come_from_the_same_folder_as_the_models(catalogue, shipped, tmp_path):
    shutil.copytree(shipped / "cnn-small", tmp_path / "mine" / "cnn-small")
    report = evaluate(catalogue, choice=tmp_path / "mine")
    assert (list(report["models"]), report["baselines"]) == (["cnn-small"], {})


def test_a_split_without_a_film_is_told(tmp_path, shipped):
    small = load_catalogue(film_sets.write_set(tmp_path / "small", film_sets.films(4)[1:]))
    with pytest.raises(UserError, match="no film in its test split"):
        evaluate(small)
    with pytest.raises(UserError, match="no split 'dev'"):
        evaluate(small, "dev")


def test_a_set_of_one_film_is_measured(tmp_path, shipped):
    one = load_catalogue(film_sets.write_set(tmp_path / "one", film_sets.films(1)))  # tt0000001 is of test
    report = evaluate(one, "test", ["tfidf"])
    assert report["n"] == 1
    assert all(np.isfinite(figure) for figure in report["baselines"]["tfidf"].values())


def test_wrong_films_are_those_whose_best_guess_is_false(catalogue, shipped):
    weights = find_weights("tfidf")
    wrong = wrong_films(catalogue, weights)
    assert (wrong.dtype, wrong.shape) == (bool, (60,))
    assert 1 - wrong.mean() == pytest.approx(evaluate(catalogue, "all", ["tfidf"])["baselines"]["tfidf"]["top1"])
    best = catalogue_predictions(catalogue, weights).argmax(axis=1)
    assert [catalogue.labels[row, best[row]] == 0 for row in range(60)] == wrong.tolist()


# Predictions kept on disk


def test_predictions_are_computed_once(catalogue, shipped, monkeypatch):
    weights = find_weights("tfidf")
    assert stored_predictions(catalogue, weights) is None
    first = catalogue_predictions(catalogue, weights)
    assert (first.dtype, first.shape) == (np.float32, (60, 25))
    monkeypatch.setattr(module, "Predictor", lambda weights: pytest.fail("predicted again"))
    assert np.array_equal(catalogue_predictions(catalogue, weights), first)


def test_other_data_weights_or_calibration_are_predicted_anew(catalogue, shipped, tmp_path, film_folder):
    weights = find_weights("tfidf")
    catalogue_predictions(catalogue, weights)
    for change in ({"weights_sha256": "0" * 64}, {"calibration": {"scale": 1.5, "shift": 0.0}}):
        folder = shutil.copytree(shipped / "tfidf", tmp_path / str(len(list(tmp_path.iterdir()))))
        card = json.loads((folder / "card.json").read_text())
        (folder / "card.json").write_text(json.dumps(card | change))
        assert stored_predictions(catalogue, read_weights(folder)) is None
    (film_folder / "Images" / "tt0000001.jpg").write_bytes(film_sets.jpeg((1, 2, 3)))
    assert stored_predictions(load_catalogue(film_folder), weights) is None


def test_damaged_predictions_are_made_again(catalogue, shipped, home):
    weights = find_weights("tfidf")
    first = catalogue_predictions(catalogue, weights)
    (file,) = home.glob("prepared/*/predictions/*.npy")
    for content in (b"", file.read_bytes()[:200], b"junk"):
        file.write_bytes(content)
        assert np.array_equal(catalogue_predictions(catalogue, weights), first)
    np.save(file, first[:3])
    assert np.array_equal(catalogue_predictions(catalogue, weights), first)


def test_a_home_that_cannot_be_written_costs_only_time(catalogue, shipped, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("GENRECLF_HOME", str(tmp_path / "file"))
    assert catalogue_predictions(catalogue, find_weights("tfidf")).shape == (60, 25)
    assert paths.home().is_file()
