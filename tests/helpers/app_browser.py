"""The pages of the app, and moving among them in a real browser."""

from playwright.sync_api import Page, expect

PAGES = {
    "": "genreclf",
    "browse": "Browse",
    "train": "Train",
    "compare": "Compare",
    "evaluate": "Evaluate",
    "try-your-own": "Try your own",
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
