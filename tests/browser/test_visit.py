"""What a visitor gives, sees and steps back to, in a real browser."""

import re
from itertools import pairwise

import odd_texts
import pytest
from app_browser import PAGES, go, settled
from PIL import Image
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.timeout(240)
expect.set_options(timeout=60_000)

CONTRAST = """() => {
  const light = ([r, g, b]) => [[r, .2126], [g, .7152], [b, .0722]].reduce((sum, [value, weight]) => {
    value /= 255;
    return sum + weight * (value <= .04 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4);
  }, 0);
  const read = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const over = (top, under) => under.map((value, i) => top[i] * (top[3] ?? 1) + value * (1 - (top[3] ?? 1)));
  const poor = [];
  for (const button of document.querySelectorAll("[data-selected=true] p, [data-testid^=stBaseButton-primary] p")) {
    const layers = [];
    for (let each = button; each; each = each.parentElement)
      layers.unshift(read(getComputedStyle(each).backgroundColor));
    const paper = layers.reduce((under, top) => over(top, under), [255, 255, 255]);
    const [a, b] = [light(over(read(getComputedStyle(button).color), paper)), light(paper)];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.push(`${button.innerText}: ${ratio.toFixed(2)}`);
  }
  return poor;
}"""
HEADINGS = "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].filter(e => e.offsetParent).map(e => +e.tagName[1])"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_page_has_its_title_ordered_headings_and_contrast_and_asks_no_other_host(server, chromium, scheme):
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    elsewhere, titles = [], []
    page.on("request", lambda request: request.url.startswith((server.url, "data:", "blob:", "ws:"))
            or elsewhere.append(request.url))  # fmt: skip
    for path, heading in PAGES.items():
        page.goto(f"{server.url}/{path}")
        expect(page.get_by_role("heading", name=heading, level=1).first).to_be_visible()
        settled(page)
        levels = page.evaluate(HEADINGS)
        assert levels[0] == 1
        assert all(below <= above + 1 for above, below in pairwise(levels)), (path, levels)
        assert not page.evaluate(CONTRAST), path
        titles.append(page.title())
    context.close()
    assert not elsewhere
    assert len(set(titles)) == len(PAGES)
    assert re.match(r".+ \(\d{4}\) · genreclf$", titles[list(PAGES).index("compare")])


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1024, 768), (390, 844)])
def test_what_is_given_and_the_first_answer_are_on_the_screen(server, chromium, width, height):
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()

    def assert_on_screen(*places: str) -> None:
        settled(page)
        assert page.locator("[data-testid=stMain]").evaluate("main => main.scrollTop") == 0
        for place in places:
            expect(page.locator(place)).to_be_visible()
            box = page.locator(place).bounding_box()
            assert box["x"] >= 0, place
            assert box["x"] + box["width"] <= width, place
            assert box["y"] >= 0, place
            assert box["y"] + box["height"] <= height, place

    page.goto(f"{server.url}/compare")
    page.locator(".st-key-compare_details").wait_for()
    assert_on_screen(".st-key-compare_film", ".st-key-compare_answer", ".st-key-compare_answer .js-plotly-plot")
    page.goto(f"{server.url}/try-your-own")
    page.locator(".st-key-try_example_horror button").locator("visible=true").click()
    page.locator(".st-key-try_details").wait_for()
    assert_on_screen(".st-key-try_poster", ".st-key-try_overview", ".st-key-try_answer",
                     ".st-key-try_answer .js-plotly-plot")  # fmt: skip
    context.close()


def test_a_poster_opens_compare_and_one_step_back_returns_to_the_same_films(server, page):
    page.goto(f"{server.url}/browse")
    page.locator(".st-key-genres").get_by_text("Comedy", exact=True).click()
    pages = page.locator("[data-testid=stPagination]").first
    pages.get_by_role("button", name=re.compile(r"\b2$")).click()
    expect(page).to_have_url(re.compile("genres=Comedy&wall_page=2$"))
    settled(page)
    steps = page.evaluate("history.length")
    poster = page.locator(".st-key-poster_wall img").nth(1)
    name = poster.get_attribute("alt").removeprefix("Poster of ")
    poster.click()
    expect(page.get_by_role("heading", name=name, level=2)).to_be_visible()
    settled(page)
    assert len(page.context.pages) == 1
    assert page.evaluate("history.length") == steps + 1
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_role("heading", name=name, level=2)).to_have_count(0)
    settled(page)
    page.go_back()
    expect(page.get_by_role("heading", name=name, level=2)).to_be_visible()
    page.go_back()
    expect(page.get_by_alt_text(f"Poster of {name}")).to_be_visible()
    settled(page)
    assert page.url.endswith("/browse?genres=Comedy&wall_page=2")
    go(page, "Train")
    go(page, "Browse")  # by the sidebar, whose links have no parameters
    expect(page.get_by_alt_text(f"Poster of {name}")).to_be_visible()


def test_a_poster_and_a_text_stay_and_start_over_lets_go_of_them(server, page, tmp_path):
    file = tmp_path / "Mine.JFIF"
    Image.new("RGB", (300, 444), (200, 40, 30)).save(file, "JPEG")
    page.goto(f"{server.url}/try-your-own")
    refused = {"name": "large.jpg", "mimeType": "image/jpeg", "buffer": bytes(21_500_000)}
    page.locator("input[type=file]").set_input_files(refused)
    expect(page.get_by_role("alert").filter(has_text="20")).to_be_visible()
    page.locator("input[type=file]").set_input_files(str(file))
    poster = page.get_by_alt_text("The poster given to the models")
    expect(poster).to_be_visible()
    page.get_by_label("Overview").first.fill("A ghost haunts the old house at night, and blood is on the stairs.")
    page.keyboard.press("Tab")  # no visitor leaves the page in the same moment as the last letter
    settled(page)
    go(page, "Browse")
    go(page, "Try your own")
    expect(poster).to_be_visible()
    expect(page.get_by_text("Mine.JFIF")).to_be_visible()
    expect(page.get_by_label("Overview").first).to_have_value(re.compile("ghost"))
    page.get_by_role("button", name="Start over").click()
    expect(poster).to_have_count(0)
    expect(page.get_by_label("Overview").first).to_have_value("")


def test_every_text_is_shown_as_given(serve_at, page, tmp_path):
    with serve_at(tmp_path, script=odd_texts.__file__) as served:
        page.goto(served.url)
        expect(page.locator("[data-testid=stTable]")).to_be_visible()
        settled(page)
        expected = [odd_texts.shown(text) for text in odd_texts.ODD_TEXTS]
        places = ("h2", ".stButton p", ".stCaption, [data-testid=stCaptionContainer]", "[data-testid=stAlert] p",
                  ".stMarkdownBadge", "[data-testid=stPageLink] p")  # fmt: skip
        for place in places:
            assert read(page, f"[class*=st-key-text-] :is({place})") == expected, place
        assert read(page, ".st-key-pills button[data-variant]") == expected
        assert read(page, "[data-testid=stTable] td") == expected


def read(page: Page, selector: str) -> list[str]:
    """The texts of some elements as a visitor reads them."""
    return [odd_texts.shown(text) for text in page.locator(selector).all_inner_texts()]
