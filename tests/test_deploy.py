"""The files for servers: what they install, copy and open, and that answering needs nothing that only training does."""

import http.server
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from cold_start import copy_image, instructions

from genreclf import paths
from genreclf.public import LIMITS

DEPLOY = paths.PROJECT / "deploy"
ONLY_TRAINING = {"keras", "nvidia-ml-py", "scikit-learn", "tensorboard", "tensorflow"}
MODULES = {"jax", "keras", "pynvml", "scipy", "sklearn", "tensorboard", "tensorflow"}
TRAP = f"""
import importlib.abc, sys

class Trap(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {MODULES!r}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Trap())
"""
PAGES = """
from streamlit.testing.v1 import AppTest
from genreclf import list_models, paths

def checked(page):
    assert not page.exception, page.exception
    return page

for file in sorted((paths.PROJECT / "pages").glob("*.py")):
    page = AppTest.from_file(str(paths.PROJECT / "streamlit_app.py"), default_timeout=100)
    page.switch_page(f"pages/{file.name}")
    checked(page.run())
    for tab in [tab.label for tab in page.tabs]:
        page.query_params["view" if file.stem == "browse" else "section"] = tab
        checked(page.run())
    if file.stem == "try-your-own":
        checked(page.button(key="try_example_horror").click().run())
    if file.stem in ("try-your-own", "compare"):
        place = "try" if file.stem == "try-your-own" else "compare"
        checked(page.button_group(key=f"{place}_models").set_value(list(list_models(baselines=True))).run())
        assert len(page.table) == 1
print(paths.PROJECT)
"""
PREDICT = """
from genreclf.cli import main
sys.argv = ["genreclf", "predict", "--overview", "A ghost haunts the old house.", "--json"]
main()
"""


def names(file: Path) -> set[str]:
    """The packages that a requirements file lists."""
    lines = [line.split("#")[0].strip() for line in file.read_text("utf-8").splitlines()]
    return {re.split(r"[^\w.-]", line)[0] for line in lines if line}


def rows(file: Path) -> set[str]:
    return {line for line in file.read_text("utf-8").splitlines() if line and not line.startswith("#")}


def values(name: str) -> list[str]:
    return [rest for each, rest in instructions() if each == name]


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Path:
    """A folder with what gets into the image."""
    folder = tmp_path_factory.mktemp("image")
    copy_image(folder)
    return folder


# What is installed


def test_a_server_needs_all_requirements_but_those_of_training():
    everything = rows(paths.PROJECT / "requirements.txt")
    left_out = everything - rows(DEPLOY / "requirements.txt")
    assert rows(DEPLOY / "requirements.txt") < everything
    assert {re.split(r"[^\w-]", row)[0] for row in left_out} == ONLY_TRAINING


def test_the_lock_file_has_a_version_of_each():
    locked = {line.split("==")[0] for line in rows(paths.PROJECT / "requirements.lock")}
    assert names(DEPLOY / "requirements.txt") <= locked


@pytest.mark.slow
@pytest.mark.parametrize("program", [PAGES, PREDICT], ids=["pages", "predict"])
def test_what_gets_into_the_image_answers_without_the_packages_of_training(image, tmp_path, program):
    environment = {**os.environ, "PYTHONPATH": str(image), "GENRECLF_HOME": str(tmp_path), "GENRECLF_PUBLIC": "1"}
    done = subprocess.run([sys.executable, "-c", TRAP + program], cwd=image, env=environment, capture_output=True,
                          text=True, timeout=300, check=False)  # fmt: skip
    assert not done.returncode, done.stderr[-3000:]
    if program is PREDICT:
        assert json.loads(done.stdout)["predictions"]["lstm"]
    else:
        assert done.stdout.split()[-1] == str(image.resolve())


# The image


def test_the_image_contains_no_tests_runs_or_notes(image):
    assert {each.name for each in image.iterdir()} == {
        ".streamlit", "LICENSE", "assets", "deploy", "genreclf", "pages", "requirements.lock", "streamlit_app.py",
        "weights",
    }  # fmt: skip
    assert not [each for each in image.rglob("*") if each.name == "__pycache__" or each.name == "secrets.toml"]


def test_the_image_is_public_and_runs_as_an_ordinary_user():
    assert values("USER") == ["1000"]
    assert "--uid 1000" in " ".join(values("RUN"))
    assert all(re.match(r"python:3\.\d+-slim", each) for each in values("FROM"))
    assert "GENRECLF_PUBLIC=1" in values("ENV")[0]
    assert "--server.address 0.0.0.0" in " ".join(json.loads(values("CMD")[0]))
    (install,) = [each for each in values("RUN") if "pip" in each]
    assert "-r /requirements.txt" in install
    assert "-c /requirements.lock" in install
    assert "COPY deploy/requirements.txt requirements.lock /" in (paths.PROJECT / "Dockerfile").read_text("utf-8")


@pytest.mark.parametrize("status", [200, 503, None])
def test_the_health_check_asks_the_server(status):
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        port = server.server_port
        if status is not None:
            threading.Thread(target=server.handle_request).start()
        else:
            server.server_close()
        check = json.loads(values("HEALTHCHECK")[0].partition(" CMD ")[2])
        done = subprocess.run([sys.executable, *check[1:]], env={**os.environ, "PORT": str(port)}, capture_output=True)
    assert (done.returncode == 0) == (status == 200)
    assert asked == ([] if status is None else ["/_stcore/health"])


def test_a_space_opens_the_port_of_the_image():
    head = (DEPLOY / "space" / "README.md").read_text("utf-8").split("---")[1]
    settings = dict(line.split(": ", 1) for line in head.strip().splitlines())
    assert settings["sdk"] == "docker"
    assert f"PORT={settings['app_port']}" in values("ENV")[0].split()
    assert len(settings["short_description"]) <= 60


# Behind nginx


def test_nginx_lets_through_what_the_server_takes():
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    service = (DEPLOY / "genreclf.service").read_text("utf-8")
    assert int(re.search(r"client_max_body_size (\d+)m", text)[1]) * 10**6 > LIMITS.upload_bytes
    assert re.search(r"location /(\w+)/ ", text)[1] == re.search(r"baseUrlPath (\w+)", service)[1]
    assert re.search(r"proxy_pass http://([\d.:]+);", text)[1] == ":".join(
        re.search(r"address ([\d.]+) --server.port (\d+)", service).groups()
    )
    for line in ("proxy_request_buffering off", "proxy_buffering off", "X-Forwarded-For $remote_addr", "Upgrade $http"):
        assert line in text
