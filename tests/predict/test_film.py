"""Uploaded posters and typed overviews, good and bad."""

import warnings
from functools import partial

import film_sets
import numpy as np
import pytest
import weight_sets
from PIL import Image

from genreclf import public
from genreclf.data.catalogue import load_catalogue
from genreclf.data.posters import load_posters, poster_array
from genreclf.errors import UserError
from genreclf.genres import GENRES
from genreclf.models import get_spec, model_label
from genreclf.predict.film import (
    FilmPrediction,
    catalogue_image,
    catalogue_poster,
    load_examples,
    poster_notes,
    predict_film,
    read_overview,
    read_poster,
)
from genreclf.predict.predictor import Predictions, Predictor
from genreclf.public import LIMITS, Limits
from genreclf.weights.folder import find_weights, read_weights

VOCABULARY = {"a", "young", "man", "falls", "in", "love", "with", "war"}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("colours", ["RGB", "L"])
def test_three_formats_are_read(kind, colours):
    image = read_poster(film_sets.encoded(Image.new(colours, (60, 90)), kind))
    assert image.mode == "RGB"
    assert image.size == (60, 90)
    assert poster_array(image).shape == (64, 64, 3)


@pytest.mark.parametrize("damage", [b"garbage", b"MM\0*\0\0\0\xff", b"II*\0\x08\0\0\0\xff\xff\x12\x01\x03"])
def test_damaged_exif_data_does_not_spoil_a_poster(damage):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_poster(film_sets.jpeg(exif=b"Exif\0\0" + damage)).size == (60, 90)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "file is empty"),
        (b"<html>404 Not Found</html>", "is a web page"),
        (b"404 Not Found", "is not a JPEG, PNG or WebP image"),
        (film_sets.encoded(Image.new("RGB", (60, 90)), "GIF"), "is not a JPEG, PNG or WebP image"),
        (film_sets.encoded(Image.effect_noise((120, 160), 90).convert("RGB"))[:3000], "cannot be decoded"),
        (film_sets.with_size(film_sets.jpeg(), 60_000, 60_000), "more than 25 million"),
        (b"\xff\xd8" + bytes(20_000_001), "20 MB, more than 20 MB"),
        (film_sets.jpeg(size=(20, 90)), "only 20×90 pixels"),
    ],
)
def test_unusable_posters_are_rejected_with_a_reason(content, reason):
    with pytest.raises(UserError, match=r"^This poster .* choose .*\.$") as rejected:
        read_poster(content)
    assert reason in str(rejected.value)


def test_a_wide_picture_gives_a_warning():
    assert not poster_notes(Image.new("RGB", (60, 90)))
    assert "wider than it is tall" in poster_notes(Image.new("RGB", (90, 60)))[0]


def test_an_overview_that_says_nothing_has_a_problem_and_no_text():
    unread = "7 " * 250 + "A young man falls in love."  # the words are beyond those that the models read
    for text in ("", "  \n ", "?! ...", "N/A", "No overview found.", "🎬", "爱", "<p></p>", "\0" * 1_000_000, unread):
        overview = read_overview(text, VOCABULARY)
        assert overview.problem.startswith("overview ")
        assert (overview.text, overview.notes) == ("", ())


def test_markup_is_not_read():
    text = "<p>A young&nbsp;man\0 falls in <b>love</b> &amp; war</p>"
    assert read_overview(text, VOCABULARY) == read_overview("A young man falls in love & war", VOCABULARY)


def test_a_good_overview_gives_no_warning():
    overview = read_overview("A young man falls\nin love, with war!", VOCABULARY)
    assert overview.text == "A young man falls in love, with war!"
    assert overview.notes == ()


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("Love.", "only 1 of these words"),
        ("Love war zzz", "only 2 of these words"),
        ("Krieg", "none of these words"),
        ("Ein junger Mann verliebt sich in eine Frau", "88\u00a0% of these words"),
        ("Ein junger Mann verliebt sich in eine Frau", "in English?"),
        ("in love " * 150, "has 300 words; the models read only the first 200"),
    ],
)
def test_an_overview_that_says_little_gives_a_warning(text, note):
    assert any(note in warning for warning in read_overview(text, VOCABULARY).notes)


def test_without_a_vocabulary_only_the_length_is_checked():
    assert read_overview("Ein junger Mann verliebt sich in eine Frau").notes == ()
    assert "too short" in read_overview("War").notes[0]


def test_a_very_long_text_is_cut():
    overview = read_overview("word " * 1_000_000)
    assert len(overview.text.split()) == 200


@pytest.mark.parametrize("limits", [Limits(characters=100, upload_bytes=1000, upload_pixels=5000), None])
def test_a_server_reads_less_of_what_is_sent_to_it(limits, monkeypatch):
    large, text = film_sets.encoded(Image.new("P", (100, 200)), "PNG"), "love and war " * 8
    read_overview(text), read_poster(large)  # at home
    if limits is None:
        monkeypatch.setenv(public.VARIABLE, "1")
        text *= 60
        large = film_sets.encoded(Image.new("P", (3000, 4500)), "PNG")
    assert "more than" in read_overview(text, limits=limits).problem
    with pytest.raises(UserError, match="pixels, more than"):
        read_poster(large, limits)
    with pytest.raises(UserError, match="MB, more than"):
        read_poster(bytes(LIMITS.upload_bytes + 10**6), limits)


def test_models_predict_if_their_input_is_there(trained_weights):
    predictors = [Predictor(read_weights(trained_weights / model)) for model in ("prior", "tfidf", "cnn-small")]
    poster = partial(poster_array, read_poster(film_sets.jpeg()))

    def models(poster, overview) -> list[str]:
        return [prediction.weights.model for prediction in predict_film(predictors, poster, overview)]

    assert models(poster, "a ghost at night") == ["prior", "tfidf", "cnn-small"]
    assert models(poster, None) == ["prior", "cnn-small"]
    assert models(None, "a ghost at night") == ["prior", "tfidf"]
    assert models(None, None) == models(None, "N/A") == []
    assert models(poster, "... !!!") == ["prior", "cnn-small"]
    for prediction in predict_film(predictors, poster, "a ghost at night"):
        assert prediction.probabilities.shape == (25,)
        top = [item.probability for item in prediction.top()]
        assert top == sorted(prediction.probabilities, reverse=True)[:3]


class _Stub:
    """A predictor with a constant prediction."""

    def __init__(self, model: str, folder):
        (folder / "numbers").write_bytes(b"")
        self.spec, self.weights = get_spec(model), read_weights(weight_sets.write_card(folder, model, "numbers"))
        self.inputs = []

    def predict_with_parts(self, posters, overviews, films):
        self.inputs.append((None if posters is None else posters.shape, overviews))
        return Predictions(np.full((films, 25), 0.1, np.float32), np.zeros(films, bool))


def test_fusion_names_its_fallback_part(tmp_path):
    fusion = _Stub("fusion", tmp_path)
    image = read_poster(film_sets.jpeg())

    def fallback_part(poster, overview) -> str:
        [prediction] = predict_film([fusion], poster, overview)
        return prediction.fallback_part

    assert fallback_part(partial(poster_array, image), None) == "poster"
    assert fallback_part(None, "a ghost at night") == "overview"
    assert fallback_part(partial(poster_array, image), "a ghost at night") == ""
    shape = (1, 320, 216, 3)
    assert fusion.inputs == [(shape, None), (None, ["a ghost at night"]), (shape, ["a ghost at night"])]
    [prediction] = predict_film([_Stub("lstm", tmp_path)], None, "a ghost at night")
    assert prediction.fallback_part == "", "it has no parts"


@pytest.mark.parametrize("model", ["cnn", "poster"])
def test_a_catalogues_poster_is_read_as_in_training(catalogue, model):
    posters, size = catalogue.posters[:3], get_spec(model).poster_size
    assert np.array_equal(load_posters(posters, size), [catalogue_poster(poster, size) for poster in posters])


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (None, "poster file is missing"),
        (b"<html>404 Not Found</html>", "replaced or edited"),
        (film_sets.jpeg(seed=9), "edited"),
    ],
    ids=["gone", "garbage", "replaced"],
)
def test_a_catalogues_poster_that_changed_is_reported(film_folder, damage, reason):
    poster = load_catalogue(film_folder).poster("tt0000007")
    poster.path.unlink()
    if damage is not None:
        poster.path.write_bytes(damage)
    for read in (catalogue_image, partial(catalogue_poster, size=(64, 64))):
        with pytest.raises(UserError, match=rf"^The poster tt0000007\.jpg changed .*{reason}.*; reload .* again\.$"):
            read(poster)


def test_genres_are_chosen_by_their_own_thresholds(tmp_path):
    (tmp_path / "numbers").write_bytes(b"")
    thresholds = [0.5] * 25
    thresholds[GENRES.index("War")] = 0.1
    weights = read_weights(weight_sets.write_card(tmp_path, "prior", "numbers", thresholds=thresholds))
    probabilities = np.zeros(25, np.float32)
    for genre, probability in {"Drama": 0.8, "Comedy": 0.4, "War": 0.2}.items():
        probabilities[GENRES.index(genre)] = probability
    prediction = FilmPrediction(weights, probabilities)
    assert [(item.genre, item.chosen) for item in prediction.top()] == [
        ("Drama", True), ("Comedy", False), ("War", True),
    ]  # fmt: skip
    assert prediction.chosen() == ["Drama", "War"]
    assert prediction.threshold("War") == 0.1
    assert prediction.label == "Base rates"


@pytest.mark.slow
@pytest.mark.parametrize("key", load_examples())
def test_the_shipped_models_answer_as_the_worked_examples_claim(key):
    """If this fails after new weights or drawings, choose again: see ``tools/show_examples.py``."""
    example = load_examples()[key]
    assert example.top
    assert all(model_label(model) in example.what and genre in example.what for model, genre in example.top.items())
    predictors = [Predictor(find_weights(model, choice="imdb")) for model in example.top]
    poster = partial(poster_array, read_poster(example.poster))
    predictions = predict_film(predictors, poster, read_overview(example.overview).text)
    found = {prediction.weights.model: prediction.top(1)[0].genre for prediction in predictions}
    assert found == example.top


def test_the_worked_examples_are_complete():
    examples = load_examples()
    assert len(examples) == 3
    for example in examples.values():
        assert read_poster(example.poster.read_bytes()).height > 200
        assert read_overview(example.overview).notes == ()
