"""The server's memory after a visit."""

from pathlib import Path

import psutil
import pytest
from app_browser import PAGES, choose_all_models, explain, go, press, settled
from playwright.sync_api import expect

pytestmark = pytest.mark.timeout(480)
MOST = 800_000_000  # bytes; benchmarks/served_app.py prints what it is


def test_a_server_that_has_answered_everything_stays_small_and_needs_no_tensorflow(fresh_server, page):
    page.goto(fresh_server.url)
    settled(page)
    for path, name in PAGES.items():
        if path:
            go(page, name)
    go(page, "Try your own")
    press(page, page.get_by_role("button", name="A night of horror"))
    expect(page.get_by_text("Numbers and sources")).to_be_visible()
    go(page, "Compare")
    choose_all_models(page)
    assert explain(page, similar_films=False) > 10
    press(page, page.get_by_role("button", name="Next", exact=True))
    explain(page, similar_films=False)
    process = psutil.Process(fresh_server.process.pid)
    memory = sum(each.memory_info().rss for each in [process, *process.children(recursive=True)])
    assert memory < MOST, f"{memory / 1e6:.0f} MB"
    assert "tensorflow" not in Path(f"/proc/{process.pid}/maps").read_text()
