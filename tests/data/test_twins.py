import random
import time

import numpy as np
import pytest

from genreclf.data.twins import MAX_COPIES, count_twins, is_stub, leak_sentences, twin_groups, with_twin

PLOT = "A retired thief returns to Paris to steal one last painting from the museum that made him famous."


def groups(*films: tuple[str, str]) -> list[int]:
    """The groups of films, each given as overview and poster."""
    return twin_groups([overview for overview, _ in films], [poster for _, poster in films]).tolist()


def test_films_with_the_same_poster_or_overview_are_twins():
    assert groups((PLOT, "a"), ("Another text.", "b"), ("A third.", "b"), (PLOT.upper(), "c")) == [0, 1, 1, 0]
    assert groups(("One.", ""), ("Two.", ""), ("Three.", "")) == [0, 1, 2]  # films without posters do not share one


def test_twins_of_the_same_film_are_twins():
    assert groups((PLOT, "a"), (PLOT, "b"), ("Another text.", "b"), ("", "c")) == [0, 0, 0, 3]


@pytest.mark.parametrize(
    ("other", "are_twins"),
    [
        (PLOT.replace("Paris", "Rome"), True),
        (PLOT + " Based on a novel.", True),
        (PLOT.replace("A retired thief", "An old burglar").replace("one last painting", "the crown"), False),
        ("A retired thief returns to Paris.", False),
    ],
)
def test_nearly_equal_overviews_are_twins(other, are_twins):
    assert groups((PLOT, ""), (other, "")) == ([0, 0] if are_twins else [0, 1])


def test_short_texts_and_stubs_are_equal_by_chance():
    texts = [
        "The story of",
        "The story of",
        "Plot unknown.",
        "Plot unknown.",
        "",
        "",
        "A man and a man and a man and a man.",
    ] * 2
    assert groups(*((text, "") for text in texts)) == list(range(14))


def test_all_similar_pairs_are_found():
    rng = random.Random(0)
    words = [f"w{number}" for number in range(300)]
    texts = [rng.sample(words, rng.randint(8, 30)) for _ in range(150)]
    texts += [[*text[: len(text) - len(text) // 6], *rng.sample(words, 2)] for text in texts]
    found = twin_groups([" ".join(text) for text in texts], [""] * len(texts))
    sets = [set(text) for text in texts]
    for one, first in enumerate(sets):
        for other, second in enumerate(sets[:one]):
            if len(first & second) >= 0.8 * len(first | second):
                assert found[one] == found[other]
    assert 0 < len(texts) - len(set(found.tolist())) < 150


def test_many_films_of_one_template_take_no_longer():
    overviews = [
        f"In a town of the valley number {number} a stranger meets a ghost and his friend." for number in range(5000)
    ]
    began = time.perf_counter()
    twin_groups(overviews, ["same"] * 2500 + [""] * 2500)
    assert time.perf_counter() - began < 5


def test_what_many_films_share_is_a_placeholder():
    no_text = "We do not have an overview of this film yet, please come back later."
    assert groups(*[(no_text, "")] * MAX_COPIES) == [0] * MAX_COPIES
    assert groups(*[(no_text, f"{number}") for number in range(MAX_COPIES + 1)]) == list(range(MAX_COPIES + 1))
    assert groups(*[("", "no picture")] * (MAX_COPIES + 1)) == list(range(MAX_COPIES + 1))
    assert groups(*[(PLOT, "a")] * (MAX_COPIES + 1)) == [0] * (MAX_COPIES + 1), "a film that is often in the table"


def test_leaks_are_counted_between_splits():
    found = np.array([0, 0, 2, 2, 4, 0, 6])
    splits = np.array(["train", "test", "train", "val", "test", "val", "test"])
    assert count_twins(found, splits) == {
        "films": 5, "test_in_train": 1, "val_in_train": 2, "test_in_val": 1,
    }  # fmt: skip
    assert with_twin(found, np.array([1, 4, 6]), np.array([0, 2])).tolist() == [True, False, False]


def test_leaks_in_sentences():
    counts = {"films": 9, "test_in_train": 18, "val_in_train": 0, "test_in_val": 1}
    first, second = leak_sentences(counts, {"train": 4800, "val": 600, "test": 565})
    assert "18 of 565 test films" in first
    assert "training film" in first
    assert "1 of 565 test films shares" in second
    assert leak_sentences(dict.fromkeys(counts, 0), {"train": 1, "val": 1, "test": 1}) == []


@pytest.mark.parametrize(
    ("overview", "stub"),
    [
        ("The story of", True), ("New Orleans cop Wes Block (", True), ("In 1947,", True), ("Until one day:", True),
        ("A man.", False), ("Who did it?", False), ("To be continued…", False), ('He says: "No."', False),
        ("He left (for good.)", False), ("彼は去る。", False), ("", False),
    ],
)  # fmt: skip
def test_an_overview_without_its_end_is_a_stub(overview, stub):
    assert is_stub(overview) is stub
