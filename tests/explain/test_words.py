import numpy as np
import pytest
from scipy.special import expit

from genreclf.data.overviews import MAX_LENGTH
from genreclf.errors import UserError
from genreclf.explain.words import affordable_variants, leave_groups_out, leave_one_out, overview_log_odds
from genreclf.genres import GENRES
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import read_weights

GENRE = "Horror"
AT = GENRES.index(GENRE)
OVERVIEW = "A detective hunts: the killer's haunted house - a wedding, and love."


@pytest.fixture
def poster(some_poster) -> np.ndarray:
    return some_poster((320, 216))


@pytest.fixture(params=["lstm", "lstm-small", "overview", "fusion", "tfidf"])
def film(request, random_predictor, trained_weights, poster) -> tuple[Predictor, np.ndarray | None]:
    if request.param == "tfidf":
        return Predictor(read_weights(trained_weights / "tfidf")), None
    return random_predictor(request.param), poster if request.param == "fusion" else None


def log_odds(predictor: Predictor, overview: str, poster: np.ndarray | None) -> float:
    probability = np.float64(predictor.predict(None if poster is None else poster[None], [overview])[0, AT])
    return float(np.log(probability) - np.log1p(-probability))


@pytest.mark.parametrize("way", [leave_one_out, leave_groups_out])
def test_effects_are_in_the_order_of_the_text(film, way):
    predictor, poster = film
    found = way(predictor, OVERVIEW, GENRE, poster)
    assert [effect.word for effect in found] == [
        "A", "detective", "hunts", "the", "killer's", "haunted", "house", "a", "wedding", "and", "love",
    ]  # fmt: skip
    assert all(OVERVIEW[effect.start : effect.end] == effect.word for effect in found)
    assert all(effect.read for effect in found)
    assert len({round(effect.effect, 6) for effect in found}) > 4
    whole = log_odds(predictor, OVERVIEW, poster)
    for effect in found:
        assert effect.probability_without == pytest.approx(expit(whole - effect.effect), abs=1e-4)


def test_effect_is_the_change_without_the_word(film):
    predictor, poster = film
    found = {effect.word: effect for effect in leave_one_out(predictor, OVERVIEW, GENRE, poster)}
    without = log_odds(predictor, "A detective hunts: the killer's  house - a wedding, and love.", poster)
    assert found["haunted"].effect == pytest.approx(log_odds(predictor, OVERVIEW, poster) - without, abs=1e-3)
    assert found["haunted"].probability_without == pytest.approx(expit(without), abs=1e-4)


def test_poster_of_fusion_is_processed_once(random_predictor, poster, monkeypatch):
    predictor, calls, features = random_predictor("fusion"), [], Predictor.features

    def watched(self, posters=None, overviews=None):
        calls.append((self.spec.name, len(overviews if posters is None else posters)))
        return features(self, posters, overviews)

    monkeypatch.setattr(Predictor, "features", watched)
    leave_one_out(predictor, OVERVIEW, GENRE, poster)
    assert calls == [("poster", 1), ("overview", 1), ("overview", 11)]


def test_fusion_without_a_poster_is_its_overview_part(random_predictor):
    for way in (leave_one_out, leave_groups_out):
        of_part = way(random_predictor("overview"), OVERVIEW, GENRE)
        assert way(random_predictor("fusion"), OVERVIEW, GENRE) == of_part


def test_without_its_only_word_the_poster_part_predicts(random_predictor, poster):
    predictor = random_predictor("fusion")
    (found,) = leave_one_out(predictor, "Haunted!", GENRE, poster)
    assert found.probability_without == pytest.approx(predictor.predict(poster[None])[0, AT], abs=1e-5)
    changed = overview_log_odds(predictor, poster)(["!", "haunted"])
    assert expit(changed) == pytest.approx(predictor.predict(np.stack([poster] * 2), ["!", "haunted"]), abs=1e-4)


@pytest.mark.parametrize(("model", "first_unread"), [("lstm-small", MAX_LENGTH), ("overview", 127)])
def test_words_beyond_the_limit_have_no_effect(random_predictor, model, first_unread):
    """MiniLM reads 254 word pieces; each of these words is two."""
    words = ["love"] * 230 if model == "lstm-small" else ["haunted,"] * 140
    found = leave_groups_out(random_predictor(model), " ".join(words), GENRE)
    assert [effect.read for effect in found].index(False) == first_unread
    assert {(effect.effect, effect.read) for effect in found[first_unread:]} == {(0.0, False)}


def test_words_beyond_the_limit_are_not_left_out(random_predictor, monkeypatch):
    variants, predictor = [], random_predictor("lstm-small")
    monkeypatch.setattr(predictor, "raw", lambda _, texts: (variants.extend(texts), np.full((len(texts), 25), 0.5))[1])
    found = leave_one_out(predictor, " ".join(["love"] * 210), GENRE)
    assert (len(found), len(variants)) == (210, 201)
    assert not found[205].read


@pytest.mark.parametrize("way", [leave_one_out, leave_groups_out])
@pytest.mark.parametrize("text", ["", " \n ", "... - !"])
def test_text_without_words_has_no_effects(random_predictor, way, text):
    assert way(random_predictor("lstm"), text, GENRE) == []


@pytest.mark.parametrize("way", [leave_one_out, leave_groups_out])
def test_models_without_overviews_are_refused(random_predictor, way):
    with pytest.raises(UserError, match="cnn uses no overviews"):
        way(random_predictor("cnn"), OVERVIEW, GENRE)


LONG = " ".join(["love and war in a quiet town"] * 12 + ["a haunted house"] + ["the story goes on and on"] * 12)


@pytest.mark.parametrize("model", ["lstm", "overview"])
def test_long_text_takes_a_bounded_number_of_variants(random_predictor, monkeypatch, model):
    predictor, texts = random_predictor(model), []
    raw = Predictor.raw

    def counted(self, posters=None, overviews=None, films=None):
        texts.extend(overviews)
        return raw(self, posters, overviews, films)

    monkeypatch.setattr(Predictor, "raw", counted)
    found = leave_groups_out(predictor, LONG, GENRE, variants=20)
    assert len(found) == len(LONG.split())
    assert len(texts) <= 1 + 20
    assert {effect.group for effect in found} != {1}, "some words are left out as a group"
    for effect in (effect for effect in found if effect.group == 1):  # a group of one is exact
        without = LONG[: effect.start] + LONG[effect.end :]
        gap = log_odds(predictor, LONG, None) - log_odds(predictor, without, None)
        assert effect.effect == pytest.approx(gap, abs=1e-3)


def test_every_word_of_a_short_text_is_left_out_on_its_own(film):
    predictor, poster = film
    one_by_one = leave_one_out(predictor, OVERVIEW, GENRE, poster)
    assert leave_groups_out(predictor, OVERVIEW, GENRE, poster) == one_by_one


def test_longer_texts_get_fewer_variants(random_predictor):
    spec = random_predictor("overview").spec
    assert affordable_variants(spec, 40) > affordable_variants(spec, 200) >= 2
