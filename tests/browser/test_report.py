"""The report, opened from disk as a reader opens it."""

import predicted_sets
import pytest
from playwright.sync_api import expect

from genreclf.evaluation.predictions import predict_split
from genreclf.evaluation.report.build import write_report

pytestmark = pytest.mark.timeout(240)
DRAWN = ".chart[data-drawn] .main-svg"
INK = "getComputedStyle(document.querySelector('.chart .xtick text')).fill"


@pytest.fixture(scope="module")
def report(catalogue, tmp_path_factory):
    """The address of a report on three models and the 8 test films."""
    home = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENRECLF_HOME", str(home))
        root = predicted_sets.write_predicted(
            home / "others" / "imdb", catalogue, {"cnn": 0.2, "lstm": 0.4, "prior": 0.0}
        )
        return write_report(
            predict_split(catalogue, "test", choice=root), home / "report.html", n_resamples=20
        ).as_uri()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_it_draws_its_charts_without_a_network(report, chromium, scheme, width):
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page, asked_for, complaints = context.new_page(), [], []
    page.on("request", lambda request: asked_for.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(report)
    expect(page.locator(DRAWN).first).to_be_visible(
        timeout=60_000
    )  # its content security policy forbids waiting for JavaScript
    assert [url for url in asked_for if not url.startswith(("file:", "data:"))] == []
    assert complaints == [], "the page's own policy blocked it"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    red, green, blue = (int(part) for part in page.evaluate(INK).removeprefix("rgb(").rstrip(")").split(","))
    assert (red + green + blue > 3 * 128) == (scheme == "dark"), "the text is light on a dark page"
    context.close()


def test_choosing_another_part_shows_and_draws_it(report, chromium):
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(report)
    expect(page.locator(DRAWN).first).to_be_visible(
        timeout=60_000
    )  # its content security policy forbids waiting for JavaScript
    first, other = (
        page.locator('[data-of="metric"][data-value="BCE"]'),
        page.locator('[data-of="metric"][data-value="mAP"]'),
    )
    assert (first.is_visible(), other.is_visible()) == (True, False)
    page.locator('select[data-choice="metric"]').select_option("mAP")
    expect(other.locator(".chart").first).to_have_attribute("data-drawn", "", timeout=60_000)
    assert (first.is_visible(), other.is_visible()) == (False, True)
    assert other.locator(".main-svg").first.is_visible()
    page.close()


def test_a_click_on_a_columns_name_sorts_its_table(report, chromium):
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(report)
    table = page.locator("h3:has-text('All metrics') + .wide table")
    header = table.locator("th", has_text="Micro-F1").first
    place = header.evaluate("header => header.cellIndex")
    for order in ("descending", "ascending"):
        header.locator("button").click()
        expect(header).to_have_attribute("aria-sort", order)
        cells = [row.locator("th, td").nth(place).inner_text() for row in table.locator("tbody tr").all()]
        values = [float(cell) for cell in cells]
        assert values == sorted(values, reverse=order == "descending")
    page.close()
