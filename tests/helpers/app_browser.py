"""The pages of the app, and moving among them in a real browser."""

import re
from contextlib import suppress

from playwright.sync_api import Locator, Page, TimeoutError, expect

PAGES = {
    "": "genreclf",
    "browse": "Browse",
    "train": "Train",
    "compare": "Compare",
    "evaluate": "Evaluate",
    "try-your-own": "Try your own",
    "lesson": "Lesson",
}


def settled(page: Page) -> None:
    """Wait until the app has finished drawing, and check that it shows no error."""
    expect(page.locator("[data-testid=stApp][data-test-script-state=running]")).to_have_count(0, timeout=180_000)
    for trouble in ("stException", "stDialog"):  # Streamlit reports a missing page in a dialog
        expect(page.locator(f"[data-testid={trouble}]")).to_have_count(0)


def go(page: Page, name: str) -> None:
    """Choose a page in the sidebar."""
    page.locator("[data-testid=stSidebarNav]").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name, exact=True, level=1)).to_be_visible()
    settled(page)


_COUNT_RUNS = """() => {
  if (window.runs === undefined) {
    window.runs = 0;
    const app = document.querySelector("[data-testid=stApp]");
    new MutationObserver(() => { window.runs += app.dataset.testScriptState === "running"; })
      .observe(app, {attributeFilter: ["data-test-script-state"]});
  }
  return window.runs;
}"""


def press(page: Page, element: Locator) -> None:
    """Click what makes the app draw something, and wait until it has."""
    before = page.evaluate(_COUNT_RUNS)
    element.click()
    with suppress(TimeoutError):  # a run of some milliseconds may start and end unseen
        page.wait_for_function("before => window.runs > before", arg=before, timeout=400)
    settled(page)


def choose_all_models(page: Page) -> None:
    """On Compare, let all models predict the film."""
    others = page.locator(".st-key-compare_models button[data-variant]:not([data-selected=true])")
    while others.count():
        press(page, others.first)


def explain(page: Page, similar_films: bool = True) -> int:
    """On Compare, open every view of "Why?" for the film shown, of one model after another.

    Args:
        page: with Compare open.
        similar_films: whether to open that view, too, for which some models first process all films.

    Returns:
        the number of views.
    """
    pills, views = page.locator(".st-key-compare_why_model button[data-variant]"), 0
    for model in range(pills.count()):
        _choose(page, pills.nth(model))
        of_model = page.locator(".st-key-compare_why_view button[data-variant]")
        for view in range(of_model.count()):  # none for the base rates
            if not similar_films and of_model.nth(view).inner_text() == "Similar films":
                continue
            _choose(page, of_model.nth(view))
            offer = page.get_by_role("button", name=re.compile("^Process all"))
            if offer.count():
                press(page, offer)
                expect(page.locator("[data-testid=stProgress]")).to_have_count(0, timeout=180_000)
                settled(page)
            views += 1
    return views


def _choose(page: Page, pill: Locator) -> None:
    if pill.get_attribute("data-selected") != "true":
        press(page, pill)
