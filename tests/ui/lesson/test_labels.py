import pytest
from app_pages import page_text
from lesson_page import open_step, reveal

from genreclf import paths
from genreclf.errors import UserError
from genreclf.evaluation.bootstrap import Difference
from genreclf.lesson.labels import Comparison, doubts
from genreclf.ui.lesson import labels


@pytest.fixture(autouse=True)
def _nothing_trained():
    labels._retrain.clear()


def judged_page(answers):
    """The step after these judgements and the reveal."""
    page = open_step("labels")
    for doubt, answer in zip(doubts(), answers, strict=True):
        page.segmented_control(key=f"lesson_labels_{doubt.film}").set_value(answer)
    return reveal(page, "labels", "yes")


def test_labels_are_judged_and_the_word_count_retrained(monkeypatch):
    asked = []

    def retrain(changes):
        asked.append(changes)
        return Comparison(0.26815, 0.26809, Difference("after", "before", "bce", -0.00006, -0.0004, 0.0003, 125))

    monkeypatch.setattr(labels, "retrain", retrain)
    page = judged_page(["yes", "no", "keep", "no", "yes"])  # the first and the fourth differ from the table
    page.button(key="lesson_labels_retrain").click().run()
    assert not page.exception
    assert asked == [tuple((doubts()[place].film, doubts()[place].genre) for place in (0, 3))]
    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["Significant?"] == "No"
    assert "0.26815" in page_text(page)
    assert "contains 0" in page_text(page)
    page.segmented_control(key=f"lesson_labels_{doubts()[4].film}").set_value("no").run()
    assert len(asked) == 1  # only the button trains
    assert "retrain" in page_text(page)
    assert not paths.corrections_file(paths.SAMPLE).exists()


def test_nothing_is_trained_without_a_change():
    page = judged_page(["no", "keep", "keep", "yes", "keep"])
    assert page.button(key="lesson_labels_retrain").disabled


def test_a_failure_is_a_sentence(monkeypatch):
    def fail(changes):
        raise UserError("The training failed; try again.")

    monkeypatch.setattr(labels, "retrain", fail)
    page = judged_page(["yes", "yes", "keep", "keep", "keep"])
    page.button(key="lesson_labels_retrain").click().run()
    assert not page.exception
    assert "failed" in page.warning[0].value
