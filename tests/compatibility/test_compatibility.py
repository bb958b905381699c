"""Runs and promoted weights written by an earlier version still open, with the same values."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from genreclf import Predictor, find_weights, paths

HERE = Path(__file__).parent
EXPECTED = json.loads((HERE / "expected.json").read_text("utf-8"))
RUNS = {run["id"]: run for run in EXPECTED["runs"]}
NEURAL = next(run for run in RUNS if "overview" in run)
DIED = next(id for id, run in RUNS.items() if run["status"] == "died")


@pytest.fixture
def old_home(home) -> Path:
    """A copy of the old home folder, used as the test's home folder."""
    shutil.copytree(HERE / "home", home, dirs_exist_ok=True)
    for config in home.glob("runs/*/config.json"):
        config.write_text(config.read_text("utf-8").replace("@DATA@", str(paths.SAMPLE)), "utf-8")
    return home


def genreclf(*arguments: str) -> str:
    command = [sys.executable, "-m", "genreclf", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(paths.PROJECT)}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_runs_are_listed_as_before(old_home):
    listed = json.loads(genreclf("runs", "--json"))
    listed = listed["runs"] if isinstance(listed, dict) else listed
    assert [run["id"] for run in listed] == list(RUNS)
    for run in listed:
        stored = json.dumps(RUNS[run["id"]]).replace("@DATA@", str(paths.SAMPLE)).replace("@HOME@", str(old_home))
        before = json.loads(stored)
        for name in set(run) & set(before):
            assert run[name] == before[name], (run["id"], name)
        assert {"status", "epochs", "best_epoch", "best_val_loss", "metrics", "name"} <= set(run)


def test_every_run_can_be_shown_and_compared(old_home):
    for run in RUNS:
        assert RUNS[run]["model"] in genreclf("runs", "show", run)
    compared = json.loads(genreclf("runs", "compare", *list(RUNS)[:3], "--json"))
    assert compared


@pytest.mark.parametrize("place", EXPECTED["weights"])
def test_promoted_weights_predict_as_before(old_home, place):
    weights_set, model = place.split("/")
    before = EXPECTED["weights"][place]
    weights = find_weights(model, weights_set)
    assert weights.origin == "promoted"
    assert weights.card["run"] == before["run"]
    assert weights.card["metrics"] == before["metrics"]
    probabilities = Predictor(weights).predict(overviews=[EXPECTED["overview"]], films=1)[0]
    expected = before["probabilities"]
    expected = list(expected.values()) if isinstance(expected, dict) else expected
    np.testing.assert_allclose(probabilities, expected, atol=2e-4)


def test_the_command_line_predicts_with_them(old_home):
    output = json.loads(genreclf("predict", "--models", "prior", "--overview", EXPECTED["overview"], "--json"))
    assert output["predictions"] == EXPECTED["predict_top3"]["--models prior"]


def test_an_old_run_can_be_duplicated_and_promoted(old_home):
    genreclf("runs", "duplicate", DIED)
    listed = json.loads(genreclf("runs", "--json"))
    listed = listed["runs"] if isinstance(listed, dict) else listed
    assert len(listed) == len(RUNS) + 1
    genreclf("runs", "stop", listed[0]["id"])
    whole = next(run for run in RUNS if "prior" in run and "1523" in run)
    genreclf("runs", "promote", whole)
    assert find_weights("prior", "sample").card["run"] == whole


def test_the_train_page_shows_them(old_home, monkeypatch):
    for run in (NEURAL, DIED):
        page = AppTest.from_file(str(paths.PROJECT / "streamlit_app.py"), default_timeout=120)
        page.query_params["run"] = run
        page.run()
        page.switch_page("pages/train.py").run()
        assert not page.exception
        shown = " ".join(str(element.value) for element in [*page.markdown, *page.header, *page.caption])
        assert str(RUNS[run]["best_epoch"]) in shown
