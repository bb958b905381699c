import film_sets
import numpy as np
import pytest
from PIL import Image

from genreclf import prepared as module
from genreclf.catalogue import load_catalogue
from genreclf.errors import UserError
from genreclf.overviews import UNKNOWN_ID
from genreclf.prepared import VERSION, folder_of, prepare


@pytest.fixture
def never_made_again(monkeypatch):
    def use(catalogue):
        monkeypatch.setattr(module, "_make", lambda *arguments: pytest.fail("the arrays were made again"))
        return prepare(catalogue)

    return use


def test_arrays_in_the_catalogues_order(catalogue):
    prepared = prepare(catalogue)
    assert (prepared.posters.dtype, prepared.posters.shape) == (np.uint8, (60, 64, 64, 3))
    assert (prepared.tokens.dtype, len(prepared.tokens)) == (np.int32, 60)
    assert prepared.labels is catalogue.labels
    assert prepared.overviews == catalogue.films["overview"].tolist()
    assert prepared.digest == catalogue.digest
    assert [len(prepared.rows(split)) for split in ("train", "val", "test")] == [47, 5, 8]
    for row in (0, 17, 59):
        colour = np.median(prepared.posters[row], axis=(0, 1))
        assert np.abs(colour - list(film_sets.COLOURS.values())[(row + 1) % 6]).max() < 25
        words = prepared.overviews[row].lower().replace(",", "").replace(".", "").split()
        known = [word if word in prepared.vocabulary else "[UNK]" for word in words]
        assert [prepared.vocabulary[word] for word in prepared.tokens[row] if word] == known


def test_the_vocabulary_is_counted_on_the_train_split_only(film_folder):
    films = film_sets.films()
    loaded = load_catalogue(film_folder)
    spoken = {film.id: f"{film.overview} only{film.id}" for film in films}
    again = film_sets.write_set(
        film_folder.parent / "marked",
        [film_sets.Film(film.id, film.genres, spoken[film.id], film.jpeg) for film in films],
    )
    prepared = prepare(load_catalogue(again))
    for film, split, ids in zip(films, loaded.films["split"], prepared.tokens, strict=True):
        assert (f"only{film.id}" in prepared.vocabulary) == (split == "train")
        assert (ids[np.flatnonzero(ids)[-1]] == UNKNOWN_ID) == (split != "train")


def test_the_second_time_nothing_is_made(catalogue, never_made_again):
    seen = []
    first = prepare(catalogue, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (60, 60)
    second = never_made_again(catalogue)
    assert second.vocabulary == first.vocabulary
    assert np.array_equal(second.posters, first.posters)
    assert np.array_equal(second.tokens, first.tokens)


@pytest.mark.parametrize("size", [0, 50, 200])
@pytest.mark.parametrize("file", ["posters.npy", "tokens.npy", "meta.json"])
def test_damaged_arrays_are_removed_and_made_again(catalogue, file, size):
    prepare(catalogue)
    path = folder_of(catalogue) / f"arrays-v{VERSION}" / file
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(UserError, match="try again"):
        prepare(catalogue)
    assert len(prepare(catalogue).posters) == 60


def test_nothing_half_made_is_left(catalogue, monkeypatch):
    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "fit_encoder", fail)
    with pytest.raises(UserError, match="No space left on device"):
        prepare(catalogue)
    assert list(folder_of(catalogue).iterdir()) == []


def test_a_home_that_cannot_be_written_is_told(catalogue, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("GENRECLF_HOME", str(tmp_path / "file"))
    with pytest.raises(UserError, match="Cannot write prepared data"):
        prepare(catalogue)


@pytest.mark.parametrize("damage", ["gone", "broken"])
def test_a_poster_that_broke_since_its_check_is_told(film_folder, damage):
    loaded = load_catalogue(film_folder)
    path = loaded.poster_path("tt0000007")
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"no longer a picture")
    with pytest.raises(UserError, match=r"changed since it was checked \(tt0000007\.jpg"):
        prepare(loaded)


def test_whatever_passes_the_check_can_be_prepared(tmp_path):
    """JPEGs of many kinds and broken in many places: either a problem, or an array."""
    chance = np.random.default_rng(0)
    noise = Image.fromarray(chance.integers(0, 255, (90, 60, 3), np.uint8))
    films = film_sets.films(3)
    for options in ({}, {"progressive": True}, {"restart_marker_blocks": 1}, {"subsampling": 0}):
        for mode in ("RGB", "L", "CMYK"):
            whole = film_sets.encoded(noise.convert(mode), **options)
            for content in (whole, *(_broken(whole, chance) for _ in range(20))):
                films.append(film_sets.Film(f"odd{len(films)}", ["Drama"], "A film.", content))
    loaded = load_catalogue(film_sets.write_set(tmp_path / "odd", films))
    assert 50 < len(loaded) < len(films)  # both kinds are among them
    assert len(loaded) + len(loaded.problems) == len(films)
    assert len(prepare(loaded).posters) == len(loaded)


def _broken(content: bytes, chance: np.random.Generator) -> bytes:
    """Cut short, or some bytes changed."""
    if chance.random() < 0.3:
        return content[: chance.integers(2, len(content))]
    changed = bytearray(content)
    for at in chance.integers(2, len(content), 3):
        changed[at] = chance.integers(256)
    return bytes(changed)


def test_sets_too_small_to_learn_from(tmp_path):
    films = film_sets.films(5)
    one = load_catalogue(film_sets.write_set(tmp_path / "one", films[1:2]))  # tt0000002 is of train
    assert len(prepare(one).posters) == 1
    other = load_catalogue(film_sets.write_set(tmp_path / "other", films[4:5]))  # tt0000005 is of val
    with pytest.raises(UserError, match="no film in its train split"):
        prepare(other)
    mute = film_sets.Film("tt0000002", ["Drama"], "?!", film_sets.jpeg())
    with pytest.raises(UserError, match="holds a word"):
        prepare(load_catalogue(film_sets.write_set(tmp_path / "mute", [mute])))
