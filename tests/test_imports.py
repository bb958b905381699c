"""Imports point one way, in the order given in ARCHITECTURE.md, and light modules import nothing heavy."""

import ast
import os
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from genreclf import paths

APP = [paths.PROJECT / "streamlit_app.py", *sorted((paths.PROJECT / "pages").rglob("*.py"))]
HEAVY = {"tensorflow", "keras", "jax", "torch", "sklearn", "scipy", "streamlit", "matplotlib", "plotly", "h5py"}
TABLES = {"pandas", "pyarrow"}
IMPORT_SECONDS = 0.6  # of a processor; 1.8 when scikit-learn was imported with the library


def dotted(path: Path) -> str:
    parts = path.relative_to(paths.PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {dotted(path): path for path in sorted((paths.PROJECT / "genreclf").rglob("*.py"))}


def imports(path: Path, lazy: bool = True) -> set[str]:
    """Modules that a file imports, in full; with ``lazy`` those inside functions and ``TYPE_CHECKING`` too."""
    tree = ast.parse(path.read_text("utf-8"))
    found = set()
    for node in ast.walk(tree) if lazy else tree.body:
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            parts = {f"{node.module}.{name.name}" for name in node.names}
            found |= {part if part in MODULES else str(node.module) for part in parts}
    return found


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def layers() -> dict[str, int]:
    """The place of every part of the library in the order of ARCHITECTURE.md, the lowest first."""
    text = (paths.PROJECT / "ARCHITECTURE.md").read_text("utf-8")
    block = text[text.index("Import order") :].split("```")[1].splitlines()[1:]
    lines = [line.partition("#")[0].split(":", 1)[-1].replace("|", " ").split() for line in block if line.strip()]
    return {name: place for place, names in enumerate(lines) for name in names}


def part_of(module: str) -> str:
    return module.split(".")[1] if module.count(".") else module


def test_every_part_of_the_library_has_a_place_in_the_order():
    parts = {part_of(name) for name in MODULES} - {"genreclf", "__main__"}
    missing = parts - set(layers())
    assert not missing, f"ARCHITECTURE.md's import order lacks {missing}"
    assert set(layers()) - parts <= {"pages"}, "it lists parts that no longer exist"


@pytest.mark.parametrize("package", sorted({part_of(name) for name in MODULES} - {"genreclf", "__main__"}))
def test_no_import_runs_up(package):
    place = layers()
    for name, path in MODULES.items():
        if part_of(name) != package:
            continue
        for other in imports(path):
            if other.split(".")[0] == "pages" or other == "streamlit_app":
                pytest.fail(f"{name} imports the page {other}")
            if other.startswith("genreclf.") and part_of(other) != package:
                assert part_of(other) in place, (name, other)
                lower, upper = place[part_of(other)], place[package]
                assert lower < upper or (lower == upper == 0), f"{name} imports {other}, which is not below it"


def test_the_app_uses_the_library_only_through_its_front():
    """pages → genreclf.ui → genreclf; nothing of the app knows the command line."""
    for path in APP:
        for other in imports(path):
            assert not other.startswith(("pages", "genreclf.cli")), (path, other)


def test_only_the_app_imports_streamlit():
    for name, path in MODULES.items():
        if not f"{name}.".startswith("genreclf.ui."):
            assert "streamlit" not in roots(path), name
    assert any("streamlit" in roots(path) for path in APP)


def test_no_modules_import_each_other():
    graph = {name: imports(path, lazy=False) & set(MODULES) - {name} for name, path in MODULES.items()}
    for package in [name for name in MODULES if MODULES[name].name == "__init__.py"]:
        graph[package] = {other for other in graph[package] if not other.startswith(f"{package}.")}
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError with the cycle
    assert order.index("genreclf.genres") < order.index("genreclf.data.catalogue")


def test_importing_the_library_and_the_command_line_is_light():
    code = f"""
import sys
import genreclf
import genreclf.cli.app, genreclf.data.sources, genreclf.runs.queue
heavy = {HEAVY | TABLES!r} & set(sys.modules)
assert not heavy, heavy
assert genreclf.list_models() and genreclf.split_of("tt0086425") == "train"
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "unneeded"),
    [
        (["predict", "--overview", "A sheriff hunts an outlaw."], TABLES),
        (["predict", "--poster", str(next(paths.SAMPLE.glob("Images/*.jpg"))), "--models", "cnn,fusion"], TABLES),
        (["predict", "--input", "films.csv", "--output", "predicted.csv"], set()),
        (["runs"], TABLES),
        (["data", "info"], set()),
    ],
    ids=["predict --overview", "predict --poster", "predict --input", "runs", "data info"],
)
def test_a_command_imports_only_what_it_needs(command, unneeded, tmp_path):
    (tmp_path / "films.csv").write_text("Id,Overview\na,A sheriff hunts an outlaw.\n", "utf-8")
    code = f"""
import sys
from genreclf import cli
sys.argv[1:] = {command!r}
try:
    cli.main()
except SystemExit as end:
    assert not end.code
heavy = {(HEAVY - {"h5py"}) | {"requests", "jinja2"} | unneeded!r} & set(sys.modules)
assert not heavy, heavy
"""
    environment = {**os.environ, "PYTHONPATH": str(paths.PROJECT)}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, cwd=tmp_path, env=environment)


def test_importing_the_library_is_quick():
    code = "import time; start = time.process_time(); import genreclf; print(time.process_time() - start)"
    taken = [
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
        for _ in range(3)
    ]
    assert min(taken) <= IMPORT_SECONDS, taken


def test_nothing_is_unpickled_or_evaluated():
    forbidden = {"pickle", "joblib", "dill", "shelve", "marshal"}
    for name, path in MODULES.items():
        assert not forbidden & roots(path), name
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec"), name
            if isinstance(node, ast.keyword) and node.arg in ("allow_pickle", "shell"):
                assert isinstance(node.value, ast.Constant), name
                assert node.value.value is False, name


def test_no_folder_is_crowded():
    """Each folder of the library has about a dozen modules at most, so that readers find their way."""
    for folder in {path.parent for path in MODULES.values()}:
        siblings = [path for path in folder.glob("*.py") if not path.name.startswith("__")]
        assert len(siblings) <= 14, (folder, len(siblings))
