"""Processes that outlive the one that starts them."""

import os

from genreclf import paths, processes


def test_a_module_runs_in_its_own_session_and_its_output_is_appended_to_the_log(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # outside the project, which must still be importable
    (tmp_path / "show.py").write_text(
        "import os, sys, genreclf\n"
        "print(sys.argv[1:], os.environ['EXTRA'], os.getsid(0) == os.getpid(), genreclf.__file__)\n"
    )
    log = tmp_path / "log.txt"
    log.write_text("before\n")
    process = processes.start_detached("show", "a b", log=log, EXTRA="given")
    assert process in processes.children
    assert process.wait(60) == 0
    place = paths.PROJECT / "genreclf" / "__init__.py"
    assert log.read_text() == f"before\n['a b'] given True {place}\n"
    assert "EXTRA" not in os.environ
    processes.reap()
    assert process not in processes.children
