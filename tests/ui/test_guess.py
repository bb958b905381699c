"""Guess along on Compare: nothing tells a film's genres before the guess, and the round stays in the session."""

import film_sets
import pytest
from app_pages import open_address, page_text
from streamlit.testing.v1 import AppTest

from genreclf import paths
from genreclf.data import corrections
from genreclf.data.catalogue import load_catalogue
from genreclf.lesson.guessing import points
from genreclf.ui import guess
from genreclf.ui.text import plain

PAGE = "pages/compare.py"


@pytest.fixture
def on_films(film_folder, shipped, monkeypatch):
    """The 60 films as the app's data set."""
    monkeypatch.setenv("GENRECLF_DATA", str(film_folder))
    return load_catalogue(film_folder)


def round_of(page: AppTest):
    return page.session_state["guess_game"].round


def name(page: AppTest, *genres: str) -> None:
    """Guess the film on the screen."""
    page.get_by_key(f"guess_named_{round_of(page).film}").set_value(list(genres)).run()
    page.button(key="guess_reveal").click().run()
    assert not page.exception


def keys(page: AppTest) -> set[str]:
    return {element.key for kind in ("button", "toggle", "text_input", "multiselect") for element in page.get(kind)}


def test_nothing_tells_the_genres_before_the_guess(on_films):
    page = open_address(PAGE, guess="1")
    film = on_films.films.iloc[on_films.position(round_of(page).film)]
    assert film["split"] == "test"
    assert page.text[0].value == film["overview"]
    assert len(page.image) == 1
    assert not [badge for badge in page.markdown if "badge" in badge.value]
    assert not page.get("plotly_chart")
    assert not page.table
    assert not {key for key in keys(page) if key and key.startswith(("corrections", "compare_"))}
    assert page.get_by_key(f"guess_named_{film['id']}").options == [*map(plain, on_films.genres)]
    assert page.button(key="guess_reveal").disabled
    assert "guess_next" not in keys(page)
    for genre in on_films.genres:
        assert genre not in page_text(page)
        assert genre not in page.image[0].proto.imgs[0].alt


def test_the_reveal_shows_the_verdicts_the_cards_and_the_points(on_films):
    page = open_address(PAGE, guess="1")
    film = round_of(page).film
    true = on_films.films["genres"].iloc[on_films.position(film)]
    wrong = next(genre for genre in on_films.genres if genre not in true)
    name(page, true[0], wrong)
    assert f":green-badge[:material/check: {true[0]}]" in page_text(page)
    assert f":red-badge[:material/close: {wrong}]" in page_text(page)
    assert page.get("plotly_chart")
    scores = page.table[0].value.set_index("Points")
    assert scores.loc["You", "This film"] == "1"
    assert {"Small CNN", "Base rates"} < set(scores.index)
    details = page.table[1].value
    named = details[details["Model"] == "Base rates"]["Genre"].tolist()
    assert scores.loc["Base rates", "Round"] == str(points(named, true))
    page.button(key="guess_next").click().run()
    assert round_of(page).film != film
    assert "guess_next" not in keys(page)


def test_one_to_three_genres_can_be_named(on_films):
    page = open_address(PAGE, guess="1")
    page.get_by_key(f"guess_named_{round_of(page).film}").set_value(list(on_films.genres[:4])).run()
    assert page.button(key="guess_reveal").disabled
    assert "4 are chosen" in page_text(page)


def test_a_round_ends_with_the_result_and_can_be_played_again(on_films):
    page = open_address(PAGE, guess="1")
    first = list(round_of(page).ids)
    name(page, "Drama")
    page.button(key="guess_next").click().run()
    while round_of(page).film:
        page.button(key="guess_skip").click().run()
        assert not page.exception
    true = on_films.films["genres"].iloc[on_films.position(first[0])]
    assert f"You {points(['Drama'], true)}," in page_text(page)
    films = page.dataframe[0].value
    assert len(films) == len(first)
    assert films["You named"].tolist() == ["Drama"] + ["skipped"] * (len(first) - 1)
    page.button(key="guess_again").click().run()
    assert round_of(page).number == 1
    assert not round_of(page).guesses


def test_the_round_is_kept_while_the_visitor_is_elsewhere_and_a_linked_film_is_shown(on_films):
    page = open_address(PAGE, guess="1")
    name(page, "Drama")
    page.button(key="guess_next").click().run()
    left = list(round_of(page).left)
    page.switch_page("pages/evaluate.py").run()
    page.query_params.clear()
    page.switch_page(PAGE).run()
    assert page.toggle(key="guess_on").value
    assert round_of(page).left == left
    del page.query_params["guess"]
    page.query_params["film"] = "tt0000005"
    page.run()
    assert not page.toggle(key="guess_on").value
    assert page.number_input(key="compare_number").value == 5
    page.toggle(key="guess_on").set_value(True).run()
    assert page.query_params["guess"] == "1"
    assert "film" not in page.query_params
    assert round_of(page).left == left
    page.toggle(key="guess_on").set_value(False).run()
    assert "guess" not in page.query_params
    assert page.query_params["film"]


def test_films_that_are_corrected_or_left_out_meanwhile_are_no_error(on_films):
    page = open_address(PAGE, guess="1")
    first, second, *others = round_of(page).ids
    name(page, "Drama")
    corrections.correct(on_films, {first: ["Western"]})
    page.run()
    assert "0 of 1 points" in page_text(page)
    corrections.leave_out(on_films, [first, others[0]])
    page.run()
    assert not page.exception
    assert round_of(page).film == second
    assert round_of(page).ids == [second, *others[1:]]


def test_another_data_set_starts_another_round(on_films, home):
    film_sets.write_set(paths.data_dir() / "fetched", film_sets.films(40))
    page = open_address(PAGE, guess="1")
    before = page.session_state["guess_game"]
    page.selectbox(key="data").select("fetched").run()
    assert not page.exception
    assert page.session_state["guess_game"] is not before
    assert len(page.session_state["guess_game"].catalogue) == 40


def test_a_data_set_without_test_films_says_so(tmp_path, shipped, catalogue, monkeypatch):
    test = {*catalogue.films["id"].to_numpy()[catalogue.in_split("test")]}
    films = [film for film in film_sets.films(12) if film.id not in test]
    monkeypatch.setenv("GENRECLF_DATA", str(film_sets.write_set(tmp_path / "tiny", films)))
    assert "no test films" in open_address(PAGE, guess="1").info[0].value


def test_films_with_other_genres_and_without_posters_can_be_guessed_without_any_model(tmp_path, monkeypatch):
    folder = film_sets.write_own(tmp_path / "own")
    monkeypatch.setenv("GENRECLF_DATA", str(folder))
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "nothing")
    catalogue = load_catalogue(folder)
    page = open_address(PAGE, guess="1")
    assert page.get_by_key(f"guess_named_{round_of(page).film}").options == [*map(plain, catalogue.genres)]
    while round_of(page).film:
        name(page, catalogue.genres[0])
        page.button(key="guess_next").click().run()
        assert not page.exception
    assert "You " in page_text(page)


def test_many_genres_are_chosen_from_a_menu(on_films, monkeypatch):
    monkeypatch.setattr(guess, "MOST_PILLS", 3)
    page = open_address(PAGE, guess="1")
    assert page.multiselect(key=f"guess_named_{round_of(page).film}").options == list(on_films.genres)
