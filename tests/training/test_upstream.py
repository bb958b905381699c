"""Predictions of other models that a training needs: those of fusion's parts, and of a teacher."""

import dataclasses
import json
import os
import shutil

import numpy as np
import pandas as pd
import pytest

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.errors import UserError
from genreclf.evaluation.stored import catalogue_predictions
from genreclf.files import read_json
from genreclf.models import get_spec
from genreclf.predict.predictor import Predictor
from genreclf.recipes import further_films, get_recipe
from genreclf.runs.folder import StopRequested
from genreclf.runs.queue import new_run
from genreclf.training import callbacks, upstream
from genreclf.training.fit import train
from genreclf.weights.folder import find_weights, read_weights


@pytest.fixture
def _nothing_trained(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "shipped")


def test_fusion_stores_the_parts_that_it_was_trained_on(fusion_runs, fusion_weights):
    run, card = fusion_runs["fusion"], read_json(fusion_runs["fusion"].card_file)
    parts = read_weights(run.folder).parts()
    assert {model: part.folder for model, part in parts.items()} == {
        model: run.folder / "parts" / model for model in ("poster", "overview")
    }
    for model, part in parts.items():
        part.check()
        assert part.sha256 == card["parts"][model] == read_weights(fusion_weights / model).sha256
        assert part.calibration == read_weights(fusion_weights / model).calibration
    assert card["parameters"] > sum(part.card["parameters"] for part in parts.values())
    assert set(card["metrics"]) == {"val", "test"}


@pytest.mark.usefixtures("_nothing_trained")
@pytest.mark.parametrize("trained", [(), ("poster",)])
def test_fusion_without_its_parts_names_what_to_train(few_films, fusion_weights, trained):
    for model in trained:
        shutil.copytree(fusion_weights / model, paths.promoted_dir() / "imdb" / model)
    missing = "overview" if trained else "poster"
    with pytest.raises(
        UserError, match=f"^fusion combines poster and overview; train and promote {missing} on these films first"
    ):
        train(new_run("fusion", few_films))


# A teacher


@pytest.mark.usefixtures("shipped")
def test_a_teacher_predicts_the_train_split_once(few_films, monkeypatch):
    catalogue, weights = load_catalogue(few_films), find_weights("tfidf")
    run = new_run("lstm-small", few_films, teacher="tfidf")
    spec, recipe = get_spec("lstm-small"), run.config.recipe
    upstream.require_weights(run, spec, recipe, catalogue)
    assert upstream.provenance(run, spec, recipe) == {}, "it has not joined"
    monkeypatch.setattr(
        upstream, "same_genres_weights", lambda *arguments: pytest.fail("other weights may be in use now")
    )
    upstream.require_weights(run, spec, recipe, catalogue)  # resumed
    rows = catalogue.in_split("train")
    expected = np.zeros((len(catalogue), 25), np.float32)  # no validation and test films
    expected[rows] = catalogue_predictions(catalogue, weights)[rows]
    assert np.allclose(upstream.teacher_predictions(run, catalogue), expected, atol=1e-6)
    assert run.progress.phase == "teacher"
    monkeypatch.setattr(upstream, "Predictor", lambda *arguments: pytest.fail("predicted again"))
    assert np.allclose(upstream.teacher_predictions(run, catalogue), expected, atol=1e-6)
    assert upstream.provenance(run, spec, recipe) == {
        "teacher": {"model": "tfidf", "weights_sha256": weights.sha256, "data_digest": weights.card["data_digest"]}
    }


def test_a_teacher_made_of_parts_is_copied_with_them(few_films, fusion_weights):
    run = new_run("lstm-small", few_films, teacher="fusion")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upstream, "same_genres_weights", lambda model, _: read_weights(fusion_weights / model))
        upstream.require_weights(run, get_spec("lstm-small"), run.config.recipe, load_catalogue(few_films))
    copy = read_weights(run.backup_dir / "teacher")
    assert {part.folder.parent.parent for part in copy.parts().values()} == {copy.folder}


@pytest.mark.usefixtures("_nothing_trained")
def test_a_teacher_without_weights_is_reported(few_films):
    with pytest.raises(UserError, match=r"learns from the model overview, which has no weights .* --set teacher=\."):
        train(new_run("lstm-small", few_films, teacher="overview"))


# Initial weights and further films


def _trained(model, data, **settings):
    run = new_run(model, data, epochs=1, **settings)
    train(run)
    return read_weights(run.folder)


def _embedding(weights):
    return dict(zip(weights.vocabulary(), Predictor(weights).weight("embedding/embeddings"), strict=False))


@pytest.mark.slow
def test_a_training_starts_from_the_vectors_of_the_same_words(few_films, film_folder):
    first = _trained("lstm-small", few_films)
    second = _trained("lstm-small", film_folder, initial_weights=str(first.folder), learning_rate=1e-7)
    known, now = _embedding(first), _embedding(second)
    shared = sorted(set(known) & set(now))
    assert len(shared) > 5
    assert [*known].index(shared[-1]) != [*now].index(shared[-1]), "the words have other ids"
    for word in shared:
        np.testing.assert_allclose(now[word], known[word], atol=1e-4)
    for name in ("lstm/lstm_cell/kernel", "genres/bias"):
        np.testing.assert_allclose(Predictor(second).weight(name), Predictor(first).weight(name), atol=1e-4)
    assert second.card["initial_weights"]["weights_sha256"] == first.sha256
    assert os.sep not in second.card["settings"]["initial_weights"] + second.card["command"]


@pytest.mark.slow
def test_the_result_is_the_mean_of_initial_and_trained_weights(few_films):
    first = _trained("cnn-small", few_films)
    settings = {"initial_weights": str(first.folder), "learning_rate": 0.01}
    trained, mean = (_trained("cnn-small", few_films, **settings, initial_share=share) for share in (0.0, 0.25))
    for name in ("conv_1/kernel", "genres/bias"):
        values = [Predictor(each).weight(name) for each in (first, trained, mean)]
        assert np.abs(values[1] - values[0]).max() > 1e-3
        np.testing.assert_allclose(values[2], 0.25 * values[0] + 0.75 * values[1], atol=1e-6)
    assert mean.card["settings"]["initial_share"] == 0.25


@pytest.mark.slow
def test_an_interrupted_run_averages_with_the_same_initial_weights(few_films, monkeypatch):
    first = _trained("cnn-small", few_films)
    settings = {"initial_weights": str(first.folder), "learning_rate": 0.01, "initial_share": 0.5, "patience": 0}
    whole = new_run("cnn-small", few_films, epochs=2, **settings)
    train(whole)
    run = new_run("cnn-small", few_films, epochs=2, **settings)
    begin = callbacks.RunReporter.on_epoch_begin
    with monkeypatch.context() as patch:

        def begin_or_stop(reporter, epoch, logs=None):
            begin(reporter, epoch, logs)
            if epoch:
                raise StopRequested

        patch.setattr(callbacks.RunReporter, "on_epoch_begin", begin_or_stop)
        with pytest.raises(StopRequested):
            train(run)
    shutil.rmtree(first.folder)  # the run has a copy
    train(run)
    for name in ("conv_1/kernel", "genres/bias"):
        values = [Predictor(read_weights(each.folder)).weight(name) for each in (whole, run)]
        np.testing.assert_allclose(values[0], values[1], atol=1e-6)


def test_initial_weights_of_another_model_are_refused(few_films, fusion_weights):
    with pytest.raises(UserError, match="has no weights of lstm-small"):
        train(new_run("lstm-small", few_films, epochs=1, initial_weights=str(fusion_weights)))


@pytest.mark.slow
def test_further_films_are_trained_on_and_nothing_else(few_films, film_folder):
    own, further = load_catalogue(few_films), load_catalogue(film_folder)
    joined = own.with_training_films(further)
    added = set(further.films["id"]) - set(own.films["id"])
    assert added
    assert set(joined.films["id"][joined.in_split("train")]) == set(own.films["id"][own.in_split("train")]) | added
    for split in ("val", "test"):
        assert joined.films["id"][joined.in_split(split)].tolist() == own.films["id"][own.in_split(split)].tolist()
    assert [poster.path.stem for poster in joined.posters] == joined.films["id"].tolist()
    card = _trained("cnn-small", few_films, further_films=str(film_folder)).card
    assert card["films"]["train"] == len(joined.in_split("train"))
    assert card["further_films"] == len(added)
    assert card["data_digest"] == own.digest
    assert card["settings"]["further_films"] == film_folder.name


def test_a_teacher_of_overviews_does_not_predict_further_films_without_one(few_films, film_folder, monkeypatch):
    own, further = load_catalogue(few_films), load_catalogue(film_folder)
    monkeypatch.setattr(
        upstream, "same_genres_weights", lambda *arguments: read_weights(paths.SHIPPED_WEIGHTS / "sample" / "tfidf")
    )
    further = dataclasses.replace(further, films=further.films.assign(overview=""))
    joined = own.with_training_films(further)
    run = new_run("cnn-small", few_films, teacher="tfidf")
    upstream.require_weights(run, get_spec("cnn-small"), run.config.recipe, joined)
    predictions = upstream.teacher_predictions(run, joined)
    added = np.flatnonzero(joined.films["overview"] == "")
    assert len(added)
    assert np.array_equal(predictions[added], joined.labels[added])
    rows = own.in_split("train")
    assert not np.isin(predictions[rows], (0, 1)).any()


@pytest.mark.parametrize(("model", "teacher"), [("cnn-small", ""), ("lstm-small", "poster")])
def test_further_films_without_what_is_needed_are_refused_before_a_run(few_films, film_folder, model, teacher):
    shutil.rmtree(film_folder / "Images")
    recipe = get_recipe(model, further_films=str(film_folder), teacher=teacher)
    with pytest.raises(UserError, match=f"learns from posters.* {film_folder.name} has none"):
        further_films(load_catalogue(few_films), model, recipe)


def test_films_joined_with_some_that_have_no_posters_have_none(few_films, film_folder):
    shutil.rmtree(film_folder / "Images")
    joined = load_catalogue(few_films).with_training_films(load_catalogue(film_folder))
    assert not joined.has_posters
    recipe = get_recipe("lstm-small", further_films=str(film_folder))
    assert len(further_films(load_catalogue(few_films), "lstm-small", recipe)) > 12


def test_further_films_may_list_the_genres_in_another_order(few_films, film_folder):
    own, order = load_catalogue(few_films), load_catalogue(film_folder).genres[::-1]
    (film_folder / "dataset.json").write_text(json.dumps({"genres": order}))
    table = film_folder / "IMDB_overview_genres.csv"
    films = pd.read_csv(table)
    films.drop(columns=list(order)).to_csv(table, index=False)
    assert load_catalogue(film_folder).genres == order
    further = further_films(own, "lstm-small", get_recipe("lstm-small", further_films=str(film_folder)))
    assert further.genres == own.genres
    for names, labels in zip(further.films["genres"], further.labels, strict=True):
        assert {own.genres[at] for at in np.flatnonzero(labels)} == {*names}


def test_the_name_of_a_shipped_set_is_no_folder(few_films, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("imdb", "mine"):
        (tmp_path / name).mkdir()
    changes = [new_run("lstm-small", few_films, initial_weights=name).config.changes for name in ("imdb", "mine")]
    assert changes == [{"initial_weights": "imdb"}, {"initial_weights": os.path.realpath(tmp_path / "mine")}]
    further = new_run("lstm-small", few_films, further_films="imdb").config.changes
    assert further == {"further_films": os.path.realpath(tmp_path / "imdb")}, "it is never the name of a set"


def test_further_films_that_add_none_are_refused(few_films):
    recipe = get_recipe("lstm-small", further_films=str(few_films))
    with pytest.raises(UserError, match="has no further films"):
        further_films(load_catalogue(few_films), "lstm-small", recipe)


@pytest.mark.slow
@pytest.mark.parametrize("changed", ["own", "further"])
def test_films_that_changed_are_named_when_a_run_is_resumed(few_films, film_folder, tmp_path, changed):
    own = shutil.copytree(few_films, tmp_path / "own")
    run = new_run("cnn-small", own, epochs=1, further_films=str(film_folder))
    train(run)
    assert run.films.digest == load_catalogue(own).digest == run.card["data_digest"]
    assert run.films.further_digest == load_catalogue(film_folder).digest == run.card["further_digest"]
    folder = {"own": own, "further": film_folder}[changed]
    table = folder / "IMDB_overview_genres.csv"
    table.write_text("\n".join(table.read_text("utf-8").splitlines()[:-1]) + "\n", "utf-8")
    with pytest.raises(UserError, match=f"The data in {folder} changed"):
        train(run)
