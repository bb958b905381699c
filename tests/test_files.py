import os

import numpy as np
import pytest

from genreclf.files import atomic_path, keep_array, read_json, write_json


def test_a_file_appears_whole_with_its_folders(tmp_path):
    path = tmp_path / "a" / "b" / "table.csv"
    with atomic_path(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        assert temporary.parent == path.parent  # so that the last step is one rename
        assert temporary.suffix == ".csv"  # writers such as numpy's append an ending that is missing
        temporary.write_text("whole")
    assert path.read_text() == "whole"
    assert os.listdir(path.parent) == ["table.csv"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_failure_leaves_what_was_there(tmp_path):
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


def test_json_and_back(tmp_path):
    value = {"genre": "Komödie", "numbers": [1, 0.5, None]}
    write_json(tmp_path / "value.json", value)
    assert read_json(tmp_path / "value.json") == value
    assert "Komödie" in (tmp_path / "value.json").read_text("utf-8")


def test_what_cannot_be_written_leaves_what_was_there(tmp_path):
    write_json(tmp_path / "value.json", 1)
    with pytest.raises(TypeError):
        write_json(tmp_path / "value.json", {"not": object()})
    assert read_json(tmp_path / "value.json") == 1


@pytest.mark.parametrize("content", [None, b"", b'{"epoch": 3', b"\xff\xfe{}", b"not json"])
def test_missing_or_torn_json_is_none(tmp_path, content):
    if content is not None:
        (tmp_path / "progress.json").write_bytes(content)
    assert read_json(tmp_path / "progress.json") is None


def test_an_array_is_kept_where_it_can_be(tmp_path):
    keep_array(tmp_path / "a" / "rows.npy", np.arange(3))
    assert np.load(tmp_path / "a" / "rows.npy").tolist() == [0, 1, 2]
    (tmp_path / "file").touch()
    keep_array(tmp_path / "file" / "rows.npy", np.arange(3))  # no folder can be made there, and nobody is the worse
    assert (tmp_path / "file").read_bytes() == b""
