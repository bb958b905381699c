import json
import os
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import weight_sets

from genreclf import paths
from genreclf.errors import UserError
from genreclf.predict.predictor import Predictor
from genreclf.training.promote import publish
from genreclf.weights.folder import read_weights


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
    weights = publish(run, shipping / "fusion", "int8")
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
