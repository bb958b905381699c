"""What a visitor of a public server gave is in no object of the server any more, once it is said to be forgotten."""

import json
import os
import subprocess
import sys

import pytest

from genreclf import paths, public


@pytest.mark.timeout(240)
@pytest.mark.parametrize("way", ["start-over", "leave", "idle"])
def test_poster_and_text_leave_the_memory(way, tmp_path):
    folders = [paths.PROJECT, paths.PROJECT / "benchmarks", paths.PROJECT / "tests" / "helpers"]
    environment = {**os.environ, "GENRECLF_HOME": str(tmp_path), public.VARIABLE: "1", public.IDLE: "0.2",
                   "PYTHONPATH": os.pathsep.join(map(str, folders))}  # fmt: skip
    script = paths.PROJECT / "tests" / "helpers" / "forgetting.py"
    done = subprocess.run([sys.executable, str(script), way], cwd=paths.PROJECT, env=environment, capture_output=True,
                          text=True)  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1] if done.stdout else pytest.fail(done.stderr[-3000:]))
    assert not found["lost"]
    assert all(found["given"][what] > found["before"][what] for what in ("posters", "texts")), "else nothing is seen"
    assert all(found["kept"][what] <= found["before"][what] for what in found["kept"])
