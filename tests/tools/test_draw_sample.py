"""The drawn posters: the same picture every time, of the size the data set has, all different, all legible."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageChops

from genreclf.data.catalogue import load_catalogue
from genreclf.data.splits import split_of
from genreclf.genres import GENRES
from tools.draw_sample import Film, draw_poster, encode, make_up_films, read_films
from tools.draw_sample.__main__ import main
from tools.draw_sample.lettering import Style, block_height, break_title, line_width
from tools.draw_sample.motifs import OBJECTS
from tools.draw_sample.palettes import MOODS_OF, PALETTES
from tools.draw_sample.pen import Pen, contrast
from tools.draw_sample.table import TABLE

FILMS = read_films()
POSTERS = TABLE.parent / "Images"


def poster(film):
    return Image.open(POSTERS / f"{film.id}.jpg")


@pytest.mark.parametrize("film", FILMS[:: len(FILMS) // 5], ids=lambda film: film.id)
def test_a_film_gives_the_same_bytes_each_time(film):
    first, second = draw_poster(film), draw_poster(film)
    assert first.size == (300, 444)
    assert first.mode == "RGB"
    assert encode(first) == encode(second)


def test_another_process_gives_the_same_bytes():
    code = (
        "import sys; from tools.draw_sample import *;"
        f"sys.stdout.buffer.write(encode(draw_poster([f for f in read_films() if f.id == {FILMS[7].id!r}][0])))"
    )
    # Another hash seed and no fonts of the system: neither may matter.
    environment = {**os.environ, "PYTHONHASHSEED": "7", "XDG_DATA_DIRS": "/nowhere"}
    drawn = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, check=True).stdout
    assert drawn == encode(draw_poster(FILMS[7]))


def test_the_shipped_posters_are_what_the_code_draws():
    for film in FILMS[3 :: len(FILMS) // 4]:
        # Another version of Pillow may round a pixel or a coefficient differently, so not byte for byte.
        difference = ImageChops.difference(poster(film), draw_poster(film))
        assert np.asarray(difference).mean() < 6, f"{film.id} was drawn by another version: run the module again"


def test_every_film_has_a_poster_and_nothing_else_lies_there():
    assert {path.name for path in POSTERS.iterdir()} == {f"{film.id}.jpg" for film in FILMS}


def test_posters_are_small_rgb_jpegs():
    assert sum(path.stat().st_size for path in POSTERS.iterdir()) <= 14_000_000
    for film in FILMS:
        with poster(film) as image:
            assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (300, 444))


def test_no_two_posters_look_alike():
    small = []
    for film in FILMS:
        image = poster(film)
        image.draft("RGB", (75, 111))  # decodes a quarter of the pixels, which is enough here
        small.append(np.asarray(image.resize((18, 27)), np.float32).ravel())
    small = np.stack(small)
    for i, one in enumerate(small[:-1]):
        nearest = np.abs(small[i + 1 :] - one).mean(axis=1)
        assert nearest.min() > 5, f"{FILMS[i].id} looks like {FILMS[i + 1 + int(nearest.argmin())].id}"


def test_the_id_decides_the_picture():
    one, other = (Film(film_id, "A Film", 1960, ("Drama",), "") for film_id in ("one-1960", "other-1960"))
    assert encode(draw_poster(one)) != encode(draw_poster(other))


@pytest.mark.parametrize("title", ["M", "Rififi", "Jeanne Dielman, 23, quai du Commerce, 1080 Bruxelles", "Œ" * 40])
@pytest.mark.parametrize("face", ["condensed", "roman", "script", "round", "typed", "plain"])
def test_a_title_fits_its_box(title, face):
    style = Style(face, capitals=face != "script", tracking=0.05, stroke=0.02)
    lines, sizes = break_title(title, style, 250, 110, 64)
    assert " ".join(lines) == (title.upper() if style.capitals else title)
    assert max(line_width(line, style, size) for line, size in zip(lines, sizes, strict=True)) <= 250.01
    assert block_height(lines, sizes, style) <= 110.01


@pytest.mark.parametrize("mood", PALETTES)
def test_titles_read_well_on_every_palette(mood):
    for ink in PALETTES[mood]:
        assert contrast(ink.paper, ink.ground) >= 4.5
        assert contrast(ink.paper, ink.shade) >= 3.8
        assert contrast(ink.main, ink.ground) >= 1.9
        for ground in ink:
            assert contrast(ink.text(ground), ground) >= 4


def test_every_genre_has_several_motifs_and_palettes_and_shares_its_palettes():
    assert set(OBJECTS) == set(MOODS_OF) == set(GENRES)
    moods = [mood for line in MOODS_OF.values() for mood in line.split()]
    for genre in GENRES:
        assert len(OBJECTS[genre]) >= 5
        assert all(moods.count(mood) > 1 for mood in MOODS_OF[genre].split())


def test_made_up_films_are_the_same_each_time_and_all_to_train_on():
    few, many = make_up_films(5, FILMS), make_up_films(40, FILMS)
    assert many[:5] == few
    assert make_up_films(5, FILMS, seed=1) != few
    assert {split_of(film.id) for film in many} == {"train"}
    assert len({film.id for film in many}) == 40
    for film in many:
        assert len(set(film.genres)) == len(film.genres) > 0
        assert film.title


def test_made_up_films_have_the_genres_of_the_train_films():
    def shares(films):
        return np.array([np.mean([genre in film.genres for film in films]) for genre in GENRES])

    train = [film for film in FILMS if split_of(film.id) == "train"]
    assert np.abs(shares(make_up_films(3000, FILMS)) - shares(train)).max() < 0.05


def test_the_command_writes_a_data_set_with_made_up_films(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.draw_sample.__main__.read_films", lambda: FILMS[:3])
    monkeypatch.setattr("tools.draw_sample.made_up.split_of", lambda _: "train")
    assert main(["--made-up", "2", "--output", str(tmp_path)]) == 0
    catalogue = load_catalogue(tmp_path)
    assert len(catalogue) == 2
    assert not catalogue.problems
    assert catalogue.has_posters
    assert not catalogue.has_overviews


@pytest.mark.parametrize("genre", GENRES)
def test_every_genre_alone_makes_a_poster(genre):
    assert draw_poster(Film(f"alone-{genre}", "A Film", 1960, (genre,), ""), 1).size == (300, 444)


def test_a_turned_pen_keeps_lengths_and_origin():
    pen = Pen(Image.new("RGB", (9, 9)), (1, 0, 0, 1, 0, 0)).at(10, 20, 50, angle=90)
    (origin, along) = pen.place([(0, 0), (100, 0)])
    assert origin == pytest.approx((10, 20))
    assert along == pytest.approx((10, 70))


def test_the_command_draws_a_sheet(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.draw_sample.__main__.read_films", lambda: FILMS[:3])
    sheet = tmp_path / "sheet.png"
    assert main(["--sheet", str(sheet)]) == 0
    with Image.open(sheet) as image:
        assert image.width > 3 * 200


def test_the_command_says_what_is_wrong(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["--output", str(tmp_path / "file" / "posters")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
