import io
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import film_sets
import numpy as np
import pytest
from film_sets import Film
from PIL import Image

from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.data.health.findings import MIN_TO_JUDGE, Finding, findings
from genreclf.data.splits import split_of


def ids_in(split: str) -> Iterator[str]:
    return (film_id for number in count() if split_of(film_id := f"f{number}") == split)


IDS = {split: ids_in(split) for split in ("train", "val", "test")}
NOUNS = [first + last for first in ["bridge", "castle", "garden", "harbour", "mirror", "orchard", "tower", "violin"]
         for last in ("keeper", "thief", "maker", "song", "ghost", "war", "light", "child")]  # fmt: skip


def overview(number: int) -> str:
    """A text like no other one."""
    names = random.Random(number).sample(NOUNS, 12)
    return f"The {' and the '.join(names[:6])} of the {names[6]} must find {' with '.join(names[7:])} for her."


def film(
    number: int, split: str = "train", genres=("Drama",), text: str | None = None, jpeg: bytes | None = None
) -> Film:
    return Film(next(IDS[split]), genres, overview(number) if text is None else text, jpeg or poster(number))


def poster(number: int) -> bytes:
    """A colourful picture."""
    pixels = np.random.default_rng(number).integers(0, 256, (30, 20, 3)).astype(np.uint8)
    return film_sets.encoded(Image.fromarray(pixels).resize((100, 150)))


@pytest.fixture
def found(tmp_path):
    """The findings of a set of these films, by kind."""

    def look(films, without: str = "") -> tuple[Catalogue, dict[str, Finding]]:
        catalogue = load_catalogue(film_sets.write_set(tmp_path / "set", films, without=without))
        return catalogue, {finding.kind: finding for finding in findings(catalogue)}

    return look


def ids(catalogue: Catalogue, positions: np.ndarray) -> list[str]:
    return catalogue.films["id"].iloc[positions].tolist()


@pytest.fixture(scope="module")
def healthy() -> list[Film]:
    """Enough films of two genres in each split, none of them doubtful."""
    sizes = {"train": 200, "val": 50, "test": 100}
    numbers = count()
    return [film(next(numbers), split, (("Drama", "Comedy")[at % 2],)) for split in sizes for at in range(sizes[split])]


def test_nothing_is_found_where_there_is_nothing(found, healthy):
    assert found(healthy, without="posters")[1] == {}


def test_small_splits_are_named_with_what_chance_does(found):
    _, by_kind = found([film(number, "test" if number < 25 else "train") for number in range(60)], without="posters")
    assert {"small_training_split", "small_validation_split", "small_test_split"} <= set(by_kind)
    assert "20" in by_kind["small_test_split"].effect, "half of a 95 % interval is 0.98 / √25"
    assert not len(by_kind["small_test_split"].films)


def test_test_films_with_twins_in_training_go_and_the_training_films_stay(found, healthy):
    train, test = healthy[:4], [replace(each, id=next(IDS["test"])) for each in healthy[:4]]
    test[3] = replace(test[3], genres=["Comedy", "Horror"])
    catalogue, by_kind = found([*healthy, *test], without="posters")
    finding = by_kind["test_films_with_twins_in_training"]
    assert finding.severity == "serious"
    assert set(ids(catalogue, finding.films)) == {each.id for each in (*train, *test)}
    assert ids(catalogue, finding.leave_out) == [each.id for each in test]
    assert finding.message.startswith("4 of 104 test films")
    assert "4 of 4" in finding.effect
    assert "1.9 points" in finding.effect, "copying is right for 4, Drama, the most frequent genre, for 2 of 104 films"


def test_of_val_and_test_twins_the_test_film_stays_and_of_one_split_the_first(found, healthy):
    val, test, train = (
        replace(healthy[at], id=next(IDS[split])) for at, split in ((200, "test"), (251, "val"), (1, "train"))
    )
    catalogue, by_kind = found([*healthy, val, test, train], without="posters")
    across = by_kind["test_films_with_twins_in_validation"]
    assert set(ids(catalogue, across.leave_out)) == {healthy[200].id, test.id}
    assert all(catalogue.films["split"].iloc[across.leave_out] == "val")
    assert ids(catalogue, by_kind["twins_in_one_split"].leave_out) == [train.id]


def test_a_text_of_many_films_is_a_placeholder_and_makes_no_twins(found, healthy):
    text = "We do not have an overview of this film in our large database yet, please come back later and help."
    many = [film(0, split, text=text) for split in ("train", "val", "test", "test") * 3]
    catalogue, by_kind = found([*healthy, *many], without="posters")
    assert ids(catalogue, by_kind["placeholder_overviews"].films) == [each.id for each in many]
    assert set(by_kind) == {"placeholder_overviews"}


def test_overviews_that_stop_or_are_in_other_languages(found, healthy):
    stub = film(0, text="The story of")
    foreign = [film(0, text=text) for text in (
        "Der alte Förster lebt mit seinem Hund in einer Hütte auf dem Berg und ist nicht allein.",
        "Une jeune femme quitte la ville pour retrouver son père, qui vit dans un phare.",
        "Ein Mann und eine Frau suchen den Schatz, der in der Stadt versteckt ist.")]  # fmt: skip
    catalogue, by_kind = found([*healthy, stub, *foreign], without="posters")
    assert ids(catalogue, by_kind["overviews_cut_off"].films) == [stub.id]
    languages = by_kind["overviews_in_other_languages"]
    assert set(ids(catalogue, languages.films)) == {each.id for each in foreign}
    assert "German 2" in languages.message
    assert "French 1" in languages.message


def test_posters_that_show_little(found):
    def plain(value: int, size=(100, 150)) -> bytes:
        return film_sets.encoded(Image.new("RGB", size, (value, 80, 80)))

    grey = film_sets.encoded(Image.open(io.BytesIO(poster(1))).convert("L"))
    same = plain(200)
    tiny, wide = (film_sets.encoded(Image.effect_noise(size, 99)) for size in ((40, 60), (150, 100)))
    films = [film(number, jpeg=jpeg) for number, jpeg in enumerate((plain(10), grey, tiny, wide))]
    many = [film(10 + at, jpeg=same) for at in range(11)]
    catalogue, by_kind = found([*films, *many, *(film(number) for number in range(30, 40))])
    blank = set(ids(catalogue, by_kind["blank_posters"].films))
    assert blank == {films[0].id, *(each.id for each in many)}
    assert ids(catalogue, by_kind["posters_of_many_films"].films) == [each.id for each in many]
    assert ids(catalogue, by_kind["tiny_posters"].films) == [films[2].id]
    assert ids(catalogue, by_kind["pictures_wider_than_high"].films) == [films[3].id]
    assert set(ids(catalogue, by_kind["black_and_white_posters"].films)) == {each.id for each in films[1:]}
    assert not any(kind.startswith(("test", "twins")) for kind in by_kind)


def test_films_that_lack_an_input_are_counted(found):
    catalogue, _ = found([film(number) for number in range(12)])
    catalogue = replace(
        catalogue,
        posters=(None, None, *catalogue.posters[2:]),
        films=catalogue.films.assign(overview=[*catalogue.films["overview"][:-1], ""]),
    )
    by_kind = {finding.kind: finding for finding in findings(catalogue)}
    assert by_kind["films_without_poster"].films.tolist() == [0, 1]
    assert by_kind["films_without_overview"].films.tolist() == [11]


def with_genres(catalogue: Catalogue, genres: list[str], labels: np.ndarray) -> dict[str, Finding]:
    """The findings on genres of the same films with other genres."""
    catalogue = replace(catalogue, genres=tuple(genres), labels=labels.astype(np.uint8))
    return {finding.kind: finding for finding in findings(catalogue) if finding.kind.startswith("genre")}


def test_genres_too_rare_to_learn_or_to_judge(found, healthy):
    catalogue, _ = found(healthy, without="posters")
    labels = np.zeros((len(catalogue), 4))
    test, train = catalogue.in_split("test"), catalogue.in_split("train")
    labels[train, 0] = labels[test, 0] = 1
    labels[train[:9], 1] = 1
    labels[train[:50], 2] = labels[test[: MIN_TO_JUDGE - 1], 2] = 1
    by_kind = with_genres(catalogue, ["Noir", "Heist", "Satire", "Never"], labels)
    assert by_kind["genres_too_rare_to_learn"].films.tolist() == train[:9].tolist()
    assert "Heist 9" in by_kind["genres_too_rare_to_learn"].message
    judged = by_kind["genres_too_rare_to_judge"]
    assert "Satire 19" in judged.message
    assert "Never" not in judged.message
    assert "1 genre has 20 or more" in judged.effect
    assert not len(judged.leave_out), "with fewer films they would be judged worse"


@pytest.mark.parametrize(
    ("rare", "frequent", "alike"),
    [
        ("Comdy", "Comedy", True), ("Comedys", "Comedy", True), ("Comeyd", "Comedy", True), ("Noirs", "Noir!!", False),
        ("Short", "Sport", False), ("Wax", "War", False), ("Musical", "Music", False), ("Romcom", "Comedy", False),
    ],
)  # fmt: skip
def test_a_rare_name_that_is_nearly_a_frequent_one_is_a_typo(found, healthy, rare, frequent, alike):
    catalogue, _ = found(healthy, without="posters")
    labels = np.zeros((len(catalogue), 2))
    labels[1:300, 1] = labels[0, 0] = 1
    by_kind = with_genres(catalogue, [rare, frequent], labels)
    assert ("genres_spelt_alike" in by_kind) == alike
    if alike:
        assert by_kind["genres_spelt_alike"].films.tolist() == [0]


def test_a_genre_that_nearly_all_films_have_says_little(found, healthy):
    catalogue, _ = found(healthy, without="posters")
    labels = np.ones((len(catalogue), 2))
    labels[:100, 0] = labels[:2, 1] = 0
    by_kind = with_genres(catalogue, ["Drama", "Film"], labels)
    assert by_kind["genre_of_nearly_all_films"].films.tolist() == [0, 1]
    assert "Film" in by_kind["genre_of_nearly_all_films"].message


def test_500_genres_are_named_in_part(found, healthy):
    catalogue, _ = found(healthy, without="posters")
    labels = np.zeros((len(catalogue), 500))
    labels[np.arange(len(catalogue)), np.arange(len(catalogue)) % 500] = 1
    by_kind = with_genres(catalogue, [f"Theme {number}" for number in range(500)], labels)
    assert len(by_kind["genres_too_rare_to_learn"].message) < 300
    assert "342 more" in by_kind["genres_too_rare_to_learn"].message


def test_json_has_the_ids_of_all_films(found, healthy):
    stubs = [film(0, text=f"The story of {name}") for name in "abcdefghijklmnop"]
    catalogue, by_kind = found([*healthy, *stubs], without="posters")
    shown = by_kind["overviews_cut_off"].as_json(catalogue.films["id"].tolist())
    assert shown["films"] == shown["leave_out"] == [each.id for each in stubs]
    assert set(json.loads(json.dumps(shown))) == {"kind", "severity", "message", "effect", "films", "leave_out"}
    assert by_kind["overviews_cut_off"].title == "Overviews cut off"
