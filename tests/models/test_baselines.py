import csv
import random
import zipfile

import film_sets
import numpy as np
import pytest

from genreclf.calibration import sigmoid
from genreclf.genres import GENRES, GenreList
from genreclf.models import baselines
from genreclf.models.baselines import BASELINE_CLASSES, Prior, Tfidf, base_rates
from genreclf.paths import SAMPLE


@pytest.fixture(scope="module")
def films() -> tuple[list[str], np.ndarray]:
    films = film_sets.films(120)
    return [film.overview for film in films], np.array([GenreList().encode(film.genres) for film in films])


@pytest.fixture(scope="module")
def tfidf(films) -> Tfidf:
    return Tfidf.fit(*films)


def test_base_rates_by_hand():
    labels = np.array([GenreList().encode(["Drama"])] * 6 + [GenreList().encode(["Drama", "War"])] * 3)
    rates = dict(zip(GENRES, base_rates(labels), strict=True))
    assert rates["Drama"] == pytest.approx(9.5 / 10)
    assert rates["War"] == pytest.approx(3.5 / 10)
    assert rates["News"] == pytest.approx(0.5 / 10)  # without a film: improbable, not impossible


def test_the_prior_is_the_same_for_every_film(films):
    prior = Prior.fit(*films)
    probabilities = prior.predict(["a", "b", "c"])
    assert (probabilities.dtype, probabilities.shape) == (np.float32, (3, 25))
    assert np.allclose(probabilities, base_rates(films[1]), atol=1e-6)
    assert prior.predict([]).shape == (0, 25)


def test_tfidf_learns_words_and_pairs_of_words(films, tfidf):
    overviews, labels = films
    assert "ghost" in tfidf.terms
    assert any(" " in term for term in tfidf.terms)
    probabilities = tfidf.predict(overviews)
    assert (probabilities.dtype, probabilities.shape) == (np.float32, (120, 25))
    assert labels[np.arange(120), probabilities.argmax(axis=1)].mean() > 0.95
    column = tfidf.weights[:, GENRES.index("Horror")]
    best = " ".join(tfidf.terms[index] for index in np.argsort(-column)[:4]).split()
    assert set(best) - {"and", "in", "meet"} <= set(film_sets.WORDS["Horror"].split())


def test_tfidf_equals_scikit_learns(films, tfidf):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    overviews, labels = films
    features = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, strip_accents="unicode", min_df=2)
    fitted = features.fit_transform(overviews)
    genre = GENRES.index("Romance")
    model = LogisticRegression(C=4.0, solver="liblinear").fit(fitted, labels[:, genre])
    new = ["A love letter and a ghost in the house", "sheriff"]
    expected = model.predict_proba(features.transform(new))[:, 1]
    assert np.allclose(tfidf.predict(new)[:, genre], expected, atol=1e-5)


def test_tfidf_reads_any_text_as_scikit_learn_does():
    from sklearn.feature_extraction.text import TfidfVectorizer

    with open(SAMPLE / "IMDB_overview_genres.csv", encoding="utf-8", newline="") as file:
        overviews = [row["Overview"] for row in csv.DictReader(file)]
    rng = random.Random(5)
    words = [word for overview in overviews for word in overview.split()]
    odd = "aZ09_-'’.,!?\n\t\0 éÉßẞİıſﬁŁłǅÅ\u0301\u0327\u200d\u2028\ud800ＷΣς①½²ªйЖあ한क्षि👩‍🚀"
    texts = [*overviews, "", " ", "a", "aa", *odd, odd, odd.upper(), "no " * 200]
    texts += ["".join(rng.choices(odd + "abc", k=rng.randrange(80))) for _ in range(3000)]
    texts += [" ".join(rng.choices([*words, *odd], k=rng.randrange(1, 200))) for _ in range(1000)]

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, strip_accents="unicode")
    terms = sorted(vectorizer.fit(texts[::2]).vocabulary_)
    weights = np.random.default_rng(5).normal(0, 4, (len(terms), len(GENRES))).astype(np.float32)
    model = Tfidf(terms, vectorizer.idf_, weights, np.zeros(len(GENRES)))
    expected = sigmoid(vectorizer.transform(texts) @ weights)
    assert np.abs(model.predict(texts) - expected).max() < 1e-6


def test_a_genre_with_too_few_films_keeps_its_base_rate(films):
    overviews, labels = films
    labels = labels.copy()
    labels[0, GENRES.index("War")] = 1
    probabilities = Tfidf.fit(overviews, labels).predict(["anything", "sheriff ghost"])
    for name, films_with_it in (("War", 1), ("News", 0)):
        assert np.allclose(probabilities[:, GENRES.index(name)], (films_with_it + 0.5) / 121, atol=1e-6)


def test_no_overviews_and_unknown_words(tfidf):
    assert tfidf.predict([]).shape == (0, 25)
    blank = tfidf.predict(["", "?!", "qqq zzz"])
    assert np.allclose(blank, blank[0])
    assert np.isfinite(blank).all()


@pytest.mark.parametrize("name", ["prior", "tfidf"])
def test_saved_baselines_predict_the_same(films, tfidf, tmp_path, name):
    model = tfidf if name == "tfidf" else Prior.fit(*films)
    model.save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz", allow_pickle=False) as arrays:
        assert all(array.dtype != object for array in arrays.values())
    again = BASELINE_CLASSES[name].load(tmp_path / "model.npz")
    assert np.allclose(again.predict(films[0]), model.predict(films[0]), atol=2e-3)


@pytest.mark.parametrize("name", ["prior", "tfidf"])
def test_another_baselines_file_is_rejected(films, tfidf, tmp_path, name):
    other = Prior.fit(*films) if name == "tfidf" else tfidf
    other.save(tmp_path / "model.npz")
    with pytest.raises(ValueError, match=r"larger|no terms"):
        BASELINE_CLASSES[name].load(tmp_path / "model.npz")


def test_non_ascii_words_are_saved(tmp_path):
    overviews = ["élan vital łódź", "élan łódź", "other words here", "other words there"] * 3
    labels = np.array([GenreList().encode([name]) for name in ("War", "War", "Drama", "Drama")] * 3)
    model = Tfidf.fit(overviews, labels)
    model.save(tmp_path / "model.npz")
    assert Tfidf.load(tmp_path / "model.npz").terms == model.terms


SHAPES = {"rates": (25,), "idf": (2,), "weights": (2, 25), "bias": (25,)}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("change", ["nan", "inf", "too large", "shape", "dtype", "missing", "bomb", "header"])
def test_arrays_that_do_not_fit_are_refused(tmp_path, monkeypatch, name, change):
    monkeypatch.setattr(baselines, "_MAX_TFIDF", 100_000)
    model = Prior if name == "rates" else Tfidf
    arrays = {each: np.full(shape, 0.5, np.float32) for each, shape in SHAPES.items()}
    arrays["terms"] = np.frombuffer(b"war\nlove", np.uint8)
    match change:
        case "nan" | "inf":
            arrays[name].flat[0] = float(change)
        case "too large":
            arrays[name] = np.full(SHAPES[name], 1e300)
        case "shape":
            arrays[name] = np.zeros((3, 3), np.float32)
        case "dtype":
            arrays[name] = np.full(SHAPES[name], "x")
        case "missing":
            del arrays[name]
    file = tmp_path / "model.npz"
    np.savez_compressed(file, **({"rates": arrays["rates"]} if model is Prior and name in arrays else arrays))
    if change in ("bomb", "header"):
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(f"{name}.npy", "w") as member:
            header = {"descr": "<f4", "fortran_order": False, "shape": (10**11,)}
            np.lib.format.write_array_header_1_0(member, header)
            for _ in range(change == "bomb"):
                member.write(bytes(1_000_000))
    with pytest.raises(ValueError, match=name if change not in ("bomb", "header") else "larger|shorter"):
        model.load(file)


def test_the_strongest_words_for_and_against_a_genre(tfidf):
    genre = GENRES.index("Horror")
    best, worst = tfidf.strongest(genre, 4)
    effects = dict(zip(tfidf.terms, tfidf.weights[:, genre] * tfidf.idf, strict=True))
    assert effects[best[0]] == max(effects.values())
    assert effects[worst[0]] == min(effects.values())
    assert all(effects[word] > 0 for word in best)
    assert all(effects[word] < 0 for word in worst)
    assert len(best) == len(worst) == 4
    without = Tfidf(tfidf.terms, tfidf.idf, tfidf.weights * 0, tfidf.bias)
    assert without.strongest(genre) == ([], [])
