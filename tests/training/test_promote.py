"""Promoting, publishing, shipping and unpromoting weights; a run stopped early can be used like a finished one."""

import dataclasses
import json
import os
import shutil
import threading
import time
from pathlib import Path

import film_sets
import h5py
import numpy as np
import pytest
import weight_sets

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.data.prepared import posters_of
from genreclf.errors import UserError
from genreclf.evaluation import predictions as module
from genreclf.evaluation.metrics import bce
from genreclf.evaluation.stored import catalogue_predictions
from genreclf.files import read_json, write_json
from genreclf.genres import GENRES
from genreclf.models import get_spec
from genreclf.predict.predictor import Predictor
from genreclf.recipes import get_recipe, has_teacher
from genreclf.runs.folder import Run, Status
from genreclf.runs.queue import new_run
from genreclf.training import worker
from genreclf.training.fit import train
from genreclf.training.promote import (
    can_promote,
    evaluate_again,
    is_promoted,
    promote,
    publish,
    ship,
    unpromote,
    weights_set_of,
)
from genreclf.weights.folder import find_weights, promoted_weights, read_weights, weights_for


@pytest.fixture
def finished(shared_film_folder) -> Run:
    """A completed run of the base rates."""
    run = new_run("prior", shared_film_folder)
    card = train(run)
    run.finish(Status.COMPLETED, metrics=card["metrics"])
    return run


@pytest.fixture
def _no_shipped_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "shipped")


@pytest.mark.usefixtures("_no_shipped_weights")
def test_promote_and_unpromote(finished):
    assert can_promote(finished)
    assert not is_promoted(finished)
    weights = promote(finished)
    assert weights.model == "prior"
    assert is_promoted(finished)
    assert find_weights("prior").card["run"] == finished.id
    assert unpromote("prior", "imdb")
    assert not is_promoted(finished)
    assert find_weights("prior") is None
    assert not unpromote("prior", "imdb")


@pytest.mark.usefixtures("_no_shipped_weights")
def test_shipped_weights_are_used_until_a_run_is_promoted(finished):
    shipped = ship(finished, "imdb")
    assert find_weights("prior").folder == shipped.folder == paths.SHIPPED_WEIGHTS / "imdb" / "prior"
    assert find_weights("prior").origin == "shipped"
    promote(finished)
    assert find_weights("prior").origin == "promoted"
    with pytest.raises(UserError, match="no set of weights 'best'"):
        ship(finished, "best")


@pytest.mark.usefixtures("_no_shipped_weights")
def test_shipped_weights_are_evaluated_in_their_shipped_form(finished, catalogue, monkeypatch):
    fixed = {split: np.full((len(catalogue.in_split(split)), 25), 0.4, np.float32) for split in ("val", "test")}
    monkeypatch.setattr(module, "catalogue_predictions", lambda catalogue, weights, split: fixed[split])
    card = ship(finished, "imdb").card
    labels = catalogue.labels[catalogue.in_split("test")]
    assert card["metrics"]["test"]["bce"] == pytest.approx(bce(labels, fixed["test"]), abs=1e-6)
    assert card["metrics"]["test"]["bce"] != read_json(finished.card_file)["metrics"]["test"]["bce"]
    assert find_weights("prior").card == card
    with pytest.raises(UserError, match="does not contain the films"):
        evaluate_again(find_weights("prior"), dataclasses.replace(catalogue, table_digest="f" * 64))


@pytest.mark.usefixtures("_no_shipped_weights")
def test_weights_that_cannot_be_evaluated_are_not_shipped(finished, monkeypatch):
    def broken(*_, **__):
        raise UserError("A poster changed.")

    monkeypatch.setattr(module, "catalogue_predictions", broken)
    with pytest.raises(UserError, match="A poster changed"):
        ship(finished, "imdb")
    assert find_weights("prior") is None
    monkeypatch.undo()
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", finished.folder.parent / "shipped")
    before = ship(finished, "imdb")
    monkeypatch.setattr(module, "catalogue_predictions", broken)
    with pytest.raises(UserError, match="A poster changed"):
        ship(finished, "imdb")
    assert find_weights("prior").card == before.card


def test_a_run_on_the_sample_belongs_to_the_samples_set_if_shipped(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "shipped")
    run = new_run("prior", paths.SAMPLE)
    assert weights_set_of(run) == "imdb"
    (tmp_path / "shipped" / "sample").mkdir(parents=True)
    assert weights_set_of(run) == "sample"
    assert weights_set_of(new_run("prior", tmp_path)) == "imdb"


@pytest.mark.parametrize("outcome", [Status.FAILED, None])
def test_a_failed_or_died_run_is_refused(finished, outcome):
    finished.exit_file.unlink()
    if outcome:
        finished.finish(outcome, "It failed.")
    assert not can_promote(finished)
    with pytest.raises(UserError, match=f"it is {outcome or 'died'}"):
        promote(finished)


def test_a_run_that_was_not_evaluated_is_refused(finished):
    write_json(finished.card_file, {**read_json(finished.card_file), "metrics": {}})
    with pytest.raises(UserError, match="no finished epoch"):
        promote(finished)


def test_damaged_weights_are_refused(finished):
    (finished.folder / "model.npz").write_bytes(b"half")
    with pytest.raises(UserError, match="damaged"):
        promote(finished)


@pytest.mark.parametrize("model", ["tfidf", "oracle", "..", ".", "../../runs", "/"])
@pytest.mark.usefixtures("_no_shipped_weights")
def test_weights_of_another_model_are_refused_and_replace_nothing(finished, home, model):
    """The run's folder may come from elsewhere, and the model's name decides which folder is replaced."""
    promote(finished)
    write_json(finished.config_file, read_json(finished.config_file) | {"model": model})
    before = sorted(home.rglob("*"))
    with pytest.raises(UserError, match="not of its own model"):
        promote(finished)
    assert sorted(home.rglob("*")) == before


def test_a_stopped_run_leaves_weights_that_can_be_used(shared_film_folder, monkeypatch):
    monkeypatch.setattr(worker.signal, "signal", lambda *_: None)  # keep this process's handler
    run = new_run("cnn-small", shared_film_folder, epochs=500, batch_size=16, augment=False, patience=500)

    def stop_after_an_epoch():
        while not run.epochs():
            time.sleep(0.02)
        run.stop_file.touch()

    stopper = threading.Thread(target=stop_after_an_epoch, daemon=True)
    stopper.start()
    assert worker.work(run) is Status.STOPPED
    stopper.join(5)
    assert run.status() is Status.STOPPED
    card = read_json(run.card_file)
    assert run.exit.metrics == card["metrics"]
    assert set(card["metrics"]) == {"val", "test"}
    assert card["best_epoch"] == run.best_epoch()["epoch"]
    assert promote(run).card["run"] == run.id


def test_a_run_stopped_before_its_first_epoch_has_no_card(shared_film_folder, monkeypatch):
    monkeypatch.setattr(worker.signal, "signal", lambda *_: None)
    run = new_run("prior", shared_film_folder)
    run.stop_file.touch()
    assert worker.work(run) is Status.STOPPED
    assert not run.exit.metrics
    assert not can_promote(run)


def test_only_a_known_set_can_be_unpromoted(home):
    precious = home.parent / "cnn"
    precious.mkdir()
    for weights_set in ("best", "../..", str(home.parent)):
        with pytest.raises(UserError, match="no set of weights"):
            unpromote("cnn", weights_set)
    assert precious.is_dir()


# Publishing


@pytest.fixture
def prior(tmp_path):
    return weight_sets.write_prior(tmp_path / "prior")


def test_published_weights_are_small_and_predict_the_same(tmp_path, catalogue):
    source = weight_sets.write_untrained(tmp_path / "run", "lstm-small", ["ghost", "love"])
    with h5py.File(source / "model.weights.h5", "a") as file:
        file["optimizer/vars/0"] = np.zeros(1000)
    weight_sets.write_card(source, "lstm-small", "model.weights.h5", best_epoch=3)
    published = publish(source, tmp_path / "set" / "lstm-small")
    assert (published.origin, published.card["best_epoch"]) == ("promoted", 3)
    assert sorted(os.listdir(published.folder)) == ["card.json", "model.weights.h5", "vocabulary.txt"]
    assert published.file.stat().st_size < 0.55 * (source / "model.weights.h5").stat().st_size
    kinds = set()
    with h5py.File(published.file) as file:
        assert "optimizer" not in file
        file.visititems(lambda _, item: kinds.add(item.dtype.name) if isinstance(item, h5py.Dataset) else None)
    assert kinds == {"float16"}
    overviews = catalogue.films["overview"].tolist()
    before, after = (Predictor(read_weights(folder)).predict(None, overviews) for folder in (source, published.folder))
    assert np.abs(before - after).max() < 1e-3


def test_a_baseline_is_published_unchanged(prior, tmp_path):
    published = publish(prior, tmp_path / "set" / "prior")
    assert published.file.read_bytes() == (prior / "model.npz").read_bytes()
    assert published.card == read_weights(prior).card


def test_publishing_replaces_existing_weights_or_leaves_them_intact(prior, tmp_path):
    old = weight_sets.write_prior(tmp_path / "set" / "prior", recipe="old")
    (old / "leftover").write_text("x")
    publish(prior, old)
    assert read_weights(old).card["recipe"] == "tuned"
    assert sorted(os.listdir(tmp_path / "set")) == ["prior"]
    assert sorted(os.listdir(old)) == ["card.json", "model.npz"]
    (prior / "model.npz").write_bytes(b"damaged")
    with pytest.raises(UserError, match="damaged"):
        publish(prior, old)
    read_weights(old).check()


@pytest.mark.parametrize(("form", "share", "off"), [("float16", 0.55, 1e-3), ("int8", 0.3, 5e-3)])
def test_published_weights_have_the_requested_form(tmp_path, catalogue, form, share, off):
    source = weight_sets.write_untrained(tmp_path / "run", "cnn-small")
    published = publish(source, tmp_path / "set" / "cnn-small", form)
    assert published.file.stat().st_size < share * (source / "model.weights.h5").stat().st_size
    posters = np.random.default_rng(0).integers(0, 255, (8, 64, 64, 3), np.uint8)
    before, after = (Predictor(read_weights(folder)).predict(posters) for folder in (source, published.folder))
    assert 0 < np.abs(before - after).max() < off
    again = publish(published.folder, tmp_path / "other" / "cnn-small", form)  # as for a copied part
    assert np.array_equal(Predictor(again).predict(posters), after)


def test_promoted_weights_contain_their_parts(fusion_runs, fusion_weights):
    """The models beside them may be replaced or unpromoted any time."""
    promoted = read_weights(fusion_weights / "fusion")
    for model, part in promoted.parts().items():
        assert part.folder == promoted.folder / "parts" / model
        assert part.sha256 == promoted.card["parts"][model]
    assert promoted.card["parts"] == read_weights(fusion_runs["fusion"].folder).card["parts"]


def test_shipped_weights_use_the_parts_beside_them_if_they_are_the_same(fusion_runs, fusion_weights, shipping):
    run = fusion_runs["fusion"].folder
    shutil.copytree(fusion_weights / "poster", shipping / "poster")
    weights = publish(run, shipping / "fusion", "int8")
    assert {model: part.folder for model, part in weights.parts().items()} == {
        "poster": shipping / "poster", "overview": shipping / "fusion" / "parts" / "overview",
    }  # fmt: skip
    shutil.copytree(fusion_weights / "overview", shipping / "overview")
    weights = publish(run, shipping / "fusion", "int8", load_catalogue(fusion_runs["fusion"].config.data))
    assert not (weights.folder / "parts").exists()
    part = weights.parts()["overview"]
    assert part.folder == shipping / "overview"
    assert sorted(os.listdir(weights.folder)) == ["card.json", "metrics.jsonl", "model.weights.h5"]
    history = [json.loads(line) for line in (weights.folder / "metrics.jsonl").read_text("utf-8").splitlines()]
    assert [event["event"] for event in history] == ["start", *["epoch"] * (len(history) - 1)]
    assert history[-1]["epoch"] == len(history) - 1
    again = publish(fusion_runs["overview"].folder, part.folder, part.card["form"])
    assert again.sha256 == part.sha256
    assert not (weights.folder / "parts").exists()  # the same weights with a new card: no copy is needed
    publish(fusion_runs["overview"].folder, part.folder, "float32")
    assert weights.parts()["overview"].folder == weights.folder / "parts" / "overview"


def test_weights_without_their_parts_are_not_published_and_leave_nothing(fusion_weights, tmp_path):
    source = Path(shutil.copytree(fusion_weights / "fusion", tmp_path / "alone" / "fusion"))
    shutil.rmtree(source / "parts", ignore_errors=True)
    with pytest.raises(UserError, match="weights of poster that are neither in it nor beside it"):
        publish(source, tmp_path / "set" / "fusion")
    for model in ("poster", "overview"):
        shutil.copytree(fusion_weights / model, tmp_path / "alone" / model)
    (tmp_path / "alone" / "poster" / "model.weights.h5").write_bytes(b"half")
    with pytest.raises(UserError, match=r"poster/model\.weights\.h5 is damaged"):
        publish(source, tmp_path / "set" / "fusion")
    assert not (tmp_path / "set").exists()


@pytest.fixture
def shipping(tmp_path, monkeypatch):
    """A folder that counts as the project's weights."""
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "weights")
    (tmp_path / "weights" / "imdb").mkdir(parents=True)
    return tmp_path / "weights" / "imdb"


# A data set with genres of its own
# ---------------------------------


@pytest.fixture
def own_run(tmp_path) -> Run:
    """A completed run on films with six genres of their own."""
    run = new_run("cnn-small", film_sets.write_own(tmp_path / "own"), epochs=1)
    run.finish(Status.COMPLETED, metrics=train(run)["metrics"])
    return run


@pytest.mark.slow
def test_weights_of_own_genres_are_used_for_their_films_with_baselines_and_for_no_others(own_run, catalogue):
    own = load_catalogue(own_run.config.data)
    assert weights_for("cnn-small", own) is None  # none are shipped
    assert weights_for("lstm", own).genres == ("Science Fiction",)  # the shipped ones, which know it as Sci-Fi
    weights = promote(own_run)
    assert weights.genres == own.genres == film_sets.OWN_GENRES
    assert weights.thresholds.shape == (6,)
    assert len(weights.card["metrics"]) == 2
    for model in ("cnn-small", "prior", "tfidf"):
        assert weights_for(model, own).genres == own.genres
        assert weights_for(model, own).card["data_digest"] == weights.card["data_digest"]
        others = find_weights(model), weights_for(model, catalogue)
        assert all(each is None or each.genres == GENRES for each in others)  # for any other films

    posters = posters_of(own.with_inputs(True, False), get_spec("cnn-small"))
    probabilities = Predictor(weights).predict(posters)
    assert probabilities.shape == (48, 6)
    np.testing.assert_allclose(Predictor(weights).raw(posters).sum(axis=1), 1, atol=1e-5)  # a softmax of six
    narrowed = weights.answering(["Noir", "sci-fi", "Heist"])
    assert narrowed.genres == ("sci-fi", "Heist")
    np.testing.assert_array_equal(Predictor(narrowed).predict(posters), probabilities[:, [4, 0]])
    assert narrowed.cache_key != weights.cache_key

    stored = catalogue_predictions(own, weights)
    lacking = [poster is None for poster in own.posters]
    assert np.isnan(stored[lacking]).all()
    np.testing.assert_allclose(stored[np.invert(lacking)], probabilities, atol=1e-6)
    weights_set = weights_set_of(own_run)
    assert [each.weights_set for each in promoted_weights()] == [weights_set] * 3
    assert unpromote("prior", weights_set)
    assert weights_for("prior", own).genres == ("Science Fiction",)


def test_a_teacher_or_a_part_of_other_genres_is_refused(tmp_path):
    folder = film_sets.write_own(tmp_path / "own", without_poster=1000, without_overview=1000)
    own = load_catalogue(folder)
    assert not has_teacher(own, "cnn")
    assert has_teacher(own, "cnn", "reference")
    assert not get_recipe("cnn", with_teacher=False).teacher
    with pytest.raises(UserError, match="poster on these films first"):
        train(new_run("fusion", folder))
    with pytest.raises(UserError, match="no weights for the genres of these films"):
        train(new_run("cnn", folder, teacher="poster"))
    with pytest.raises(UserError, match="other genres"):
        train(new_run("cnn", folder, with_teacher=False, initial_weights="imdb"))
