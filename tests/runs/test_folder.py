import json
import os
import re
import time
from datetime import UTC, datetime

import pytest

from genreclf import paths
from genreclf.errors import UserError
from genreclf.files import write_json
from genreclf.locks import hold_lock
from genreclf.runs import queue
from genreclf.runs.folder import Run, Status, create_run, delete_damaged, delete_runs, find_run, list_runs
from genreclf.training.promote import is_promoted


@pytest.fixture
def run() -> Run:
    return create_run({"model": "cnn"})


def made(name: str, created: str, **config) -> Run:
    """A run with this name and time of creation."""
    folder = paths.runs_dir() / name
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"model": "cnn", "created": created, **config}))
    return Run(folder)


# Creating


def test_a_new_run_is_a_queued_folder(home, run):
    assert re.fullmatch(r"\d{8}T\d{6}-cnn-[0-9a-f]{4}", run.id)
    assert run.folder.parent == home / "runs"
    assert sorted(os.listdir(run.folder)) == ["config.json", "lock"]
    assert (run.model, run.status()) == ("cnn", Status.QUEUED)
    assert abs((run.created - datetime.now(UTC)).total_seconds()) < 60


def test_a_run_can_be_anywhere_except_in_a_used_folder(tmp_path):
    assert create_run({"model": "cnn"}, tmp_path / "a" / "b").folder == tmp_path / "a" / "b"
    (tmp_path / "empty").mkdir()
    create_run({"model": "cnn"}, tmp_path / "empty")
    (tmp_path / "file").write_text("x")
    for taken in (tmp_path / "a" / "b", tmp_path / "file"):
        with pytest.raises(UserError, match="not empty"):
            create_run({"model": "cnn"}, taken)
    with pytest.raises(UserError, match="is a file, but a folder is needed"):
        create_run({"model": "cnn"}, tmp_path / "file" / "run")


# Status


def test_the_status_is_derived_from_the_files(run):
    assert run.status() is Status.QUEUED
    with hold_lock(run.lock_file):
        assert run.status() is Status.RUNNING  # it has the lock, and has not yet checked in
        run.check_in("training", 30.0, epoch=2)
        assert run.status() is Status.RUNNING
        run.check_in("training", -1.0)
        assert run.status() is Status.STALLED
        run.check_in("training", 30.0)
        assert run.status() is Status.RUNNING
    assert run.status() is Status.DIED
    for outcome in (Status.COMPLETED, Status.STOPPED, Status.FAILED):
        run.finish(outcome, "because", metrics={})
        assert run.status() is outcome
    assert run.exit.reason == "because"
    with hold_lock(run.lock_file):
        assert run.status() is Status.FAILED  # the file written last decides


def test_actions_by_status():
    assert [status for status in Status if status.is_active] == [Status.QUEUED, Status.RUNNING, Status.STALLED]
    assert [status for status in Status if status.can_resume] == [Status.STOPPED, Status.FAILED, Status.DIED]


def test_a_half_written_exit_or_progress_does_not_count(run):
    run.exit_file.write_text('{"outcome": "comp')
    assert run.status() is Status.QUEUED
    run.progress_file.write_text('{"phase": "tr')
    assert not run.progress
    assert any("progress.json" in problem for problem in run.problems())
    assert run.status() is Status.DIED  # it had begun
    with hold_lock(run.lock_file):
        assert run.status() is Status.RUNNING


# Events


def test_events_are_lines_and_a_torn_one_is_skipped(run):
    assert run.events() == run.epochs() == []
    assert run.best_epoch() is None
    run.append("start", films=47)
    run.append("epoch", epoch=1, val_loss=0.5)
    with run.metrics_file.open("a") as stream:
        stream.write('{"event": "epoch", "epoch": 2, "val_lo')
    assert [event["event"] for event in run.events()] == ["start", "epoch"]
    run.append("epoch", epoch=2, val_loss=0.4)  # a resumed trainer writes on a line of its own
    assert [epoch["epoch"] for epoch in run.epochs()] == [1, 2]
    assert len(run.metrics_file.read_text().splitlines()) == 4


@pytest.mark.parametrize("outcome", ["queued", "running", "stalled", "won", ""])
def test_only_an_end_is_an_outcome(run, outcome):
    write_json(run.exit_file, {"outcome": outcome})
    assert run.status() is Status.QUEUED
    run.append("start")
    delete_runs([run])


@pytest.mark.parametrize("junk", ["17\n", "null\n", "[]\n", "\n", "\ud83c\n", "NaN\n"])
def test_lines_that_are_not_events_are_skipped(run, junk):
    run.append("epoch", epoch=1, val_loss=0.5)
    with run.metrics_file.open("ab") as stream:
        stream.write(junk.encode("utf-8", "surrogatepass"))
    assert len(run.events()) == 1


def test_of_each_epoch_the_last_event_counts(run):
    for epoch, loss in ((1, 0.5), (2, 0.45), (2, 0.4), (3, 0.6)):  # killed between an epoch and its backup
        run.append("epoch", epoch=epoch, val_loss=loss)
    assert [(epoch["epoch"], epoch["val_loss"]) for epoch in run.epochs()] == [(1, 0.5), (2, 0.4), (3, 0.6)]
    assert run.best_epoch()["epoch"] == 2


def test_an_epoch_without_a_validation_loss_is_never_the_best(run):
    run.append("epoch", epoch=1, loss=0.1)
    assert run.best_epoch() is None
    run.append("epoch", epoch=2, val_loss=0.7)
    assert run.best_epoch()["epoch"] == 2


def test_a_check_in_replaces_the_one_before(run):
    run.check_in("preparing", 180.0)
    run.check_in("training", 30.0, epoch=3, epochs=9)
    progress = run.progress
    assert (progress.phase, progress.epoch, progress.epochs, progress.next_check_in) == ("training", 3, 9, 30.0)
    assert abs(run.progress.updated - time.time()) < 60


# Stopping and deleting


def test_a_waiting_run_is_stopped_at_once(run):
    run.request_stop()
    assert run.status() is Status.STOPPED
    with pytest.raises(UserError, match="is stopped"):
        run.request_stop()


def test_a_running_run_gets_a_stop_file(run):
    with hold_lock(run.lock_file):
        run.request_stop()
        assert run.stop_file.exists()
        assert run.status() is Status.RUNNING


def test_an_active_run_is_not_deleted(run):
    with pytest.raises(UserError, match="still active"):
        delete_runs([run])
    run.finish(Status.FAILED)
    delete_runs([run])
    assert not run.folder.exists()
    assert list_runs() == []


# Deleting several runs, and damaged folders


def ended() -> Run:
    run = create_run({"model": "cnn"})
    run.finish(Status.FAILED)
    return run


def test_several_runs_are_deleted():
    first, second, third = ended(), ended(), ended()
    delete_runs([first, third])
    assert list_runs() == [second]


def test_if_one_run_is_active_none_is_deleted():
    finished, waiting = ended(), create_run({"model": "cnn"})
    with pytest.raises(UserError, match="still active"):
        delete_runs([finished, waiting])
    assert len(list_runs()) == 2


def test_deleting_a_run_twice_is_harmless():
    first, second = ended(), ended()
    delete_runs([first])
    delete_runs([first, second])
    assert list_runs() == []


def test_a_damaged_folder_is_deleted():
    run = ended()
    folder = paths.runs_dir() / "torn"
    folder.mkdir()
    (folder / "config.json").write_text("{")
    delete_damaged([folder])
    assert not folder.exists()
    assert list_runs() == [run]


def test_only_damaged_folders_are_deleted():
    run = ended()
    (run.folder / "backup").mkdir()
    with pytest.raises(UserError, match="not a damaged run"):
        delete_damaged([run.folder])
    locked = paths.runs_dir() / "locked"
    locked.mkdir()
    with hold_lock(locked / "lock"), pytest.raises(UserError, match="not a damaged run"):
        delete_damaged([locked])
    assert run.folder.exists()
    assert locked.exists()


def test_a_link_is_not_followed_when_deleting(tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    paths.runs_dir().mkdir(parents=True)
    link = paths.runs_dir() / "link"
    os.symlink(precious, link)
    delete_damaged([link])
    assert not os.path.lexists(link)
    assert precious.is_dir()


# Finding


def test_runs_are_listed_newest_first_without_other_folders(home):
    assert list_runs() == []
    old, new = made("b-old", "2026-01-01"), made("a-new", "2026-01-02")
    same = made("c-same", "2026-01-02")
    (home / "runs" / "empty").mkdir()
    (home / "runs" / "file").write_text("x")
    torn = home / "runs" / "torn"
    torn.mkdir()
    (torn / "config.json").write_text('{"model": "c')
    assert [run.id for run in list_runs()] == [same.id, new.id, old.id]


def test_a_run_is_found_by_an_unambiguous_part():
    first, second = made("20260101T000000-cnn-ab12", "1"), made("20260102T000000-cnn-cd34", "2")
    assert find_run(first.id) == first
    assert find_run("ab12") == first
    assert find_run("20260102") == second
    for unclear, reason in (("2026", "2 runs match"), ("zz", "No run matches"), ("cnn", "No run matches")):
        with pytest.raises(UserError, match=reason):
            find_run(unclear)


def test_a_full_id_takes_precedence_over_longer_ones():
    short = made("cnn", "1")
    made("cnn-2", "2")
    assert find_run("cnn") == short


@pytest.mark.parametrize("name", ["20260101T000000-cnn-ab12 (copy)", "quo'te", "50%", "кот😀", "-x"])
def test_a_folder_of_any_name_that_is_listed_is_found(name):
    run = made(name, "1")
    assert list_runs() == [run]
    assert find_run(name) == run


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a b", "*", "a\n", "\0", "."])
def test_an_invalid_id_is_refused(run, name):
    with pytest.raises(UserError):
        find_run(name)


def test_a_half_deleted_run_can_be_read(tmp_path):
    run = Run(tmp_path / "gone")
    assert not any([run.config, run.progress, run.exit, run.events(), run.card])
    assert run.model == "?"
    assert run.status() is Status.DIED


def test_odd_values_in_a_config_do_not_break_the_list():
    whole, odd = create_run({"model": "cnn"}), create_run({"model": "cnn"})
    odd.config_file.write_text(json.dumps({"model": "cnn", "created": 5, "data": None}))
    assert set(list_runs()) == {whole, odd}
    assert not is_promoted(odd)
    assert queue.waits_for(whole) in ([], [odd])


def test_a_waiting_run_that_is_stopped_keeps_its_metrics(run):
    run.append("epoch", epoch=1, val_loss=0.4)
    write_json(run.card_file, {"metrics": {"val": {"bce": 0.2}}, "best_epoch": 1})
    run.finish(Status.STOPPED)
    run.requeue()
    assert run.status() is Status.QUEUED
    run.request_stop()
    assert (run.exit.metrics, run.exit.best_epoch) == ({"val": {"bce": 0.2}}, 1)
    assert run.exit.reason == "Stopped on request after 1 epoch."


def test_a_trainer_that_has_just_started_is_not_stalled(run, monkeypatch):
    run.finish(Status.STOPPED)
    run.requeue()
    long_after = time.time() + 3600
    monkeypatch.setattr("genreclf.runs.folder.time.time", lambda: long_after)
    with hold_lock(run.lock_file):
        assert run.status() is Status.RUNNING
