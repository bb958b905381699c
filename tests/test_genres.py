import numpy as np
import pytest

from genreclf.genres import GENRE_INDEX, GENRES, NUM_GENRES, genre_names, multi_hot, parse_genre_list

# The data set's columns as the reports list them.
COLUMNS = (
    "Action, Adventure, Animation, Biography, Comedy, Crime, Documentary, Drama, Family, Fantasy, History, Horror, "
    "Music, Musical, Mystery, N/A, News, Reality-TV, Romance, Sci-Fi, Short, Sport, Thriller, War, Western"
)


def test_the_25_genres_in_the_order_of_the_columns():
    assert ", ".join(GENRES) == COLUMNS
    assert NUM_GENRES == 25
    assert [GENRE_INDEX[name] for name in GENRES] == list(range(25))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("['Comedy', 'Drama']", ["Comedy", "Drama"]),
        ('["Sci-Fi"]', ["Sci-Fi"]),
        ("  ['N/A'] \n", ["N/A"]),
        ("[]", []),
    ],
)
def test_a_genre_list_is_read(text, names):
    assert parse_genre_list(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "", "Drama", "['Drama'", "['Drama', 3]", "('Drama',)", "{'Drama'}", "{[]: 1}", "[b'Drama']", "None", "\0",
        "[" * 5000, "-" * 50_000 + "1", "__import__('os').system('true')",
    ],
)  # fmt: skip
def test_an_invalid_genre_list_is_reported_in_one_short_sentence(text):
    with pytest.raises(ValueError, match="is not a list of names") as caught:
        parse_genre_list(text)
    assert len(str(caught.value)) < 200


def test_multi_hot_and_back():
    vector = multi_hot(["Western", "Action"])
    assert vector.dtype == np.uint8
    assert vector.tolist() == [1] + [0] * 23 + [1]
    assert genre_names(vector) == ["Action", "Western"]
    for name in GENRES:
        assert genre_names(multi_hot([name])) == [name]


def test_an_unknown_genre_is_named():
    with pytest.raises(ValueError, match="'drama'"):
        multi_hot(["Comedy", "drama"])
