"""The lesson's notebook: as it is stored, on Colab, and run from its first cell to its last."""

import os
import re
import subprocess
import sys
import tomllib
from types import ModuleType

import numpy as np
import pytest

from genreclf import paths
from genreclf.evaluation.metrics import bce
from genreclf.lesson.figures import figures, filled
from genreclf.lesson.steps import STEPS
from genreclf.units import typeset
from genreclf.weights.folder import read_weights

nbformat = pytest.importorskip("nbformat", reason="needs the extra test: pip install -e '.[test]'")
NOTEBOOK = paths.PROJECT / "notebooks" / "lesson.ipynb"
SETUP = 1  # its place among the cells
LONGEST = 400  # seconds of one cell on a busy machine


@pytest.fixture(scope="module")
def stored():
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def outputs(stored, tmp_path_factory) -> dict[str, list]:
    """The outputs of each step's cell, by the step's key."""
    pytest.importorskip("ipykernel", reason="needs the extra test: pip install -e '.[test]'")
    nbclient = pytest.importorskip("nbclient", reason="needs the extra test: pip install -e '.[test]'")
    notebook = nbformat.from_dict(stored)
    variables = {"GENRECLF_HOME": str(tmp_path_factory.mktemp("notebook")), "PYTHONPATH": str(paths.PROJECT)}
    client = nbclient.NotebookClient(notebook, timeout=LONGEST, resources={"metadata": {"path": str(NOTEBOOK.parent)}})
    client.execute(env=os.environ | variables)
    asked = {re.search(r'^ask\("(\w+)"', cell.source, re.M)[1]: cell.outputs for cell in notebook.cells
             if cell.cell_type == "code" and "ask(key" not in cell.source}  # fmt: skip
    assert list(asked) == [step.key for step in STEPS]
    return asked


def printed(outputs: list) -> str:
    return "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stdout")


def numbers(outputs: list, pattern: str) -> list[float]:
    """The numbers in the groups of a pattern, in what a cell printed."""
    found = re.search(pattern, printed(outputs))
    assert found, printed(outputs)
    return [float(number) for number in found.groups()]


def test_it_has_fifteen_cells_without_outputs(stored):
    assert len(stored.cells) == 15
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert len(code) == len(STEPS) + 1
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


def test_it_names_no_place_of_a_machine():
    assert not re.search(r"/(home|tmp|work|Users|root)/|[A-Z]:\\", NOTEBOOK.read_text("utf-8"))


def test_no_result_is_typed_in(stored):
    texts = [cell.source for cell in stored.cells if cell.cell_type == "markdown"]
    assert not re.search(r"\d\.\d|\d\s?%", "".join(texts))


def test_on_colab_it_fetches_the_project_and_installs_it(stored, monkeypatch):
    source = stored.cells[SETUP].source.partition("\nimport numpy")[0]
    project = tomllib.loads((paths.PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    commands = []

    def run(command, check):
        commands.append(command)
        if "pip" in command:
            monkeypatch.setitem(sys.modules, "genreclf", ModuleType("genreclf"))

    monkeypatch.setitem(sys.modules, "genreclf", None)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(ModuleNotFoundError):
        exec(source, {})
    assert not commands

    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    exec(source, {})
    (clone, install) = commands
    assert clone[:2] == ["git", "clone"]
    assert project["urls"]["Source"] in clone
    assert clone[-1] == install[-1] == sys.path[0]


def test_it_runs_without_errors_and_draws_charts(outputs):
    kinds = [output.output_type for cell in outputs.values() for output in cell]
    assert "error" not in kinds
    charts = [key for key, cell in outputs.items() for output in cell
              if "application/vnd.plotly.v1+json" in output.get("data", {})]  # fmt: skip
    assert set(charts) == {"accuracy", "report", "start", "overfitting", "words", "threshold", "fooling"}
    assert sum("image/png" in output.get("data", {}) for output in outputs["eyes"]) == 2


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)
def test_each_step_asks_reveals_and_explains(outputs, step):
    texts = [output.data["text/markdown"] for output in outputs[step.key] if "text/markdown" in output.get("data", {})]
    assert texts[0].startswith(f"**{filled(step.question.text)}**")
    assert typeset(step.question.written(figures()[step.question.truth])) in texts[0]
    assert texts[-1] == filled(step.explanation)


def test_saying_no_is_right_and_base_rates_are_better_than_half(outputs):
    (right,) = numbers(outputs["accuracy"], r"Always no: ([\d.]+)%")
    half, rates, by_hand = numbers(outputs["accuracy"], r"(?s)50 %.*?: (.*?),.*rates: (.*?)\n.*hand: (.*?)\n")
    assert right > 85
    assert half == pytest.approx(np.log(2), abs=1e-4)
    assert rates == by_hand == pytest.approx(0.3, abs=0.05)
    assert half == pytest.approx(bce(np.array([[1, 0]]), np.full((1, 2), 0.5)), abs=1e-4)


def test_the_reports_network_is_worse_than_not_looking(outputs):
    best, to_beat, worse = numbers(outputs["report"], r"(?s): ([\d.]+); base rates: ([\d.]+)\n.* ([\d.]+)% worse")
    assert best == pytest.approx(figures()["cnn_reference_val"], abs=1e-4)
    assert to_beat == pytest.approx(figures()["prior_val"], abs=1e-4)
    assert worse / 100 == pytest.approx(best / to_beat - 1, abs=1e-3)


def test_no_constant_reaches_the_base_rates(outputs):
    pattern = r"(?s)BCE of ([\d.]+) on.*costs ([\d.]+), and the base rates ([\d.]+)\."
    constant, half, rates = numbers(outputs["start"], pattern)
    assert rates < constant < half


def test_the_training_overfits(outputs):
    pattern = r"(?s)epoch (\d+) of (\d+): ([\d.]+)\n.*end: ([\d.]+) on.*films, ([\d.]+) on.*films: ([\d.]+)\n"
    best_epoch, epochs, best, last, training, base_rates = numbers(outputs["overfitting"], pattern)
    assert 1 < best_epoch < epochs
    assert training < best < base_rates < last


def test_the_word_count_beats_the_base_rates(outputs):
    rates, words = numbers(outputs["words"], r"(?s)base rates on.*?: ([\d.]+)\n.*count on.*?: ([\d.]+)\n")
    assert words < rates
    assert re.search(r"Western: .*(sheriff|outlaw)", printed(outputs["words"]))


def test_first_guesses_are_those_of_the_cards(outputs):
    for model in ("prior", "cnn", "poster", "fusion"):
        sample, real = numbers(outputs["eyes"], rf"{model}: right .*? ([\d]+)% .*? ([\d]+)% of real")
        for shown, place in ((sample, "sample"), (real, "imdb")):
            top1 = read_weights(paths.SHIPPED_WEIGHTS / place / model).card["metrics"]["test"]["top1"]
            assert shown / 100 == pytest.approx(top1, abs=0.006)


def test_the_threshold_misses_no_film_of_validation(outputs):
    recall, found, positives = numbers(outputs["threshold"], r"validation films: recall (\d+)% \((\d+) of (\d+)")
    assert recall == 100
    assert found == positives > 5


def test_many_wrong_labels_matter_and_five_do_not(outputs):
    five, many = re.findall(r"BCE ([\d.]+) before, ([\d.]+) after; .* to [-+.\d]+: (.*)", printed(outputs["labels"]))
    assert five[2] == "may be chance"
    assert many[2] == "significant"
    assert float(many[1]) < float(many[0])


def test_three_models_guess_and_one_says_why(outputs):
    assert len(re.findall(r"^(?:tfidf|lstm|fusion): \w.* \d+%", printed(outputs["fooling"]), re.M)) == 3
    assert any("application/vnd.plotly.v1+json" in output.get("data", {}) for output in outputs["fooling"])
