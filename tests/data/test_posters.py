import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import film_sets
import numpy as np
import odd_runs
import pytest
from PIL import Image, ImageOps

from genreclf.data import posters
from genreclf.data.posters import (
    MAX_SCANS,
    MAX_SIDE,
    PosterError,
    PosterFile,
    find_poster,
    load_posters,
    look_of,
    missing_poster,
    open_poster,
    poster_array,
)


@pytest.fixture
def picture() -> Image.Image:
    """A smooth picture without symmetry, the size of a poster."""
    across, down = np.meshgrid(np.linspace(0, 1, 220), np.linspace(0, 1, 330))
    pixels = np.stack([255 * across, 200 * down, 120 + 100 * across * down], axis=2)
    return Image.fromarray(pixels.astype(np.uint8))


def jpeg_kinds(picture: Image.Image) -> dict[str, bytes]:
    return {
        "baseline": film_sets.encoded(picture, quality=95),
        "progressive": film_sets.encoded(picture, quality=95, progressive=True),
        "grey": film_sets.encoded(picture.convert("L"), quality=95),
        "cmyk": film_sets.encoded(picture.convert("CMYK"), quality=95),
        "rgb": film_sets.encoded(picture, quality=95, keep_rgb=True),
        "restarts": film_sets.encoded(picture, quality=95, restart_marker_blocks=3),
        "trailing": film_sets.encoded(picture, quality=95) + b"junk" * 50,
        "mpo": film_sets.encoded(picture, "MPO", save_all=True, append_images=[picture]),  # what some cameras write
    }


KINDS = list(jpeg_kinds(Image.new("RGB", (8, 8))))


def test_a_jpeg_opens_as_rgb(picture):
    image = open_poster(film_sets.encoded(picture))
    assert (image.mode, image.size) == ("RGB", (220, 330))
    assert image.getpixel((110, 165)) == pytest.approx((127, 100, 145), abs=6)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "file is empty"),
        (b"<html>404</html>", "is a web page"),
        (film_sets.encoded(Image.new("RGB", (60, 90)), "GIF"), "not a JPEG, PNG or WebP image"),
        (film_sets.jpeg(quality=95)[:900], "cannot be decoded"),
        (film_sets.with_size(film_sets.jpeg(), 5001, 5000), "5001×5000 pixels, more than 25 million"),
        (film_sets.with_size(film_sets.jpeg(), 60_000, 60_000), "far more than 25 million pixels"),
        (film_sets.with_size(film_sets.jpeg(), 0, 0), "not a JPEG, PNG or WebP image"),
        (film_sets.jpeg(size=(31, 60)), "only 31×60 pixels"),
        (film_sets.jpeg(size=(400, 49)), "400×49 pixels, one side more than 8 times the other"),
    ],
    ids=["empty", "page", "gif", "truncated", "large", "giant", "nothing", "small", "narrow"],
)
def test_an_unusable_poster_is_refused_with_the_reason(content, reason):
    with pytest.raises(PosterError, match=reason):
        open_poster(content)


def test_a_file_that_is_missing_or_too_large_is_refused_unread(tmp_path, monkeypatch):
    with pytest.raises(PosterError, match="missing"):
        open_poster(tmp_path / "none.jpg")
    monkeypatch.setattr(posters, "MAX_BYTES", 500)
    (tmp_path / "large.jpg").write_bytes(film_sets.jpeg())
    for source in (tmp_path / "large.jpg", film_sets.jpeg()):
        with pytest.raises(PosterError, match="more than 0 MB"):
            open_poster(source)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["fifo", "folder", "socket", "device", "terminal"])
def test_only_regular_files_are_opened_and_nothing_is_waited_for(tmp_path, kind):
    odd_runs.SPECIAL[kind](tmp_path / "a.jpg")
    with pytest.raises(PosterError, match="not a regular file"):
        open_poster(tmp_path / "a.jpg")
    with pytest.raises(PosterError, match=r"a\.jpg: .*not a regular file"):
        load_posters([tmp_path / "a.jpg"])


def test_a_link_to_a_file_is_opened(tmp_path):
    (tmp_path / "poster").write_bytes(film_sets.jpeg())
    (tmp_path / "a.jpg").symlink_to(tmp_path / "poster")
    assert open_poster(tmp_path / "a.jpg").size == (60, 90)


@pytest.mark.parametrize("path", ["x" * 300, "a\0b", "file/a.jpg"])
def test_a_path_that_cannot_be_is_no_exception(tmp_path, path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(PosterError):
        open_poster(tmp_path / path)
    assert find_poster(tmp_path, path) is None


def test_a_poster_is_found_under_several_names(tmp_path):
    assert find_poster(tmp_path, "a") is None
    (tmp_path / "b.jpg").mkdir()
    (tmp_path / "b.jpeg").symlink_to(tmp_path / "nowhere")
    assert find_poster(tmp_path, "b") is None
    for name in ("a.WebP", "a.png", "a.JPEG", "a.jpeg", "a.JPG", "a.jpg"):  # each goes before those above
        (tmp_path / name).write_bytes(b"")
        assert find_poster(tmp_path, "a") == tmp_path / name


def test_a_missing_poster_is_named_with_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in (Path(), tmp_path):
        assert str(missing_poster(folder, "8.0")) == f"poster {tmp_path.name}/8.jpg is missing"


def test_a_glance_sees_size_contrast_and_colour():
    assert look_of(Image.new("RGB", (60, 90), (9, 9, 9))) == (60, 90, 0, 0)
    assert look_of(Image.new("RGB", (60, 90), (250, 10, 90)))[2:] == (0, 240)
    noise = look_of(Image.effect_noise((200, 300), 60).convert("RGB"))
    assert 40 < noise.contrast < 80
    assert noise.colour == 0


def test_a_file_that_changed_since_its_check_is_refused(tmp_path):
    path, content = tmp_path / "a.jpg", film_sets.jpeg()
    path.write_bytes(content)
    poster = PosterFile(path, hashlib.sha256(content).hexdigest())
    assert open_poster(poster).size == (60, 90)
    path.write_bytes(film_sets.jpeg(seed=1))
    for read in (open_poster, lambda poster: load_posters([poster])):
        with pytest.raises(PosterError, match="replaced or edited"):
            read(poster)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_on_its_side_is_turned_upright(kind):
    image = Image.new("RGB", (90, 60), (200, 0, 0))
    image.paste((0, 0, 200), (0, 0, 90, 30))
    exif = Image.Exif()
    for orientation in range(1, 9):
        exif[0x0112] = orientation
        turned = open_poster(film_sets.encoded(image, kind, exif=exif))
        expected = ImageOps.exif_transpose(Image.open(io.BytesIO(film_sets.encoded(image, kind, exif=exif))))
        assert np.array_equal(turned, expected)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_large_poster_is_shrunk_whatever_its_format(kind):
    across, down = np.meshgrid(np.linspace(0, 20, 800), np.linspace(0, 30, 1200))
    waves = np.stack([np.sin(across), np.cos(down), np.sin(across + down)], axis=2)
    image = Image.fromarray(np.uint8(127 * waves + 128))
    shrunk = open_poster(film_sets.encoded(image, kind))
    assert shrunk.size == (667, MAX_SIDE)
    for size in ((64, 64), (320, 216)):
        close = np.abs(poster_array(shrunk, size).astype(int) - poster_array(image, size))
        assert close.max() <= (2 if kind == "PNG" else 16)
    assert open_poster(film_sets.encoded(Image.new("RGB", (4000, 3000)), kind)).size == (1000, 750)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "PA", "L", "LA", "I;16", "1"])
@pytest.mark.parametrize("side", [60, 4200])
def test_a_png_of_any_mode_keeps_its_colour(mode, side):
    shade = 255 if mode == "1" else 102
    size = (side, side // 3)
    if mode == "I;16":
        image = Image.new(mode, (max(size), max(size)), shade * 257).crop((0, 0, *size))
    elif mode == "PA":
        image = Image.new("RGBA", size, (shade, shade, shade, 255)).quantize(4)
    else:
        image = Image.new("RGB", size, (shade, shade, shade)).convert(mode)
    if min(size) < 32:
        image = image.crop((0, 0, side, 32)) if mode != "I;16" else Image.new(mode, (side, 32), shade * 257)
    pixels = poster_array(open_poster(film_sets.encoded(image, "PNG", compress_level=1)))
    assert np.abs(pixels[:30].astype(int) - shade).max() <= (0 if mode in ("RGB", "L", "1") else 3)


def test_transparent_pixels_become_white():
    image = Image.new("RGBA", (40, 40), (200, 0, 0, 0))
    image.putpixel((0, 0), (0, 0, 0, 255))
    for kind in ("PNG", "WEBP"):
        opened = open_poster(film_sets.encoded(image, kind, **({} if kind == "PNG" else {"lossless": True})))
        assert opened.getpixel((5, 5)) == (255, 255, 255)
        assert opened.getpixel((0, 0)) == (0, 0, 0)


@pytest.mark.parametrize("size", [(64, 64), (320, 216), (400, 90)])
@pytest.mark.parametrize("shape", [(330, 220), (90, 60), (64, 64), (1000, 125)])
def test_scaling_is_that_of_tensorflow(size, shape):
    import tensorflow as tf

    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    expected = np.rint(tf.image.resize(noise.astype(np.float32), size, antialias=True).numpy())
    ours = poster_array(Image.fromarray(noise), size)
    assert (ours.dtype, ours.shape) == (np.uint8, (*size, 3))
    difference = np.abs(ours - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.01


def test_scaling_uses_all_pixels():
    board = np.uint8(np.indices((256, 256)).sum(axis=0) % 2 * 255)  # single pixels of black and white: grey from afar
    grey = poster_array(Image.fromarray(np.repeat(board[:, :, None], 3, axis=2)))
    assert grey.min() > 100
    assert grey.max() < 155


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_jpeg_opens_alike(tmp_path, picture, kind):
    path = tmp_path / "poster.jpg"
    path.write_bytes(jpeg_kinds(picture)[kind])
    opened = open_poster(path)
    assert np.array_equal(opened, Image.open(io.BytesIO(path.read_bytes())).convert("RGB"))
    for size in ((64, 64), (320, 216)):  # the input sizes of report A's network and of the best one
        assert np.array_equal(load_posters([path], size)[0], poster_array(open_poster(path.read_bytes()), size))


@pytest.mark.parametrize("kind", ["baseline", "progressive", "grey", "cmyk", "rgb", "restarts"])
def test_a_jpeg_that_lost_a_part_of_its_picture_is_refused(picture, kind):
    content = jpeg_kinds(picture)[kind]
    half, end = len(content) * 2 // 3, b"\xff\xd9"
    cut = {
        "cut": content[:half],
        "cut and closed": content[:half] + end,
        "an end mark inside": content[:half] + end + content[half:],
        "another marker inside": content[:half] + b"\xff\xe5" + content[half:],
        "cut, junk behind": content[:half] + end + b"junk" * 200,
    }
    for name, damaged in cut.items():
        with pytest.raises(PosterError, match="cannot be decoded"):
            pytest.fail(f"{name} was opened as {open_poster(damaged)}")


@pytest.mark.parametrize("kind", ["baseline", "grey", "cmyk", "restarts"])
def test_a_whole_jpeg_without_its_end_mark_is_a_whole_poster(picture, kind):
    content = jpeg_kinds(picture)[kind]
    assert content.endswith(b"\xff\xd9")
    for odd in (content[:-2], content[:-1], content[:-2] + b"junk" * 99, content + b"\xff\xd8" * 99):
        assert np.array_equal(open_poster(odd), open_poster(content))


def test_a_jpeg_of_very_many_scans_is_refused_undecoded(picture):
    content = film_sets.encoded(picture, progressive=True)
    start = content.rindex(b"\xff\xda")
    scan = content[start:-2]
    assert open_poster(content[:-2] + scan * 5 + b"\xff\xd9").size == (220, 330)
    with pytest.raises(PosterError, match=f"more than {MAX_SCANS} scans"):
        open_poster(content[:-2] + scan * 1000 + b"\xff\xd9")


def test_load_posters_keeps_the_order_and_reports(tmp_path):
    paths = []
    for shade in range(0, 240, 3):
        paths.append(tmp_path / f"{shade}.jpg")
        paths[-1].write_bytes(film_sets.encoded(Image.new("RGB", (32, 45), (shade, shade, shade)), quality=95))
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


JPEG, PNG = film_sets.jpeg(), film_sets.encoded(Image.new("L", (60, 90)), "PNG")
COMMENT = b"\xff\xfe\0\2"
CHUNK = b"\0\0\0\0abCd\xb5\x0b\xe2\x4d"


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("whole", "at", "part", "count"),
    [
        (JPEG, 2, COMMENT, 4_000_000), (JPEG, -2, COMMENT, 4_000_000), (JPEG, 2, b"\xff\xd0", 4_000_000),
        (JPEG, 2, b"\xff", 15_000_000), (PNG, 33, CHUNK, 1_000_000), (PNG, -12, CHUNK, 1_000_000),
    ],
    ids=["comments", "comments behind", "restarts", "fill", "chunks", "chunks behind"],
)  # fmt: skip
def test_a_file_of_millions_of_parts_is_refused_at_once(whole, at, part, count):
    content = whole[:at] + part * count + whole[at:]  # made here: tests that are only collected need no memory
    with pytest.raises(PosterError, match=r"more than 10,000 (segments|chunks)"):
        open_poster(content)


@pytest.mark.parametrize(
    ("kind", "options"), [("WEBP", {"quality": 1, "method": 0}), ("JPEG", {"progressive": True, "quality": 1})]
)
def test_formats_that_take_more_memory_may_have_fewer_pixels(kind, options, monkeypatch):
    content = film_sets.encoded(Image.new("RGB", (600, 400)), kind, **options)
    monkeypatch.setattr(posters, "MAX_PIXELS_COSTLY", 200_000)
    with pytest.raises(PosterError, match=r"600×400 pixels, more than 0\.2 million for a"):
        open_poster(content)
    monkeypatch.setattr(posters, "MAX_PIXELS_COSTLY", 240_000)
    assert open_poster(content).size == (600, 400)


LARGE = {  # format, mode and options
    "rgba": ("PNG", "RGBA", {}),
    "palette": ("PNG", "P", {"transparency": 0}),
    "baseline": ("JPEG", "RGB", {}),
    "progressive": ("JPEG", "RGB", {"progressive": True}),
    "webp": ("WEBP", "RGB", {"method": 0}),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no other way to read a process's peak")
@pytest.mark.parametrize("kind", LARGE)
def test_opening_the_largest_posters_takes_bounded_memory(tmp_path, kind):
    """Measured in a process of its own, at a quarter of the most pixels."""
    form, mode, options = LARGE[kind]
    pixels = (posters.MAX_PIXELS_COSTLY if kind in ("progressive", "webp") else posters.MAX_PIXELS) // 4
    large, small = tmp_path / "large", tmp_path / "small"
    large.write_bytes(film_sets.encoded(Image.new(mode, (int(pixels**0.5), int(pixels**0.5))), form, **options))
    small.write_bytes(film_sets.jpeg())
    code = (
        "import sys, pathlib; from genreclf.data.posters import open_poster;"
        "peak = lambda: int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]);"
        "open_poster(pathlib.Path(sys.argv[1])); before = peak();"
        "open_poster(pathlib.Path(sys.argv[2])); print((peak() - before) * 1024)"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(posters.__file__).parents[2])}
    command = [sys.executable, "-c", code, str(small), str(large)]
    peak = int(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)
    assert peak < 70_000_000
