"""The journeys of a visitor, in a real browser."""

import json
import re
import time

import film_sets
import pytest
from app_browser import PAGES, go, settled
from playwright.sync_api import Page, expect

from genreclf import paths
from genreclf.runs.folder import Run

pytestmark = pytest.mark.timeout(480)
expect.set_options(timeout=60_000)  # the first page of a fresh server imports and checks much


@pytest.mark.parametrize(("path", "title"), PAGES.items())
def test_every_page_has_a_deep_link_on_a_fresh_server(fresh_server, page, path, title):
    page.goto(f"{fresh_server.url}/{path}")
    expect(page.get_by_role("heading", name=title, level=1).first).to_be_visible()
    settled(page)
    expect(page.locator("[data-testid=stSidebarNav]").get_by_role("link", name="Try your own")).to_be_visible()


def test_a_deep_link_opens_a_film(server, page):
    page.goto(f"{server.url}/compare?film=metropolis-1927")
    expect(page.get_by_text("Metropolis (1927)").first).to_be_visible()


def test_a_phone_keeps_every_page(server, chromium):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = context.new_page()
    for path, title in PAGES.items():
        page.goto(f"{server.url}/{path}")
        expect(page.get_by_role("heading", name=title, level=1).first).to_be_visible(timeout=60_000)
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, f"{title} scrolls sideways"
    context.close()


def test_browse_compare_train_stop_and_try(server, page, tmp_path):
    # browse, and open a film in Compare
    page.goto(f"{server.url}/browse")
    wall = page.locator("[data-testid=stImage] img, [data-testid=stImageContainer] img")
    expect(wall.first).to_be_visible()
    expect(wall.nth(11)).to_be_visible()  # the wall may be half drawn
    settled(page)
    link = page.locator("[data-testid=stMain] [data-testid=stPageLink] a").first
    film_id = re.search(r"film=([\w-]+)", link.get_attribute("href")).group(1)
    link.click()
    expect(page.get_by_role("heading", name="Compare", exact=True, level=1)).to_be_visible()
    expect(page.get_by_text(re.compile(re.escape(film_id))).first).to_be_visible()
    assert f"film={film_id}" in page.url
    for model in ("CNN", "LSTM"):
        expect(page.get_by_text(re.compile(f"^({model} (got|missed)|No genre reaches {model})")).first).to_be_visible()

    # train the LSTM for some epochs, which take seconds each, and see its charts move
    go(page, "Train")
    start_training(page, "LSTM", epochs=6)
    first = wait_for_run(server, 1)
    assert (first.model, first.config.settings["epochs"]) == ("lstm", 6)
    pictures = set()
    deadline = time.monotonic() + 240
    while first.status().is_active:
        assert time.monotonic() < deadline, "the run has not ended"
        pictures.add(drawn(page))
        page.wait_for_timeout(500)
    assert first.exit.outcome == "completed", first.exit
    assert [epoch["epoch"] for epoch in first.epochs()] == [1, 2, 3, 4, 5, 6]
    assert len(pictures - {""}) >= 3, "the charts stood still"
    expect(page.get_by_text("Completed").first).to_be_visible()

    # a reload shows the same run; a second run is stopped
    assert first.id in page.url
    page.reload()
    expect(page.get_by_text("Completed").first).to_be_visible()
    settled(page)
    start_training(page, "Small CNN", epochs=500)
    second = wait_for_run(server, 2)
    while not second.epochs():
        assert second.status().is_active, second.exit
        page.wait_for_timeout(300)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Stop")).first.click()
    expect(page.get_by_text("Stopped on request").first).to_be_visible()
    assert second.exit.outcome == "stopped"
    assert second.best_weights_file.is_file()

    # the visitor's own poster and overview
    go(page, "Try your own")
    poster = tmp_path / "mine.jpg"
    poster.write_bytes(film_sets.jpeg((200, 40, 30), (300, 444)))
    page.locator("input[type=file]").first.set_input_files(str(poster))
    page.get_by_label("Overview").fill("A police detective hunts a serial killer and finds a murder in his own past.")
    page.get_by_role("button", name="Predict genres").click()
    expect(page.get_by_text("Crime").first).to_be_visible()
    settled(page)
    for model in ("CNN", "LSTM"):
        expect(page.get_by_text(model, exact=True).first).to_be_visible()
    assert "Traceback" not in server.log.read_text()


def start_training(page: Page, model: str, epochs: int) -> None:
    """Choose a model and its epochs, and press Train."""
    page.get_by_role("combobox", name="Model", exact=True).or_(page.get_by_label("Model", exact=True)).first.click()
    page.get_by_role("option", name=model, exact=True).click()
    page.wait_for_timeout(1000)  # the form of the previous model is still there
    settled(page)
    field = page.get_by_label("Epochs", exact=True)
    expect(field).to_have_count(1)
    if not field.is_visible():
        page.get_by_text("Settings and details").click()
    field.fill(str(epochs))
    field.press("Tab")
    page.wait_for_timeout(500)
    settled(page)
    page.get_by_role("button", name="Train", exact=True).click()


def drawn(page: Page) -> str:
    """The lines of all charts as drawn, or "" while there are none."""
    lines = "[data-testid=stEChartsChart] path[stroke-linejoin=bevel]"
    return page.evaluate(f"[...document.querySelectorAll('{lines}')].map(e => e.getAttribute('d')).join()")


def wait_for_run(server, count: int) -> Run:
    """The newest run, once there are ``count`` runs."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        configs = sorted((server.home / "runs").glob("*/config.json"), key=lambda path: path.stat().st_mtime)
        if len(configs) >= count:
            assert json.loads(configs[-1].read_text())["data"] == str(paths.SAMPLE)
            return Run(configs[-1].parent)
        time.sleep(0.2)
    raise AssertionError("no run began")
