"""The documents are true: commands, files and targets exist, the example runs, scores equal those in the cards."""

import json
import re
import shlex

import pytest
import typer

from genreclf import paths
from genreclf.cli.app import app

DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/models.md", "docs/data.md",
             "docs/api.md")  # fmt: skip
TEXTS = {name: (paths.PROJECT / name).read_text("utf-8") for name in DOCUMENTS}
README = TEXTS["README.md"]
FOLDERS = ("assets", "benchmarks", "docs", "genreclf", "pages", "tests", "tools", "weights")  # at the root
SCORES = ("bce", "micro_f1", "macro_f1", "map", "top1", "top3_recall")  # the scoreboard's columns
MODELS = ("cnn", "lstm", "poster", "overview", "fusion")


def shell_lines(text: str) -> list[str]:
    """The lines of a document's shell blocks, without comments."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]


COMMANDS = sorted({line for text in TEXTS.values() for line in shell_lines(text) if line.startswith("genreclf ")})
TARGETS = {name for text in TEXTS.values() for name in re.findall(r"(?:`|^|DIR )make ([a-z-]+)", text, re.MULTILINE)}


def command_options(words: list[str]) -> set[str]:
    """The options of the command that these words invoke; empty if there is no such command."""
    command = typer.main.get_command(app)
    for word in words:
        if word not in getattr(command, "commands", {}):
            break
        command = command.commands[word]
    return {option for parameter in command.params for option in parameter.opts}


def cells(text: str, row: str) -> list[float]:
    """The scores in the first table row that begins with these words."""
    line = next(line for line in text.splitlines() if line.startswith(f"| {row}"))
    return [float(cell.strip(" *")) for cell in line.split("|")[2:-1] if cell.strip()]


def card(model: str) -> dict:
    return json.loads((paths.SHIPPED_WEIGHTS / "imdb" / model / "card.json").read_text("utf-8"))


def test_there_are_commands_and_targets_to_check():
    assert len(COMMANDS) >= 8
    assert {"app", "test", "check", "help", "lock"} <= TARGETS


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_exists_with_its_options(command):
    words = shlex.split(command)[1:]
    known = command_options(words)
    assert known, f"{command}: no such command"
    for word in words:
        if word.startswith("--"):
            assert word in known, f"{command} has no {word}"


def test_make_targets_exist():
    makefile = (paths.PROJECT / "Makefile").read_text("utf-8")
    assert set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)) >= TARGETS


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_mentioned_in_the_documents_exist(name):
    """Names in backticks that look like a path of the project, in full or from one of its folders on."""
    known = {
        "corrections.csv",
        "dataset.json",
        "metadata.csv",
        "movies.csv",
        "movies_metadata.csv",
    }  # of users' data sets
    known |= {path.relative_to(paths.PROJECT).as_posix() for path in paths.PROJECT.glob("*")}
    for folder in FOLDERS:
        known |= {path.relative_to(paths.PROJECT).as_posix() for path in (paths.PROJECT / folder).rglob("*")}
    named = re.findall(r"`([\w-][\w./-]*(?:/|\.(?:py|md|txt|toml|lock|json|jsonl|csv)))`", TEXTS[name])
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", TEXTS[name])
    for path in {path.rstrip("/") for path in named}:
        assert any(f"/{each}".endswith(f"/{path}") for each in known), f"{name} names {path}, which does not exist"
    for path in links:
        assert ((paths.PROJECT / name).parent / path).exists(), f"{name} links to {path}, which does not exist"


@pytest.mark.slow
def test_the_library_in_five_lines_runs(monkeypatch, capsys):
    code = re.search(r"## The library in five lines\n+```python\n(.*?)```", README, re.DOTALL).group(1)
    assert len([line for line in code.splitlines() if line]) == 5
    monkeypatch.chdir(paths.PROJECT)
    exec(compile(code, "README.md", "exec"), {})
    assert "GenrePrediction(genre=" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("document", "row", "model"),
    [("README.md", "base rates", "prior"), ("README.md", "TF-IDF", "tfidf"),
     *(("README.md", f"`{model}`:", model) for model in MODELS),
     *(("docs/models.md", f"`{model}` (baseline)", model) for model in ("prior", "tfidf"))],
)  # fmt: skip
def test_a_scoreboard_equals_the_cards(document, row, model):
    measured = card(model)["metrics"]["test"]
    assert cells(TEXTS[document], row) == pytest.approx([measured[name] for name in SCORES], abs=0.0006)


@pytest.mark.parametrize("model", MODELS)
def test_the_models_page_has_the_scores_of_the_readme(model):
    page = TEXTS["docs/models.md"]
    page = page[page.index("## How good they are") :]
    assert cells(page, f"`{model}`") == cells(README, f"`{model}`:")


def test_the_limits_name_the_weak_genres_of_the_cards():
    limits = TEXTS["docs/models.md"].split("## Limits")[1].split("# Appendix")[0]
    for genre in card("cnn")["weakest"]:
        assert genre["f1"] == 0
        assert genre["genre"] in limits
    weakest = {genre["genre"]: genre["f1"] for genre in card("fusion")["weakest"]}
    for genre in ("Musical", "War"):
        assert f"{weakest[genre]:.2f}".lstrip("0") in limits


@pytest.mark.parametrize(("row", "model"), [("report A's CNN", "cnn"), ("report A's LSTM", "lstm")])
def test_the_reports_rows_are_their_histories(row, model):
    head = json.loads((paths.REFERENCE_RUNS / f"{model}.jsonl").read_text("utf-8").splitlines()[0])
    metrics = head["metrics"]["test"]
    bce, *others = cells(README, row)
    assert bce == pytest.approx(metrics["bce_uncalibrated"], abs=0.0006)
    assert others == pytest.approx([metrics[name] for name in SCORES[3:]], abs=0.0006)
