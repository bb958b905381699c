import numpy as np
import pytest

from genreclf.data.prepared import posters_of
from genreclf.errors import UserError
from genreclf.explain import nearest as module
from genreclf.explain.nearest import film_vector, film_vectors, nearest, stored_vectors
from genreclf.models import get_spec, list_models
from genreclf.models.fusion import PART_FEATURES
from genreclf.predict.export import keras_model
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import read_weights


def test_every_model_has_its_layers():
    assert all(get_spec(model).layers for model in list_models())


@pytest.mark.parametrize("model", [model for model in list_models() if model != "fusion"])
def test_outputs_follow_from_the_compared_layers(random_predictor, catalogue, some_poster, model):
    """Apart from dropout, a constant factor and linear experts."""
    predictor = random_predictor(model)
    network, texts = keras_model(predictor.weights), catalogue.films["overview"].tolist()[:3]
    posters = (
        np.stack([some_poster(predictor.spec.poster_size, at) for at in range(3)])
        if predictor.spec.uses_poster
        else None
    )
    heads = ("trained", "frozen") if model == "poster" else ("genres",)
    found = []
    for layer, head in zip(predictor.spec.layers, heads, strict=True):
        (values,) = predictor.layers([layer], posters, texts)
        if model == "overview":
            values = values * network.get_layer("genres_faster").scale
        kernel, bias = network.get_layer(head).get_weights()
        found.append(values @ kernel + bias)
    probabilities = network.layers[-1].activation(np.mean(found, axis=0))
    assert np.allclose(probabilities, predictor.raw(posters, texts), atol=1e-4)


@pytest.mark.parametrize("model", ["cnn-small", "lstm-small", "cnn", "lstm"])
def test_nearest_have_the_largest_cosine_similarity(random_weights, random_predictor, catalogue, home, model):
    weights, predictor = read_weights(random_weights / model), random_predictor(model)
    posters = posters_of(catalogue, predictor.spec) if predictor.spec.uses_poster else None
    (layer,) = predictor.spec.layers
    (vectors,) = predictor.layers([layer], posters, catalogue.films["overview"].tolist())
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


def test_vectors_are_stored_by_data_and_weights(random_weights, catalogue, home, monkeypatch):
    weights = read_weights(random_weights / "lstm-small")
    films = []
    assert stored_vectors(catalogue, weights) is None
    film_vectors(catalogue, weights, on_batch=films.append)
    first = nearest(catalogue, weights, 3)
    assert sum(films) == 60
    assert stored_vectors(catalogue, weights) is not None
    assert stored_vectors(catalogue, weights, "test") is not None
    monkeypatch.setattr(module, "Predictor", None)  # nothing is computed again
    assert nearest(catalogue, weights, 3) == first
    assert stored_vectors(catalogue, read_weights(random_weights / "lstm")) is None
    (file,) = home.glob("prepared/*/neighbours/*.npy")
    file.write_bytes(b"damaged")
    monkeypatch.undo()
    monkeypatch.setenv("GENRECLF_HOME", str(home))
    assert nearest(catalogue, weights, 3) == first


def test_nearest_in_one_split(random_weights, catalogue, home):
    weights, rows = read_weights(random_weights / "lstm-small"), catalogue.in_split("test")
    found = nearest(catalogue, weights, int(rows[0]), count=100, split="test")
    assert sorted(film.position for film in found) == sorted(rows[1:])
    other = catalogue.in_split("val")[0]
    assert len(nearest(catalogue, weights, int(other), count=100, split="test")) == len(rows)
    assert stored_vectors(catalogue, weights) is None
    film_vectors(catalogue, weights)
    both = [nearest(catalogue, weights, int(rows[0]), split="test"), found[:5]]
    assert both[0] == both[1]


def test_nearest_to_a_film_outside_the_catalogue(random_weights, random_predictor, catalogue, home):
    weights, predictor = read_weights(random_weights / "lstm-small"), random_predictor("lstm-small")
    vector = film_vector(predictor, None, catalogue.films["overview"][4])
    assert np.linalg.norm(vector) == pytest.approx(1)
    found = nearest(catalogue, weights, vector, count=1)
    assert found[0].similarity == pytest.approx(1, abs=1e-3)
    unknown = nearest(catalogue, weights, film_vector(predictor, None, "Nobody knows it."), count=60)
    assert len(unknown) == 60
    assert unknown[0].similarity < 0.999


def test_fusion_compares_the_features_of_both_parts(random_weights, random_predictor, few_films, some_poster, home):
    from genreclf.data.catalogue import load_catalogue

    catalogue, weights = load_catalogue(few_films), read_weights(random_weights / "fusion")
    predictor = random_predictor("fusion")
    vectors = film_vectors(catalogue, weights)
    assert vectors.shape == (len(catalogue), sum(PART_FEATURES.values()))
    posters = posters_of(catalogue, get_spec("fusion"))
    vector = film_vector(predictor, posters[2], catalogue.films["overview"][2])
    assert vectors[2].astype(np.float32) @ vector == pytest.approx(1, abs=1e-3)
    assert nearest(catalogue, weights, 2, count=3) == nearest(catalogue, weights, 2)[:3]
    with pytest.raises(UserError, match="provide both"):
        film_vector(predictor, None, "A haunted house.")


def test_baselines_have_no_neighbours(trained_weights, catalogue):
    weights = read_weights(trained_weights / "tfidf")
    with pytest.raises(UserError, match="tfidf is a baseline"):
        nearest(catalogue, weights, 0)
    with pytest.raises(UserError, match="tfidf is a baseline"):
        film_vector(Predictor(weights), None, "A haunted house.")
