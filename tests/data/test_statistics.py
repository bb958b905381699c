"""The statistics shown in the charts of a data set."""

from dataclasses import replace

import film_sets
import numpy as np
import pytest
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from genreclf.data import statistics
from genreclf.data.catalogue import load_catalogue
from genreclf.data.overviews import split_words
from genreclf.genres import GENRES


def typical_words(catalogue):
    return statistics.typical_words(catalogue, statistics.training_words(catalogue))


def test_genre_counts_agree_with_the_labels(catalogue):
    counts = statistics.genre_counts(catalogue)
    assert sorted(counts.index) == sorted(GENRES)
    totals = counts.sum(axis=1)
    assert totals.is_monotonic_decreasing
    assert totals.to_dict() == catalogue.info()["genres"]
    assert counts["train"].sum() == catalogue.labels[catalogue.in_split("train")].sum()


def test_genres_together_are_shares_of_the_rows_genre(tmp_path):
    rows = [
        film_sets.Film("a", ["Drama", "War"], "One.", film_sets.jpeg()),
        film_sets.Film("b", ["Drama"], "Two.", film_sets.jpeg()),
        film_sets.Film("c", ["Comedy", "Drama"], "Three.", film_sets.jpeg()),
        film_sets.Film("d", ["Comedy"], "Four.", film_sets.jpeg()),
    ]
    shares = statistics.genre_cooccurrence(load_catalogue(film_sets.write_set(tmp_path / "set", rows)))
    assert list(shares.index) == list(shares.columns) == ["Drama", "Comedy", "War"]
    assert shares.loc["War", "Drama"] == 1
    assert shares.loc["Drama", "War"] == pytest.approx(1 / 3)
    assert shares.loc["Comedy", "Drama"] == 0.5
    assert shares.loc["Comedy", "War"] == 0
    assert np.isnan(np.diag(shares)).all()


def test_overview_lengths_count_words(catalogue):
    lengths = statistics.overview_lengths(catalogue)
    assert len(lengths) == len(catalogue)
    assert lengths[0] == len(split_words(catalogue.films["overview"][0]))


def test_first_words_are_counted_in_the_train_split_only(catalogue):
    table = statistics.most_frequent_words(statistics.training_words(catalogue), 10)
    assert list(table.index) == list(range(1, 11))
    train = " ".join(catalogue.films["overview"].iloc[catalogue.in_split("train")])
    word = table["word"].iloc[0]
    assert table["count"].iloc[0] == split_words(train).count(word)
    assert len(statistics.most_frequent_words(statistics.training_words(catalogue), 10_000)) < 10_000


def test_typical_words_are_those_of_the_genre_not_the_frequent_ones(tmp_path):
    """Every overview has "the film"; a word is typical of the genre whose films have it."""
    rows = []
    for number in range(120):
        genre, word = (("Crime", "detective"), ("Horror", "ghost"), ("Drama", "mother"))[number % 3]
        overview = f"The film about a {word} and the town number{number}." + " Zelda" * 9 * (number == 0)
        rows.append(film_sets.Film(f"f{number}", [genre], overview, film_sets.jpeg()))
    catalogue = load_catalogue(film_sets.write_set(tmp_path / "set", rows))
    table = typical_words(catalogue).set_index("genre")
    assert table["words"].to_dict() == {"Crime": ["detective"], "Horror": ["ghost"], "Drama": ["mother"]}
    train = catalogue.in_split("train")
    assert table["films"].sum() == len(train)
    assert table["films"].is_monotonic_decreasing


def test_stop_words_are_those_of_scikit_learn():
    assert statistics.STOP_WORDS == ENGLISH_STOP_WORDS


def test_few_films_have_no_typical_words(tmp_path):
    rows = [film_sets.Film(f"f{number}", ["War"], "A soldier.", film_sets.jpeg()) for number in range(4)]
    assert typical_words(load_catalogue(film_sets.write_set(tmp_path / "set", rows))).empty


def test_statistics_follow_the_genres_of_the_set(catalogue):
    """With another list of genres, the numbers are those of its columns."""
    few = replace(catalogue, genres=("Quiet", "Loud"), labels=np.eye(2, dtype=np.uint8)[[0] * 40 + [1] * 20])
    counts = statistics.genre_counts(few)
    assert counts.sum(axis=1).to_dict() == {"Quiet": 40, "Loud": 20}
    assert list(statistics.genre_cooccurrence(few).index) == ["Quiet", "Loud"]
    assert set(typical_words(few)["genre"]) == {"Quiet", "Loud"}
    many = replace(catalogue, genres=tuple(map(str, range(500))), labels=np.eye(500, dtype=np.uint8)[:60])
    assert len(statistics.genre_counts(many)) == 500
    assert len(statistics.genre_cooccurrence(many)) == 60
    assert typical_words(many).empty


def test_of_very_many_films_some_are_counted(catalogue, monkeypatch):
    assert statistics.films_with_words(catalogue).tolist() == catalogue.in_split("train").tolist()
    monkeypatch.setattr(statistics, "MAX_FILMS", 20)
    counted = statistics.films_with_words(catalogue)
    assert len(set(counted) & set(catalogue.in_split("train"))) == 20
    table = statistics.typical_words(catalogue, statistics.training_words(catalogue))
    assert table["films"].max() <= 20
