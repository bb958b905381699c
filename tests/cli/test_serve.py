"""``genreclf serve`` as a process: what it opens, what it logs, and how it ends."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import urllib.request

import psutil
import pytest

from genreclf import paths, public

SECRET = "Mrs Featherstonehaugh"
BLOCK = (
    "import sys; sys.modules['fastapi'] = None; sys.argv = ['genreclf', 'serve']; from genreclf.cli import main; main()"
)


@pytest.fixture
def served(request):
    """The API on a free port: the process, its first lines, and its address."""
    options, variables = getattr(request, "param", ([], {}))
    command = [sys.executable, "-m", "genreclf", "serve", "--port", "0", "--models", "tfidf", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **variables})
    first = process.stderr.readline()
    process.port = int(re.search(r":(\d+)", first.split("http://")[1])[1])
    process.first = first
    yield process
    process.kill()
    process.wait(20)
    process.stderr.close()


def fetch(served, path: str, given: object = None) -> tuple[dict, object]:
    data = None if given is None else json.dumps(given).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{served.port}{path}", data, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return dict(answer.headers), json.loads(answer.read())


def listening(served) -> set[str]:
    return {each.laddr.ip for each in psutil.Process(served.pid).net_connections() if each.status == "LISTEN"}


def test_it_answers_this_machine_logs_nothing_that_was_given_and_ends_when_told(served):
    assert listening(served) == {"127.0.0.1"}
    headers, found = fetch(
        served, "/predict?models=tfidf&top=2", {"overview": f"{SECRET} hunts a ghost in the old house."}
    )
    assert len(found["predictions"]["tfidf"]) == 2
    assert "uvicorn" not in str(headers)
    served.send_signal(signal.SIGTERM)
    rest = served.communicate(timeout=20)[1]
    assert SECRET not in rest
    assert "Traceback" not in rest


@pytest.mark.parametrize("served", [(["--host", "0.0.0.0"], {}), (["--host", "0.0.0.0"], {public.VARIABLE: "1"})],
                         indirect=True)  # fmt: skip
def test_it_says_what_it_opens(served):
    assert listening(served) == {"0.0.0.0"}
    assert "0.0.0.0" in served.stderr.readline()
    assert fetch(served, "/health")[1]["status"] == "ok"


@pytest.mark.parametrize("served", [(["--root-path", "films/"], {})], indirect=True)
def test_behind_a_prefix_its_page_and_links_have_it(served):
    with urllib.request.urlopen(f"http://127.0.0.1:{served.port}/docs", timeout=20) as answer:
        assert f"http://127.0.0.1:{served.port}/films/predict" in answer.read().decode()
    assert fetch(served, "/health")[1]["status"] == "ok"


def test_a_port_that_is_taken_and_a_missing_package_are_said_in_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        arguments = [sys.executable, "-m", "genreclf", "serve", "--models", "tfidf", "--port", port]
        busy = subprocess.run(arguments, capture_output=True, text=True)
    missing = subprocess.run([sys.executable, "-c", BLOCK], capture_output=True, text=True)
    for done, named in ((busy, port), (missing, "genreclf[serve]")):
        assert done.returncode == 2
        assert named in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("served", [(["--models", "cnn,lstm", "--weights", "imdb"], {})], indirect=True)
def test_the_page_about_the_api_is_true(served):
    page = (paths.PROJECT / "docs" / "api.md").read_text("utf-8")
    shell = "".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL)).replace("\\\n", "")
    asked = [line.replace("127.0.0.1:8000", f"127.0.0.1:{served.port}")
             for line in shell.splitlines() if line.startswith("curl ")]  # fmt: skip
    answers = []
    for line in asked:
        command = ["curl", "--silent", "--fail-with-body", *shlex.split(line)[1:]]
        done = subprocess.run(command, capture_output=True, text=True, cwd=paths.PROJECT)
        assert done.returncode == 0, done.stdout
        answers.append(json.loads(done.stdout))
    both, text, several, models, health = answers
    assert set(both["predictions"]) == {"cnn", "lstm"}
    example = json.loads(re.search(r"```json\n(.*?)```", page, re.DOTALL)[1])
    assert text == example
    assert [each["id"] for each in several["films"]] == ["1", "2"]
    assert [set(each) for each in several["films"]] == [{"id", "predictions", "notes"}, {"id", "problem"}]
    assert [each["model"] for each in models["models"]] == health["models"] == ["cnn", "lstm"]
    limits = public.LIMITS
    for said in (f"{limits.upload_bytes // 10**6} MB, {limits.upload_pixels // 10**6} million pixels",
                 f"{limits.characters:,} characters", f"{limits.films} films, {limits.request_bytes // 10**6} MB",
                 f"| {limits.waiting};", f"{limits.answers} times a minute"):  # fmt: skip
        assert said in page
