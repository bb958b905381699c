import pytest
from app_pages import open_address, page_text

from genreclf.lesson.threshold import THRESHOLDS
from genreclf.ui.lesson.progress import _visitors

PAGE = "pages/lesson.py"


@pytest.fixture(autouse=True)
def _no_visitors():
    _visitors.clear()


def test_a_threshold_is_chosen_on_validation_films_and_used_on_new_ones():
    page = open_address(PAGE, step="7")
    page.slider(key="lesson_answer_threshold").set_value(80)
    page.button(key="lesson_reveal").click().run()
    recall = [metric.value for metric in page.metric if metric.label == "Recall"]
    assert len(recall) == 1  # of the validation films
    page.select_slider(key="lesson_threshold_value").set_value(THRESHOLDS[0]).run()
    assert [metric.value for metric in page.metric if metric.label == "Recall"] == ["100\u00a0%"]
    page.button(key="lesson_threshold_try").click().run()
    assert not page.exception
    assert len([metric for metric in page.metric if metric.label == "Precision"]) == 2
    assert "new films" in page_text(page)
    page.select_slider(key="lesson_threshold_value").set_value(0.5).run()
    assert len([metric for metric in page.metric if metric.label == "Recall"]) == 1  # to be tried again
    assert page.button(key="lesson_threshold_try")
