"""What a visitor sees when the server or a trainer is killed."""

import os
import re
import signal
import subprocess
import time

import pytest
from playwright.sync_api import Locator, Page, expect

from genreclf.runs.folder import Run, Status, list_runs
from genreclf.runs.queue import new_run

pytestmark = pytest.mark.timeout(480)


def trainer_of(run: Run) -> int:
    """The process id of a run's trainer."""
    found = subprocess.run(["pgrep", "-f", f"genreclf.training.worker {run.folder}"], capture_output=True, text=True)
    return int(found.stdout.split()[0])


def wait_for(condition, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def badge(page: Page, status: str) -> Locator:
    """The status above the run's curves; the table of runs shows one, too."""
    return page.locator(".stMarkdownBadge").filter(has_text=re.compile(rf"{status}$"))


def open_run(page: Page, url: str, run: Run) -> None:
    page.goto(f"{url}/train?run={run.id}")
    expect(page.get_by_role("heading", name="Train", exact=True, level=1)).to_be_visible(timeout=90_000)


def test_a_run_survives_its_server_and_a_killed_trainer_shows_within_five_seconds(
    serve_at, page, shared_film_folder, tmp_path, monkeypatch
):
    monkeypatch.setenv("GENRECLF_HOME", str(tmp_path))
    run = new_run(
        "cnn-small", shared_film_folder, epochs=1000, batch_size=16, augment=False, patience=1000, schedule="constant"
    )
    with serve_at(tmp_path, trainers_stay=True) as first:
        open_run(page, first.url, run)  # opening its page starts it
        expect(badge(page, "Running")).to_be_visible(timeout=120_000)
        wait_for(lambda: run.epochs())
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait()
    done = len(run.epochs())
    wait_for(lambda: len(run.epochs()) > done)  # it keeps training while no page is open
    assert run.status() is Status.RUNNING

    with serve_at(tmp_path) as second:
        open_run(page, second.url, run)
        expect(badge(page, "Running")).to_be_visible()
        expect(page.get_by_text(re.compile(r"Epoch \d+ of 1000"))).to_be_visible()

        os.kill(trainer_of(run), signal.SIGKILL)
        killed = time.monotonic()
        expect(badge(page, "Died")).to_be_visible(timeout=5_000)
        resume = page.get_by_role("button", name="Resume", exact=True)
        expect(resume).to_be_visible(timeout=max(1, 5_000 - 1000 * (time.monotonic() - killed)))

        done = len(run.epochs())
        resume.click()
        expect(badge(page, "Running")).to_be_visible(timeout=120_000)
        wait_for(lambda: len(run.epochs()) > done)
        assert [epoch["epoch"] for epoch in run.epochs()] == list(range(1, len(run.epochs()) + 1))

        # when the run ends, an open dialog stays and keeps what was typed
        page.get_by_role("button", name="More").click()
        page.get_by_role("menuitem", name="Name and note").click()
        page.get_by_label("Name", exact=True).fill("Half a na")
        run.request_stop()
        wait_for(lambda: run.exit)
        page.wait_for_timeout(5_000)  # longer than two refreshes
        expect(page.get_by_label("Name", exact=True)).to_have_value("Half a na")
        page.get_by_role("button", name="Cancel", exact=True).click()
        expect(badge(page, "Stopped")).to_be_visible(timeout=60_000)
    assert [run.status() for run in list_runs()] == [Status.STOPPED]
