import json
import os
import shutil

import numpy as np
import odd_runs
import pytest
import weight_sets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.errors import UserError
from genreclf.evaluation.scoreboard import hardest_genres, score_table, scoreboard
from genreclf.files import sha256_of
from genreclf.predict.predictor import Predictor
from genreclf.training.promote import publish, unpromote
from genreclf.weights.folder import (
    available_weights,
    find_weights,
    promoted_weights,
    read_weights,
    weights_set_for,
    write_vocabulary,
)  # fmt: skip


@pytest.fixture
def prior(tmp_path):
    return weight_sets.write_prior(tmp_path / "prior")


# Reading


def test_a_card_describes_the_weights(trained_weights):
    weights = read_weights(trained_weights / "cnn-small")
    assert (weights.model, weights.origin) == ("cnn-small", "chosen")
    assert weights.file == trained_weights / "cnn-small" / "model.weights.h5"
    assert weights.thresholds.shape == (25,)
    assert weights.sha256 == sha256_of(weights.file)
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
        {"further_films": "many"}, {"further_films": -5}, {"further_films": True},
        {"familiarity": [0.5]}, {"familiarity": {"weights": [0.5] * 119, "bias": 0}},
        {"familiarity": {"weights": [0.5] * 120}}, {"familiarity": {"weights": ["x"] * 120, "bias": 0}},
    ],
    ids=str,
)  # fmt: skip
def test_an_invalid_card_is_reported(prior, changes):
    weight_sets.write_card(prior, "prior", "model.npz")
    card = json.loads((prior / "card.json").read_text())
    card |= changes
    (prior / "card.json").write_text(json.dumps({key: value for key, value in card.items() if value is not None}))
    with pytest.raises(UserError, match=r"card\.json"):
        read_weights(prior)


@pytest.mark.parametrize("content", [None, "", '{"model": "prior", "genr', "[]", "null", '"prior"', "3"])
def test_a_half_written_card_is_reported(prior, content):
    (prior / "card.json").unlink()
    if content is not None:
        (prior / "card.json").write_text(content)
    with pytest.raises(UserError, match=r"card\.json"):
        read_weights(prior)


@pytest.mark.parametrize("model", ["prior", "tfidf", "cnn-small"])
@pytest.mark.parametrize("damage", ["half", "one byte", "empty", "gone"])
def test_half_written_weights_are_reported(tmp_path, trained_weights, model, damage):
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
def test_a_half_written_vocabulary_is_reported(tmp_path, damage):
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
def test_invalid_weights_are_reported_even_if_the_card_matches(tmp_path, content, model):
    folder = tmp_path / model
    folder.mkdir()
    name = "model.weights.h5" if model == "cnn-small" else "model.npz"
    (folder / name).write_bytes(content)
    weights = read_weights(weight_sets.write_card(folder, model, name))
    with pytest.raises(UserError, match=f"do not fit the model {model}"):
        Predictor(weights)


def test_weights_of_another_model_are_reported(tmp_path, trained_weights):
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


# Hostile weights


@pytest.mark.parametrize("kind", odd_runs.SPECIAL)
@pytest.mark.parametrize("name", ["card.json", "model.npz"])
def test_only_regular_files_are_read(prior, name, kind):
    (prior / name).unlink()
    odd_runs.SPECIAL[kind](prior / name)
    with pytest.raises(UserError, match=name):
        Predictor(find_weights("prior", choice=prior))


@pytest.mark.parametrize("content", [odd_runs.DEEP, b'{"model": ' * 100_000, b" " * 3_000_000, b'{"model": "\\ud800"}'])
def test_a_card_that_cannot_be_read_is_reported(prior, content):
    (prior / "card.json").write_bytes(content)
    with pytest.raises(UserError, match=r"card\.json is damaged"):
        read_weights(prior)


CARD_FIELDS = (
    "model", "recipe", "genres", "thresholds", "weights_file", "weights_sha256", "calibration", "metrics", "parts",
    "settings", "films", "pretrained", "data", "data_digest", "run", "device", "seconds", "best_epoch", "weakest",
)  # fmt: skip


@given(
    name=st.sampled_from(CARD_FIELDS),
    value=st.sampled_from([
        True, -1, 0.5, odd_runs.HUGE, float("nan"), float("inf"), "x" * 5000, "a\0b", "../x", [], [None], [1e308] * 25,
        {"a": {"b": []}}, {"val": 3}, {"test": {}}, {"test": {"bce": "low"}}, {"scale": 0, "shift": 0}, {},
        {"train": "many"},        {"model_options": {"rank": 10**6}}, {"model_options": 3},
    ]),
)  # fmt: skip
@settings(derandomize=True, max_examples=150, deadline=None, database=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
def test_any_value_on_a_card_is_refused_or_harmless(prior, name, value):
    card = json.loads((weight_sets.write_card(prior, "prior", "model.npz") / "card.json").read_text())
    (prior / "card.json").write_text(json.dumps(card | {name: value}))
    try:
        weights = read_weights(prior)
        Predictor(weights).predict(films=1)
    except UserError:
        return
    scores = scoreboard([weights])
    assert score_table(scores).to_json()
    hardest_genres(scores)
    assert f"{(weights.card.get('films') or {}).get('train', 0):,}"
    assert str(weights.card.get("data", "?")).isprintable()
    assert len(weights.cache_key) < 120


def test_absurd_options_are_refused_before_anything_is_built(tmp_path, monkeypatch):
    folder = tmp_path / "overview"
    folder.mkdir()
    (folder / "model.weights.h5").write_bytes(b"")
    weight_sets.write_card(folder, "overview", "model.weights.h5", settings={"model_options": {"rank": 10**6}})
    with pytest.raises(UserError, match="rank is 1000000; choose a value from 0 to 64"):
        read_weights(folder)


def test_the_remedy_for_damaged_promoted_weights_works(home, shipped):
    folder = weight_sets.write_prior(paths.promoted_dir() / "imdb" / "prior")
    (folder / "card.json").write_text("{")
    with pytest.raises(UserError, match="genreclf runs reset prior --set imdb"):
        find_weights("prior")
    assert unpromote("prior", "imdb")
    assert find_weights("prior").origin == "shipped"


def test_promoted_weights_that_cannot_be_used_are_named(home):
    folder = weight_sets.write_prior(paths.promoted_dir() / "imdb" / "prior", run="r")
    assert promoted_weights() == [("prior", "imdb", "r", "")]
    (folder / "model.npz").unlink()
    shutil.copytree(folder, paths.promoted_dir() / "sample" / "tfidf")
    found = {each.model: each.damage for each in promoted_weights()}
    assert found == {"prior": "model.npz is missing", "tfidf": "they are of another model"}


@pytest.mark.parametrize("rest", ["a folder without a card", "an empty folder", "a file"])
def test_what_is_left_of_promoted_weights_is_not_passed_over(home, shipped, rest):
    folder = weight_sets.write_prior(paths.promoted_dir() / "imdb" / "prior")
    if rest == "a folder without a card":
        (folder / "card.json").unlink()
    else:
        shutil.rmtree(folder)
        folder.mkdir() if rest == "an empty folder" else folder.touch()
    with pytest.raises(UserError, match="genreclf runs reset prior --set imdb"):
        find_weights("prior")
    assert [bool(each.damage) for each in promoted_weights()] == [True]
    assert unpromote("prior", "imdb")
    assert find_weights("prior").origin == "shipped"


def test_a_folder_with_the_weights_of_another_model_is_refused(home, tmp_path):
    weight_sets.write_prior(paths.promoted_dir() / "imdb" / "cnn")
    with pytest.raises(UserError, match=r"of prior instead of cnn.*genreclf runs reset cnn --set imdb"):
        find_weights("cnn")
    weight_sets.write_prior(tmp_path / "set" / "cnn")
    with pytest.raises(UserError, match="of prior instead of cnn"):
        find_weights("cnn", choice=tmp_path / "set")


@pytest.mark.parametrize("model", ["prior", "cnn-small"])
def test_weights_that_cannot_be_used_are_not_published(tmp_path, model):
    folder, name = tmp_path / "source", "model.npz" if model == "prior" else "model.weights.h5"
    folder.mkdir()
    (folder / name).write_bytes(b"no weights")
    weight_sets.write_card(folder, model, name)
    with pytest.raises(UserError, match=f"{name} cannot be used"):
        publish(folder, tmp_path / "set" / model)
    assert not any((tmp_path / "set").iterdir())


def test_a_vocabulary_with_too_many_words_is_refused(tmp_path):
    source = weight_sets.write_untrained(tmp_path / "source", "lstm-small", ["war", "love", "space"])
    write_vocabulary(source, ["", "[UNK]", *map(str, range(10_000))])
    with pytest.raises(UserError, match=r"vocabulary\.txt is damaged .*10,002 words"):
        Predictor(read_weights(source))


@pytest.mark.parametrize("words", [["war", "love"], ["", "[UNK]", "war", "war"], ["", "[UNK]\r", "war\r"], [""]])
def test_a_vocabulary_whose_words_are_not_those_of_the_tokens_is_refused(tmp_path, words):
    source = weight_sets.write_untrained(tmp_path / "source", "lstm-small", ["war", "love", "space"])
    write_vocabulary(source, words)
    with pytest.raises(UserError, match=r"vocabulary\.txt is damaged .*each word once"):
        Predictor(read_weights(source))


# Which weights are used


def test_promoted_weights_replace_shipped_ones_until_reset(home, shipped, tmp_path):
    assert find_weights("prior").origin == "shipped"
    weight_sets.write_prior(paths.promoted_dir() / "imdb" / "prior")
    promoted = find_weights("prior")
    assert (promoted.origin, promoted.folder.parent.parent.parent) == ("promoted", home)
    assert find_weights("tfidf").origin == "shipped"
    assert find_weights("prior", "sample") is None
    assert find_weights("prior", choice="imdb").origin == "chosen"  # by name: the shipped ones
    assert find_weights("prior", choice="imdb").folder == shipped / "prior"
    assert unpromote("prior", "imdb")
    assert not unpromote("prior", "imdb")
    assert find_weights("prior").origin == "shipped"


def test_a_choice_is_a_set_or_a_folder_of_either_layout(shipped, prior, tmp_path):
    assert find_weights("tfidf", choice="imdb").folder == shipped / "tfidf"
    assert find_weights("tfidf", choice=shipped).folder == shipped / "tfidf"
    assert find_weights("prior", choice=str(prior)).folder == prior
    assert find_weights("tfidf", choice=prior) is None  # a folder of one model contains no other
    assert find_weights("cnn", choice=shipped) is None
    for missing in ("nowhere", tmp_path / "nowhere", "../imdb", ""):
        with pytest.raises(UserError, match="no weights called"):
            find_weights("tfidf", choice=missing)


def test_an_unknown_model_is_reported():
    with pytest.raises(UserError, match="no model 'gpt'"):
        find_weights("gpt")


def test_without_weights_none_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "none")
    assert find_weights("cnn") is None
    assert available_weights() == []


def test_available_weights_baselines_last(shipped):
    assert [weights.model for weights in available_weights()] == ["cnn-small", "prior", "tfidf"]


def test_the_sample_has_its_own_weights_if_they_are_shipped(catalogue, shipped, monkeypatch):
    assert weights_set_for(None) == weights_set_for(catalogue.folder) == "imdb"
    monkeypatch.setattr(paths, "SAMPLE", catalogue.folder)
    assert weights_set_for(catalogue.folder) == "imdb"
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", catalogue.folder.parent / "with-sample")
    (paths.SHIPPED_WEIGHTS / "sample").mkdir(parents=True)
    assert weights_set_for(catalogue.folder) == "sample"


def test_a_damaged_catalogue_still_has_weights(damaged_folder, shipped):
    loaded = load_catalogue(damaged_folder.folder)
    predictor = Predictor(find_weights("tfidf", weights_set_for(loaded.folder)))
    assert predictor.predict(None, loaded.films["overview"].tolist()).shape == (12, 25)
