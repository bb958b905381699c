import json
import os
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import weight_sets

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.errors import UserError
from genreclf.models.baselines import Prior
from genreclf.predict.predictor import Predictor
from genreclf.weights import folder as module
from genreclf.weights.folder import available_weights, find_weights, read_weights, weights_set_for
from genreclf.weights.publish import publish, reset


def write_prior(folder, **changes):
    """The smallest weights there are."""
    folder.mkdir(parents=True)
    Prior(np.linspace(0.01, 0.9, 25)).save(folder / "model.npz")
    return weight_sets.write_card(folder, "prior", "model.npz", **changes)


@pytest.fixture
def prior(tmp_path):
    return write_prior(tmp_path / "prior")


# Reading


def test_a_card_says_what_the_weights_are(trained_weights):
    weights = read_weights(trained_weights / "cnn-small")
    assert (weights.model, weights.origin) == ("cnn-small", "chosen")
    assert weights.file == trained_weights / "cnn-small" / "model.weights.h5"
    assert weights.thresholds.shape == (25,)
    assert weights.sha256 == module.sha256_of(weights.file)
    weights.check()
    keys = """model recipe settings seed data data_digest films genres thresholds calibration metrics versions command
        seconds device parameters best_epoch trained"""
    for key in keys.split():
        assert weights.card[key] not in (None, "", []), key
    assert set(weights.card["metrics"]) == {"val", "test"}
    assert weights.card["films"] == {"train": 47, "val": 5, "test": 8}
    assert str(paths.PROJECT) not in json.dumps(weights.card)


@pytest.mark.parametrize(
    "changes",
    [
        {"genres": None}, {"genres": ["Drama"]},
        {"thresholds": None}, {"thresholds": 0.5}, {"thresholds": [0.5] * 24},
        {"thresholds": ["high"] * 25}, {"thresholds": [float("nan")] * 25}, {"thresholds": [None] * 25},
        {"calibration": None}, {"calibration": {}}, {"calibration": {"scale": "x", "shift": 0}},
        {"model": None}, {"model": "gpt"}, {"model": ["prior"]}, {"weights_file": "../model.npz"}, {"weights_file": 3},
        {"weights_sha256": None}, {"metrics": None}, {"recipe": None},
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_card_is_told(prior, changes):
    weight_sets.write_card(prior, "prior", "model.npz")
    card = json.loads((prior / "card.json").read_text())
    card |= changes
    (prior / "card.json").write_text(json.dumps({key: value for key, value in card.items() if value is not None}))
    with pytest.raises(UserError, match=r"card\.json"):
        read_weights(prior)


@pytest.mark.parametrize("content", [None, "", '{"model": "prior", "genr', "[]", "null", '"prior"', "3"])
def test_a_half_written_card_is_told(prior, content):
    (prior / "card.json").unlink()
    if content is not None:
        (prior / "card.json").write_text(content)
    with pytest.raises(UserError, match=r"card\.json"):
        read_weights(prior)


@pytest.mark.parametrize("model", ["prior", "tfidf", "cnn-small"])
@pytest.mark.parametrize("damage", ["half", "one byte", "empty", "gone"])
def test_half_written_numbers_are_told(tmp_path, trained_weights, model, damage):
    folder = shutil.copytree(trained_weights / model, tmp_path / model)
    file = read_weights(folder).file
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes({"half": content[: len(content) // 2], "one byte": content}.get(damage, b""))
    if damage == "gone":
        file.unlink()
    with pytest.raises(UserError, match=file.name):
        Predictor(read_weights(folder))


@pytest.mark.parametrize("damage", ["half", "gone"])
def test_a_half_written_vocabulary_is_told(tmp_path, damage):
    source = weight_sets.write_untrained(tmp_path / "source", "lstm-small", ["war", "love", "space"])
    folder = publish(source, tmp_path / "lstm-small").folder
    vocabulary = folder / "vocabulary.txt"
    Predictor(read_weights(folder))
    if damage == "half":
        vocabulary.write_text(vocabulary.read_text()[:10])
    else:
        vocabulary.unlink()
    with pytest.raises(UserError, match=r"vocabulary\.txt"):
        Predictor(read_weights(folder))


@pytest.mark.parametrize("content", [b"", b"junk", b"PK\x03\x04 and then nothing"])
@pytest.mark.parametrize("model", ["prior", "tfidf", "cnn-small"])
def test_numbers_of_another_kind_are_told_even_where_the_card_agrees(tmp_path, content, model):
    folder = tmp_path / model
    folder.mkdir()
    name = "model.weights.h5" if model == "cnn-small" else "model.npz"
    (folder / name).write_bytes(content)
    weights = read_weights(weight_sets.write_card(folder, model, name))
    with pytest.raises(UserError, match=f"do not fit the model {model}"):
        Predictor(weights)


def test_weights_of_another_model_are_told(tmp_path, trained_weights):
    for model, other in (("cnn-small", "cnn"), ("prior", "tfidf")):
        folder = shutil.copytree(trained_weights / model, tmp_path / model)
        card = json.loads((folder / "card.json").read_text())
        (folder / "card.json").write_text(json.dumps(card | {"model": other}))
        with pytest.raises(UserError, match=f"do not fit the model {other}"):
            Predictor(read_weights(folder))


def test_nothing_is_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    folder = tmp_path / "prior"
    folder.mkdir()
    np.savez(folder / "model.npz", rates=np.array([Trap()], dtype=object))
    with pytest.raises(UserError):
        Predictor(read_weights(weight_sets.write_card(folder, "prior", "model.npz")))
    assert not (tmp_path / "sprung").exists()


# Which weights answer


def test_promoted_weights_go_before_shipped_ones_until_reset(home, shipped, tmp_path):
    assert find_weights("prior").origin == "shipped"
    write_prior(paths.promoted_dir() / "imdb" / "prior")
    promoted = find_weights("prior")
    assert (promoted.origin, promoted.folder.parent.parent.parent) == ("promoted", home)
    assert find_weights("tfidf").origin == "shipped"
    assert find_weights("prior", "sample") is None
    assert find_weights("prior", choice="imdb").origin == "chosen"  # by name: what is shipped
    assert find_weights("prior", choice="imdb").folder == shipped / "prior"
    assert reset("prior", "imdb")
    assert not reset("prior", "imdb")
    assert find_weights("prior").origin == "shipped"


def test_a_choice_is_a_set_or_a_folder_of_either_layout(shipped, prior, tmp_path):
    assert find_weights("tfidf", choice="imdb").folder == shipped / "tfidf"
    assert find_weights("tfidf", choice=shipped).folder == shipped / "tfidf"
    assert find_weights("prior", choice=str(prior)).folder == prior
    assert find_weights("tfidf", choice=prior) is None  # a folder of one model holds no other
    assert find_weights("cnn", choice=shipped) is None
    for nothing in ("nowhere", tmp_path / "nowhere", "../imdb", ""):
        with pytest.raises(UserError, match="no weights called"):
            find_weights("tfidf", choice=nothing)


def test_an_unknown_model_is_told():
    with pytest.raises(UserError, match="no model 'gpt'"):
        find_weights("gpt")


def test_where_there_are_no_weights_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "none")
    assert find_weights("cnn") is None
    assert available_weights() == []


def test_available_weights_baselines_last(shipped):
    assert [weights.model for weights in available_weights()] == ["cnn-small", "prior", "tfidf"]


def test_the_sample_has_weights_of_its_own_where_they_are_shipped(catalogue, shipped, monkeypatch):
    assert weights_set_for(None) == weights_set_for(catalogue) == "imdb"
    monkeypatch.setattr(paths, "SAMPLE", catalogue.folder)
    assert weights_set_for(catalogue) == "imdb"
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", catalogue.folder.parent / "with-sample")
    (paths.SHIPPED_WEIGHTS / "sample").mkdir(parents=True)
    assert weights_set_for(catalogue) == "sample"


# Publishing


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


def test_a_baseline_is_published_as_it_is(prior, tmp_path):
    published = publish(prior, tmp_path / "set" / "prior")
    assert published.file.read_bytes() == (prior / "model.npz").read_bytes()
    assert published.card == read_weights(prior).card


def test_publishing_replaces_what_is_there_or_leaves_it(prior, tmp_path):
    old = write_prior(tmp_path / "set" / "prior", recipe="old")
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
def test_weights_are_published_in_a_form(tmp_path, catalogue, form, share, off):
    source = weight_sets.write_untrained(tmp_path / "run", "cnn-small")
    published = publish(source, tmp_path / "set" / "cnn-small", form)
    assert published.file.stat().st_size < share * (source / "model.weights.h5").stat().st_size
    posters = np.random.default_rng(0).integers(0, 255, (8, 64, 64, 3), np.uint8)
    before, after = (Predictor(read_weights(folder)).predict(posters) for folder in (source, published.folder))
    assert 0 < np.abs(before - after).max() < off
    again = publish(published.folder, tmp_path / "other" / "cnn-small", form)  # as when a part is handed on
    assert np.array_equal(Predictor(again).predict(posters), after)


def test_what_is_promoted_carries_its_parts(fusion_runs, fusion_weights):
    """The models beside it may be replaced or reset any time."""
    promoted = read_weights(fusion_weights / "fusion")
    for model, part in promoted.parts().items():
        assert part.folder == promoted.folder / "parts" / model
        assert part.sha256 == promoted.card["parts"][model]
    assert promoted.card["parts"] == read_weights(fusion_runs["fusion"].folder).card["parts"]


def test_what_is_shipped_uses_the_parts_beside_it_where_they_are_the_same(fusion_runs, fusion_weights, shipping):
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
    assert not (weights.folder / "parts").exists()  # a new card for the same numbers leaves nothing to keep
    publish(fusion_runs["overview"].folder, part.folder, "float32")
    assert weights.parts()["overview"].folder == weights.folder / "parts" / "overview"


def test_what_lacks_its_parts_is_not_published_and_leaves_nothing(fusion_weights, tmp_path):
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
    """A folder of weights that is the project's."""
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "weights")
    (tmp_path / "weights" / "imdb").mkdir(parents=True)
    return tmp_path / "weights" / "imdb"


def test_a_catalogue_with_damage_still_has_weights(damaged_folder, shipped):
    loaded = load_catalogue(damaged_folder.folder)
    predictor = Predictor(find_weights("tfidf", weights_set_for(loaded)))
    assert predictor.predict(None, loaded.films["overview"].tolist()).shape == (12, 25)
