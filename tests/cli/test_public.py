"""Commands in a public process: what changes nothing works, and the rest is refused."""

import os
import subprocess
import sys

import pytest

from genreclf import paths, public
from genreclf.runs import queue


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("GENRECLF_HOME", str(tmp_path / "home"))
    return queue.new_run("tfidf", paths.SAMPLE)


def genreclf(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "genreclf", *arguments],
        capture_output=True, text=True, env={**os.environ, public.VARIABLE: "1"},
    )  # fmt: skip


@pytest.mark.parametrize("command", [
    ["train", "tfidf", "--data", str(paths.SAMPLE)], ["data", "fetch"],
    ["runs", "stop", "RUN"], ["runs", "rename", "RUN", "Mine"], ["runs", "promote", "RUN"], ["runs", "reset", "cnn"],
    ["data", "import", str(paths.SAMPLE)], ["runs", "delete", "RUN", "--yes"], ["runs", "delete", "RUN"],
    ["runs", "duplicate", "RUN"], ["runs", "note", "RUN", "Mine"], ["runs", "zip", "RUN"], ["runs", "ship", "RUN"],
    ["train", "fusion", "--data", str(paths.SAMPLE)], ["train", "tfidf", "--resume"],
    ["data", "corrections", "edit", "larroseur-arrose-1895", "Drama"],
    ["data", "corrections", "export", "tasks.json", "--format", "label-studio"],
])  # fmt: skip
def test_commands_that_change_something_are_refused_in_a_sentence(command, run):
    before = sorted(run.folder.parent.parent.rglob("*"))
    done = genreclf(*(part.replace("RUN", run.id) for part in command))
    assert done.returncode == 2
    assert public.VARIABLE in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    after = sorted(run.folder.parent.parent.rglob("*"))
    assert [path for path in after if path not in before and "prepared" not in str(path)] == []


def test_a_command_that_answers_works():
    done = genreclf("predict", "--overview", "A ghost haunts the old house at night.", "--models", "tfidf", "--json")
    assert done.returncode == 0
