"""Clearing away runs, and folders that are none."""

import os

import pytest

from genreclf import paths
from genreclf.errors import UserError
from genreclf.locks import hold_lock
from genreclf.runs.folder import Run, Status, create_run, delete_damaged, delete_runs, list_runs


def ended() -> Run:
    run = create_run({"model": "cnn"})
    run.finish(Status.FAILED)
    return run


def test_several_are_removed():
    one, two, three = ended(), ended(), ended()
    delete_runs([one, three])
    assert list_runs() == [two]


def test_where_one_is_active_none_is_removed():
    one, waiting = ended(), create_run({"model": "cnn"})
    with pytest.raises(UserError, match="still active"):
        delete_runs([one, waiting])
    assert len(list_runs()) == 2


def test_a_run_that_somebody_else_removed_is_no_trouble():
    one, two = ended(), ended()
    delete_runs([one])
    delete_runs([one, two])
    assert list_runs() == []


def test_a_damaged_folder_is_removed():
    run = ended()
    folder = paths.runs_dir() / "torn"
    folder.mkdir()
    (folder / "config.json").write_text("{")
    delete_damaged([folder])
    assert not folder.exists()
    assert list_runs() == [run]


def test_what_is_no_damaged_folder_is_left_alone(tmp_path):
    run = ended()
    (run.folder / "backup").mkdir()
    with pytest.raises(UserError, match="no damaged run"):
        delete_damaged([run.folder])
    locked = paths.runs_dir() / "locked"
    locked.mkdir()
    with hold_lock(locked / "lock"), pytest.raises(UserError, match="no damaged run"):
        delete_damaged([locked])
    assert run.folder.exists()
    assert locked.exists()


def test_a_link_is_not_followed(tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    paths.runs_dir().mkdir(parents=True)
    link = paths.runs_dir() / "link"
    os.symlink(precious, link)
    with pytest.raises(UserError):
        delete_damaged([link])
    assert precious.is_dir()
