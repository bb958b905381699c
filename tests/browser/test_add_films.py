"""From a folder of films with genres of its own to answers of a model trained on it, by clicks alone."""

import csv
import re
import time
from pathlib import Path

import film_sets
import pytest
from app_browser import choose_all_models, go, press, settled
from playwright.sync_api import Page, expect

from genreclf.runs.folder import Run

pytestmark = pytest.mark.timeout(480)
expect.set_options(timeout=60_000)
COUNT = 150


@pytest.fixture
def films(tmp_path) -> Path:
    """A folder with a table, whose columns have names of its own, and posters."""
    folder = tmp_path / "festival"
    folder.mkdir()
    names = dict(zip(film_sets.COLOURS, film_sets.OWN_GENRES, strict=True))
    with (folder / "films.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["key", "title", "kind of film", "story"])
        for film in film_sets.films(COUNT):
            kinds = "|".join(names[genre] for genre in film.genres)
            table.writerow([film.id, f"Festival film {film.id}", kinds, film.overview])
            (folder / f"{film.id}.jpg").write_bytes(film.jpeg)
    return folder


def open_add_films(page: Page) -> None:
    page.locator("[data-testid=stSidebar]").get_by_role("link", name="Add films").click()
    expect(page.get_by_role("heading", name="Add films", level=1)).to_be_visible()
    settled(page)


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).or_(page.get_by_label(label, exact=True)).first.click()
    press(page, page.get_by_role("option", name=option, exact=True))


def test_films_of_a_folder_are_added_trained_on_and_predicted(server, page, films):
    page.goto(f"{server.url}/browse")
    expect(page.get_by_role("heading", name="Browse", level=1)).to_be_visible()
    settled(page)
    open_add_films(page)

    # a path that is not there, and one without a known column of genres, are said in place
    page.get_by_label("Folder or file").fill(str(films / "nothing"))
    press(page, page.get_by_role("button", name="Read", exact=True))
    expect(page.get_by_role("alert")).to_have_count(1)
    page.get_by_label("Folder or file").fill(str(films))
    press(page, page.get_by_role("button", name="Read", exact=True))
    expect(page.get_by_role("alert")).to_have_count(1)
    choose(page, "Column of genres", "kind of film")
    expect(page.locator("[data-testid=stMetricValue]").first).to_have_text(str(COUNT))
    expect(page.get_by_role("alert")).to_have_count(0)
    choose(page, "Column of overview", "story")
    expect(page.locator("[data-testid=stMetricValue]").nth(2)).to_have_text(str(COUNT))
    choose(page, "Column of ids", "key")
    expect(page.locator(".st-key-add_first img")).to_have_count(10)
    page.get_by_role("button", name="Add these films").click()

    # it is the chosen data set
    expect(page.get_by_role("heading", name="Browse", level=1)).to_be_visible()
    settled(page)
    assert "data=festival" in page.url
    expect(page.get_by_text(f"{COUNT} films", exact=True)).to_be_visible()
    expect(page.get_by_text("Slow Burn").first).to_be_visible()

    # train, and use what was trained
    press(page, page.locator("[data-testid=stMain]").get_by_role("link", name="Train a model on them"))
    expect(page.get_by_role("heading", name="Train", exact=True, level=1)).to_be_visible()
    choose(page, "Model", "TF-IDF")
    page.wait_for_timeout(1000)
    settled(page)
    page.get_by_role("button", name="Train", exact=True).click()
    run = finished_run(server.home)
    assert Path(run.config.data).name == "festival"
    expect(page.get_by_text("Completed").first).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Use in the app").click()
    expect(page.get_by_role("button", name="Stop using them").first).to_be_visible()

    # every page answers with it
    go(page, "Compare")
    choose_all_models(page)
    expect(page.get_by_text(re.compile("^(TF-IDF (got|missed)|No genre reaches TF-IDF)")).first).to_be_visible()
    go(page, "Evaluate")
    expect(page.get_by_text("TF-IDF").first).to_be_attached()
    go(page, "Try your own")
    page.get_by_label("Overview").fill("A sheriff and an outlaw meet at the ranch near the frontier saloon.")
    press(page, page.get_by_role("button", name="Predict genres"))
    expect(page.get_by_text("Spaghetti Western").first).to_be_visible()

    # removed, it is no longer offered; its source and its run stay
    press_remove = page.locator("[data-testid=stSidebar]").get_by_role("button", name="Remove")
    press_remove.click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(press_remove).to_have_count(0)
    settled(page)
    expect(page.get_by_role("combobox", name="Data set")).to_have_value("Embedded sample")
    assert len(list(films.iterdir())) == COUNT + 1
    assert run.config_file.is_file()
    go(page, "Train")
    go(page, "Compare")
    assert not (server.home / "data" / "festival").exists()
    assert "Traceback" not in server.log.read_text()


def test_a_phone_adds_an_upload(server, chromium, films):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{server.url}/add-films")
    expect(page.get_by_role("heading", name="Add films", level=1)).to_be_visible()
    settled(page)
    press(page, page.get_by_text("Upload", exact=True))
    page.locator("input[type=file]").set_input_files(sorted(map(str, films.iterdir())))
    read = page.get_by_role("button", name="Read", exact=True)
    expect(read).to_be_enabled()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    settled(page)
    press(page, read)
    choose(page, "Column of genres", "kind of film")
    expect(page.locator("[data-testid=stMetricValue]").nth(1)).to_have_text("0")  # the ids name the posters
    choose(page, "Column of ids", "key")
    expect(page.locator("[data-testid=stMetricValue]").nth(1)).to_have_text(str(COUNT))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "the page scrolls sideways"
    page.get_by_label("Name of the data set").fill("by-upload")
    press(page, page.get_by_role("button", name="Add these films"))
    expect(page.get_by_role("heading", name="Browse", level=1)).to_be_visible()
    settled(page)
    assert len(list((server.home / "data" / "by-upload" / "Images").iterdir())) == COUNT
    assert "Traceback" not in server.log.read_text()
    context.close()


def finished_run(home: Path) -> Run:
    """The only run, once it has ended."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        for config in (home / "runs").glob("*/config.json"):
            if (run := Run(config.parent)).exit.outcome:
                assert run.exit.outcome == "completed", run.exit
                return run
        time.sleep(0.3)
    raise AssertionError("no run has ended")
