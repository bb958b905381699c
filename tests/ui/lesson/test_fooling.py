"""The step "fooling" of the lesson."""

import film_sets
import pytest
from app_pages import page_text
from lesson_page import open_step, reveal
from streamlit.testing.v1 import AppTest

from genreclf import paths
from genreclf.lesson.fooling import PLOTS


@pytest.fixture
def page() -> AppTest:
    """The step, with its question answered."""
    return reveal(open_step("fooling"), "fooling", "lstm")


def ask(page: AppTest) -> AppTest:
    page.button(key="lesson_fooling_ask").click().run()
    assert not page.exception
    return page


def tries(page: AppTest) -> list:
    return page.session_state["lesson_progress"].notes["fooling"].get("tries", [])


def seen(page: AppTest) -> list[str]:
    return page.session_state["lesson_progress"].seen["fooling"]


def choose_poster(page: AppTest, poster: str) -> AppTest:
    page.get_by_key("lesson_fooling_poster").set_value(poster).run()
    assert not page.exception
    return page


def test_without_a_film_or_a_genre_it_says_what_is_missing(page):
    assert seen(page) == []
    assert page.info
    assert "plot" in ask(page).warning[0].value
    page.text_area(key="lesson_fooling_text").set_value(PLOTS["santa"].text).run()
    assert "genre" in ask(page).warning[0].value
    assert not tries(page)


def test_a_plot_to_start_with_fools_the_lstm_by_its_words(page):
    page.button(key="lesson_fooling_plot_vampire").click().run()
    assert page.text_area(key="lesson_fooling_text").value == PLOTS["vampire"].text
    assert page.selectbox(key="lesson_fooling_genre").value == "Comedy"
    ask(page)
    (attempt,) = tries(page)
    assert [guess["model"] for guess in attempt["guesses"]] == ["lstm", "fusion"]
    assert (attempt["poster"], attempt["plot"]) == (False, True)
    assert "hilariously" not in str(page.session_state["lesson_progress"])  # notes outlast the session, plots do not
    assert "You fooled LSTM" in seen(page)[0]
    assert "“bank”" in seen(page)[1]
    assert "needs a poster" in page_text(page)


def test_a_poster_adds_the_cnn_and_a_tally(page):
    page.button(key="lesson_fooling_plot_clown").click().run()
    ask(page)
    ask(choose_poster(page, "comedy"))
    assert [guess["model"] for guess in tries(page)[-1]["guesses"]] == ["cnn", "lstm", "fusion"]
    assert "of 2 times" in seen(page)[-1]
    page.button(key="lesson_previous").click().run()
    page.button(key="lesson_next").click().run()
    assert len(tries(page)) == 2
    assert "of 2 times" in seen(page)[-1]
    assert page.text_area(key="lesson_fooling_text").value == PLOTS["clown"].text


def test_a_poster_alone_is_enough(page):
    choose_poster(page, "horror")
    page.selectbox(key="lesson_fooling_genre").set_value("Horror").run()
    ask(page)
    assert [guess["model"] for guess in tries(page)[-1]["guesses"]] == ["cnn", "fusion"]
    assert "needs a plot" in page_text(page)


def test_an_own_poster_stays_in_the_lesson_and_out_of_the_notes(page):
    choose_poster(page, "own")
    page.file_uploader[0].upload("poster.jpg", film_sets.jpeg())
    page.selectbox(key="lesson_fooling_genre").set_value("War").run()
    ask(page)
    (attempt,) = tries(page)
    assert attempt["poster"]
    assert set(attempt) == {"poster", "plot", "genre", "guesses", "unfamiliar"}
    page.switch_page("pages/try-your-own.py").run()
    assert not page.exception
    assert "Nothing to predict from yet" in page.info[0].value


@pytest.mark.parametrize("content", [b"GIF89a and nothing else", film_sets.with_size(film_sets.jpeg(), 60_000, 60_000)])
def test_an_invalid_poster_is_an_error(page, content):
    choose_poster(page, "own")
    page.file_uploader[0].upload("poster.jpg", content)
    page.run()
    assert not page.exception
    assert page.error
    ask(page)
    assert page.warning
    assert not tries(page)


@pytest.mark.parametrize("text", ["…", "Ein Vampir arbeitet nachts in einer Blutbank und fällt ständig in Ohnmacht."])
def test_a_text_that_says_nothing_gets_a_warning(page, text):
    page.text_area(key="lesson_fooling_text").set_value(text).run()
    assert not page.exception
    assert page.warning


def test_without_weights_it_leads_to_train(page, monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path)
    page.run()
    assert not page.exception
    assert "no trained model" in page_text(page)
