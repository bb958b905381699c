"""What a visitor sees of Home, Browse and Train without scrolling, at three common sizes."""

import pytest
from app_browser import settled
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.timeout(300)
expect.set_options(timeout=60_000)

SIZES = [(1280, 720), (1024, 768), (390, 844)]


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: "x".join(map(str, size)))
def screen(chromium, request):
    """A page of one of the sizes."""
    width, height = request.param
    context = chromium.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def test_home_shows_a_film_with_its_answer(server, screen):
    opened(screen, f"{server.url}/")
    for element in (screen.locator(".st-key-home_poster img"), screen.locator(".bars").first,
                    screen.locator(".st-key-home_links a:visible").first):  # fmt: skip
        assert is_seen(screen, element)


def test_a_click_on_the_poster_of_home_opens_the_film_on_compare(server, screen):
    opened(screen, f"{server.url}/")
    poster = screen.locator(".st-key-home_poster img")
    name = poster.get_attribute("alt").removeprefix("Poster of ")
    poster.click()
    expect(screen.get_by_role("heading", name="Compare", exact=True, level=1)).to_be_visible()
    expect(screen.get_by_role("heading", name=name, level=2)).to_be_visible()


def test_browse_shows_the_first_row_of_posters(server, screen):
    opened(screen, f"{server.url}/browse")
    assert is_seen(screen, screen.locator(".st-key-poster_wall img").first)


def test_train_shows_the_model_the_button_and_the_live_chart(server, screen):
    opened(screen, f"{server.url}/train")
    button = screen.get_by_role("button", name="Train", exact=True)
    assert is_seen(screen, button)
    assert is_seen(screen, screen.locator(".st-key-train-model"))
    assert is_seen(screen, screen.locator("[data-testid=stEChartsChart]").first)
    button.click()
    stop = screen.locator(".st-key-train-stop button")
    expect(stop).to_be_visible()
    settled(screen)
    assert is_seen(screen, button)
    assert is_seen(screen, stop)
    assert is_seen(screen, screen.locator("[data-testid=stEChartsChart]").first)
    stop.click()
    screen.get_by_role("dialog").get_by_role("button").filter(has_text="Stop").click()
    expect(stop).to_have_count(0)


def opened(page: Page, url: str) -> None:
    """Open a page and wait until all of it is drawn."""
    page.goto(url)
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    settled(page)
    expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0)


def is_seen(page: Page, element: Locator) -> bool:
    """Whether all of an element is within the viewport, without scrolling."""
    expect(element).to_be_visible()
    box, size = element.bounding_box(), page.viewport_size
    return box["y"] >= 0 and box["y"] + box["height"] <= size["height"] and box["x"] + box["width"] <= size["width"] + 1
