import re
from string import Formatter

import pytest

from genreclf.lesson.figures import figures, filled
from genreclf.lesson.steps import BY_KEY, STEPS, Question

NUMBER = Question("How many?", "nothing", {}, 0.0, 1.0, 0.5, 0.01, ".0%")
CHOICE = Question("Which?", "words_best", {"a": "The first", "b": "The second"})


def test_there_are_nine_steps_of_three_to_five_minutes():
    assert len(STEPS) == len(BY_KEY) == 9
    assert all(3 <= step.minutes <= 5 for step in STEPS)
    assert sum(step.minutes for step in STEPS) <= 40


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)
def test_every_field_of_the_texts_is_a_figure_and_no_measurement_is_typed_in(step):
    for text in (step.lead, step.question.text, step.explanation):
        fields = {name for _, name, _, _ in Formatter().parse(text) if name}
        assert fields <= set(figures())
        typed = re.findall(r"\d+[.,]\d+|[.]\d+|\d+\s?%", re.sub(r"{.*?}", "", text))
        assert set(typed) <= {"50 %", "100 %"}  # of an answer without knowledge, and of everything
        assert filled(text)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)
def test_the_truth_answers_the_question_and_is_not_where_the_slider_starts(step):
    question, truth = step.question, figures()[step.question.truth]
    assert question.accepts(truth)
    if not question.options:
        assert question.written(truth) != question.written(question.start)
        assert question.low <= question.start <= question.high


@pytest.mark.parametrize(("question", "answer"), [(NUMBER, 0.5), (NUMBER, 0), (NUMBER, 1), (CHOICE, "b")])
def test_an_answer_is_accepted_and_written(question, answer):
    assert question.accepts(answer)
    assert question.written(answer)


@pytest.mark.parametrize("answer", [True, "0.5", None, -0.1, 1.1, float("nan"), [0.5]])
def test_what_is_no_number_in_the_range_is_no_answer(answer):
    assert not NUMBER.accepts(answer)


@pytest.mark.parametrize("answer", ["c", 0, None, ["a"]])
def test_what_is_no_option_is_no_answer(answer):
    assert not CHOICE.accepts(answer)
