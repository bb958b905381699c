import errno
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import odd_runs
import pytest

from genreclf.errors import UserError
from genreclf.files import (
    Unreadable,
    atomic_folder,
    atomic_path,
    cache_array,
    is_regular,
    load_arrays,
    load_json,
    map_array,
    read_bytes,
    read_json,
    remove_leftovers,
    sha256_of,
    write_json,
    writing,
)  # fmt: skip


def test_a_file_and_its_folders_appear_when_it_is_complete(tmp_path):
    path = tmp_path / "a" / "b" / "table.csv"
    with atomic_path(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        assert temporary.parent == path.parent  # so that the last step is one rename
        assert temporary.suffix == ".csv"  # writers such as NumPy's append a missing suffix
        temporary.write_text("whole")
    assert path.read_text() == "whole"
    assert os.listdir(path.parent) == ["table.csv"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_what_a_killed_process_left_is_removed_but_nothing_that_is_in_use(tmp_path):
    path = tmp_path / "table.csv"
    names = [".table.csv.abcd_123.csv", ".table.csv.notes.csv", ".table.csv.abcdefgh.txt", ".other.csv.abcdefgh.csv"]
    for name in names:
        (tmp_path / name).write_text("half")
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / ".table.csv.abcdefgh.csv").mkdir()
    with atomic_path(path, locked=True) as temporary:
        os.utime(temporary, (0, 0))
        remove_leftovers(path)
        assert temporary.is_file()
    assert {each.name for each in tmp_path.iterdir()} == {*names[1:], "table.csv", ".table.csv.abcdefgh.csv"}
    remove_leftovers(tmp_path / "none" / "table.csv")


def test_a_failure_leaves_the_old_file(tmp_path):
    path = tmp_path / "card.json"
    path.write_text("old")

    def write():
        with atomic_path(path) as temporary:
            temporary.write_text("new, but")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["card.json"]


@pytest.mark.parametrize("fails", [False, True])
def test_a_folder_is_replaced_completely_or_not_at_all(tmp_path, fails):
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "old").touch()
    for name in (".weights.new", ".weights.abcdefgh"):  # of processes that were killed; the first of an older version
        (tmp_path / name).mkdir()
        (tmp_path / name / "half").touch()
        os.utime(tmp_path / name, (0, 0))

    def write():
        with atomic_folder(folder) as copy:
            (copy / "new").touch()
            assert os.listdir(folder) == ["old"]
            if fails:
                raise RuntimeError

    if fails:
        with pytest.raises(RuntimeError):
            write()
    else:
        write()
    assert os.listdir(folder) == ["old" if fails else "new"]
    assert os.listdir(tmp_path) == ["weights"]


def test_a_replaced_folder_is_never_half_deleted(tmp_path, monkeypatch):
    folder, deleted = tmp_path / "weights", []
    folder.mkdir()
    (folder / "old").touch()
    monkeypatch.setattr(shutil, "rmtree", lambda path, **options: deleted.append((path, os.listdir(folder))))
    with atomic_folder(folder) as copy:
        (copy / "new").touch()
    (place, during) = deleted[-1]
    assert during == ["new"]
    assert place.parent == tmp_path
    assert folder not in dict(deleted)


def test_a_folder_can_be_replaced_by_many_at_once(tmp_path):
    folder = tmp_path / "weights"

    def replace(number: int) -> None:
        with atomic_folder(folder) as copy:
            for name in "abc":
                (copy / name).write_text(str(number))
                time.sleep(0.002)
            for other in tmp_path.glob(
                ".weights.*/new"
            ):  # a long promotion, locked by now, is not taken for a leftover
                with suppress(FileNotFoundError):
                    os.utime(other.parent, (0, 0))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(replace, range(24)))
    assert len({(folder / name).read_text() for name in "abc"}) == 1
    assert os.listdir(tmp_path) == ["weights"]


def test_a_folder_that_cannot_be_replaced_is_put_back(tmp_path):
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "old").touch()
    with pytest.raises(FileNotFoundError), atomic_folder(folder) as copy:
        copy.rmdir()  # as by another process
    assert os.listdir(folder) == ["old"]


def test_json_and_back(tmp_path):
    value = {"genre": "Komödie", "numbers": [1, 0.5, None]}
    write_json(tmp_path / "value.json", value)
    assert read_json(tmp_path / "value.json") == value
    assert "Komödie" in (tmp_path / "value.json").read_text("utf-8")


def test_a_value_that_is_not_json_leaves_the_old_file(tmp_path):
    write_json(tmp_path / "value.json", 1)
    with pytest.raises(TypeError):
        write_json(tmp_path / "value.json", {"not": object()})
    assert read_json(tmp_path / "value.json") == 1


@pytest.mark.parametrize("content", [None, b"", b'{"epoch": 3', b"\xff\xfe{}", b"not json"])
def test_missing_or_incomplete_json_is_none(tmp_path, content):
    if content is not None:
        (tmp_path / "progress.json").write_bytes(content)
    assert read_json(tmp_path / "progress.json") is None


def test_an_array_is_cached_if_possible(tmp_path):
    cache_array(tmp_path / "a" / "rows.npy", np.arange(3))
    assert np.load(tmp_path / "a" / "rows.npy").tolist() == [0, 1, 2]
    (tmp_path / "file").touch()
    cache_array(tmp_path / "file" / "rows.npy", np.arange(3))  # no folder can be created there, which is not an error
    assert (tmp_path / "file").read_bytes() == b""


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full.* free some space"),
        (OSError(errno.EROFS, "Read-only file system"), "no permission"),
        (OSError(errno.ENOLCK, "No locks available"), "no file locks"),
        (OSError(errno.EIO, "Input/output error"), r"cannot be written \(Input/output error\)"),
    ],
)
def test_errors_while_writing_become_sentences_with_the_path(tmp_path, error, reason):
    with pytest.raises(UserError, match=reason) as caught, writing(tmp_path / "card.json"):
        raise error
    assert str(tmp_path / "card.json") in str(caught.value)


def test_a_file_in_place_of_a_folder_is_named(tmp_path):
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "deeper" / "card.json"
    with pytest.raises(UserError, match=f"{tmp_path / 'file'} is a file"), writing(path):
        write_json(path, 1)


@pytest.mark.parametrize("kind", odd_runs.SPECIAL)
def test_only_regular_files_are_read(tmp_path, kind):
    path = tmp_path / "file"
    odd_runs.SPECIAL[kind](path)
    assert not is_regular(path)
    assert read_json(path) is None
    for read in (read_bytes, sha256_of, lambda path: load_arrays(path, 100), lambda path: map_array(path, (3,))):
        with pytest.raises(OSError):  # noqa: PT011 (whichever it is)
            read(path)


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000, "x/" * 3000])
def test_a_path_that_cannot_be_is_not_read(path):
    assert not is_regular(Path(path))
    assert read_json(Path(path)) is None


def test_json_is_bounded_in_size_depth_and_alphabet(tmp_path):
    path = tmp_path / "value.json"
    for content, reason in (
        (odd_runs.DEEP, "nested"),
        (b" " * 300, "larger"),
        (b'"\\udc00"', "Unicode"),
        (b" ", "empty"),
    ):
        path.write_bytes(content)
        with pytest.raises(Unreadable, match=reason):
            load_json(path, 200_000 if content == odd_runs.DEEP else 200)
    path.write_text('"\\ud83c\\udfac"')  # both halves of a pair
    assert load_json(path) == "🎬"


@pytest.mark.parametrize(
    "content", [b"", b"\x93NUMPY\x01\x00v\x00{", b"PK\x03\x04", b"\x93NUMPY\x01\x00" + b"(" * 9000]
)
def test_a_damaged_array_is_reported(tmp_path, content):
    path = tmp_path / "rows.npy"
    path.write_bytes(content)
    with pytest.raises(ValueError):  # noqa: PT011 (NumPy's own)
        map_array(path, (3,))


def test_an_array_of_another_shape_or_kind_is_reported(tmp_path):
    cache_array(tmp_path / "rows.npy", np.zeros((3, 2), np.float32))
    assert map_array(tmp_path / "rows.npy", (3, None)).shape == (3, 2)
    for shape, kind in (((2, 2), "f"), ((3,), "f"), ((3, 2), "u")):
        with pytest.raises(ValueError, match="float32"):
            map_array(tmp_path / "rows.npy", shape, kind)
