import film_sets
import numpy as np
import pytest
from PIL import Image

from genreclf.data import prepared as module
from genreclf.data.catalogue import load_catalogue
from genreclf.data.overviews import UNKNOWN_ID, PieceEncoder
from genreclf.data.prepared import VERSION, folder_of, is_prepared, prepare
from genreclf.errors import UserError
from genreclf.models import get_spec

CNN, LSTM, OVERVIEW = get_spec("cnn"), get_spec("lstm"), get_spec("overview")
FILES = {"cnn": "posters-64x64.npy", "lstm": "words.npz", "overview": "pieces.npz"}


def files_of(catalogue) -> list[str]:
    return sorted(path.name for path in (folder_of(catalogue) / f"arrays-v{VERSION}").iterdir())


def is_whole(prepared) -> bool:
    return all(array is None or len(array) == 60 for array in (prepared.posters, prepared.tokens))


def test_posters_in_the_catalogues_order(catalogue):
    prepared = prepare(catalogue, CNN)
    assert (prepared.posters.dtype, prepared.posters.shape) == (np.uint8, (60, 64, 64, 3))
    assert (prepared.tokens, prepared.vocabulary, prepared.features) == (None, None, None)
    assert prepared.labels is catalogue.labels
    assert prepared.overviews == catalogue.films["overview"].tolist()
    assert prepared.digest == catalogue.digest
    assert [len(prepared.rows(split)) for split in ("train", "val", "test")] == [47, 5, 8]
    for row in (0, 17, 59):
        colour = np.median(prepared.posters[row], axis=(0, 1))
        assert np.abs(colour - list(film_sets.COLOURS.values())[(row + 1) % 6]).max() < 25


def test_words_in_the_catalogues_order(catalogue):
    prepared = prepare(catalogue, LSTM)
    assert (prepared.tokens.dtype, len(prepared.tokens), prepared.posters) == (np.int32, 60, None)
    for row in (0, 17, 59):
        words = prepared.overviews[row].lower().replace(",", "").replace(".", "").split()
        known = [word if word in prepared.vocabulary else "[UNK]" for word in words]
        assert [prepared.vocabulary[word] for word in prepared.tokens[row] if word] == known


def test_word_pieces_in_the_catalogues_order(catalogue):
    prepared = prepare(catalogue, OVERVIEW)
    assert (prepared.posters, prepared.vocabulary) == (None, None)
    assert np.array_equal(prepared.tokens, PieceEncoder()(prepared.overviews))


def test_a_model_without_a_network_needs_no_arrays(catalogue):
    prepared = prepare(catalogue, get_spec("tfidf"))
    assert (prepared.posters, prepared.tokens, prepared.vocabulary) == (None, None, None)
    assert is_prepared(catalogue, get_spec("tfidf"))
    assert not folder_of(catalogue).exists()


def test_each_model_prepares_what_it_takes_and_shares_it(tmp_path):
    few = load_catalogue(film_sets.write_set(tmp_path / "few", film_sets.films(5)))
    assert not is_prepared(few, get_spec("fusion"))
    assert prepare(few, get_spec("fusion")).posters.shape == (5, 320, 216, 3)
    assert files_of(few) == ["posters-320x216.npy"]
    assert is_prepared(few, get_spec("poster"))  # of the same size
    assert not is_prepared(few, CNN)
    for spec in (CNN, LSTM, OVERVIEW):
        prepare(few, spec)
    assert files_of(few) == sorted([*FILES.values(), "posters-320x216.npy"])


def test_the_vocabulary_is_counted_on_the_train_split_only(film_folder):
    films = film_sets.films()
    loaded = load_catalogue(film_folder)
    spoken = {film.id: f"{film.overview} only{film.id}" for film in films}
    again = film_sets.write_set(
        film_folder.parent / "marked",
        [film_sets.Film(film.id, film.genres, spoken[film.id], film.jpeg) for film in films],
    )
    prepared = prepare(load_catalogue(again), LSTM)
    for film, split, ids in zip(films, loaded.films["split"], prepared.tokens, strict=True):
        assert (f"only{film.id}" in prepared.vocabulary) == (split == "train")
        assert (ids[np.flatnonzero(ids)[-1]] == UNKNOWN_ID) == (split != "train")


@pytest.mark.parametrize("model", FILES)
def test_nothing_is_prepared_twice(catalogue, model, monkeypatch):
    seen = []
    first = prepare(catalogue, get_spec(model), lambda done, total: seen.append((done, total)))
    assert seen[-1:] == ([(60, 60)] if model == "cnn" else [])
    for maker in ("poster_batches", "fit_encoder", "PieceEncoder", "atomic_path"):
        monkeypatch.setattr(module, maker, lambda *arguments: pytest.fail("the arrays were prepared again"))
    second = prepare(catalogue, get_spec(model))
    assert second.vocabulary == first.vocabulary
    for ours, theirs in ((second.posters, first.posters), (second.tokens, first.tokens)):
        assert (ours is None and theirs is None) or np.array_equal(ours, theirs)


@pytest.mark.parametrize("size", [0, 50, 200, 1500])
@pytest.mark.parametrize("model", FILES)
def test_damaged_arrays_are_removed_and_prepared_again(catalogue, model, size):
    prepare(catalogue, get_spec(model))
    path = folder_of(catalogue) / f"arrays-v{VERSION}" / FILES[model]
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(UserError, match=rf"{FILES[model]} was damaged and has been removed; try again"):
        prepare(catalogue, get_spec(model))
    assert files_of(catalogue) == []
    assert is_whole(prepare(catalogue, get_spec(model)))


def test_damage_in_the_middle_is_detected(catalogue):
    prepare(catalogue, LSTM)
    path = folder_of(catalogue) / f"arrays-v{VERSION}" / "words.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match="try again"):
        prepare(catalogue, LSTM)
    assert is_whole(prepare(catalogue, LSTM))


@pytest.mark.parametrize(
    ("model", "place", "writes"),
    [("cnn", np.lib.format, "write_array_header_1_0"), ("lstm", np, "savez"), ("overview", np, "savez")],
)
def test_nothing_incomplete_is_left(catalogue, monkeypatch, model, place, writes):
    def fail(stream, *arguments, **arrays):
        stream.write(b"half of it")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(place, writes, fail)
        with pytest.raises(UserError, match="disk is full"):
            prepare(catalogue, get_spec(model))
    assert files_of(catalogue) == []
    assert is_whole(prepare(catalogue, get_spec(model)))


@pytest.mark.parametrize("model", FILES)
def test_a_home_that_cannot_be_written_is_an_error(catalogue, tmp_path, monkeypatch, model):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("GENRECLF_HOME", str(tmp_path / "file"))
    with pytest.raises(UserError, match="is a file, but a folder is needed"):
        prepare(catalogue, get_spec(model))


@pytest.mark.parametrize("damage", ["gone", "broken"])
def test_a_poster_that_broke_after_its_check_is_named(film_folder, damage):
    loaded = load_catalogue(film_folder)
    path = loaded.poster("tt0000007").path
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"no longer a picture")
    with pytest.raises(UserError, match=r"changed after it was checked \(tt0000007\.jpg"):
        prepare(loaded, CNN)


def test_whatever_passes_the_check_can_be_prepared(tmp_path):
    """JPEGs of many kinds and broken in many places: either a problem, or an array."""
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 255, (90, 60, 3), np.uint8))
    films = film_sets.films(3)
    for options in ({}, {"progressive": True}, {"restart_marker_blocks": 1}, {"subsampling": 0}):
        for mode in ("RGB", "L", "CMYK"):
            whole = film_sets.encoded(noise.convert(mode), **options)
            for content in (whole, *(_broken(whole, rng) for _ in range(20))):
                films.append(film_sets.Film(f"odd{len(films)}", ["Drama"], "A film.", content))
    loaded = load_catalogue(film_sets.write_set(tmp_path / "odd", films))
    assert 50 < len(loaded) < len(films)  # both kinds are among them
    assert len(loaded) + len(loaded.problems) == len(films)
    assert len(prepare(loaded, CNN).posters) == len(loaded)


def _broken(content: bytes, rng: np.random.Generator) -> bytes:
    """Cut short, or some bytes changed."""
    if rng.random() < 0.3:
        return content[: rng.integers(2, len(content))]
    changed = bytearray(content)
    for at in rng.integers(2, len(content), 3):
        changed[at] = rng.integers(256)
    return bytes(changed)


def test_sets_too_small_to_learn_from(tmp_path):
    films = film_sets.films(5)
    train_film = load_catalogue(film_sets.write_set(tmp_path / "one", films[1:2]))  # tt0000002 is in train
    assert len(prepare(train_film, CNN).posters) == 1
    other = load_catalogue(film_sets.write_set(tmp_path / "other", films[4:5]))  # tt0000005 is in val
    with pytest.raises(UserError, match="no film in its train split"):
        prepare(other, CNN)
    mute = film_sets.Film("tt0000002", ["Drama"], "?!", film_sets.jpeg())
    for spec in (LSTM, OVERVIEW):
        with pytest.raises(UserError, match="no overviews"):
            prepare(load_catalogue(film_sets.write_set(tmp_path / "mute", [mute])), spec)
