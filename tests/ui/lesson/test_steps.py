from collections import OrderedDict

import pytest
import streamlit as st
from app_pages import open_address, page_text

from genreclf.lesson.figures import figures, filled
from genreclf.lesson.steps import STEPS
from genreclf.ui.lesson import progress

PAGE = "pages/lesson.py"


def answer(page, step):
    """Answer a step's question with its first option, or where its slider starts, and reveal."""
    if step.question.options:
        page.radio(key=f"lesson_answer_{step.key}").set_value(next(iter(step.question.options))).run()
    page.button(key="lesson_reveal").click().run()
    if step.key == "report":
        assert "Answer" not in metrics(page), "it is the end of the replay"
        page.segmented_control(key="lesson_report_speed").set_value("At once").run()
    assert not page.exception


def metrics(page):
    return {metric.label: metric.value for metric in page.metric}


def test_the_lesson_is_gone_through_from_the_first_step_to_the_last():
    page = open_address(PAGE, timeout=120)
    for place, step in enumerate(STEPS, 1):
        assert f"{place}. {step.title}" in page_text(page)
        assert filled(step.explanation) not in [each.value for each in page.markdown]
        answer(page, step)
        assert metrics(page)["Answer"] == step.question.written(figures()[step.question.truth])
        assert filled(step.explanation) in [each.value for each in page.markdown]
        if place < len(STEPS):
            page.button(key="lesson_next").click().run()
    assert page.button(key="lesson_next").disabled
    assert len(progress.current_of(page.session_state).done) == len(STEPS)


def test_an_answer_stays_when_the_visitor_leaves_the_step_and_the_page():
    page = open_address(PAGE, step="1")
    answer(page, STEPS[0])
    page.button(key="lesson_next").click().run()
    page.switch_page("pages/browse.py").run()
    page.switch_page(PAGE).run()
    page.segmented_control(key="step").set_value("1").run()
    assert "Answer" in metrics(page)


def test_nothing_is_revealed_before_an_option_is_chosen():
    page = open_address(PAGE, step="5")
    assert page.button(key="lesson_reveal").disabled
    assert not metrics(page)


def test_a_step_that_does_not_exist_is_said():
    page = open_address(PAGE, step="12")
    assert "12" in page.warning[0].value
    assert STEPS[0].title in page_text(page)


def test_starting_over_forgets_the_answers():
    page = open_address(PAGE, step="1")
    answer(page, STEPS[0])
    page.button(key="lesson_forget").click().run()
    assert not page.exception
    assert not progress.current_of(page.session_state).done
    assert page.button(key="lesson_reveal")


@pytest.mark.parametrize("cookie", ["", "no name", "../../etc", "a" * 32])
def test_a_visitor_is_known_again_by_the_cookie_and_by_nothing_else(monkeypatch, cookie):
    kept, state = OrderedDict(), []
    monkeypatch.setattr(progress, "_visitors", lambda: kept)
    for session in ({}, {}):
        monkeypatch.setattr(st, "session_state", session)
        monkeypatch.setattr(progress, "_cookie", lambda: cookie)
        state.append(progress.current())
        state[-1].answers["accuracy"] = 0.5 + len(state) / 10
    assert (state[0] is state[1]) is (cookie == "a" * 32)


def test_only_so_many_visitors_are_kept(monkeypatch):
    kept = OrderedDict()
    monkeypatch.setattr(progress, "_visitors", lambda: kept)
    monkeypatch.setattr(progress, "VISITORS", 3)
    monkeypatch.setattr(progress, "_cookie", lambda: "")
    for _ in range(5):
        monkeypatch.setattr(st, "session_state", {})
        progress.current()
    assert len(kept) == 3
