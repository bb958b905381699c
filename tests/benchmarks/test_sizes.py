from benchmarks import sizes
from genreclf.data.catalogue import load_catalogue


def test_a_set_of_any_size_repeats_films_that_are_no_twins(tmp_path, shared_film_folder):
    sizes.make_set(shared_film_folder, tmp_path / "large", 150, has_posters=True)
    large = load_catalogue(tmp_path / "large")
    assert len(large) == 150
    assert not large.problems
    assert len({poster.sha256 for poster in large.posters}) == 150
    first, copy = large.films.iloc[5], large.films.iloc[65]
    assert first["genres"] == copy["genres"]
    assert first["overview"] != copy["overview"]
    sizes.make_set(shared_film_folder, tmp_path / "texts", 70, has_posters=False)
    assert not load_catalogue(tmp_path / "texts").has_posters
