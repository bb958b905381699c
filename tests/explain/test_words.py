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
def asked(request, random_predictor, trained_weights, poster) -> tuple[Predictor, np.ndarray | None]:
    if request.param == "tfidf":
        return Predictor(read_weights(trained_weights / "tfidf")), None
    return random_predictor(request.param), poster if request.param == "fusion" else None


def log_odds(predictor: Predictor, overview: str, poster: np.ndarray | None) -> float:
    told = predictor.predict(None if poster is None else poster[None], [overview])[0, AT]
    return float(np.log(np.float64(told)) - np.log1p(-np.float64(told)))


@pytest.mark.parametrize("way", [leave_one_out, leave_groups_out])
def test_each_word_has_its_place(asked, way):
    predictor, poster = asked
    found = way(predictor, OVERVIEW, GENRE, poster)
    assert [effect.word for effect in found] == [
        "A", "detective", "hunts", "the", "killer's", "haunted", "house", "a", "wedding", "and", "love",
    ]  # fmt: skip
    assert all(OVERVIEW[effect.start : effect.end] == effect.word for effect in found)
    assert all(effect.read for effect in found)
    assert len({round(effect.effect, 6) for effect in found}) > 4
    told = log_odds(predictor, OVERVIEW, poster)
    for effect in found:
        assert effect.probability_without == pytest.approx(expit(told - effect.effect), abs=1e-4)


def test_a_word_left_out_is_asked_about(asked):
    predictor, poster = asked
    found = {effect.word: effect for effect in leave_one_out(predictor, OVERVIEW, GENRE, poster)}
    without = log_odds(predictor, "A detective hunts: the killer's  house - a wedding, and love.", poster)
    assert found["haunted"].effect == pytest.approx(log_odds(predictor, OVERVIEW, poster) - without, abs=1e-3)
    assert found["haunted"].probability_without == pytest.approx(expit(without), abs=1e-4)


def test_fusions_poster_is_looked_at_once(random_predictor, poster, monkeypatch):
    predictor, looks, features = random_predictor("fusion"), [], Predictor.features

    def watched(self, posters=None, overviews=None):
        looks.append((self.spec.name, len(overviews if posters is None else posters)))
        return features(self, posters, overviews)

    monkeypatch.setattr(Predictor, "features", watched)
    leave_one_out(predictor, OVERVIEW, GENRE, poster)
    assert looks == [("poster", 1), ("overview", 1), ("overview", 11)]


def test_fusion_without_a_poster_is_its_part_that_reads(random_predictor):
    for way in (leave_one_out, leave_groups_out):
        alone = way(random_predictor("overview"), OVERVIEW, GENRE)
        assert way(random_predictor("fusion"), OVERVIEW, GENRE) == alone


def test_without_its_only_word_the_poster_answers(random_predictor, poster):
    predictor = random_predictor("fusion")
    (found,) = leave_one_out(predictor, "Haunted!", GENRE, poster)
    assert found.probability_without == pytest.approx(predictor.predict(poster[None])[0, AT], abs=1e-5)
    told = overview_log_odds(predictor, ["!", "haunted"], poster)
    assert expit(told) == pytest.approx(predictor.predict(np.stack([poster] * 2), ["!", "haunted"]), abs=1e-4)


@pytest.mark.parametrize(("model", "first_unread"), [("lstm-small", MAX_LENGTH), ("overview", 127)])
def test_what_is_not_read_has_no_effect(random_predictor, model, first_unread):
    """MiniLM reads 254 pieces; each of these words is cut into two."""
    words = ["love"] * 230 if model == "lstm-small" else ["haunted,"] * 140
    found = leave_groups_out(random_predictor(model), " ".join(words), GENRE)
    assert [effect.read for effect in found].index(False) == first_unread
    assert {(effect.effect, effect.read) for effect in found[first_unread:]} == {(0.0, False)}


def test_only_what_is_read_is_left_out(random_predictor, monkeypatch):
    asked, predictor = [], random_predictor("lstm-small")
    monkeypatch.setattr(predictor, "raw", lambda _, texts: (asked.extend(texts), np.full((len(texts), 25), 0.5))[1])
    found = leave_one_out(predictor, " ".join(["love"] * 210), GENRE)
    assert (len(found), len(asked)) == (210, 201)
    assert not found[205].read


@pytest.mark.parametrize("way", [leave_one_out, leave_groups_out])
@pytest.mark.parametrize("text", ["", " \n ", "... - !"])
def test_no_word_no_effect(random_predictor, way, text):
    assert way(random_predictor("lstm"), text, GENRE) == []


@pytest.mark.parametrize("way", [leave_one_out, leave_groups_out])
def test_who_does_not_read_is_told(random_predictor, way):
    with pytest.raises(UserError, match="cnn uses no overviews"):
        way(random_predictor("cnn"), OVERVIEW, GENRE)


LONG = " ".join(["love and war in a quiet town"] * 12 + ["a haunted house"] + ["the story goes on and on"] * 12)


@pytest.mark.parametrize("model", ["lstm", "overview"])
def test_a_long_text_is_read_in_a_bounded_number_of_variants(random_predictor, monkeypatch, model):
    predictor, texts = random_predictor(model), []
    raw = Predictor.raw

    def counted(self, posters=None, overviews=None, films=None):
        texts.extend(overviews)
        return raw(self, posters, overviews, films)

    monkeypatch.setattr(Predictor, "raw", counted)
    found = leave_groups_out(predictor, LONG, GENRE, variants=20)
    assert len(found) == len(LONG.split())
    assert len(texts) <= 1 + 20
    assert {effect.group for effect in found} != {1}, "some words are left out together"
    by_group = [effect for effect in found if effect.group == 1]
    for effect in by_group:  # a group of one is exact
        without = LONG[: effect.start] + LONG[effect.end :]
        gap = log_odds(predictor, LONG, None) - log_odds(predictor, without, None)
        assert effect.effect == pytest.approx(gap, abs=1e-3)


def test_a_short_text_is_read_without_each_of_its_words(asked):
    predictor, poster = asked
    one_by_one = leave_one_out(predictor, OVERVIEW, GENRE, poster)
    assert leave_groups_out(predictor, OVERVIEW, GENRE, poster) == one_by_one


def test_the_number_of_variants_follows_the_length(random_predictor):
    spec = random_predictor("overview").spec
    assert affordable_variants(spec, 40) > affordable_variants(spec, 200) >= 2
