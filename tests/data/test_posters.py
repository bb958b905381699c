import io

import film_sets
import numpy as np
import pytest
from PIL import Image

from genreclf.data import posters
from genreclf.data.posters import (
    UPLOAD_FORMATS,
    PosterError,
    img_process,
    load_posters,
    open_poster,
    parse_image,
    poster_array,
    to_uint8,
)


@pytest.fixture
def picture() -> Image.Image:
    """A smooth picture without symmetry, the size of a poster."""
    across, down = np.meshgrid(np.linspace(0, 1, 220), np.linspace(0, 1, 330))
    pixels = np.stack([255 * across, 200 * down, 120 + 100 * across * down], axis=2)
    return Image.fromarray(pixels.astype(np.uint8))


def jpeg_kinds(picture: Image.Image) -> dict[str, bytes]:
    two = io.BytesIO()
    picture.save(two, "MPO", save_all=True, append_images=[picture])  # what some cameras write
    return {
        "baseline": film_sets.encoded(picture, quality=95),
        "progressive": film_sets.encoded(picture, quality=95, progressive=True),
        "grey": film_sets.encoded(picture.convert("L"), quality=95),
        "cmyk": film_sets.encoded(picture.convert("CMYK"), quality=95),
        "rgb": film_sets.encoded(picture, quality=95, keep_rgb=True),
        "restarts": film_sets.encoded(picture, quality=95, restart_marker_blocks=3),
        "trailing": film_sets.encoded(picture, quality=95) + b"junk" * 50,
        "mpo": two.getvalue(),
        "one-pixel": film_sets.encoded(picture.resize((1, 1))),
        "thread": film_sets.encoded(picture.resize((1, 900))),
        "ribbon": film_sets.encoded(picture.resize((900, 1))),
    }


KINDS = list(jpeg_kinds(Image.new("RGB", (8, 8))))


@pytest.mark.parametrize("near", [None, 64])
def test_a_jpeg_opens_as_rgb(picture, near):
    image = open_poster(film_sets.encoded(picture), near=near)
    assert image.mode == "RGB"
    assert image.size == ((220, 330) if near is None else (110, 165))
    middle = image.getpixel((image.width // 2, image.height // 2))
    assert middle == pytest.approx((127, 100, 145), abs=6)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a JPEG image"),
        (b"<html>404</html>", "not a JPEG image"),
        (film_sets.encoded(Image.new("RGB", (9, 9)), "PNG"), "not a JPEG image"),
        (film_sets.jpeg(quality=95)[:900], "cannot be decoded"),
        (film_sets.with_size(film_sets.jpeg(), 8000, 6000), "8000×6000 pixels, more than 40 million"),
        (film_sets.with_size(film_sets.jpeg(), 60_000, 60_000), "far more than 40 million pixels"),
        (film_sets.with_size(film_sets.jpeg(), 0, 0), "not a JPEG image"),
    ],
    ids=["empty", "page", "png", "truncated", "large", "giant", "nothing"],
)
@pytest.mark.parametrize("near", [None, 64])
def test_an_unusable_poster_is_refused_with_the_reason(content, reason, near):
    with pytest.raises(PosterError, match=reason):
        open_poster(content, near=near)


def test_a_file_that_is_missing_or_too_large_is_refused_unread(tmp_path, monkeypatch):
    with pytest.raises(PosterError, match="missing"):
        open_poster(tmp_path / "none.jpg")
    monkeypatch.setattr(posters, "MAX_BYTES", 500)
    (tmp_path / "large.jpg").write_bytes(film_sets.jpeg())
    for source in (tmp_path / "large.jpg", film_sets.jpeg()):
        with pytest.raises(PosterError, match="more than 0 MB"):
            open_poster(source)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "LA", "I;16"])
def test_an_uploaded_png_of_any_mode_keeps_its_colour(tmp_path, mode):
    if mode == "I;16":
        image = Image.new(mode, (40, 60), 102 * 257)
    else:
        image = Image.new("RGB", (40, 60), (102, 102, 102)).convert(mode)
    content = film_sets.encoded(image, "PNG")
    (tmp_path / "poster.png").write_bytes(content)
    pixels = poster_array(open_poster(tmp_path / "poster.png", UPLOAD_FORMATS))
    assert pixels.shape == (64, 64, 3)
    assert np.abs(pixels.astype(int) - 102).max() <= 3
    with pytest.raises(PosterError):  # a data set's posters are JPEGs
        open_poster(content)


def test_an_uploaded_webp_opens(picture):
    image = open_poster(film_sets.encoded(picture, "WEBP"), UPLOAD_FORMATS)
    assert (image.mode, image.size) == ("RGB", (220, 330))


def test_img_process_scales_with_antialiasing():
    white = img_process(np.full((90, 60, 3), 255, np.uint8))
    assert (white.dtype.name, white.shape) == ("float32", (64, 64, 3))
    assert float(np.min(white)) == pytest.approx(1.0)
    board = np.indices((256, 256)).sum(axis=0) % 2 * 255  # single pixels of black and white: grey from afar
    grey = img_process(np.repeat(board[:, :, None], 3, axis=2).astype(np.uint8)).numpy()
    assert grey.min() > 0.4
    assert grey.max() < 0.6


def test_parse_image_reads_what_pillow_reads(tmp_path, picture):
    (tmp_path / "poster.jpg").write_bytes(film_sets.encoded(picture, quality=95))
    parsed = parse_image(str(tmp_path / "poster.jpg")).numpy()
    assert (parsed.dtype, parsed.shape) == (np.uint8, (330, 220, 3))
    opened = np.asarray(open_poster(tmp_path / "poster.jpg"))
    assert np.abs(parsed.astype(int) - opened).max() <= 4


@pytest.mark.parametrize("kind", KINDS)
def test_training_and_upload_see_the_same_pixels(tmp_path, picture, kind):
    path = tmp_path / "poster.jpg"
    path.write_bytes(jpeg_kinds(picture)[kind])
    open_poster(path.read_bytes(), near=64)  # the check of a data set's posters
    for size in ((64, 64), (320, 216)):  # the input sizes of report A's network and of the best one
        trained = load_posters([path], size)[0].astype(int)
        uploaded = poster_array(open_poster(path), size).astype(int)
        assert trained.shape == uploaded.shape == (*size, 3)
        assert np.abs(trained - uploaded).max() <= 4


def test_load_posters_keeps_the_order_and_reports(tmp_path):
    paths = []
    for shade in range(0, 240, 3):
        paths.append(tmp_path / f"{shade}.jpg")
        paths[-1].write_bytes(film_sets.encoded(Image.new("RGB", (30, 45), (shade, shade, shade)), quality=95))
    seen = []
    loaded = load_posters(paths, (8, 6), on_progress=lambda done, total: seen.append((done, total)))
    assert (loaded.dtype, loaded.shape) == (np.uint8, (80, 8, 6, 3))
    assert np.abs(loaded[:, 4, 4, 0].astype(int) - np.arange(0, 240, 3)).max() <= 2
    assert seen == [(64, 80), (80, 80)]


def test_no_posters_give_an_empty_array():
    assert load_posters([]).shape == (0, 64, 64, 3)
    assert load_posters([], (30, 20)).shape == (0, 30, 20, 3)


@pytest.mark.parametrize("damage", ["gone", "broken"])
def test_a_poster_that_broke_after_its_check_is_named(film_folder, damage):
    paths = sorted((film_folder / "Images").iterdir())
    if damage == "gone":
        paths[7].unlink()
    else:
        paths[7].write_bytes(paths[7].read_bytes()[:300])
    with pytest.raises(PosterError, match=paths[7].name):
        load_posters(paths)


def test_to_uint8_rounds_and_clips():
    assert to_uint8(np.array([-0.1, 0.0, 0.5, 0.999, 1.2])).tolist() == [0, 0, 128, 255, 255]


def test_transparent_pixels_become_white():
    image = Image.new("RGBA", (8, 8), (200, 0, 0, 0))
    image.putpixel((0, 0), (0, 0, 0, 255))
    opened = open_poster(film_sets.encoded(image, "PNG"), ("PNG",))
    assert opened.getpixel((5, 5)) == (255, 255, 255)
    assert opened.getpixel((0, 0)) == (0, 0, 0)
