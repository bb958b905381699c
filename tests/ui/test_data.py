import dataclasses
import os
import time
from types import SimpleNamespace

import film_sets
import numpy as np
import predicted_sets
import pytest

from genreclf.data.catalogue import TABLE_NAME, load_catalogue
from genreclf.data.thumbnails import thumbnails
from genreclf.errors import UserError
from genreclf.predict.film import catalogue_image
from genreclf.predict.predictor import Predictor
from genreclf.ui import data
from genreclf.weights.folder import read_weights

MODELS = ("overview", "fusion", "poster")


@pytest.fixture
def calls(monkeypatch) -> list[str]:
    """The models that predicted."""
    found: list[str] = []
    predict = Predictor.predict_with_parts

    def recorded(self, *arguments, **more):
        found.append(self.spec.name)
        return predict(self, *arguments, **more)

    monkeypatch.setattr(Predictor, "predict_with_parts", recorded)
    return found


@pytest.mark.usefixtures("home")
def test_a_films_predictions_by_fusion_include_those_of_its_parts(few_films, fusion_weights, calls):
    catalogue = load_catalogue(few_films)
    models = [read_weights(fusion_weights / model) for model in MODELS]
    found = data.film_predictions(catalogue, 0, models, on_error=pytest.fail)
    assert calls == ["fusion"]
    assert [prediction.weights.model for prediction in found] == list(MODELS)
    for prediction in found:
        (alone,) = data.film_predictions(catalogue, 0, [prediction.weights], on_error=pytest.fail)
        assert np.allclose(alone.probabilities, prediction.probabilities, atol=1e-5)
    assert sorted(calls) == ["fusion", "overview", "poster"]


@pytest.mark.usefixtures("home")
def test_stored_predictions_are_shown_where_the_network_cannot_be_loaded(few_films, tmp_path):
    catalogue = load_catalogue(few_films)
    familiarity = {"weights": [0.0] * 120, "bias": 1.0}
    weights = predicted_sets.write_weights(tmp_path, catalogue, "poster", familiarity=familiarity, data_digest="other")
    predicted_sets.store(catalogue, weights, np.full((len(catalogue), 25), 0.5, np.float32), "all")
    errors = []
    (found,) = data.film_predictions(catalogue, 0, [weights], on_error=errors.append)
    assert (found.probabilities == 0.5).all()
    assert not found.unfamiliar
    assert len(errors) == 1
    learned_from = predicted_sets.write_weights(tmp_path / "2", catalogue, "poster", familiarity=familiarity,
                                                data_digest="other", further_digest=catalogue.digest)  # fmt: skip
    predicted_sets.store(catalogue, learned_from, np.full((len(catalogue), 25), 0.5, np.float32), "all")
    (found,) = data.film_predictions(catalogue, 0, [learned_from], on_error=pytest.fail)
    assert not found.unfamiliar, "the network is not asked"


@pytest.mark.usefixtures("home")
def test_a_model_that_cannot_predict_is_left_out(few_films, fusion_weights, trained_weights):
    catalogue = load_catalogue(few_films)
    missing = tuple(poster._replace(path=few_films / "moved") for poster in catalogue.posters)
    catalogue = dataclasses.replace(catalogue, posters=missing, digest="e" * 64, inputs_digest="e" * 64)
    errors: list[UserError] = []
    models = [read_weights(fusion_weights / "poster"), read_weights(trained_weights / "tfidf")]
    found = data.film_predictions(catalogue, 0, models, errors.append)
    assert [prediction.weights.model for prediction in found] == ["tfidf"]
    assert len(errors) == 1


@pytest.fixture
def films(film_folder, monkeypatch):
    """A function that returns the current catalogue of the 60 films, as the next view of a page does."""
    monkeypatch.setattr(data, "current_source", lambda: SimpleNamespace(folder=film_folder))

    def view():
        time.sleep(0.1)  # a visitor is not as fast as a test
        return data.current_catalogue()

    return view


def rewritten(path, content: bytes) -> None:
    """Write a file in place, with its old modification time."""
    status = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_an_unchanged_set_is_loaded_once(films):
    assert films() is films()


@pytest.mark.parametrize("way", ["in place", "replaced", "linked"])
def test_a_poster_that_was_replaced_is_seen_on_the_next_view(films, film_folder, trained_weights, way):
    weights = read_weights(trained_weights / "cnn-small")
    old = films()
    path = old.poster("tt0000007").path
    content = path.read_bytes()
    other = film_sets.jpeg((20, 220, 30), quality=5)
    other += bytes(len(content) - len(other))  # of the same size
    (seen,) = data.film_predictions(old, 6, [weights], on_error=pytest.fail)
    (tile,) = thumbnails(old, ["tt0000007"])
    if way == "in place":
        rewritten(path, other)
    else:
        new = film_folder / "new.jpg"
        new.write_bytes(other)
        os.utime(new, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
        if way == "replaced":
            new.replace(path)
        else:
            path.unlink()
            path.symlink_to(new)
    with pytest.raises(UserError, match=r"tt0000007\.jpg changed .*reload the page"):
        catalogue_image(old.poster("tt0000007"))
    current = films()
    assert current.digest != old.digest
    assert catalogue_image(current.poster("tt0000007")).getpixel((30, 50))[1] > 150
    (now,) = data.film_predictions(current, 6, [weights], on_error=pytest.fail)
    assert not np.array_equal(now.probabilities, seen.probabilities)
    assert thumbnails(current, ["tt0000007"]) != [tile]


def test_a_poster_that_was_mended_or_added_or_removed_is_seen_on_the_next_view(films):
    path = films().poster("tt0000007").path
    content = path.read_bytes()
    rewritten(path, content[: len(content) // 2] + bytes(len(content) - len(content) // 2))
    assert [problem.id for problem in films().problems] == ["tt0000007"]
    rewritten(path, content)
    assert not films().problems
    path.unlink()
    assert [problem.id for problem in films().problems] == ["tt0000007"]
    path.with_suffix(".jpeg").write_bytes(content)
    assert not films().problems


def test_a_table_that_was_changed_is_read_on_the_next_view(films, film_folder):
    table = film_folder / TABLE_NAME
    content = table.read_bytes()
    assert films().films["overview"][0] in content.decode()
    rewritten(table, content.replace(b"In a", b"On a", 1))
    assert films().films["overview"][0].startswith("On a")
