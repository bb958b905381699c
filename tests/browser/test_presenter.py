"""Presenter mode in a real browser: large type, no sidebar, arrow keys."""

import re

import pytest
from app_browser import press, settled
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.timeout(300)
expect.set_options(timeout=60_000)

ROOT_SIZE = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
TOO_WIDE = """() => {
  const main = document.querySelector("[data-testid=stMain]");
  return main.scrollWidth - main.clientWidth;
}"""
SCROLLED = "document.querySelector('[data-testid=stMain]').scrollTop"
HEADER_COLOURS = """["stHeader", "stApp"].map(
  (name) => getComputedStyle(document.querySelector(`[data-testid=${name}]`)).backgroundColor)"""
CUT = """() => {
  const film = document.querySelector(".st-key-compare_film"), text = document.createRange();
  text.selectNodeContents(film.querySelector("h2"));
  const isClipped = getComputedStyle(film).overflowY !== "visible";
  return isClipped && text.getBoundingClientRect().bottom > film.getBoundingClientRect().bottom;
}"""
SIDEBAR = "[data-testid=stSidebar]"


@pytest.fixture
def projector(chromium):
    """A page of 1280×720 with a zoom of 150 %."""
    context = chromium.new_context(viewport={"width": 853, "height": 480}, device_scale_factor=1.5)
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def test_the_lesson_is_presented_step_by_step_with_the_arrow_keys(server, projector):
    opened(projector, f"{server.url}/lesson?step=1&present=1", "Lesson")
    assert projector.evaluate(ROOT_SIZE) >= 20
    assert projector.evaluate(TOO_WIDE) <= 0
    expect(projector.locator(SIDEBAR)).to_have_attribute("data-collapsed", "true")
    expect(projector.get_by_role("button", name="Leave presenter mode")).to_be_in_viewport()
    expect(projector.get_by_role("button", name="Reveal")).to_be_in_viewport(ratio=1)
    projector.keyboard.press("ArrowRight")
    at_step(projector, 2)
    header, background = projector.evaluate(HEADER_COLOURS)
    assert header == background, "what is scrolled does not shine through the steps in the header"
    projector.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 9999)")
    projector.keyboard.press("PageDown")
    at_step(projector, 3)
    assert projector.evaluate(SCROLLED) == 0, "a step begins at its top"
    assert projector.evaluate(TOO_WIDE) <= 0
    projector.keyboard.press("ArrowLeft")
    at_step(projector, 2)
    projector.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 9999)")
    projector.locator(".st-key-step button", has_text="7").click()
    at_step(projector, 7)
    assert projector.evaluate(SCROLLED) == 0
    projector.keyboard.press("ArrowRight")  # also after a step was chosen with the mouse
    at_step(projector, 8)


def test_arrow_keys_belong_to_what_has_the_focus(server, projector):
    opened(projector, f"{server.url}/lesson?step=1&present=1", "Lesson")
    slider = projector.get_by_role("slider").first
    before = slider.get_attribute("aria-valuenow") or slider.input_value()
    slider.focus()
    projector.keyboard.press("ArrowRight")
    settled(projector)
    at_step(projector, 1)
    assert (slider.get_attribute("aria-valuenow") or slider.input_value()) != before
    projector.locator(".stSlider").first.click()  # with the mouse: a remote control goes on afterwards
    settled(projector)
    projector.keyboard.press("ArrowRight")
    at_step(projector, 2)


def test_the_switch_folds_the_sidebar_and_the_way_out_unfolds_it(server, page):
    opened(page, f"{server.url}/lesson?step=2", "Lesson")
    small = page.evaluate(ROOT_SIZE)
    page.keyboard.press("ArrowRight")
    at_step(page, 2)
    page.locator(SIDEBAR).hover()
    page.locator("[data-testid=stSidebarCollapseButton] button").click()  # the browser remembers what visitors do
    page.locator("[data-testid=stExpandSidebarButton]").click()
    press(page, page.locator(".st-key-present label"))
    expect(page.locator(SIDEBAR)).to_have_attribute("data-collapsed", "true")
    assert page.evaluate(ROOT_SIZE) > small
    assert "present=1" in page.url
    page.keyboard.press("ArrowRight")  # the focus is on the switch, which needs no arrow
    at_step(page, 3)
    page.locator("[data-testid=stExpandSidebarButton]").click()
    page.locator("[data-testid=stSidebarNav]").get_by_role("link", name="Evaluate").click()
    expect(page.get_by_role("heading", name="Evaluate", level=1)).to_be_visible()
    settled(page)
    expect(page.locator(SIDEBAR)).to_have_attribute("data-collapsed", "true")
    assert "present=1" in page.url
    press(page, page.get_by_role("button", name="Leave presenter mode"))
    expect(page.locator(SIDEBAR)).to_have_attribute("data-collapsed", "false")
    assert page.evaluate(ROOT_SIZE) == small


def test_a_round_of_guesses_goes_on_with_the_arrow_key(server, projector):
    opened(projector, f"{server.url}/compare?guess=1&present=1", "Compare")
    first = projector.get_by_role("heading", level=2).first.inner_text()
    projector.keyboard.press("ArrowRight")  # not before the reveal
    settled(projector)
    expect(projector.get_by_role("heading", level=2).first).to_have_text(first)
    press(projector, projector.locator(".st-key-guess_question button", has_text="Drama"))
    press(projector, projector.get_by_role("button", name="Reveal"))
    expect(projector.locator(".st-key-guess_next")).to_be_visible()
    assert projector.evaluate(TOO_WIDE) <= 0
    projector.keyboard.press("ArrowRight")
    expect(projector.get_by_role("heading", level=2).first).not_to_have_text(first)
    expect(projector.locator(".st-key-guess_next")).to_have_count(0)
    projector.set_viewport_size({"width": 390, "height": 844})
    expect(projector.locator(".st-key-compare_film img")).to_be_visible()
    assert not projector.evaluate(CUT), "the title is below the poster, whole"


def opened(page: Page, url: str, heading: str) -> None:
    page.goto(url)
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
    settled(page)


def at_step(page: Page, number: int) -> None:
    expect(page.get_by_role("heading", level=2, name=re.compile(rf"^{number}\. "))).to_be_visible()
    settled(page)
