"""The README is kept true: its commands exist, its library lines run, its scoreboard is what the cards say."""

import json
import re
import shlex

import pytest

from genreclf import paths
from genreclf.cli.app import app

README = (paths.PROJECT / "README.md").read_text("utf-8")
COMMANDS = sorted(
    {
        line.split("#")[0].strip()
        for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
        for line in block.splitlines()
        if line.startswith("genreclf ")
    }
)
SHOWN = ("bce", "micro_f1", "macro_f1", "map", "top1", "top3_recall")


def options_of(words: list[str]) -> set[str]:
    """The options of the command that these words call."""
    import typer

    command = typer.main.get_command(app)
    for word in words:
        if word not in getattr(command, "commands", {}):
            break
        command = command.commands[word]
    return {option for parameter in command.params for option in parameter.opts}


def test_there_are_commands_to_check():
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_exists(command):
    words = shlex.split(command)[1:]
    known = options_of(words)
    assert "--help" not in words
    assert known, f"{command}: no such command"
    for word in words:
        if word.startswith("--"):
            assert word in known, f"{command} has no {word}"


def test_the_library_in_five_lines_runs(monkeypatch, capsys):
    code = re.search(r"## The library in five lines\n+```python\n(.*?)```", README, re.DOTALL).group(1)
    monkeypatch.chdir(paths.PROJECT)
    exec(compile(code, "README.md", "exec"), {})
    assert "GenrePrediction(genre=" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("row", "model"),
    [("base rates", "prior"), ("TF-IDF", "tfidf"),
     *((f"`{model}`", model) for model in ("cnn", "lstm", "poster", "overview", "fusion"))],
)  # fmt: skip
def test_the_scoreboard_is_what_the_cards_say(row, model):
    card = json.loads((paths.SHIPPED_WEIGHTS / "imdb" / model / "card.json").read_text("utf-8"))
    line = next(line for line in README.splitlines() if line.startswith(f"| {row}"))
    shown = [float(cell.strip(" *")) for cell in line.split("|")[2:-1]]
    # evaluate computes with the shipped numbers of 16 or 8 bits, the card with those of 32
    off = 0.006 if card.get("form") == "int8" else 0.0016
    assert shown == pytest.approx([card["metrics"]["test"][name] for name in SHOWN], abs=off)
    assert shown[0] == pytest.approx(card["metrics"]["test"]["bce"], abs=0.0006)


@pytest.mark.parametrize(("row", "model"), [("report A's CNN", "cnn"), ("report A's LSTM", "lstm")])
def test_the_reports_rows_are_their_histories(row, model):
    head = json.loads((paths.REFERENCE_RUNS / f"{model}.jsonl").read_text("utf-8").splitlines()[0])
    line = next(line for line in README.splitlines() if line.startswith(f"| {row}"))
    cells = [cell.strip(" *") for cell in line.split("|")[2:-1]]
    figures = head["metrics"]["test"]
    assert float(cells[0]) == pytest.approx(figures["bce_uncalibrated"], abs=0.0006)
    assert [float(cell) for cell in cells[3:]] == pytest.approx([figures[name] for name in SHOWN[3:]], abs=0.0006)


def test_the_pictures_are_there():
    for path in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README):
        assert (paths.PROJECT / path).is_file(), path
