import numpy as np
import pytest

from genreclf.data.prepared import posters_of
from genreclf.errors import UserError
from genreclf.explain import nearest as module
from genreclf.explain.nearest import LAYERS, film_vector, film_vectors, has_vectors, nearest
from genreclf.models import get_spec, list_models
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import read_weights


def test_every_model_has_its_layers():
    assert sorted(LAYERS) == sorted(list_models())


@pytest.mark.parametrize("model", [model for model in LAYERS if model != "fusion"])
def test_they_are_all_that_its_output_is_made_of(random_predictor, catalogue, some_poster, model):
    """Dropout, a constant factor and linear experts aside."""
    predictor = random_predictor(model)
    network, texts = predictor.keras_model, catalogue.films["overview"].tolist()[:3]
    posters = (
        np.stack([some_poster(predictor.spec.poster_size, at) for at in range(3)])
        if predictor.spec.uses_poster
        else None
    )
    heads = ("trained", "frozen") if model == "poster" else ("genres",)
    found = []
    for layer, head in zip(LAYERS[model], heads, strict=True):
        values = predictor.layer(layer, posters, texts)
        if model == "overview":
            values = values * network.get_layer("genres_faster").scale
        kernel, bias = network.get_layer(head).get_weights()
        found.append(values @ kernel + bias)
    told = network.layers[-1].activation(np.mean(found, axis=0))
    assert np.allclose(told, predictor.raw(posters, texts), atol=1e-4)


@pytest.mark.parametrize("model", ["cnn-small", "lstm-small", "cnn", "lstm"])
def test_the_nearest_by_the_cosine(random_weights, random_predictor, catalogue, home, model):
    weights, predictor = read_weights(random_weights / model), random_predictor(model)
    posters = posters_of(catalogue, predictor.spec) if predictor.spec.uses_poster else None
    (layer,) = LAYERS[model]
    vectors = predictor.layer(layer, posters, catalogue.films["overview"].tolist())
    lengths = np.linalg.norm(vectors, axis=1)
    cosines = vectors @ vectors[7] / lengths / lengths[7]
    expected = [at for at in np.argsort(-cosines) if at != 7][:5]
    found = nearest(catalogue, weights, 7)
    assert [film.similarity for film in found] == pytest.approx(cosines[expected], abs=2e-3)
    assert [film.id for film in found] == [catalogue.films["id"][film.position] for film in found]
    assert 7 not in {film.position for film in found}
    similarities = [film.similarity for film in found]
    assert similarities == sorted(similarities, reverse=True)
    assert max(similarities) <= 1


def test_they_are_kept_by_data_and_weights(random_weights, catalogue, home, monkeypatch):
    weights = read_weights(random_weights / "lstm-small")
    films = []
    assert not has_vectors(catalogue, weights)
    first = nearest(catalogue, weights, 3, on_batch=films.append)
    assert sum(films) == 60
    assert has_vectors(catalogue, weights)
    assert has_vectors(catalogue, weights, "test")
    monkeypatch.setattr(module, "Predictor", None)  # nobody is asked again
    assert nearest(catalogue, weights, 3) == first
    assert not has_vectors(catalogue, read_weights(random_weights / "lstm"))
    (file,) = home.glob("prepared/*/neighbours/*.npy")
    file.write_bytes(b"damaged")
    monkeypatch.undo()
    monkeypatch.setenv("GENRECLF_HOME", str(home))
    assert nearest(catalogue, weights, 3) == first


def test_of_one_split(random_weights, catalogue, home):
    weights, rows = read_weights(random_weights / "lstm-small"), catalogue.in_split("test")
    found = nearest(catalogue, weights, int(rows[0]), count=100, split="test")
    assert sorted(film.position for film in found) == sorted(rows[1:])
    other = catalogue.in_split("val")[0]
    assert len(nearest(catalogue, weights, int(other), count=100, split="test")) == len(rows)
    assert not has_vectors(catalogue, weights)
    film_vectors(catalogue, weights)
    both = [nearest(catalogue, weights, int(rows[0]), split="test"), found[:5]]
    assert both[0] == both[1]


def test_a_film_from_anywhere(random_weights, random_predictor, catalogue, home):
    weights, predictor = read_weights(random_weights / "lstm-small"), random_predictor("lstm-small")
    vector = film_vector(predictor, None, catalogue.films["overview"][4])
    assert np.linalg.norm(vector) == pytest.approx(1)
    found = nearest(catalogue, weights, vector, count=1)
    assert found[0].similarity == pytest.approx(1, abs=1e-3)
    unknown = nearest(catalogue, weights, film_vector(predictor, None, "Nobody knows it."), count=60)
    assert len(unknown) == 60
    assert unknown[0].similarity < 0.999


def test_fusion_compares_what_both_sides_saw(random_weights, random_predictor, few_films, some_poster, home):
    from genreclf.data.catalogue import load_catalogue

    catalogue, weights = load_catalogue(few_films), read_weights(random_weights / "fusion")
    predictor = random_predictor("fusion")
    vectors = film_vectors(catalogue, weights)
    assert vectors.shape == (len(catalogue), predictor.keras_model.get_layer("features").output.shape[-1])
    posters = posters_of(catalogue, get_spec("fusion"))
    vector = film_vector(predictor, posters[2], catalogue.films["overview"][2])
    assert vectors[2].astype(np.float32) @ vector == pytest.approx(1, abs=1e-3)
    assert nearest(catalogue, weights, 2, count=3) == nearest(catalogue, weights, 2)[:3]
    with pytest.raises(UserError, match="provide both"):
        film_vector(predictor, None, "A haunted house.")


def test_a_baseline_has_no_neighbours(trained_weights, catalogue):
    weights = read_weights(trained_weights / "tfidf")
    with pytest.raises(UserError, match="tfidf is a baseline"):
        nearest(catalogue, weights, 0)
    with pytest.raises(UserError, match="tfidf is a baseline"):
        film_vector(Predictor(weights), None, "A haunted house.")
