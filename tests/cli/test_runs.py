"""``genreclf runs``: naming, duplicating, comparing, packing and deleting runs, and bad input."""

import json
import sys
import zipfile

import odd_runs
import pytest
import weight_sets

from genreclf import paths, processes
from genreclf.files import read_json, write_json
from genreclf.locks import hold_lock
from genreclf.runs import queue
from genreclf.runs.folder import Run, Status, list_runs
from genreclf.runs.notes import Notes, read_notes
from genreclf.runs.queue import new_run

COMMANDS = ("rename", "note", "duplicate", "delete", "compare", "zip")


@pytest.fixture
def ok(call):
    """Run a command that must succeed, and return its stdout."""

    def run(*arguments: object) -> str:
        code, out, err = call(*arguments)
        assert code == 0, err
        return out

    return run


@pytest.fixture
def rejected(call):
    """Run a command that must be rejected, and return the one line that it prints."""

    def run(*arguments: object) -> str:
        code, out, err = call(*arguments)
        assert (code, out) == (2, ""), out + err
        [line] = err.strip().splitlines()
        return line

    return run


@pytest.fixture
def make(tmp_path):
    """Make an ended run."""

    def made(model="cnn", loss=0.3, seed=0) -> Run:
        run = new_run(model, tmp_path, seed=seed)
        run.append("start", films=47, val_films=5, base_rate_loss=0.31)
        run.append("epoch", epoch=1, loss=0.4, val_loss=loss)
        run.finish(Status.COMPLETED, metrics={"test": {"bce": loss}})
        return run

    return made


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_needs_a_run(ok, rejected, command):
    assert "Usage" in ok("runs", command, "--help")
    assert "Missing argument" in rejected("runs", command)


def test_nothing_in_a_run_controls_the_terminal(ok, make):
    run = make()
    config = read_json(run.config_file)
    odd = "\x1b[2J\x07\u202e"
    write_json(run.config_file, config | {"recipe_name": f"tuned{odd}", "recipe": {odd: odd}, "changes": {odd: odd}})
    run.append("start", device=odd)
    run.finish(Status.FAILED, f"It failed.\n{odd}")
    assert "\\x1b[2J" in ok("runs", "show", run.id)
    for printed in (ok("runs"), ok("runs", "show", run.id), ok("runs", "compare", run.id, make().id)):
        assert printed.replace("\n", "").isprintable()


@pytest.mark.parametrize("place", ["loop", "loop/x", "~nosuchuser/x"])
def test_a_path_that_leads_nowhere_is_named(rejected, ok, tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    assert place in rejected("predict", "--overview", "A detective hunts a killer.", "--weights", place)
    assert place in rejected("train", "prior", "--resume", "--run-dir", place)
    if place != "~nosuchuser/x":  # a folder of this name may be created
        assert place in rejected("train", "prior", "--run-dir", place, "--data", paths.SAMPLE)
    monkeypatch.setenv("GENRECLF_DATA", place)
    assert place in rejected("data", "info")
    monkeypatch.setenv("GENRECLF_HOME", place)
    assert place in rejected("runs") if place != "~nosuchuser/x" else "no runs yet" in ok("runs")


def test_a_name_and_a_note(ok, make):
    run = make()
    assert "First try" in ok("runs", "rename", run.id, " First  try ")
    ok("runs", "note", run.id[-4:], "It was\nslow.")
    assert read_notes(run) == Notes("First try", "It was\nslow.")
    assert ok("runs", "note", run.id) == "It was\nslow.\n"
    assert "First try" in ok("runs")
    assert "slow." in ok("runs", "show", run.id)
    [listed] = json.loads(ok("runs", "--json"))
    assert (listed["name"], listed["note"], listed["epochs"]) == ("First try", "It was\nslow.", 1)
    assert listed["metrics"] == {"test": {"bce": 0.3}}
    assert "now has no name" in ok("runs", "rename", run.id, "")
    assert "deleted" in ok("runs", "note", run.id, "")
    assert read_notes(run) == Notes()


def test_a_run_outside_the_home_folder_is_found_by_its_folder(ok, tmp_path):
    run = new_run("prior", tmp_path, run_dir=tmp_path / "mine")
    ok("runs", "rename", run.folder, "Elsewhere")
    assert read_notes(run).name == "Elsewhere"


def test_a_duplicate_waits_and_only_its_id_is_on_stdout(call, make):
    run = make()
    with hold_lock(queue.device_lock()):
        code, out, err = call("runs", "duplicate", run.id, "--seed", 5)
    assert code == 0
    assert "waits in the queue" in err
    newest = list_runs()[0]
    assert out == f"{newest.id}\n"
    assert (newest.config.seed, newest.status()) == (5, Status.QUEUED)


def test_a_duplicate_starts_if_the_device_is_free(call, make, monkeypatch):
    started = []
    monkeypatch.setattr(queue, "launch", lambda run: (started.append(run), run.finish(Status.COMPLETED)))
    monkeypatch.setattr(processes, "children", [type("Child", (), {"poll": lambda self: None})()])
    _, out, err = call("runs", "duplicate", make().id)
    assert [run.id for run in started] == [out.strip()]
    assert "has started" in err


def test_comparing_prints_both_tables(ok, make):
    better, worse = make(loss=0.2, seed=1), make(loss=0.3)
    text = ok("runs", "compare", worse.id, better.id)
    assert f"A  {worse.id}" in text
    assert f"B  {better.id}" in text
    [seed] = [line.split() for line in text.splitlines() if line.startswith("Seed")]
    assert seed == ["Seed", "0", "1"]
    assert "* 0.2000" in text
    assert "Batch size" not in text
    assert "Batch size" in ok("runs", "compare", worse.id, better.id, "--all")


def test_comparing_as_json(ok, make):
    runs = make(loss=0.2), make("cnn-small", loss=0.9)
    found = json.loads(ok("runs", "compare", *(run.id for run in runs), "--json"))
    assert [run["id"] for run in found["runs"]] == [run.id for run in runs]
    settings = {line["name"]: line["values"] for line in found["settings"]}
    assert settings["model"] == {runs[0].id: "CNN", runs[1].id: "Small CNN"}
    scores = {line["name"]: line for line in found["scores"]}
    assert scores["test_bce"]["best"] == [runs[0].id]
    assert "best" not in scores["best_val_loss"]
    assert "different measures" in found["cautions"][0]


def test_comparing_needs_two_runs(rejected, make):
    run = make()
    assert "two different runs" in rejected("runs", "compare", run.id, run.id)
    assert "No run matches" in rejected("runs", "compare", run.id, "zzzz")


def test_packing(ok, rejected, make, tmp_path, monkeypatch):
    run = make()
    target = tmp_path / "out.zip"
    assert str(target) in ok("runs", "zip", run.id, "--output", target)
    with zipfile.ZipFile(target) as archive:
        assert f"{run.id}/config.json" in archive.namelist()
    assert "exists already" in rejected("runs", "zip", run.id, "--output", target)
    assert "exists already" in rejected("runs", "zip", run.id, "--output", tmp_path)
    monkeypatch.chdir(tmp_path)
    ok("runs", "zip", run.id)
    assert (tmp_path / f"{run.id}.zip").is_file()


def test_deleting_without_a_terminal_needs_yes(ok, rejected, make, monkeypatch):
    run, other = make(), make()
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    assert "--yes" in rejected("runs", "delete", run.id)
    assert run.folder.exists()
    assert run.id in ok("runs", "delete", run.id, other.id, "--yes")
    assert list_runs() == []


@pytest.mark.parametrize(("answer", "code", "left"), [("y", 0, 0), ("n", 1, 1), ("", 1, 1)])
def test_deleting_asks_on_a_terminal(call, make, monkeypatch, answer, code, left):
    make()
    monkeypatch.setattr(sys, "stdin", type("Terminal", (), {"isatty": lambda self: True})())
    monkeypatch.setattr("typer.confirm", lambda question, **_: answer == "y")
    assert call("runs", "delete", list_runs()[0].id)[0] == code
    assert len(list_runs()) == left


def test_an_active_run_is_not_deleted(rejected, make, tmp_path):
    ended, waiting = make(), new_run("prior", tmp_path)
    assert "still active" in rejected("runs", "delete", ended.id, waiting.id, "--yes")
    assert len(list_runs()) == 2


def test_a_folder_of_another_program_is_not_deleted(rejected, tmp_path):
    (tmp_path / "config.json").write_text('{"model": "bert"}')
    assert "No run matches" in rejected("runs", "delete", tmp_path, "--yes")
    assert (tmp_path / "config.json").exists()


def test_damaged_folders_are_listed_and_can_be_deleted(call, ok, make):
    run = make()
    folder = paths.runs_dir() / "20260101T000000-cnn-dead"
    folder.mkdir()
    code, out, err = call("runs", "--json")
    assert code == 0
    assert [listed["id"] for listed in json.loads(out)] == [run.id]
    assert folder.name in err
    ok("runs", "delete", folder.name, "--yes")
    assert not folder.exists()
    assert list_runs() == [run]


def test_commands_work_among_odd_folders(call, ok, home):
    good = odd_runs.write_zoo()
    code, out, err = call("runs", "--json")
    assert code == 0
    assert good.id in [listed["id"] for listed in json.loads(out)]
    assert "config-deep is damaged" in err
    assert ok("runs").encode()
    ids = [listed["id"] for listed in json.loads(out)]
    for run_id in ids[:8]:
        ok("runs", "show", run_id)
    ok("runs", "compare", *ids, "--all")
    json.loads(ok("runs", "compare", *ids, "--json"))
    names = [line.split(" is damaged")[0] for line in err.splitlines()]
    ok("runs", "delete", *names, "--yes")
    assert call("runs")[2] == ""


def test_invalid_names_and_seeds_are_rejected(rejected, make):
    run = make()
    assert "61 characters" in rejected("runs", "rename", run.id, "x" * 61)
    assert "seed is -1" in rejected("runs", "duplicate", run.id, "--seed", -1)


def test_promoted_weights_are_listed_with_the_way_back(call, ok, home):
    weight_sets.write_prior(paths.promoted_dir() / "sample" / "prior", run="20260101T000000-prior-dead")
    undo = call("runs")[2].strip().rpartition(": ")[2]
    assert undo == "genreclf runs reset prior --set sample"
    assert "add --set sample" in ok("runs", "reset", "prior")
    assert "shipped" in ok(*undo.split()[1:])
    assert call("runs")[2] == ""


def test_stopping_a_waiting_run_says_so(ok, tmp_path):
    run = new_run("cnn", tmp_path)
    assert ok("runs", "stop", run.id) == f"Run {run.id} has left the queue.\n"
    assert run.status() is Status.STOPPED
