"""Locks between processes and threads."""

import errno
import fcntl
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest
from filelock import FileLock

from genreclf.errors import UserError
from genreclf.locks import hold_lock, is_locked

HOLDER = """
import sys, time
from pathlib import Path
from genreclf.locks import hold_lock
with hold_lock(Path(sys.argv[1])) as is_ours:
    print(is_ours, flush=True)
    time.sleep(60)
"""


def test_only_one_process_holds_a_lock_at_a_time(tmp_path):
    path = tmp_path / "locks" / "device"
    assert not is_locked(path)  # there is no such file yet
    with hold_lock(path) as first:
        assert first
        began = time.monotonic()
        with hold_lock(path, patience=0.1) as second:
            assert not second
        assert time.monotonic() - began >= 0.1
        assert is_locked(path)
    assert not is_locked(path)
    with hold_lock(path) as again:
        assert again


def test_a_killed_process_releases_its_lock(tmp_path):
    path = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, path], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "True\n"
        assert is_locked(path)
        holder.kill()
        holder.wait()  # reaped or not, the system has closed its files
        assert not is_locked(path)


def test_a_lock_is_released_after_an_error(tmp_path):
    with pytest.raises(RuntimeError), hold_lock(tmp_path / "lock"):
        raise RuntimeError
    assert not is_locked(tmp_path / "lock")


def test_a_holder_may_delete_the_lock_file(tmp_path):
    path = tmp_path / "lock"
    with hold_lock(path):
        path.unlink()
    with hold_lock(path) as again:
        assert again


def test_checking_a_lock_is_not_holding_it(tmp_path):
    (tmp_path / "lock").touch()

    def check(_):
        return [is_locked(tmp_path / "lock") for _ in range(500)]

    with ThreadPoolExecutor(4) as pool:
        assert not any(chain(*pool.map(check, range(4))))


def test_checking_the_lock_of_a_deleted_run_creates_nothing(tmp_path):
    assert not is_locked(tmp_path / "run" / "lock")
    assert not (tmp_path / "run").exists()


def test_a_file_system_without_flock_is_refused(tmp_path, monkeypatch):
    def fail(handle, operation):
        raise OSError(errno.ENOSYS, "not implemented")

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(UserError, match="no file locks"), hold_lock(tmp_path / "lock"):
        pytest.fail("the block must not run without the lock")


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP, errno.EROFS, errno.ENOSPC])
def test_a_lock_that_cannot_be_taken_is_an_error_that_names_the_file(tmp_path, monkeypatch, code):
    def fail(lock):
        raise OSError(code, "refused")

    (tmp_path / "lock").touch()
    monkeypatch.setattr(FileLock, "acquire", fail)
    with pytest.raises(UserError, match=str(tmp_path / "lock")), hold_lock(tmp_path / "lock"):
        pytest.fail("the block must not run without the lock")
    assert not is_locked(tmp_path / "lock")


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=f"{tmp_path / 'file'} is a file"), hold_lock(tmp_path / "file" / "lock"):
        pass
