"""Thumbnails: one size for all posters, made once, and never an error."""

import io
from dataclasses import replace

import film_sets
import numpy as np
import pytest
from PIL import Image

from genreclf.data import thumbnails as module
from genreclf.data.catalogue import load_catalogue
from genreclf.data.posters import PosterError
from genreclf.data.prepared import folder_of
from genreclf.data.thumbnails import SIZE, blank_tile, make_thumbnail, thumbnails


@pytest.fixture
def films(film_folder):
    return load_catalogue(film_folder)


def open_image(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_thumbnails_have_the_order_of_the_ids_and_one_size(films):
    ids = list(films.films["id"][:5])[::-1]
    made = thumbnails(films, ids)
    assert [open_image(content).size for content in made] == [SIZE] * 5
    for film_id, content in zip(ids, made, strict=True):
        poster = np.asarray(Image.open(films.poster(film_id).path)).mean((0, 1))
        assert np.abs(np.asarray(open_image(content)).mean((0, 1)) - poster).max() < 8


def test_thumbnails_are_jpegs_without_transparency_which_streamlit_serves_as_they_are(films):
    image = open_image(thumbnails(films, films.films["id"][:1])[0])
    assert (image.format, image.mode) == ("JPEG", "RGB")


def test_thumbnails_are_made_once_and_cached_by_data_set(films, monkeypatch):
    ids = list(films.films["id"][:6])
    first = thumbnails(films, ids)
    files = folder_of(films).glob("thumbs-v*/*")
    assert sorted(file.name for file in files) == sorted(f"{name}.jpg" for name in ids)
    monkeypatch.setattr(module, "make_thumbnail", None)
    assert thumbnails(films, ids) == first


def test_a_poster_of_another_shape_gets_margins(tmp_path):
    (tmp_path / "wide.jpg").write_bytes(film_sets.jpeg((240, 240, 240), (300, 200)))
    pixels = np.asarray(open_image(make_thumbnail(tmp_path / "wide.jpg"))).mean(2)
    assert pixels[SIZE[1] // 2].mean() > 220
    assert pixels[5].mean() < 100


def test_a_film_without_a_poster_has_a_tile_with_its_name_beside_films_with_one(films):
    mixed = replace(films, posters=(None, *films.posters[1:]))
    tile, poster = thumbnails(mixed, films.films["id"][:2])
    assert poster == thumbnails(films, films.films["id"][1:2])[0]
    assert open_image(tile).size == SIZE
    pixels = np.asarray(open_image(tile).convert("L"))
    assert (pixels > 200).any(), "its id is written on it"
    assert np.median(pixels) < 130


def test_a_missing_poster_is_a_blank_tile_until_it_is_back(films):
    film_id = films.films["id"].iloc[0]
    poster = films.poster(film_id).path
    content = poster.read_bytes()
    poster.unlink()
    blank = np.asarray(open_image(thumbnails(films, [film_id])[0]))
    assert blank.std() < 10
    poster.write_bytes(content)
    assert not np.array_equal(np.asarray(open_image(thumbnails(films, [film_id])[0])), blank)


def test_a_home_that_cannot_be_written_only_costs_time(films, monkeypatch):
    def refuse(path):
        raise PermissionError(path)

    monkeypatch.setattr(module, "atomic_path", refuse)
    assert open_image(thumbnails(films, films.films["id"][:1])[0]).size == SIZE


def test_a_file_that_is_not_a_poster_is_refused(tmp_path):
    (tmp_path / "text.jpg").write_text("not found")
    with pytest.raises(PosterError, match="not a JPEG"):
        make_thumbnail(tmp_path / "text.jpg")


def test_films_without_posters_get_a_tile_with_their_name(tmp_path):
    films = load_catalogue(film_sets.write_set(tmp_path / "films", film_sets.films(3), without="posters"))
    tiles = [np.asarray(Image.open(io.BytesIO(tile))) for tile in thumbnails(films, films.films["id"].tolist())]
    assert {tile.shape for tile in tiles} == {(SIZE[1], SIZE[0], 3)}
    assert not np.array_equal(tiles[0], tiles[1])


@pytest.mark.parametrize(("text", "same"), [("Amélie", "Amelie"), ("七人の侍", "")])
def test_a_tile_has_no_letters_that_its_font_lacks(text, same):
    assert np.array_equal(np.asarray(blank_tile(text)), np.asarray(blank_tile(same)))
