from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.data.corrections import correct
from genreclf.lesson import sample


def test_the_films_are_those_of_the_sample_without_corrections(home):
    films = sample.films()
    film, genres = films.films["id"].iloc[0], films.films["genres"].iloc[0]
    correct(films, {film: ["Sport"]})
    assert load_catalogue(paths.SAMPLE).films["genres"].iloc[0] == ["Sport"]
    sample.films.cache_clear()
    assert sample.films().films["genres"].iloc[0] == genres


def test_predictions_come_with_the_project(home):
    sample.predictions.cache_clear()
    predictions = sample.predictions("test", sample.MODELS)
    assert list(predictions.models) == list(sample.MODELS)
    assert len(predictions) == len(sample.films().in_split("test"))
    assert not list(home.rglob("predictions/*.npy"))  # none had to be computed
