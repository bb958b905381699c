"""The lesson from its first step to its last, in a real browser."""

import re
from pathlib import Path

import pytest
from app_browser import press, settled
from playwright.sync_api import Page, expect

from genreclf.lesson.figures import figures
from genreclf.lesson.steps import STEPS, Step

pytestmark = pytest.mark.timeout(480)
expect.set_options(timeout=60_000)


def reveal(page: Page, step: Step) -> None:
    """Answer a step's question: the first option, or the slider one step further."""
    question = page.locator(".st-key-lesson_question")
    expect(page.get_by_role("heading", name=re.compile(re.escape(step.title)))).to_be_visible()
    if step.question.options:
        press(page, question.locator("label").filter(has_text=next(iter(step.question.options.values()))))
    else:
        question.get_by_role("slider").focus()
        page.keyboard.press("ArrowRight")
        settled(page)
    press(page, page.locator(".st-key-lesson_reveal button"))
    if step.key == "report":  # the answer is the end of a replay
        expect(question.get_by_text("Answer", exact=True)).to_have_count(0)
        press(page, page.locator("button").filter(has_text="At once"))
    expect(question.get_by_text("Answer", exact=True)).to_be_visible()
    expect(question).to_contain_text(step.question.written(figures()[step.question.truth]))


def train_the_word_count(page: Page) -> None:
    """Train live on the sample, and see what came of it."""
    press(page, page.locator("button").filter(has_text="Live, on the sample"))
    press(page, page.get_by_role("button", name="Train it here, live"))
    expect(page.get_by_text("You trained it here")).to_be_visible()
    settled(page)


def test_the_lesson_from_the_first_step_to_the_last_and_a_report_of_it(server, page, tmp_path):
    page.goto(f"{server.url}/lesson")
    for step in STEPS:
        settled(page)
        reveal(page, step)
        expect(page.locator(".st-key-lesson_explanation")).to_be_visible()
        if step.key == "words":
            train_the_word_count(page)
        elif step.key == "labels":
            press(page, page.locator("button").filter(has_text="Yes").first)
            press(page, page.get_by_role("button", name="Retrain and compare"))
            expect(page.locator(".st-key-lesson_control")).to_contain_text("1 label")
        if step is STEPS[3]:  # a reload begins a new session, in which the browser is known
            page.reload()
            expect(page.locator(".st-key-lesson_explanation")).to_be_visible()
            settled(page)
        if step is not STEPS[-1]:
            press(page, page.locator(".st-key-lesson_next button"))
    expect(page.get_by_text(f"{len(STEPS)} of {len(STEPS)}")).to_be_visible()
    page.get_by_label("Your name").fill("Ada")
    page.keyboard.press("Tab")
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my lesson").click()
    report = Path(download.value.path()).read_text("utf-8")
    assert report.count("<h2>") == len(STEPS) + 1
    assert "Ada" in report
    assert "Traceback" not in server.log.read_text()

    # the report draws its curves from nothing but itself
    kept = tmp_path / "report.html"
    kept.write_text(report, "utf-8")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(kept.as_uri())
    expect(page.locator(".chart .main-svg").first).to_be_visible()
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
