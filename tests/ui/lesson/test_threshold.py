from app_pages import page_text
from lesson_page import open_step, reveal

from genreclf.lesson.threshold import THRESHOLDS


def test_a_threshold_is_chosen_on_validation_films_and_used_on_new_ones():
    page = open_step("threshold")
    reveal(page, "threshold", 80)
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
