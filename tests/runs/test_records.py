"""Whatever the files of a run contain, everything that reads runs works, or says that the run is damaged."""

import json
import math
import os
import shutil
from datetime import datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import odd_runs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genreclf import paths
from genreclf.errors import UserError
from genreclf.recipes import get_recipe
from genreclf.runs import compare, curves, queue
from genreclf.runs.bundle import packed_size, write_zip
from genreclf.runs.estimate import estimate
from genreclf.runs.folder import Run, damaged_runs, delete_damaged, find_run, list_runs
from genreclf.runs.notes import read_notes
from genreclf.runs.records import Config, Exit, Progress
from genreclf.runs.verdict import judge

EXTREMES = [
    None, True, -1, 0, 2**31, 2**63, odd_runs.HUGE, -odd_runs.HUGE, 1e308, -1e308, 5e-324, math.nan, math.inf, "", "x",
    "\ud800", "a\0\x1b[2J", "x" * 20_000, [], [[]], {}, {"": None}, {"val": 3}, {"val": {"bce": "low"}}, {"epochs": 0},
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01", [1e308] * 3, {"epochs": 2**62},
]  # fmt: skip
VALUES = st.sampled_from(EXTREMES) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
TEMPLATES = {**odd_runs.FILES, "start": odd_runs.START, "batch": odd_runs.BATCH, "epoch": odd_runs.EPOCH}
FIELDS = [(file, name) for file, fields in TEMPLATES.items() for name in fields] + [
    ("config.json", f"recipe.{name}") for name in odd_runs.CONFIG["recipe"]
]


def use_everything() -> None:
    """Call whatever reads run folders, as the commands and the Train page do."""
    runs = list_runs()
    timezone = ZoneInfo("Pacific/Kiritimati")
    for damaged in damaged_runs():
        assert damaged.reason
    for run in runs:
        assert run.status()
        assert isinstance(run.problems(), list)
        run.best_epoch()
        queue.waits_for(run)
        read_notes(run)
        assert packed_size(run) > 0
        write_zip(run, BytesIO())
        history = curves.history(run.metrics_file)
        verdict = judge(history, curves.loss_of(run.model, run.config.settings))
        assert all(map(str.isprintable, verdict.evidence))
        curves.trivial_accuracy(history.epochs)
        assert not math.isinf(history.epochs.abs().max().max())
        assert len(history.training) <= curves.MAX_POINTS + 1
    estimate("cnn", get_recipe("cnn"), 47)
    for summary in compare.summarise_all(runs):
        json.dumps([summary.title, summary.scores, summary.planned, summary.facts.__dict__], allow_nan=False)
        assert summary.title.encode()
        summary.created.astimezone(timezone)
    if len(runs) > 1:
        compared = compare.read_all(runs)
        for line in compare.settings(compared) + compare.scores(compared):
            assert "\n".join(line.texts("*")).encode()
        compare.cautions(compared)
        compare.metrics_of(compared)


@pytest.fixture(scope="module")
def runs_home(tmp_path_factory):
    """A home folder that all generated examples share, with one good run in it."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENRECLF_HOME", str(folder))
        odd_runs.write_run("good")
    return folder


GENERATED = settings(
    derandomize=True, max_examples=100, deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


def written(runs_home, monkeypatch, **files: bytes) -> None:
    monkeypatch.setenv("GENRECLF_HOME", str(runs_home))
    shutil.rmtree(paths.runs_dir() / "odd", ignore_errors=True)
    odd_runs.write_run("odd", **files)


@pytest.mark.slow
@GENERATED
@given(changes=st.lists(st.tuples(st.sampled_from(FIELDS), VALUES), min_size=1, max_size=4))
def test_any_value_in_any_field_of_any_file(runs_home, monkeypatch, changes):
    stored = json.loads(json.dumps(TEMPLATES))
    for (file, name), value in changes:
        of = stored[file]
        if "." in name:
            name, inner = name.split(".")
            of, name = of[name] if isinstance(of.get(name), dict) else {}, inner
        of[name] = value
    lines = [stored.pop("start"), stored.pop("batch"), *odd_runs.EVENTS[:-1], stored.pop("epoch")]
    files = {name.removesuffix(".json"): json.dumps(value).encode() for name, value in stored.items()}
    written(runs_home, monkeypatch, **files, metrics=b"\n".join(json.dumps(line).encode() for line in lines))
    use_everything()


@settings(GENERATED, max_examples=40)
@given(
    file=st.sampled_from(["config", "progress", "exit", "notes", "data", "card", "metrics"]),
    content=st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode()),
)
def test_any_content_of_any_file(runs_home, monkeypatch, file, content):
    written(runs_home, monkeypatch, **{file: content})
    use_everything()


def test_a_zoo_of_odd_folders_hides_no_good_run(home):
    good = odd_runs.write_zoo()
    use_everything()
    assert list_runs()[0] == good
    reasons = {damaged.folder.name: damaged.reason for damaged in damaged_runs()}
    assert {f"config-{name}" for name in odd_runs.CONFIGS} <= set(reasons)
    assert {f"fifo-{file.replace('.', '-')}" for file in odd_runs.RUN_FILES} <= set(reasons)
    assert "nested" in reasons["config-deep"]
    assert "larger" in reasons["config-large"]
    assert "not a regular file" in reasons["fifo-exit-json"]
    assert "shown" in reasons["good-with-a\x07bell"]
    with pytest.raises(UserError, match=r"is damaged .*genreclf runs delete config-deep"):
        find_run("config-deep")
    delete_damaged([damaged.folder for damaged in damaged_runs()])
    assert damaged_runs() == []
    assert list_runs()[0] == good


@pytest.mark.parametrize(("file", "record"), [("config", Config), ("progress", Progress), ("exit", Exit)])
@pytest.mark.parametrize("kind", odd_runs.SPECIAL)
def test_only_regular_files_are_read(tmp_path, file, record, kind):
    odd_runs.SPECIAL[kind](tmp_path / file)
    found = record.read(tmp_path / file)
    assert not found
    assert found.damage


READABLE = ("no-zone", "data-name-long", "unknown-model")


@pytest.mark.parametrize("name", [name for name in odd_runs.CHANGES if name not in READABLE])
def test_an_odd_field_is_named(home, name):
    (field,) = odd_runs.CHANGES[name]
    run = Run(odd_runs.write_run("odd", config=json.dumps(odd_runs.CONFIG | odd_runs.CHANGES[name]).encode()))
    assert any(problem.startswith(f"config.json: {field}") for problem in run.problems())
    if field != "created":
        with pytest.raises(UserError, match=rf"config\.json: {field}"):
            queue.duplicate(run)


def test_dates_that_cannot_be_are_not_believed(home):
    for name in ("year-1", "year-9999", "no-date"):
        run = Run(odd_runs.write_run(name, config=json.dumps(odd_runs.CONFIG | odd_runs.CHANGES[name]).encode()))
        assert abs((run.created - datetime.now(run.created.tzinfo)).total_seconds()) < 60, "when it was written"
        assert any("created" in problem for problem in run.problems())
    os.utime(run.config_file, (1e11, 1e11))
    assert run.created.year < 2200


def test_a_large_metrics_file_is_not_read(home, monkeypatch):
    run = Run(odd_runs.write_run("large"))
    with run.metrics_file.open("ab") as stream:
        stream.truncate(300_000_000)  # takes no space on the disk
    assert run.events() == []
    assert any("metrics.jsonl" in problem and "larger" in problem for problem in run.problems())


def test_a_line_that_is_too_long_is_skipped(home):
    lines = [json.dumps(odd_runs.START), "[" * 500_000, json.dumps(odd_runs.EPOCH), ""]
    run = Run(odd_runs.write_run("long", metrics="\n".join(lines).encode()))
    assert [event["event"] for event in run.events()] == ["start", "epoch"]
    run.append("epoch", epoch=2, val_loss=0.1)
    assert run.best_epoch()["epoch"] == 2
