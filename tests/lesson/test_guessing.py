"""Guess along: rounds of films, and everybody's points."""

import random

import pytest

from genreclf.lesson.guessing import FILMS, YOU, Round, most_points, new_round, points, tally

TEST_FILMS = [f"film-{number}" for number in range(30)]


def test_a_round_has_ten_different_films_or_all_if_there_are_fewer():
    chosen = new_round(TEST_FILMS, random.Random(1)).left
    assert len(set(chosen)) == FILMS
    assert set(chosen) < set(TEST_FILMS)
    assert chosen != new_round(TEST_FILMS, random.Random(2)).left
    assert sorted(new_round(TEST_FILMS[:3]).left) == TEST_FILMS[:3]
    assert new_round([]).film is None


@pytest.mark.parametrize(
    ("named", "true", "expected"),
    [
        (["Drama"], ["Drama", "War"], 1),
        (["War", "Horror", "Drama"], ["Drama", "War"], 2),
        (["Comedy", "Horror"], ["Drama"], 0),
        ([], ["Drama"], 0),
        (["A", "B", "C", "Drama"], ["Drama"], 0),  # the fourth does not count
        (["Drama", "Drama"], ["Drama"], 1),
    ],
)
def test_a_point_for_each_true_genre_among_the_three_named(named, true, expected):
    assert points(named, true) == expected
    assert points(named, true) <= most_points(true)


def test_a_film_with_many_genres_gives_three_points_at_most():
    assert most_points(["A", "B", "C", "D"]) == points(["A", "B", "C"], ["A", "B", "C", "D"]) == 3


def test_a_round_is_played_film_by_film():
    played = Round(["a", "b", "c"])
    assert (played.film, played.number, played.is_revealed) == ("a", 1, False)
    played.reveal(["Drama", "War"])
    assert played.is_revealed
    played.reveal(["Comedy"])  # a second click changes nothing
    played.leave("a")
    played.leave("a")  # nor does a double click skip the next film
    assert (played.film, played.number, played.is_revealed) == ("b", 2, False)
    played.leave("b")
    played.reveal(["Horror"])
    played.leave("c")
    assert played.film is None
    assert played.guesses == {"a": ("Drama", "War"), "b": (), "c": ("Horror",)}
    assert played.ids == ["a", "b", "c"]


@pytest.mark.parametrize("named", [[], ["A", "B", "C", "D"]])
def test_one_to_three_genres_are_named(named):
    with pytest.raises(ValueError, match="1 to 3"):
        Round(["a"]).reveal(named)


def test_films_that_vanish_are_left_out():
    played = Round(["a", "b", "c", "d"])
    played.reveal(["Drama"])
    played.leave("a")
    played.keep({"c", "d"})
    assert (played.film, played.number, played.guesses) == ("c", 1, {})
    played.keep(set())
    assert played.film is None
    assert not played.ids


def test_the_tally_counts_the_same_for_all():
    true = {"a": ["Drama", "War"], "b": ["Comedy"], "c": ["Horror", "Drama"]}
    answers = {
        YOU: {"a": ["Drama"], "b": [], "c": ["Horror", "Drama"]},
        "Fusion": {"a": ["War", "Drama", "Comedy"], "b": ["Comedy", "Drama", "War"], "c": ["Drama", "War", "Comedy"]},
        "CNN": {"a": ["War"]},  # it cannot predict the others
    }
    assert tally(answers, true) == {YOU: (2, 3), "Fusion": (1, 4), "CNN": (None, 1)}
    assert tally({YOU: {}}, {}) == {YOU: (None, 0)}
