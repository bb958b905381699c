import pytest

from genreclf.lesson.progress import Progress
from genreclf.lesson.steps import STEPS


def test_answers_are_kept_in_the_lessons_order_until_they_are_forgotten():
    progress = Progress()
    progress.answer("words", "tfidf")
    progress.answer("accuracy", 0.9)
    progress.note("overfitting")["run"] = "a-run"
    progress.seen["accuracy"] = ["Something"]
    assert progress.done == [STEPS[0], STEPS[4]]
    assert progress.note("overfitting") == {"run": "a-run"}
    progress.clear()
    assert not progress.done
    assert not progress.seen
    assert not progress.note("overfitting")


@pytest.mark.parametrize(("key", "answer"), [("words", "nobody"), ("accuracy", 3.0), ("accuracy", "tfidf")])
def test_what_is_no_answer_is_refused(key, answer):
    with pytest.raises(ValueError, match=key):
        Progress().answer(key, answer)
