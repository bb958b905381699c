"""A served app and a real headless Chromium."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from genreclf import paths

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
START_SECONDS = 60
AUDIT = paths.PROJECT / "tests" / "helpers" / "audit"


@dataclass(frozen=True)
class Server:
    """A running app."""

    url: str
    home: Path
    log: Path
    process: subprocess.Popen


@contextlib.contextmanager
def serve(
    home: Path,
    trainers_stay: bool = False,
    script: str = "streamlit_app.py",
    data: Path | None = None,
    **variables: str,
):
    """Serve the app on a free port with its own home folder; unless ``trainers_stay``, its trainers end with it.

    All connections that the server makes are written to ``connections.txt`` in the home folder.
    """
    log = home / "server.log"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    python_path = os.pathsep.join(filter(None, [str(AUDIT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "GENRECLF_HOME": str(home), "PYTHONPATH": python_path,
                   "CONNECTIONS": str(home / "connections.txt"), **variables}  # fmt: skip
    environment.pop("GENRECLF_DATA", None)
    environment |= {} if data is None else {"GENRECLF_DATA": str(data)}
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", script),
                *("--server.port", str(port), "--server.address", "127.0.0.1"),
            ],
            cwd=paths.PROJECT,
            env=environment,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                break
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, "the app did not start"
            time.sleep(0.2)
        yield Server(url, home, log, process)
    finally:
        process.terminate()
        process.wait(20)
        for lock in [] if trainers_stay else (home / "runs").glob("*/lock"):
            lock.with_name("stop").touch()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One app for all tests of a module."""
    with serve(tmp_path_factory.mktemp("browser-home")) as running:
        yield running


@pytest.fixture
def fresh_server(tmp_path):
    """An app that nobody has visited yet."""
    with serve(tmp_path) as running:
        yield running


@pytest.fixture(scope="session")
def serve_at():
    """Serve the app, or another script, with a given home folder: ``with serve_at(home) as server``."""
    return serve


@pytest.fixture(scope="module")
def chromium():
    """A headless browser."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine; install it, or name one with CHROMIUM=/path")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """A page in a fresh session; an error on it fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert not errors
