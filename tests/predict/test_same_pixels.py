"""Whoever opens a poster, however odd or damaged it is: all refuse it, or all see the same pixels."""

import io
import os
import random
import struct
import zlib
from types import SimpleNamespace
from typing import ClassVar

import film_sets
import numpy as np
import pytest
from PIL import Image
from predicted_tables import predict_rows

from genreclf.data.catalogue import load_catalogue
from genreclf.data.posters import PosterError, find_poster, open_poster, poster_array
from genreclf.data.prepared import posters_of, prepare
from genreclf.data.thumbnails import make_thumbnail
from genreclf.errors import UserError
from genreclf.models import get_spec
from genreclf.predict.film import catalogue_poster, read_poster
from genreclf.predict.predictor import Predictions

CNN = get_spec("cnn")


def pictures() -> dict[str, bytes]:
    """Posters of every kind that people have, whole."""
    rng = np.random.default_rng(0)
    image = Image.fromarray(rng.integers(0, 256, (9, 6, 3), np.uint8)).resize((60, 90), Image.Resampling.BICUBIC)
    clear = image.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(image.size))
    turned = Image.Exif()
    turned[0x0112] = 6
    frames = {"save_all": True, "append_images": [image.rotate(180)], "duration": 100}
    return {
        "jpeg": film_sets.encoded(image),
        "jpeg progressive": film_sets.encoded(image, progressive=True),
        "jpeg restarts": film_sets.encoded(image, restart_marker_blocks=2),
        "jpeg grey": film_sets.encoded(image.convert("L")),
        "jpeg cmyk": film_sets.encoded(image.convert("CMYK")),
        "jpeg turned": film_sets.encoded(image, exif=turned),
        "mpo": film_sets.encoded(image, "MPO", save_all=True, append_images=[image]),
        "png": film_sets.encoded(image, "PNG"),
        "png grey": film_sets.encoded(image.convert("L"), "PNG"),
        "png 16 bit": film_sets.encoded(Image.new("I;16", (60, 90), 30_000), "PNG"),
        "png bits": film_sets.encoded(image.convert("1"), "PNG"),
        "png alpha": film_sets.encoded(clear, "PNG"),
        "png grey alpha": film_sets.encoded(clear.convert("LA"), "PNG"),
        "png palette": film_sets.encoded(image.quantize(16), "PNG"),
        "png palette transparent": film_sets.encoded(image.quantize(16), "PNG", transparency=3),
        "png palette alpha": film_sets.encoded(clear.quantize(16), "PNG"),
        "png colour key": film_sets.encoded(image, "PNG", transparency=image.getpixel((0, 0))),
        "png animated": film_sets.encoded(image, "PNG", **frames),
        "png turned": film_sets.encoded(image, "PNG", exif=turned),
        "webp": film_sets.encoded(image, "WEBP"),
        "webp alpha": film_sets.encoded(clear, "WEBP", lossless=True),
        "webp animated": film_sets.encoded(image, "WEBP", **frames),
        "webp turned": film_sets.encoded(image, "WEBP", exif=turned),
        "gif": film_sets.encoded(image, "GIF"),
        "tiff": film_sets.encoded(image, "TIFF"),
        "avif": b"\0\0\0 ftypavif" + bytes(500),
    }


def without_chunk(png: bytes, kind: bytes) -> bytes:
    at = png.find(kind)
    return png if at < 0 else png[: at - 4] + png[at + 8 + int.from_bytes(png[at - 4 : at]) :]


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def damaged(whole: bytes, rng: random.Random) -> dict[str, bytes]:
    """A picture's bytes, damaged in many ways."""
    half = len(whole) // 2
    found = {
        "empty": b"",
        "header": whole[:20],
        "half": whole[:half],
        "half, closed": whole[:half] + b"\xff\xd9",
        "half, zeros": whole[:half] + bytes(len(whole) - half),
        "last byte": whole[:-1],
        "end mark": whole[:-2],
        "last chunk": whole[:-12],
        "junk behind": whole + rng.randbytes(3000),
        "twice": whole + whole,
        "end mark inside": whole[:half] + b"\xff\xd9" + whole[half:],
        "marker inside": whole[:half] + b"\xff\xe1\0\x10" + whole[half:],
        "exif of junk": whole[:2] + b"\xff\xe1\0\x20Exif\0\0" + rng.randbytes(24) + whole[2:],
        "no palette": without_chunk(whole, b"PLTE"),
        "no data": without_chunk(whole, b"IDAT"),
        "no end": without_chunk(whole, b"IEND"),
        "exif chunk of junk": whole[:33] + chunk(b"eXIf", b"MM\0*\0\0\0\x08\xff\xff" + rng.randbytes(40)) + whole[33:],
        "palette of nothing": whole[:33] + chunk(b"PLTE", b"") + whole[33:],
        "other size": whole.replace(b"\0\x3c", b"\0\x40", 1),
    }
    for number in range(5):
        cut = rng.randrange(2, len(whole))
        found[f"cut {number}"] = whole[:cut]
        flipped, header = bytearray(whole), bytearray(whole)
        for _ in range(3):
            flipped[rng.randrange(len(whole))] = rng.randrange(256)
            header[rng.randrange(min(200, len(whole)))] ^= 1 << rng.randrange(8)
        found[f"flipped {number}"], found[f"header {number}"] = bytes(flipped), bytes(header)
    return found


class Recorder:
    """Stands for a model and keeps the posters that it gets."""

    parts: ClassVar = {}

    def __init__(self):
        self.spec = CNN
        self.weights = SimpleNamespace(model="prior", cache_key="cnn", thresholds_for=lambda _: np.ones(25))
        self.seen: list[np.ndarray] = []

    def predict_with_parts(self, posters=None, overviews=None, films=None):
        if posters is not None:
            self.seen += list(posters)
        return Predictions(np.zeros((films, 25), np.float32), np.zeros(films, bool))


def pixels_or_reason(content: bytes) -> np.ndarray | str:
    try:
        return poster_array(open_poster(content))
    except PosterError as error:
        return str(error)


def test_all_refuse_a_poster_or_all_see_the_same_pixels(tmp_path):
    rng = random.Random(0)
    contents = [content for whole in pictures().values() for content in (whole, *damaged(whole, rng).values())]
    expected = {f"p{number:04d}": pixels_or_reason(content) for number, content in enumerate(contents)}
    usable = [film_id for film_id, found in expected.items() if not isinstance(found, str)]
    assert 300 < len(usable) < len(expected) - 300  # both kinds are among them
    films = [
        film_sets.Film(film_id, ["Drama"], f"A quiet film number {film_id}.", content)
        for film_id, content in zip(expected, contents, strict=True)
    ]
    folder = film_sets.write_set(tmp_path / "odd", films)

    catalogue = load_catalogue(folder)
    assert catalogue.films["id"].tolist() == usable
    assert {problem.id: problem.problem for problem in catalogue.problems} == {
        film_id: found for film_id, found in expected.items() if isinstance(found, str)
    }
    pixels = np.stack([expected[film_id] for film_id in usable])
    assert np.array_equal(posters_of(catalogue, CNN, np.arange(len(usable))), pixels)  # before they are prepared
    assert np.array_equal(prepare(catalogue, CNN).posters, pixels)
    for film_id in usable[::7]:
        assert np.array_equal(catalogue_poster(catalogue.poster(film_id), (64, 64)), expected[film_id])
        assert make_thumbnail(catalogue.poster(film_id))

    (tmp_path / "films.csv").write_text("Id\n" + "\n".join(expected) + "\n")
    model = Recorder()
    rows, failed = predict_rows(tmp_path / "films.csv", tmp_path / "out.csv", [model], folder / "Images")
    assert (rows, failed) == (len(expected), len(expected) - len(usable))
    assert np.array_equal(np.stack(model.seen), pixels)

    for content, found in zip(contents, expected.values(), strict=True):
        if isinstance(found, str):
            with pytest.raises(UserError, match="choose another file") as refused:
                read_poster(content)
            assert found in str(refused.value)
            assert len(found) < 200
            assert "\n" not in found
        else:
            assert np.array_equal(poster_array(read_poster(content)), found)


@pytest.mark.parametrize("kind", ["jpeg", "jpeg progressive", "png palette", "png alpha", "webp", "webp alpha"])
def test_a_poster_is_found_by_all_under_the_names_that_people_give(tmp_path, kind):
    content = pictures()[kind]
    names = ["a.JPG", "b.jpeg", "c.Png", "d.webp", "e.JPEG", "f.jfif", "7.jpg", "8.png", "h.jpg"]
    ids = [*"abcdef", "7.0", "8.png", "h.JPG"]  # of numbers and files as some tables have them
    films = [film_sets.Film(film_id, ["Drama"], f"A film about {film_id}.", None) for film_id in ids]
    folder = film_sets.write_set(tmp_path / "named", films)
    for name in names:
        (folder / "Images" / name).write_bytes(content)
    (folder / "Images" / "d.png").write_bytes(content[:50])  # .jpg, .jpeg and .png go before .webp
    catalogue = load_catalogue(folder)
    assert [poster.path.name for poster in catalogue.posters] == [name for name in names if name[0] != "d"]
    assert [problem.id for problem in catalogue.problems] == ["d"]
    assert [catalogue.poster(film_id).path for film_id in catalogue.films["id"]] == [
        find_poster(folder / "Images", film_id) for film_id in catalogue.films["id"]
    ]
    model = Recorder()
    (tmp_path / "films.csv").write_text("Id\n" + "\n".join([*ids, "g"]) + "\n")
    assert predict_rows(tmp_path / "films.csv", tmp_path / "out.csv", [model], folder / "Images") == (10, 2)
    assert np.array_equal(np.stack(model.seen), prepare(catalogue, CNN).posters)
    assert "Images/g.jpg is missing" in (tmp_path / "out.csv").read_text()


def test_the_posters_of_an_animation_are_its_first_frame():
    still = open_poster(pictures()["png"])
    assert np.array_equal(open_poster(pictures()["png animated"]), still)
    frame = Image.open(io.BytesIO(pictures()["webp animated"]))
    assert np.array_equal(open_poster(pictures()["webp animated"]), frame.convert("RGB"))


def test_nothing_but_a_poster_error_is_raised():
    """Thousands of files with flipped and inserted bytes."""
    rng = random.Random(1)
    wholes = list(pictures().values())
    for _ in range(3000):
        content = bytearray(rng.choice(wholes))
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(min(len(content), rng.choice((60, 400, 10_000))))
            if rng.random() < 0.7:
                content[at] = rng.choice((0, 255, content[at] ^ (1 << rng.randrange(8)), rng.randrange(256)))
            else:
                content[at:at] = rng.randbytes(rng.randrange(1, 4))
        found = pixels_or_reason(bytes(content))
        assert isinstance(found, str) or found.shape == (64, 64, 3)


@pytest.mark.timeout(30)
def test_special_files_among_the_posters_are_reported_by_all(tmp_path):
    folder = film_sets.write_set(tmp_path / "special", film_sets.films(3))
    path = folder / "Images" / "tt0000002.jpg"
    loaded = load_catalogue(folder)
    path.unlink()
    os.mkfifo(path)
    for read in (read_poster, lambda path: catalogue_poster(loaded.poster("tt0000002"), (64, 64))):
        with pytest.raises(UserError, match="not a regular file"):
            read(path)
    with pytest.raises(PosterError, match="not a regular file"):
        make_thumbnail(path)
    with pytest.raises(UserError, match=r"tt0000002\.jpg: .*not a regular file"):
        prepare(loaded, CNN)
    (problem,) = load_catalogue(folder).problems
    assert (problem.id, problem.problem) == ("tt0000002", "poster cannot be read (it is not a regular file)")
    (tmp_path / "films.csv").write_text("Id\ntt0000001\ntt0000002\n")
    assert predict_rows(tmp_path / "films.csv", tmp_path / "out.csv", [Recorder()], folder / "Images") == (2, 1)
    assert "not a regular file" in (tmp_path / "out.csv").read_text()
